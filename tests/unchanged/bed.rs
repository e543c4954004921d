//! A kube-apiserver with its etcd for one test, stopped when dropped.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use http::{Method, Request};
use kube::{Client, Config, config::AuthInfo};
use serde_json::Value;

/// The running server.
pub(crate) struct Bed {
    pub(crate) client: Client,
    processes: Vec<Child>,
    _folder: tempfile::TempDir,
}

impl Drop for Bed {
    fn drop(&mut self) {
        for process in self.processes.iter_mut().rev() {
            process.kill().ok();
            process.wait().ok();
        }
    }
}

/// The folder of the binaries, built where they are missing; the text says why there is none.
fn binaries() -> Result<PathBuf, String> {
    if let Some(assets) = std::env::var_os("KUBEBUILDER_ASSETS") {
        return Ok(assets.into());
    }
    let build = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testbed/build");
    let output = Command::new("bash").arg(build).output().map_err(|error| error.to_string())?;
    let folder = String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_owned();
    if output.status.success() && !folder.is_empty() {
        return Ok(folder.into());
    }
    Err(format!("tests/testbed/build failed: {}", String::from_utf8_lossy(&output.stderr)))
}

fn free_ports<const N: usize>() -> [u16; N] {
    let listeners: [TcpListener; N] =
        std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("an address").port())
}

impl Bed {
    /// Starts both; the text says why it cannot be had.
    pub(crate) async fn start() -> Result<Self, String> {
        let binaries = binaries()?;
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let at = |name: &str| folder.path().join(name).display().to_string();
        let run = |program: &Path, arguments: &[String]| -> Result<Child, String> {
            let log =
                fs::File::create(at(&format!("{}.log", program.file_name().unwrap_or_default().display())));
            let log = log.map_err(|error| error.to_string())?;
            let command = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(log).spawn();
            command.map_err(|error| format!("{}: {error}", program.display()))
        };
        for arguments in [
            vec!["genrsa", "-out", "sa.key", "2048"],
            vec!["rsa", "-in", "sa.key", "-pubout", "-out", "sa.pub"],
        ] {
            let made = Command::new("openssl").args(arguments).current_dir(folder.path()).output();
            made.map_err(|error| format!("openssl: {error}"))?;
        }
        let token = "0123456789abcdef";
        fs::write(at("tokens.csv"), format!("{token},admin,admin,\"system:masters\"\n"))
            .map_err(|e| e.to_string())?;
        let [client, peer, secure] = free_ports();
        let etcd = format!("http://127.0.0.1:{client}");
        let peer = format!("http://127.0.0.1:{peer}");
        let flags = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| format!("--{name}={value}")).collect::<Vec<_>>()
        };
        let mut processes = vec![run(
            &binaries.join("etcd"),
            &flags(&[
                ("data-dir", &at("etcd")),
                ("listen-client-urls", &etcd),
                ("advertise-client-urls", &etcd),
                ("listen-peer-urls", &peer),
                ("initial-advertise-peer-urls", &peer),
                ("initial-cluster", &format!("default={peer}")),
                ("unsafe-no-fsync", "true"),
                ("log-level", "error"),
            ]),
        )?];
        processes.push(run(
            &binaries.join("kube-apiserver"),
            &flags(&[
                ("etcd-servers", &etcd),
                ("secure-port", &secure.to_string()),
                ("bind-address", "127.0.0.1"),
                ("cert-dir", &at("pki")),
                ("service-account-key-file", &at("sa.pub")),
                ("service-account-signing-key-file", &at("sa.key")),
                ("service-account-issuer", "https://kubernetes.default.svc"),
                ("token-auth-file", &at("tokens.csv")),
                ("authorization-mode", "RBAC"),
                ("service-cluster-ip-range", "10.96.0.0/16"),
                ("allow-privileged", "true"),
                ("disable-admission-plugins", "ServiceAccount"),
                ("max-requests-inflight", "2000"),
                ("max-mutating-requests-inflight", "1000"),
            ]),
        )?);
        let mut config = Config::new(format!("https://127.0.0.1:{secure}").parse().expect("a URL"));
        config.accept_invalid_certs = true;
        config.auth_info = AuthInfo { token: Some(token.to_owned().into()), ..AuthInfo::default() };
        let client = Client::try_from(config).map_err(|error| error.to_string())?;
        let bed = Self { client, processes, _folder: folder };
        bed.ready().await?;
        Ok(bed)
    }

    async fn ready(&self) -> Result<(), String> {
        for _ in 0..600 {
            let request = Request::get("/readyz").body(Vec::new()).expect("a request");
            if self.client.request_text(request).await.is_ok_and(|text| text == "ok") {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err("kube-apiserver was not ready in 60 s".to_owned())
    }

    /// Sends a request; the answer of the server or its code and text.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, &Value)>,
    ) -> Result<Value, (u16, String)> {
        let mut request = Request::builder().method(method).uri(path);
        if let Some((content_type, _)) = body {
            request = request.header("content-type", content_type);
        }
        let bytes = body.map(|(_, value)| value.to_string().into_bytes()).unwrap_or_default();
        let request = request.body(bytes).expect("a request");
        self.client.request::<Value>(request).await.map_err(|error| match error {
            kube::Error::Api(status) => (status.code, status.message.clone()),
            error => (0, error.to_string()),
        })
    }
}
