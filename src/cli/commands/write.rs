//! `obsctl apply`, `rollback`, `destroy` and `unlock`: what asks, writes and waits.

use std::cell::RefCell;

use super::{ask, output, watch, watch::Show};
use crate::cli::{
    args::{
        ApplyArgs, Approval, DestroyArgs, Global, Guards, ReportFile, RollbackArgs, RollbackTo, RunArgs,
        Selection, UnlockArgs,
    },
    confirm::confirm,
    exit::Exit,
    failure::{Failure, FailureKind},
    stdio::Stdio,
};
use crate::model::{Plan, Summary};
use crate::ops::{self, Applied, Door, Ears, Planned, SavedPlan, Session, Trouble, Unlocked, Wish};
use crate::report::{MARKDOWN_BUDGET, plan_json, plan_markdown, plan_text, summary_line};
use crate::sys;

fn wish(
    (global, stdio): (&Global, &Stdio<'_>),
    selection: &Selection,
    (guards, run): (&Guards, &RunArgs),
    approval: Approval,
) -> Wish {
    Wish {
        place: ask::place(global, None),
        choice: ask::choice(selection),
        reach: ask::reach(global, &stdio.terminal, run.parallelism),
        guards: ask::guards(guards),
        manner: ask::manner(run),
        lock_timeout: run.lock_timeout,
        auto_approve: approval.auto_approve,
        rollback_on_failure: false,
        ci_run: sys::ci_run(),
    }
}

/// Applies what git declares.
pub(in crate::cli) fn apply(
    args: &ApplyArgs,
    global: &Global,
    stdio: &mut Stdio<'_>,
) -> Result<Exit, Failure> {
    let mut wish = wish((global, stdio), &args.selection, (&args.guards, &args.run), args.approval);
    wish.rollback_on_failure = args.rollback_on_failure;
    let saved = args.plan.as_deref().map(saved_plan).transpose()?;
    if let Some(saved) = &saved {
        // The file was approved when it was saved and says which stacks it is of.
        wish.auto_approve = true;
        wish.choice = saved.choice();
    }
    let question = Question {
        verb: "Apply",
        closing: "Everything is as declared.",
        auto: wish.auto_approve,
        reports: &args.reports,
    };
    carry_out(global, stdio, &question, async |door| ops::apply(&wish, saved.as_ref(), door).await)
}

fn saved_plan(file: &std::path::Path) -> Result<SavedPlan, Failure> {
    let failed = |error: &dyn std::error::Error| {
        Failure::new(FailureKind::BadCall, format!("cannot use `{}`", file.display()))
            .cause(error.to_string())
    };
    let text = sys::read_text(file).map_err(|error| failed(&error))?;
    SavedPlan::decode(&text).map_err(|error| failed(&error))
}

/// Goes back to an older revision.
pub(in crate::cli) fn rollback(
    args: &RollbackArgs,
    global: &Global,
    stdio: &mut Stdio<'_>,
) -> Result<Exit, Failure> {
    let wish = wish((global, stdio), &args.selection, (&args.guards, &args.run), args.approval);
    let to = args.to.as_ref().map(|to| match to {
        RollbackTo::Revision(number) => number.to_string(),
        RollbackTo::Commit(commit) => commit.clone(),
    });
    let question = Question {
        verb: "Roll back",
        closing: "Everything is as it was.",
        auto: wish.auto_approve,
        reports: &[],
    };
    carry_out(global, stdio, &question, async |door| ops::rollback(&wish, to.as_deref(), door).await)
}

/// Deletes what stacks have in the cluster.
pub(in crate::cli) fn destroy(
    args: &DestroyArgs,
    global: &Global,
    stdio: &mut Stdio<'_>,
) -> Result<Exit, Failure> {
    let guards = Guards { allow_delete: args.allow_delete.clone(), ..Guards::default() };
    let wish = wish((global, stdio), &args.selection, (&guards, &args.run), args.approval);
    let question = Question {
        verb: "Destroy",
        closing: "Everything that was to go is gone.",
        auto: wish.auto_approve,
        reports: &[],
    };
    carry_out(global, stdio, &question, async |door| ops::destroy(&wish, door).await)
}

/// How a writing command asks.
struct Question<'a> {
    verb: &'static str,
    /// What is said after a good end.
    closing: &'static str,
    auto: bool,
    reports: &'a [ReportFile],
}

fn carry_out(
    global: &Global,
    stdio: &mut Stdio<'_>,
    question: &Question<'_>,
    journey: impl AsyncFnOnce(&mut Door<'_>) -> Result<Applied, Trouble>,
) -> Result<Exit, Failure> {
    let refused = RefCell::new(None);
    let result = watch::run(global, stdio, async |show: &RefCell<Show<'_, '_>>, ears: Ears| {
        let mut ask = |session: &Session, planned: &[Planned]| {
            asked(session, planned, question, (global, &mut show.borrow_mut())).map_err(|failure| {
                let message = failure.message.clone();
                *refused.borrow_mut() = Some(failure);
                Trouble::Blocked { message, hint: None }
            })
        };
        journey(&mut Door { ask: &mut ask, ears }).await
    });
    // The door's own refusal says more than the trouble it became.
    let (applied, summary) = result.map_err(|failure| refused.into_inner().unwrap_or(failure))?;
    tell(&applied, &summary, question.closing, stdio)?;
    Ok(exit(&applied))
}

/// Shows the plans and asks, unless the call said yes already.
fn asked(
    session: &Session,
    planned: &[Planned],
    question: &Question<'_>,
    (global, show): (&Global, &mut Show<'_, '_>),
) -> Result<(), Failure> {
    let plans: Vec<Plan> = planned.iter().map(|one| one.plan.clone()).collect();
    let header = ask::header(&session.about());
    let style = show.stdio.talk_style(global);
    let forms = output::Forms {
        text: &|| plan_text(&plans, &header, &style),
        json: &|| plan_json(&plans, &header),
        markdown: &|| plan_markdown(&plans, &header, MARKDOWN_BUDGET),
    };
    output::deliver_files(&forms, question.reports)?;
    if !global.quiet {
        show.stdio.say(&(forms.text)());
    }
    show.follow(&plans);
    let total = plans.iter().fold(Summary::default(), |sum, plan| sum.plus(plan.summary()));
    let waits = plans.iter().any(|plan| !plan.steps.is_empty());
    if question.auto || total.changes() == 0 && !waits || ops::blocked(planned).is_err() {
        return Ok(());
    }
    let environment = &session.rendered.environment.name;
    let cluster = &session.cluster.identity().context;
    let text = format!("{} {} changes to {environment} (cluster {cluster})?", question.verb, total.changes());
    let Stdio { terminal, input, talk, .. } = &mut *show.stdio;
    sys::asking(|| confirm(&text, terminal, *input, *talk))
}

fn tell(applied: &Applied, summary: &[String], closing: &str, stdio: &mut Stdio<'_>) -> Result<(), Failure> {
    if applied.nothing {
        return stdio.result("No changes.\n");
    }
    let mut lines = summary.to_vec();
    let why = if was_cut(applied) { "you asked to stop" } else { "a stack before it failed" };
    lines.extend(applied.not_begun.iter().map(|target| format!("{target}: not begun, because {why}.")));
    for ran in &applied.turned_back {
        let how = if ran.is_good() { "turned back" } else { "could not be turned back wholly" };
        lines.push(format!("{}: {how} (revision {}).", ran.planned.plan.target, ran.revision));
    }
    let stuck = applied.not_turned_back.iter();
    lines.extend(stuck.map(|(target, why)| format!("{target}: could not be turned back: {why}")));
    for plan in &applied.fighting {
        lines
            .push(format!("{}: another plan right after this apply is not empty; what fights:", plan.target));
        lines.extend(fighting(plan));
        lines.push(summary_line(plan.summary(), 0));
    }
    let clean =
        applied.fighting.is_empty() && applied.runs.iter().all(ops::Ran::is_good) && !applied.runs.is_empty();
    if clean {
        lines.push(closing.to_owned());
    }
    lines.push(String::new());
    stdio.result(&lines.join("\n"))
}

/// Fields that differ again, with the manager that wrote them.
fn fighting(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for step in plan.steps.iter().filter(|step| step.action.is_change()) {
        if step.fields.is_empty() {
            lines.push(format!("  {}: {}", step.object, step.reason));
        }
        for field in &step.fields {
            let who = field.writer.as_ref().map_or("admission", |writer| writer.manager.as_str());
            lines.push(format!("  {}: {} by {who}", step.object, field.path));
        }
    }
    lines
}

/// Whether only the user's wish to stop kept stacks from being begun.
fn was_cut(applied: &Applied) -> bool {
    let stopped = |ran: &ops::Ran| ran.is_good() || ran.execution.interrupts > 0;
    !applied.not_begun.is_empty() && applied.runs.iter().all(stopped)
}

fn exit(applied: &Applied) -> Exit {
    let runs = applied.runs.iter().map(|ran| {
        if ran.execution.interrupts > 0 {
            Exit::Interrupted
        } else if ran.is_good() {
            Exit::Done
        } else if !ran.gates_hold() {
            Exit::Partial
        } else if ran.is_stale() {
            Exit::Stale
        } else if ran.execution.wrote() {
            Exit::Partial
        } else {
            Exit::Failed
        }
    });
    if !applied.turned_back.is_empty() {
        let good = applied.turned_back.iter().all(ops::Ran::is_good) && applied.not_turned_back.is_empty();
        return if good { Exit::RolledBack } else { Exit::Partial };
    }
    let fights = if applied.fighting.is_empty() { Exit::Done } else { Exit::Partial };
    let cut = if was_cut(applied) { Exit::Interrupted } else { Exit::Done };
    Exit::worst(runs.chain([fights, cut]))
}

/// Takes locks away from their holders.
pub(in crate::cli) fn unlock(
    args: &UnlockArgs,
    global: &Global,
    stdio: &mut Stdio<'_>,
) -> Result<Exit, Failure> {
    let (place, choice) = (ask::place(global, None), ask::choice(&args.selection));
    let reach = ask::reach(global, &stdio.terminal, None);
    let refused = RefCell::new(None);
    let result = watch::run(global, stdio, async |show: &RefCell<Show<'_, '_>>, ears: Ears| {
        let mut ask = |locks: &[Unlocked]| {
            if args.approval.auto_approve {
                return Ok(());
            }
            let mut show = show.borrow_mut();
            let held: Vec<String> = locks.iter().filter_map(lock_line).collect();
            // Also where nobody is there to ask: who holds it is what one wants to know.
            show.stdio.say(&format!("{}\n", held.join("\n")));
            let text = "Take the lock away? A run that still lives stops at its next write.";
            let Stdio { terminal, input, talk, .. } = &mut *show.stdio;
            sys::asking(|| confirm(text, terminal, *input, *talk)).map_err(|failure| {
                let message = failure.message.clone();
                *refused.borrow_mut() = Some(failure);
                Trouble::Blocked { message, hint: None }
            })
        };
        ears.unless_stopped(Box::pin(ops::unlock(&place, &choice, &reach, &mut ask))).await
    });
    let (locks, _) = result.map_err(|failure| refused.into_inner().unwrap_or(failure))?;
    let lines: Vec<String> = locks
        .iter()
        .map(|lock| match lock_line(lock) {
            Some(line) => format!("{line}: taken away."),
            None => format!("{}: nobody holds the lock.", lock.target),
        })
        .collect();
    stdio.result(&format!("{}\n", lines.join("\n")))?;
    Ok(Exit::Done)
}

fn lock_line(lock: &Unlocked) -> Option<String> {
    let held = lock.held.as_ref()?;
    let age = held.age.map_or_else(String::new, |age| format!(", renewed {age} s ago"));
    Some(format!("{}: held by {}{age}", lock.target, held.words))
}
