//! Jobs: pods until enough of them have succeeded.

use serde_json::{Value, json};

use super::{
    condition::{Said, condition},
    object::{controlled, event, is_going, number, pod_from, pod_name},
    pod::is_ready,
    view::{Cx, Write},
};
use crate::sandbox::kinds::value::{at, flag, items, set, text};

const COMPONENT: &str = "job-controller";

/// The next step of a Job.
pub(super) fn sync(cx: Cx<'_>, job: &Value) -> Vec<Write> {
    let over = items(job, "status.conditions")
        .iter()
        .any(|it| matches!(text(it, "type"), "Complete" | "Failed") && text(it, "status") == "True");
    if is_going(job) {
        return Vec::new();
    }
    if over {
        return outlived(cx, job).then(|| Write::delete(job)).into_iter().collect();
    }
    let pods = controlled(cx, "", "Pod", job);
    let phase = |phase: &str| pods.iter().filter(|pod| text(pod, "status.phase") == phase).count();
    let (succeeded, failed) = (phase("Succeeded"), phase("Failed"));
    let active = pods.len() - succeeded - failed;
    let parallel = count(job, "spec.parallelism").unwrap_or(1);
    let completions = count(job, "spec.completions");
    let left = completions
        .map_or_else(|| if succeeded > 0 { 0 } else { parallel }, |all| all.saturating_sub(succeeded));
    let done = left == 0 && active == 0 && (completions.is_some() || succeeded > 0);
    let mut writes = Vec::new();
    let suspended = flag(job, "spec.suspend");
    if !suspended {
        for nth in active..left.min(parallel) {
            writes.extend(made(cx, job, pods.len() + nth));
        }
    }
    let tally = Tally {
        active,
        ready: pods.iter().filter(|pod| is_ready(pod) && text(pod, "status.phase") == "Running").count(),
        succeeded,
        failed,
    };
    writes.extend(Write::status(job, status(cx, job, &tally, (done, suspended))));
    if done {
        writes.push(event(cx, job, (COMPONENT, "Completed", "Job completed")));
    }
    writes
}

/// Whether a finished Job has been kept for as long as it asks.
fn outlived(cx: Cx<'_>, job: &Value) -> bool {
    let Some(seconds) = number(job, "spec.ttlSecondsAfterFinished") else { return false };
    let time = |text: &str| text.parse::<jiff::Timestamp>().ok();
    let (end, now) = (time(text(job, "status.completionTime")), time(cx.now));
    end.zip(now).is_some_and(|(end, now)| now.as_second() - end.as_second() >= seconds)
}

fn count(job: &Value, path: &str) -> Option<usize> {
    number(job, path).and_then(|it| usize::try_from(it).ok())
}

struct Tally {
    active: usize,
    ready: usize,
    succeeded: usize,
    failed: usize,
}

fn made(cx: Cx<'_>, job: &Value, nth: usize) -> Vec<Write> {
    let name = pod_name(cx, job, nth);
    let template = at(job, "spec.template").unwrap_or(&Value::Null);
    let message = format!("Created pod: {name}");
    vec![
        Write::create(pod_from(job, template, &name, &[])),
        event(cx, job, (COMPONENT, "SuccessfulCreate", &message)),
    ]
}

fn status(cx: Cx<'_>, job: &Value, tally: &Tally, (done, suspended): (bool, bool)) -> Value {
    let mut status = json!({"ready": tally.ready, "terminating": 0, "uncountedTerminatedPods": {}});
    for (key, count) in [("active", tally.active), ("succeeded", tally.succeeded), ("failed", tally.failed)] {
        if count > 0 {
            set(&mut status, key, count);
        }
    }
    if suspended {
        let said = Said { sort: "Suspended", holds: true, reason: "JobSuspended", message: "Job suspended" };
        set(&mut status, "conditions", json!([probed(cx, job, &said)]));
        return status;
    }
    let begun = at(job, "status.startTime").cloned().unwrap_or_else(|| Value::from(cx.now));
    set(&mut status, "startTime", begun);
    if done {
        let message = "Reached expected number of succeeded pods";
        let said = |sort| Said { sort, holds: true, reason: "CompletionsReached", message };
        let all = ["SuccessCriteriaMet", "Complete"].map(|sort| probed(cx, job, &said(sort)));
        set(&mut status, "conditions", all.to_vec());
        set(&mut status, "completionTime", cx.now);
    }
    status
}

fn probed(cx: Cx<'_>, job: &Value, said: &Said<'_>) -> Value {
    let mut fields = condition(cx, job, said);
    let since = fields.get("lastTransitionTime").cloned().unwrap_or_default();
    fields.insert("lastProbeTime".to_owned(), since);
    Value::Object(fields)
}
