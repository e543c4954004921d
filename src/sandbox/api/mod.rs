//! Requests of an API server, answered from the store.

mod ask;
mod convert;
mod denial;
mod discovery;
mod dispatch;
mod engine;
mod form;
mod openapi;
mod options;
mod read;
mod reviews;
mod route;
mod select;
mod tree;
mod watch;

pub(crate) use ask::Ask;
pub(crate) use convert::{stored, to_version, view};
pub(crate) use denial::{Denial, details};
pub(crate) use dispatch::{Answer, Heard, answer};
pub(crate) use engine::{DEFINITIONS, Engine};
pub(crate) use form::{Form, Wanted};
pub(crate) use options::{FieldValidation, Options, OptionsOf};
pub(crate) use read::{key, shown};
pub(crate) use route::{Route, Target};
pub(crate) use select::Selector;
pub(crate) use tree::{carry, drop_meta, headed, list, map_at, meta, set_meta, text};
pub(crate) use watch::WatchPlan;
