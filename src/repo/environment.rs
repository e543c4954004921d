//! Environments as they are written, before they meet the stacks.

use std::{collections::BTreeMap, sync::Arc};

use super::{fields::Taker, file::Written};
use crate::model::{ClusterRef, Placed, Problem};
use crate::syntax::{Node, NodeValue, did_you_mean, listed};

const KEYS: &[&str] =
    &["cluster", "kubernetesVersion", "extends", "values", "stacks", "policy", "requires", "verify"];

/// A part of a file, and the file.
pub(super) type Part = (Node, Arc<str>);

/// One use of a stack, all layers of `extends` merged.
#[derive(Debug, Clone)]
pub(super) struct Use {
    pub(super) stack: Placed<String>,
    pub(super) namespace: Option<Part>,
    /// Outermost first.
    pub(super) values: Vec<Part>,
    /// Outermost first.
    pub(super) patches: Vec<Part>,
}

/// One environment, all layers of `extends` merged; each list outermost first.
#[derive(Debug, Clone, Default)]
pub(super) struct Layers {
    pub(super) cluster: Option<ClusterRef>,
    pub(super) kubernetes_version: Option<String>,
    pub(super) values: Vec<Part>,
    pub(super) uses: Vec<Use>,
    pub(super) policies: Vec<Part>,
    pub(super) requires: Vec<Part>,
    pub(super) verify: Vec<Part>,
}

/// Merges an environment with those it extends.
pub(super) fn layers(
    written: &Written,
    all: &BTreeMap<String, Written>,
    problems: &mut Vec<Problem>,
) -> Layers {
    let chain = chain(written, all, problems);
    let mut layers = Layers::default();
    for (at, layer) in chain.iter().enumerate().rev() {
        // Mistakes of a parent are told where the parent is read for itself.
        let mut ignored = Vec::new();
        let problems = if at == 0 { &mut *problems } else { &mut ignored };
        lay(layer, &mut layers, &mut Taker { file: Arc::clone(&layer.file), problems });
        if at != 0 {
            layers.cluster = None;
        }
    }
    layers
}

/// The environment, its parent, the parent's parent.
fn chain<'a>(
    written: &'a Written,
    all: &'a BTreeMap<String, Written>,
    problems: &mut Vec<Problem>,
) -> Vec<&'a Written> {
    let mut chain = vec![written];
    let mut last = written;
    while let Some(node) = last.spec.get("extends") {
        let mut ignored = Vec::new();
        let heard = if chain.len() == 1 { &mut *problems } else { &mut ignored };
        let mut taker = Taker { file: Arc::clone(&last.file), problems: heard };
        let Some(name) = taker.as_text(node, "extends") else { break };
        let Some(parent) = all.get(&name.value) else {
            let names = all.keys().map(String::as_str);
            let help = match did_you_mean(&name.value, names.clone()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", listed(names)),
            };
            taker.wrong(node, format!("there is no environment `{}`", name.value), help);
            break;
        };
        if let Some(at) = chain.iter().position(|known| known.name == parent.name) {
            let circle: Vec<&str> = chain
                .iter()
                .skip(at)
                .map(|known| known.name.as_str())
                .chain([parent.name.as_str()])
                .collect();
            if at == 0 {
                problems.push(
                    Problem::new(
                        node.place(&last.file),
                        format!("environments extend each other in a circle: {}", circle.join(" → ")),
                    )
                    .help("take one `extends` out"),
                );
            }
            break;
        }
        chain.push(parent);
        last = parent;
    }
    chain
}

fn lay(written: &Written, layers: &mut Layers, taker: &mut Taker<'_>) {
    let spec = &written.spec;
    if !taker.map(spec, "`spec` of an environment", KEYS) {
        return;
    }
    let part = |node: &Node| (node.clone(), Arc::clone(&written.file));
    layers.cluster = spec.get("cluster").map(|node| cluster(taker, node));
    if let Some(version) = taker.text(spec, "kubernetesVersion") {
        layers.kubernetes_version = Some(version);
    }
    if let Some(values) = spec.get("values")
        && taker.any_map(values, "`values`")
    {
        layers.values.push(part(values));
    }
    layers.policies.extend(spec.get("policy").map(part));
    layers.requires.extend(taker.list(spec, "requires").iter().map(part));
    layers.verify.extend(taker.list(spec, "verify").iter().map(part));
    let mut here: Vec<String> = Vec::new();
    for item in taker.list(spec, "stacks") {
        let Some(written_use) = one_use(taker, item) else { continue };
        if here.contains(&written_use.stack.value) {
            let message = format!("stack `{}` is listed twice", written_use.stack.value);
            taker.wrong(item, message, "merge the two items");
            continue;
        }
        here.push(written_use.stack.value.clone());
        match layers.uses.iter_mut().find(|known| known.stack.value == written_use.stack.value) {
            Some(known) => {
                known.stack = written_use.stack;
                known.namespace = written_use.namespace.or(known.namespace.take());
                known.values.extend(written_use.values);
                known.patches.extend(written_use.patches);
            }
            None => layers.uses.push(written_use),
        }
    }
}

impl Taker<'_> {
    /// Whether a node is a map, of whatever keys.
    pub(super) fn any_map(&mut self, node: &Node, what: &str) -> bool {
        let is_map = matches!(node.value, NodeValue::Map(_));
        if !is_map {
            self.wrong(node, format!("{what} is {}, not a map", node.sort()), "write `name: value` lines");
        }
        is_map
    }
}

fn one_use(taker: &mut Taker<'_>, item: &Node) -> Option<Use> {
    if !taker.map(item, "an item of `stacks`", &["name", "namespace", "values", "patches"]) {
        return None;
    }
    let file = Arc::clone(&taker.file);
    let part = |node: &Node| (node.clone(), Arc::clone(&file));
    let stack = taker.needed_text(item, "name", "name: my-stack")?;
    let values = item.get("values").filter(|values| taker.any_map(values, "`values`")).map(part);
    Some(Use {
        stack,
        namespace: item.get("namespace").map(part),
        values: values.into_iter().collect(),
        patches: taker.list(item, "patches").iter().map(part).collect(),
    })
}

fn cluster(taker: &mut Taker<'_>, node: &Node) -> ClusterRef {
    taker.map(node, "`cluster`", &["context", "identity", "inCluster", "sandbox"]);
    let sandbox = node.get("sandbox").is_some();
    let in_cluster = taker.truth(node, "inCluster").unwrap_or(false);
    let context = taker.text(node, "context");
    if [sandbox, in_cluster, context.is_some()].iter().filter(|given| **given).count() > 1 {
        taker.wrong(node, "`cluster` is reached one way", "keep one of `context`, `inCluster` and `sandbox`");
    }
    ClusterRef { context, identity: taker.text(node, "identity"), in_cluster, sandbox }
}
