//! Reasons for which waiting longer is in vain.

use super::facts::{EventFacts, PodFacts};

/// Crashes after which a container is given up.
const CRASHES: i64 = 3;

/// For how many seconds a reason must have stood before it ends the wait; what may pass is given longer.
const PATIENCE: &[(&str, u64)] = &[
    ("InvalidImageName", 0),
    ("ErrImageNeverPull", 0),
    ("ImagePullBackOff", 10),
    ("ErrImagePull", 20),
    ("CreateContainerConfigError", 30),
    ("CreateContainerError", 30),
    ("RunContainerError", 30),
];

/// Seconds in which a node may still be found or made.
const UNSCHEDULABLE: u64 = 90;

/// Why a Pod will not become ready, where that is certain after `waited` seconds since the write.
pub fn terminal(pod: &PodFacts, waited: u64) -> Option<String> {
    if pod.ready {
        return None;
    }
    if let Some(why) = pod.unschedulable.as_ref().filter(|_| waited >= UNSCHEDULABLE) {
        return Some(format!("pod {} finds no node: {why}", pod.name));
    }
    pod.containers.iter().filter(|container| !container.ready).find_map(|container| {
        let (reason, message) = container.waiting.as_ref()?;
        let hopeless = match reason.as_str() {
            "CrashLoopBackOff" => container.restarts >= CRASHES,
            reason => PATIENCE.iter().any(|(known, patience)| *known == reason && waited >= *patience),
        };
        let head = format!("container {} of pod {}: {reason}", container.name, pod.name);
        hopeless.then(|| if message.is_empty() { head } else { format!("{head}: {message}") })
    })
}

/// Seconds in which a quota may be raised or a webhook come up.
const REFUSED: u64 = 20;

/// Why a workload gets no Pods at all: a quota, a policy or a webhook refuses them.
pub fn refused_pods(events: &[EventFacts], pods: usize, waited: u64) -> Option<String> {
    if pods > 0 || waited < REFUSED {
        return None;
    }
    let refusal = events.iter().filter(|event| event.warning && event.reason == "FailedCreate").max()?;
    Some(format!("no pod can be made: {}", refusal.message))
}
