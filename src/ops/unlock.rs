//! `unlock`: shows who holds a lock, asks, and takes it away.

use super::{
    choose::Choice,
    session::{Reach, connect},
    trouble::Trouble,
    workspace::{Place, open, render},
};
use crate::cluster::Held;
use crate::model::TargetId;

/// What became of the lock of one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlocked {
    /// Whose lock.
    pub target: TargetId,
    /// Who held it; none where nobody did.
    pub held: Option<Held>,
}

/// Takes the locks of the chosen stacks away from their holders, after `ask` approved.
pub async fn unlock(
    place: &Place,
    choice: &Choice,
    reach: &Reach,
    ask: &mut dyn FnMut(&[Unlocked]) -> Result<(), Trouble>,
) -> Result<Vec<Unlocked>, Trouble> {
    let workspace = open(place)?;
    let rendered = render(&workspace, choice)?;
    let session = connect(workspace, rendered, reach, None).await?;
    let namespace = session.state_namespace();
    let mut locks = Vec::new();
    for (target, _) in session.rendered.chosen() {
        let held = session.cluster.lock_holder(namespace, &target.id).await;
        let held = held.map_err(Trouble::cluster(format!("read the lock of {}", target.id)))?;
        locks.push(Unlocked { target: target.id.clone(), held });
    }
    if locks.iter().all(|lock| lock.held.is_none()) {
        return Ok(locks);
    }
    ask(&locks)?;
    for lock in locks.iter().filter(|lock| lock.held.is_some()) {
        let taken = session.cluster.unlock(namespace, &lock.target).await;
        taken.map_err(Trouble::cluster(format!("take the lock of {}", lock.target)))?;
    }
    Ok(locks)
}
