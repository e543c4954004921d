//! The cluster room on a real API server: reaching, discovering, observing, asking, writing, watching.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::TcpListener,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use obsctl::{
    cluster::{Cluster, Connect, Seen, Sought, WriteError, Written, rbac_hint},
    model::{
        Answer, Body, Event, Gvk, ObjectId, Observed, Place, Precondition, Propagation, Question,
        Requirement, RequirementSort, TargetId, Write,
    },
};
use serde_json::{Value, json};
use tokio::{runtime::Runtime, sync::mpsc, task::JoinSet};

use crate::support::ControlPlane;

const SOON: Duration = Duration::from_secs(20);

pub(crate) fn runtime() -> Runtime {
    Runtime::new().expect("the machine has threads")
}

pub(crate) fn as_user(plane: &ControlPlane, user: &str) -> Connect {
    Connect { kubeconfig: vec![plane.kubeconfig(user)], ..Connect::default() }
}

pub(crate) async fn reach(plane: &ControlPlane, user: &str) -> Cluster {
    Cluster::connect(&as_user(plane, user)).await.expect("the control plane answers")
}

fn config_map(namespace: &str, name: &str, value: &str) -> Body {
    Body::new(json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": {"key": value},
    }))
}

fn labelled(mut body: Body, stack: &str) -> Body {
    body.tree_mut()["metadata"]["labels"] =
        json!({"obsctl.dev/stack": stack, "obsctl.dev/environment": "dev"});
    body
}

fn question(body: &Body, precondition: Precondition) -> Question {
    Question { body: body.clone(), precondition, force: false, manager: "obsctl".to_owned() }
}

fn apply(body: &Body, precondition: Precondition) -> Write {
    Write::Apply {
        body: body.clone(),
        precondition,
        force: false,
        manager: "obsctl".to_owned(),
        ownership_edits: Vec::new(),
    }
}

async fn write(cluster: &Cluster, body: &Body, write: &Write) -> Result<Written, WriteError> {
    cluster.write(body.api_version(), &body.id(), write, SOON).await
}

async fn create(cluster: &Cluster, body: &Body) -> Arc<obsctl::model::LiveObject> {
    match write(cluster, body, &apply(body, Precondition::Absent)).await {
        Ok(Written::Object { object, created: true }) => object,
        other => panic!("{}: {other:?}", body.id()),
    }
}

fn id(group: &str, kind: &str, namespace: Option<&str>, name: &str) -> ObjectId {
    ObjectId {
        group: group.to_owned(),
        kind: kind.to_owned(),
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
    }
}

#[test]
fn connecting_tells_where_and_who() {
    let Some(plane) = ControlPlane::shared() else { return };
    runtime().block_on(async {
        let uid = plane.kubectl(&["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"]);
        let cluster = reach(plane, "admin").await;
        let identity = cluster.identity();
        assert_eq!((identity.identity.as_str(), identity.user.as_str()), (uid.as_str(), "admin"));
        assert_eq!((identity.context.as_str(), identity.version.as_str()), ("testbed", "v1.36.3"));
        let pinned = Connect { identity: Some("another".to_owned()), ..as_user(plane, "admin") };
        let refused = Cluster::connect(&pinned).await.expect_err("it is another cluster").to_string();
        assert!(refused.contains(&uid) && refused.contains("another"), "{refused}");
        let acting = Connect { impersonate: Some("jane".to_owned()), ..as_user(plane, "admin") };
        assert_eq!(Cluster::connect(&acting).await.err().map(|error| error.to_string()), None);
        let limited = reach(plane, "nobody").await;
        assert!(limited.identity().identity.starts_with("sha256:"), "kube-system may not be read");
        assert_eq!(limited.identity().user, "nobody");
    });
    let ours: Vec<_> = plane.requests().into_iter().filter(|request| request.user == "nobody").collect();
    let agent = concat!("obsctl/", env!("CARGO_PKG_VERSION"));
    assert!(!ours.is_empty() && ours.iter().all(|request| request.user_agent == agent));
}

#[test]
fn kubeconfigs_are_merged_and_their_contexts_named() {
    let Some(plane) = ControlPlane::shared() else { return };
    let second: PathBuf = plane.folder().join("second.kubeconfig");
    let text = "{apiVersion: v1, kind: Config, contexts: [{name: other, context: {cluster: testbed, user: bob}}], \
                users: [{name: bob, user: {token: token-of-bob}}]}";
    std::fs::write(&second, text).expect("the folder is ours");
    let both = Connect {
        kubeconfig: vec![plane.kubeconfig("admin"), second],
        context: Some("other".to_owned()),
        ..Connect::default()
    };
    runtime().block_on(async {
        let cluster =
            Cluster::connect(&both).await.expect("the second file's context uses the first's cluster");
        assert_eq!(cluster.identity().user, "bob");
        let missing = Connect { context: Some("nowhere".to_owned()), ..both };
        let error = Cluster::connect(&missing).await.expect_err("there is none").to_string();
        assert_eq!(error, "kubeconfig has no context \"nowhere\"; it has: testbed, other");
    });
}

#[test]
fn a_dead_server_is_told_within_seconds() {
    let folder = tempfile::TempDir::new().expect("the machine has a folder for temporary files");
    let file = folder.path().join("config");
    let silent = TcpListener::bind("127.0.0.1:0").expect("loopback has ports");
    let closed = TcpListener::bind("127.0.0.1:0").expect("loopback has ports").local_addr().expect("bound");
    let silent = silent.local_addr().map(|address| (silent, address)).expect("bound");
    for (server, words) in [(closed, "onnection refused"), (silent.1, "silence")] {
        let text = format!(
            "{{apiVersion: v1, kind: Config, current-context: a, contexts: [{{name: a, context: {{cluster: a}}}}], \
             clusters: [{{name: a, cluster: {{server: 'http://{server}'}}}}]}}"
        );
        std::fs::write(&file, text).expect("the folder is ours");
        let began = Instant::now();
        let connect = Connect { kubeconfig: vec![file.clone()], ..Connect::default() };
        let error = runtime().block_on(Cluster::connect(&connect)).expect_err("nobody answers").to_string();
        assert!(error.contains(words) && error.contains(&server.to_string()), "{error}");
        assert!(began.elapsed() < Duration::from_secs(17), "{:?}", began.elapsed());
    }
}

#[test]
fn an_exec_plugin_gives_the_token_and_never_asks() {
    let Some(plane) = ControlPlane::shared() else { return };
    let admin = std::fs::read_to_string(plane.kubeconfig("admin")).expect("it was written");
    let plugin = plane.folder().join("plugin");
    let script = "#!/bin/sh\nif [ -t 0 ]; then exit 9; fi\necho '{\"apiVersion\": \"client.authentication.k8s.io/v1\", \
                  \"kind\": \"ExecCredential\", \"status\": {\"token\": \"token-of-alice\"}}'\n";
    std::fs::write(&plugin, script).expect("the folder is ours");
    let text = admin.replace(
        "user: {token: \"token-of-admin\"}",
        &format!(
            "user: {{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: [\"{}\"], \
             interactiveMode: IfAvailable}}}}",
            plugin.display()
        ),
    );
    assert_ne!(admin, text);
    let file = plane.folder().join("exec.kubeconfig");
    std::fs::write(&file, text).expect("the folder is ours");
    let connect = Connect { kubeconfig: vec![file], ..Connect::default() };
    let cluster = runtime().block_on(Cluster::connect(&connect)).expect("the plugin's token is good");
    assert_eq!(cluster.identity().user, "alice");
}

#[test]
fn discovery_tells_every_kind_in_two_requests() {
    let Some(plane) = ControlPlane::shared() else { return };
    runtime().block_on(async {
        let cluster = reach(plane, "bob").await;
        let types = cluster.types().await.expect("discovery answers");
        let deployment = types.get(&Gvk::new("apps/v1", "Deployment")).expect("it is served");
        assert!(deployment.namespaced && deployment.scale && deployment.status);
        assert_eq!(deployment.plural, "deployments");
        assert!(!types.get(&Gvk::new("v1", "Namespace")).expect("it is served").namespaced);
        assert!(types.types.len() > 60 && types.stale.is_empty(), "{:?}", types.stale);
        let schemas = cluster.schemas(&BTreeSet::from([Gvk::new("apps/v1", "Deployment")]), None).await;
        assert!(schemas.expect("they are embedded").of(&Gvk::new("apps/v1", "Deployment")).is_some());
        let documents = cluster.openapi(&BTreeSet::from([Gvk::new("apps/v1", "Deployment")]), None).await;
        let documents = documents.expect("OpenAPI is served");
        assert_eq!(documents[0].api_version, "apps/v1");
        assert!(documents[0].hash.is_some() && documents[0].json.len() > 100_000);
    });
}

#[test]
fn observing_lists_by_label_page_by_page_and_looks_for_the_rest() {
    let Some(plane) = ControlPlane::shared() else { return };
    plane.kubectl(&["create", "namespace", "observe"]);
    plane.kubectl(&["create", "configmap", "foreign", "-n", "observe"]);
    plane.kubectl(&["create", "secret", "generic", "there", "-n", "observe"]);
    runtime().block_on(async {
        let cluster = reach(plane, "alice").await;
        let mut writes = JoinSet::new();
        for n in 0..1_020 {
            let cluster = cluster.clone();
            writes.spawn(async move {
                let body = labelled(config_map("observe", &format!("many-{n}"), "x"), "observed");
                create(&cluster, &body).await;
            });
        }
        writes.join_all().await;
        let types = cluster.types().await.expect("discovery answers");
        let target =
            TargetId { repository: None, environment: "dev".to_owned(), stack: "observed".to_owned() };
        let mut objects: BTreeMap<ObjectId, String> = BTreeMap::new();
        let maps = |namespace: &str, name: &str| id("", "ConfigMap", Some(namespace), name);
        objects.insert(maps("observe", "many-7"), "v1".to_owned());
        objects.insert(maps("observe", "foreign"), "v1".to_owned());
        objects.insert(maps("observe", "nothing"), "v1".to_owned());
        objects.insert(maps("no-such-namespace", "x"), "v1".to_owned());
        objects.insert(id("example.com", "Nothing", None, "x"), "example.com/v1".to_owned());
        let require = |sort, name: &str| Requirement {
            sort,
            name: name.to_owned(),
            place: Place { file: Arc::from("stack.yaml"), line: 1, column: 1 },
        };
        let requires = [
            require(RequirementSort::Secret, "there"),
            require(RequirementSort::Secret, "observe/absent"),
            require(RequirementSort::Crd, "x.example.com"),
            require(RequirementSort::Namespace, "observe"),
        ];
        let sought = Sought {
            target: &target,
            objects: objects.clone(),
            namespaces: BTreeSet::new(),
            requires: &requires,
            namespace: Some("observe"),
        };
        let state = cluster.observe(&sought, &types).await;
        let seen = |id: &ObjectId| state.objects.get(id).expect("every sought object is answered for");
        assert_eq!(state.objects.values().filter(|o| o.present().is_some()).count(), 1_021);
        assert!(state.unlisted.is_empty(), "{:?}", state.unlisted);
        let live = seen(&maps("observe", "many-7")).present().expect("it was made");
        assert_eq!(live.body.kind(), "ConfigMap");
        assert!(live.managed[0].apply && live.managed[0].fields.contains("f:key"));
        assert!(seen(&maps("observe", "foreign")).present().is_some());
        assert_eq!(seen(&maps("observe", "nothing")), &Observed::Absent);
        assert_eq!(seen(&maps("no-such-namespace", "x")), &Observed::Absent);
        assert_eq!(seen(&id("example.com", "Nothing", None, "x")), &Observed::NoSuchKind);
        assert_eq!(state.namespaces.keys().collect::<Vec<_>>(), ["observe"]);
        let required: Vec<_> = state.required.iter().map(|(name, there)| (name.as_str(), *there)).collect();
        assert_eq!(
            required,
            [
                ("crd x.example.com", false),
                ("namespace observe", true),
                ("secret observe/absent", false),
                ("secret there", true)
            ]
        );
        // A user without rights is told so, object by object, and nothing is taken for absent.
        let limited = reach(plane, "nobody").await;
        let state = limited.observe(&sought, &types).await;
        assert!(state.namespaces_unreadable.is_some() && state.unlisted.len() == 1);
        assert!(matches!(state.objects[&maps("observe", "nothing")], Observed::Unreadable(_)));
        assert!(state.required.is_empty());
    });
    let requests = plane.requests();
    let lists =
        requests.iter().filter(|r| r.user == "alice" && r.verb == "list" && r.uri.contains("observed"));
    assert_eq!(lists.count(), 3, "1,020 objects are three pages");
    let unlabelled = requests.iter().filter(|r| r.user_agent.starts_with("obsctl") && r.verb == "list");
    let unlabelled: Vec<_> = unlabelled
        .filter(|r| ["secrets", "configmaps"].contains(&r.resource.as_str()) && !r.uri.contains("Selector="))
        .collect();
    assert!(unlabelled.is_empty(), "{unlabelled:?}");
}

#[test]
fn a_dry_run_tells_every_sort_of_answer() {
    let Some(plane) = ControlPlane::shared() else { return };
    plane.kubectl(&["create", "namespace", "ask"]);
    runtime().block_on(async {
        let cluster = reach(plane, "admin").await;
        let body = config_map("ask", "a", "x");
        let Answer::Accepted(made) = cluster.dry_run(&question(&body, Precondition::Absent)).await else {
            panic!("a creation is accepted");
        };
        assert_eq!(made.body.text(&["data", "key"]), Some("x"));
        assert_eq!(cluster.get("v1", &body.id()).await.expect("readable"), None, "nothing was written");
        let live = create(&cluster, &body).await;
        let refused = |answer: Answer| match answer {
            Answer::Refused(refusal) => (refusal.code, refusal.reason),
            other @ (Answer::Accepted(_) | Answer::Conflict(_) | Answer::Unreachable(_)) => {
                panic!("{other:?}")
            }
        };
        let exists = cluster.dry_run(&question(&body, Precondition::Absent)).await;
        assert_eq!(refused(exists).0, 409, "a creation meets an object");
        let wrong = Precondition::Uid("00000000-0000-0000-0000-000000000000".to_owned());
        let stale = cluster.dry_run(&question(&body, wrong.clone())).await;
        assert_eq!(
            refused(stale),
            (409, "Conflict".to_owned()),
            "a wrong uid is stale, not an immutable field"
        );
        let gone = cluster.dry_run(&question(&config_map("ask", "gone", "x"), wrong)).await;
        assert_eq!(refused(gone).0, 409);
        let old = Precondition::Exact { uid: live.uid.clone(), resource_version: "1".to_owned() };
        assert_eq!(refused(cluster.dry_run(&question(&body, old)).await).0, 409);
        plane.kubectl(&[
            "patch",
            "cm",
            "a",
            "-n",
            "ask",
            "--field-manager=hand",
            "-p",
            r#"{"data":{"key":"y"}}"#,
        ]);
        let uid = Precondition::Uid(live.uid.clone());
        let Answer::Conflict(causes) = cluster.dry_run(&question(&body, uid.clone())).await else {
            panic!("the hand's field conflicts");
        };
        assert_eq!((causes[0].manager.as_str(), causes[0].field.as_str()), ("hand", ".data.key"));
        let forced = Question { force: true, ..question(&body, uid.clone()) };
        assert!(matches!(cluster.dry_run(&forced).await, Answer::Accepted(_)));
        let mut typo = body.clone();
        typo.tree_mut()["spce"] = json!({});
        assert_eq!(
            refused(cluster.dry_run(&question(&typo, uid)).await).0,
            500,
            "an unknown field, not retried"
        );
        let nobody = reach(plane, "nobody").await;
        let Answer::Refused(refusal) = nobody.dry_run(&question(&body, Precondition::Absent)).await else {
            panic!("nobody may not");
        };
        let hint = rbac_hint(&refusal).expect("RBAC denied it");
        assert!(hint.starts_with("the right to patch configmaps in namespace ask is missing"), "{hint}");
        assert!(
            hint.contains("rules:\n- {apiGroups: [\"\"], resources: [configmaps], verbs: [patch]}"),
            "{hint}"
        );
        assert!(!nobody.may_apply("v1", &body.id(), true).await.expect("reviews are open to all"));
        assert!(cluster.may_apply("v1", &body.id(), true).await.expect("reviews are open to all"));
    });
}

#[test]
fn writes_carry_their_preconditions() {
    let Some(plane) = ControlPlane::shared() else { return };
    plane.kubectl(&["create", "namespace", "write"]);
    runtime().block_on(async {
        let cluster = reach(plane, "admin").await;
        let body = config_map("write", "a", "x");
        let live = create(&cluster, &body).await;
        let twice = write(&cluster, &body, &apply(&body, Precondition::Absent)).await;
        assert!(matches!(twice, Err(WriteError::Stale(_))), "{twice:?}");
        let changed = config_map("write", "a", "y");
        let patched = write(&cluster, &changed, &apply(&changed, Precondition::Uid(live.uid.clone()))).await;
        let Ok(Written::Object { object, created: false }) = patched else { panic!("{patched:?}") };
        let exact = |version: &str| Precondition::Exact {
            uid: live.uid.clone(),
            resource_version: version.to_owned(),
        };
        let remove = |precondition| Write::Delete { precondition, propagation: Propagation::Background };
        let stale = write(&cluster, &body, &remove(exact(&live.resource_version))).await;
        assert!(matches!(stale, Err(WriteError::Stale(_))), "{stale:?}");
        let replace = Write::Replace {
            body: body.clone(),
            precondition: exact(&object.resource_version),
            propagation: Propagation::Background,
        };
        let replaced = write(&cluster, &body, &replace).await;
        let Ok(Written::Object { object, created: true }) = replaced else { panic!("{replaced:?}") };
        assert_ne!(object.uid, live.uid);
        let release = Write::Release {
            precondition: Precondition::Exact {
                uid: object.uid.clone(),
                resource_version: object.resource_version.clone(),
            },
            patch: json!([{"op": "add", "path": "/data/key", "value": "z"}]),
        };
        let released = write(&cluster, &body, &release).await;
        let Ok(Written::Object { object: after, .. }) = released else { panic!("{released:?}") };
        assert_eq!(after.body.text(&["data", "key"]), Some("z"));
        let again = write(&cluster, &body, &release).await;
        assert!(matches!(again, Err(WriteError::Stale(_))), "a failed test is stale: {again:?}");
        let last =
            Precondition::Exact { uid: after.uid.clone(), resource_version: after.resource_version.clone() };
        let gone = write(&cluster, &body, &remove(last.clone())).await;
        assert_eq!(gone, Ok(Written::Gone));
        assert_eq!(write(&cluster, &body, &remove(last)).await, Ok(Written::Gone), "gone is gone");
    });
}

#[test]
fn a_finalizer_holds_a_replacement_and_is_named() {
    let Some(plane) = ControlPlane::shared() else { return };
    plane.kubectl(&["create", "namespace", "held"]);
    runtime().block_on(async {
        let cluster = reach(plane, "admin").await;
        let mut body = config_map("held", "a", "x");
        body.tree_mut()["metadata"]["finalizers"] = json!(["example.com/wait"]);
        let live = create(&cluster, &body).await;
        let precondition =
            Precondition::Exact { uid: live.uid.clone(), resource_version: live.resource_version.clone() };
        let replace =
            Write::Replace { body: body.clone(), precondition, propagation: Propagation::Background };
        let patience = Duration::from_secs(2);
        let error = cluster.write("v1", &body.id(), &replace, patience).await.expect_err("it does not go");
        assert_eq!(error.to_string(), "deleted, and still there: finalizers hold it: example.com/wait");
        plane.kubectl(&["patch", "cm", "a", "-n", "held", "-p", r#"{"metadata":{"finalizers":null}}"#]);
    });
}

#[test]
fn warnings_of_the_server_are_told() {
    let Some(plane) = ControlPlane::shared() else { return };
    plane.kubectl(&["create", "namespace", "warn"]);
    runtime().block_on(async {
        let (sender, mut events) = mpsc::unbounded_channel();
        let cluster = reach(plane, "admin").await.telling(sender);
        let endpoints: Value =
            json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "a", "namespace": "warn"}});
        create(&cluster, &Body::new(endpoints)).await;
        let Ok(Event::Warned { message }) = events.try_recv() else { panic!("Endpoints are deprecated") };
        assert!(message.contains("Endpoints is deprecated"), "{message}");
    });
}

#[test]
fn a_watch_follows_one_object() {
    let Some(plane) = ControlPlane::shared() else { return };
    plane.kubectl(&["create", "namespace", "watch"]);
    runtime().block_on(async {
        let cluster = reach(plane, "admin").await;
        let body = config_map("watch", "a", "x");
        let mut watch = cluster.watch_object("v1", &body.id());
        let next = async |watch: &mut obsctl::cluster::Watch| {
            tokio::time::timeout(SOON, watch.next()).await.expect("soon").expect("the watch goes on")
        };
        assert_eq!(next(&mut watch).await, Seen::Gone);
        create(&cluster, &config_map("watch", "b", "other")).await;
        let live = create(&cluster, &body).await;
        assert_eq!(next(&mut watch).await, Seen::Object(Arc::clone(&live)));
        plane.kubectl(&["delete", "configmap", "a", "-n", "watch"]);
        assert_eq!(next(&mut watch).await, Seen::Gone);
        // Who may neither list nor watch looks again and again.
        let role = "{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: r, namespace: watch}, \
                    rules: [{apiGroups: [''], resources: [configmaps], verbs: [get]}]}\n---\n\
                    {apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: r, namespace: watch}, \
                    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}, \
                    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: nobody}]}\n";
        plane.apply(role);
        let limited = reach(plane, "nobody").await;
        let mut watch = limited.watch_object("v1", &body.id());
        assert_eq!(next(&mut watch).await, Seen::Gone);
    });
}

#[test]
fn requests_outlive_a_restart_of_the_server() {
    let Some(plane) = ControlPlane::start_api(&[]) else { return };
    plane.kubectl(&["create", "namespace", "restart"]);
    runtime().block_on(async {
        let (sender, mut events) = mpsc::unbounded_channel();
        let cluster = reach(&plane, "admin").await.telling(sender);
        create(&cluster, &config_map("restart", "before", "x")).await;
        let writer = cluster.clone();
        plane.stop_api_server();
        std::thread::scope(|scope| {
            let restart = scope.spawn(|| plane.restart_api_server());
            for n in 0..3 {
                let body = config_map("restart", &format!("during-{n}"), "x");
                let (writer, handle) = (writer.clone(), tokio::runtime::Handle::current());
                scope.spawn(move || handle.block_on(create(&writer, &body)));
            }
            restart.join().expect("the server comes back");
        });
        let mut retries = 0;
        while let Ok(event) = events.try_recv() {
            retries += usize::from(matches!(event, Event::Retrying { .. }));
        }
        assert!(retries > 0, "every retry is told");
    });
}
