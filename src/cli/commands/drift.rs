//! `obsctl drift`.

use super::{ask, output, watch};
use crate::cli::{
    args::{DriftArgs, Global},
    exit::Exit,
    failure::Failure,
    stdio::Stdio,
};
use crate::ops::{About, Choice, Drifted, open};
use crate::report::{MARKDOWN_BUDGET, StackDrift, drift_json, drift_markdown, drift_text};

/// Shows what somebody changed in the cluster; exit 2 where anything did.
pub(in crate::cli) fn drift(
    args: &DriftArgs,
    global: &Global,
    stdio: &mut Stdio<'_>,
) -> Result<Exit, Failure> {
    let mut ends = Vec::new();
    for choice in choices(args, global, stdio)? {
        ends.push(drift_of(args, &choice, global, stdio)?);
    }
    Ok(Exit::worst(ends))
}

/// One environment, or each of them.
fn choices(args: &DriftArgs, global: &Global, stdio: &mut Stdio<'_>) -> Result<Vec<Choice>, Failure> {
    let choice = ask::choice(&args.selection);
    if !args.all {
        return Ok(vec![choice]);
    }
    let place = ask::place(global, None);
    let workspace = watch::read(global, stdio, |_| async { open(&place) })?;
    let named = |name: &String| Choice { environment: Some(name.clone()), ..choice.clone() };
    Ok(workspace.repo.environments.keys().map(named).collect())
}

fn drift_of(
    args: &DriftArgs,
    choice: &Choice,
    global: &Global,
    stdio: &mut Stdio<'_>,
) -> Result<Exit, Failure> {
    let place = ask::place(global, None);
    let reach = ask::reach(global, &stdio.terminal, None);
    let (about, drifted): (About, Vec<Drifted>) =
        watch::read(global, stdio, |events| crate::ops::drift(&place, choice, &reach, Some(events)))?;
    let stacks: Vec<StackDrift> = drifted.into_iter().map(shown).collect();
    let header = ask::header(&about);
    let style = stdio.style(global);
    let forms = output::Forms {
        text: &|| drift_text(&stacks, &header, &style),
        json: &|| drift_json(&stacks, &header),
        markdown: &|| drift_markdown(&stacks, &header, MARKDOWN_BUDGET),
    };
    output::deliver(&forms, args.output, &args.reports, stdio)?;
    let drifted = stacks.iter().any(|stack| !stack.items.is_empty());
    Ok(if drifted { Exit::Changes } else { Exit::Done })
}

fn shown(drifted: Drifted) -> StackDrift {
    let Drifted { target, revision, items, pending_commits, findings } = drifted;
    StackDrift { target, revision, items, pending_commits, findings }
}
