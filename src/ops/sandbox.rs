//! The embedded API server of an environment: under its client, or served on loopback.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{sync::watch, time::sleep};

use super::{
    choose::{self, Choice},
    trouble::Trouble,
    workspace::{self, Place},
};
use crate::cluster::{Cluster, Connect};
use crate::model::Environment;
use crate::sandbox::{Listener, Sandbox, SandboxError, Serving, kubeconfig};

/// The Kubernetes that is played where an environment does not say.
const KUBERNETES: &str = "1.36";
/// How often a command looks whether another one let go of the state, and the pause between.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);

/// Where the state of an environment's sandbox stands.
fn folder(root: &Path, environment: &str) -> PathBuf {
    root.join(".obsctl").join("sandbox").join(environment)
}

/// The cluster of an environment that names the sandbox: a server that serves it, else the API in this process.
pub(super) async fn connect(
    root: &Path,
    environment: &Environment,
    connect: &Connect,
) -> Result<Cluster, Trouble> {
    let folder = folder(root, &environment.name);
    let kubernetes = kubernetes(environment);
    let mut tries = TRIES;
    loop {
        if let Some(serving) = Serving::read(&folder) {
            return Ok(Cluster::connect_address(&format!("http://{}", serving.address), connect).await?);
        }
        match Sandbox::open(&folder, kubernetes) {
            Ok(sandbox) => {
                let sandbox = sandbox.alive();
                return Ok(Cluster::connect_service(sandbox, "in this process", connect).await?);
            }
            // Another command of this environment is at work, as they are for a moment.
            Err(error) if error.held() && tries > 0 => {
                tries -= 1;
                sleep(PAUSE).await;
            }
            Err(error) => return Err(unusable(&error)),
        }
    }
}

/// The minor version that an environment wants.
fn kubernetes(environment: &Environment) -> &str {
    let wanted = environment.targets.first().and_then(|target| target.kubernetes_version.as_deref());
    wanted.unwrap_or(KUBERNETES)
}

/// The repository's root and the environment that is to be served.
pub fn sandboxed(place: &Place, choice: &Choice) -> Result<(PathBuf, Environment), Trouble> {
    let hint = || Some("`obsctl sandbox --ephemeral` needs no repository and keeps nothing".to_owned());
    let workspace = workspace::open(place).map_err(|trouble| {
        if let Trouble::Call { message, .. } = trouble {
            Trouble::Call { message, hint: hint() }
        } else {
            trouble
        }
    })?;
    let environments = workspace.repo.environments.values();
    let mut local = environments.filter(|environment| environment.cluster.sandbox);
    let chosen = match (&choice.environment, local.next(), local.next()) {
        (None, Some(only), None) => only,
        _ => choose::environment(&workspace.repo, choice)?,
    };
    if !chosen.cluster.sandbox {
        return Err(Trouble::Call {
            message: format!("environment `{}` is of another cluster than the sandbox", chosen.name),
            hint: Some(
                "write `cluster: {sandbox: {}}` in its environment.yaml, or serve with `--ephemeral`"
                    .to_owned(),
            ),
        });
    }
    Ok((workspace.root.clone(), chosen.clone()))
}

fn unusable(error: &SandboxError) -> Trouble {
    let mut message = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        message = format!("{message}: {cause}");
        source = cause.source();
    }
    let hint = error
        .held()
        .then(|| "wait until it is done, or let `obsctl sandbox` serve the environment to both".to_owned());
    Trouble::Record { message, hint }
}

/// What `obsctl sandbox` is asked for.
#[derive(Debug, Clone)]
pub struct ServeWish {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The repository's root and the environment; none for a sandbox that ends with the command.
    pub of: Option<(PathBuf, Environment)>,
}

/// Serves a sandbox until the user wants to stop; `ready` is told the kubeconfig as soon as it answers.
pub async fn serve(
    wish: &ServeWish,
    stop: watch::Receiver<u8>,
    ready: impl FnOnce(SocketAddr, &str) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    let place = wish.of.as_ref().map(|(root, environment)| folder(root, &environment.name));
    let kubernetes = wish.of.as_ref().map_or(KUBERNETES, |(_, environment)| kubernetes(environment));
    let sandbox = match &place {
        Some(folder) => Sandbox::open(folder, kubernetes).map_err(|error| unusable(&error))?,
        None => Sandbox::ephemeral(kubernetes),
    };
    let sandbox = sandbox.alive();
    let cannot = |error: std::io::Error| Trouble::Record {
        message: format!("cannot serve on {}: {error}", wish.listen),
        hint: Some(
            "name another loopback address with `--listen 127.0.0.1:PORT`; port 0 takes any that is free"
                .to_owned(),
        ),
    };
    let listener = Listener::bind(wish.listen).await.map_err(cannot)?;
    ready(listener.address(), &kubeconfig(listener.address()))?;
    listener.serve(sandbox, place.as_deref(), stop).await.map_err(cannot)
}
