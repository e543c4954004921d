//! `obsctl validate`, `render` and `graph`: no cluster is asked.

use super::{ask, watch};
use crate::cli::{
    args::{Global, GraphArgs, GraphFormat, RenderArgs, RenderFormat, Selection, TextOrJson, ValidateArgs},
    exit::Exit,
    failure::{Failure, FailureKind},
    stdio::Stdio,
};
use crate::model::{Finding, Severity};
use crate::ops::{self, Rendered, Trouble, Workspace};
use crate::report::{count, findings_json, findings_text, graph_dot, graph_mermaid, graph_svg};

fn rendered(
    selection: &Selection,
    reference: Option<&String>,
    global: &Global,
    stdio: &mut Stdio<'_>,
) -> Result<(Workspace, Rendered), Failure> {
    let (place, choice) = (ask::place(global, reference), ask::choice(selection));
    watch::read(global, stdio, |_| async {
        let workspace = ops::open(&place)?;
        let rendered = ops::render(&workspace, &choice)?;
        Ok((workspace, rendered))
    })
}

/// Finds every mistake of the repository.
pub(in crate::cli) fn validate(
    args: &ValidateArgs,
    global: &Global,
    stdio: &mut Stdio<'_>,
) -> Result<Exit, Failure> {
    let (place, choice) = (ask::place(global, args.reference.as_ref()), ask::choice(&args.selection));
    let checked = (|| {
        let workspace = ops::open(&place)?;
        let rendered = ops::validate(&workspace, &choice)?;
        Ok((workspace, rendered))
    })();
    let (workspace, rendered) = match checked {
        Ok(checked) => checked,
        Err(Trouble::Repository { problems, .. }) if args.output == TextOrJson::Json => {
            stdio.result(&findings_json(&problems, &[], None))?;
            return Err(Failure::told(FailureKind::Mistakes));
        }
        Err(trouble) => return watch::read(global, stdio, |_| async { Err::<Exit, _>(trouble) }),
    };
    let findings = findings(&workspace, &rendered);
    let objects: usize =
        rendered.iter().flat_map(Rendered::chosen).map(|(_, desired)| desired.objects.len()).sum();
    match args.output {
        TextOrJson::Json => stdio.result(&findings_json(&[], &findings, None))?,
        TextOrJson::Text => {
            let text = findings_text(&findings, &stdio.style(global));
            let environments = count(rendered.len(), "environment", "environments");
            let objects = count(objects, "object", "objects");
            stdio.result(&format!("{text}{environments}, {objects}, no mistake.\n"))?;
        }
    }
    let bad = findings.iter().any(|finding| finding.severity == Severity::Error);
    Ok(if bad { Exit::Blocked } else { Exit::Done })
}

/// What was noticed, each once although several environments may share it.
fn findings(workspace: &Workspace, rendered: &[Rendered]) -> Vec<Finding> {
    let mut findings = workspace.findings.clone();
    for (_, desired) in rendered.iter().flat_map(Rendered::chosen) {
        for finding in &desired.findings {
            if !findings.contains(finding) {
                findings.push(finding.clone());
            }
        }
    }
    findings
}

/// Prints the wanted objects; values of Secrets are sealed here too.
pub(in crate::cli) fn render(
    args: &RenderArgs,
    global: &Global,
    stdio: &mut Stdio<'_>,
) -> Result<Exit, Failure> {
    let (_, rendered) = rendered(&args.selection, args.reference.as_ref(), global, stdio)?;
    let trees = ops::printable(&rendered);
    let text = match args.output {
        RenderFormat::Json => {
            let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": trees});
            format!("{list:#}\n")
        }
        RenderFormat::Yaml => watch::read(global, stdio, |_| async { ops::yaml(&trees) })?,
    };
    stdio.result(&text)?;
    Ok(Exit::Done)
}

/// Draws the order in which objects are written.
pub(in crate::cli) fn graph(
    args: &GraphArgs,
    global: &Global,
    stdio: &mut Stdio<'_>,
) -> Result<Exit, Failure> {
    let (_, rendered) = rendered(&args.selection, args.reference.as_ref(), global, stdio)?;
    let (nodes, edges) = ops::graph(&rendered);
    let text = match args.output {
        GraphFormat::Mermaid => graph_mermaid(&nodes, &edges),
        GraphFormat::Dot => graph_dot(&nodes, &edges),
        GraphFormat::Svg => graph_svg(&nodes, &edges),
    };
    stdio.result(&text)?;
    Ok(Exit::Done)
}
