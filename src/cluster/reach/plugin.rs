//! Exec plugins: programs named in a kubeconfig that print credentials (`client.authentication.k8s.io`).
//!
//! `kube` would run one three times for each connection, without a limit of time, and would print all that it said,
//! credentials too, where it fails.

use std::{process::Stdio, time::Duration};

use jiff::Timestamp;
use kube::config::{Cluster, ExecAuthCluster, ExecConfig, ExecInteractiveMode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer};
use serde_json::json;
use tokio::{process::Command, time::timeout};

use super::credentials::{Credential, KeyPair};
use crate::cluster::request::chain;

/// A plugin that nobody can answer takes no longer.
const LIMIT: Duration = Duration::from_secs(60);
/// A user may have to log in.
const LIMIT_OF_USERS: Duration = Duration::from_secs(600);
/// Last lines of a plugin's talk that are shown.
const LINES: usize = 10;
const KNOWN_VERSIONS: [&str; 2] = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

/// Why an exec plugin gave no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("exec plugin `{command}` of kubeconfig user {user:?} {why}")]
pub struct PluginError {
    /// The program, without its arguments: those may be secret.
    pub command: String,
    /// The user's entry.
    pub user: String,
    /// What went wrong, with the plugin's own last words.
    pub why: String,
    /// The kubeconfig's `installHint`, where the program is not there.
    pub hint: Option<String>,
}

/// Who answers where a plugin asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answers {
    /// The user at the terminal.
    Somebody,
    /// No one: CI, or stdin is no terminal.
    Nobody,
}

/// A program that prints credentials.
#[derive(Debug, Clone)]
pub(super) struct Plugin {
    exec: ExecConfig,
    user: String,
    /// `KUBERNETES_EXEC_INFO`.
    info: String,
    interactive: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Printed {
    api_version: Option<String>,
    kind: Option<String>,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    expiration_timestamp: Option<Timestamp>,
    #[serde(default, deserialize_with = "sealed")]
    token: Option<SecretString>,
    client_certificate_data: Option<String>,
    #[serde(default, deserialize_with = "sealed")]
    client_key_data: Option<SecretString>,
}

fn sealed<'de, D: Deserializer<'de>>(source: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Option::<String>::deserialize(source)?.map(SecretString::from))
}

impl Plugin {
    /// Reads the user's `exec`.
    pub(super) fn new(
        exec: ExecConfig,
        user: &str,
        cluster: &Cluster,
        answers: Answers,
    ) -> Result<Self, PluginError> {
        let mode = exec.interactive_mode.clone().unwrap_or(ExecInteractiveMode::IfAvailable);
        let interactive = answers == Answers::Somebody && mode != ExecInteractiveMode::Never;
        let mut plugin = Self { exec, user: user.to_owned(), info: String::new(), interactive };
        let version = plugin.exec.api_version.clone().unwrap_or_default();
        if plugin.exec.command.as_ref().is_none_or(String::is_empty) {
            return Err(plugin.error("names no `command`"));
        }
        if !KNOWN_VERSIONS.contains(&version.as_str()) {
            let known = KNOWN_VERSIONS.join(" and ");
            return Err(plugin.error(format!("is of version {version:?}; known are {known}")));
        }
        if mode == ExecInteractiveMode::Always && !interactive {
            return Err(plugin
                .error("wants to ask (`interactiveMode: Always`), and stdin is no terminal or this is CI"));
        }
        let mut spec = json!({"interactive": interactive});
        if plugin.exec.provide_cluster_info {
            let cluster = ExecAuthCluster::try_from(cluster).map_err(|error| plugin.error(chain(&error)))?;
            let cluster = serde_json::to_value(cluster).map_err(|error| plugin.error(error.to_string()))?;
            if let Some(spec) = spec.as_object_mut() {
                spec.insert("cluster".to_owned(), cluster);
            }
        }
        plugin.info = json!({"apiVersion": version, "kind": "ExecCredential", "spec": spec}).to_string();
        Ok(plugin)
    }

    /// Runs it and reads what it prints.
    pub(super) async fn run(&self) -> Result<Credential, PluginError> {
        let limit = if self.interactive { LIMIT_OF_USERS } else { LIMIT };
        // Not `output()`: that takes stderr away, by which the plugin asks.
        let running = self.command().spawn().map_err(|error| self.not_started(&error))?;
        let output = match timeout(limit, running.wait_with_output()).await {
            Ok(Ok(output)) => output,
            Ok(Err(error)) => return Err(self.error(format!("was lost: {error}"))),
            Err(_) => return Err(self.error(format!("did not end within {} s", limit.as_secs()))),
        };
        let said = last_words(&output.stderr);
        if !output.status.success() {
            return Err(self.error(format!("failed ({}){said}", output.status)));
        }
        // Plugins may print YAML; JSON is YAML. What they printed is never shown: it may be half of a credential.
        let printed: Printed = serde_saphyr::from_slice(&output.stdout)
            .map_err(|_| self.error(format!("printed no ExecCredential that can be read{said}")))?;
        self.credential(printed)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.exec.command.as_deref().unwrap_or_default());
        command.args(self.exec.args.iter().flatten()).kill_on_drop(true).stdout(Stdio::piped());
        for variable in self.exec.env.iter().flatten() {
            if let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) {
                command.env(name, value);
            }
        }
        command.env("KUBERNETES_EXEC_INFO", &self.info);
        if self.interactive {
            command.stdin(Stdio::inherit()).stderr(Stdio::inherit());
        } else {
            command.stdin(Stdio::null()).stderr(Stdio::piped());
        }
        command
    }

    fn credential(&self, printed: Printed) -> Result<Credential, PluginError> {
        let version = printed.api_version.unwrap_or_default();
        if printed.kind.as_deref() != Some("ExecCredential")
            || self.exec.api_version.as_ref() != Some(&version)
        {
            let wanted = self.exec.api_version.as_deref().unwrap_or_default();
            return Err(self.error(format!("printed {version:?}, and the kubeconfig says {wanted:?}")));
        }
        let Some(status) = printed.status else { return Err(self.error("printed no `status`")) };
        let certificate = match (status.client_certificate_data, status.client_key_data) {
            (Some(certificate), Some(key)) => Some(KeyPair { certificate, key }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                return Err(self.error("printed a certificate without its key, or a key alone"));
            }
        };
        let token = status.token.filter(|token| !token.expose_secret().is_empty());
        if token.is_none() && certificate.is_none() {
            return Err(self.error("printed neither a token nor a certificate"));
        }
        Ok(Credential { token, certificate, expires: status.expiration_timestamp })
    }

    fn not_started(&self, error: &std::io::Error) -> PluginError {
        if error.kind() != std::io::ErrorKind::NotFound {
            return self.error(format!("does not start: {error}"));
        }
        let hint = self.exec.install_hint.clone().filter(|hint| !hint.trim().is_empty());
        PluginError { hint: hint.map(|hint| hint.trim().to_owned()), ..self.error("is not there") }
    }

    fn error(&self, why: impl Into<String>) -> PluginError {
        PluginError {
            command: self.exec.command.clone().unwrap_or_default(),
            user: self.user.clone(),
            why: why.into(),
            hint: None,
        }
    }
}

/// The plugin's last lines on stderr.
fn last_words(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.is_empty() {
        return String::new();
    }
    let last = lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default();
    format!("; it said:\n    {}", last.join("\n    "))
}
