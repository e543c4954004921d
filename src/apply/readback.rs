//! One write of a step: sent while the lock is ours, tried again while that is safe, read back where in doubt.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{
    account,
    drive::Scene,
    machine::{Input, WriteAnswer},
    ready,
};
use crate::cluster::{WriteError, Written};
use crate::model::{Body, Event, LockDoubt, Readiness, ReadyReport, Refusal, Step, Write};

/// Between looks at a lock whose renewal is late.
const RENEWED: Duration = Duration::from_millis(200);
/// How long an API server that is away is waited for.
const AWAY: Duration = Duration::from_secs(60);
/// How long the API server may take to serve a kind whose CRD is established.
const NEW_KIND: Duration = Duration::from_secs(30);
/// Longest pause between two tries.
const LONGEST: Duration = Duration::from_secs(5);

/// Carries out the write of a step and says what came of it.
pub(super) async fn write(scene: &Scene<'_>, step: &Step) -> WriteAnswer {
    let began = Instant::now();
    let mut pause = Duration::from_millis(250);
    let mut unsure: Option<String> = None;
    loop {
        if let Err(because) = hold(scene, step).await {
            scene.input(Input::LockLost { because: because.clone() });
            return match unsure {
                Some(error) => WriteAnswer::Unsure { error },
                None => WriteAnswer::NotSent { because },
            };
        }
        let sent = scene.cluster.write(&step.api_version, &step.object, &step.write, scene.run.timeout).await;
        let error = match sent {
            Ok(written) => return answer(scene, written),
            Err(error) => error,
        };
        if let (Some(lost), WriteError::Stale(_) | WriteError::Unsure(_)) = (&unsure, &error)
            && let Some(answer) = read_back(scene, step, lost).await
        {
            return answer;
        }
        let bound = patience(scene, step, &error);
        if began.elapsed() + pause > bound || scene.is_stopping() {
            return refused(error, unsure);
        }
        if let WriteError::Unsure(lost) = &error {
            unsure = Some(lost.clone());
        }
        let message = format!("{}: {error}; next try in {:.1} s", step.object, pause.as_secs_f32());
        scene.tell(Event::Retrying { message });
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST);
    }
}

/// Waits until the lock is ours beyond doubt; else says why it is not.
///
/// A renewal that is late may come yet, as after a restart of the API server: whoever would take the lock meanwhile
/// writes his name into it, and the renewal then finds that.
async fn hold(scene: &Scene<'_>, step: &Step) -> Result<(), String> {
    let began = Instant::now();
    let mut told = false;
    loop {
        let late = match (scene.run.still_mine)() {
            Ok(()) => return Ok(()),
            Err(LockDoubt::Lost(because)) => return Err(because),
            Err(LockDoubt::Late(because)) => because,
        };
        if began.elapsed() > AWAY || scene.is_stopping() {
            return Err(late);
        }
        if !told {
            told = true;
            let message = format!("{}: {late}; waiting for its renewal", step.object);
            scene.tell(Event::Retrying { message });
        }
        sleep(RENEWED).await;
    }
}

/// For how long, since the first try, a write is tried again after an error.
fn patience(scene: &Scene<'_>, step: &Step, error: &WriteError) -> Duration {
    match error {
        WriteError::Unreachable(_) | WriteError::Unsure(_) => AWAY,
        WriteError::Webhook { .. } => scene.run.timeout.min(AWAY),
        WriteError::Refused(refusal) if is_new_kind(scene, step, refusal) => NEW_KIND,
        WriteError::Refused(_) | WriteError::Stale(_) | WriteError::NotGone(_) => Duration::ZERO,
    }
}

/// Whether a kind is not served because the plan itself has just brought its CRD.
fn is_new_kind(scene: &Scene<'_>, step: &Step, refusal: &Refusal) -> bool {
    let suffix = format!(".{}", step.object.group);
    refusal.code == 404
        && !step.object.group.is_empty()
        && scene.plan.steps.iter().any(|other| {
            other.object.is("apiextensions.k8s.io", "CustomResourceDefinition")
                && other.object.name.ends_with(&suffix)
        })
}

fn answer(scene: &Scene<'_>, written: Written) -> WriteAnswer {
    let report = |readiness, message: &str| ReadyReport { readiness, message: message.to_owned() };
    match written {
        Written::Object { object, .. } => WriteAnswer::Written {
            uid: Some(object.uid.clone()),
            report: scene.cleaned(&ready::judge(&object.body)),
        },
        Written::Deleting(object) => WriteAnswer::Written { uid: None, report: still_there(&object.body) },
        Written::Gone => WriteAnswer::Written { uid: None, report: report(Readiness::Ready, "gone") },
        Written::Nothing => {
            WriteAnswer::Written { uid: None, report: report(Readiness::InProgress, "not looked at yet") }
        }
    }
}

/// What is said of an object that was deleted and is not gone.
pub(super) fn still_there(live: &Body) -> ReadyReport {
    let message = account::deletion(live).into_iter().next().unwrap_or_default();
    ReadyReport { readiness: Readiness::InProgress, message: format!("is being deleted: {message}") }
}

fn refused(error: WriteError, unsure: Option<String>) -> WriteAnswer {
    let text = error.to_string();
    match (error, unsure) {
        (WriteError::Unsure(_) | WriteError::NotGone(_), _) => WriteAnswer::Unsure { error: text },
        (_, Some(lost)) => WriteAnswer::Unsure { error: format!("{lost}; then: {text}") },
        (WriteError::Stale(_), None) => WriteAnswer::Refused { error: text, stale: true },
        (WriteError::Refused(_) | WriteError::Webhook { .. } | WriteError::Unreachable(_), None) => {
            WriteAnswer::Refused { error: text, stale: false }
        }
    }
}

/// After a lost answer: whether the object shows that the write was carried out; none where it may be tried again.
async fn read_back(scene: &Scene<'_>, step: &Step, lost: &str) -> Option<WriteAnswer> {
    let unsure = || Some(WriteAnswer::Unsure { error: lost.to_owned() });
    let Ok(found) = scene.cluster.get(&step.api_version, &step.object).await else { return unsure() };
    let manager = match &step.write {
        Write::Apply { manager, .. } => manager.as_str(),
        Write::Replace { .. } => crate::model::FIELD_MANAGER,
        Write::Delete { .. } => {
            let gone = found.is_none_or(|object| Some(&object.uid) != step.uid.as_ref());
            return if gone { Some(answer(scene, Written::Gone)) } else { None };
        }
        Write::Release { .. } | Write::None => return unsure(),
    };
    let object = found?;
    let made = Some(&object.uid) != step.uid.as_ref();
    let ours = object.managed.iter().any(|entry| entry.apply && entry.manager == manager);
    if made && ours { Some(answer(scene, Written::Object { object, created: true })) } else { unsure() }
}
