//! Gates (`verify`): asked after an apply until they hold, and once by `status`.

use std::time::Duration;

use futures::future::join_all;
use serde_json::Value;
use tokio::{
    sync::mpsc::UnboundedSender,
    time::{Instant, sleep},
};

use super::session::Session;
use crate::apply::ready::judge;
use crate::cluster::{CallError, Cluster, rbac_hint};
use crate::model::{Event, Expect, Gate, GateAsk, GateOutcome, GateReport, Gvk, ObjectId, Readiness, Target};

/// Between two questions of a gate that does not hold yet.
const AGAIN: Duration = Duration::from_secs(2);

/// How long a gate may take.
#[derive(Debug, Clone)]
pub(super) enum Patience {
    /// It is asked once, without its `for`: what is seen is how it stands.
    Once,
    /// It is asked until it held for its `for`, at most so long beside that; who hears of it.
    Until(Duration, UnboundedSender<Event>),
}

/// Asks all gates of a target, side by side.
pub(super) async fn ask_all(session: &Session, target: &Target, patience: &Patience) -> Vec<GateReport> {
    join_all(target.verify.iter().map(|gate| ask(session, target, gate, patience))).await
}

/// Asks a gate until it holds or patience ends.
async fn ask(session: &Session, target: &Target, gate: &Gate, patience: &Patience) -> GateReport {
    let asker = Asker { session, namespace: target.namespace.as_deref().unwrap_or("default") };
    let report = |(outcome, evidence)| GateReport {
        name: gate.name.clone(),
        outcome,
        evidence,
        place: gate.place.clone(),
    };
    let (limit, events) = match patience {
        Patience::Once => return report(asker.once(target, gate).await),
        Patience::Until(limit, events) => (*limit, events),
    };
    let hold = match gate.ask {
        GateAsk::Query { hold, .. } => Duration::from_secs(hold),
        GateAsk::Ready { .. } | GateAsk::Http { .. } | GateAsk::Manual(_) => Duration::ZERO,
    };
    let end = Instant::now() + limit + hold;
    let (mut held_since, mut told) = (None, false);
    let ended = loop {
        let (outcome, evidence) = asker.once(target, gate).await;
        let now = Instant::now();
        let since = (outcome != GateOutcome::Failed).then(|| held_since.unwrap_or(now));
        held_since = since;
        let holds = since.is_some_and(|since| now.duration_since(since) >= hold);
        if holds || outcome == GateOutcome::Manual || now >= end {
            break report(if holds { (outcome, evidence) } else { (GateOutcome::Failed, evidence) });
        }
        if !told && outcome == GateOutcome::Failed {
            told = true;
            // Nobody listens any more: then nobody misses it.
            events.send(Event::GateWaits { name: gate.name.clone(), evidence }).ok();
        }
        sleep(AGAIN.min(end.saturating_duration_since(now))).await;
    };
    events.send(Event::GateEnded { report: ended.clone() }).ok();
    ended
}

/// Who asks the cluster, and in which namespace.
struct Asker<'a> {
    session: &'a Session,
    namespace: &'a str,
}

impl Asker<'_> {
    /// Asks a gate once: what came of it, and what was seen.
    async fn once(&self, target: &Target, gate: &Gate) -> (GateOutcome, String) {
        let seen = match &gate.ask {
            GateAsk::Manual(text) => return (GateOutcome::Manual, text.clone()),
            GateAsk::Ready { kind, name, namespace } => {
                self.ready(target, kind, name, namespace.as_deref()).await
            }
            GateAsk::Query { query, service, expect, .. } => self.query(query, service, *expect).await,
            GateAsk::Http { service, path, status } => self.http(service, path, *status).await,
        };
        let (holds, evidence) = seen;
        (if holds { GateOutcome::Passed } else { GateOutcome::Failed }, evidence)
    }

    async fn ready(
        &self,
        target: &Target,
        kind: &str,
        name: &str,
        namespace: Option<&str>,
    ) -> (bool, String) {
        let Some((gvk, id)) = self.object(target, kind, name, namespace) else {
            return (false, format!("the cluster serves no kind {kind}"));
        };
        match self.cluster().get(&gvk.api_version(), &id).await {
            Ok(Some(object)) => {
                let report = judge(&object.body);
                let holds = report.readiness == Readiness::Ready;
                let told = self.cluster().clean(&report.message);
                (holds, if told.is_empty() { word(report.readiness).to_owned() } else { told })
            }
            Ok(None) => (false, format!("{id} is not there")),
            Err(error) => (false, told(&error)),
        }
    }

    /// The object a gate names: of the target where it declares it, else of the first kind of that name.
    fn object(
        &self,
        target: &Target,
        kind: &str,
        name: &str,
        namespace: Option<&str>,
    ) -> Option<(Gvk, ObjectId)> {
        let own = self.session.rendered.desired(&target.id);
        let declared = own.into_iter().flat_map(|desired| desired.objects.values()).find(|wanted| {
            let there = namespace.is_none_or(|space| wanted.id.namespace.as_deref() == Some(space));
            wanted.id.kind == kind && wanted.id.name == name && there
        });
        if let Some(wanted) = declared {
            return Some((wanted.body.gvk(), wanted.id.clone()));
        }
        let types = &self.session.types.types;
        let known = types.values().find(|known| known.gvk.kind == kind)?;
        let namespace = known.namespaced.then(|| namespace.unwrap_or(self.namespace).to_owned());
        let id = ObjectId {
            group: known.gvk.group.clone(),
            kind: kind.to_owned(),
            namespace,
            name: name.to_owned(),
        };
        Some((known.gvk.clone(), id))
    }

    async fn query(&self, query: &str, service: &str, expect: Expect) -> (bool, String) {
        let path = ("api/v1/query", &[("query", query)][..]);
        match self.cluster().through_service(self.namespace, service, path).await {
            Ok((200, body)) => match samples(&body) {
                Some(samples) => (expect.holds(&samples), shown(&samples)),
                None => (false, format!("{service} gave no answer of Prometheus' query API")),
            },
            Ok((status, _)) => (false, format!("{service} answered {status} to the query")),
            Err(error) => (false, told(&error)),
        }
    }

    async fn http(&self, service: &str, path: &str, status: u16) -> (bool, String) {
        match self.cluster().through_service(self.namespace, service, (path, &[])).await {
            Ok((found, _)) if found == status => (true, format!("HTTP {found}")),
            Ok((found, _)) => (false, format!("HTTP {found}, not {status}")),
            Err(error) => (false, told(&error)),
        }
    }

    fn cluster(&self) -> &Cluster {
        &self.session.cluster
    }
}

fn word(readiness: Readiness) -> &'static str {
    match readiness {
        Readiness::Ready => "ready",
        Readiness::InProgress => "in progress",
        Readiness::Failed => "failed",
        Readiness::Unknown => "no rule says when this kind is ready",
    }
}

/// Why there was no answer, and for a missing right what would give it.
fn told(error: &CallError) -> String {
    match error.refusal().and_then(rbac_hint) {
        Some(hint) => format!("{error} ({hint})"),
        None => error.to_string(),
    }
}

/// The values of an instant query's result: a vector's samples, or a scalar.
///
/// <https://prometheus.io/docs/prometheus/latest/querying/api/#expression-query-result-formats>
fn samples(body: &[u8]) -> Option<Vec<f64>> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let data = answer.get("data")?;
    let number = |pair: &Value| pair.get(1)?.as_str()?.parse().ok();
    match data.get("resultType")?.as_str()? {
        "vector" => data.get("result")?.as_array()?.iter().map(|one| number(one.get("value")?)).collect(),
        "scalar" => Some(vec![number(data.get("result")?)?]),
        _ => None,
    }
}

fn shown(samples: &[f64]) -> String {
    match samples {
        [] => "an empty result".to_owned(),
        [one] => format!("the result is {one}"),
        [first, ..] => {
            let (least, most) =
                samples.iter().fold((*first, *first), |(least, most), one| (least.min(*one), most.max(*one)));
            format!("{} series, from {least} to {most}", samples.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_instant_queries_are_read() {
        let vector = br#"{"status":"success","data":{"resultType":"vector","result":[
            {"metric":{},"value":[1,"1"]},{"metric":{"a":"b"},"value":[1,"2.5"]}]}}"#;
        let scalar = br#"{"status":"success","data":{"resultType":"scalar","result":[1,"NaN"]}}"#;
        assert_eq!(samples(vector), Some(vec![1.0, 2.5]));
        assert_eq!(shown(&[1.0, 2.5]), "2 series, from 1 to 2.5");
        assert!(
            samples(scalar).is_some_and(|found| found.len() == 1 && found.iter().all(|one| one.is_nan()))
        );
        assert_eq!(samples(b"<html>"), None);
        assert_eq!(samples(br#"{"status":"error","error":"x"}"#), None);
    }
}
