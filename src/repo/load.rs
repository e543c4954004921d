//! The whole repository at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    environment::{Layers, Part, layers},
    fields::Taker,
    file::{Written, read},
    policy,
    stack::{self, check, sorted},
    target::{Heard, Plot, target},
    values::schema,
};
use crate::model::{Checkout, Environment, Finding, Place, Policy, Problem, Repo, Target, TargetId};
use crate::syntax::{Node, NodeValue, did_you_mean};

/// What was read.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// Stacks and environments; what is broken is left out.
    pub repo: Repo,
    /// Every mistake, each once.
    pub problems: Vec<Problem>,
    /// What was noticed.
    pub findings: Vec<Finding>,
}

/// Reads `obsctl.yaml`, all stacks and all environments.
pub fn load(checkout: &Checkout) -> Loaded {
    let mut heard = Heard::default();
    let top = top(checkout, &mut heard.problems);
    let stacks = folders(checkout, "stacks", "stack.yaml", "Stack", &mut heard.problems);
    let environments =
        folders(checkout, "environments", "environment.yaml", "Environment", &mut heard.problems);
    for stack in stacks.values() {
        check(stack, &mut heard.problems);
    }
    let order = sorted(&stacks, &mut heard.problems);
    let id = top.as_ref().map(|top| top.name.clone()).or_else(|| checkout.root_commit.clone());
    let whole = Whole {
        top: top.as_ref(),
        stacks: &stacks,
        environments: &environments,
        order: &order,
        folders: folder_names(checkout),
        id: id.clone(),
    };
    let mut used = BTreeSet::new();
    let bases = bases(&environments);
    for base in environments.values().filter(|written| bases.contains(&written.name)) {
        let layers = layers(base, &environments, &mut heard.problems);
        settled_policy(&whole, &layers, &mut heard);
    }
    let built = environments
        .values()
        .filter(|written| !bases.contains(&written.name))
        .map(|written| (written.name.clone(), environment(written, &whole, &mut used, &mut heard)))
        .collect();
    let unlisted = stacks.values().filter(|stack| !used.contains(&stack.name));
    let unlisted = unlisted.filter_map(|stack| unused(stack, &whole, &mut heard)).collect();
    let problems: BTreeSet<Problem> = heard.problems.into_iter().collect();
    let mut findings: Vec<Finding> = Vec::new();
    for finding in heard.findings {
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
    let repo = Repo { id, environments: built, stacks: stacks.into_keys().collect(), unlisted };
    Loaded { repo, problems: problems.into_iter().collect(), findings }
}

/// All that was read, unmerged.
struct Whole<'a> {
    top: Option<&'a Written>,
    stacks: &'a BTreeMap<String, Written>,
    environments: &'a BTreeMap<String, Written>,
    order: &'a [String],
    /// Names of all folders below `stacks`.
    folders: BTreeSet<&'a str>,
    id: Option<String>,
}

impl Whole<'_> {
    fn defaults(&self) -> Option<Part> {
        let top = self.top?;
        let values = top.spec.get("values").filter(|node| matches!(node.value, NodeValue::Map(_)))?;
        Some((values.clone(), Arc::clone(&top.file)))
    }
}

fn top(checkout: &Checkout, problems: &mut Vec<Problem>) -> Option<Written> {
    let (file, entry) = checkout.files.get_key_value("obsctl.yaml")?;
    let written = read(file, entry, "Repository", None, problems)?;
    let mut taker = Taker { file: Arc::clone(file), problems };
    if taker.map(
        &written.spec,
        "`spec` of a repository",
        &["values", "policy", "kubernetesVersion", "mirrors"],
    ) && let Some(values) = written.spec.get("values")
    {
        taker.any_map(values, "`values`");
    }
    Some(written)
}

/// Environments that are only there to be extended: others do, and they name no cluster.
fn bases(environments: &BTreeMap<String, Written>) -> BTreeSet<String> {
    let parents = environments.values().filter_map(|written| written.spec.get("extends")?.text());
    let parents: BTreeSet<&str> = parents.collect();
    let base =
        |written: &&Written| parents.contains(written.name.as_str()) && written.spec.get("cluster").is_none();
    environments.values().filter(base).map(|written| written.name.clone()).collect()
}

fn folder_names(checkout: &Checkout) -> BTreeSet<&str> {
    checkout
        .files
        .keys()
        .filter_map(|path| path.strip_prefix("stacks/")?.split_once('/'))
        .map(|(name, _)| name)
        .collect()
}

/// The files of a kind, one in each folder; a folder without one is a mistake.
fn folders(
    checkout: &Checkout,
    root: &str,
    name: &str,
    kind: &str,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Written> {
    let mut files: BTreeMap<&str, Vec<&Arc<str>>> = BTreeMap::new();
    for path in checkout.files.keys() {
        let parts: Vec<&str> = path.splitn(3, '/').collect();
        if let [top, folder, _] = parts.as_slice()
            && *top == root
        {
            files.entry(folder).or_default().push(path);
        }
    }
    let mut found = BTreeMap::new();
    for (folder, paths) in files {
        let path = format!("{root}/{folder}/{name}");
        let Some((file, entry)) = checkout.files.get_key_value(path.as_str()) else {
            let inside = paths.iter().filter_map(|path| path.strip_prefix(&format!("{root}/{folder}/")));
            let help = match did_you_mean(name, inside.filter(|rest| !rest.contains('/'))) {
                Some(near) => format!("rename `{near}` to `{name}`"),
                None => format!("write `{path}`, or remove the folder"),
            };
            let place =
                Place::file(paths.first().map_or_else(|| Arc::from(path.as_str()), |path| Arc::clone(path)));
            problems
                .push(Problem::new(place, format!("folder `{root}/{folder}` has no `{name}`")).help(help));
            continue;
        };
        if let Some(written) = read(file, entry, kind, Some(folder), problems) {
            found.insert(written.name.clone(), written);
        }
    }
    found
}

fn environment(
    written: &Written,
    whole: &Whole<'_>,
    used: &mut BTreeSet<String>,
    heard: &mut Heard,
) -> Environment {
    let layers = layers(written, whole.environments, &mut heard.problems);
    let policy = settled_policy(whole, &layers, heard);
    let mut targets = Vec::new();
    for one in &layers.uses {
        // A stack whose file is broken is there all the same.
        let broken = whole.folders.contains(one.stack.value.as_str());
        if !whole.stacks.contains_key(&one.stack.value) && !broken {
            heard.problems.push(stack::unknown(&one.stack, whole.stacks));
        }
    }
    unknown_values(whole, &layers, heard);
    let defaults = whole.defaults();
    for name in whole.order {
        let Some(one) = layers.uses.iter().find(|one| &one.stack.value == name) else { continue };
        let Some(stack) = whole.stacks.get(name) else { continue };
        used.insert(name.clone());
        let id =
            TargetId { repository: whole.id.clone(), environment: written.name.clone(), stack: name.clone() };
        let plot = Plot { id, stack, layers: &layers, used: Some(one), defaults: defaults.as_ref() };
        targets.push(target(&plot, heard));
    }
    missing_stacks(&targets, heard);
    Environment {
        name: written.name.clone(),
        place: Place::file(Arc::clone(&written.file)),
        cluster: layers.cluster.clone().unwrap_or_default(),
        policy,
        targets,
    }
}

/// A value for all stacks of an environment that none of them knows.
fn unknown_values(whole: &Whole<'_>, layers: &Layers, heard: &mut Heard) {
    let stacks: Vec<&Written> =
        layers.uses.iter().filter_map(|one| whole.stacks.get(&one.stack.value)).collect();
    if stacks.is_empty() {
        return;
    }
    let names: BTreeSet<String> = stacks
        .iter()
        .filter_map(|stack| schema(stack.spec.get("values")).get("properties")?.as_object().cloned())
        .flat_map(|properties| properties.into_iter().map(|(name, _)| name))
        .collect();
    for (node, file) in &layers.values {
        let NodeValue::Map(entries) = &node.value else { continue };
        for (key, _) in entries.iter().filter(|(key, _)| !names.contains(&key.name)) {
            let place = Place { file: Arc::clone(file), line: key.line, column: key.column };
            let help = match did_you_mean(&key.name, names.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "declare it under `spec.values.properties` of a stack".to_owned(),
            };
            heard
                .problems
                .push(Problem::new(place, format!("no stack has a value `{}`", key.name)).help(help));
        }
    }
}

fn settled_policy(whole: &Whole<'_>, layers: &Layers, heard: &mut Heard) -> Policy {
    let mut settled = Policy::default();
    let top = whole.top.and_then(|top| Some((top.spec.get("policy")?.clone(), Arc::clone(&top.file))));
    for (node, file) in top.iter().chain(&layers.policies) {
        let mut taker = Taker { file: Arc::clone(file), problems: &mut heard.problems };
        policy::lay(&mut taker, node, &mut settled);
    }
    settled
}

/// A stack that another one needs must be in the environment too.
fn missing_stacks(targets: &[Target], heard: &mut Heard) {
    let here: BTreeSet<&str> = targets.iter().map(|target| target.id.stack.as_str()).collect();
    for target in targets {
        for needed in target.depends_on.iter().filter(|needed| !here.contains(needed.as_str())) {
            let message = format!(
                "environment `{}` lists stack `{}`, which needs stack `{needed}`, and not that one",
                target.id.environment, target.id.stack
            );
            let file = format!("environments/{}/environment.yaml", target.id.environment);
            heard.problems.push(
                Problem::new(Place::file(file), message)
                    .help(format!("add `- name: {needed}` under `spec.stacks`")),
            );
        }
    }
}

/// A stack that no environment uses, with its defaults; none where an environment would have to give values.
fn unused(stack: &Written, whole: &Whole<'_>, heard: &mut Heard) -> Option<Target> {
    let required = stack.spec.at(&["values", "required"]).map_or(&[][..], Node::items);
    if !required.is_empty() {
        return None;
    }
    let id = TargetId { repository: None, environment: "none".to_owned(), stack: stack.name.clone() };
    let (layers, defaults) = (Layers::default(), whole.defaults());
    Some(target(&Plot { id, stack, layers: &layers, used: None, defaults: defaults.as_ref() }, heard))
}
