//! What is wrong with a set of objects as a whole.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::{Body, DesiredState, Finding, ObjectId, Origin, Place, Problem, Severity, Wanted};

/// Most bytes that a ConfigMap or Secret may hold.
const MOST_BYTES: usize = 1024 * 1024;

/// The objects by identity; an identity that comes twice is a mistake.
pub(super) fn unique(
    objects: Vec<(Body, Origin)>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<ObjectId, Wanted> {
    let mut unique: BTreeMap<ObjectId, Wanted> = BTreeMap::new();
    for (body, origin) in objects {
        let id = body.id();
        if let Some(first) = unique.get(&id).and_then(|wanted| wanted.origin.as_ref()) {
            let message = format!("{id} is declared twice, first at {}", first.place);
            problems.push(Problem::new(origin.place.clone(), message).help("remove one of them"));
            continue;
        }
        if let Some(problem) = too_large(&id, &body, &origin) {
            problems.push(problem);
        }
        unique.insert(id.clone(), Wanted { id, body, origin: Some(origin) });
    }
    unique
}

fn too_large(id: &ObjectId, body: &Body, origin: &Origin) -> Option<Problem> {
    if !id.is("", "ConfigMap") && !id.is("", "Secret") {
        return None;
    }
    let parts = ["data", "binaryData"].iter().filter_map(|part| body.map(&[part]));
    let bytes: usize =
        parts.flatten().map(|(key, value)| key.len() + value.as_str().map_or(0, str::len)).sum();
    (bytes > MOST_BYTES).then(|| {
        let message = format!("{id} holds {bytes} bytes, and Kubernetes takes at most {MOST_BYTES}");
        Problem::new(origin.place.clone(), message).help("split it: several ConfigMaps with fewer files each")
    })
}

/// What is noticed about the objects of one target.
pub(super) fn findings(objects: &BTreeMap<ObjectId, Wanted>, file: &Place) -> Vec<Finding> {
    let mut findings = Vec::new();
    if objects.is_empty() {
        findings.push(Finding {
            id: "empty-render",
            severity: Severity::Warning,
            object: None,
            place: Some(file.clone()),
            message: "the stack has no objects".to_owned(),
            fix: Some("name its files under `spec.sources`".to_owned()),
        });
    }
    findings.extend(objects.values().filter(|wanted| is_plain_secret(&wanted.body)).map(|wanted| Finding {
        id: "plain-secret",
        severity: Severity::Warning,
        object: Some(wanted.id.to_string()),
        place: wanted.origin.as_ref().map(|origin| origin.place.clone()),
        message: "its values stand readable in git".to_owned(),
        fix: Some("make it outside of git and name it under `requires`".to_owned()),
    }));
    findings
}

fn is_plain_secret(body: &Body) -> bool {
    let filled = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    body.is_secret() && body.map(&["data"]).is_some_and(|data| data.values().any(filled))
}

/// Objects that two stacks of an environment declare (rules 4); shared ones may be.
pub fn cross_check(states: &[&DesiredState]) -> Vec<Problem> {
    let mut seen: BTreeMap<&ObjectId, (&DesiredState, &Wanted)> = BTreeMap::new();
    let mut problems = Vec::new();
    for state in states {
        for (id, wanted) in &state.objects {
            let Some((other, first)) = seen.insert(id, (state, wanted)) else { continue };
            let shared = [&wanted.body, &first.body]
                .iter()
                .all(|body| body.label(crate::model::LABEL_STACK).is_none());
            if shared {
                continue;
            }
            let place = |wanted: &Wanted| wanted.origin.as_ref().map(|origin| origin.place.clone());
            let Some(here) = place(wanted) else { continue };
            let there = place(first).map_or_else(String::new, |place| format!(" at {place}"));
            let message = format!(
                "{id} is declared by stack `{}` too{there}, and an object belongs to one stack",
                other.target.stack
            );
            problems.push(
                Problem::new(here, message)
                    .help("remove one of them, or annotate both `obsctl.dev/shared: \"true\"`"),
            );
        }
    }
    problems
}
