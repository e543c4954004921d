//! Scenes for tests: what is wanted and what is live as YAML in, the plan as an indented text tree out.

use std::{collections::BTreeSet, fmt::Write as _, sync::Arc};

use serde_json::Value;

use crate::fields;
use crate::model::{
    Answer, Body, DesiredState, Digest, FieldChange, Head, InventoryItem, Ledger, LiveObject, LiveState,
    ManagedEntry, NamespacePhase, ObjectId, Observed, Plan, Policy, Precondition, Question, Revision,
    RevisionState, RunSort, Shown, TargetId, Wanted, Write,
};
use crate::plan::{Context, Inquiry, PlanOptions, Surroundings, conclude};
use crate::schema::SchemaSet;
use crate::secrets::Sealer;

/// All that a context borrows.
pub(crate) struct Scene {
    pub(crate) target: TargetId,
    pub(crate) policy: Policy,
    pub(crate) desired: DesiredState,
    pub(crate) live: LiveState,
    pub(crate) schemas: SchemaSet,
    pub(crate) ledger: Ledger,
    pub(crate) sealer: Sealer,
    pub(crate) options: PlanOptions,
    pub(crate) not_ready: BTreeSet<ObjectId>,
    pub(crate) around: Surroundings,
}

/// The trees of YAML documents.
pub(crate) fn documents(yaml: &str) -> Vec<Body> {
    let parts = yaml.split("\n---\n").filter(|part| !part.trim().is_empty());
    parts
        .map(|part| Body::new(serde_saphyr::from_str::<Value>(part).expect("tests write good YAML")))
        .collect()
}

/// A managedFields entry that owns exactly the fields of a body: by Apply where it is ours, else by Update.
pub(crate) fn entry(manager: &str, body: &Body, schemas: &SchemaSet) -> ManagedEntry {
    ManagedEntry {
        manager: manager.to_owned(),
        apply: manager.starts_with("obsctl"),
        api_version: body.api_version().to_owned(),
        time: Some("2026-11-20T10:00:00Z".to_owned()),
        subresource: None,
        fields: fields::owned(body.tree(), schemas.of(&body.gvk())).to_json().to_string().into(),
    }
}

/// Adds the labels that render puts on objects of stack `mon` in `dev`.
pub(crate) fn labelled(mut body: Body, stack: &str) -> Body {
    if body.kind() != "Namespace" {
        let labels = body.tree_mut()["metadata"].as_object_mut().expect("a map");
        let labels = labels.entry("labels").or_insert_with(|| Value::Object(serde_json::Map::new()));
        labels["obsctl.dev/stack"] = stack.into();
        labels["obsctl.dev/environment"] = "dev".into();
    }
    body
}

impl Scene {
    /// A scene in which objects are wanted and namespace `m` is there.
    pub(crate) fn wanting(yaml: &str) -> Self {
        let target = TargetId { repository: None, environment: "dev".into(), stack: "mon".into() };
        let mut desired = DesiredState {
            target: target.clone(),
            objects: std::collections::BTreeMap::new(),
            requires: Vec::new(),
            namespace: None,
            findings: Vec::new(),
        };
        for body in documents(yaml) {
            let body = labelled(body, "mon");
            desired.objects.insert(body.id(), Wanted { id: body.id(), body, origin: None });
        }
        let mut live = LiveState::default();
        live.namespaces.insert("m".into(), NamespacePhase::Active);
        for id in desired.objects.keys() {
            live.objects.insert(id.clone(), Observed::Absent);
        }
        Self {
            target,
            policy: Policy::default(),
            desired,
            live,
            schemas: SchemaSet::builtin(),
            ledger: Ledger::default(),
            sealer: Sealer::new(Some(vec![7; 32])),
            options: PlanOptions::default(),
            not_ready: BTreeSet::new(),
            around: Surroundings::default(),
        }
    }

    /// An object as somebody made it: by Apply or Update, under our labels only where the manager is ours.
    pub(crate) fn there(&mut self, yaml: &str, manager: &str) -> ObjectId {
        let body = documents(yaml).remove(0);
        let body = if manager == "obsctl" { labelled(body, "mon") } else { body };
        let made = entry(manager, &body, &self.schemas);
        self.put(body, vec![made])
    }

    /// An object with its managedFields.
    pub(crate) fn put(&mut self, body: Body, managed: Vec<ManagedEntry>) -> ObjectId {
        let id = body.id();
        let live = LiveObject { body, uid: "u1".into(), resource_version: "7".into(), managed };
        self.live.objects.insert(id.clone(), Observed::Present(Arc::new(live)));
        id
    }

    /// Stores revision 1 with these objects in its inventory.
    pub(crate) fn applied(&mut self, ids: &[&ObjectId]) {
        let item = |id: &&ObjectId| InventoryItem {
            object: (*id).clone(),
            version: "v1".into(),
            uid: Some("u1".into()),
            digest: Some(Digest("sha256:old".into())),
            pack: None,
            created: true,
            done: false,
            pre_image: false,
        };
        self.ledger.head = Some(Head { current: Some(1), last: 1, ..Head::default() });
        self.ledger.revisions = vec![Revision {
            number: 1,
            parent: None,
            state: RevisionState::Complete,
            sort: RunSort::Apply,
            commit: None,
            summary: None,
            dirty: false,
            rolled_back_to: None,
            plan: Digest("sha256:plan".into()),
            user: "u".into(),
            ci_run: None,
            started: "2026-11-20T10:00:00Z".into(),
            finished: None,
            inventory: ids.iter().map(item).collect(),
        }];
    }

    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            target: &self.target,
            policy: &self.policy,
            desired: &self.desired,
            live: &self.live,
            schemas: &self.schemas,
            ledger: &self.ledger,
            sealer: &self.sealer,
            options: &self.options,
            not_ready: &self.not_ready,
            around: &self.around,
            stored_form: &|_, _| {},
        }
    }

    /// What the server would answer where nobody is in the way: ours laid over live.
    pub(crate) fn server(&self, question: &Question) -> Answer {
        let id = question.body.id();
        let live = self.live.objects.get(&id).and_then(Observed::present);
        let base = live.map_or(Value::Null, |live| live.body.tree().clone());
        let schema = self.schemas.of(&question.body.gvk());
        let body = Body::new(fields::merge_apply(&base, question.body.tree(), schema));
        let mut managed: Vec<_> = live.map(|live| live.managed.clone()).unwrap_or_default();
        managed.retain(|entry| !(entry.apply && entry.manager == question.manager));
        managed.push(entry(&question.manager, &question.body, &self.schemas));
        Answer::Accepted(Arc::new(LiveObject {
            body,
            uid: "u1".into(),
            resource_version: "7".into(),
            managed,
        }))
    }

    /// The plan, the first question of each object answered by `first`, later ones by the obliging server.
    pub(crate) fn plan_with(&self, first: impl Fn(&Question) -> Option<Answer>) -> Plan {
        let context = self.context();
        let mut inquiries = Vec::new();
        for id in self.desired.objects.keys() {
            let mut inquiry = Inquiry::open(&context, id);
            let mut round = 0;
            while let Some(question) = inquiry.question() {
                let answer = if round == 0 { first(&question) } else { None };
                inquiry.answer(answer.unwrap_or_else(|| self.server(&question)));
                round += 1;
            }
            inquiries.push(inquiry);
        }
        conclude(&context, inquiries)
    }

    pub(crate) fn plan(&self) -> Plan {
        self.plan_with(|_| None)
    }
}

fn value(shown: &Shown) -> String {
    match shown {
        Shown::Absent => "-".to_owned(),
        Shown::Plain(value) => value.to_string(),
        Shown::Sealed { length, .. } => format!("sealed({length})"),
    }
}

fn change(change: &FieldChange) -> String {
    let Shown::Absent = change.values.before else {
        let writer = change.writer.as_ref().map(|w| format!(" by {}", w.manager)).unwrap_or_default();
        let note = change.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
        return format!(
            "{}: {} -> {}{writer}{note}",
            change.path,
            value(&change.values.before),
            value(&change.values.after)
        );
    };
    format!("{}: {}", change.path, value(&change.values.after))
}

fn write(write: &Write) -> String {
    let when = |precondition: &Precondition| match precondition {
        Precondition::Absent => "absent",
        Precondition::Uid(_) => "uid",
        Precondition::Exact { .. } => "exact",
    };
    match write {
        Write::Apply { precondition, force, manager, ownership_edits, .. } => format!(
            "apply as {manager} if {}{}{}",
            when(precondition),
            if *force { ", forced" } else { "" },
            if ownership_edits.is_empty() { "" } else { ", ownership moved first" }
        ),
        Write::Delete { precondition, propagation } => {
            format!("delete if {}, {propagation:?}", when(precondition))
        }
        Write::Replace { precondition, propagation, .. } => {
            format!("replace if {}, {propagation:?}", when(precondition))
        }
        Write::Release { patch, .. } => format!("release {patch}"),
        Write::None => "nothing".to_owned(),
    }
}

/// A plan as an indented text tree; our own labels are left out.
pub(crate) fn tell(plan: &Plan) -> String {
    let mut text = String::new();
    for (at, step) in plan.steps.iter().enumerate() {
        let estimated = step.estimated.as_ref().map(|why| format!(" ~ {why}")).unwrap_or_default();
        let (word, object) = (step.action.word(), &step.object);
        writeln!(text, "{at} {word} {object}: {}{estimated}", step.reason).expect("strings take all");
        writeln!(text, "    {}", write(&step.write)).expect("strings take all");
        let ours = |change: &&FieldChange| change.path.to_string().contains("obsctl.dev/");
        for field in step.fields.iter().filter(|field| !ours(field)) {
            writeln!(text, "    {}", change(field)).expect("strings take all");
        }
        for effect in &step.effects {
            writeln!(text, "    => {effect}").expect("strings take all");
        }
        for need in &step.depends_on {
            writeln!(text, "    after {} ({:?}): {}", need.on, need.until, need.because)
                .expect("strings take all");
        }
    }
    for hold in &plan.holds {
        let object = hold.object.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
        let blocks = if hold.blocking { "!" } else { "" };
        writeln!(text, "held{blocks} {}{object}: {}", hold.sort.word(), hold.reason)
            .expect("strings take all");
        if let Some(fix) = &hold.fix {
            writeln!(text, "    fix: {fix}").expect("strings take all");
        }
        for field in &hold.fields {
            writeln!(text, "    {}", change(field)).expect("strings take all");
        }
    }
    for id in &plan.unchanged {
        writeln!(text, "unchanged {id}").expect("strings take all");
    }
    for note in &plan.notes {
        writeln!(text, "note: {note}").expect("strings take all");
    }
    text
}
