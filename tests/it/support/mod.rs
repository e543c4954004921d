//! What the tests stand on: a control plane, an operator, repositories, the program, and readers of what happened.

mod audit;
mod binaries;
mod certificates;
mod fleet;
mod kubeconfig;
mod objects;
mod obsctl;
mod operator;
mod plane;
mod processes;
mod redact;
mod relay;
mod repo;
mod service_account_key;

pub(crate) use audit::{Request, by_obsctl, object_writes, writes};
pub(crate) use binaries::{binaries, skip, test_data};
pub(crate) use certificates::{Authority, Certificate};
pub(crate) use fleet::{fleet_repo, lab_repo, write_fleet};
pub(crate) use objects::{assert_inventory_is_what_we_own, everything, inventory, owned, snapshot};
pub(crate) use obsctl::{Obsctl, Running};
pub(crate) use operator::Operator;
pub(crate) use plane::{ControlPlane, wait_until};
pub(crate) use processes::Guarded;
pub(crate) use redact::redact;
pub(crate) use relay::{Relay, Speech};
pub(crate) use repo::Repo;
