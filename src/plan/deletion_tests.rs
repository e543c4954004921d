//! What is deleted, kept and refused; the order of it; drift, rights and digests.

#![expect(
    clippy::format_push_string,
    clippy::needless_raw_string_hashes,
    reason = "expected texts are written by expect-test, and told as they come"
)]

use expect_test::{Expect, expect};

use crate::model::{
    Body, Gvk, LiveState, ObjectId, Observed, Place, Plan, Requirement, RequirementSort, RevisionState,
    TurnedBack, TypeMap,
};
use crate::plan::scene::{Scene, documents, entry, labelled, tell};
use crate::plan::{Access, Allowed, Mode, carried, digest, digests, drift, rbac, undeclared};

fn check(plan: &Plan, expected: &Expect) {
    expected.assert_eq(&tell(plan));
}

fn config(name: &str, extra: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: m{extra}}}\ndata: {{k: v}}"
    )
}

/// A scene in which `kept` is wanted and there, and the other documents are there and declared no more.
fn gone(yaml: &str) -> Scene {
    let mut scene = Scene::wanting(&config("kept", ""));
    let mut ids = vec![scene.there(&config("kept", ""), "obsctl")];
    for body in documents(yaml) {
        let body = labelled(body, "mon");
        let writer = if body.kind() == "Namespace" { "obsctl:dev:mon" } else { "obsctl" };
        let managed = vec![entry(writer, &body, &scene.schemas)];
        ids.push(scene.put(body, managed));
    }
    scene.applied(&ids.iter().collect::<Vec<_>>());
    scene
}

fn id_of(yaml: &str) -> ObjectId {
    documents(yaml).remove(0).id()
}

#[test]
fn what_is_declared_no_more_is_deleted_last_and_in_reverse_order() {
    let mut scene = gone(
        "apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: m}
spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {serviceAccountName: web, containers: [{name: c, image: i}]}}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: m}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.example.com}
spec: {group: example.com, version: v1, groupPriorityMinimum: 1, versionPriority: 1}",
    );
    scene.there(&config("kept", "").replace("k: v", "k: old"), "obsctl");
    check(
        &scene.plan(),
        &expect![[r#"
        0 patch ConfigMap m/kept: it is declared otherwise than at the last apply
            apply as obsctl if uid
            .data.k: "old" -> "v" by obsctl
        1 prune APIService v1.example.com: declared no more
            delete if exact, Background
            after 0 (Written): deletions come last
        2 prune Deployment m/web: declared no more
            delete if exact, Background
            after 0 (Written): deletions come last
            after 1 (Written): APIService v1.example.com could hold back its deletion
        3 prune ServiceAccount m/web: declared no more
            delete if exact, Background
            after 0 (Written): deletions come last
            after 1 (Written): APIService v1.example.com could hold back its deletion
            after 2 (Written): is needed while Deployment m/web is there: it runs as ServiceAccount m/web
    "#]],
    );
}

#[test]
fn protections_foreign_marks_and_lost_ownership_keep_objects_and_the_inventory_names_them_still() {
    let mut scene = gone(
        &[
            config("a", ", annotations: {obsctl.dev/prune: disabled}"),
            config("b", ", annotations: {helm.sh/resource-policy: keep}"),
            config("c", ", annotations: {argocd.argoproj.io/sync-options: 'Prune=false,Replace=true'}"),
            config("d", ""),
            config("e", ""),
            config("f", ""),
        ]
        .join("\n---\n"),
    );
    // Somebody made `d` anew, `e` cannot be read, `f` moved.
    scene.there(&config("d", ""), "kubectl");
    scene.live.objects.insert(id_of(&config("e", "")), Observed::Unreadable("403 Forbidden".into()));
    scene.live.unlisted.insert(Gvk::new("v1", "ConfigMap"), "may not list configmaps".into());
    scene.around.declared.insert(id_of(&config("f", "")), ["other".to_owned()].into());
    let plan = scene.plan();
    check(
        &plan,
        &expect![[r#"
        held kept ConfigMap m/a: declared no more, and kept by obsctl.dev/prune: disabled
        held kept ConfigMap m/b: declared no more, and kept by helm.sh/resource-policy: keep
        held kept ConfigMap m/c: declared no more, and kept by argocd.argoproj.io/sync-options: Prune=false,Replace=true
        held kept ConfigMap m/d: declared no more, and no longer ours: our Apply entry does not own its label
        held unreadable ConfigMap m/e: declared no more, and it could not be read: may not list configmaps
        unchanged ConfigMap m/kept
        note: ConfigMap m/f moves to stack other: it is handed over, not deleted
    "#]],
    );
    assert!(!plan.is_blocked());
    assert_eq!(carried(&scene.context(), &plan).len(), 4);
}

#[test]
fn precious_kinds_go_only_by_name() {
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data, namespace: m}";
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: boards.example.com}";
    let mut scene = gone(&format!("{claim}\n---\n{crd}"));
    scene.around.custom_resources.insert("boards.example.com".into(), 12);
    let held = tell(&scene.plan());
    scene.options.allow_delete =
        vec![Allowed::parse("pvc/m/data").unwrap(), Allowed::parse("CustomResourceDefinition").unwrap()];
    expect![[r#"
        held! guard PersistentVolumeClaim m/data: declared no more, and not deleted without a word: with it goes its data
            fix: declare it again, or --allow-delete PersistentVolumeClaim/m/data
        held! guard CustomResourceDefinition boards.example.com: declared no more, and not deleted without a word: with it go 12 custom resources
            fix: declare it again, or --allow-delete CustomResourceDefinition/boards.example.com
        unchanged ConfigMap m/kept

        0 prune PersistentVolumeClaim m/data: declared no more
            delete if exact, Background
        1 prune CustomResourceDefinition boards.example.com: declared no more
            delete if exact, Background
        unchanged ConfigMap m/kept
    "#]].assert_eq(&format!("{held}\n{}", tell(&scene.plan())));
}

#[test]
fn a_flag_names_kind_namespace_and_name() {
    let claim = id_of("apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data, namespace: m}");
    let allows = |text: &str| Allowed::parse(text).is_some_and(|allowed| allowed.allows(&claim));
    for text in ["pvc", "PersistentVolumeClaims", "persistentvolumeclaim/data", "PVC/m/data"] {
        assert!(allows(text), "{text}");
    }
    for text in ["pv", "pvc/other", "pvc/x/data", "pvc//data", "pvc/m/data/x", ""] {
        assert!(!allows(text), "{text}");
    }
}

#[test]
fn more_deletions_than_allowed_are_refused_until_the_number_is_named() {
    let many: Vec<_> = (0..11).map(|n| config(&format!("c{n}"), "")).collect();
    let mut scene = gone(&many.join("\n---\n"));
    let guards = |scene: &Scene| -> Vec<String> {
        scene.plan().holds.iter().filter(|hold| hold.blocking).map(|hold| hold.reason.clone()).collect()
    };
    assert_eq!(guards(&scene), ["11 objects would be deleted, more than 10"]);
    scene.options.max_deletes = Some(11);
    assert!(guards(&scene).is_empty());
    scene.options.max_deletes = Some(10);
    scene.options.uncounted = [id_of(&config("c0", ""))].into();
    assert!(guards(&scene).is_empty());
}

#[test]
fn an_empty_render_is_refused() {
    let mut scene = gone(&config("a", ""));
    scene.desired.objects.clear();
    let plan = scene.plan();
    assert!(
        plan.holds.iter().any(|hold| hold.blocking && hold.reason.starts_with("the stack renders no object"))
    );
}

#[test]
fn what_an_undone_revision_took_over_is_given_back() {
    let mut scene = gone(&config("theirs", ""));
    let before = documents(&config("theirs", "").replace("k: v", "k: old, x: z")).remove(0);
    scene.options.given_back.insert(before.id(), before);
    check(
        &scene.plan(),
        &expect![[r#"
        0 release ConfigMap m/theirs: it was there before the revision that is undone took it over: its values come back
            release [{"op":"test","path":"/metadata/uid","value":"u1"},{"op":"test","path":"/metadata/resourceVersion","value":"7"},{"op":"test","path":"/metadata/managedFields/0/manager","value":"obsctl"},{"op":"replace","path":"/metadata/managedFields","value":[{}]},{"op":"remove","path":"/metadata/labels"},{"op":"add","path":"/data","value":{"k":"old","x":"z"}}]
            .data.k: "v" -> "old"
            .data.x: "z"
        unchanged ConfigMap m/kept
    "#]],
    );
}

#[test]
fn destroy_deletes_ours_and_releases_what_is_precious() {
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: m}";
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data, namespace: m}";
    let mut scene = gone(&format!("{namespace}\n---\n{claim}"));
    scene.desired.objects.clear();
    scene.options.destroy = true;
    let full = tell(&scene.plan());
    scene.around.strangers.insert("m".into(), 0);
    let empty = scene.plan();
    assert_eq!(empty.summary().prune, 2);
    expect![[r#"
        0 release PersistentVolumeClaim m/data: kept and released: its contents would be lost; --allow-delete PersistentVolumeClaim/m/data deletes it
            release [{"op":"test","path":"/metadata/uid","value":"u1"},{"op":"test","path":"/metadata/resourceVersion","value":"7"},{"op":"test","path":"/metadata/managedFields/0/manager","value":"obsctl"},{"op":"replace","path":"/metadata/managedFields","value":[{}]},{"op":"remove","path":"/metadata/labels/obsctl.dev~1stack"},{"op":"remove","path":"/metadata/labels/obsctl.dev~1environment"}]
        1 prune ConfigMap m/kept: the stack is destroyed
            delete if exact, Background
        2 release Namespace m: kept and released: nobody knows whether it is empty; --allow-delete Namespace/m deletes it
            release [{"op":"test","path":"/metadata/uid","value":"u1"},{"op":"test","path":"/metadata/resourceVersion","value":"7"},{"op":"test","path":"/metadata/managedFields/0/manager","value":"obsctl:dev:mon"},{"op":"replace","path":"/metadata/managedFields","value":[{}]}]
            after 0 (Ready): is needed while PersistentVolumeClaim m/data is there: it stands in Namespace m
            after 1 (Ready): is needed while ConfigMap m/kept is there: it stands in Namespace m
    "#]].assert_eq(&full);
}

#[test]
fn a_superseded_config_map_is_kept_for_two_revisions() {
    let mut scene = gone(&config("web-4b5t7f9k2m", ""));
    let next = labelled(documents(&config("web-9c8d7f6g5h", "")).remove(0), "mon");
    let wanted = crate::model::Wanted { id: next.id(), body: next, origin: None };
    scene.live.objects.insert(wanted.id.clone(), Observed::Absent);
    scene.desired.objects.insert(wanted.id.clone(), wanted);
    let lately = scene.plan();
    assert_eq!((lately.summary().prune, lately.summary().create), (0, 1));
    let mut later = scene.ledger.revisions[0].clone();
    later.number = 3;
    later.inventory[1].digest = None;
    scene.ledger.revisions.push(later);
    scene.ledger.head.as_mut().unwrap().current = Some(3);
    assert_eq!(scene.plan().summary().prune, 1);
}

#[test]
fn what_a_rollback_turned_back_is_held_until_it_changes() {
    let mut scene = Scene::wanting(&config("a", ""));
    scene.applied(&[]);
    let id = id_of(&config("a", ""));
    let bad = scene.sealer.digest(&scene.desired.objects[&id].body);
    let mark = |digest| vec![TurnedBack { object: id.clone(), digest, revision: 4 }];
    let blocked = |scene: &Scene| scene.plan().is_blocked();
    scene.ledger.head.as_mut().unwrap().turned_back = mark(Some(bad));
    assert!(blocked(&scene));
    scene.options.ignore_hold = true;
    assert!(!blocked(&scene));
    scene.options.ignore_hold = false;
    scene.ledger.head.as_mut().unwrap().turned_back = mark(None);
    assert!(!blocked(&scene), "the removal was bad, and the object is wanted again");
}

#[test]
fn requirements_and_named_dependencies_must_be_somewhere() {
    let mut scene = Scene::wanting(&config(
        "a",
        ", annotations: {obsctl.dev/depends-on: 'apps/Deployment/web, nonsense'}",
    ));
    scene.desired.requires = vec![Requirement {
        sort: RequirementSort::Secret,
        name: "m/grafana".into(),
        place: Place::file("stacks/mon/stack.yaml"),
    }];
    scene.live.required.insert("secret m/grafana".into(), false);
    let plan = scene.plan();
    let reasons: Vec<_> = plan.holds.iter().map(|hold| hold.reason.as_str()).collect();
    expect![[r#"
        Secret m/grafana is required and does not exist
        it is annotated to come after apps/Deployment/web, which no stack declares
        depends-on: `nonsense` is not [group/]Kind[/namespace]/name"#]]
    .assert_eq(&reasons.join("\n"));
    scene.live.required.insert("secret m/grafana".into(), true);
    assert_eq!(scene.plan().holds.len(), 2);
}

#[test]
fn a_stack_that_is_listed_no_more_is_held_and_destroyed_only_by_name() {
    let mut scene = gone(&config("a", ""));
    let plan = undeclared(&scene.target, &scene.ledger, &scene.options).expect("it lives");
    check(
        &plan,
        &expect![[r#"
        held no-longer-declared: no longer declared: the environment lists stack mon no more, and its revision 1 has 2 objects
            fix: list it again, or `obsctl destroy -e dev --allow-delete stack/mon`
    "#]],
    );
    scene.options.allow_delete = vec![Allowed::parse("stack/mon").unwrap()];
    assert!(undeclared(&scene.target, &scene.ledger, &scene.options).is_none());
    scene.options.allow_delete.clear();
    scene.ledger.revisions[0].state = RevisionState::Destroyed;
    assert!(undeclared(&scene.target, &scene.ledger, &scene.options).is_none());
}

#[test]
fn objects_under_our_label_without_any_revision_are_pointed_out_and_left() {
    let mut scene = gone(&config("a", ""));
    scene.ledger = crate::model::Ledger::default();
    let plan = scene.plan();
    assert_eq!(plan.summary().prune, 0);
    assert!(plan.holds[0].reason.starts_with("no revision found, and 1 objects carry"));
}

#[test]
fn an_unready_object_of_an_earlier_run_is_waited_for() {
    let mut scene = gone("");
    scene.not_ready = [id_of(&config("kept", ""))].into();
    assert!(!scene.plan().has_changes());
    assert_eq!(scene.plan().steps.len(), 0);
    scene.options.wait_for_unready = true;
    check(
        &scene.plan(),
        &expect![[r#"
        0 await ConfigMap m/kept: written by an earlier run, and not ready yet
            nothing
    "#]],
    );
}

#[test]
fn a_step_waits_for_another_one_through_what_does_not_change() {
    let account =
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: m}\nsecrets: [{name: s}]";
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: m}";
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: m}\nspec: {serviceAccountName: web, containers: [{name: c, image: i}]}";
    let mut scene = Scene::wanting(&format!("{account}\n---\n{secret}\n---\n{pod}"));
    scene.there(account, "obsctl");
    let plan = scene.plan();
    let needs: Vec<_> =
        plan.steps.iter().flat_map(|step| &step.depends_on).map(|need| need.because.as_str()).collect();
    assert_eq!(needs, ["needs ServiceAccount m/web, which names Secret m/s"]);
}

#[test]
fn a_changed_config_map_tells_who_reads_it() {
    let web = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: m}
spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i, envFrom: [{configMapRef: {name: a}}]}]}}}";
    let mut scene = Scene::wanting(&format!("{web}\n---\n{}", config("a", "")));
    scene.there(web, "obsctl");
    scene.there(&config("a", "").replace("k: v", "k: old"), "obsctl");
    let told = tell(&scene.plan());
    scene.there(&web.replace("image: i", "image: old"), "obsctl");
    expect![[r#"
        0 patch ConfigMap m/a: the last apply did not record it
            apply as obsctl if uid
            .data.k: "old" -> "v" by obsctl
            => Deployment m/web reads it when it starts: needs a restart
        unchanged Deployment m/web

        0 patch ConfigMap m/a: the last apply did not record it
            apply as obsctl if uid
            .data.k: "old" -> "v" by obsctl
        1 patch Deployment m/web: the last apply did not record it
            apply as obsctl if uid
            .spec.template.spec.containers[name="c"].image: "old" -> "i" by obsctl
            => restarts Deployment m/web
            after 0 (Written): reads ConfigMap m/a into its environment
    "#]]
    .assert_eq(&format!("{told}\n{}", tell(&scene.plan())));
}

#[test]
fn drift_names_what_is_missing_modified_extra_and_unreadable() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: m}";
    let names = ["missing", "modified", "extra"].map(|name| config(name, "")).join("\n---\n");
    let mut scene = Scene::wanting(&format!("{names}\n---\n{secret}"));
    scene.there(&config("modified", "").replace("k: v", "k: edited"), "obsctl");
    scene.live.objects.insert(id_of(secret), Observed::Unreadable("may not read secrets".into()));
    let mut body: Body = labelled(documents(&config("extra", "")).remove(0), "mon");
    let ours = entry("obsctl", &body, &scene.schemas);
    body.tree_mut()["data"]["added"] = "x".into();
    let mut theirs = entry("kubectl-edit", &body, &scene.schemas);
    theirs.fields = r#"{"f:data":{"f:added":{}}}"#.into();
    scene.put(body, vec![ours, theirs]);
    let context = scene.context();
    let mut text = String::new();
    for item in drift(&context, &scene.plan()) {
        text.push_str(&format!("{} {}: {}\n", item.class.word(), item.object, item.reason));
        for field in item.fields {
            let manager = field.writer.map(|writer| writer.manager);
            text.push_str(&format!(
                "    {}: {:?} -> {:?} {manager:?}\n",
                field.path, field.values.before, field.values.after
            ));
        }
    }
    expect![[r#"
        extra ConfigMap m/extra: others added keys
            .data.added: Absent -> Plain(String("x")) Some("kubectl-edit")
        missing ConfigMap m/missing: it is not there
        modified ConfigMap m/modified: its declared fields were changed
            .data.k: Plain(String("v")) -> Plain(String("edited")) Some("obsctl")
        unreadable Secret m/s: not compared: may not read secrets
    "#]]
    .assert_eq(&text);
}

#[test]
fn the_digest_of_a_plan_tells_changes_and_forgets_times_and_versions() {
    let mut scene = Scene::wanting(&config("a", ""));
    let old = config("a", "").replace("k: v", "k: old");
    let id = scene.there(&old, "obsctl");
    let first = scene.plan();
    assert_eq!(digest(&first), digest(&scene.plan()));
    let mut touched = scene.live.objects[&id].present().unwrap().as_ref().clone();
    touched.resource_version = "8".into();
    touched.managed[0].time = Some("2026-11-21T00:00:00Z".into());
    scene.live.objects.insert(id.clone(), Observed::Present(touched.into()));
    assert_eq!(digest(&first), digest(&scene.plan()));
    scene.there(&old.replace("old", "other"), "obsctl");
    let changed = scene.plan();
    assert_ne!(digest(&first), digest(&changed));
    let parts: Vec<_> = digests(&first).into_iter().zip(digests(&changed)).filter(|(a, b)| a != b).collect();
    assert_eq!(parts[0].0.0, Some(id));
}

#[test]
fn rights_are_the_least_that_a_command_needs() {
    let binding = "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}";
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: m}";
    let scene = Scene::wanting(&format!("{}\n---\n{binding}\n---\n{secret}", config("a", "")));
    let told = |mode, without_secrets, read_only| {
        let access = Access {
            desired: &[&scene.desired],
            asked: &std::collections::BTreeSet::from(["m".to_owned()]),
            types: &TypeMap::default(),
            state_namespace: "obsctl-system",
            mode,
            without_secrets,
            read_only,
        };
        let mut text = String::new();
        for role in rbac(&access) {
            let body = Body::new(role);
            text.push_str(&format!("{}\n", body.id()));
            for rule in body.items(&["rules"]) {
                text.push_str(&format!("    {rule}\n"));
            }
        }
        text
    };
    assert!(!told(Mode::Plan, true, true).contains("patch"));
    assert!(!told(Mode::Plan, true, true).contains("secrets"));
    expect![[r#"
        Namespace m
        Namespace obsctl-system
        ClusterRole obsctl-plan
            {"apiGroups":[""],"resources":["namespaces"],"verbs":["get","list"]}
            {"apiGroups":["rbac.authorization.k8s.io"],"resources":["clusterrolebindings"],"verbs":["get","list"]}
        Role m/obsctl-plan
            {"apiGroups":[""],"resources":["services/proxy"],"verbs":["get"]}
            {"apiGroups":[""],"resources":["configmaps","secrets"],"verbs":["get","list"]}
        Role obsctl-system/obsctl-plan
            {"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}
            {"apiGroups":[""],"resources":["configmaps"],"verbs":["get","list"]}

        Namespace m
        Namespace obsctl-system
        ClusterRole obsctl-apply
            {"apiGroups":[""],"resources":["namespaces"],"verbs":["create","get","list","patch"]}
            {"apiGroups":["rbac.authorization.k8s.io"],"resources":["clusterroles"],"verbs":["bind"],"resourceNames":["view"]}
            {"apiGroups":["rbac.authorization.k8s.io"],"resources":["clusterrolebindings"],"verbs":["create","delete","get","list","patch","watch"]}
        Role m/obsctl-apply
            {"apiGroups":[""],"resources":["configmaps","secrets"],"verbs":["create","delete","get","list","patch","watch"]}
            {"apiGroups":[""],"resources":["pods/log","services/proxy"],"verbs":["get"]}
            {"apiGroups":[""],"resources":["events"],"verbs":["get","list"]}
            {"apiGroups":[""],"resources":["pods"],"verbs":["get","list","watch"]}
            {"apiGroups":["apps"],"resources":["replicasets"],"verbs":["get","list"]}
            {"apiGroups":["apps"],"resources":["statefulsets"],"verbs":["get","list","watch"]}
        Role obsctl-system/obsctl-apply
            {"apiGroups":[""],"resources":["configmaps","secrets"],"verbs":["create","delete","get","list","patch","update"]}
            {"apiGroups":["coordination.k8s.io"],"resources":["leases"],"verbs":["create","delete","get","list","patch","update"]}
    "#]].assert_eq(&format!(
        "{}\n{}",
        told(Mode::Plan, false, true),
        told(Mode::Apply, false, false)
    ));
}

#[test]
fn an_empty_cluster_state_holds_every_object() {
    let mut scene = Scene::wanting(&config("a", ""));
    scene.live = LiveState::default();
    assert!(scene.plan().is_blocked());
}
