//! What a repository says without any cluster: its objects, their order, and the rights they need.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{trouble::Trouble, workspace::Rendered};
use crate::model::{DesiredState, Gate, GateAsk, GraphEdge, ObjectId, TypeMap};
use crate::plan::{Access, Mode};
use crate::schema::{builtin_types, crd_types};
use crate::secrets::Sealer;
use crate::syntax::print_yaml;

/// The wanted objects as they may be printed: values of Secrets are sealed here too.
pub fn printable(rendered: &Rendered) -> Vec<Value> {
    let sealer = Sealer::new(None);
    let objects = rendered.chosen().flat_map(|(_, desired)| desired.objects.values());
    objects.map(|wanted| sealer.sealed_tree(&wanted.body)).collect()
}

/// Objects as YAML documents.
pub fn yaml(trees: &[Value]) -> Result<String, Trouble> {
    let mut text = String::new();
    for tree in trees {
        text.push_str("---\n");
        text.push_str(
            &print_yaml(tree).map_err(|error| Trouble::Record { message: error.to_string(), hint: None })?,
        );
    }
    Ok(text)
}

/// The order in which the objects of each chosen stack are written.
pub fn graph(rendered: &Rendered) -> (Vec<ObjectId>, Vec<GraphEdge>) {
    let nodes = rendered.chosen().flat_map(|(_, desired)| desired.objects.keys().cloned()).collect();
    let edges = rendered.chosen().flat_map(|(_, desired)| crate::plan::graph(desired)).collect();
    (nodes, edges)
}

/// For which command rights are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RightsFor {
    /// `plan`, `status`, `history`.
    Plan,
    /// `apply`, `rollback`, `destroy`, `unlock`, and what plan needs.
    Apply,
    /// `drift`.
    Drift,
    /// Everything.
    All,
}

/// The Roles that a command needs; without the right to Secrets these are shown as not compared.
#[expect(clippy::fn_params_excessive_bools, reason = "it is the flag itself")]
pub fn rights(rendered: &Rendered, wanted: RightsFor, without_secrets: bool) -> Vec<Value> {
    let desired: Vec<&DesiredState> = rendered.chosen().map(|(_, desired)| &**desired).collect();
    crate::plan::rbac(&Access {
        desired: &desired,
        asked: &asked(rendered),
        types: &types(&desired),
        state_namespace: &rendered.environment.policy.state_namespace,
        mode: match wanted {
            RightsFor::Plan => Mode::Plan,
            RightsFor::Apply => Mode::Apply,
            RightsFor::Drift => Mode::Drift,
            RightsFor::All => Mode::All,
        },
        without_secrets,
        read_only: false,
    })
}

/// Namespaces in which gates ask Services.
fn asked(rendered: &Rendered) -> BTreeSet<String> {
    let asks = |gate: &Gate| matches!(gate.ask, GateAsk::Query { .. } | GateAsk::Http { .. });
    let targets = rendered.chosen().map(|(target, _)| target).filter(|target| target.verify.iter().any(asks));
    targets.map(|target| target.namespace.clone().unwrap_or_else(|| "default".to_owned())).collect()
}

/// The built-in kinds, and those that the stacks' own definitions bring.
fn types(desired: &[&DesiredState]) -> TypeMap {
    let definitions = desired
        .iter()
        .flat_map(|state| state.objects.values())
        .filter(|wanted| wanted.id.kind == "CustomResourceDefinition");
    let brought = definitions.flat_map(|wanted| crd_types(wanted.body.tree()));
    let types = builtin_types().iter().cloned().chain(brought).map(|kind| (kind.gvk.clone(), kind)).collect();
    TypeMap { types, stale: Vec::new() }
}
