//! Other tools' marks on objects: who owns them, and what they protect.

use crate::model::{ANNOTATION_PROTECT, ANNOTATION_PRUNE, Body, LiveObject};

/// Annotations and labels that name an owner, with the owner's name.
const OWNER_MARKS: &[(&str, &str)] = &[
    ("argocd.argoproj.io/tracking-id", "Argo CD application"),
    ("argocd.argoproj.io/instance", "Argo CD application"),
    ("kustomize.toolkit.fluxcd.io/name", "Flux Kustomization"),
    ("helm.toolkit.fluxcd.io/name", "Flux HelmRelease"),
    ("meta.helm.sh/release-name", "Helm release"),
    ("kapp.k14s.io/app", "kapp app"),
    ("tanka.dev/environment", "Tanka environment"),
    ("kluctl.io/discriminator", "kluctl deployment"),
    ("configsync.gke.io/resource-id", "Config Sync object"),
    ("configmanagement.gke.io/managed", "Config Sync, managed:"),
    ("config.k8s.io/owning-inventory", "kpt inventory"),
    ("applyset.kubernetes.io/part-of", "ApplySet"),
    ("addonmanager.kubernetes.io/mode", "addon manager, mode"),
];

/// Values of `app.kubernetes.io/managed-by` that name a reconciler.
const OWNER_TOOLS: &[&str] =
    &["Helm", "pulumi", "timoni", "terraform", "Terraform", "configmanagement.gke.io"];

/// Field managers of reconcilers, as beginnings.
const OWNER_MANAGERS: &[(&str, &str)] = &[
    ("argocd-", "Argo CD"),
    ("kustomize-controller", "Flux"),
    ("helm-controller", "Flux"),
    ("Terraform", "Terraform"),
    ("pulumi-kubernetes", "Pulumi"),
    ("kluctl", "kluctl"),
    ("kapp", "kapp"),
    ("timoni", "Timoni"),
    ("tanka", "Tanka"),
    ("configsync", "Config Sync"),
];

/// Annotations that keep an object from being deleted.
const PROTECTIONS: &[(&str, &str)] = &[
    (ANNOTATION_PRUNE, "disabled"),
    (ANNOTATION_PROTECT, "true"),
    ("kustomize.toolkit.fluxcd.io/prune", "disabled"),
    ("helm.sh/resource-policy", "keep"),
    ("cli-utils.sigs.k8s.io/on-remove", "keep"),
    ("client.lifecycle.config.k8s.io/deletion", "detach"),
    ("kapp.k14s.io/delete-strategy", "orphan"),
    ("kluctl.io/skip-delete", "true"),
    ("werf.io/resource-policy", "skip-delete"),
];

/// The foreign owner of a live object, in words.
pub(crate) fn owner(live: &LiveObject) -> Option<String> {
    let body = &live.body;
    for (mark, name) in OWNER_MARKS {
        if let Some(value) = body.annotation(mark).or_else(|| body.label(mark)) {
            let value = value.split(':').next().unwrap_or(value);
            return Some(format!("{name} {value}"));
        }
    }
    let tool = body.label(crate::model::LABEL_MANAGED_BY);
    if let Some(tool) = tool.filter(|tool| OWNER_TOOLS.contains(tool)) {
        return Some(tool.to_owned());
    }
    let controller = body
        .items(&["metadata", "ownerReferences"])
        .iter()
        .find(|owner| owner.get("controller").and_then(serde_json::Value::as_bool) == Some(true));
    if let Some(owner) = controller {
        let part = |key| owner.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
        return Some(format!("{} {}", part("kind"), part("name")));
    }
    live.managed.iter().filter(|entry| entry.subresource.is_none()).find_map(|entry| {
        reconciler(&entry.manager).map(|tool| format!("{tool} (field manager {})", entry.manager))
    })
}

/// The reconciler that writes under a field manager.
pub(crate) fn reconciler(manager: &str) -> Option<&'static str> {
    OWNER_MANAGERS.iter().find(|(start, _)| manager.starts_with(start)).map(|(_, tool)| *tool)
}

/// The annotation that keeps an object from being deleted, as `name: value`.
pub(crate) fn protection(body: &Body) -> Option<String> {
    for (name, wanted) in PROTECTIONS {
        if let Some(value) = body.annotation(name).filter(|value| value.eq_ignore_ascii_case(wanted)) {
            return Some(format!("{name}: {value}"));
        }
    }
    let options = "argocd.argoproj.io/sync-options";
    let value = body.annotation(options)?;
    let keeps = value.split(',').any(|option| matches!(option.trim(), "Prune=false" | "Delete=false"));
    keeps.then(|| format!("{options}: {value}"))
}
