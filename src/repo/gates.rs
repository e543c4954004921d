//! `requires` and `verify`.

use super::{fields::Taker, sources::counts};
use crate::model::{Expect, Gate, GateAsk, Problem, Requirement, RequirementSort};
use crate::syntax::Node;

const SORTS: &[(&str, RequirementSort)] = &[
    ("crd", RequirementSort::Crd),
    ("namespace", RequirementSort::Namespace),
    ("secret", RequirementSort::Secret),
    ("configMap", RequirementSort::ConfigMap),
    ("storageClass", RequirementSort::StorageClass),
];

/// All requirements of a list.
pub(super) fn requirements(taker: &mut Taker<'_>, items: &[Node]) -> Vec<Requirement> {
    items.iter().filter_map(|item| requirement(taker, item)).collect()
}

fn requirement(taker: &mut Taker<'_>, item: &Node) -> Option<Requirement> {
    let keys: Vec<&str> = SORTS.iter().map(|(word, _)| *word).chain(["when"]).collect();
    if !taker.map(item, "a requirement", &keys) {
        return None;
    }
    let on = counts(taker, item);
    let named: Vec<_> = SORTS.iter().filter(|(word, _)| item.get(word).is_some()).collect();
    let [(word, sort)] = named.as_slice() else {
        taker.wrong(item, "a requirement names one thing", "write `- secret: namespace/name`");
        return None;
    };
    let name = taker.text(item, word)?;
    on.then(|| Requirement { sort: *sort, name, place: item.place(&taker.file) })
}

/// All gates of a list.
pub(super) fn gates(taker: &mut Taker<'_>, items: &[Node]) -> Vec<Gate> {
    items.iter().filter_map(|item| gate(taker, item)).collect()
}

fn gate(taker: &mut Taker<'_>, item: &Node) -> Option<Gate> {
    let keys = ["name", "ready", "query", "service", "expect", "for", "http", "manual", "when"];
    if !taker.map(item, "a gate", &keys) {
        return None;
    }
    let on = counts(taker, item);
    let name = taker.needed_text(item, "name", "name: prometheus-is-ready")?;
    let asks = ["ready", "query", "http", "manual"];
    let named: Vec<&str> = asks.into_iter().filter(|ask| item.get(ask).is_some()).collect();
    let [ask] = named.as_slice() else {
        taker.wrong(item, "a gate asks one thing", "give it `ready`, `query`, `http` or `manual`");
        return None;
    };
    let ask = match *ask {
        "ready" => ready(taker, item.get("ready")?)?,
        "query" => GateAsk::Query {
            query: taker.text(item, "query")?,
            service: taker.needed_text(item, "service", "service: prometheus:9090")?.value,
            expect: expect(taker, item)?,
            hold: hold(taker, item)?,
        },
        "http" => http(taker, item.get("http")?)?,
        _ => GateAsk::Manual(taker.text(item, "manual")?),
    };
    on.then(|| Gate { name: name.value, ask, place: item.place(&taker.file) })
}

/// What the samples of a query are compared with.
fn expect(taker: &mut Taker<'_>, item: &Node) -> Option<Expect> {
    let text = taker.needed_text(item, "expect", "expect: \"> 0\"")?;
    let found = Expect::parse(&text.value);
    if found.is_none() {
        let message = format!("`expect` cannot be `{}`", text.value);
        let help = "write a comparison with a number, as `\"> 0\"`, or `none` for an empty result";
        taker.problems.push(Problem::new(text.place, message).help(help));
    }
    found
}

/// The seconds of `for`, written as Prometheus writes them: `90s`, `5m`, `1h`; 0 where it is missing.
fn hold(taker: &mut Taker<'_>, item: &Node) -> Option<u64> {
    if item.get("for").is_none() {
        return Some(0);
    }
    let text = taker.placed_text(item, "for")?;
    let digits = text.value.trim_end_matches(['s', 'm', 'h']);
    let seconds = match text.value.get(digits.len()..) {
        Some("s") => Some(1),
        Some("m") => Some(60),
        Some("h") => Some(3_600),
        _ => None,
    };
    let found = seconds.and_then(|unit: u64| unit.checked_mul(digits.parse().ok()?));
    if found.is_none() {
        let message = format!("`for` cannot be `{}`", text.value);
        taker.problems.push(Problem::new(text.place, message).help("write `90s`, `5m` or `1h`"));
    }
    found
}

fn ready(taker: &mut Taker<'_>, node: &Node) -> Option<GateAsk> {
    taker.map(node, "`ready`", &["kind", "name", "namespace"]);
    Some(GateAsk::Ready {
        kind: taker.needed_text(node, "kind", "kind: Deployment")?.value,
        name: taker.needed_text(node, "name", "name: prometheus")?.value,
        namespace: taker.text(node, "namespace"),
    })
}

fn http(taker: &mut Taker<'_>, node: &Node) -> Option<GateAsk> {
    taker.map(node, "`http`", &["service", "path", "status"]);
    let status = match node.get("status") {
        Some(_) => taker.count(node, "status")?,
        None => 200,
    };
    Some(GateAsk::Http {
        service: taker.needed_text(node, "service", "service: grafana:3000")?.value,
        path: taker.needed_text(node, "path", "path: /api/health")?.value,
        status: u16::try_from(status).unwrap_or(200),
    })
}
