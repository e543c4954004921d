//! Names for plans by which two of them are compared step by step (rules 5).

use serde_json::{Value, json};

use crate::model::{Digest, FieldChange, Hold, ObjectId, Plan, Shown, Step, Wait, Write};
use crate::secrets::Sealer;

/// The digest of a plan: equal plans do the same to the same objects for the same reasons.
pub fn digest(plan: &Plan) -> Digest {
    let steps: Vec<_> = plan.steps.iter().map(step_tree).collect();
    let mut holds: Vec<_> = plan.holds.iter().map(|hold| hold_tree(hold).to_string()).collect();
    holds.sort();
    Digest::of_tree(&json!({
        "target": [plan.target.repository, plan.target.environment, plan.target.stack],
        "steps": steps,
        "holds": holds,
    }))
}

/// The parts of a plan by object, each with its digest: what differs between two plans is what differs here.
pub fn digests(plan: &Plan) -> Vec<(Option<ObjectId>, String, Digest)> {
    let steps = plan.steps.iter().map(|step| {
        (Some(step.object.clone()), step.action.word().to_owned(), Digest::of_tree(&step_tree(step)))
    });
    let holds = plan.holds.iter().map(|hold| {
        (hold.object.clone(), format!("held: {}", hold.sort.word()), Digest::of_tree(&hold_tree(hold)))
    });
    let mut parts: Vec<_> = steps.chain(holds).collect();
    parts.sort();
    parts
}

fn step_tree(step: &Step) -> Value {
    json!({
        "action": step.action.word(),
        "object": object(&step.object),
        "apiVersion": step.api_version,
        "uid": step.uid,
        // One made without the key is another every time.
        "digest": step.digest.as_ref().filter(|digest| Sealer::comparable(digest)),
        "estimated": step.estimated,
        "fields": step.fields.iter().map(field).collect::<Vec<_>>(),
        "write": write(&step.write),
        "wait": match step.wait { Wait::None => "none", Wait::Exists => "exists", Wait::Ready => "ready" },
        "effects": step.effects,
        "after": step.depends_on.iter().map(|dependency| dependency.on).collect::<Vec<_>>(),
    })
}

fn hold_tree(hold: &Hold) -> Value {
    json!({
        "sort": hold.sort.word(),
        "object": hold.object.as_ref().map(object),
        "reason": hold.reason,
        "blocking": hold.blocking,
        "fields": hold.fields.iter().map(field).collect::<Vec<_>>(),
    })
}

fn object(id: &ObjectId) -> Value {
    json!([id.group, id.kind, id.namespace, id.name])
}

/// What changes and what was decided; when somebody wrote it does not count, since status updates move that time.
fn field(change: &FieldChange) -> Value {
    json!({
        "path": change.path.to_string(),
        "before": shown(&change.values.before),
        "after": shown(&change.values.after),
        "manager": change.writer.as_ref().map(|writer| &writer.manager),
        "note": change.note,
    })
}

fn shown(value: &Shown) -> Value {
    match value {
        Shown::Absent => json!({"absent": true}),
        Shown::Plain(value) => json!({"value": value}),
        Shown::Sealed { length, digest } => json!({"sealed": [length, digest]}),
    }
}

/// The sort of write; resource versions do not count, since every status update moves them.
fn write(write: &Write) -> Value {
    match write {
        Write::Apply { force, manager, ownership_edits, .. } => {
            json!({"apply": manager, "force": force, "moves": !ownership_edits.is_empty()})
        }
        Write::Delete { propagation, .. } => json!({"delete": format!("{propagation:?}")}),
        Write::Replace { propagation, .. } => json!({"replace": format!("{propagation:?}")}),
        Write::Release { .. } => json!("release"),
        Write::None => json!("none"),
    }
}
