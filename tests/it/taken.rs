//! Fields of which two want to decide: taken by force and put back by a rollback, or left to a controller and shown.

use crate::support::{ControlPlane, Obsctl, Repo, lab_repo, owned};

const APPLY: &[&str] = &["apply", "-e", "lab", "--auto-approve"];

fn write(repo: &Repo, annotations: &str, data: &str) {
    let manifests = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: taken}}\n---\n\
         apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: both, annotations: {{{annotations}}}}}\ndata: {{{data}}}\n"
    );
    repo.write("stacks/taken/manifests/all.yaml", &manifests);
    repo.commit("Next");
}

#[test]
fn a_rollback_puts_back_what_was_taken_from_others_by_force() {
    let Some(plane) = ControlPlane::shared() else { return };
    let repo = lab_repo("taken");
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));
    write(&repo, "example.com/ours: a", "ours: a");
    obsctl.exits(0, APPLY);
    let theirs =
        r#"{"metadata":{"annotations":{"example.com/team":"theirs"}},"data":{"level":"debug","kept":"k"}}"#;
    plane.kubectl(&[
        "patch",
        "configmap",
        "both",
        "-n",
        "taken",
        "--field-manager=kubectl-edit",
        "-p",
        theirs,
    ]);
    let part = |part: &str| plane.kubectl(&["get", "configmap", "both", "-n", "taken", "-o", part]);
    let (data, annotations) = ("jsonpath={.data}", "jsonpath={.metadata.annotations}");
    let was = (part(data), part(annotations));

    write(&repo, "example.com/ours: a, example.com/team: git", "ours: b, level: info, new: text");
    obsctl.exits(0, APPLY).assert_says("taken from kubectl-edit");
    assert!(part(data).contains(r#""level":"info""#), "{}", part(data));

    let back = obsctl.exits(0, &["rollback", "-e", "lab", "--to", "1", "--auto-approve"]);
    back.assert_says("put back: it was taken from kubectl-edit");
    assert_eq!(was, (part(data), part(annotations)));
    assert!(owned(plane, "taken").contains("/ConfigMap taken/both"));
    let drift = obsctl.exits(2, &["drift", "-e", "lab"]).stdout;
    assert!(
        drift.contains("+ data.kept") && !drift.contains("level"),
        "only what others added is extra:\n{drift}"
    );
    let again = obsctl.exits(0, &["rollback", "-e", "lab", "--to", "1", "--auto-approve"]);
    again.assert_says("No changes");
}

#[test]
fn keys_of_others_are_removed_where_the_policy_says_so() {
    let Some(plane) = ControlPlane::shared() else { return };
    let repo = lab_repo("keys");
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));
    let manifests = "apiVersion: v1\nkind: Namespace\nmetadata: {name: keys}\n---\n\
                     apiVersion: v1\nkind: ConfigMap\nmetadata: {name: both}\ndata: {ours: a}\n";
    repo.write("stacks/keys/manifests/all.yaml", manifests);
    repo.commit("Next");
    obsctl.exits(0, APPLY);
    let add = |manager: &str, patch: &str| {
        let manager = format!("--field-manager={manager}");
        plane.kubectl(&["patch", "configmap", "both", "-n", "keys", &manager, "-p", patch]);
    };
    add("kubectl-edit", r#"{"data":{"hand.made":"x"}}"#);
    add("cert-manager-cainjector", r#"{"data":{"ca.crt":"y"}}"#);
    obsctl.exits(0, &["plan", "-e", "lab", "--detailed-exitcode"]).assert_says("No changes");
    obsctl.exits(2, &["drift", "-e", "lab"]).assert_says("hand.made");

    let file = "environments/lab/environment.yaml";
    let text = std::fs::read_to_string(repo.path().join(file)).expect("it was made");
    repo.write(file, &format!("{text}  policy: {{extraKeys: remove}}\n"));
    repo.commit("Nobody else's keys");
    obsctl.exits(0, APPLY).assert_says("removed by policy.extraKeys");
    let data = plane.kubectl(&["get", "configmap", "both", "-n", "keys", "-o", "jsonpath={.data}"]);
    assert_eq!(data, r#"{"ca.crt":"y","ours":"a"}"#);
    obsctl.exits(0, &["plan", "-e", "lab", "--detailed-exitcode"]).assert_says("No changes");
}

#[test]
fn a_field_left_to_an_autoscaler_is_shown_though_nothing_is_to_do() {
    let Some(plane) = ControlPlane::shared() else { return };
    let repo = lab_repo("scaled");
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));
    repo.write(
        "stacks/scaled/manifests/all.yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: scaled}\n---\n\
         apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  \
         selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    \
         spec: {containers: [{name: web, image: example.com/web:1}]}\n",
    );
    repo.commit("A web server");
    obsctl.exits(0, APPLY);
    let scale = r#"{"spec":{"replicas":3}}"#;
    plane.kubectl(&[
        "patch",
        "deployment",
        "web",
        "-n",
        "scaled",
        "--subresource=scale",
        "--type=merge",
        "--field-manager=horizontal-pod-autoscaler",
        "-p",
        scale,
    ]);
    let plan = obsctl.exits(0, &["plan", "-e", "lab", "--detailed-exitcode"]);
    plan.assert_says("No changes");
    plan.assert_says(
        "Deployment scaled/web spec.replicas is left to horizontal-pod-autoscaler (scale): 3, git says 1",
    );
    obsctl.exits(0, APPLY).assert_says("is left to horizontal-pod-autoscaler");
    let json = obsctl.exits(0, &["plan", "-e", "lab", "-o", "json"]).stdout;
    let plan: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(plan["stacks"][0]["left"][0]["field"]["path"], ".spec.replicas");
    assert_eq!(
        plane.kubectl(&["get", "deployment", "web", "-n", "scaled", "-o", "jsonpath={.spec.replicas}"]),
        "3"
    );
}
