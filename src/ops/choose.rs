//! Which environment and stacks a call means.

use super::trouble::Trouble;
use crate::model::{Environment, Repo, Target};
use crate::syntax::did_you_mean;

/// What the user named.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// `-e`, or `OBSCTL_ENV`.
    pub environment: Option<String>,
    /// `-s`, repeated; empty means all.
    pub stacks: Vec<String>,
}

/// The environment that was named, or the only one.
pub(super) fn environment<'a>(repo: &'a Repo, choice: &Choice) -> Result<&'a Environment, Trouble> {
    let names: Vec<&str> = repo.environments.keys().map(String::as_str).collect();
    match (&choice.environment, repo.environments.len()) {
        (Some(name), _) => repo.environments.get(name).ok_or_else(|| unknown("environment", name, &names)),
        (None, 0) => Err(Trouble::call("the repository has no environment: run `obsctl init` to start one")),
        (None, 1) => repo.environments.values().next().ok_or_else(|| Trouble::call("no environment")),
        (None, _) => Err(Trouble::Call {
            message: format!("which environment? There are {}", listed(&names)),
            hint: Some("name one with `-e NAME`, or set OBSCTL_ENV".to_owned()),
        }),
    }
}

/// The targets that were named, in dependsOn order; all where none was.
pub(super) fn targets<'a>(environment: &'a Environment, choice: &Choice) -> Result<Vec<&'a Target>, Trouble> {
    let names: Vec<&str> = environment.targets.iter().map(|target| target.id.stack.as_str()).collect();
    if let Some(missing) = choice.stacks.iter().find(|stack| !names.contains(&stack.as_str())) {
        return Err(unknown("stack", missing, &names));
    }
    let wanted = |target: &&Target| choice.stacks.is_empty() || choice.stacks.contains(&target.id.stack);
    Ok(environment.targets.iter().filter(wanted).collect())
}

fn unknown(sort: &str, name: &str, names: &[&str]) -> Trouble {
    let hint = did_you_mean(name, names.iter().copied()).map_or_else(
        || format!("there are {}", listed(names)),
        |near| format!("did you mean `{near}`? There are {}", listed(names)),
    );
    Trouble::Call { message: format!("there is no {sort} `{name}`"), hint: Some(hint) }
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
