//! `obsctl plan`.

use super::{ask, output, watch};
use crate::cli::{
    args::{Global, PlanArgs, PlanModeArg},
    exit::Exit,
    failure::{Failure, FailureKind},
    stdio::Stdio,
};
use crate::model::{Plan, Severity};
use crate::ops::{PlanMode, PlanWish, Plans, SavedPlan};
use crate::report::{MARKDOWN_BUDGET, plan_json, plan_markdown, plan_text};

/// Shows what an apply would do.
pub(in crate::cli) fn plan(args: &PlanArgs, global: &Global, stdio: &mut Stdio<'_>) -> Result<Exit, Failure> {
    let wish = PlanWish {
        place: ask::place(global, args.reference.as_ref()),
        choice: ask::choice(&args.selection),
        reach: ask::reach(global, &stdio.terminal, None),
        guards: ask::guards(&args.guards),
        mode: match args.plan_mode {
            PlanModeArg::Auto => PlanMode::Auto,
            PlanModeArg::Server => PlanMode::Server,
            PlanModeArg::Local => PlanMode::Local,
        },
        live: args.live.clone(),
    };
    let Plans { about, plans } = watch::read(global, stdio, |events| crate::ops::plan(&wish, Some(events)))?;
    if args.out.is_some() && about.commit.dirty {
        return Err(Failure::new(FailureKind::Blocked, "a plan of a dirty tree cannot be saved")
            .hint("commit the changes, or plan a commit with `--ref`"));
    }
    let header = ask::header(&about);
    let style = stdio.style(global);
    let forms = output::Forms {
        text: &|| plan_text(&plans, &header, &style),
        json: &|| plan_json(&plans, &header),
        markdown: &|| plan_markdown(&plans, &header, MARKDOWN_BUDGET),
    };
    output::deliver(&forms, args.output, &args.reports, stdio)?;
    if let Some(file) = &args.out {
        output::write(file, &SavedPlan::of(&about, &plans).encode())?;
    }
    Ok(exit(&plans, args.detailed_exitcode))
}

/// Blocked plans are never 0: whoever reads only the exit code must not take them for applicable.
#[expect(clippy::fn_params_excessive_bools, reason = "it is the flag itself")]
fn exit(plans: &[Plan], detailed: bool) -> Exit {
    let bad = |plan: &Plan| plan.findings.iter().any(|finding| finding.severity == Severity::Error);
    if plans.iter().any(|plan| plan.is_blocked() || bad(plan)) {
        return Exit::Blocked;
    }
    if detailed && plans.iter().any(Plan::has_changes) { Exit::Changes } else { Exit::Done }
}
