//! `rollback`: the wanted objects of an older revision, planned and carried out as any others (rules 12).

use super::{
    carry::approve_and_run,
    record,
    session::connect,
    stored::order,
    trouble::Trouble,
    wish::{Applied, Door, Wish},
    workspace::{open, render},
};
use crate::model::{RunSort, TargetId};

/// Goes back to an older revision: its number or a commit; none means the last good one before the current.
pub async fn rollback(wish: &Wish, to: Option<&str>, door: &mut Door<'_>) -> Result<Applied, Trouble> {
    let workspace = open(&wish.place)?;
    let rendered = render(&workspace, &wish.choice)?;
    let connecting = Box::pin(connect(workspace, rendered, &wish.reach, Some(door.ears.events.clone())));
    let mut session = door.ears.unless_stopped(connecting).await?;
    let targets: Vec<TargetId> = session.rendered.chosen().map(|(target, _)| target.id.clone()).collect();
    let by_commit = to.is_some_and(|to| to.parse::<u64>().is_err());
    if targets.len() > 1 && !by_commit {
        let names: Vec<_> = targets.iter().map(|target| format!("`{}`", target.stack)).collect();
        return Err(Trouble::Call {
            message: "which stack? Revisions are numbered per stack".to_owned(),
            hint: Some(format!(
                "name one with `-s`: there are {}; or go back to a commit with `--to`",
                names.join(", ")
            )),
        });
    }
    let mut orders = Vec::new();
    for target in &targets {
        let goal = record::goal(&session.ledger(&target.stack), to)?;
        session.goals.insert(target.stack.clone(), goal.number);
        orders.push(order(&session, target, &goal, &wish.guards.options()).await?);
    }
    approve_and_run(&mut session, orders, wish, RunSort::Rollback, (None, door)).await
}
