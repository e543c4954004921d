//! Patches of the stack and the environment.

use serde_json::Value;

use crate::fields::merge_apply;
use crate::model::{Body, Origin, Patch, PatchBody, PatchTarget, Problem, like};
use crate::schema::SchemaSet;

/// Carries out one patch on all objects it means.
pub(super) fn carry_out(
    patch: &Patch,
    objects: &mut [(Body, Origin)],
    namespace: Option<&str>,
    schemas: &SchemaSet,
    problems: &mut Vec<Problem>,
) {
    let mut matched = false;
    for (body, _) in objects.iter_mut().filter(|(body, _)| means(&patch.target, body, namespace)) {
        matched = true;
        let before = body.id();
        match patched(patch, body, schemas) {
            Ok(tree) => *body = Body::new(tree),
            Err(message) => {
                let help = "look at the object with `obsctl render`, and correct the path";
                problems.push(Problem::new(patch.place.clone(), format!("{before}: {message}")).help(help));
                continue;
            }
        }
        if body.id() != before {
            let message = format!("the patch makes {} of {before}", body.id());
            let help = "a patch may not change apiVersion's group, kind, name or namespace";
            problems.push(Problem::new(patch.place.clone(), message).help(help));
        }
    }
    if !matched {
        let message = format!("the patch matches no object: {}", words(&patch.target));
        problems.push(Problem::new(patch.place.clone(), message).help(nearest(&patch.target, objects)));
    }
}

fn patched(patch: &Patch, body: &Body, schemas: &SchemaSet) -> Result<Value, String> {
    match &patch.body {
        PatchBody::Merge(merge) => Ok(merge_apply(body.tree(), merge, schemas.of(&body.gvk()))),
        PatchBody::Json(operations) => {
            let operations: json_patch::Patch = serde_json::from_value(operations.clone())
                .map_err(|error| format!("no RFC 6902 patch: {error}"))?;
            let mut tree = body.tree().clone();
            json_patch::patch(&mut tree, &operations).map_err(|error| error.to_string())?;
            Ok(tree)
        }
    }
}

/// Whether a patch means an object.
fn means(target: &PatchTarget, body: &Body, namespace: Option<&str>) -> bool {
    let gvk = body.gvk();
    let id = body.id();
    let own = id.namespace.as_deref().or(namespace).unwrap_or_default();
    let fits =
        |wanted: &Option<String>, have: &str| wanted.as_deref().is_none_or(|wanted| like(wanted, have));
    fits(&target.group, &gvk.group)
        && fits(&target.version, &gvk.version)
        && fits(&target.kind, &gvk.kind)
        && fits(&target.name, &id.name)
        && fits(&target.namespace, own)
        && target.labels.iter().all(|(name, value)| body.label(name) == Some(value))
}

fn words(target: &PatchTarget) -> String {
    let parts = [
        ("group", &target.group),
        ("version", &target.version),
        ("kind", &target.kind),
        ("name", &target.name),
        ("namespace", &target.namespace),
    ];
    let mut told: Vec<String> =
        parts.iter().filter_map(|(part, value)| Some(format!("{part} `{}`", value.as_ref()?))).collect();
    told.extend(target.labels.iter().map(|(name, value)| format!("label `{name}={value}`")));
    if told.is_empty() { "its target names nothing".to_owned() } else { told.join(", ") }
}

fn nearest(target: &PatchTarget, objects: &[(Body, Origin)]) -> String {
    let of_kind = |body: &&Body| target.kind.as_deref().is_none_or(|kind| like(kind, body.kind()));
    let names: Vec<String> =
        objects.iter().map(|(body, _)| body).filter(of_kind).map(|body| body.id().name).collect();
    let near = target.name.as_deref().and_then(|name| {
        crate::syntax::did_you_mean(name, names.iter().map(String::as_str)).map(str::to_owned)
    });
    if let Some(near) = near {
        return format!("did you mean `{near}`?");
    }
    let kinds: Vec<String> = objects.iter().map(|(body, _)| body.kind().to_owned()).collect();
    let near = target.kind.as_deref().and_then(|kind| {
        crate::syntax::did_you_mean(kind, kinds.iter().map(String::as_str)).map(str::to_owned)
    });
    near.map_or_else(
        || "correct the target, or remove the patch".to_owned(),
        |near| format!("did you mean `{near}`?"),
    )
}
