//! Requests to a sandbox in this process, and repositories whose cluster it is.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt as _;
use obsctl::sandbox::Sandbox;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A hand that sends requests.
pub(crate) struct Hand(pub(crate) Sandbox);

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) body: Value,
    pub(crate) warnings: Vec<String>,
}

impl Answer {
    /// The body of an answer that must have this status.
    #[track_caller]
    pub(crate) fn was(self, code: u16) -> Value {
        assert_eq!(self.code, code, "{}", self.body);
        self.body
    }
}

impl Hand {
    pub(crate) fn new() -> Self {
        Self(Sandbox::ephemeral("1.36"))
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("user-agent", "hand/1");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let response = self.0.answer(request.body(body).expect("a request")).await;
        let (parts, body) = response.into_parts();
        let warnings = parts.headers.get_all("warning").iter();
        let warnings = warnings.map(|warning| warning.to_str().expect("text").to_owned()).collect();
        let bytes = body.collect().await.expect("a whole body").to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes)));
        Answer { code: parts.status.as_u16(), body, warnings }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], &Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[("content-type", "application/json")], body).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, &[("content-type", "application/json")], body).await
    }

    pub(crate) async fn delete(&self, path: &str, options: &Value) -> Answer {
        self.send("DELETE", path, &[("content-type", "application/json")], options).await
    }

    pub(crate) async fn patch(&self, sort: &str, path: &str, body: &Value) -> Answer {
        let sort = match sort {
            "apply" => "application/apply-patch+yaml",
            "merge" => "application/merge-patch+json",
            "json" => "application/json-patch+json",
            "strategic" => "application/strategic-merge-patch+json",
            other => other,
        };
        self.send("PATCH", path, &[("content-type", sort)], body).await
    }

    /// Makes a namespace and a ConfigMap for each name in it.
    pub(crate) async fn config_maps(&self, namespace: &str, names: &[&str]) {
        self.post("/api/v1/namespaces", &json!({"metadata": {"name": namespace}})).await;
        for name in names {
            let map = json!({"metadata": {"name": name, "labels": {"name": name}}, "data": {"a": "1"}});
            self.post(&format!("/api/v1/namespaces/{namespace}/configmaps"), &map).await.was(201);
        }
    }

    /// Asks until an answer is as wanted.
    pub(crate) async fn until(&self, path: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
        let start = Instant::now();
        loop {
            let answer = self.get(path).await;
            if wanted(&answer) {
                return answer;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "{path} stays {}", answer.body);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// A git repository with environment `local` on the sandbox.
pub(crate) struct Local {
    pub(crate) folder: TempDir,
}

impl Local {
    /// One with the monitoring stack of this repository.
    pub(crate) fn monitoring() -> Self {
        let local = Self { folder: TempDir::new().expect("a folder") };
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        for part in ["stacks/mlops-monitoring", "environments/local"] {
            copy(&here.join(part), &local.folder.path().join(part));
        }
        fs::copy(here.join("obsctl.yaml"), local.folder.path().join("obsctl.yaml")).expect("copied");
        local.git(&["init", "-q", "-b", "main"]);
        local.commit("First");
        local
    }

    fn git(&self, arguments: &[&str]) {
        let output = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .expect("git runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", message]);
    }

    /// Replaces a text, which must be there, in a file.
    pub(crate) fn edit(&self, path: &str, old: &str, new: &str) {
        let path = self.folder.path().join(path);
        let text = fs::read_to_string(&path).expect("a file");
        assert!(text.contains(old), "{} has no {old:?}", path.display());
        fs::write(path, text.replace(old, new)).expect("written");
    }

    /// Where the state of environment `local` stands.
    pub(crate) fn state(&self) -> std::path::PathBuf {
        self.folder.path().join(".obsctl/sandbox/local")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_obsctl"));
        command.args(arguments).current_dir(self.folder.path());
        command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", self.folder.path()).env("NO_COLOR", "1");
        command
    }

    /// Runs obsctl, which must end with this exit code; its output, the result before the talk.
    #[track_caller]
    pub(crate) fn obsctl(&self, code: i32, arguments: &[&str]) -> String {
        let output: Output = self.command(arguments).output().expect("obsctl runs");
        let text =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{text}");
        text
    }

    /// Serves the environment.
    pub(crate) fn serve(&self) -> Served {
        let kubeconfig = self.folder.path().join("kubeconfig");
        let file = kubeconfig.display().to_string();
        let mut command =
            self.command(&["sandbox", "-e", "local", "--listen", "127.0.0.1:0", "--kubeconfig", &file]);
        let mut process = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("obsctl runs");
        let mut talk = BufReader::new(process.stderr.take().expect("piped"));
        let mut line = String::new();
        talk.read_line(&mut line).expect("it says something");
        let address = line.split("http://").nth(1).and_then(|rest| rest.split(';').next());
        let address = address.unwrap_or_else(|| panic!("it says where: {line}")).to_owned();
        // The kubeconfig is written before its line is said.
        talk.read_line(&mut String::new()).expect("it says where the kubeconfig is");
        Served { process, address, kubeconfig }
    }
}

/// A server of an environment; killed on drop.
pub(crate) struct Served {
    pub(crate) process: Child,
    pub(crate) address: String,
    pub(crate) kubeconfig: std::path::PathBuf,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("copied");
        }
    }
}
