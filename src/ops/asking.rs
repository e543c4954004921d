//! Putting the plan's questions to the API server.

use std::collections::BTreeSet;

use futures::{StreamExt as _, stream};

use crate::cluster::Cluster;
use crate::model::{ObjectId, Plan};
use crate::plan::{Context, Inquiry, conclude};

/// How many objects are in question at once; the cluster's own limit adapts below this.
const IN_QUESTION: usize = 64;

/// Makes the plan of one target: each object is asked about until its inquiry is satisfied.
pub(super) async fn make_plan(context: &Context<'_>, cluster: &Cluster) -> Plan {
    let ids: BTreeSet<ObjectId> = context.desired.objects.keys().cloned().collect();
    let mut inquiries: Vec<(usize, Inquiry)> = stream::iter(ids.iter().enumerate())
        .map(|(at, id)| async move { (at, satisfied(context, id, cluster).await) })
        .buffer_unordered(IN_QUESTION)
        .collect()
        .await;
    inquiries.sort_by_key(|(at, _)| *at);
    conclude(context, inquiries.into_iter().map(|(_, inquiry)| inquiry).collect())
}

async fn satisfied(context: &Context<'_>, id: &ObjectId, cluster: &Cluster) -> Inquiry {
    let mut inquiry = Inquiry::open(context, id);
    while let Some(question) = inquiry.question() {
        let answer = cluster.dry_run(&context.live.types, &question).await;
        inquiry.answer(context, answer);
    }
    inquiry
}
