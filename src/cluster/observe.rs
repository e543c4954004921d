//! What is there of one target: labelled LISTs, and GETs for the rest (rules 7).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::{StreamExt as _, stream};

use super::{
    Cluster,
    request::{CallError, METADATA_LIST},
};
use crate::model::{
    Gvk, LABEL_ENVIRONMENT, LABEL_STACK, LiveObject, LiveState, ObjectId, Observed, Requirement,
    ResourceType, TargetId, TypeMap,
};

/// Reads under way at once; the gate of the cluster bounds what really runs.
pub(super) const AT_ONCE: usize = 64;
/// More objects of one kind than this are looked for by one LIST of metadata.
const MANY: usize = 24;

/// What a plan needs to know of the cluster.
#[derive(Debug, Clone)]
pub struct Sought<'a> {
    /// Whose objects.
    pub target: &'a TargetId,
    /// Objects that are wanted or that an inventory names, each with its `apiVersion`.
    pub objects: BTreeMap<ObjectId, String>,
    /// Namespaces beside those of the objects.
    pub namespaces: BTreeSet<String>,
    /// What must exist.
    pub requires: &'a [Requirement],
    /// Namespace of requirements that name none.
    pub namespace: Option<&'a str>,
}

impl Sought<'_> {
    /// All namespaces that matter: those named, those of objects, and Namespaces that are objects.
    pub(super) fn all_namespaces(&self) -> BTreeSet<String> {
        let of_objects = self.objects.keys().filter_map(|id| match &id.namespace {
            Some(namespace) => Some(namespace.clone()),
            None if id.is("", "Namespace") => Some(id.name.clone()),
            None => None,
        });
        of_objects.chain(self.namespaces.iter().cloned()).chain(self.namespace.map(str::to_owned)).collect()
    }

    fn selector(&self) -> String {
        format!("{LABEL_STACK}={},{LABEL_ENVIRONMENT}={}", self.target.stack, self.target.environment)
    }
}

/// What listing one kind came to.
struct Listing {
    gvk: Gvk,
    objects: Vec<LiveObject>,
    failed: Option<String>,
}

impl Cluster {
    /// Observes one target. What could not be read stands in the answer with its reason: this never fails.
    pub async fn observe(&self, sought: &Sought<'_>, types: &TypeMap) -> LiveState {
        let mut state = LiveState { types: types.clone(), ..LiveState::default() };
        let kinds = Self::kinds_to_list(sought, types, &mut state);
        let listings = stream::iter(&kinds).map(|(gvk, kind)| self.listing(sought, gvk, kind));
        let wanted = sought.all_namespaces();
        let (listings, namespaces, required) = tokio::join!(
            listings.buffer_unordered(AT_ONCE).collect::<Vec<_>>(),
            self.namespaces(&wanted),
            self.requirements(sought, types),
        );
        (state.namespaces, state.namespaces_unreadable) = namespaces;
        state.required = required;
        for listing in listings {
            if let Some(reason) = listing.failed {
                state.unlisted.insert(listing.gvk, reason);
            }
            let found = listing.objects.into_iter();
            state.objects.extend(found.map(|o| (o.body.id(), Observed::Present(Arc::new(o)))));
        }
        self.look_for_missing(sought, &kinds, &mut state).await;
        state
    }

    /// The kinds to be listed; objects of kinds that are not served are answered for at once.
    fn kinds_to_list(
        sought: &Sought<'_>,
        types: &TypeMap,
        state: &mut LiveState,
    ) -> BTreeMap<Gvk, ResourceType> {
        let mut kinds = BTreeMap::new();
        for (id, api_version) in &sought.objects {
            let gvk = Gvk::new(api_version, &id.kind);
            if types.stale.contains(api_version) {
                let reason = format!("the API {api_version} does not answer");
                state.unlisted.insert(gvk, reason.clone());
                state.objects.insert(id.clone(), Observed::Unreadable(reason));
                continue;
            }
            match types.get(&gvk).or_else(|| types.any_version(&id.group, &id.kind)) {
                Some(kind) => {
                    kinds.insert(gvk, kind.clone());
                }
                None => {
                    state.objects.insert(id.clone(), Observed::NoSuchKind);
                }
            }
        }
        kinds
    }

    /// Lists one kind by our label in all namespaces, and namespace by namespace where that is refused.
    async fn listing(&self, sought: &Sought<'_>, gvk: &Gvk, kind: &ResourceType) -> Listing {
        let selector = sought.selector();
        let selectors = [("labelSelector", selector.as_str())];
        let refused = match self.list(kind, None, &selectors, None).await {
            Ok(objects) => return Listing { gvk: gvk.clone(), objects, failed: None },
            Err(error) if error.is_forbidden() && kind.namespaced => error,
            Err(error) => {
                return Listing {
                    gvk: gvk.clone(),
                    objects: Vec::new(),
                    failed: Some(self.clean(&error.to_string())),
                };
            }
        };
        tracing::debug!("{gvk}: {refused}; listing namespace by namespace");
        let namespaces: BTreeSet<_> = sought
            .objects
            .keys()
            .filter(|id| id.is(&gvk.group, &gvk.kind))
            .filter_map(|id| id.namespace.as_deref())
            .collect();
        let lists = stream::iter(namespaces).map(|namespace| {
            let selectors = &selectors;
            async move { self.list(kind, Some(namespace), selectors, None).await }
        });
        let answers: Vec<_> = lists.buffer_unordered(AT_ONCE).collect().await;
        let mut listing = Listing { gvk: gvk.clone(), objects: Vec::new(), failed: None };
        for answer in answers {
            match answer {
                Ok(objects) => listing.objects.extend(objects),
                Err(error) => listing.failed = Some(self.clean(&error.to_string())),
            }
        }
        listing
    }

    /// Looks for every sought object that no list showed.
    async fn look_for_missing(
        &self,
        sought: &Sought<'_>,
        kinds: &BTreeMap<Gvk, ResourceType>,
        state: &mut LiveState,
    ) {
        let mut missing: BTreeMap<Gvk, Vec<&ObjectId>> = BTreeMap::new();
        for (id, api_version) in &sought.objects {
            if state.objects.contains_key(id) {
                continue;
            }
            let namespace_missing = state.namespaces_unreadable.is_none()
                && id.namespace.as_ref().is_some_and(|name| !state.namespaces.contains_key(name));
            if namespace_missing {
                state.objects.insert(id.clone(), Observed::Absent);
            } else {
                missing.entry(Gvk::new(api_version, &id.kind)).or_default().push(id);
            }
        }
        let looks = stream::iter(missing).map(|(gvk, ids)| async move {
            match kinds.get(&gvk) {
                Some(kind) => self.look_for(kind, ids).await,
                None => Vec::new(),
            }
        });
        let found: Vec<_> = looks.buffer_unordered(AT_ONCE).collect().await;
        state.objects.extend(found.into_iter().flatten());
    }

    /// Looks for objects of one kind by name.
    async fn look_for(&self, kind: &ResourceType, ids: Vec<&ObjectId>) -> Vec<(ObjectId, Observed)> {
        let mut absent = Vec::new();
        let mut present = ids;
        if present.len() > MANY && may_be_listed(kind) {
            let namespaces: BTreeSet<_> = present.iter().map(|id| id.namespace.as_deref()).collect();
            let only = if namespaces.len() == 1 { namespaces.into_iter().next().flatten() } else { None };
            if let Ok(all) = self.list(kind, only, &[], Some(METADATA_LIST)).await {
                let place = |object: &LiveObject| {
                    let text = |key| object.body.text(&["metadata", key]).map(str::to_owned);
                    (text("namespace"), text("name").unwrap_or_default())
                };
                let there: BTreeSet<_> = all.iter().map(place).collect();
                (present, absent) = present
                    .into_iter()
                    .partition(|id| there.contains(&(id.namespace.clone(), id.name.clone())));
            }
        }
        let gets = stream::iter(present).map(|id| async move {
            let observed = match self.get_typed(kind, id.namespace.as_deref(), &id.name).await {
                Ok(Some(object)) => Observed::Present(object),
                Ok(None) => Observed::Absent,
                Err(error) => Observed::Unreadable(self.reason(&error)),
            };
            (id.clone(), observed)
        });
        let mut found: Vec<_> = gets.buffer_unordered(AT_ONCE).collect().await;
        found.extend(absent.into_iter().map(|id| (id.clone(), Observed::Absent)));
        found
    }

    pub(super) fn reason(&self, error: &CallError) -> String {
        self.clean(&error.to_string())
    }
}

/// Kinds of which a cluster may hold very much, or very secret things, are never listed without our label.
fn may_be_listed(kind: &ResourceType) -> bool {
    !matches!(kind.gvk.kind.as_str(), "Secret" | "ConfigMap" | "CustomResourceDefinition")
}
