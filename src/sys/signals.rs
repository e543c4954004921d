//! The user's wish to stop: SIGINT and SIGTERM, counted.

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

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
            sender.send_modify(|count| *count = count.saturating_add(1));
        }
    });
    Ok(receiver)
}
