//! The rights that a command needs, computed from what is rendered (`obsctl rbac`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::model::{DesiredState, Gvk, ObjectId, RequirementSort, ResourceType};

/// Which command the rights are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RbacFor {
    /// `plan`, `status`, `history`.
    Plan,
    /// `drift`.
    Drift,
    /// `apply`, `rollback`, `destroy`, `unlock`, and all that plan needs.
    Apply,
}

impl RbacFor {
    /// The word in the names of roles.
    pub fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Drift => "drift",
            Self::Apply => "apply",
        }
    }
}

/// What the rights are computed from.
pub struct RbacAsk<'a> {
    /// Name of the environment.
    pub environment: &'a str,
    /// What its targets want.
    pub desired: &'a [&'a DesiredState],
    /// What is known of kinds.
    pub types: &'a dyn Fn(&Gvk) -> Option<ResourceType>,
    /// For which command.
    pub mode: RbacFor,
    /// Whether Secrets of the stacks may be read; if not, they are shown as not compared.
    pub secrets: bool,
    /// Where records stand.
    pub state_namespace: &'a str,
    /// `namespace/name` of the ServiceAccount to bind to; none prints no bindings.
    pub account: Option<(&'a str, &'a str)>,
}

/// Verbs by API group and resource, and the names they are limited to (none: all).
type Rules = BTreeMap<(String, String, BTreeSet<String>), BTreeSet<&'static str>>;

/// The Roles and ClusterRoles, with bindings where an account is named.
pub fn rbac(ask: &RbacAsk<'_>) -> Vec<Value> {
    let mut cluster = Rules::new();
    let mut namespaced: BTreeMap<String, Rules> = BTreeMap::new();
    for desired in ask.desired {
        for wanted in desired.objects.values() {
            let gvk = wanted.body.gvk();
            if wanted.body.is_secret() && !ask.secrets {
                continue;
            }
            let rules = match &wanted.id.namespace {
                Some(namespace) => namespaced.entry(namespace.clone()).or_default(),
                None => &mut cluster,
            };
            add_object(ask, rules, &wanted.id, &gvk);
        }
        requirements(&mut cluster, &mut namespaced, desired);
    }
    for rules in namespaced.values_mut() {
        accounts(ask, rules);
    }
    records(ask, namespaced.entry(ask.state_namespace.to_owned()).or_default());
    everywhere(ask, &mut cluster);
    print(ask, &cluster, &namespaced)
}

fn add(rules: &mut Rules, group: &str, resource: &str, names: &[&str], verbs: &[&'static str]) {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    rules.entry((group.to_owned(), resource.to_owned(), names)).or_default().extend(verbs);
}

/// Rights to one kind. A dry-run is authorised as the write it tries: `patch`, and `create` where nothing is there.
fn add_object(ask: &RbacAsk<'_>, rules: &mut Rules, id: &ObjectId, gvk: &Gvk) {
    let plural = (ask.types)(gvk).map_or_else(|| format!("{}s", gvk.kind.to_lowercase()), |known| known.plural);
    add(rules, &gvk.group, &plural, &[], &["get", "list", "patch", "create"]);
    if ask.mode == RbacFor::Apply {
        add(rules, &gvk.group, &plural, &[], &["watch", "delete"]);
    }
    // Nobody may grant what they do not hold, unless they may escalate; nor bind a role they do not hold.
    if gvk.group == "rbac.authorization.k8s.io" && gvk.kind.ends_with("Role") {
        add(rules, &gvk.group, &plural, &[id.name.as_str()], &["escalate", "bind"]);
    }
}

fn requirements(cluster: &mut Rules, namespaced: &mut BTreeMap<String, Rules>, desired: &DesiredState) {
    for requirement in &desired.requires {
        let (namespace, name) = match requirement.name.split_once('/') {
            Some((namespace, name)) => (Some(namespace.to_owned()), name),
            None => (desired.namespace.clone(), requirement.name.as_str()),
        };
        let mut in_namespace = |resource: &str| {
            let rules = namespaced.entry(namespace.clone().unwrap_or_default()).or_default();
            add(rules, "", resource, &[name], &["get"]);
        };
        match requirement.sort {
            RequirementSort::Secret => in_namespace("secrets"),
            RequirementSort::ConfigMap => in_namespace("configmaps"),
            RequirementSort::Crd => {
                add(cluster, "apiextensions.k8s.io", "customresourcedefinitions", &[name], &["get"]);
            }
            RequirementSort::Namespace => add(cluster, "", "namespaces", &[name], &["get"]),
            RequirementSort::StorageClass => add(cluster, "storage.k8s.io", "storageclasses", &[name], &["get"]),
        }
    }
}

/// What explains a wait that fails: Events, Pods and their last lines.
fn accounts(ask: &RbacAsk<'_>, rules: &mut Rules) {
    if ask.mode != RbacFor::Apply {
        return;
    }
    add(rules, "", "pods", &[], &["get", "list"]);
    add(rules, "", "pods/log", &[], &["get"]);
    add(rules, "", "events", &[], &["get", "list"]);
    add(rules, "apps", "replicasets", &[], &["get", "list"]);
}

fn records(ask: &RbacAsk<'_>, rules: &mut Rules) {
    add(rules, "", "configmaps", &[], &["get", "list"]);
    add(rules, "coordination.k8s.io", "leases", &[], &["get"]);
    if ask.mode == RbacFor::Apply {
        add(rules, "", "configmaps", &[], &["create", "update", "delete"]);
        add(rules, "", "secrets", &[], &["get", "list", "create", "update", "delete"]);
        add(rules, "coordination.k8s.io", "leases", &[], &["create", "update", "patch", "delete"]);
    } else if ask.secrets {
        add(rules, "", "secrets", &[crate::model::KEY_NAME], &["get"]);
    }
}

fn everywhere(ask: &RbacAsk<'_>, cluster: &mut Rules) {
    add(cluster, "", "namespaces", &[], &["get", "list"]);
    if ask.mode == RbacFor::Apply {
        add(cluster, "", "namespaces", &[], &["create"]);
    }
}

fn print(ask: &RbacAsk<'_>, cluster: &Rules, namespaced: &BTreeMap<String, Rules>) -> Vec<Value> {
    let name = format!("obsctl-{}-{}", ask.environment, ask.mode.word());
    let mut printed = role("ClusterRole", &name, None, cluster, ask.account);
    for (namespace, rules) in namespaced.iter().filter(|(_, rules)| !rules.is_empty()) {
        printed.extend(role("Role", &name, Some(namespace), rules, ask.account));
    }
    printed
}

fn role(
    kind: &str,
    name: &str,
    namespace: Option<&str>,
    rules: &Rules,
    account: Option<(&str, &str)>,
) -> Vec<Value> {
    let group = "rbac.authorization.k8s.io";
    let metadata = namespace.map_or_else(|| json!({"name": name}), |ns| json!({"name": name, "namespace": ns}));
    let mut printed = vec![json!({
        "apiVersion": format!("{group}/v1"), "kind": kind, "metadata": metadata, "rules": merged(rules),
    })];
    if let Some((account_namespace, account)) = account {
        printed.push(json!({
            "apiVersion": format!("{group}/v1"), "kind": format!("{kind}Binding"), "metadata": metadata,
            "roleRef": {"apiGroup": group, "kind": kind, "name": name},
            "subjects": [{"kind": "ServiceAccount", "namespace": account_namespace, "name": account}],
        }));
    }
    printed
}

/// Resources of one group with the same verbs and names become one rule.
fn merged(rules: &Rules) -> Vec<Value> {
    let mut by_verbs: BTreeMap<(&str, Vec<&str>, Vec<&str>), Vec<&str>> = BTreeMap::new();
    for ((group, resource, names), verbs) in rules {
        let names = names.iter().map(String::as_str).collect();
        let verbs = verbs.iter().copied().collect();
        by_verbs.entry((group.as_str(), verbs, names)).or_default().push(resource);
    }
    let rule = |((group, verbs, names), resources): ((&str, Vec<&str>, Vec<&str>), Vec<&str>)| {
        if names.is_empty() {
            json!({"apiGroups": [group], "resources": resources, "verbs": verbs})
        } else {
            json!({"apiGroups": [group], "resources": resources, "resourceNames": names, "verbs": verbs})
        }
    };
    by_verbs.into_iter().map(rule).collect()
}
