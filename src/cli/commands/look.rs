//! `obsctl status` and `obsctl history`.

use super::{ask, watch};
use crate::cli::{
    args::{Global, HistoryArgs, StatusArgs, TextOrJson},
    exit::Exit,
    failure::Failure,
    stdio::Stdio,
};
use crate::model::TargetId;
use crate::ops::Standing;
use crate::report::{StackStatus, history_json, history_text, status_json, status_text};
use crate::sys;

/// Shows how the stacks are.
pub(in crate::cli) fn status(
    args: &StatusArgs,
    global: &Global,
    stdio: &mut Stdio<'_>,
) -> Result<Exit, Failure> {
    let (place, choice) = (ask::place(global, None), ask::choice(&args.selection));
    let reach = ask::reach(global, &stdio.terminal, None);
    let (about, standings) =
        watch::read(global, stdio, |events| crate::ops::status(&place, &choice, &reach, Some(events)))?;
    let stacks: Vec<(TargetId, StackStatus)> = standings.into_iter().map(shown).collect();
    let header = ask::header(&about);
    let text = match args.output {
        TextOrJson::Text => status_text(&stacks, &header, sys::timestamp(), &stdio.style(global)),
        TextOrJson::Json => status_json(&stacks, &header),
    };
    stdio.result(&text)?;
    Ok(Exit::Done)
}

fn shown(standing: Standing) -> (TargetId, StackStatus) {
    let status = StackStatus {
        ledger: standing.ledger,
        readiness: standing.readiness,
        holds: standing.holds,
        drifted: standing.drifted,
        pending_changes: standing.pending_changes,
        pending_commits: standing.pending_commits,
        gates: standing.gates,
        hints: standing.hints,
    };
    (standing.target, status)
}

/// Shows what was done to the stacks.
pub(in crate::cli) fn history(
    args: &HistoryArgs,
    global: &Global,
    stdio: &mut Stdio<'_>,
) -> Result<Exit, Failure> {
    let (place, choice) = (ask::place(global, None), ask::choice(&args.selection));
    let reach = ask::reach(global, &stdio.terminal, None);
    let (about, ledgers) = watch::read(global, stdio, |_| crate::ops::history(&place, &choice, &reach))?;
    let text = match args.output {
        TextOrJson::Text => history_text(&ledgers, sys::timestamp(), &stdio.style(global)),
        TextOrJson::Json => history_json(&ledgers, &ask::header(&about)),
    };
    stdio.result(&text)?;
    Ok(Exit::Done)
}
