//! `obsctl rbac`.

use super::{ask, local::printed, watch};
use crate::cli::{
    args::{Global, RbacArgs, RbacFor, RenderFormat},
    exit::Exit,
    failure::Failure,
    stdio::Stdio,
};
use crate::model::{DesiredState, TypeMap};
use crate::ops::{open, render};
use crate::plan::{Access, Mode, rbac as rights};
use crate::schema::{builtin_types, crd_types};

/// Prints the Roles that a command needs; no cluster is asked.
pub(in crate::cli) fn rbac(args: &RbacArgs, global: &Global, stdio: &mut Stdio<'_>) -> Result<Exit, Failure> {
    let (place, choice) = (ask::place(global, None), ask::choice(&args.selection));
    let rendered = watch::read(global, stdio, |_| async {
        let workspace = open(&place)?;
        render(&workspace, &choice)
    })?;
    let desired: Vec<DesiredState> = rendered.chosen().map(|(_, desired)| desired.clone()).collect();
    let types = types(&desired);
    let roles = rights(&Access {
        desired: &desired,
        types: &types,
        state_namespace: &rendered.environment.policy.state_namespace,
        mode: match args.rights {
            RbacFor::Plan => Mode::Plan,
            RbacFor::Apply => Mode::Apply,
            RbacFor::Drift => Mode::Drift,
            RbacFor::All => Mode::All,
        },
        without_secrets: args.without_secrets,
        read_only: false,
    });
    stdio.result(&printed(&roles, RenderFormat::Yaml)?)?;
    Ok(Exit::Done)
}

/// The built-in kinds, and those that the stacks' own definitions bring.
fn types(desired: &[DesiredState]) -> TypeMap {
    let definitions = desired
        .iter()
        .flat_map(|state| state.objects.values())
        .filter(|wanted| wanted.id.kind == "CustomResourceDefinition");
    let brought = definitions.flat_map(|wanted| crd_types(wanted.body.tree()));
    let types = builtin_types().iter().cloned().chain(brought).map(|kind| (kind.gvk.clone(), kind)).collect();
    TypeMap { types, stale: Vec::new() }
}
