//! `apply`: plan, ask, carry out, and see that nothing is left to do.

use std::sync::Arc;

use super::{
    carry::approve_and_run,
    planning::Order,
    saved::SavedPlan,
    session::{Session, connect},
    trouble::Trouble,
    wish::{Applied, Door, Wish},
    workspace::{open, render},
};
use crate::model::RunSort;
use crate::plan::PlanOptions;

/// Applies what git declares.
pub async fn apply(wish: &Wish, saved: Option<&SavedPlan>, door: &mut Door<'_>) -> Result<Applied, Trouble> {
    let workspace = open(&wish.place)?;
    let rendered = render(&workspace, &wish.choice)?;
    if rendered.environment.policy.require_commit && workspace.checkout.commit.dirty {
        return Err(Trouble::Blocked {
            message: format!(
                "environment `{}` takes only what is committed, and the tree is dirty",
                rendered.environment.name
            ),
            hint: Some("commit the changes, or name a commit with `--ref`".to_owned()),
        });
    }
    let connecting = Box::pin(connect(workspace, rendered, &wish.reach, Some(door.ears.events.clone())));
    let mut session = door.ears.unless_stopped(connecting).await?;
    let orders = orders(&session, &wish.guards.options());
    approve_and_run(&mut session, orders, wish, RunSort::Apply, (saved, door)).await
}

/// One order for each chosen target.
pub(super) fn orders(session: &Session, options: &PlanOptions) -> Vec<Order> {
    let chosen = session.rendered.chosen();
    chosen.map(|(_, desired)| Order::new(Arc::clone(desired), options.clone())).collect()
}
