//! The way of a target from its sources to its wanted objects.

use super::{
    check::{findings, unique},
    files::find,
    generated::{Dashboards, config_map, dashboards},
    manifests::{Harvest, read},
    patches::carry_out,
    scope::Scopes,
    stamp::stamp,
};
use crate::model::{Body, Checkout, DesiredState, Origin, Problem, Source, Target};
use crate::schema::SchemaSet;
use crate::syntax::Scope;

/// Renders a target; every mistake of all its files at once.
pub fn desired_state(target: &Target, checkout: &Checkout) -> Result<DesiredState, Vec<Problem>> {
    let scope = Scope::new(
        &target.id.environment,
        &target.id.stack,
        target.namespace.as_deref(),
        Some(target.values.clone()),
    );
    let mut harvest = Harvest::default();
    for source in &target.sources {
        harvest.add(harvested(source, target, &scope, checkout));
    }
    for source in &target.dormant {
        harvest.problems.extend(harvested(source, target, &scope, checkout).problems);
    }
    let Harvest { mut objects, mut problems, findings: mut noticed } = harvest;
    // Patches name objects that a broken file may have kept away: then the file is the mistake.
    if problems.is_empty() && !target.patches.is_empty() {
        let schemas = schemas(&objects);
        for patch in &target.patches {
            carry_out(patch, &mut objects, target.namespace.as_deref(), &schemas, &mut problems);
        }
    }
    let scopes = Scopes::new(objects.iter().map(|(body, _)| body));
    stamp(&mut objects, target, &scopes, &mut problems, &mut noticed);
    let objects = unique(objects, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    noticed.extend(findings(&objects, &target.place));
    Ok(DesiredState {
        target: target.id.clone(),
        objects,
        requires: target.requires.clone(),
        namespace: target.namespace.clone(),
        findings: noticed,
    })
}

fn harvested(source: &Source, target: &Target, scope: &Scope, checkout: &Checkout) -> Harvest {
    match source {
        Source::Manifests { paths } => {
            let mut problems = Vec::new();
            let files = find(&target.folder, paths, checkout, &mut problems);
            let mut harvest = read(&files, scope);
            harvest.problems.extend(problems);
            harvest
        }
        Source::ConfigMap(source) => config_map(source, target, scope, checkout),
        Source::Dashboards { files, prefix, labels, annotations, substitute } => {
            let source = Dashboards { files, prefix, labels, annotations, substitute: *substitute };
            dashboards(&source, target, scope, checkout)
        }
    }
}

/// What is known of the kinds that a patch may meet: the built-in ones, and those the stack's definitions bring.
fn schemas(objects: &[(Body, Origin)]) -> SchemaSet {
    let mut schemas = SchemaSet::builtin();
    for (body, _) in objects.iter().filter(|(body, _)| body.kind() == "CustomResourceDefinition") {
        // A broken definition is the API server's to tell of; patches then replace its lists.
        schemas.add_crd(body.tree()).ok();
    }
    schemas
}
