//! The `obsctl` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    obsctl::cli::main(std::env::args_os())
}
