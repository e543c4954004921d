//! `version`, `completions` and `man`.

use clap::CommandFactory as _;

use super::{
    args::{Arguments, CompletionsArgs, ManArgs},
    failure::{Failure, FailureKind},
    stdio::Stdio,
};

/// Prints the version.
pub(super) fn version(stdio: &mut Stdio<'_>) -> Result<(), Failure> {
    stdio.result(concat!("obsctl ", env!("CARGO_PKG_VERSION"), "\n"))
}

/// Prints a completion script.
pub(super) fn completions(args: &CompletionsArgs, stdio: &mut Stdio<'_>) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "obsctl", &mut script);
    stdio.result(&String::from_utf8_lossy(&script))
}

/// Prints a manual page.
pub(super) fn man(args: &ManArgs, stdio: &mut Stdio<'_>) -> Result<(), Failure> {
    let mut program = Arguments::command();
    program.build();
    let page = match &args.of {
        None => program,
        Some(name) => {
            let command = program.find_subcommand(name).cloned().ok_or_else(|| unknown(name))?;
            command.name(format!("obsctl-{name}"))
        }
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page)
        .render(&mut text)
        .map_err(|error| Failure::of(FailureKind::Failed, &error))?;
    stdio.result(&String::from_utf8_lossy(&text))
}

fn unknown(name: &str) -> Failure {
    let commands: Vec<String> =
        Arguments::command().get_subcommands().map(|command| format!("`{}`", command.get_name())).collect();
    Failure::new(FailureKind::BadCall, format!("there is no command `{name}`"))
        .hint(format!("the commands are {}", commands.join(", ")))
}
