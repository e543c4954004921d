//! From a session to the plan of each target.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::future::join_all;

use super::{
    asking::make_plan, inventory, session::Session, stored_form::stored_form, trouble::Trouble,
    workspace::Rendered,
};
use crate::apply::ready::judge;
use crate::cluster::Sought;
use crate::model::{
    DesiredState, Gvk, Ledger, LiveState, ObjectId, Observed, Plan, Readiness, RevisionState, TargetId,
};
use crate::plan::{Context, PlanOptions, Surroundings};
use crate::schema::SchemaSet;

/// The plan of one target, with what it was made from.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// What it wants.
    pub desired: Arc<DesiredState>,
    /// What the cluster said.
    pub live: LiveState,
    /// What was recorded.
    pub ledger: Ledger,
}

impl Planned {
    /// Whether there is anything to do: writes, waits, or the record of a run that did not end well.
    pub(super) fn has_work(&self) -> bool {
        let unsettled = self.ledger.current().is_some_and(|revision| {
            matches!(revision.state, RevisionState::Failed | RevisionState::Unverified)
        });
        !self.plan.steps.is_empty() || self.ledger.pending().is_some() || unsettled
    }
}

/// What one plan is to be made of.
#[derive(Debug, Clone)]
pub(super) struct Order {
    /// What is wanted; empty for a destroy.
    pub desired: Arc<DesiredState>,
    /// What the user asked for.
    pub options: PlanOptions,
    /// What the cluster said, where it was asked already of at least these objects.
    pub seen: Option<LiveState>,
}

impl Order {
    /// An order for which the cluster is to be asked.
    pub(super) fn new(desired: impl Into<Arc<DesiredState>>, options: PlanOptions) -> Self {
        Self { desired: desired.into(), options, seen: None }
    }
}

/// Plans each of the orders; their targets are observed and asked about at once.
pub(super) async fn plan_all(session: &Session, orders: Vec<Order>) -> Result<Vec<Planned>, Trouble> {
    let schemas = schemas(session, &orders).await?;
    let brought: BTreeMap<String, Surroundings> =
        orders.iter().map(|order| (order.desired.target.stack.clone(), brought(&order.desired))).collect();
    let plans = orders.into_iter().map(|order| plan_one(session, order, &schemas, &brought));
    join_all(plans).await.into_iter().collect()
}

async fn plan_one(
    session: &Session,
    order: Order,
    schemas: &SchemaSet,
    run: &BTreeMap<String, Surroundings>,
) -> Result<Planned, Trouble> {
    let Order { desired, mut options, seen } = order;
    let ledger = session.ledger(&desired.target.stack);
    let live = match seen {
        Some(live) => live,
        None => observe(session, &desired, &ledger).await,
    };
    let around = surroundings(session, &desired, &ledger, run, &options).await?;
    let not_ready = not_ready(&live, &desired);
    // A run that ended well has waited for everything; any other left that to this one.
    let waited = ledger.current().is_none_or(|revision| revision.state == RevisionState::Complete);
    options.wait_for_unready |= ledger.pending().is_some() || !waited;
    let policy = &session.rendered.environment.policy;
    let stored_form = |tree: &mut _, gvk: &_| stored_form(&desired, tree, gvk);
    let context = Context {
        target: &desired.target,
        policy,
        desired: &desired,
        live: &live,
        schemas,
        ledger: &ledger,
        sealer: &session.sealer,
        options: &options,
        not_ready: &not_ready,
        around: &around,
        stored_form: &stored_form,
    };
    let plan = make_plan(&context, &session.cluster).await;
    Ok(Planned { plan, desired, live, ledger })
}

/// What the cluster says of the wanted objects, of the inventory, and of all that bears the target's labels.
pub(super) async fn observe(session: &Session, desired: &DesiredState, ledger: &Ledger) -> LiveState {
    let mut objects: BTreeMap<ObjectId, String> = inventory::known(ledger)
        .into_iter()
        .map(|item| {
            let gvk = Gvk {
                group: item.object.group.clone(),
                version: item.version,
                kind: item.object.kind.clone(),
            };
            (item.object, gvk.api_version())
        })
        .collect();
    let wanted =
        desired.objects.iter().map(|(id, wanted)| (id.clone(), wanted.body.api_version().to_owned()));
    objects.extend(wanted);
    let sought = Sought {
        target: &desired.target,
        objects,
        namespaces: BTreeSet::new(),
        requires: &desired.requires,
        namespace: desired.namespace.as_deref(),
    };
    let live = session.cluster.observe(&sought, &session.types).await;
    let present = live.objects.values().filter_map(Observed::present);
    session.learn_secrets(present.map(|object| &object.body).filter(|body| body.is_secret()));
    live
}

/// What is known of the kinds of all orders, with those that definitions of the plan itself will bring.
async fn schemas(session: &Session, orders: &[Order]) -> Result<SchemaSet, Trouble> {
    let mut kinds: BTreeSet<Gvk> = BTreeSet::new();
    for order in orders {
        kinds.extend(order.desired.objects.values().map(|wanted| wanted.body.gvk()));
        let known = inventory::known(&session.ledger(&order.desired.target.stack));
        kinds.extend(known.into_iter().map(|item| Gvk {
            group: item.object.group,
            version: item.version,
            kind: item.object.kind,
        }));
    }
    kinds.retain(|gvk| session.types.get(gvk).is_some() && !session.types.stale.contains(&gvk.api_version()));
    let schemas = session.cluster.schemas(&kinds, None).await;
    let mut schemas = schemas.map_err(Trouble::cluster("read the OpenAPI documents"))?;
    add_new_definitions(session, orders, &mut schemas);
    Ok(schemas)
}

/// Kinds that the plan itself brings are known from their definitions.
fn add_new_definitions(session: &Session, orders: &[Order], schemas: &mut SchemaSet) {
    let all = session.rendered.targets.iter().map(|(_, desired)| desired);
    for desired in orders.iter().map(|order| &order.desired).chain(all) {
        for wanted in desired.objects.values().filter(|wanted| is_definition(&wanted.id)) {
            let served = crate::schema::crd_types(wanted.body.tree())
                .iter()
                .all(|kind| session.types.get(&kind.gvk).is_some());
            if !served {
                // What is wrong with a definition, the API server's answer to it says better.
                schemas.add_crd(wanted.body.tree()).ok();
            }
        }
    }
}

fn is_definition(id: &ObjectId) -> bool {
    id.is("apiextensions.k8s.io", "CustomResourceDefinition")
}

/// Wanted objects that are there and on their way, or failed.
fn not_ready(live: &LiveState, desired: &DesiredState) -> BTreeSet<ObjectId> {
    let waits = |id: &&ObjectId| {
        let report = live.objects.get(*id).and_then(Observed::present).map(|object| judge(&object.body));
        report.is_some_and(|r| matches!(r.readiness, Readiness::InProgress | Readiness::Failed))
    };
    desired.objects.keys().filter(waits).cloned().collect()
}

async fn surroundings(
    session: &Session,
    desired: &DesiredState,
    ledger: &Ledger,
    run: &BTreeMap<String, Surroundings>,
    options: &PlanOptions,
) -> Result<Surroundings, Trouble> {
    let own = &desired.target.stack;
    let mut around = around((&session.rendered, &session.ledgers), own, run);
    count_victims(session, desired, ledger, options, &mut around).await?;
    Ok(around)
}

/// What the other stacks of the environment declare, had, and bring in the same run.
pub(super) fn around(
    (rendered, ledgers): (&Rendered, &BTreeMap<String, Ledger>),
    own: &str,
    run: &BTreeMap<String, Surroundings>,
) -> Surroundings {
    let mut around = Surroundings::default();
    for (target, other) in rendered.targets.iter().filter(|(target, _)| target.id.stack != own) {
        for id in other.objects.keys() {
            around.declared.entry(id.clone()).or_default().insert(target.id.stack.clone());
        }
    }
    for (stack, other) in ledgers.iter().filter(|(stack, _)| *stack != own) {
        for item in inventory::known(other) {
            around.inventoried.entry(item.object).or_default().insert(stack.clone());
        }
    }
    for (_, other) in run.iter().filter(|(stack, _)| *stack != own) {
        around.namespaces.extend(other.namespaces.clone());
        around.types.extend(other.types.clone());
    }
    around
}

/// Namespaces and kinds that a stack of the run brings to the others.
pub(super) fn brought(other: &DesiredState) -> Surroundings {
    let mut around = Surroundings::default();
    let stack = &other.target.stack;
    for (id, wanted) in &other.objects {
        if id.is("", "Namespace") {
            around.namespaces.insert(id.name.clone(), stack.clone());
        }
        if is_definition(id) {
            for kind in crate::schema::crd_types(wanted.body.tree()) {
                around.types.insert((kind.gvk.group, kind.gvk.kind), stack.clone());
            }
        }
    }
    around
}

/// Counts what would die with each Namespace and CustomResourceDefinition that is to go.
async fn count_victims(
    session: &Session,
    desired: &DesiredState,
    ledger: &Ledger,
    options: &PlanOptions,
    around: &mut Surroundings,
) -> Result<(), Trouble> {
    let known: BTreeSet<ObjectId> = inventory::known(ledger).into_iter().map(|item| item.object).collect();
    let going = known.iter().filter(|id| !desired.objects.contains_key(*id));
    for id in going {
        if id.is("", "Namespace") && (options.destroy || options.allow_delete.iter().any(|a| a.allows(id))) {
            let count = session.cluster.strangers(&id.name, &known, &session.types).await;
            // Who may not count must not be told "none": the plan then takes the namespace for inhabited.
            if let Ok(count) = count {
                around.strangers.insert(id.name.clone(), count);
            }
        }
        if is_definition(id)
            && let Some((plural, group)) = id.name.split_once('.')
            && let Some(kind) =
                session.types.types.values().find(|kind| kind.plural == plural && kind.gvk.group == group)
            && let Ok(count) = session.cluster.count_of(&kind.gvk).await
        {
            around.custom_resources.insert(id.name.clone(), count);
        }
    }
    Ok(())
}

/// An empty wish: what a destroy wants.
pub(super) fn nothing(target: &TargetId) -> DesiredState {
    DesiredState {
        target: target.clone(),
        objects: BTreeMap::new(),
        requires: Vec::new(),
        namespace: None,
        findings: Vec::new(),
    }
}
