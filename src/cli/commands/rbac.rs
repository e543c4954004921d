//! `obsctl rbac`.

use super::{ask, watch};
use crate::cli::{
    args::{Global, RbacArgs, RbacFor},
    exit::Exit,
    failure::Failure,
    stdio::Stdio,
};
use crate::ops::{self, RightsFor};

/// Prints the Roles that a command needs; no cluster is asked.
pub(in crate::cli) fn rbac(args: &RbacArgs, global: &Global, stdio: &mut Stdio<'_>) -> Result<Exit, Failure> {
    let (place, choice) = (ask::place(global, None), ask::choice(&args.selection));
    let wanted = match args.rights {
        RbacFor::Plan => RightsFor::Plan,
        RbacFor::Apply => RightsFor::Apply,
        RbacFor::Drift => RightsFor::Drift,
        RbacFor::All => RightsFor::All,
    };
    let text = watch::read(global, stdio, |_| async {
        let workspace = ops::open(&place)?;
        let rendered = ops::render(&workspace, &choice)?;
        ops::yaml(&ops::rights(&rendered, wanted, args.without_secrets))
    })?;
    stdio.result(&text)?;
    Ok(Exit::Done)
}
