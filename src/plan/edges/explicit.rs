//! Order that users wrote down in annotations.

use std::collections::BTreeMap;

use crate::model::{ANNOTATION_DEPENDS_ON, Body, ObjectId, Strength, Until};

use super::{
    collect::{Edges, Link, soft},
    index::Index,
};

/// The same annotation of other tools, with paths as in `apps/namespaces/mlops/Deployment/prometheus`.
const FOREIGN_DEPENDS_ON: &str = "config.kubernetes.io/depends-on";
/// Annotations that number objects: lower numbers go first.
const WAVES: &[&str] = &["argocd.argoproj.io/sync-wave", "helm.sh/hook-weight"];
/// Above this many pairs two waves are too large to be ordered pair by pair.
const MOST_PAIRS: usize = 50_000;

/// An object as an annotation names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// API group, where it was given.
    pub(crate) group: Option<String>,
    /// Kind.
    pub(crate) kind: String,
    /// Namespace; none means the namespace of the object that bears the annotation, or none at all.
    pub(crate) namespace: Option<String>,
    /// Name.
    pub(crate) name: String,
    /// As it was written.
    pub(crate) text: String,
}

impl Named {
    /// Whether an object of the same set is meant.
    pub(crate) fn means(&self, id: &ObjectId, home: Option<&str>) -> bool {
        let namespace = self.namespace.as_deref().or(home);
        self.kind == id.kind
            && self.name == id.name
            && self.group.as_ref().is_none_or(|group| *group == id.group)
            && (id.namespace.is_none() || id.namespace.as_deref() == namespace)
    }
}

/// What the annotations of an object name; the text of what cannot be read is the error.
pub(crate) fn named_dependencies(body: &Body) -> Vec<Result<Named, String>> {
    let ours = body.annotation(ANNOTATION_DEPENDS_ON).unwrap_or_default();
    let foreign = body.annotation(FOREIGN_DEPENDS_ON).unwrap_or_default();
    let split = |text: &str| -> Vec<String> {
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let ours = split(ours).into_iter().map(|part| our_form(&part).ok_or(part));
    let foreign = split(foreign).into_iter().map(|part| foreign_form(&part).ok_or(part));
    ours.chain(foreign).collect()
}

/// `[group/]Kind[/namespace]/name`: the kind is the first part with a capital letter.
fn our_form(text: &str) -> Option<Named> {
    let parts: Vec<&str> = text.split('/').collect();
    let at = parts.iter().position(|part| part.starts_with(|c: char| c.is_ascii_uppercase()))?;
    let group = match at {
        0 => None,
        1 => parts.first().map(|group| (*group).to_owned()),
        _ => return None,
    };
    let kind = (*parts.get(at)?).to_owned();
    let (namespace, name) = match parts.get(at + 1..)? {
        [name] => (None, *name),
        [namespace, name] => (Some((*namespace).to_owned()), *name),
        _ => return None,
    };
    (!name.is_empty()).then(|| Named { group, kind, namespace, name: name.to_owned(), text: text.to_owned() })
}

/// `group/namespaces/namespace/Kind/name` or `group/Kind/name`; the core group is empty.
fn foreign_form(text: &str) -> Option<Named> {
    let parts: Vec<&str> = text.split('/').collect();
    let (group, namespace, kind, name) = match parts.as_slice() {
        [group, "namespaces", namespace, kind, name] => (group, Some((*namespace).to_owned()), kind, name),
        [group, kind, name] => (group, None, kind, name),
        _ => return None,
    };
    let owned = |text: &&str| (**text).to_owned();
    Some(Named {
        group: Some(owned(group)),
        kind: owned(kind),
        namespace,
        name: owned(name),
        text: text.to_owned(),
    })
}

/// Edges to the objects that an object's annotations name.
pub(super) fn edges_of(index: &Index<'_>, id: &ObjectId, body: &Body, edges: &mut Edges) {
    for named in named_dependencies(body).into_iter().flatten() {
        for other in index.objects.keys().filter(|other| named.means(other, id.namespace.as_deref())) {
            let because = format!("is annotated to come after {other}");
            edges.need(index, id, other, Link { strength: Strength::Explicit, until: Until::Ready, because });
        }
    }
}

/// Edges from each object of a wave to all objects of the wave before it.
pub(super) fn waves(index: &Index<'_>, edges: &mut Edges) {
    let mut waves: BTreeMap<i64, Vec<&ObjectId>> = BTreeMap::new();
    for (id, wanted) in index.objects {
        let number = WAVES.iter().find_map(|name| wanted.body.annotation(name)?.parse().ok());
        waves.entry(number.unwrap_or(0)).or_default().push(id);
    }
    let pairs = waves.values().zip(waves.values().skip(1)).zip(waves.keys().skip(1));
    for ((earlier, later), number) in pairs.filter(|((a, b), _)| a.len() * b.len() <= MOST_PAIRS) {
        for from in later {
            for to in earlier {
                edges.need(index, from, to, soft(format!("is of wave {number}")));
            }
        }
    }
}
