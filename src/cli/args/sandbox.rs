//! Flags of `obsctl sandbox`.

use std::net::SocketAddr;

use clap::Args;

/// Flags of `obsctl sandbox`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  obsctl sandbox -e local
  obsctl sandbox --ephemeral --listen 127.0.0.1:0 --kubeconfig sandbox.kubeconfig
  kubectl --kubeconfig sandbox.kubeconfig get pods -A

The kubeconfig is printed, or written to the file that `--kubeconfig FILE` names. While an environment is
served, other commands of that environment talk to the server. Ctrl-C ends it.")]
pub struct SandboxArgs {
    /// Listen on this loopback address; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8001")]
    pub listen: SocketAddr,
    /// Serve this environment, whose cluster is the sandbox; needed where the repository has several
    #[arg(short, long, value_name = "ENV", env = "OBSCTL_ENV", hide_env_values = true)]
    pub environment: Option<String>,
    /// Serve an empty cluster that is forgotten at the end; needs no repository
    #[arg(long)]
    pub ephemeral: bool,
}
