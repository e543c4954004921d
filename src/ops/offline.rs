//! A plan against a dump: no API server is asked, everything that changes is an estimate.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use super::{
    dump::{self, Dump},
    inventory,
    plan::{PlanWish, Plans},
    planning::{around, brought},
    session::{About, rescope},
    stored_form::stored_form,
    trouble::Trouble,
    workspace::{Rendered, open, render},
};
use crate::fields;
use crate::model::{
    ClusterIdentity, DesiredState, Finding, LABEL_STACK, Ledger, LiveState, ManagedEntry, ObjectId, Observed,
    Plan, Severity,
};
use crate::plan::{Context, Inquiry, conclude, manager_of};
use crate::schema::SchemaSet;
use crate::secrets::Sealer;
use crate::wire::decode_ledgers;

/// Why changes are estimates.
const BECAUSE: &str = "planned against a dump: no API server was asked";

/// Plans against a file or a folder of dumped objects.
pub(super) fn plan(wish: &PlanWish, live: &Path) -> Result<Plans, Trouble> {
    let workspace = open(&wish.place)?;
    let mut rendered = render(&workspace, &wish.choice)?;
    let dump = dump::read(live)?;
    let all: Vec<Arc<DesiredState>> = rendered.chosen().map(|(_, desired)| Arc::clone(desired)).collect();
    for desired in &all {
        rescope(&mut rendered, &dump.types(desired));
    }
    let ledgers = ledgers(&dump, &rendered)?;
    let plans = rendered.chosen().map(|(_, desired)| plan_one(&rendered, &dump, &ledgers, desired, wish));
    let about = About {
        environment: rendered.environment.name.clone(),
        cluster: identity(&dump, live),
        commit: workspace.checkout.commit.clone(),
        pending_commits: None,
        // Nothing is applied to a dump: there is nothing to pin.
        pinned: true,
    };
    Ok(Plans { plans: plans.collect(), about })
}

/// The records of the environment, where the dump holds them.
fn ledgers(dump: &Dump, rendered: &Rendered) -> Result<BTreeMap<String, Ledger>, Trouble> {
    let namespace = rendered.environment.policy.state_namespace.as_str();
    let environment = rendered.environment.name.as_str();
    let records = dump.of_kind("", "ConfigMap").filter(|body| {
        body.id().namespace.as_deref() == Some(namespace)
            && body.label(crate::wire::LABEL_RECORD_ENVIRONMENT) == Some(environment)
    });
    decode_ledgers(records).map_err(|error| Trouble::Record {
        message: format!("the records in the dump cannot be read: {error}"),
        hint: None,
    })
}

fn identity(dump: &Dump, live: &Path) -> ClusterIdentity {
    let system = dump.of_kind("", "Namespace").find(|body| body.id().name == "kube-system");
    ClusterIdentity {
        context: "none: a dump".to_owned(),
        server: live.display().to_string(),
        identity: system.and_then(|body| body.text(&["metadata", "uid"])).unwrap_or_default().to_owned(),
        user: "nobody was asked".to_owned(),
        ..ClusterIdentity::default()
    }
}

fn plan_one(
    rendered: &Rendered,
    dump: &Dump,
    ledgers: &BTreeMap<String, Ledger>,
    desired: &Arc<DesiredState>,
    wish: &PlanWish,
) -> Plan {
    let stack = &desired.target.stack;
    let ledger = ledgers.get(stack).cloned().unwrap_or_default();
    let known: BTreeSet<ObjectId> = inventory::known(&ledger).into_iter().map(|item| item.object).collect();
    let ids = desired.objects.keys().cloned().chain(known.iter().cloned()).collect();
    let mut schemas = dump.schemas();
    let run =
        rendered.chosen().map(|(target, desired)| (target.id.stack.clone(), brought(desired))).collect();
    let mut around = around((rendered, ledgers), stack, &run);
    count(dump, &known, &mut around);
    let mut live = dump.live(desired, ids);
    for wanted in desired.objects.values().filter(|wanted| wanted.id.kind == "CustomResourceDefinition") {
        // The API server's answer to a wrong definition says better what is wrong with it.
        schemas.add_crd(wanted.body.tree()).ok();
    }
    if dump.without_owners {
        assume_ours(&mut live, desired, (&known, &schemas));
    }
    let options = wish.guards.options();
    let stored_form = |tree: &mut _, gvk: &_| stored_form(desired, tree, gvk);
    let context = Context {
        target: &desired.target,
        policy: &rendered.environment.policy,
        desired,
        live: &live,
        schemas: &schemas,
        ledger: &ledger,
        sealer: &Sealer::new(None),
        options: &options,
        not_ready: &BTreeSet::new(),
        around: &around,
        stored_form: &stored_form,
    };
    let inquiries = desired.objects.keys().map(|id| {
        let mut inquiry = Inquiry::open(&context, id);
        if inquiry.question().is_some() {
            inquiry.estimate(BECAUSE);
        }
        inquiry
    });
    let mut plan = conclude(&context, inquiries.collect());
    plan.findings.extend(dump.without_owners.then(unowned));
    plan
}

/// What would die with a Namespace or a definition, as far as the dump tells.
fn count(dump: &Dump, known: &BTreeSet<ObjectId>, around: &mut crate::plan::Surroundings) {
    for id in known {
        if id.is("", "Namespace") {
            let inside =
                |other: &&ObjectId| other.namespace.as_ref() == Some(&id.name) && !known.contains(*other);
            around.strangers.insert(id.name.clone(), dump.objects.keys().filter(inside).count());
        }
        if id.is("apiextensions.k8s.io", "CustomResourceDefinition")
            && let Some(definition) = dump.objects.get(id)
        {
            let kinds = crate::schema::crd_types(definition.body.tree());
            let of_it =
                |object: &&ObjectId| kinds.iter().any(|kind| object.is(&kind.gvk.group, &kind.gvk.kind));
            around.custom_resources.insert(id.name.clone(), dump.objects.keys().filter(of_it).count());
        }
    }
}

/// Without `managedFields` nobody can tell whose an object is: our label or record then has to do, and what git declares of the
/// object is taken to be what we applied.
fn assume_ours(
    live: &mut LiveState,
    desired: &DesiredState,
    (known, schemas): (&BTreeSet<ObjectId>, &SchemaSet),
) {
    for (id, wanted) in &desired.objects {
        let Some(Observed::Present(object)) = live.objects.get_mut(id) else { continue };
        let labelled = object.body.label(LABEL_STACK) == Some(&desired.target.stack);
        if object.managed.is_empty() && (labelled || known.contains(id)) {
            let fields = fields::owned(wanted.body.tree(), schemas.of(&wanted.body.gvk()));
            Arc::make_mut(object).managed.push(ManagedEntry {
                manager: manager_of(&desired.target, &wanted.body),
                apply: true,
                api_version: wanted.body.api_version().to_owned(),
                time: None,
                subresource: None,
                fields: fields.to_json().to_string().into(),
            });
        }
    }
}

fn unowned() -> Finding {
    Finding {
        id: "dump-without-owners",
        severity: Severity::Warning,
        object: None,
        place: None,
        message: "the dump holds no managedFields: whose an object is was read from its labels, and what git no longer \
                  declares of it is not seen to go"
            .to_owned(),
        fix: Some("take it with `kubectl get … -o yaml --show-managed-fields`".to_owned()),
    }
}
