//! The rights that commands need, computed from what is rendered (rules 8).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::model::{DesiredState, ObjectId, TypeMap};

use super::edges::{bound_role, is_custom};

/// Which command the rights are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// `plan`, `status`, `history`: reading, and dry-runs unless [`Access::read_only`].
    Plan,
    /// `apply`, `rollback`, `destroy`.
    Apply,
    /// `drift` and the agent.
    Drift,
    /// All of them.
    All,
}

impl Mode {
    /// The word of the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Apply => "apply",
            Self::Drift => "drift",
            Self::All => "all",
        }
    }

    fn writes(self) -> bool {
        matches!(self, Self::Apply | Self::All)
    }
}

/// What rights are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    /// What is rendered.
    pub desired: &'a [&'a DesiredState],
    /// Namespaces in which gates ask Services.
    pub asked: &'a BTreeSet<String>,
    /// Plural names and scopes of kinds; kinds that are not in it get the usual plural.
    pub types: &'a TypeMap,
    /// Where records stand.
    pub state_namespace: &'a str,
    /// For which command.
    pub mode: Mode,
    /// Without the right to read Secrets: they are shown as not compared.
    pub without_secrets: bool,
    /// Without the right to dry-run: changes are estimated.
    pub read_only: bool,
}

type Verbs = BTreeSet<&'static str>;

/// Rules of one Role: verbs by group, resource and, where given, names.
#[derive(Debug, Default)]
struct Rules(BTreeMap<(String, String, BTreeSet<String>), Verbs>);

impl Rules {
    fn allow(&mut self, group: &str, resource: &str, verbs: &[&'static str]) {
        self.allow_named(group, resource, BTreeSet::new(), verbs);
    }

    fn allow_named(&mut self, group: &str, resource: &str, names: BTreeSet<String>, verbs: &[&'static str]) {
        self.0.entry((group.to_owned(), resource.to_owned(), names)).or_default().extend(verbs);
    }

    /// The rules of a Role; resources of a group with the same verbs share one.
    fn to_value(&self) -> Value {
        let mut merged: BTreeMap<(&str, Verbs, &BTreeSet<String>), Vec<&str>> = BTreeMap::new();
        for ((group, resource, names), verbs) in &self.0 {
            merged.entry((group, verbs.clone(), names)).or_default().push(resource);
        }
        let rules = merged.into_iter().map(|((group, verbs, names), resources)| {
            let mut rule = json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
            if let (false, Some(map)) = (names.is_empty(), rule.as_object_mut()) {
                map.insert("resourceNames".to_owned(), json!(names));
            }
            rule
        });
        rules.collect()
    }
}

/// The Roles and ClusterRoles, with the Namespaces that the Roles stand in before them.
pub fn rbac(access: &Access<'_>) -> Vec<Value> {
    let mut cluster = Rules::default();
    let mut namespaces: BTreeMap<String, Rules> = BTreeMap::new();
    cluster.allow("", "namespaces", &["get", "list"]);
    for state in access.desired {
        for (id, wanted) in &state.objects {
            let rules = match &id.namespace {
                Some(namespace) => namespaces.entry(namespace.clone()).or_default(),
                None => &mut cluster,
            };
            object_rules(access, id, rules);
            granting_rules(access, (id, &wanted.body), rules);
            if is_custom(&id.group) {
                cluster.allow("apiextensions.k8s.io", "customresourcedefinitions", &["get"]);
            }
        }
    }
    if access.mode.writes() {
        cluster.allow("", "namespaces", &["create", "patch"]);
        namespaces.values_mut().for_each(account_rules);
    }
    for namespace in access.asked.iter().filter(|_| access.mode != Mode::Drift) {
        namespaces.entry(namespace.clone()).or_default().allow("", "services/proxy", &["get"]);
    }
    state_rules(access, namespaces.entry(access.state_namespace.to_owned()).or_default());
    assemble(access, &cluster, &namespaces)
}

fn object_rules(access: &Access<'_>, id: &ObjectId, rules: &mut Rules) {
    if access.without_secrets && !access.mode.writes() && id.is("", "Secret") {
        return;
    }
    let resource = plural(access, id);
    rules.allow(&id.group, &resource, &["get", "list"]);
    if access.mode.writes() {
        rules.allow(&id.group, &resource, &["create", "delete", "patch", "watch"]);
    } else if !access.read_only {
        // A dry-run is authorised as the write it tries.
        rules.allow(&id.group, &resource, &["create", "patch"]);
    }
    if access.mode == Mode::Drift || access.mode == Mode::All {
        rules.allow(&id.group, &resource, &["watch"]);
    }
}

fn plural(access: &Access<'_>, id: &ObjectId) -> String {
    let known = access.types.any_version(&id.group, &id.kind).map(|kind| kind.plural.clone());
    known.unwrap_or_else(|| super::edges::usual_plural(&id.kind))
}

/// To grant rights one must hold them, or may `escalate` and `bind` the named roles.
fn granting_rules(access: &Access<'_>, (id, body): (&ObjectId, &crate::model::Body), rules: &mut Rules) {
    if access.read_only && !access.mode.writes() {
        return;
    }
    let named = |name: &str| BTreeSet::from([name.to_owned()]);
    match id.kind.as_str() {
        "Role" => rules.allow_named(&id.group, "roles", named(&id.name), &["escalate"]),
        "ClusterRole" => rules.allow_named(&id.group, "clusterroles", named(&id.name), &["escalate"]),
        "RoleBinding" | "ClusterRoleBinding" => {
            if let Some(role) = bound_role(id, body) {
                let resource = if role.kind == "Role" { "roles" } else { "clusterroles" };
                rules.allow_named(&role.group, resource, named(&role.name), &["bind"]);
            }
        }
        _ => {}
    }
}

/// What waiting and the accounts of failed waits read.
fn account_rules(rules: &mut Rules) {
    rules.allow("", "pods", &["get", "list", "watch"]);
    rules.allow("", "pods/log", &["get"]);
    rules.allow("", "events", &["get", "list"]);
    rules.allow("apps", "replicasets", &["get", "list"]);
    rules.allow("apps", "statefulsets", &["get", "list", "watch"]);
}

/// The records of the state namespace (rules 6, 11).
fn state_rules(access: &Access<'_>, rules: &mut Rules) {
    rules.allow("", "configmaps", &["get", "list"]);
    let writes = access.mode.writes();
    if writes {
        let verbs = &["create", "delete", "get", "list", "patch", "update"];
        rules.allow("", "configmaps", verbs);
        rules.allow("", "secrets", verbs);
        rules.allow("coordination.k8s.io", "leases", verbs);
    } else if !access.without_secrets {
        rules.allow("", "secrets", &["get"]);
    }
}

fn assemble(access: &Access<'_>, cluster: &Rules, namespaces: &BTreeMap<String, Rules>) -> Vec<Value> {
    let name = format!("obsctl-{}", access.mode.word());
    let api = "rbac.authorization.k8s.io/v1";
    let namespace = |namespace: &String| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
    let mut objects: Vec<Value> = namespaces.keys().map(namespace).collect();
    objects.push(json!({"apiVersion": api, "kind": "ClusterRole", "metadata": {"name": name}, "rules": cluster.to_value()}));
    for (namespace, rules) in namespaces {
        objects.push(json!({
            "apiVersion": api,
            "kind": "Role",
            "metadata": {"name": name, "namespace": namespace},
            "rules": rules.to_value(),
        }));
    }
    objects
}
