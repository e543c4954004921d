//! Reading what explains a failure: the object as it is, its Pods, Events and the end of their logs.

use super::{
    account::{
        EventFacts, Facts, LogTail, PodFacts, account, deletion, newest_hash, newest_pods, refused_pods,
        terminal,
    },
    drive::Scene,
    machine::Ending,
};
use crate::cluster::{CallError, Cluster};
use crate::model::{Body, LiveObject, ObjectId, ReadyReport, Step, Write};

/// Lines of a log that are shown.
const LOG_LINES: usize = 10;
/// Pods whose Events and logs are read.
const PODS: usize = 3;

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

/// The Pods of a workload's newest revision, and what makes them.
struct Crew {
    pods: Vec<Body>,
    /// The newest ReplicaSet of a Deployment.
    maker: Option<ObjectId>,
}

/// Why the Pods of an object will not become ready, where that is certain.
///
/// What cannot be read proves nothing.
pub(super) async fn hopeless(scene: &Scene<'_>, live: &LiveObject, waited: u64) -> Option<String> {
    let crew = crew(scene.cluster, live).await.ok()?;
    if let Some(why) = crew.pods.iter().find_map(|pod| terminal(&PodFacts::of(pod), waited)) {
        return Some(why);
    }
    if !crew.pods.is_empty() {
        return None;
    }
    let makers = [Some(live.body.id()), crew.maker];
    let mut events = Vec::new();
    for maker in makers.into_iter().flatten() {
        events.extend(events_of(scene.cluster, &maker).await.ok()?);
    }
    refused_pods(&events, 0, waited)
}

/// Says in lines why the object of a step is not as it should be.
pub(super) async fn explain(
    scene: &Scene<'_>,
    step: &Step,
    report: &ReadyReport,
    ending: Ending,
) -> Vec<String> {
    let live = match scene.cluster.get(&step.api_version, &step.object).await {
        Ok(Some(live)) => live,
        Ok(None) => return vec![report.message.clone(), "it is not there any more".to_owned()],
        Err(error) => return vec![report.message.clone(), format!("it cannot be read: {error}")],
    };
    let late = (ending == Ending::Late)
        .then(|| format!("not {} within {}", goal(step), seconds(scene.run.timeout.as_secs())));
    if matches!(step.write, Write::Delete { .. }) {
        return late.into_iter().chain(deletion(&live.body)).collect();
    }
    let facts = facts(scene.cluster, &live).await;
    account(report, late.as_deref(), Some(&live.body), &facts)
}

fn goal(step: &Step) -> &'static str {
    if matches!(step.write, Write::Delete { .. }) { "gone" } else { "ready" }
}

/// As in `5m` or `90s`.
fn seconds(all: u64) -> String {
    if all > 0 && all.is_multiple_of(60) { format!("{}m", all / 60) } else { format!("{all}s") }
}

async fn facts(cluster: &Cluster, live: &LiveObject) -> Facts {
    let mut facts = Facts::default();
    let mut about = vec![live.body.id()];
    if has_pods(&live.body) {
        match crew(cluster, live).await {
            Ok(crew) => {
                facts.pods = crew.pods.iter().map(PodFacts::of).collect();
                about.extend(crew.maker);
                let lame = crew.pods.iter().zip(&facts.pods).filter(|(_, pod)| !pod.ready).take(PODS);
                let lame: Vec<(ObjectId, &PodFacts)> = lame.map(|(body, pod)| (body.id(), pod)).collect();
                for (id, pod) in &lame {
                    facts.logs.extend(log(cluster, id, pod).await);
                }
                about.extend(lame.into_iter().map(|(id, _)| id));
            }
            Err(error) => facts.unread.push(format!("its pods cannot be read: {error}")),
        }
    }
    for id in about {
        match events_of(cluster, &id).await {
            Ok(events) => facts.events.extend(events),
            Err(error) => facts.unread.push(format!("events of {id} cannot be read: {error}")),
        }
    }
    facts
}

async fn crew(cluster: &Cluster, live: &LiveObject) -> Result<Crew, CallError> {
    if live.body.kind() == "Pod" {
        return Ok(Crew { pods: vec![live.body.clone()], maker: None });
    }
    // The operators of custom resources say themselves which Pods are theirs.
    let told =
        live.body.text(&["status", "selector"]).filter(|_| live.body.at(&["spec", "selector"]).is_none());
    let found = match (told, live.body.text(&["metadata", "namespace"])) {
        (Some(selector), Some(namespace)) => cluster.selected("v1", "Pod", namespace, selector).await?,
        _ => cluster.pods_of(&live.body).await?,
    };
    let pods: Vec<Body> = found.into_iter().map(|pod| pod.body).collect();
    let sets = match live.body.kind() {
        "Deployment" => cluster.replica_sets_of(live).await?,
        _ => Vec::new(),
    };
    let sets: Vec<Body> = sets.into_iter().map(|set| set.body).collect();
    let hash = newest_hash(&live.body, &sets);
    let maker = sets.iter().find(|set| hash.is_some() && set.label("pod-template-hash") == hash);
    let newest = newest_pods(&pods, hash).into_iter().cloned().collect();
    Ok(Crew { pods: newest, maker: maker.map(Body::id) })
}

async fn events_of(cluster: &Cluster, id: &ObjectId) -> Result<Vec<EventFacts>, CallError> {
    let about = format!("{} {}", id.kind, id.name);
    let found = cluster.events_of(id, None).await?;
    Ok(found
        .into_iter()
        .map(|event| EventFacts {
            time: event.time,
            warning: event.warning,
            reason: event.reason,
            message: event.message,
            count: event.count,
            about: about.clone(),
        })
        .collect())
}

/// The last lines of the container that holds a Pod back, where it ever ran.
async fn log(cluster: &Cluster, id: &ObjectId, pod: &PodFacts) -> Option<LogTail> {
    let culprit = pod.culprit()?;
    let over = culprit.ended.is_some() && culprit.waiting.is_some();
    let ran = culprit.ended.is_some() || (culprit.waiting.is_none() && pod.phase == "Running");
    if !ran {
        return None;
    }
    let lines = cluster.logs_of(id, &culprit.name, LOG_LINES, over).await;
    let lines = lines.unwrap_or_else(|error| vec![format!("cannot be read: {error}")]);
    Some(LogTail { pod: pod.name.clone(), container: culprit.name.clone(), lines })
}
