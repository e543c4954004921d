//! The proof that nothing is to be written, against dry-runs of a real API server.
//!
//! Objects are edited, reordered and written by others at random; wherever the proof holds, the server's dry-run must
//! answer the live object. `OBSCTL_FUZZ_CASES` and `OBSCTL_FUZZ_SEED` change the number of cases and the seed.

#![recursion_limit = "512"]
#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    clippy::cast_precision_loss,
    reason = "a test may stop at the first surprise, starts processes and tells what it measured"
)]

#[expect(dead_code, reason = "the other tests use more of it")]
#[path = "it/support/audit.rs"]
mod audit;
#[expect(dead_code, reason = "the other tests use more of it")]
#[path = "it/support/binaries.rs"]
mod binaries;
#[path = "it/support/kubeconfig.rs"]
mod kubeconfig;
#[expect(dead_code, reason = "the other tests use more of it")]
#[path = "it/support/plane.rs"]
mod plane;
#[expect(dead_code, reason = "the other tests use more of it")]
#[path = "it/support/processes.rs"]
mod processes;
#[path = "it/support/service_account_key.rs"]
mod service_account_key;

#[path = "unchanged/bed.rs"]
mod bed;
#[path = "unchanged/edits.rs"]
mod edits;
#[path = "unchanged/model.rs"]
mod model;
mod objects;
#[path = "unchanged/samples.rs"]
mod samples;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use audit::Request;
use bed::Bed;
use binaries::binaries;
use edits::Dice;
use futures::{StreamExt as _, stream};
use http::Method;
use model::Structurals;
use obsctl::{
    fields::{Force, Why, needs_no_write},
    model::{Body, Gvk, ResourceType},
    schema::{SchemaSet, builtin_types, crd_types},
};
use processes::Guarded;
use serde_json::{Value, json};

const MANAGER: &str = "obsctl";
const APPLY: &str = "application/apply-patch+yaml";
/// Larger objects say nothing more and take long.
const LARGEST: usize = 60_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_proven_unchanged_is_unchanged_to_the_server() {
    let Some(bed) = Bed::start().await else { return };
    let number =
        |name: &str, default: u64| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    let (cases, seed) = (number("OBSCTL_FUZZ_CASES", 5000), number("OBSCTL_FUZZ_SEED", 1));
    let fuzz = Fuzz::prepare(bed).await;
    fuzz.untouched().await;

    let each = usize::try_from(cases).expect("small").div_ceil(fuzz.objects.len());
    let tallies = stream::iter(fuzz.objects.iter().enumerate()).map(|(n, object)| {
        let dice = Dice(seed.wrapping_mul(1_000_003).wrapping_add(n as u64));
        fuzz.object(object, dice, each)
    });
    let tallies: Vec<_> = tallies.buffer_unordered(12).collect().await;
    let total = tallies.into_iter().fold(Tally::default(), Tally::plus);
    eprintln!(
        "seed {seed}: {} dry-runs on {} objects: {} proven unchanged, {} unchanged but not proven, {} changed, {} \
         conflicts, {} refused; {} foreign writes",
        total.dry_runs,
        fuzz.objects.len(),
        total.proven,
        total.missed.values().sum::<usize>(),
        total.changed,
        total.conflicts,
        total.refused,
        total.foreign
    );
    eprintln!("not proven, though unchanged: {:?}", total.missed);
    assert!(
        total.wrong.is_empty(),
        "seed {seed}: {} false proofs:\n{}",
        total.wrong.len(),
        total.wrong.join("\n")
    );
    let misjudged = total.misjudged.len();
    eprintln!("the model answers otherwise in {misjudged} cases");
    let shown: Vec<_> = total.misjudged.iter().take(20).cloned().collect();
    assert!(misjudged == 0, "seed {seed}: {misjudged} answers of the model differ:\n{}", shown.join("\n"));
    assert!(total.dry_runs >= usize::try_from(cases).expect("small"), "only {} dry-runs", total.dry_runs);
    assert!(
        total.proven * 20 > total.dry_runs && total.changed * 20 > total.dry_runs,
        "the edits say too little"
    );
    assert!(total.foreign * 20 > total.dry_runs, "only {} foreign writes were accepted", total.foreign);
}

/// An object of the fuzz and where it stands.
struct Subject {
    body: Value,
    path: String,
}

struct Fuzz {
    bed: Bed,
    schemas: SchemaSet,
    structurals: Structurals,
    objects: Vec<Subject>,
}

/// What was seen.
#[derive(Default)]
struct Tally {
    dry_runs: usize,
    proven: usize,
    changed: usize,
    conflicts: usize,
    refused: usize,
    foreign: usize,
    missed: BTreeMap<String, usize>,
    wrong: Vec<String>,
    /// Where the model of server-side apply answers otherwise than the server.
    misjudged: Vec<String>,
}

impl Tally {
    fn plus(mut self, other: Self) -> Self {
        self.dry_runs += other.dry_runs;
        self.proven += other.proven;
        self.changed += other.changed;
        self.conflicts += other.conflicts;
        self.refused += other.refused;
        self.foreign += other.foreign;
        for (why, n) in other.missed {
            *self.missed.entry(why).or_default() += n;
        }
        self.wrong.extend(other.wrong);
        self.misjudged.extend(other.misjudged);
        self
    }
}

impl Fuzz {
    /// Installs the custom kinds and applies every object once.
    async fn prepare(bed: Bed) -> Self {
        let (mut crds, mut bodies) = (vec![samples::crd()], samples::objects());
        match objects::data_folder() {
            Some(data) => {
                let all = objects::yaml_below(&data.join("kube-prometheus/manifests"));
                let (definitions, others): (Vec<_>, Vec<_>) =
                    all.into_iter().partition(|object| object["kind"] == "CustomResourceDefinition");
                crds.extend(definitions);
                bodies.extend(others.into_iter().filter(|object| {
                    object["kind"] != "Namespace"
                        && object["kind"] != "APIService"
                        && object.to_string().len() < LARGEST
                }));
            }
            None => eprintln!("no test data: only our own samples"),
        }
        let types: Vec<ResourceType> =
            builtin_types().iter().cloned().chain(crds.iter().flat_map(crd_types)).collect();
        for crd in &crds {
            let path = format!(
                "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{}",
                crd["metadata"]["name"].as_str().expect("name")
            );
            bed.send(Method::PATCH, &format!("{path}?fieldManager=setup&force=true"), Some((APPLY, crd)))
                .await
                .expect("a CRD");
        }
        for name in ["fuzz", "monitoring", "default", "kube-system"] {
            let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            let path = format!("/api/v1/namespaces/{name}?fieldManager=setup&force=true");
            bed.send(Method::PATCH, &path, Some((APPLY, &namespace))).await.expect("a namespace");
        }
        let mut objects = Vec::new();
        for body in bodies {
            let path = path_of(&types, &body);
            let subject = Subject { body, path };
            for attempt in 0.. {
                // A custom kind is served a moment after its definition.
                match send_apply(&bed, &subject, &subject.body, "force=true").await {
                    Ok(_) => break,
                    Err(error) if attempt == 100 => panic!("{}: {error:?}", subject.path),
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                }
            }
            objects.push(subject);
        }
        let schemas = objects::schemas(&crds);
        let structurals = model::structurals(&crds);
        Self { bed, schemas, structurals, objects }
    }

    fn proof(&self, desired: &Value, live: &Value) -> Result<(), Why> {
        let gvk =
            Gvk::new(desired["apiVersion"].as_str().expect("text"), desired["kind"].as_str().expect("text"));
        let live = objects::live(live.clone());
        needs_no_write(&Body::new(desired.clone()), &live, self.schemas.of(&gvk), MANAGER)
    }

    /// Tells how many objects that nobody touched are proven.
    async fn untouched(&self) {
        let mut proven = 0;
        let mut lacking = Vec::new();
        for subject in &self.objects {
            let live = self.live(subject).await.expect("an object");
            match self.proof(&subject.body, &live) {
                Ok(()) => proven += 1,
                Err(why) => lacking.push(format!("{}: {why}", subject.path)),
            }
        }
        let all = self.objects.len();
        eprintln!("untouched: {proven} of {all} objects ({} %) proven unchanged", proven * 100 / all);
        assert!(
            proven * 100 >= all * 85,
            "{proven} of {all} untouched objects are proven:\n{}",
            lacking.join("\n")
        );
    }

    async fn live(&self, subject: &Subject) -> Option<Value> {
        self.bed.send(Method::GET, &subject.path, None).await.ok()
    }

    /// All cases of one object, one after the other.
    async fn object(&self, subject: &Subject, mut dice: Dice, cases: usize) -> Tally {
        let mut tally = Tally::default();
        let mut base = subject.body.clone();
        while tally.dry_runs < cases {
            if dice.chance(8) {
                base = self.reset(subject).await;
            }
            if dice.chance(35) {
                tally.foreign += usize::from(self.foreign(subject, &base, &mut dice).await);
            }
            let mut desired = base.clone();
            let edits = [0, 1, 1, 2][dice.below(4)];
            for _ in 0..edits {
                edits::edit(&mut desired, &mut dice);
            }
            let Some(live) = self.live(subject).await else {
                base = self.reset(subject).await;
                continue;
            };
            self.compare(subject, &desired, &live, &mut tally).await;
            // What was odd and accepted becomes what we applied.
            if edits > 0
                && dice.chance(35)
                && send_apply(&self.bed, subject, &desired, "force=true").await.is_ok()
            {
                base = desired;
            }
        }
        tally
    }

    /// Brings back the object as it was first applied; it is made anew where it can be deleted at once.
    async fn reset(&self, subject: &Subject) -> Value {
        let unfinished = json!({"metadata": {"finalizers": null}});
        let patch = Some(("application/merge-patch+json", &unfinished));
        self.bed.send(Method::PATCH, &subject.path, patch).await.ok();
        self.bed.send(Method::DELETE, &format!("{}?gracePeriodSeconds=0", subject.path), None).await.ok();
        for _ in 0..20 {
            let fresh = self
                .live(subject)
                .await
                .is_none_or(|live| live["metadata"].get("deletionTimestamp").is_none());
            if fresh && send_apply(&self.bed, subject, &subject.body, "force=true").await.is_ok() {
                break;
            }
            self.bed.send(Method::PATCH, &subject.path, patch).await.ok();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        subject.body.clone()
    }

    /// A write of somebody else; whether the server took it.
    async fn foreign(&self, subject: &Subject, base: &Value, dice: &mut Dice) -> bool {
        let Some(mut live) = self.live(subject).await else { return false };
        let manager = ["kubectl-edit", "other", MANAGER][dice.below(3)];
        let sent = match dice.below(5) {
            0 | 1 => {
                let manager = if manager == MANAGER { "other" } else { manager };
                let part = edits::part(base, dice);
                let path = format!("{}?fieldManager={manager}&force={}", subject.path, dice.chance(50));
                self.bed.send(Method::PATCH, &path, Some((APPLY, &part))).await
            }
            _ => {
                edits::edit(&mut live, dice);
                let path = format!("{}?fieldManager={manager}", subject.path);
                self.bed.send(Method::PUT, &path, Some(("application/json", &live))).await
            }
        };
        sent.is_ok()
    }

    /// What the model says otherwise than the server.
    fn misjudged(
        &self,
        subject: &Subject,
        states: (&Value, &Value),
        force: Force,
        answer: &Result<Value, (u16, String)>,
    ) -> Option<String> {
        let (desired, live) = states;
        let found = model::differs((&self.schemas, &self.structurals), live, desired, force, answer)?;
        Some(format!("{}\n  {found}\n  desired {desired}\n  live {live}", subject.path))
    }

    /// One case: the proof beside the dry-run, without force and, where that conflicts, with it.
    async fn compare(&self, subject: &Subject, desired: &Value, live: &Value, tally: &mut Tally) {
        let proof = self.proof(desired, live);
        let dry_run = "dryRun=All&fieldValidation=Strict";
        let mut answer = send_apply(&self.bed, subject, desired, dry_run).await;
        tally.dry_runs += 1;
        tally.misjudged.extend(self.misjudged(subject, (desired, live), Force::Never, &answer));
        let conflict = matches!(answer, Err((409, _)));
        if conflict {
            tally.conflicts += 1;
            answer = send_apply(&self.bed, subject, desired, &format!("{dry_run}&force=true")).await;
            tally.misjudged.extend(self.misjudged(subject, (desired, live), Force::Take, &answer));
        }
        let unchanged = !conflict && answer.as_ref().is_ok_and(|answer| settled(answer) == settled(live));
        match (&proof, unchanged, &answer) {
            (Ok(()), true, _) => tally.proven += 1,
            (Ok(()), false, answer) => {
                let told = match answer {
                    Ok(answer) => differences(&settled(live), &settled(answer)).join("\n  "),
                    Err((code, message)) => format!("{code} {message}"),
                };
                tally.wrong.push(format!("{}\n  {told}\n  desired {desired}", subject.path));
            }
            (Err(why), true, _) => {
                let why = format!("{why:?}").split('(').next().unwrap_or_default().to_owned();
                *tally.missed.entry(why).or_default() += 1;
            }
            (Err(_), false, Ok(_)) => tally.changed += 1,
            (Err(_), false, Err(_)) => tally.refused += 1,
        }
    }
}

/// An object less what changes with every write; the entries of `managedFields`, which stand in the order of their times,
/// are ordered by manager.
fn settled(object: &Value) -> Value {
    let mut object = object.clone();
    object["metadata"]["resourceVersion"] = Value::Null;
    for entry in object["metadata"]["managedFields"].as_array_mut().into_iter().flatten() {
        entry["time"] = Value::Null;
    }
    if let Some(entries) = object["metadata"]["managedFields"].as_array_mut() {
        entries.sort_by_key(|entry| {
            format!("{} {} {}", entry["manager"], entry["operation"], entry["subresource"])
        });
    }
    object
}

/// The places in which two trees differ.
fn differences(a: &Value, b: &Value) -> Vec<String> {
    let pairs: Vec<_> = match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let names: BTreeSet<_> = x.keys().chain(y.keys()).collect();
            names.into_iter().map(|name| (name.clone(), &a[name], &b[name])).collect()
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            x.iter().zip(y).enumerate().map(|(n, (a, b))| (n.to_string(), a, b)).collect()
        }
        _ if a == b => return Vec::new(),
        _ => return vec![format!(": {a} -> {b}")],
    };
    let below = pairs
        .into_iter()
        .flat_map(|(name, a, b)| differences(a, b).into_iter().map(move |text| format!("/{name}{text}")));
    below.collect()
}

fn path_of(types: &[ResourceType], body: &Value) -> String {
    let gvk = Gvk::new(body["apiVersion"].as_str().expect("text"), body["kind"].as_str().expect("text"));
    let kind = types.iter().find(|kind| kind.gvk == gvk).unwrap_or_else(|| panic!("unknown kind {gvk}"));
    let root =
        if gvk.group.is_empty() { "/api/v1".to_owned() } else { format!("/apis/{}", gvk.api_version()) };
    let name = body["metadata"]["name"].as_str().expect("name");
    if kind.namespaced {
        let namespace = body["metadata"]["namespace"].as_str().unwrap_or("default");
        format!("{root}/namespaces/{namespace}/{}/{name}", kind.plural)
    } else {
        format!("{root}/{}/{name}", kind.plural)
    }
}

async fn send_apply(bed: &Bed, subject: &Subject, body: &Value, query: &str) -> Result<Value, (u16, String)> {
    let path = format!("{}?fieldManager={MANAGER}&{query}", subject.path);
    bed.send(Method::PATCH, &path, Some((APPLY, body))).await
}
