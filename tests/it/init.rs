//! What `init` writes is a repository that works.

use crate::support::{ControlPlane, Obsctl, Repo};

#[test]
fn a_started_repository_validates_plans_and_applies() {
    let Some(plane) = ControlPlane::start() else { return };
    let repo = Repo::of(&[(".gitignore", "")]);
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));
    let begun = obsctl.exits(0, &["init", "--name", "shop", "."]);
    begun.assert_says("wrote obsctl.yaml");
    repo.commit("Begin");
    obsctl.exits(0, &["validate"]).assert_says("1 environment, 5 objects, no mistake.");
    obsctl.exits(2, &["plan", "--detailed-exitcode"]).assert_says("5 to create");
    obsctl.exits(0, &["apply", "--auto-approve"]);
    obsctl.exits(0, &["plan", "--detailed-exitcode"]).assert_says("No changes");
    plane.kubectl(&["rollout", "status", "deployment/prometheus", "-n", "monitoring", "--timeout=1s"]);
}
