//! kubectl 1.36 against `obsctl sandbox`.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use super::hand::{Local, Served};

/// kubectl of the test bed; none after saying so where it cannot be had.
fn kubectl() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testbed/build");
        let output = Command::new(script).stderr(Stdio::inherit()).output().expect("bash starts");
        let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end());
        output.status.success().then(|| folder.join("kubectl")).filter(|path| path.exists())
    });
    if found.is_none() {
        assert!(std::env::var_os("OBSCTL_REQUIRE_LIVE").is_none(), "no kubectl: tests/testbed/build failed");
        eprintln!("skipped: no kubectl");
    }
    found.as_deref()
}

/// A served sandbox with kubectl beside it.
struct Bench {
    kubectl: &'static Path,
    local: Local,
    served: Served,
}

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: 'web:1', env: [{name: A, value: one}], ports: [{containerPort: 80}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {mode: quiet, level: low}
";

impl Bench {
    fn new() -> Option<Self> {
        let kubectl = kubectl()?;
        let local = Local::monitoring();
        let served = local.serve();
        let bench = Self { kubectl, local, served };
        bench.write("web.yaml", DEPLOYMENT);
        Some(bench)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.local.folder.path().join(name), text).expect("written");
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(self.kubectl);
        command.args(arguments.split(' ')).current_dir(self.local.folder.path());
        command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", self.local.folder.path());
        command.env("KUBECONFIG", &self.served.kubeconfig);
        command
    }

    /// What kubectl says when it must end with this exit code.
    #[track_caller]
    fn says(&self, code: i32, arguments: &str) -> String {
        ran(code, &mut self.command(arguments), arguments)
    }
}

#[track_caller]
fn ran(code: i32, command: &mut Command, name: &str) -> String {
    let output = command.output().expect("kubectl runs");
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "kubectl {name}\n{text}");
    text
}

#[test]
fn applies_from_the_client() {
    let Some(bench) = Bench::new() else { return };
    let made = bench.says(0, "apply -f web.yaml");
    assert_eq!(made, "deployment.apps/web created\nconfigmap/settings created\n");
    assert!(bench.says(0, "apply -f web.yaml").contains("deployment.apps/web unchanged"));
    bench.write("web.yaml", &DEPLOYMENT.replace("web:1", "web:2").replace("mode: quiet, ", ""));
    assert!(bench.says(0, "apply -f web.yaml").contains("deployment.apps/web configured"));
    let images = bench.says(0, "get deploy web -o jsonpath={.spec.template.spec.containers[*].image}");
    assert_eq!(images, "web:2");
    assert_eq!(bench.says(0, "get cm settings -o jsonpath={.data}"), r#"{"level":"low"}"#);
}

#[test]
fn applies_on_the_server_and_tells_conflicts() {
    let Some(bench) = Bench::new() else { return };
    assert!(
        bench.says(0, "apply --server-side -f web.yaml").contains("deployment.apps/web serverside-applied")
    );
    bench.says(0, "scale deploy web --replicas=3");
    let conflict = bench.says(1, "apply --server-side -f web.yaml");
    assert!(
        conflict
            .contains("conflict with \"kubectl\" with subresource \"scale\" using apps/v1: .spec.replicas"),
        "{conflict}"
    );
    bench.says(0, "apply --server-side --force-conflicts -f web.yaml");
    assert_eq!(bench.says(0, "get deploy web -o jsonpath={.spec.replicas}"), "2");
}

#[test]
fn diffs_on_both_sides() {
    let Some(bench) = Bench::new() else { return };
    bench.says(0, "apply -f web.yaml");
    bench.says(0, "diff -f web.yaml");
    bench.write("web.yaml", &DEPLOYMENT.replace("web:1", "web:2"));
    let diff = bench.says(1, "diff -f web.yaml");
    assert!(diff.contains("-      - env:") || diff.contains("-        image: web:1"), "{diff}");
    assert!(diff.contains("image: web:2"), "{diff}");
    let server = bench.says(1, "diff --server-side --force-conflicts -f web.yaml");
    assert!(server.contains("image: web:2"), "{server}");
}

#[test]
fn gets_and_describes() {
    let Some(bench) = Bench::new() else { return };
    bench.says(0, "apply -f web.yaml");
    bench.says(0, "rollout status deploy/web --timeout=30s");
    let row = bench.says(0, "get deploy web --no-headers");
    assert!(row.starts_with("web   2/2   2     2     "), "{row}");
    let all = bench.says(0, "get all");
    assert!(
        all.contains("deployment.apps/web")
            && all.contains("replicaset.apps/web-")
            && all.contains("pod/web-"),
        "{all}"
    );
    assert!(bench.says(0, "get pods -l app=web -o wide").contains("Running"));
    assert!(bench.says(0, "get pods --field-selector=status.phase=Pending").contains("No resources found"));
    assert!(bench.says(0, "get deploy web -o yaml").contains("kind: Deployment"));
    let described = bench.says(0, "describe deploy web");
    assert!(
        described.contains("Replicas:               2 desired | 2 updated | 2 total | 2 available"),
        "{described}"
    );
    assert!(described.contains("ScalingReplicaSet"), "{described}");
    bench.says(0, "logs deploy/web");
    assert!(bench.says(1, "get deploy nothing").contains("deployments.apps \"nothing\" not found"));
}

#[test]
fn watches() {
    let Some(bench) = Bench::new() else { return };
    bench.says(0, "apply -f web.yaml");
    let mut watch = bench
        .command("get cm settings -w --output-watch-events")
        .stdout(Stdio::piped())
        .spawn()
        .expect("kubectl runs");
    let mut lines = BufReader::new(watch.stdout.take().expect("piped")).lines();
    let mut until = |wanted: &str| {
        let found = lines.by_ref().map_while(Result::ok).find(|line| line.starts_with(wanted));
        assert!(found.is_some_and(|line| line.contains("settings")), "{wanted} comes");
    };
    until("ADDED");
    bench.says(0, "patch cm settings -p {\"data\":{\"more\":\"yes\"}}");
    until("MODIFIED");
    bench.says(0, "delete cm settings");
    until("DELETED");
    watch.kill().expect("killed");
    watch.wait().expect("ended");
}

#[test]
fn edits() {
    let Some(bench) = Bench::new() else { return };
    bench.says(0, "apply -f web.yaml");
    let editor = bench.local.folder.path().join("editor");
    fs::write(&editor, "#!/bin/sh\nexec sed -i 's/level: low/level: high/' \"$1\"\n").expect("written");
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).expect("allowed");
    let edited = ran(0, bench.command("edit cm settings").env("EDITOR", &editor), "edit");
    assert!(edited.contains("configmap/settings edited"), "{edited}");
    assert_eq!(bench.says(0, "get cm settings -o jsonpath={.data.level}"), "high");
}

#[test]
fn rolls_out_and_waits() {
    let Some(bench) = Bench::new() else { return };
    bench.says(0, "apply -f web.yaml");
    let status = bench.says(0, "rollout status deploy/web --timeout=30s");
    assert!(status.contains("deployment \"web\" successfully rolled out"), "{status}");
    bench.says(0, "set image deploy/web web=web:2");
    bench.says(0, "rollout status deploy/web --timeout=30s");
    assert!(bench.says(0, "rollout history deploy/web").contains("2         <none>"));
    bench.says(0, "rollout undo deploy/web");
    bench.says(0, "rollout status deploy/web --timeout=30s");
    assert_eq!(
        bench.says(0, "get deploy web -o jsonpath={.spec.template.spec.containers[0].image}"),
        "web:1"
    );
    bench.says(0, "wait deploy/web --for=condition=Available --timeout=30s");
    bench.says(0, "rollout restart deploy/web");
    bench.says(0, "rollout status deploy/web --timeout=30s");
}

#[test]
fn deletes_and_waits_until_it_is_gone() {
    let Some(bench) = Bench::new() else { return };
    bench.says(0, "create namespace shop");
    bench.says(0, "apply -n shop -f web.yaml");
    assert!(
        bench.says(0, "delete -n shop -f web.yaml --timeout=30s").contains("deployment.apps \"web\" deleted")
    );
    bench.says(0, "apply -n shop -f web.yaml");
    bench.says(0, "delete -n shop deploy web --cascade=foreground --timeout=30s");
    assert!(bench.says(0, "get pods -n shop").contains("No resources found"));
    bench.says(0, "delete namespace shop --timeout=30s");
    bench.says(1, "get namespace shop");
}

#[test]
fn explains_and_lists_what_is_served() {
    let Some(bench) = Bench::new() else { return };
    let explained = bench.says(0, "explain deployment.spec.strategy");
    assert!(
        explained.contains("FIELD: strategy <DeploymentStrategy>") && explained.contains("rollingUpdate"),
        "{explained}"
    );
    let kinds = bench.says(0, "api-resources --no-headers");
    assert!(kinds.lines().any(|line| line.starts_with("deployments ") && line.contains("deploy")), "{kinds}");
    assert!(bench.says(0, "version").contains("Server Version: v1.36.0"));
    assert!(bench.says(0, "auth can-i delete nodes").starts_with("yes\n"));
    let invalid = bench.says(1, "create configmap Bad_Name");
    assert!(invalid.contains("Bad_Name"), "{invalid}");
}
