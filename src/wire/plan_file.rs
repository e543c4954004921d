//! Saved plans: digests, step by step, and never a value (rules 5).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::model::{
    ClusterIdentity, Commit, Digest, Hold, ObjectId, Plan, Precondition, Step, TargetId, Write,
};

const API_VERSION: &str = "obsctl.dev/v1alpha1";
const KIND: &str = "SavedPlan";

/// A saved plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanFile {
    api_version: String,
    kind: String,
    /// The environment it is for.
    pub environment: String,
    /// Kubeconfig context it was made with.
    pub context: String,
    /// The cluster it is for.
    pub identity: String,
    /// The commit it was made of.
    pub commit: Option<String>,
    /// One for each stack.
    pub stacks: Vec<SavedStack>,
}

/// The plan of one stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedStack {
    /// Whose plan it is.
    pub target: TargetId,
    /// The current revision when it was made.
    pub revision: Option<u64>,
    /// Digest of the whole plan.
    pub digest: Digest,
    /// Its steps.
    pub steps: Vec<SavedStep>,
    /// What it does not do.
    pub holds: Vec<SavedHold>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedStep {
    /// What it does, as in `create`.
    pub action: String,
    /// To which object.
    pub object: ObjectId,
    /// Paths of the fields that differ, to say what is different later.
    pub fields: Vec<String>,
    /// Digest of class, uid or absence, changes, conflicts and effects.
    pub digest: Digest,
}

/// One hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedHold {
    /// Its sort, as in `conflict`.
    pub sort: String,
    /// The object, where it is about one.
    pub object: Option<ObjectId>,
    /// Digest of its reason and changes.
    pub digest: Digest,
}

/// Why a file is no saved plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanFileError {
    /// It is not JSON of the right form.
    #[error("it is not a saved plan: {0}")]
    Form(String),
    /// It was written by a version with another form.
    #[error("it is {found}, and this version reads {API_VERSION} {KIND}")]
    Version {
        /// What the file says it is.
        found: String,
    },
}

impl PlanFile {
    /// What is to be saved of plans.
    pub fn of(environment: &str, cluster: &ClusterIdentity, commit: &Commit, plans: &[Plan]) -> Self {
        Self {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            environment: environment.to_owned(),
            context: cluster.context.clone(),
            identity: cluster.identity.clone(),
            commit: commit.id.clone(),
            stacks: plans.iter().map(SavedStack::of).collect(),
        }
    }

    /// The file's text.
    pub fn encode(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads a file's text.
    pub fn decode(text: &str) -> Result<Self, PlanFileError> {
        let tree: Value =
            serde_json::from_str(text).map_err(|error| PlanFileError::Form(error.to_string()))?;
        let word = |key: &str| tree.get(key).and_then(Value::as_str).unwrap_or("?").to_owned();
        let found = format!("{} {}", word("apiVersion"), word("kind"));
        if found != format!("{API_VERSION} {KIND}") {
            return Err(PlanFileError::Version { found });
        }
        serde_json::from_value(tree).map_err(|error| PlanFileError::Form(error.to_string()))
    }

    /// What is otherwise in a plan made later, a line each; empty where both are equal.
    pub fn differences(&self, later: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.identity != later.identity {
            lines.push(format!("it was made for cluster {}, and this is {}", self.identity, later.identity));
        }
        let saved: BTreeMap<_, _> = self.stacks.iter().map(|stack| (&stack.target, stack)).collect();
        let new: BTreeMap<_, _> = later.stacks.iter().map(|stack| (&stack.target, stack)).collect();
        for (target, stack) in &saved {
            match new.get(target) {
                Some(newer) => stack.differences(newer, &mut lines),
                None => lines.push(format!("{target}: no longer planned")),
            }
        }
        lines.extend(new.keys().filter(|t| !saved.contains_key(*t)).map(|t| format!("{t}: newly planned")));
        lines
    }
}

impl SavedStack {
    fn of(plan: &Plan) -> Self {
        let steps: Vec<_> = plan.steps.iter().map(SavedStep::of).collect();
        let holds: Vec<_> = plan.holds.iter().map(SavedHold::of).collect();
        let mut parts: Vec<_> = steps.iter().map(|step| step.digest.0.clone()).collect();
        parts.sort();
        let mut held: Vec<_> = holds.iter().map(|hold| hold.digest.0.clone()).collect();
        held.sort();
        let digest = Digest::of_tree(&json!({"revision": plan.revision, "steps": parts, "holds": held}));
        Self { target: plan.target.clone(), revision: plan.revision, digest, steps, holds }
    }

    fn differences(&self, later: &Self, lines: &mut Vec<String>) {
        let before = lines.len();
        if self.revision != later.revision {
            let name =
                |revision: Option<u64>| revision.map_or("none".to_owned(), |number| number.to_string());
            lines.push(format!(
                "{}: current revision was {}, and is {}",
                self.target,
                name(self.revision),
                name(later.revision)
            ));
        }
        let saved: BTreeMap<_, _> = self.steps.iter().map(|step| (&step.object, step)).collect();
        let new: BTreeMap<_, _> = later.steps.iter().map(|step| (&step.object, step)).collect();
        for (object, step) in &saved {
            match new.get(object) {
                None => lines.push(format!("{object}: {} is no longer to be done", step.action)),
                Some(newer) if newer.digest != step.digest => lines.push(step.difference(newer)),
                Some(_) => {}
            }
        }
        for (object, step) in new.iter().filter(|(object, _)| !saved.contains_key(*object)) {
            lines.push(format!("{object}: {} is new", step.action));
        }
        let digests = |stack: &Self| stack.holds.iter().map(|h| h.digest.clone()).collect::<Vec<_>>();
        let (old, now) = (digests(self), digests(later));
        let named = |hold: &SavedHold| {
            hold.object
                .as_ref()
                .map_or_else(|| hold.sort.clone(), |object| format!("{object}: {}", hold.sort))
        };
        let new = later.holds.iter().filter(|hold| !old.contains(&hold.digest));
        lines.extend(new.map(|hold| format!("{}: held now", named(hold))));
        let gone = self.holds.iter().filter(|hold| !now.contains(&hold.digest));
        lines.extend(gone.map(|hold| format!("{}: held no longer, or otherwise", named(hold))));
        if lines.len() == before && self.digest != later.digest {
            lines.push(format!("{}: the plan differs", self.target));
        }
    }
}

impl SavedStep {
    fn of(step: &Step) -> Self {
        Self {
            action: step.action.word().to_owned(),
            object: step.object.clone(),
            fields: step.fields.iter().map(|field| field.path.to_string()).collect(),
            digest: Digest::of_tree(&canonical_step(step)),
        }
    }

    fn difference(&self, later: &Self) -> String {
        if self.action != later.action {
            return format!("{}: was {}, and is {}", self.object, self.action, later.action);
        }
        let other = |a: &Self, b: &Self| {
            a.fields.iter().filter(|path| !b.fields.contains(path)).cloned().collect::<Vec<_>>()
        };
        let (gone, new) = (other(self, later), other(later, self));
        match (gone.is_empty(), new.is_empty()) {
            (true, true) => format!("{}: {} brings other values", self.object, self.action),
            (true, false) => format!("{}: {} now also changes {}", self.object, self.action, new.join(", ")),
            (false, true) => {
                format!("{}: {} no longer changes {}", self.object, self.action, gone.join(", "))
            }
            (false, false) => format!(
                "{}: {} changes {} in place of {}",
                self.object,
                self.action,
                new.join(", "),
                gone.join(", ")
            ),
        }
    }
}

impl SavedHold {
    fn of(hold: &Hold) -> Self {
        let tree = json!({
            "sort": hold.sort.word(),
            "object": hold.object,
            "reason": hold.reason,
            "blocking": hold.blocking,
            "fields": hold.fields.iter().map(canonical_field).collect::<Vec<_>>(),
        });
        Self {
            sort: hold.sort.word().to_owned(),
            object: hold.object.clone(),
            digest: Digest::of_tree(&tree),
        }
    }
}

/// All of a step that a later plan must bring again.
fn canonical_step(step: &Step) -> Value {
    json!({
        "action": step.action.word(),
        "object": step.object,
        "apiVersion": step.api_version,
        "estimated": step.estimated,
        "fields": step.fields.iter().map(canonical_field).collect::<Vec<_>>(),
        "write": canonical_write(step),
        "effects": step.effects,
        "desired": step.digest,
        "uid": step.uid,
    })
}

fn canonical_field(field: &crate::model::FieldChange) -> Value {
    json!({
        "path": field.path.to_string(),
        "before": format!("{:?}", field.values.before),
        "after": format!("{:?}", field.values.after),
        "manager": field.writer.as_ref().map(|writer| &writer.manager),
        "note": field.note,
    })
}

/// The write without what moves by itself; a Secret's resourceVersion counts, because its values are sealed.
fn canonical_write(step: &Step) -> Value {
    let held = |precondition: &Precondition| match precondition {
        Precondition::Absent => json!("absent"),
        Precondition::Exact { uid, resource_version } if step.object.is("", "Secret") => {
            json!({"uid": uid, "resourceVersion": resource_version})
        }
        Precondition::Uid(uid) | Precondition::Exact { uid, .. } => json!({"uid": uid}),
    };
    match &step.write {
        Write::Apply { precondition, force, manager, ownership_edits, .. } => {
            json!({"apply": held(precondition), "force": force, "manager": manager, "edits": ownership_edits.len()})
        }
        Write::Delete { precondition, propagation } => {
            json!({"delete": held(precondition), "propagation": format!("{propagation:?}")})
        }
        Write::Replace { precondition, propagation, .. } => {
            json!({"replace": held(precondition), "propagation": format!("{propagation:?}")})
        }
        Write::Release { precondition, .. } => json!({"release": held(precondition)}),
        Write::None => json!("none"),
    }
}

#[cfg(test)]
#[path = "plan_file_tests.rs"]
mod tests;
