//! From how a cluster is named to a line that carries requests: kubeconfig, Pod, credentials, proxy.
//!
//! What changes while we run (token files, exec plugins) is ours; certificates and what stays are left to `kube`.

mod authority;
mod credentials;
mod kubeconfig;
mod line;
mod plugin;
mod pod;
mod proxy;
mod target;

pub use plugin::PluginError;
pub use pod::Pod;

pub(super) use line::{Line, LineError};
pub(super) use target::{CONNECT_TIMEOUT, READ_TIMEOUT, Target, agent, target};
