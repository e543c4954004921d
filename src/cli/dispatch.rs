//! Which journey each command takes.

use super::{
    args::{Arguments, Command},
    commands,
    exit::Exit,
    failure::Failure,
    init::init,
    manual::{completions, man, version},
    stdio::Stdio,
};

/// Carries a command out.
pub(super) fn dispatch(arguments: &Arguments, stdio: &mut Stdio<'_>) -> Result<Exit, Failure> {
    let global = &arguments.global;
    let told = match &arguments.command {
        Command::Version => version(stdio),
        Command::Completions(args) => completions(args, stdio),
        Command::Man(args) => man(args, stdio),
        Command::Init(args) => init(args, stdio),
        Command::Plan(args) => return commands::plan(args, global, stdio),
        Command::Apply(args) => return commands::apply(args, global, stdio),
        Command::Drift(args) => return commands::drift(args, global, stdio),
        Command::Rollback(args) => return commands::rollback(args, global, stdio),
        Command::History(args) => return commands::history(args, global, stdio),
        Command::Status(args) => return commands::status(args, global, stdio),
        Command::Destroy(args) => return commands::destroy(args, global, stdio),
        Command::Unlock(args) => return commands::unlock(args, global, stdio),
        Command::Validate(args) => return commands::validate(args, global, stdio),
        Command::Render(args) => return commands::render(args, global, stdio),
        Command::Graph(args) => return commands::graph(args, global, stdio),
        Command::Sandbox(args) => return commands::sandbox(args, global, stdio),
        Command::Rbac(args) => return commands::rbac(args, global, stdio),
    };
    told.map(|()| Exit::Done)
}
