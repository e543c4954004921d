//! Following the object of a step until it is ready, gone, or beyond hope.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, interval_at, sleep};

use super::{drive::Scene, evidence, readback::still_there, ready};
use crate::cluster::Seen;
use crate::model::{LiveObject, Readiness, ReadyReport, Step, Write};

/// How often Pods are looked at for reasons to give up.
const GLANCE: Duration = Duration::from_secs(5);

/// Tells the machine every change of an object; ends only when dropped.
pub(super) async fn follow(scene: &Scene<'_>, index: usize, step: &Step) {
    let began = Instant::now();
    let mut watch = scene.cluster.watch_object(&step.api_version, &step.object);
    let mut glance = interval_at(began + GLANCE, GLANCE);
    let mut live: Option<Arc<LiveObject>> = None;
    loop {
        tokio::select! {
            seen = watch.next() => {
                let Some(seen) = seen else {
                    sleep(GLANCE).await;
                    watch = scene.cluster.watch_object(&step.api_version, &step.object);
                    continue;
                };
                scene.report(index, &report(step, &seen));
                live = match seen {
                    Seen::Object(object) => Some(object),
                    Seen::Gone | Seen::Unreadable(_) => None,
                };
            }
            _ = glance.tick(), if live.as_ref().is_some_and(|live| evidence::has_pods(&live.body)) => {
                let Some(object) = &live else { continue };
                let waited = began.elapsed().as_secs();
                if let Some(why) = evidence::hopeless(scene, object, waited).await {
                    let report = ReadyReport { readiness: Readiness::Failed, message: why };
                    scene.report(index, &report);
                }
            }
        }
    }
}

fn report(step: &Step, seen: &Seen) -> ReadyReport {
    let deletes = matches!(step.write, Write::Delete { .. });
    let said = |readiness, message: String| ReadyReport { readiness, message };
    match seen {
        Seen::Gone if deletes => said(Readiness::Ready, "gone".to_owned()),
        Seen::Gone => said(Readiness::InProgress, "is not there".to_owned()),
        Seen::Unreadable(error) => said(Readiness::InProgress, format!("cannot be read: {error}")),
        Seen::Object(object) if deletes && step.uid.as_ref().is_some_and(|uid| *uid != object.uid) => {
            said(Readiness::Ready, "gone, and made anew by somebody else".to_owned())
        }
        Seen::Object(object) if deletes => still_there(&object.body),
        Seen::Object(object) => ready::judge(&object.body),
    }
}
