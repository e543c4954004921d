//! One stack in one environment: values merged, expressions replaced.

use std::sync::Arc;

use serde_json::Value;

use super::{
    environment::{Layers, Part, Use},
    fields::Taker,
    file::Written,
    gates::{gates, requirements},
    sources::{patches, sources},
    stack::depends_on,
    values::{Values, defaults, schema},
};
use crate::model::{Finding, Place, Problem, Target, TargetId};
use crate::syntax::{Node, NodeValue, Notes, Scope, substitute};

/// What a target is built from.
pub(super) struct Plot<'a> {
    pub(super) id: TargetId,
    pub(super) stack: &'a Written,
    pub(super) layers: &'a Layers,
    pub(super) used: Option<&'a Use>,
    /// Values of `obsctl.yaml`.
    pub(super) defaults: Option<&'a Part>,
}

/// Where mistakes and remarks go.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) problems: Vec<Problem>,
    pub(super) findings: Vec<Finding>,
}

impl Heard {
    fn taker(&mut self, file: &Arc<str>) -> Taker<'_> {
        Taker { file: Arc::clone(file), problems: &mut self.problems }
    }

    fn replaced(&mut self, node: &Node, scope: &Scope, file: &Arc<str>) -> Node {
        let mut node = node.clone();
        let mut notes = Notes::default();
        substitute(&mut node, scope, file, &mut notes);
        self.problems.extend(notes.problems);
        self.findings.extend(notes.findings);
        node
    }
}

/// Builds the target.
pub(super) fn target(plot: &Plot<'_>, heard: &mut Heard) -> Target {
    let file = &plot.stack.file;
    let values = values(plot, heard);
    let names = |namespace: Option<&str>| {
        Scope::new(&plot.id.environment, &plot.id.stack, namespace, Some(values.clone()))
    };
    let namespace = namespace(plot, &names(None), heard);
    let scope = names(namespace.as_deref());
    let spec = heard.replaced(&without_values(&plot.stack.spec), &scope, file);
    let mut taker = heard.taker(file);
    let (on, dormant) = sources(&mut taker, &spec);
    let mut target = Target {
        id: plot.id.clone(),
        folder: file.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned(),
        place: Place::file(Arc::clone(file)),
        namespace,
        values: values.clone(),
        sources: on,
        dormant,
        patches: {
            let items = taker.list(&spec, "patches");
            patches(&mut taker, items)
        },
        depends_on: Vec::new(),
        requires: {
            let items = taker.list(&spec, "requires");
            requirements(&mut taker, items)
        },
        verify: {
            let items = taker.list(&spec, "verify");
            gates(&mut taker, items)
        },
        kubernetes_version: plot.layers.kubernetes_version.clone(),
    };
    target.depends_on = depends_on(plot.stack, &mut Vec::new()).into_iter().map(|name| name.value).collect();
    for (node, file) in plot.used.into_iter().flat_map(|used| &used.patches) {
        let node = heard.replaced(node, &scope, file);
        target.patches.extend(patches(&mut heard.taker(file), &[node]));
    }
    for (node, file) in &plot.layers.requires {
        let node = heard.replaced(node, &scope, file);
        target.requires.extend(requirements(&mut heard.taker(file), &[node]));
    }
    for (node, file) in &plot.layers.verify {
        let node = heard.replaced(node, &scope, file);
        target.verify.extend(gates(&mut heard.taker(file), &[node]));
    }
    target
}

/// Stack defaults, `obsctl.yaml`, the environment's layers, its `stacks[].values`: the later wins.
fn values(plot: &Plot<'_>, heard: &mut Heard) -> Value {
    let written = plot.stack.spec.get("values").filter(|node| matches!(node.value, NodeValue::Map(_)));
    let schema = schema(written);
    let mut values = Values { tree: defaults(&schema), ..Values::default() };
    // Values for all environments and for all stacks of one are for those stacks that know them.
    let known = |node: &Node| known_only(node, &schema);
    for (node, file) in plot.defaults.into_iter().chain(&plot.layers.values) {
        values.over(&known(node), file);
    }
    for (node, file) in plot.used.into_iter().flat_map(|used| &used.values) {
        values.over(node, file);
    }
    let place = written
        .map_or_else(|| Place::file(Arc::clone(&plot.stack.file)), |node| node.place(&plot.stack.file));
    heard.problems.extend(values.check(&schema, &plot.id.stack, &place));
    Value::Object(values.tree)
}

fn known_only(node: &Node, schema: &Value) -> Node {
    let mut node = node.clone();
    if let (NodeValue::Map(entries), Some(Value::Object(known))) = (&mut node.value, schema.get("properties"))
    {
        entries.retain(|(key, _)| known.contains_key(&key.name));
    }
    node
}

fn namespace(plot: &Plot<'_>, scope: &Scope, heard: &mut Heard) -> Option<String> {
    let own = plot.stack.spec.get("namespace").map(|node| (node.clone(), Arc::clone(&plot.stack.file)));
    let (node, file) = plot.used.and_then(|used| used.namespace.clone()).or(own)?;
    let node = heard.replaced(&node, scope, &file);
    heard.taker(&file).as_text(&node, "namespace").map(|text| text.value)
}

/// A schema is no place for expressions.
fn without_values(spec: &Node) -> Node {
    let mut spec = spec.clone();
    if let NodeValue::Map(entries) = &mut spec.value {
        entries.retain(|(key, _)| key.name != "values" && key.name != "namespace");
    }
    spec
}
