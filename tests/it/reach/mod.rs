//! Every way to a cluster (kubeconfigs, plugins, certificates, tokens, Pods, proxies), on a real API server.

mod certificates;
mod files;
mod impersonation;
mod interrupts;
mod plugins;
mod pod;
mod proxies;
mod silence;
mod tokens;
mod way;
