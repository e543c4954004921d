//! Reading what explains a failure: the object as it is, its Pods, Events and the end of their logs.

use super::{
    account::{Facts, account, deletion},
    drive::Scene,
};
use crate::model::{Body, ReadyReport, Step, Write};

/// Kinds whose readiness is that of their Pods.
pub(super) fn has_pods(live: &Body) -> bool {
    matches!(
        live.kind(),
        "Deployment"
            | "StatefulSet"
            | "DaemonSet"
            | "ReplicaSet"
            | "Job"
            | "Pod"
            | "Prometheus"
            | "Alertmanager"
            | "ThanosRuler"
            | "PrometheusAgent"
    )
}

/// Why the Pods of an object will not become ready, where that is certain.
pub(super) async fn hopeless(_scene: &Scene<'_>, _live: &Body, _waited: u64) -> Option<String> {
    None
}

/// Says in lines why the object of a step is not as it should be.
pub(super) async fn explain(scene: &Scene<'_>, step: &Step, report: &ReadyReport) -> Vec<String> {
    let found = scene.cluster.get(&step.api_version, &step.object).await;
    let live = match found {
        Ok(Some(live)) => live,
        Ok(None) => return vec![report.message.clone(), "it is not there any more".to_owned()],
        Err(error) => return vec![report.message.clone(), format!("it cannot be read: {error}")],
    };
    if matches!(step.write, Write::Delete { .. }) {
        return deletion(&live.body);
    }
    account(report, None, Some(&live.body), &Facts::default())
}
