//! A kubeconfig that a test puts together, and what it is tried with.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Authority, ControlPlane, Obsctl, Repo, lab_repo, skip};

pub(super) const PLAN: &[&str] = &["plan", "-e", "lab"];
pub(super) const APPLY: &[&str] = &["apply", "-e", "lab", "--auto-approve"];

/// An API server without controllers that takes certificates of `authority`.
pub(super) fn plane() -> Option<(&'static ControlPlane, &'static Authority)> {
    static PLANE: OnceLock<Option<(ControlPlane, Authority)>> = OnceLock::new();
    let plane = PLANE.get_or_init(|| {
        let authority = Authority::new("people");
        let folder = TempDir::new().expect("the machine has a folder for temporary files");
        let file = folder.path().join("people.crt");
        fs::write(&file, authority.pem()).expect("the folder is ours");
        let plane = ControlPlane::start_api(&[&format!("--client-ca-file={}", file.display())])?;
        Some((plane, authority))
    });
    plane.as_ref().map(|(plane, authority)| (plane, authority))
}

/// A kubeconfig with one context `testbed`, and a folder for what it names.
#[derive(Debug)]
pub(super) struct Way {
    folder: TempDir,
    pub(super) cluster: Value,
    pub(super) user: Value,
}

impl Way {
    /// To the API server of a control plane, as nobody yet.
    pub(super) fn to(plane: &ControlPlane) -> Self {
        let authority = plane.folder().join("pki/apiserver.crt");
        Self {
            folder: TempDir::new().expect("the machine has a folder for temporary files"),
            cluster: json!({"server": plane.server(), "certificate-authority": authority}),
            user: json!({}),
        }
    }

    /// As this user.
    pub(super) fn user(mut self, user: Value) -> Self {
        self.user = user;
        self
    }

    /// As the one who may do all.
    pub(super) fn admin(self) -> Self {
        self.user(json!({"token": "token-of-admin"}))
    }

    /// With one more key of the cluster.
    pub(super) fn cluster(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.cluster[key] = value.into();
        self
    }

    /// A file beside the kubeconfig.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file beside the kubeconfig.
    pub(super) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("the folder is ours");
        path
    }

    /// Writes a shell script beside the kubeconfig; it is run by `sh`.
    pub(super) fn exec(&self, script: &str) -> Value {
        let script = self.write("plugin", script);
        json!({"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": [script],
            "interactiveMode": "IfAvailable"})
    }

    /// Writes the kubeconfig.
    pub(super) fn file(&self) -> PathBuf {
        let text = json!({"apiVersion": "v1", "kind": "Config", "current-context": "testbed",
            "clusters": [{"name": "there", "cluster": self.cluster}],
            "users": [{"name": "we", "user": self.user}],
            "contexts": [{"name": "testbed", "context": {"cluster": "there", "user": "we"}}]});
        self.write("config", &text.to_string())
    }

    /// The program on this way at a terminal where, once the screen shows `asked`, somebody types (as `printf` has it);
    /// its exit code and what the screen showed. `None` after saying so where no terminal can be had.
    pub(super) fn at_terminal(
        &self,
        repo: &Repo,
        args: &str,
        (asked, typed): (&str, &str),
    ) -> Option<(i32, String)> {
        if !Command::new("script").arg("--version").output().is_ok_and(|ran| ran.status.success()) {
            skip("no `script` of util-linux, which gives a program a terminal");
            return None;
        }
        let seen = self.write("seen", "");
        let program = format!("{} {args}", Obsctl::program().display());
        let mut command = Command::new("sh");
        let wait =
            format!("for turn in $(seq 200); do grep -q '{asked}' \"$SEEN\" && break; sleep 0.1; done");
        let typist = format!("{wait}; printf '{typed}'; sleep 5");
        command.args(["-c", &format!("({typist}) | timeout 30 script -qefc '{program}' \"$SEEN\"")]);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", self.folder.path());
        command.env("KUBECONFIG", self.file()).env("SEEN", seen).env("TERM", "xterm").env("SHELL", "/bin/sh");
        let ran = command.current_dir(repo.path()).output().expect("sh starts");
        let text = String::from_utf8_lossy(&ran.stdout).into_owned();
        Some((ran.status.code().unwrap_or(-1), text))
    }

    /// The program on this way, in a repository.
    pub(super) fn obsctl(&self, repo: &Repo) -> Obsctl {
        Obsctl::new(repo, Some(&self.file()))
    }
}

/// A repository with one ConfigMap in a namespace of its own.
pub(super) fn repo(name: &str) -> Repo {
    let repo = lab_repo(name);
    let text = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n\
         ---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings}}\ndata: {{word: one}}\n"
    );
    repo.write(&format!("stacks/{name}/manifests/all.yaml"), &text);
    repo.commit("Settings");
    repo
}

/// The environment's cluster replaced, as in `inCluster: true`.
pub(super) fn cluster_is(repo: &Repo, cluster: &str) {
    repo.edit("environments/lab/environment.yaml", "context: testbed", cluster);
    repo.commit("Another cluster");
}

/// What an exec plugin prints that gives a token.
pub(super) fn credential(token: &str, expires: Option<jiff::Timestamp>) -> String {
    let mut status = json!({"token": token});
    if let Some(time) = expires {
        status["expirationTimestamp"] = time.to_string().into();
    }
    json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status})
        .to_string()
}

/// The token of a new ServiceAccount in namespace `default`, made through the TokenRequest API.
pub(super) fn service_account(plane: &ControlPlane, name: &str) -> String {
    plane.kubectl(&["create", "serviceaccount", name]);
    plane.kubectl(&["create", "token", name]).trim().to_owned()
}

/// How many lines a file has that a plugin writes to.
pub(super) fn lines(file: &Path) -> usize {
    fs::read_to_string(file).unwrap_or_default().lines().count()
}
