//! What can be typed: every command and flag, one file a group of commands.

mod apply;
mod local;
mod look;
mod plan;
mod sandbox;
mod setup;
mod top;
mod values;

pub use apply::{ApplyArgs, Approval, DestroyArgs, RollbackArgs, RunArgs, UnlockArgs};
pub use local::{GraphArgs, GraphFormat, RenderArgs, RenderFormat, ValidateArgs};
pub use look::{DriftArgs, HistoryArgs, StatusArgs};
pub use plan::{Guards, PlanArgs, PlanModeArg};
pub use sandbox::SandboxArgs;
pub use setup::{CompletionsArgs, InitArgs, ManArgs, RbacArgs, RbacFor, RbacFormat};
pub use top::{Arguments, ColorChoice, Command, Global, Selection};
pub use values::{AllowDelete, Format, ReportFile, RollbackTo, TextOrJson};
