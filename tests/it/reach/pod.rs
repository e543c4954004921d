//! Runs in a Pod: the kubelet's folder and two variables.

use std::{fs, path::Path, process::Command};

use obsctl::cluster::{Cluster, Connect, Pod};

use super::way::{PLAN, Way, cluster_is, plane, repo, service_account};
use crate::{
    cluster::runtime,
    support::{ControlPlane, Obsctl, skip},
};

/// Fills a folder as the kubelet does.
fn mount(plane: &ControlPlane, folder: &Path, token: &str) {
    fs::write(folder.join("token"), token).expect("the folder is ours");
    fs::copy(plane.folder().join("pki/apiserver.crt"), folder.join("ca.crt")).expect("the folder is ours");
    fs::write(folder.join("namespace"), "default").expect("the folder is ours");
}

fn port(plane: &ControlPlane) -> String {
    plane.server().rsplit(':').next().unwrap_or_default().to_owned()
}

#[test]
fn a_pods_service_account_lets_in() {
    let Some((plane, _)) = plane() else { return };
    let folder = tempfile::TempDir::new().expect("the machine has a folder for temporary files");
    let pod = |port: Option<String>| Pod {
        host: Some("127.0.0.1".to_owned()),
        port,
        folder: folder.path().to_owned(),
    };
    let connect = |pod: Pod| {
        let connect = Connect { in_cluster: Some(pod), ..Connect::default() };
        runtime().block_on(Cluster::connect(&connect)).map_err(|error| error.to_string())
    };
    let missing = connect(pod(Some(port(plane)))).expect_err("there is no folder");
    assert!(missing.ends_with("ca.crt is missing"), "{missing}");
    mount(plane, folder.path(), &service_account(plane, "of-pod"));
    let cluster = connect(pod(Some(port(plane)))).expect("it is a Pod");
    let identity = cluster.identity();
    assert_eq!(
        (identity.context.as_str(), identity.user.as_str()),
        ("in-cluster", "system:serviceaccount:default:of-pod")
    );
    assert_eq!(identity.server, plane.server());
    let unset = connect(pod(None)).expect_err("a variable is not set");
    assert_eq!(unset, "in-cluster access: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
}

#[test]
fn an_environment_in_its_own_cluster_needs_no_kubeconfig() {
    let Some((plane, _)) = plane() else { return };
    let repo = repo("inside");
    cluster_is(&repo, "inCluster: true");
    let outside = Obsctl::new(&repo, None).exits(1, PLAN);
    outside.assert_says("in-cluster access: KUBERNETES_SERVICE_HOST");
    outside.assert_says("hint: `inCluster: true` is for runs in a Pod");

    let folder = tempfile::TempDir::new().expect("the machine has a folder for temporary files");
    plane.kubectl(&[
        "create",
        "clusterrolebinding",
        "inside",
        "--clusterrole=cluster-admin",
        "--serviceaccount=default:inside",
    ]);
    mount(plane, folder.path(), &service_account(plane, "inside"));
    // The folder is shown at its place in a view of the file system that this one process has.
    let script = "mount -t tmpfs none /run && mkdir -p /var/run/secrets/kubernetes.io && \
         cp -r \"$FOLDER\" /var/run/secrets/kubernetes.io/serviceaccount && exec \"$@\"";
    let unshare = |program: &[&std::ffi::OsStr]| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--map-root-user", "sh", "-c", script, "sh"]).args(program);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("NO_COLOR", "1").env("FOLDER", folder.path());
        command.env("KUBERNETES_SERVICE_HOST", "127.0.0.1").env("KUBERNETES_SERVICE_PORT", port(plane));
        command.current_dir(repo.path()).output().expect("unshare starts")
    };
    let allowed = unshare(&["true".as_ref()]);
    if !allowed.status.success() {
        return skip(&format!("no view of its own: {}", String::from_utf8_lossy(&allowed.stderr)));
    }
    let mut command = vec![Obsctl::program().as_os_str()];
    command.extend(PLAN.iter().map(std::ffi::OsStr::new));
    let ran = unshare(&command);
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(said.contains("  user     system:serviceaccount:default:inside\n"), "{said}");
    assert!(said.contains("  cluster  in-cluster (https://127.0.0.1:"), "{said}");

    // A context that is asked for goes before the Pod.
    let way = Way::to(plane).admin();
    let asked = way.obsctl(&repo).exits(0, &[PLAN, &["--context", "testbed"]].concat());
    asked.assert_says("  user     admin\n");
}
