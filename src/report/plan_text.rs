//! A plan as text: what will be done, in which order, why, and what will not be done.

use crate::model::{Action, Dependency, Finding, Hold, Plan, Step, Strength, Summary, Until};

use super::{
    fields::field_lines,
    header::Header,
    style::{Paint, Style, action_paint, add, count, glyph, harmless, severity_paint, severity_word},
    value::inline,
};

/// Columns before the fields of a step.
const FIELDS_AT: usize = 8;

/// The plans of one environment as text, in the order they will be carried out.
pub fn plan_text(plans: &[Plan], header: &Header, style: &Style) -> String {
    let mut lines = header.lines("Plan for", style);
    for plan in plans {
        lines.push(String::new());
        plan_lines(plan, style, &mut lines);
    }
    lines.push(String::new());
    let total = plans.iter().fold(Summary::default(), |sum, plan| sum.plus(plan.summary()));
    lines.push(style.paint(Paint::Strong, &summary_line(total, awaited(plans))));
    lines.join("\n") + "\n"
}

/// `Plan: 3 to create, …`, or `No changes. …`.
pub fn summary_line(summary: Summary, awaited: usize) -> String {
    let Summary { create, replace, adopt, prune, unchanged, held, .. } = summary;
    let waits = if awaited > 0 { format!(", {awaited} still to become ready") } else { String::new() };
    if summary.changes() == 0 {
        return format!("No changes. {unchanged} unchanged, {held} held{waits}.");
    }
    let ownership = match summary.ownership {
        0 => String::new(),
        n => format!(" ({n} in ownership only)"),
    };
    let mut text = format!(
        "Plan: {create} to create, {} to change{ownership}, {replace} to replace, {adopt} to adopt",
        summary.patch
    );
    if summary.handover > 0 {
        add(&mut text, format_args!(", {} to hand over", summary.handover));
    }
    add(&mut text, format_args!(", {prune} to prune"));
    if summary.release > 0 {
        add(&mut text, format_args!(", {} to release", summary.release));
    }
    format!("{text}, {unchanged} unchanged, {held} held{waits}.")
}

/// Steps that write nothing and wait for what an earlier run wrote.
pub(super) fn awaited(plans: &[Plan]) -> usize {
    plans.iter().flat_map(|plan| &plan.steps).filter(|step| step.action == Action::Await).count()
}

fn plan_lines(plan: &Plan, style: &Style, lines: &mut Vec<String>) {
    let revision = match plan.revision {
        Some(number) => format!("revision {number}"),
        None => "not applied yet".to_owned(),
    };
    let stack = style.paint(Paint::Strong, &plan.target.stack);
    lines.push(format!("{stack} ({revision}, {})", count(plan.steps.len(), "step", "steps")));
    let estimates = estimates(plan);
    for (index, step) in plan.steps.iter().enumerate() {
        if step.action != Action::Ownership || style.verbose {
            let alone = |why: &&str| style.verbose || !estimates.contains(why);
            let estimate = step.estimated.as_deref().filter(alone);
            step_lines(plan, (index, step, estimate), style, lines);
        }
    }
    if !style.verbose {
        for why in estimates {
            let steps = plan.steps.iter().filter(|step| step.estimated.as_deref() == Some(why)).count();
            let text = format!("    {steps} objects are estimated: {}", harmless(why));
            lines.push(style.paint(Paint::Faint, &text));
        }
    }
    ownership_line(plan, style, lines);
    for hold in &plan.holds {
        hold_lines(hold, style, lines);
    }
    left_lines(plan, style, lines);
    if !plan.unchanged.is_empty() {
        let text = format!("    {} unchanged", count(plan.unchanged.len(), "object", "objects"));
        lines.push(style.paint(Paint::Faint, &text));
    }
    for finding in &plan.findings {
        finding_lines(finding, style, lines);
    }
    lines.extend(plan.notes.iter().map(|note| format!("  note: {}", harmless(note))));
}

/// Reasons that several steps share for being estimated: said once, below the steps.
fn estimates(plan: &Plan) -> Vec<&str> {
    let all: Vec<&str> = plan.steps.iter().filter_map(|step| step.estimated.as_deref()).collect();
    let mut shared = Vec::new();
    for &why in &all {
        if !shared.contains(&why) && all.iter().filter(|&&other| other == why).count() > 1 {
            shared.push(why);
        }
    }
    shared
}

fn ownership_line(plan: &Plan, style: &Style, lines: &mut Vec<String>) {
    let only = plan.steps.iter().filter(|step| step.action == Action::Ownership).count();
    if only > 0 && !style.verbose {
        let objects = count(only, "object", "objects");
        let text = format!("  =   ownership of fields in {objects}; no value changes (`-v` lists them)");
        lines.push(style.paint(Paint::Faint, &text));
    }
}

/// Fields that git declares and others keep, of objects to which nothing is done.
fn left_lines(plan: &Plan, style: &Style, lines: &mut Vec<String>) {
    for (object, fields) in &plan.left {
        for field in fields {
            let path = field.path.to_string();
            let text = format!(
                "  =   {object} {} is left to {}: {}, git says {}",
                harmless(path.trim_start_matches('.')),
                harmless(&field.keeper()),
                inline(&field.live),
                inline(&field.git)
            );
            lines.push(style.paint(Paint::Faint, &text));
        }
    }
}

fn step_lines(
    plan: &Plan,
    (index, step, estimate): (usize, &Step, Option<&str>),
    style: &Style,
    lines: &mut Vec<String>,
) {
    let paint = action_paint(step.action);
    let sign = style.paint(paint, &format!("{:<3}", glyph(step.action)));
    let word = style.paint(paint, step.action.word());
    let number = if style.verbose { format!("{:>3} ", index + 1) } else { "  ".to_owned() };
    let mut line = format!("{number}{sign} {word} {}", style.paint(Paint::Strong, &step.object.to_string()));
    if !step.reason.is_empty() {
        add(&mut line, format_args!(": {}", harmless(&step.reason)));
    }
    let compact = step.action == Action::Create && !style.verbose;
    if compact && !step.fields.is_empty() {
        line.push_str(
            &style.paint(Paint::Faint, &format!(" ({})", count(step.fields.len(), "field", "fields"))),
        );
    }
    if let Some(origin) = &step.origin {
        let place = format!("  {}:{}", origin.place.file, origin.place.line.max(1));
        line.push_str(&style.paint(Paint::Place, &place));
    }
    lines.push(line);
    if let Some(why) = estimate {
        lines.push(format!("        estimated: {}", harmless(why)));
    }
    if !compact {
        lines.extend(field_lines(&step.fields, FIELDS_AT, style));
    }
    for effect in &step.effects {
        lines.push(style.paint(Paint::Changed, &format!("        → {}", harmless(effect))));
    }
    lines.extend(dependency_lines(plan, step, style));
}

/// What the step waits for: always what must be ready before, everything that goes first with `-v`.
///
/// That an object waits for its own Namespace or its own definition goes without saying, and that these outlive it.
fn dependency_lines(plan: &Plan, step: &Step, style: &Style) -> Vec<String> {
    let shown = |edge: &&Dependency| {
        let obvious =
            plan.steps.get(edge.on).is_some_and(|first| is_home(first, step) || is_home(step, first));
        let weighty = edge.until == Until::Ready && !obvious;
        style.verbose || weighty || edge.strength == Strength::Explicit
    };
    let lines = step.depends_on.iter().filter(shown).filter_map(|edge| {
        let first = plan.steps.get(edge.on)?;
        let until = match edge.until {
            Until::Ready if first.action == Action::Prune => "is gone",
            Until::Ready => "is ready",
            Until::Written => "is written",
        };
        let text = format!("        after {} {until}: {}", first.object, harmless(&edge.because));
        Some(style.paint(Paint::Faint, &text))
    });
    lines.collect()
}

/// Whether `first` is the Namespace that an object stands in, or the definition of its kind.
fn is_home(first: &Step, step: &Step) -> bool {
    let (home, object) = (&first.object, &step.object);
    match home.kind.as_str() {
        "Namespace" => object.namespace.as_deref() == Some(home.name.as_str()),
        "CustomResourceDefinition" => {
            home.name.split_once('.').is_some_and(|(_, group)| group == object.group)
        }
        _ => false,
    }
}

/// What is held back, why and what to do.
pub(super) fn hold_lines(hold: &Hold, style: &Style, lines: &mut Vec<String>) {
    let paint = if hold.blocking { Paint::Bad } else { Paint::Changed };
    let what = hold.object.as_ref().map_or_else(|| "stack".to_owned(), ToString::to_string);
    let word = style.paint(paint, "!   held");
    let blocking = if hold.blocking { " (apply is refused)" } else { "" };
    let sort = hold.sort.word();
    lines.push(format!(
        "  {word} {}: {sort}: {}{blocking}",
        style.paint(Paint::Strong, &what),
        harmless(&hold.reason)
    ));
    if let Some(origin) = &hold.origin {
        lines.push(style.paint(Paint::Place, &format!("        {}", origin.place)));
    }
    lines.extend(field_lines(&hold.fields, FIELDS_AT, style));
    if let Some(fix) = &hold.fix {
        lines.push(format!("        fix: {}", harmless(fix)));
    }
}

/// What was noticed, without a plan around it.
pub fn findings_text(findings: &[Finding], style: &Style) -> String {
    let mut lines = Vec::new();
    for finding in findings {
        finding_lines(finding, style, &mut lines);
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

/// What was noticed, where and what to do.
pub(super) fn finding_lines(finding: &Finding, style: &Style, lines: &mut Vec<String>) {
    let word = format!("{}[{}]", severity_word(finding.severity), finding.id);
    let word = style.paint(severity_paint(finding.severity), &word);
    let object = finding.object.as_ref().map_or(String::new(), |object| format!(" {object}:"));
    lines.push(format!("  {word}{object} {}", harmless(&finding.message)));
    if let Some(place) = &finding.place {
        lines.push(style.paint(Paint::Place, &format!("        {place}")));
    }
    if let Some(fix) = &finding.fix {
        lines.push(format!("        fix: {}", harmless(fix)));
    }
}

#[cfg(test)]
#[path = "plan_text_tests.rs"]
mod tests;
