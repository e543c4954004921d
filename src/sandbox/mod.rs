//! An embedded Kubernetes API: objects in a file of the repository, served in process and on loopback.
//!
//! ```text
//! HTTP request → route → options → [ read | create | update | patch | delete ] → store → log on disk
//!                                                                                 └→ history → watches, controllers
//! ```
//!
//! Requests enter, from the `kube` client of this process or from a socket; the answers of an API server leave.
//! Access control, webhooks and real nodes are not here, and nothing leaves the machine.

mod api;
pub mod controllers;
mod faults;
pub mod kinds;
mod resources;
mod serve;
mod service;
mod store;
mod table;
mod work;
mod write;

pub use faults::{Fault, Trouble};
pub use serve::{Listener, Serving, kubeconfig};
pub use service::{Body, Sandbox, SandboxError};
