//! The machine: everything that is neither computing nor Kubernetes.

mod terminal;

pub use terminal::Terminal;
