//! What the server would answer, where it cannot be asked (promise 5).

use serde_json::Value;

use crate::fields::{self, FieldSet};
use crate::model::{Body, LiveObject, ObjectId};

use super::{
    accepted::{self, Outcome},
    context::Context,
    inquiry::{Case, Verdict},
};

/// The decision by our own server-side merge, marked as an estimate.
pub(crate) fn settle(context: &Context<'_>, id: &ObjectId, case: &Case, because: &str) -> Verdict {
    let Some(live) = &case.live else {
        return accepted::creation(context, id, case, Some(because.to_owned()));
    };
    let merged = Body::new(merged(context, case, live));
    let differences = context.differences(live.body.tree(), &merged);
    let outcome = Outcome { differences, moved: false, estimated: Some(because.to_owned()) };
    accepted::changed(context, id, case, outcome)
}

/// The live object with ours laid over it, and without what only we owned and declare no more.
pub(crate) fn merged(context: &Context<'_>, case: &Case, live: &LiveObject) -> Value {
    let schema = context.schema(&case.body);
    let wanted = fields::owned(case.body.tree(), schema);
    let (ours, others): (Vec<_>, Vec<_>) =
        live.managed.iter().partition(|entry| entry.apply && entry.manager == case.manager);
    let union = |entries: Vec<&crate::model::ManagedEntry>| {
        entries.iter().fold(FieldSet::default(), |all, entry| {
            all.union(&FieldSet::parse(&entry.fields).unwrap_or_default())
        })
    };
    let dropped = union(ours).difference(&wanted).difference(&union(others));
    let mut tree = fields::merge_apply(live.body.tree(), case.body.tree(), schema);
    for path in dropped.paths() {
        fields::remove(&mut tree, &path);
    }
    tree
}
