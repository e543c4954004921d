//! The account itself.

use serde_json::Value;

use super::facts::{ContainerFacts, ContainerSort, EventFacts, LogTail, PodFacts};
use crate::model::{Body, ReadyReport};

const MOST_EVENTS: usize = 4;
const MOST_PODS: usize = 3;

/// All that was found out about an object that is not ready.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Events about it and its Pods, in any order.
    pub events: Vec<EventFacts>,
    /// Its Pods of the newest revision.
    pub pods: Vec<PodFacts>,
    /// Ends of logs of containers that failed.
    pub logs: Vec<LogTail>,
    /// What could not be read, and why.
    pub unread: Vec<String>,
}

/// Explains in lines why an object is not ready: its state, its Pods, the newest Events, the end of the log.
pub fn account(report: &ReadyReport, late: Option<&str>, live: Option<&Body>, facts: &Facts) -> Vec<String> {
    let mut lines: Vec<String> = late.map(str::to_owned).into_iter().collect();
    lines.push(report.message.clone());
    lines.extend(live.map(conditions).unwrap_or_default().into_iter().filter(|it| *it != report.message));
    let unready: Vec<&PodFacts> =
        facts.pods.iter().filter(|pod| !pod.ready && pod.phase != "Succeeded").collect();
    lines.extend(unready.iter().take(MOST_PODS).map(|pod| pod_line(pod)));
    if unready.len() > MOST_PODS {
        lines.push(format!("and {} more pods that are not ready", unready.len() - MOST_PODS));
    }
    lines.extend(events(&facts.events));
    for log in &facts.logs {
        lines.push(format!("log of pod {}, container {}:", log.pod, log.container));
        lines.extend(log.lines.iter().map(|line| format!("  {line}")));
    }
    lines.extend(facts.unread.iter().cloned());
    lines
}

/// Conditions that say that something is wrong.
fn conditions(live: &Body) -> Vec<String> {
    let bad = |condition: &Value| {
        let text = |key| condition.get(key).and_then(Value::as_str).unwrap_or_default();
        let failing = matches!(text("type"), "ReplicaFailure" | "Stalled" | "Failed" | "Degraded");
        let wrong = if failing { text("status") == "True" } else { text("status") == "False" };
        let words: Vec<&str> =
            [text("reason"), text("message")].into_iter().filter(|part| !part.is_empty()).collect();
        (wrong && !words.is_empty())
            .then(|| format!("condition {} is {}: {}", text("type"), text("status"), words.join(", ")))
    };
    live.items(&["status", "conditions"]).iter().filter_map(bad).collect()
}

fn pod_line(pod: &PodFacts) -> String {
    if let Some(why) = &pod.unschedulable {
        return format!("pod {} finds no node: {why}", pod.name);
    }
    match pod.culprit() {
        Some(container) => format!("pod {}: {}", pod.name, container_words(container)),
        None => {
            format!("pod {} is {}", pod.name, if pod.phase.is_empty() { "not observed" } else { &pod.phase })
        }
    }
}

fn container_words(container: &ContainerFacts) -> String {
    let sort = if container.sort == ContainerSort::Init { "init container" } else { "container" };
    let mut words = vec![format!("{sort} {}", container.name)];
    match &container.waiting {
        Some((reason, message)) if message.is_empty() => words.push(format!("waits: {reason}")),
        Some((reason, message)) => words.push(format!("waits: {reason}, {message}")),
        None => words.push("is not ready".to_owned()),
    }
    if let Some((reason, code)) = &container.ended {
        words.push(format!("(ended last with code {code}, {reason}; {} restarts)", container.restarts));
    }
    words.join(" ")
}

/// The newest Warnings, else the newest Events; equal words once.
fn events(all: &[EventFacts]) -> Vec<String> {
    let warned = all.iter().any(|event| event.warning);
    let mut sorted: Vec<&EventFacts> = all.iter().filter(|event| event.warning || !warned).collect();
    sorted.sort_by(|a, b| b.time.cmp(&a.time));
    let mut lines: Vec<String> = Vec::new();
    for event in sorted {
        let times = if event.count > 1 { format!(" ({} times)", event.count) } else { String::new() };
        let line = format!("event {} on {}: {}{times}", event.reason, event.about, event.message);
        let known = lines.iter().any(|have| have.contains(&event.message));
        if !known && lines.len() < MOST_EVENTS {
            lines.push(line);
        }
    }
    lines
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
