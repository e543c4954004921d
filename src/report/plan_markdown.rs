//! A plan as Markdown, the riskiest objects first.

use crate::model::{Action, Finding, Hold, Plan, Step, Summary};

use super::{
    header::Header,
    markdown::{Section, assemble, diff_lines, escape, fenced},
    plan_text::{awaited, summary_line},
    style::{add, glyph, severity_word},
};

/// The plans of one environment as Markdown of at most `budget` bytes, which says what it left out.
pub fn plan_markdown(plans: &[Plan], header: &Header, budget: usize) -> String {
    let mut steps: Vec<(&Plan, &Step)> =
        plans.iter().flat_map(|plan| plan.steps.iter().map(move |step| (plan, step))).collect();
    steps.sort_by_key(|(_, step)| risk(step.action));
    let several = plans.len() > 1;
    let stack = |plan: &Plan| if several { format!("{}: ", plan.target.stack) } else { String::new() };
    let holds = plans.iter().flat_map(|plan| plan.holds.iter().map(move |held| hold(&stack(plan), held)));
    let findings = plans.iter().flat_map(|plan| &plan.findings).map(finding);
    let steps = steps.into_iter().map(|(plan, step)| section(&stack(plan), step));
    let sections: Vec<Section> = holds.chain(findings).chain(steps).collect();
    assemble(&head(plans, header), &sections, budget)
}

/// Smaller comes first.
fn risk(action: Action) -> u8 {
    match action {
        Action::Replace => 0,
        Action::Prune => 1,
        Action::Handover | Action::Adopt | Action::Release => 2,
        Action::Patch => 3,
        Action::Create => 4,
        Action::Await => 5,
        Action::Ownership => 6,
    }
}

fn head(plans: &[Plan], header: &Header) -> String {
    let total = plans.iter().fold(Summary::default(), |sum, plan| sum.plus(plan.summary()));
    // The comment lets a bot find and update its own comment.
    let mut text = format!(
        "<!-- obsctl plan {} -->\n### obsctl plan: {}\n\n**{}**\n\n",
        escape(&header.environment),
        escape(&header.environment),
        summary_line(total, awaited(plans))
    );
    if !header.cluster.context.is_empty() {
        let cluster = &header.cluster;
        add(
            &mut text,
            format_args!(
                "Cluster {} ({}), user {}, commit {}\n\n",
                escape(&cluster.context),
                escape(&cluster.identity),
                escape(&cluster.user),
                escape(&header.commit_text())
            ),
        );
    }
    for remark in &header.cluster.remarks {
        add(&mut text, format_args!("**Warning:** {}\n\n", escape(remark)));
    }
    if let Some(pin) = &header.identity_pin_line {
        text.push_str("This environment pins no cluster. Paste under `spec.cluster` of its file:\n\n");
        text.push_str(&fenced("yaml", std::slice::from_ref(pin)));
        text.push('\n');
    }
    text.push_str("| stack | create | change | replace | adopt | hand over | prune | unchanged | held |\n");
    text.push_str("|---|--:|--:|--:|--:|--:|--:|--:|--:|\n");
    for plan in plans {
        let sum = plan.summary();
        add(
            &mut text,
            format_args!(
                "| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
                escape(&plan.target.stack),
                sum.create,
                sum.patch,
                sum.replace,
                sum.adopt,
                sum.handover,
                sum.prune,
                sum.unchanged,
                sum.held
            ),
        );
    }
    text.push('\n');
    text
}

fn section(stack: &str, step: &Step) -> Section {
    let object = escape(&format!("{stack}{}", step.object));
    let title = format!("<code>{}</code> {} {object}", glyph(step.action), step.action.word());
    let brief = format!("- {title}\n");
    let why = if step.reason.is_empty() { String::new() } else { format!(": {}", escape(&step.reason)) };
    let mut body = String::new();
    if let Some(estimated) = &step.estimated {
        add(&mut body, format_args!("Estimated: {}\n\n", escape(estimated)));
    }
    for effect in &step.effects {
        add(&mut body, format_args!("→ {}\n\n", escape(effect)));
    }
    let lines = diff_lines(&step.fields);
    if !lines.is_empty() {
        body.push_str(&fenced("diff", &lines));
        body.push('\n');
    }
    let full = if body.is_empty() {
        format!("- {title}{why}\n\n")
    } else {
        format!("<details><summary>{title}{why}</summary>\n\n{body}</details>\n\n")
    };
    Section { full, brief }
}

fn hold(stack: &str, hold: &Hold) -> Section {
    let what = hold.object.as_ref().map_or_else(|| "stack".to_owned(), ToString::to_string);
    let what = format!("{stack}{what}");
    let blocking = if hold.blocking { " (apply is refused)" } else { "" };
    let title = format!("<code>!</code> held {}: {}{blocking}", escape(&what), escape(&hold.reason));
    let fix = hold.fix.as_ref().map_or(String::new(), |fix| format!("  \n  Fix: {}", escape(fix)));
    Section { full: format!("- {title}{fix}\n\n"), brief: format!("- {title}\n") }
}

fn finding(finding: &Finding) -> Section {
    let place =
        finding.place.as_ref().map_or(String::new(), |place| format!(" ({})", escape(&place.to_string())));
    let object = finding.object.as_ref().map_or(String::new(), |object| format!("{}: ", escape(object)));
    let title = format!(
        "**{}** {}: {object}{}{place}",
        severity_word(finding.severity),
        finding.id,
        escape(&finding.message)
    );
    let fix = finding.fix.as_ref().map_or(String::new(), |fix| format!("  \n  Fix: {}", escape(fix)));
    Section { full: format!("- {title}{fix}\n\n"), brief: format!("- {title}\n") }
}

#[cfg(test)]
mod tests {
    use expect_test::expect_file;

    use super::*;
    use crate::report::{
        MARKDOWN_BUDGET,
        samples::{full, header},
    };

    #[test]
    fn a_plan_is_a_table_and_a_folded_diff_for_each_object() {
        expect_file!["goldens/plan.md"].assert_eq(&plan_markdown(&[full()], &header(), MARKDOWN_BUDGET));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let text = plan_markdown(&[full()], &header(), 2_000);
        assert!(text.len() <= 2_000, "{}", text.len());
        assert!(text.contains("Left out for length"), "{text}");
        assert!(text.contains("conflict") || text.contains("held mlops"), "holds come first: {text}");
    }
}
