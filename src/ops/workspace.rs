//! From a folder and a revision to the wanted objects of an environment: everything that needs no cluster.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    choose::{self, Choice},
    trouble::Trouble,
};
use crate::model::{
    Checkout, DesiredState, Entry, Environment, Finding, Policy, Problem, Repo, Severity, Target, TargetId,
};
use crate::render::{cross_check, desired_state};
use crate::repo::load;
use crate::sys::{checkout_revision, checkout_working_tree, find_root};

/// Where the repository is, and which state of it is meant.
#[derive(Debug, Clone)]
pub struct Place {
    /// `-C DIR`, or the current folder, from which the root is looked for upwards.
    pub start: PathBuf,
    /// `--ref REV`; none means the working tree.
    pub reference: Option<String>,
}

/// A checkout and what it declares, without a mistake.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// The repository's root.
    pub root: PathBuf,
    /// Its files.
    pub checkout: Checkout,
    /// Its stacks and environments.
    pub repo: Repo,
    /// What was noticed.
    pub findings: Vec<Finding>,
}

/// Reads the repository; every mistake of stacks and environments at once.
pub fn open(place: &Place) -> Result<Workspace, Trouble> {
    let root = find_root(&place.start).ok_or_else(|| Trouble::Call {
        message: format!("there is no repository in {} or above it", place.start.display()),
        hint: Some("a repository has a folder `environments`: name it with `-C DIR`, or start one with `obsctl init`".to_owned()),
    })?;
    let checkout = match &place.reference {
        Some(reference) => checkout_revision(&root, reference)?,
        None => checkout_working_tree(&root)?,
    };
    open_checkout(root, checkout)
}

/// Reads a commit of the same repository.
pub(super) fn open_commit(root: &Path, commit: &str) -> Result<Workspace, Trouble> {
    open_checkout(root.to_owned(), checkout_revision(root, commit)?)
}

fn open_checkout(root: PathBuf, checkout: Checkout) -> Result<Workspace, Trouble> {
    let loaded = load(&checkout);
    if !loaded.problems.is_empty() {
        // Rendering what can be rendered shows the mistakes of manifests in the same run.
        let mut problems = loaded.problems;
        problems.extend(render_problems(&loaded.repo, &checkout));
        return Err(mistakes(problems, &checkout));
    }
    Ok(Workspace { root, checkout, repo: loaded.repo, findings: loaded.findings })
}

fn render_problems(repo: &Repo, checkout: &Checkout) -> Vec<Problem> {
    let targets = repo.environments.values().flat_map(|environment| &environment.targets);
    targets
        .chain(&repo.unlisted)
        .filter_map(|target| desired_state(target, checkout).err())
        .flatten()
        .collect()
}

/// All mistakes, sorted and each once, with the text of the files they stand in.
fn mistakes(mut problems: Vec<Problem>, checkout: &Checkout) -> Trouble {
    problems.sort();
    problems.dedup();
    let mut sources = BTreeMap::new();
    for problem in &problems {
        if let Some(Entry::File(bytes)) = checkout.files.get(&problem.place.file)
            && !holds_secret(bytes)
        {
            sources
                .entry(problem.place.file.to_string())
                .or_insert_with(|| String::from_utf8_lossy(bytes).into_owned());
        }
    }
    Trouble::Repository { problems, sources }
}

/// Whether a file's lines may hold secret values: then none of them is shown.
fn holds_secret(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.lines().any(|line| {
        let line = line.trim_start_matches([' ', '-', '{', '"']);
        line.strip_prefix("kind").is_some_and(|rest| rest.contains("Secret"))
    }) || text.contains("kind: Secret")
}

/// One environment, rendered: all its targets, and which of them the call means.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The environment.
    pub environment: Environment,
    /// Its targets with what they want, in dependsOn order.
    pub targets: Vec<(Target, Arc<DesiredState>)>,
    /// Indices in `targets` of those that the call means.
    pub chosen: Vec<usize>,
}

impl Rendered {
    /// What a target of the environment wants; none where the environment does not list it.
    pub fn desired(&self, target: &TargetId) -> Option<&Arc<DesiredState>> {
        self.targets.iter().find(|(known, _)| known.id == *target).map(|(_, desired)| desired)
    }

    /// Whether the environment lists a stack.
    pub fn declares(&self, stack: &str) -> bool {
        self.targets.iter().any(|(target, _)| target.id.stack == stack)
    }

    /// The targets that the call means.
    pub fn chosen(&self) -> impl Iterator<Item = &(Target, Arc<DesiredState>)> {
        self.chosen.iter().filter_map(|at| self.targets.get(*at))
    }
}

/// Renders every target of the environment: a choice of stacks must not hide that two of them want one object.
pub fn render(workspace: &Workspace, choice: &Choice) -> Result<Rendered, Trouble> {
    let environment = choose::environment(&workspace.repo, choice)?;
    let wanted = choose::targets(environment, choice)?;
    let mut problems = Vec::new();
    let mut targets = Vec::new();
    for target in &environment.targets {
        match desired_state(target, &workspace.checkout) {
            Ok(mut desired) => {
                weigh(&mut desired.findings, &environment.policy);
                targets.push((target.clone(), Arc::new(desired)));
            }
            Err(found) => problems.extend(found),
        }
    }
    let states: Vec<&DesiredState> = targets.iter().map(|(_, desired)| &**desired).collect();
    problems.extend(cross_check(&states));
    if !problems.is_empty() {
        return Err(mistakes(problems, &workspace.checkout));
    }
    let chosen = (0..targets.len())
        .filter(|at| targets.get(*at).is_some_and(|(target, _)| wanted.iter().any(|w| w.id == target.id)))
        .collect();
    Ok(Rendered { environment: environment.clone(), targets, chosen })
}

/// What is a warning elsewhere blocks where the environment's policy says so.
fn weigh(findings: &mut [Finding], policy: &Policy) {
    for finding in findings.iter_mut().filter(|finding| finding.id == "plain-secret") {
        if policy.refuse_plain_secrets {
            finding.severity = Severity::Error;
        }
    }
}

/// Checks every environment, or the one that is named: all mistakes of all of them at once.
pub fn validate(workspace: &Workspace, choice: &Choice) -> Result<Vec<Rendered>, Trouble> {
    if choice.environment.is_some() {
        return Ok(vec![render(workspace, choice)?]);
    }
    let mut all = Vec::new();
    let unlisted = workspace.repo.unlisted.iter();
    let mut problems: Vec<Problem> =
        unlisted.filter_map(|target| desired_state(target, &workspace.checkout).err()).flatten().collect();
    for name in workspace.repo.environments.keys() {
        let named = Choice { environment: Some(name.clone()), stacks: choice.stacks.clone() };
        match render(workspace, &named) {
            Ok(rendered) => all.push(rendered),
            Err(Trouble::Repository { problems: found, .. }) => problems.extend(found),
            Err(other) => return Err(other),
        }
    }
    if problems.is_empty() { Ok(all) } else { Err(mistakes(problems, &workspace.checkout)) }
}
