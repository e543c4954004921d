//! Who hears of a run, and how a wish to stop ends what waits.

use std::{
    future::{Future, pending},
    time::Duration,
};

use tokio::{
    sync::{mpsc::UnboundedSender, watch},
    time::sleep,
};

use super::trouble::Trouble;
use crate::model::Event;

/// Who hears of a run and who may stop it.
#[derive(Clone)]
pub struct Ears {
    /// Everything that happens.
    pub events: UnboundedSender<Event>,
    /// How often the user asked to stop.
    pub stop: watch::Receiver<u8>,
}

/// How long the records and the lock are still waited for after a second wish to stop.
const PARTING: Duration = Duration::from_secs(3);

impl Ears {
    /// Whether the user asked to stop.
    pub(super) fn is_stopping(&self) -> bool {
        *self.stop.borrow() > 0
    }

    pub(super) fn warn(&self, message: String) {
        // Nobody listens any more: then nobody misses it.
        self.events.send(Event::Warned { message }).ok();
    }

    /// Does what comes before the first write; a wish to stop ends it at once.
    pub async fn unless_stopped<T>(
        &self,
        doing: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        let mut stop = self.stop.clone();
        tokio::select! {
            biased;
            done = doing => done,
            Ok(_) = stop.wait_for(|asked| *asked > 0) => Err(Trouble::Interrupted),
        }
    }

    /// Does what comes after the last write; none where the user asked twice to stop and it does not end soon.
    pub(super) async fn at_parting<T>(&self, doing: impl Future<Output = T>) -> Option<T> {
        let mut stop = self.stop.clone();
        let out_of_patience = async {
            if stop.wait_for(|asked| *asked > 1).await.is_err() {
                pending::<()>().await;
            }
            sleep(PARTING).await;
        };
        tokio::select! {
            biased;
            done = doing => Some(done),
            () = out_of_patience => None,
        }
    }
}
