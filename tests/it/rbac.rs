//! The Roles that `obsctl rbac` prints are enough for each command, and who has none is told which one is missing.

use crate::support::{
    ControlPlane, Obsctl, Repo, assert_inventory_is_what_we_own, by_obsctl, lab_repo, owned, writes,
};

const LAB: &[&str] = &["-e", "lab"];

const MANIFESTS: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: rights}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {word: one}
---
apiVersion: v1
kind: Secret
metadata: {name: password}
stringData: {word: example}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: web}
rules: [{apiGroups: [\"\"], resources: [pods, endpoints], verbs: [get, list, watch, deletecollection]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: web}
subjects: [{kind: ServiceAccount, name: web, namespace: rights}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: rights-web}
rules: [{apiGroups: [\"\"], resources: [nodes], verbs: [get, list, watch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: rights-web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: rights-web}
subjects: [{kind: ServiceAccount, name: web, namespace: rights}]
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: plates.rights.example.com}
spec:
  group: rights.example.com
  scope: Namespaced
  names: {kind: Plate, plural: plates, singular: plate}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
---
apiVersion: rights.example.com/v1
kind: Plate
metadata: {name: plate}
spec: {size: 3}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {serviceAccountName: web, containers: [{name: web, image: example.com/web}]}
";

const FILE: &str = "stacks/rights/manifests/all.yaml";

/// The program as a ServiceAccount that has what `obsctl rbac <rights>` prints, and nothing else.
fn with_rights_for(rights: &str, plane: &ControlPlane, repo: &Repo) -> Obsctl {
    let roles = Obsctl::new(repo, None).exits(0, &[&["rbac", rights], LAB].concat()).stdout;
    plane.apply(&roles);
    plane.kubectl(&["create", "serviceaccount", rights, "-n", "rights-users"]);
    let (role, who) = (format!("obsctl-{rights}"), format!("--serviceaccount=rights-users:{rights}"));
    plane.kubectl(&["create", "clusterrolebinding", &role, &format!("--clusterrole={role}"), &who]);
    for namespace in ["rights", "obsctl-system"] {
        plane.kubectl(&["create", "rolebinding", &role, "-n", namespace, &format!("--role={role}"), &who]);
    }
    Obsctl::new(repo, Some(&plane.kubeconfig_of_service_account("rights-users", rights)))
}

fn on_lab<'a>(command: &[&'a str]) -> Vec<&'a str> {
    [command, LAB].concat()
}

#[test]
fn each_command_needs_no_more_than_the_roles_that_are_printed_for_it() {
    let Some(plane) = ControlPlane::shared() else { return };
    let repo = lab_repo("rights");
    repo.write(FILE, MANIFESTS);
    repo.commit("Rights");
    plane.kubectl(&["create", "namespace", "rights-users"]);
    nobody_is_told_which_role_is_missing(plane, &repo);
    let planner = with_rights_for("plan", plane, &repo);
    let watcher = with_rights_for("drift", plane, &repo);
    let writer = with_rights_for("apply", plane, &repo);

    planner.exits(2, &on_lab(&["plan", "--detailed-exitcode"]));
    let refused = planner.exits(1, &on_lab(&["apply", "--auto-approve"]));
    refused.assert_says("kind: Role");
    assert!(owned(plane, "rights").is_empty());

    writer.exits(0, &on_lab(&["apply", "--auto-approve"]));
    assert_inventory_is_what_we_own(plane, "lab", "rights");
    planner.exits(0, &on_lab(&["plan", "--detailed-exitcode"])).assert_says("No changes");
    planner.exits(0, &on_lab(&["status"])).assert_says("ready");
    planner.exits(0, &on_lab(&["history"])).assert_says("rights-users:apply");
    watcher.exits(0, &on_lab(&["drift"]));
    plane.kubectl(&["delete", "service", "web", "-n", "rights"]);
    watcher.exits(2, &on_lab(&["drift"])).assert_says("missing Service rights/web");

    repo.edit(FILE, "word: one", "word: two");
    repo.edit(
        FILE,
        "---\napiVersion: v1\nkind: Secret\nmetadata: {name: password}\nstringData: {word: example}\n",
        "",
    );
    repo.edit(FILE, "containers:", "nodeSelector: {example.com/no-such: node}, containers:");
    repo.commit("A Deployment that finds no node");
    planner.exits(2, &on_lab(&["plan", "--detailed-exitcode"])).assert_says("prune Secret rights/password");
    let failed = writer.exits(4, &on_lab(&["apply", "--auto-approve", "--timeout", "3s"]));
    failed.assert_says("FailedScheduling");
    writer.exits(0, &on_lab(&["rollback", "--to", "1", "--auto-approve"]));
    plane.kubectl(&["get", "secret", "password", "-n", "rights"]);
    assert_inventory_is_what_we_own(plane, "lab", "rights");

    writer.exits(0, &on_lab(&["unlock", "--auto-approve"])).assert_says("nobody holds the lock");
    let crd = ["--allow-delete", "CustomResourceDefinition"];
    writer.exits(0, &on_lab(&[&["destroy", "--auto-approve"], &crd[..]].concat()));
    assert!(owned(plane, "rights").is_empty());
    plane.kubectl(&["get", "namespace", "rights"]);
}

/// Every command of a user without rights names what is missing, and writes nothing.
fn nobody_is_told_which_role_is_missing(plane: &ControlPlane, repo: &Repo) {
    let nobody = Obsctl::new(repo, Some(&plane.kubeconfig("nobody")));
    let from = jiff::Timestamp::now();
    for command in [
        &["plan"][..],
        &["drift"],
        &["status"],
        &["history"],
        &["apply", "--auto-approve"],
        &["rollback", "--auto-approve"],
        &["destroy", "--auto-approve"],
        &["unlock", "--auto-approve"],
    ] {
        let refused = nobody.exits(1, &on_lab(command));
        refused.assert_says("the right to ");
        refused.assert_says("kind: Role");
        refused.assert_says("verbs: [");
    }
    let requests = by_obsctl(&plane.requests(), from, jiff::Timestamp::MAX);
    let theirs: Vec<_> = requests.into_iter().filter(|request| request.user == "nobody").collect();
    assert!(!theirs.is_empty() && writes(&theirs).is_empty(), "{:?}", writes(&theirs));
}
