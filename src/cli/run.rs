//! From `argv` to an exit code.

use std::{
    ffi::OsString,
    io::{self, Write as _},
    panic::{self, AssertUnwindSafe, PanicHookInfo},
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
};

use clap::Parser as _;

use super::{args::Arguments, dispatch::dispatch, exit::Exit, stdio::Stdio};
use crate::sys::Terminal;

/// Set by the panic hook: a panic in a task of its own must not end in exit code 0.
static PANICKED: AtomicBool = AtomicBool::new(false);

/// The whole program, connected to the process' own streams.
pub fn main(argv: impl IntoIterator<Item = OsString>) -> ExitCode {
    panic::set_hook(Box::new(|info| {
        PANICKED.store(true, Ordering::Relaxed);
        io::stderr().write_all(panic_text(info).as_bytes()).ok();
    }));
    let mut stdio = Stdio {
        out: &mut io::stdout(),
        talk: &mut io::stderr(),
        input: &mut io::stdin().lock(),
        terminal: Terminal::read(),
        reader_gone: false,
    };
    let exit = guarded(|| run(argv, &mut stdio));
    if PANICKED.load(Ordering::Relaxed) { Exit::Bug.into() } else { exit.into() }
}

/// The program on given streams.
pub fn run(argv: impl IntoIterator<Item = OsString>, stdio: &mut Stdio<'_>) -> Exit {
    let arguments = match Arguments::try_parse_from(argv) {
        Ok(arguments) => arguments,
        Err(error) => return not_parsed(&error, stdio),
    };
    let exit = match dispatch(&arguments, stdio) {
        Ok(exit) => exit,
        Err(failure) => {
            let color = stdio.talk_color(&arguments.global);
            stdio.say(&failure.text(color));
            failure.kind.exit()
        }
    };
    // Whoever reads only the first lines, as `head` does, wants no error for it.
    if stdio.reader_gone && exit == Exit::Changes { Exit::Done } else { exit }
}

/// Help and version are results; everything else that clap says is a bad call.
fn not_parsed(error: &clap::Error, stdio: &mut Stdio<'_>) -> Exit {
    let terminal = &stdio.terminal;
    let screen = if error.use_stderr() { terminal.stderr } else { terminal.stdout };
    let styled = error.render();
    let text = if screen && !terminal.no_color && !terminal.dumb {
        styled.ansi().to_string()
    } else {
        styled.to_string()
    };
    if error.use_stderr() {
        stdio.say(&text);
        return Exit::BadCall;
    }
    match stdio.result(&text) {
        Ok(()) => Exit::Done,
        Err(failure) => failure.kind.exit(),
    }
}

/// Runs the program; a panic, of which the hook has told, ends it as our bug.
fn guarded(body: impl FnOnce() -> Exit) -> Exit {
    panic::catch_unwind(AssertUnwindSafe(body)).unwrap_or(Exit::Bug)
}

/// Tells where, and never what: the payload of a panic may hold anything, a secret too.
fn panic_text(info: &PanicHookInfo<'_>) -> String {
    let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    format!(
        "error: obsctl stopped at {place}\n\
         This is a bug of obsctl. Please report it with the command that you typed.\n"
    )
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
