//! Acting as somebody else, and not being allowed to know the cluster.

use serde_json::json;

use super::way::{APPLY, PLAN, Way, cluster_is, plane, repo};

#[test]
fn both_who_acts_and_as_whom_are_shown_and_recorded() {
    let Some((plane, _)) = plane() else { return };
    let repo = repo("masks");
    let way = Way::to(plane).admin();
    let mask = ["--as", "jane", "--as-group", "system:masters"];
    let who = "jane, impersonated by admin";
    way.obsctl(&repo).exits(0, &[PLAN, &mask].concat()).assert_says(&format!("  user     {who}\n"));
    way.obsctl(&repo).exits(0, &[APPLY, &mask].concat());
    way.obsctl(&repo).exits(0, &["history", "-e", "lab"]).assert_says(who);
    way.obsctl(&repo).exits(0, &["history", "-e", "lab", "-o", "json"]).assert_says(who);

    let mut named =
        Way::to(plane).user(json!({"token": "token-of-bob", "as": "joan", "as-groups": ["system:masters"]}));
    named.obsctl(&repo).exits(0, PLAN).assert_says("  user     joan, impersonated by bob\n");
    // `--as` takes the kubeconfig's groups away too: another user is not given what was meant for the first.
    let alone = named.obsctl(&repo).exits(1, &[PLAN, &["--as", "jane"]].concat());
    alone.assert_says("User \"jane\" cannot");
    named.user["token"] = "token-of-nobody".into();
    let refused = named.obsctl(&repo).exits(1, PLAN);
    refused.assert_says("User \"nobody\" cannot impersonate");
    refused.assert_says("the right to impersonate is missing; this ClusterRole would give it:");
    refused.assert_says("- {apiGroups: [\"\"], resources: [users, groups], verbs: [impersonate]}");
}

#[test]
fn a_user_who_may_not_see_kube_system_knows_the_cluster_by_authority_and_address() {
    let Some((plane, _)) = plane() else { return };
    let repo = repo("veiled");
    // All rights but those on Namespaces by name.
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "veiled"},
    "rules": [
        {"apiGroups": [""], "resources": ["configmaps", "secrets"], "verbs": ["*"]},
        {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get", "patch"], "resourceNames": ["veiled", "obsctl-system"]},
        {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["create"]},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["*"]},
    ]});
    plane.apply(&role.to_string());
    plane.kubectl(&["create", "clusterrolebinding", "veiled", "--clusterrole=veiled", "--user=nobody"]);
    let way = Way::to(plane).user(json!({"token": "token-of-nobody"}));
    let ran = way.obsctl(&repo).exits(0, PLAN);
    let shown = ran.stdout.lines().find_map(|line| line.strip_prefix("  identity ")).expect("it is shown");
    assert!(shown.starts_with("sha256:") && shown.len() == 71, "{shown}");
    ran.assert_says(&format!("    identity: {shown}\n"));

    cluster_is(&repo, &format!("context: testbed, identity: {shown}"));
    way.obsctl(&repo).exits(0, PLAN);
    // Another authority or another address is another cluster.
    let elsewhere = Way::to(plane)
        .user(json!({"token": "token-of-nobody"}))
        .cluster("server", format!("{}/", plane.server()));
    elsewhere.obsctl(&repo).exits(0, PLAN);
    let uid = plane.kubectl(&["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"]);
    repo.edit("environments/lab/environment.yaml", shown, &uid);
    repo.commit("Pinned by one who may see more");
    let blocked = way.obsctl(&repo).exits(3, PLAN);
    blocked.assert_says(&format!(
        "reaches cluster {shown} ({}), and the environment is pinned to cluster {uid}",
        plane.server()
    ));
    blocked.assert_says("may not read namespace kube-system");
    blocked.assert_says(&format!("    identity: {shown}\n"));
}
