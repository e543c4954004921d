//! Putting the plan's questions to the API server.

use futures::{StreamExt as _, stream};

use crate::cluster::Cluster;
use crate::model::{Answer, ObjectId, Plan};
use crate::plan::{Context, Inquiry, PlanMode, conclude};

/// How many objects are in question at once; the cluster's own limit adapts below this.
const IN_QUESTION: usize = 64;

/// Makes the plan of one target: each object is asked about until its inquiry is satisfied.
pub(super) async fn make_plan(context: &Context<'_>, cluster: &Cluster) -> Plan {
    let mut settled: Vec<(usize, Inquiry<'_>)> = Vec::new();
    let mut open: Vec<(usize, Inquiry<'_>)> = Vec::new();
    for (at, id) in context.desired.objects.keys().enumerate() {
        let inquiry = Inquiry::open(context, id);
        if inquiry.question().is_some() { open.push((at, inquiry)) } else { settled.push((at, inquiry)) }
    }
    let asked: Vec<_> = stream::iter(open)
        .map(|(at, inquiry)| async move { (at, satisfied(inquiry, context, cluster).await) })
        .buffer_unordered(IN_QUESTION)
        .collect()
        .await;
    settled.extend(asked);
    settled.sort_by_key(|(at, _)| *at);
    conclude(context, settled.into_iter().map(|(_, inquiry)| inquiry).collect())
}

async fn satisfied<'c>(mut inquiry: Inquiry<'c>, context: &Context<'_>, cluster: &Cluster) -> Inquiry<'c> {
    while let Some(question) = inquiry.question() {
        if context.options.mode == PlanMode::Local {
            inquiry.estimate("--plan-mode local asks for no dry-run");
            continue;
        }
        let answer = cluster.dry_run(&question).await;
        let denied = match &answer {
            Answer::Refused(refusal) if refusal.code == 403 && context.options.mode == PlanMode::Auto => {
                !may_apply(inquiry.object(), question.body.api_version(), context, cluster).await
            }
            Answer::Accepted(_) | Answer::Conflict(_) | Answer::Refused(_) | Answer::Unreachable(_) => false,
        };
        if denied {
            inquiry.estimate("RBAC does not allow the dry-run");
        } else {
            inquiry.answer(answer);
        }
    }
    inquiry
}

/// Whether RBAC lets us apply the object: only then does a 403 come from somewhere else (rules 8).
async fn may_apply(id: &ObjectId, api_version: &str, context: &Context<'_>, cluster: &Cluster) -> bool {
    let absent = context.live.objects.get(id).is_none_or(|observed| observed.present().is_none());
    cluster.may_apply(api_version, id, absent).await.unwrap_or(true)
}
