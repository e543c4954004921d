//! The sandbox on a loopback address, for kubectl and for other commands of the same environment.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use serde::{Deserialize, Serialize};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::service::Sandbox;

/// How long open requests may take after the user wants to stop; watches never end by themselves.
const GRACE: Duration = Duration::from_millis(300);
/// Between tries after the machine had no socket left.
const PAUSE: Duration = Duration::from_millis(100);

/// Where a process serves an environment: stands beside the state while it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Serving {
    /// The process.
    pub pid: u32,
    /// Where it listens.
    pub address: SocketAddr,
}

fn file(folder: &Path) -> PathBuf {
    folder.join("server")
}

impl Serving {
    /// Who serves the environment of a folder; none where nobody does.
    pub fn read(folder: &Path) -> Option<Self> {
        let text = crate::sys::read_text(&file(folder)).ok()?;
        let serving: Self = serde_json::from_str(&text).ok()?;
        // A server that was killed leaves its file behind, and another process may listen there by now.
        let alive =
            std::net::TcpStream::connect_timeout(&serving.address, Duration::from_millis(200)).is_ok();
        alive.then_some(serving)
    }
}

/// A server that listens and does not answer yet.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Listens on an address, which must be one of this machine alone: everybody who reaches it may everything.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a loopback address"));
        }
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` changes; `folder` is where other commands of the environment look for a server.
    pub async fn serve(
        self,
        sandbox: Sandbox,
        folder: Option<&Path>,
        mut stop: watch::Receiver<u8>,
    ) -> io::Result<()> {
        if let Some(folder) = folder {
            let serving = Serving { pid: std::process::id(), address: self.address };
            let text = serde_json::to_string(&serving).map_err(io::Error::other)?;
            crate::sys::write(&file(folder), text.as_bytes()).map_err(io::Error::other)?;
        }
        let mut open = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        let service = TowerToHyperService::new(sandbox.clone());
                        open.spawn(async move {
                            let mut http = http1::Builder::new();
                            // A client that goes away is no news.
                            http.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await.ok();
                        });
                    }
                    Err(_) => sleep(PAUSE).await,
                },
                Some(_) = open.join_next(), if !open.is_empty() => {}
                _ = stop.changed() => break,
            }
        }
        timeout(GRACE, async { while open.join_next().await.is_some() {} }).await.ok();
        open.shutdown().await;
        if let Some(folder) = folder {
            std::fs::remove_file(file(folder)).ok();
        }
        Ok(())
    }
}

/// A kubeconfig that reaches a server.
pub fn kubeconfig(address: SocketAddr) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: sandbox\nclusters:\n- name: sandbox\n  cluster:\n    \
         server: http://{address}\nusers:\n- name: sandbox\n  user: {{}}\ncontexts:\n- name: sandbox\n  context:\n    \
         cluster: sandbox\n    user: sandbox\n"
    )
}
