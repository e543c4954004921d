//! Runs a command beside a control plane of its own: `cargo run --example with-cluster -- COMMAND…`.
//!
//! The command finds `obsctl` and `kubectl` on its path, and in `KUBECONFIG` a file whose one context is `testbed`.
//! When it ends, the control plane ends, and nothing stays behind.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "it speaks to the person at the terminal, and stops at the first surprise as the tests do"
)]

#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/support/audit.rs"]
mod audit;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/support/binaries.rs"]
mod binaries;
#[path = "../tests/it/support/kubeconfig.rs"]
mod kubeconfig;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/support/plane.rs"]
mod plane;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/support/processes.rs"]
mod processes;
#[path = "../tests/it/support/service_account_key.rs"]
mod service_account_key;

use std::{
    env,
    path::PathBuf,
    process::{Command, ExitCode},
};

use audit::Request;
use binaries::binaries;
use plane::ControlPlane;
use processes::Guarded;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut words = env::args_os().skip(1);
    let Some(program) = words.next() else {
        eprintln!("usage: cargo run --example with-cluster -- COMMAND [ARGUMENT…]");
        return ExitCode::from(64);
    };
    // Ctrl-C is for the command; the control plane stays until the command has ended.
    let _heard = signal(SignalKind::interrupt()).expect("a process may listen");
    eprintln!("starting a control plane…");
    let Some(plane) = ControlPlane::start() else { return ExitCode::FAILURE };
    let mut command = Command::new(&program);
    command.args(words).env("KUBECONFIG", plane.kubeconfig("admin")).env("PATH", path(&plane));
    match command.status() {
        Ok(status) => ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)),
        Err(error) => {
            eprintln!("{} does not start: {error}", program.display());
            ExitCode::from(127)
        }
    }
}

/// The machine's path, with the folders of `obsctl` and `kubectl` before it.
fn path(plane: &ControlPlane) -> std::ffi::OsString {
    let own = env::current_exe().expect("we run");
    let built = own.ancestors().nth(2).map(PathBuf::from);
    let kubectl = plane.program("kubectl").parent().map(PathBuf::from);
    let given = env::var_os("PATH").unwrap_or_default();
    let folders = built.into_iter().chain(kubectl).chain(env::split_paths(&given));
    env::join_paths(folders).expect("folders of a path hold no colon")
}
