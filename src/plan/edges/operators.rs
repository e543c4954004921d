//! Operators of the set come after the definitions and before the resources that they look after.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Body, ObjectId};

use super::{
    access::roles_of,
    collect::{Edges, hard_ready},
    index::{Index, is_custom},
    pods::list,
};

/// Edges from custom resources to their operators, and from those to the definitions.
pub(super) fn edges(index: &Index<'_>, edges: &mut Edges) {
    let mut operators: BTreeMap<String, Vec<&ObjectId>> = BTreeMap::new();
    for workload in index.workloads().filter(|workload| workload.id.kind != "Job") {
        let roles = roles_of(index, workload);
        let mut groups: BTreeSet<String> = roles.iter().flat_map(|role| looked_after(role)).collect();
        if workload.runs(&["prometheus-operator/prometheus-operator"]) {
            groups.insert("monitoring.coreos.com".to_owned());
        }
        for group in groups {
            operators.entry(group).or_default().push(workload.id);
        }
    }
    for (crd_of, crd) in &index.crds {
        for operator in operators.get(crd_of.0).into_iter().flatten() {
            edges.need(index, operator, crd, hard_ready(format!("looks after objects of {crd}")));
        }
    }
    for id in index.objects.keys().filter(|id| is_custom(&id.group)) {
        for operator in operators.get(&id.group).into_iter().flatten() {
            edges.need(index, id, operator, hard_ready(format!("is looked after by {operator}")));
        }
    }
}

/// The API groups whose status or finalizers a Role may write: those of an operator, not of a mere reader.
fn looked_after(role: &Body) -> Vec<String> {
    let operates = |rule: &&serde_json::Value| {
        list(rule, "resources")
            .iter()
            .filter_map(|resource| resource.as_str())
            .any(|resource| resource.ends_with("/status") || resource.ends_with("/finalizers"))
    };
    let groups = |rule| list(rule, "apiGroups").into_iter().filter_map(|group| group.as_str());
    role.items(&["rules"])
        .iter()
        .filter(operates)
        .flat_map(groups)
        .filter(|group| is_custom(group))
        .map(str::to_owned)
        .collect()
}
