//! The user's wish to stop: SIGINT and SIGTERM, counted.

use std::{
    io::Write as _,
    sync::atomic::{AtomicBool, Ordering},
};

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

/// Whether a question stands on the terminal.
static ASKING: AtomicBool = AtomicBool::new(false);

/// Exit code of those who were interrupted.
const INTERRUPTED: i32 = 130;

/// Asks the user something; a wish to stop meanwhile ends the program, for a line that is read cannot be given up.
///
/// Nothing but locks may be held meanwhile; those run out.
pub fn asking<T>(question: impl FnOnce() -> T) -> T {
    ASKING.store(true, Ordering::SeqCst);
    let answer = question();
    ASKING.store(false, Ordering::SeqCst);
    answer
}

/// How often the user asked to stop; 0 at first.
///
/// # Errors
/// Where the signal handlers cannot be installed.
pub fn interrupts() -> std::io::Result<watch::Receiver<u8>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let (sender, receiver) = watch::channel(0_u8);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if ASKING.load(Ordering::SeqCst) {
                std::io::stderr().write_all(b"\nstopped, nothing was written\n").ok();
                std::process::exit(INTERRUPTED);
            }
            sender.send_modify(|count| *count = count.saturating_add(1));
        }
    });
    Ok(receiver)
}
