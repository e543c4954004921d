//! What is not done without a word: deletions in number or of weight, what others own, what git no longer declares.

use std::fmt::Write;

use crate::support::{ControlPlane, Obsctl, Repo, by_obsctl, lab_repo, object_writes, owned};

const APPLY: &[&str] = &["apply", "-e", "lab", "--auto-approve"];

fn with(more: &[&'static str]) -> Vec<&'static str> {
    [APPLY, more].concat()
}

fn namespace(name: &str) -> String {
    format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n---\n")
}

fn configmap(name: &str, more: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}{more}}}\ndata: {{a: b}}\n---\n")
}

fn write(repo: &Repo, name: &str, manifests: &str) {
    repo.write(&format!("stacks/{name}/manifests/all.yaml"), manifests);
    repo.commit("Next");
}

/// Runs `args` and fails unless it exits with 3 and writes no object.
#[track_caller]
fn refused(plane: &ControlPlane, obsctl: &Obsctl, args: &[&str], fix: &str) {
    let from = jiff::Timestamp::now();
    obsctl.exits(3, args).assert_says(fix);
    let requests = by_obsctl(&plane.requests(), from, jiff::Timestamp::MAX);
    let ours: Vec<_> = requests.into_iter().filter(|it| it.user == "admin").collect();
    assert!(object_writes(&ours).is_empty(), "{:?}", object_writes(&ours));
}

#[test]
fn deletions_in_number_or_of_weight_name_the_flag_to_type() {
    // Its own: nothing else may write meanwhile.
    let Some(plane) = ControlPlane::start() else { return };
    let repo = lab_repo("weighty");
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));
    let mut many = String::new();
    for n in 0..12 {
        write!(many, "{}", configmap(&format!("many-{n}"), "")).expect("strings grow");
    }
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n\
                 spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n---\n";
    let schema = "{openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}";
    let crd = format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n\
         metadata: {{name: cups.weighty.example.com}}\nspec:\n  group: weighty.example.com\n  scope: Namespaced\n  \
         names: {{kind: Cup, plural: cups, singular: cup}}\n  \
         versions: [{{name: v1, served: true, storage: true, schema: {schema}}}]\n---\n"
    );
    let (space, other) = (namespace("weighty"), namespace("weighty-too"));
    let last = configmap("last", "");
    write(&repo, "weighty", &[space.as_str(), &other, &last, &many, claim, &crd].concat());
    obsctl.exits(0, APPLY);

    write(&repo, "weighty", &[space.as_str(), &other, &last, claim, &crd].concat());
    refused(&plane, &obsctl, APPLY, "--max-deletes 12");
    refused(&plane, &obsctl, &with(&["--max-deletes", "11"]), "--max-deletes 12");
    obsctl.exits(0, &with(&["--max-deletes", "12"])).assert_says("12 to prune");

    write(&repo, "weighty", &[space.as_str(), &last].concat());
    for fix in [
        "--allow-delete Namespace/weighty-too",
        "--allow-delete CustomResourceDefinition/cups.weighty.example.com",
        "--allow-delete PersistentVolumeClaim/weighty/data",
    ] {
        refused(&plane, &obsctl, APPLY, fix);
    }
    let flags = [
        "--allow-delete",
        "PersistentVolumeClaim/weighty/data",
        "--allow-delete",
        "CustomResourceDefinition",
    ];
    refused(&plane, &obsctl, &with(&flags), "--allow-delete Namespace/weighty-too");
    let all = [&flags[..], &["--allow-delete", "Namespace/weighty-too"]].concat();
    obsctl.exits(0, &with(&all)).assert_says("3 to prune");
    assert!(plane.try_kubectl(&["get", "namespace", "weighty-too"]).is_err());
    plane.kubectl(&["get", "namespace", "weighty"]);

    write(&repo, "weighty", "");
    refused(&plane, &obsctl, APPLY, "obsctl destroy -s weighty");
}

#[test]
fn what_others_own_is_refused_and_what_nobody_claims_is_adopted() {
    let Some(plane) = ControlPlane::shared() else { return };
    plane.kubectl(&["create", "namespace", "others"]);
    plane.kubectl(&["create", "configmap", "argo", "-n", "others", "--from-literal=a=theirs"]);
    let tracking = "argocd.argoproj.io/tracking-id=shop:/ConfigMap:others/argo";
    plane.kubectl(&["annotate", "configmap", "argo", "-n", "others", tracking]);
    plane.kubectl(&["create", "configmap", "helm", "-n", "others", "--from-literal=a=theirs"]);
    plane.kubectl(&["label", "configmap", "helm", "-n", "others", "app.kubernetes.io/managed-by=Helm"]);
    plane.kubectl(&["annotate", "configmap", "helm", "-n", "others", "meta.helm.sh/release-name=shop"]);
    plane.kubectl(&[
        "create",
        "configmap",
        "free",
        "-n",
        "others",
        "--from-literal=a=old",
        "--from-literal=b=old",
    ]);
    let repo = lab_repo("others");
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));
    write(&repo, "others", &["argo", "helm", "free"].map(|name| configmap(name, "")).concat());
    let held = obsctl.exits(3, APPLY);
    held.assert_says("Argo CD application shop");
    held.assert_says("Helm release shop");
    assert!(owned(plane, "others").is_empty());
    let value =
        |name: &str| plane.kubectl(&["get", "configmap", name, "-n", "others", "-o", "jsonpath={.data}"]);
    assert_eq!(value("argo"), "{\"a\":\"theirs\"}");

    write(&repo, "others", &configmap("free", ""));
    let plan = obsctl.exits(2, &["plan", "-e", "lab", "--detailed-exitcode"]);
    plan.assert_says("adopt ConfigMap others/free");
    obsctl.exits(0, APPLY).assert_says("1 to adopt");
    obsctl.exits(0, &["plan", "-e", "lab", "--detailed-exitcode"]).assert_says("No changes");
    assert_eq!(owned(plane, "others").into_iter().collect::<Vec<_>>(), ["/ConfigMap others/free"]);
    assert!(value("free").contains("\"a\":\"b\""), "{}", value("free"));
}

#[test]
fn a_stack_that_is_listed_no_more_is_kept_until_it_is_named() {
    let Some(plane) = ControlPlane::shared() else { return };
    let repo = lab_repo("listed");
    let text = std::fs::read_to_string(repo.path().join("stacks/listed/stack.yaml")).expect("it was made");
    repo.write("stacks/unlisted/stack.yaml", &text.replace("name: listed", "name: unlisted"));
    repo.write("stacks/unlisted/manifests/all.yaml", &configmap("left", ""));
    repo.edit("environments/lab/environment.yaml", "[{name: listed}]", "[{name: listed}, {name: unlisted}]");
    write(&repo, "listed", &[namespace("listed"), configmap("kept", "")].concat());
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));
    obsctl.exits(0, APPLY);

    repo.edit("environments/lab/environment.yaml", ", {name: unlisted}", "");
    repo.commit("Listed no more");
    for command in ["plan", "status"] {
        let told = obsctl.exits(0, &[command, "-e", "lab"]);
        told.assert_says("no longer declared");
        told.assert_says("--allow-delete stack/unlisted");
    }
    obsctl.exits(0, APPLY);
    plane.kubectl(&["get", "configmap", "left", "-n", "listed"]);
    obsctl.exits(64, &["destroy", "-e", "lab", "-s", "unlisted", "--auto-approve"]);
    plane.kubectl(&["get", "configmap", "left", "-n", "listed"]);
    obsctl.exits(0, &["destroy", "-e", "lab", "--auto-approve", "--allow-delete", "stack/unlisted"]);
    assert!(plane.try_kubectl(&["get", "configmap", "left", "-n", "listed"]).is_err());
    plane.kubectl(&["get", "configmap", "kept", "-n", "listed"]);
    let after = obsctl.exits(0, &["plan", "-e", "lab", "--detailed-exitcode"]);
    assert!(!after.stdout.contains("no longer declared"), "{}", after.stdout);
}

#[test]
fn going_back_before_an_adoption_gives_the_object_back() {
    let Some(plane) = ControlPlane::shared() else { return };
    let repo = lab_repo("given");
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));
    let first = [namespace("given"), configmap("ours", "")].concat();
    write(&repo, "given", &first);
    obsctl.exits(0, APPLY);
    let theirs = ["--from-literal=a=theirs", "--from-literal=k=theirs"];
    plane.kubectl(&[&["create", "configmap", "theirs", "-n", "given"], &theirs[..]].concat());
    let service = |spec: &str| {
        format!("apiVersion: v1\nkind: Service\nmetadata: {{name: theirs, namespace: given}}\nspec: {spec}\n")
    };
    plane.apply(&service("{selector: {app: theirs}, ports: [{name: a, port: 1}, {name: b, port: 2}]}"));
    let part = |kind: &str, part: &str| plane.kubectl(&["get", kind, "theirs", "-n", "given", "-o", part]);
    let (data, ports) = ("jsonpath={.data}{.metadata.labels}", "jsonpath={.spec.ports}{.spec.selector}");
    let was = (part("configmap", data), part("service", ports));

    let adopted =
        configmap("theirs", ", annotations: {example.com/a: b}").replace("a: b}\n---", "a: b, z: z}\n---");
    let ours = "{selector: {app: ours}, ports: [{name: a, port: 1, targetPort: 8080}, {name: c, port: 3}]}";
    write(&repo, "given", &[first.as_str(), &adopted, &service(ours)].concat());
    obsctl.exits(0, APPLY).assert_says("2 to adopt");
    assert_ne!(was, (part("configmap", data), part("service", ports)));
    plane.kubectl(&["patch", "configmap", "theirs", "-n", "given", "-p", "{\"data\":{\"later\":\"x\"}}"]);

    let back = obsctl.exits(0, &["rollback", "-e", "lab", "--to", "1", "--auto-approve"]);
    back.assert_says("its values come back");
    assert_eq!(part("configmap", "jsonpath={.data.later}"), "x", "what others did since stays");
    plane.kubectl(&["patch", "configmap", "theirs", "-n", "given", "-p", "{\"data\":{\"later\":null}}"]);
    assert_eq!(was, (part("configmap", data), part("service", ports)));
    assert_eq!(owned(plane, "given").into_iter().collect::<Vec<_>>(), ["/ConfigMap given/ours"]);
    obsctl.exits(0, &["drift", "-e", "lab"]);
}

#[test]
fn a_stack_of_another_repository_is_neither_taken_nor_called_undeclared() {
    let Some(plane) = ControlPlane::start() else { return };
    let (first, second) = (lab_repo("origin"), lab_repo("origin"));
    let manifests = [namespace("origin"), configmap("a", "")].concat();
    write(&first, "origin", &manifests);
    write(&second, "origin", &manifests);
    second.edit("obsctl.yaml", "{name: origin}", "{name: copy}");
    second.commit("Another repository");
    Obsctl::new(&first, Some(&plane.kubeconfig("admin"))).exits(0, APPLY);

    let other = Obsctl::new(&second, Some(&plane.kubeconfig("admin")));
    refused(&plane, &other, APPLY, "name: origin");
    other.exits(3, &["plan", "-e", "lab"]).assert_says("belongs to repository `origin`");

    second.write("environments/lab/environment.yaml", &environment("lab", "elsewhere"));
    second.write("stacks/elsewhere/stack.yaml", &stack("elsewhere"));
    second.write("stacks/elsewhere/manifests/all.yaml", &namespace("elsewhere"));
    second.commit("A stack of its own");
    let plan = other.exits(0, &["plan", "-e", "lab"]);
    assert!(!plan.stdout.contains("no-longer-declared"), "{}", plan.stdout);
}

#[test]
fn a_repository_without_an_id_reaches_no_cluster() {
    let Some(plane) = ControlPlane::shared() else { return };
    let repo = lab_repo("nameless");
    write(&repo, "nameless", &namespace("nameless"));
    let folder = tempfile::tempdir().expect("a folder");
    for part in ["stacks", "environments"] {
        let copied = std::process::Command::new("cp")
            .arg("-r")
            .arg(repo.path().join(part))
            .arg(folder.path())
            .status();
        assert!(copied.is_ok_and(|status| status.success()), "cp of {part}");
    }
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));
    let at = folder.path().to_str().expect("a path");
    obsctl.exits(3, &["plan", "-e", "lab", "-C", at]).assert_says("kind: Repository");
}

fn environment(name: &str, stack: &str) -> String {
    format!(
        "apiVersion: obsctl.dev/v1alpha1\nkind: Environment\nmetadata: {{name: {name}}}\n\
         spec:\n  cluster: {{context: testbed}}\n  stacks: [{{name: {stack}}}]\n"
    )
}

fn stack(name: &str) -> String {
    format!(
        "apiVersion: obsctl.dev/v1alpha1\nkind: Stack\nmetadata: {{name: {name}}}\n\
         spec:\n  namespace: {name}\n  sources:\n    - manifests: [manifests/]\n"
    )
}
