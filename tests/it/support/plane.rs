//! A real control plane on loopback: etcd, kube-apiserver and, where asked, controllers, scheduler and kwok.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{Mutex, OnceLock},
    thread::sleep,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::{
    Guarded, Request, audit, binaries, kubeconfig::write_kubeconfig, processes::remove_at_exit,
    service_account_key::write_key_pair,
};

/// Users of the token file: name, groups. The token is `token-of-<name>`.
const USERS: &[(&str, &str)] = &[
    ("admin", "system:masters"),
    ("alice", "system:masters"),
    ("bob", "system:masters"),
    ("nobody", ""),
    ("testbed:operator", "system:masters"),
    ("testbed:controllers", "system:masters"),
    ("testbed:scheduler", "system:masters"),
    ("testbed:kwok", "system:masters"),
];

/// The control plane's own talk is not recorded.
const AUDIT_POLICY: &str = "\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - {level: None, users: ['testbed:controllers', 'testbed:scheduler', 'testbed:kwok', 'system:apiserver']}
  - {level: None, nonResourceURLs: ['/healthz*', '/livez*', '/readyz*']}
  - {level: Metadata}
";

const NODES: &str = "\
{apiVersion: v1, kind: Node, metadata: {name: node-0, labels: {kubernetes.io/os: linux, kubernetes.io/hostname: node-0}}}
---
{apiVersion: v1, kind: Node, metadata: {name: node-1, labels: {kubernetes.io/os: linux, kubernetes.io/hostname: node-1}}}
";

/// Waits until `done` says so; fails, naming `what`, after `limit`.
#[track_caller]
pub(crate) fn wait_until(what: &str, limit: Duration, mut done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < limit, "not within {limit:?}: {what}");
        sleep(Duration::from_millis(100));
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has ports");
    listener.local_addr().expect("it is bound").port()
}

/// A running control plane, ended on drop.
#[derive(Debug)]
pub(crate) struct ControlPlane {
    programs: PathBuf,
    port: u16,
    api_server_args: Vec<String>,
    // Ended in this order.
    parts: Mutex<Vec<Guarded>>,
    api_server: Mutex<Option<Guarded>>,
    _etcd: Guarded,
    folder: TempDir,
}

impl ControlPlane {
    /// One with controllers, scheduler and two nodes whose pods run at once; `None` after a skip line.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// The same, with more arguments for kube-apiserver.
    pub(crate) fn start_with(args: &[&str]) -> Option<Self> {
        let plane = Self::start_api(args)?;
        plane.start_controllers();
        Some(plane)
    }

    /// The one that tests share which destroy nothing of others; each uses namespaces and stacks of its own name.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<ControlPlane>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// etcd and kube-apiserver alone, with more arguments for the latter.
    pub(crate) fn start_api(args: &[&str]) -> Option<Self> {
        let programs = binaries()?;
        // A port may be taken between its choice and its use.
        let plane = (0..3).find_map(|_| Self::try_start(programs, args));
        Some(plane.expect("kube-apiserver becomes ready in one of three tries"))
    }

    fn try_start(programs: &Path, args: &[&str]) -> Option<Self> {
        let folder =
            TempDir::with_prefix("obsctl-bed-").expect("the machine has a folder for temporary files");
        let dir = folder.path();
        remove_at_exit(dir);
        write_key_pair(dir);
        let line = |(user, groups): &(&str, &str)| format!("token-of-{user},{user},{user},\"{groups}\"");
        let tokens: Vec<_> = USERS.iter().map(line).collect();
        fs::write(dir.join("tokens.csv"), tokens.join("\n") + "\n").expect("the folder is ours");
        fs::write(dir.join("audit-policy.yaml"), AUDIT_POLICY).expect("the folder is ours");
        let (client, peer, port) = (free_port(), free_port(), free_port());
        let etcd =
            Guarded::start(&programs.join("etcd"), &etcd_args(dir, client, peer), &dir.join("etcd.log"));
        let mut api_server_args = api_server_args(dir, client, port);
        api_server_args.extend(args.iter().map(|&arg| arg.to_owned()));
        let plane = Self {
            programs: programs.to_owned(),
            port,
            api_server_args,
            parts: Mutex::default(),
            api_server: Mutex::default(),
            _etcd: etcd,
            folder,
        };
        for (user, _) in USERS {
            plane.kubeconfig_of_token(user, &format!("token-of-{user}"));
        }
        plane.start_api_server().then_some(plane)
    }

    /// Starts kube-apiserver and waits for it; false where it ended.
    fn start_api_server(&self) -> bool {
        let log = self.folder().join("kube-apiserver.log");
        let mut process = Guarded::start(&self.programs.join("kube-apiserver"), &self.api_server_args, &log);
        let begin = Instant::now();
        while !self.is_ready() {
            if process.ended().is_some() {
                return false;
            }
            let said = || fs::read_to_string(&log).unwrap_or_default();
            assert!(
                begin.elapsed() < Duration::from_secs(120),
                "kube-apiserver is not ready; it said:\n{}",
                said()
            );
            sleep(Duration::from_millis(100));
        }
        *self.api_server.lock().expect("no starter panicked") = Some(process);
        true
    }

    fn is_ready(&self) -> bool {
        self.try_kubectl(&["get", "--raw", "/readyz"]).is_ok_and(|said| said == "ok")
    }

    fn start_controllers(&self) {
        let config = |user: &str| format!("--kubeconfig={}", self.kubeconfig(user).display());
        let dir = self.folder().display();
        let controllers = [
            config("testbed:controllers"),
            "--secure-port=0".to_owned(),
            "--leader-elect=false".to_owned(),
            format!("--service-account-private-key-file={dir}/sa.key"),
            format!("--root-ca-file={dir}/pki/apiserver.crt"),
            "--use-service-account-credentials=false".to_owned(),
            "--controllers=*,-node-ipam-controller".to_owned(),
        ];
        let scheduler =
            [config("testbed:scheduler"), "--secure-port=0".to_owned(), "--leader-elect=false".to_owned()];
        let kwok = [
            config("testbed:kwok"),
            "--manage-all-nodes=true".to_owned(),
            "--node-lease-duration-seconds=40".to_owned(),
            "--disregard-status-with-annotation-selector=x".to_owned(),
            format!("--config={}", self.programs.join("kwok-stages.yaml").display()),
        ];
        self.start_part("kwok", &kwok);
        self.start_part("kube-scheduler", &scheduler);
        self.start_part("kube-controller-manager", &controllers);
        self.apply(NODES);
        wait_until("nodes are Ready and ServiceAccounts are made", Duration::from_secs(60), || {
            let ready = "jsonpath={.items[*].status.conditions[?(@.type==\"Ready\")].status}";
            self.try_kubectl(&["get", "nodes", "-o", ready]).is_ok_and(|said| said == "True True")
                && self.try_kubectl(&["get", "serviceaccount", "default"]).is_ok()
        });
    }

    /// Starts one of its programs, to be ended with it.
    pub(crate) fn start_part(&self, name: &str, args: &[String]) {
        let process =
            Guarded::start(&self.programs.join(name), args, &self.folder().join(format!("{name}.log")));
        self.parts.lock().expect("no starter panicked").push(process);
    }

    /// Its folder: logs, keys, kubeconfigs.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The path of one of its programs.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// The URL of its API server.
    pub(crate) fn server(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The kubeconfig of a user of the token file: `admin`, `alice` and `bob` may do all, `nobody` may nothing.
    pub(crate) fn kubeconfig(&self, user: &str) -> PathBuf {
        self.folder().join(format!("{}.kubeconfig", user.replace(':', "-")))
    }

    /// A kubeconfig for the bearer of a token.
    pub(crate) fn kubeconfig_of_token(&self, user: &str, token: &str) -> PathBuf {
        let file = self.kubeconfig(user);
        write_kubeconfig(&file, &self.server(), &self.folder().join("pki/apiserver.crt"), user, token);
        file
    }

    /// A kubeconfig for a ServiceAccount that exists.
    pub(crate) fn kubeconfig_of_service_account(&self, namespace: &str, name: &str) -> PathBuf {
        let token = self.kubectl(&["create", "token", name, "-n", namespace]);
        self.kubeconfig_of_token(&format!("{namespace}:{name}"), token.trim())
    }

    /// Runs kubectl as admin; fails with its words where it fails.
    #[track_caller]
    pub(crate) fn kubectl(&self, args: &[&str]) -> String {
        match self.try_kubectl(args) {
            Ok(said) => said,
            Err(said) => panic!("kubectl {}: {said}", args.join(" ")),
        }
    }

    /// Runs kubectl as admin; `Err` holds its stderr.
    pub(crate) fn try_kubectl(&self, args: &[&str]) -> Result<String, String> {
        let output = self.kubectl_output(args);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// Runs kubectl as admin.
    pub(crate) fn kubectl_output(&self, args: &[&str]) -> Output {
        let mut command = Command::new(self.program("kubectl"));
        command.env_clear().env("HOME", self.folder()).env("KUBECONFIG", self.kubeconfig("admin"));
        command.args(args).output().expect("kubectl starts")
    }

    /// Applies manifests as a human with kubectl would.
    #[track_caller]
    pub(crate) fn apply(&self, manifests: &str) {
        let file = tempfile::NamedTempFile::new_in(self.folder()).expect("the folder is ours");
        fs::write(file.path(), manifests).expect("the folder is ours");
        self.kubectl(&["apply", "--server-side", "-f", &file.path().display().to_string()]);
    }

    /// All requests that it recorded, but for those of its own parts.
    pub(crate) fn requests(&self) -> Vec<Request> {
        audit::read_log(&self.folder().join("audit.log"))
    }

    /// Ends kube-apiserver until it is restarted.
    pub(crate) fn stop_api_server(&self) {
        let old = self.api_server.lock().expect("no starter panicked").take();
        drop(old);
    }

    /// Ends kube-apiserver and starts it again at the same address; what is stored stays.
    pub(crate) fn restart_api_server(&self) {
        self.stop_api_server();
        // Meanwhile a client of another test may have been given its port for an outgoing connection.
        for _ in 0..20 {
            if self.start_api_server() {
                return;
            }
            sleep(Duration::from_secs(1));
        }
        panic!("kube-apiserver does not come back");
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        self.parts.lock().expect("no starter panicked").clear();
    }
}

fn etcd_args(dir: &Path, client: u16, peer: u16) -> Vec<String> {
    let mut args = vec![format!("--data-dir={}", dir.join("etcd").display())];
    for name in ["--listen-client-urls", "--advertise-client-urls"] {
        args.push(format!("{name}=http://127.0.0.1:{client}"));
    }
    for name in ["--listen-peer-urls", "--initial-advertise-peer-urls"] {
        args.push(format!("{name}=http://127.0.0.1:{peer}"));
    }
    args.push(format!("--initial-cluster=default=http://127.0.0.1:{peer}"));
    args.extend(["--unsafe-no-fsync".to_owned(), "--log-level=error".to_owned()]);
    args
}

fn api_server_args(dir: &Path, etcd: u16, port: u16) -> Vec<String> {
    let dir = dir.display();
    vec![
        format!("--etcd-servers=http://127.0.0.1:{etcd}"),
        format!("--secure-port={port}"),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--cert-dir={dir}/pki"),
        format!("--service-account-key-file={dir}/sa.pub"),
        format!("--service-account-signing-key-file={dir}/sa.key"),
        "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
        format!("--token-auth-file={dir}/tokens.csv"),
        "--authorization-mode=RBAC".to_owned(),
        "--service-cluster-ip-range=10.96.0.0/16".to_owned(),
        "--allow-privileged".to_owned(),
        // Pods need no ServiceAccount, so that they run on the small plane too.
        "--disable-admission-plugins=ServiceAccount".to_owned(),
        "--max-requests-inflight=2000".to_owned(),
        "--max-mutating-requests-inflight=1000".to_owned(),
        format!("--audit-policy-file={dir}/audit-policy.yaml"),
        format!("--audit-log-path={dir}/audit.log"),
        "--audit-log-maxsize=0".to_owned(),
    ]
}
