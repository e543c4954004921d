//! Kinds whose outside help is reported, not waited for: addresses, metrics, aggregated APIs.

use super::lens::{condition, ready, waiting};
use crate::model::{Body, ReadyReport};

/// A Service is ready; a LoadBalancer needs its cluster IP, not its outer address.
pub(super) fn service(live: &Body) -> ReadyReport {
    if live.text(&["spec", "type"]) != Some("LoadBalancer") {
        return ready("exists");
    }
    if live.text(&["spec", "clusterIP"]).unwrap_or_default().is_empty() {
        return waiting("has no cluster IP yet");
    }
    address(live)
}

/// An Ingress is ready whether or not it has an address.
pub(super) fn ingress(live: &Body) -> ReadyReport {
    address(live)
}

/// An APIService is ready whether or not its server answers.
pub(super) fn api_service(live: &Body) -> ReadyReport {
    match condition(live, "Available") {
        Some(found) if found.is_true() => ready("available"),
        Some(found) => ready(format!("not waited for: {}", found.said())),
        None => ready("not waited for: its server has not been asked yet"),
    }
}

/// A HorizontalPodAutoscaler is ready whether or not it gets metrics.
pub(super) fn autoscaler(live: &Body) -> ReadyReport {
    match condition(live, "ScalingActive") {
        Some(found) if found.is_false() => ready(format!("not waited for: {}", found.said())),
        _ => ready("exists"),
    }
}

fn address(live: &Body) -> ReadyReport {
    if live.items(&["status", "loadBalancer", "ingress"]).is_empty() {
        ready("not waited for: it has no address yet")
    } else {
        ready("has an address")
    }
}
