//! The journeys: one for each thing a user wants, each the line of types entered at some place.
//!
//! A wish enters (where the repository is, which environment and stacks, how to reach the cluster), what was found
//! or done leaves. Nothing here prints or asks: the door does that, by functions it hands in. What blocks or fails
//! is a [`Trouble`]; the door decides the exit code.

mod apply;
mod approval;
mod asking;
mod carry;
mod choose;
mod destroy;
mod drift;
mod dump;
mod ears;
mod execute;
mod gates;
mod guards;
mod inventory;
mod local;
mod offline;
mod plan;
mod planning;
mod record;
mod rollback;
mod sandbox;
mod saved;
mod session;
mod status;
mod stored;
mod stored_form;
mod trouble;
mod undo;
mod unlock;
mod wish;
mod workspace;

pub use crate::plan::PlanMode;
pub use apply::apply;
pub use approval::blocked;
pub use choose::Choice;
pub use destroy::destroy;
pub use drift::{Drifted, drift};
pub use ears::Ears;
pub use execute::{Manner, Ran};
pub use guards::{AllowedDeletion, Guards};
pub use local::{RightsFor, graph, printable, rights, yaml};
pub use plan::{PlanWish, Plans, plan};
pub use planning::Planned;
pub use rollback::rollback;
pub use sandbox::{ServeWish, sandboxed, serve};
pub use saved::SavedPlan;
pub use session::{About, Reach, Session};
pub use status::{Standing, history, status};
pub use trouble::Trouble;
pub use unlock::{Unlocked, unlock};
pub use wish::{Applied, Ask, Door, Wish};
pub use workspace::{Place, Rendered, Workspace, open, render, validate};
