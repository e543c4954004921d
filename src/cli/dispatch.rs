//! Which journey each command takes.

use super::{
    args::{Arguments, Command},
    exit::Exit,
    failure::{Failure, FailureKind},
    init::init,
    manual::{completions, man, version},
    stdio::Stdio,
};

/// Carries a command out.
pub(super) fn dispatch(arguments: &Arguments, stdio: &mut Stdio<'_>) -> Result<Exit, Failure> {
    let told = match &arguments.command {
        Command::Version => version(stdio),
        Command::Completions(args) => completions(args, stdio),
        Command::Man(args) => man(args, stdio),
        Command::Init(args) => init(args, stdio),
        Command::Plan(_)
        | Command::Apply(_)
        | Command::Drift(_)
        | Command::Rollback(_)
        | Command::History(_)
        | Command::Status(_)
        | Command::Destroy(_)
        | Command::Unlock(_)
        | Command::Validate(_)
        | Command::Render(_)
        | Command::Graph(_)
        | Command::Rbac(_) => return journey(arguments, stdio),
    };
    told.map(|()| Exit::Done)
}

/// The commands that read a repository or a cluster.
fn journey(_arguments: &Arguments, _stdio: &mut Stdio<'_>) -> Result<Exit, Failure> {
    Err(Failure::new(FailureKind::Bug, "not wired"))
}
