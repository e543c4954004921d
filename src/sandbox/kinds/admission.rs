//! Defaults of the kinds that extend the server: webhooks, admission policies, aggregated APIs, custom kinds.

use serde_json::Value;

use super::value::{at, set, set_absent, text};

pub(super) const VALIDATING_WEBHOOKS: &str = r#"
webhooks[].failurePolicy = "Fail"
webhooks[].matchPolicy = "Equivalent"
webhooks[].namespaceSelector = {}
webhooks[].objectSelector = {}
webhooks[].timeoutSeconds = 10
webhooks[].rules[].scope = "*"
webhooks[].clientConfig.service?.port = 443
"#;

pub(super) const MUTATING_WEBHOOKS: &str = r#"
webhooks[].failurePolicy = "Fail"
webhooks[].matchPolicy = "Equivalent"
webhooks[].namespaceSelector = {}
webhooks[].objectSelector = {}
webhooks[].timeoutSeconds = 10
webhooks[].reinvocationPolicy = "Never"
webhooks[].rules[].scope = "*"
webhooks[].clientConfig.service?.port = 443
"#;

pub(super) const VALIDATING_POLICY: &str = r#"
status = {}
spec.failurePolicy = "Fail"
spec.matchConstraints?.matchPolicy = "Equivalent"
spec.matchConstraints?.namespaceSelector = {}
spec.matchConstraints?.objectSelector = {}
spec.matchConstraints?.resourceRules|excludeResourceRules[].scope = "*"
"#;

pub(super) const MUTATING_POLICY: &str = r#"
spec.failurePolicy = "Fail"
spec.matchConstraints?.matchPolicy = "Equivalent"
spec.matchConstraints?.namespaceSelector = {}
spec.matchConstraints?.objectSelector = {}
spec.matchConstraints?.resourceRules|excludeResourceRules[].scope = "*"
"#;

pub(super) const POLICY_BINDING: &str = r#"
spec.matchResources?.matchPolicy = "Equivalent"
spec.matchResources?.namespaceSelector = {}
spec.matchResources?.objectSelector = {}
spec.matchResources?.resourceRules|excludeResourceRules[].scope = "*"
"#;

pub(super) const API_SERVICE: &str = r"
status = {}
spec.service?.port = 443
";

pub(super) const CUSTOM_KIND: &str = r#"
spec.conversion.strategy = "None"
spec.conversion(strategy=Webhook).webhook?.clientConfig?.service?.port = 443
spec.names.kind = ""
spec.names.plural = ""
"#;

/// The singular and the kind of lists follow from the kind.
pub(super) fn default_custom_kind(object: &mut Value) {
    let kind = text(object, "spec.names.kind").to_owned();
    if kind.is_empty() {
        return;
    }
    set_absent(object, "spec.names.singular", kind.to_lowercase());
    set_absent(object, "spec.names.listKind", format!("{kind}List"));
}

/// A custom kind that nobody has looked at yet.
pub(super) fn prepare_custom_kind(object: &mut Value) {
    let stored = at(object, "spec.versions").and_then(Value::as_array).and_then(|versions| {
        versions.iter().find(|version| version.get("storage") == Some(&Value::Bool(true)))
    });
    let stored: Vec<Value> = stored.and_then(|version| version.get("name")).cloned().into_iter().collect();
    let status = serde_json::json!({
        "conditions": null, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": stored,
    });
    set(object, "status", status);
}

pub(super) const FLOW: &str = "
status = {}
spec.matchingPrecedence = 1000
spec.priorityLevelConfiguration = {}
";

pub(super) const PRIORITY_LEVEL: &str = "
status = {}
spec.limited?.nominalConcurrencyShares = 30
spec.limited?.lendablePercent = 0
spec.limited?.limitResponse = {}
spec.limited?.limitResponse?.queuing?.queues = 64
spec.limited?.limitResponse?.queuing?.handSize = 8
spec.limited?.limitResponse?.queuing?.queueLengthLimit = 50
spec.exempt?.nominalConcurrencyShares = 0
spec.exempt?.lendablePercent = 0
";

/// The server answers for its own groups without asking anybody.
pub(super) fn prepare_api_service(object: &mut Value) {
    if at(object, "spec.service").is_none() {
        let now = text(object, "metadata.creationTimestamp").to_owned();
        let condition = serde_json::json!({
            "type": "Available", "status": "True", "lastTransitionTime": now, "reason": "Local",
            "message": "Local APIServices are always available",
        });
        set(object, "status", serde_json::json!({"conditions": [condition]}));
    }
}

/// The version in which objects are stored from now on is among those in which some are.
pub(super) fn store_version(object: &mut Value) {
    let versions = at(object, "spec.versions").and_then(Value::as_array).into_iter().flatten();
    let stored = versions.into_iter().find(|version| version.get("storage") == Some(&Value::Bool(true)));
    let Some(name) = stored.and_then(|version| version.get("name")).cloned() else { return };
    set_absent(object, "status.storedVersions", Value::Array(Vec::new()));
    if let Some(Value::Array(kept)) = object.pointer_mut("/status/storedVersions")
        && !kept.contains(&name)
    {
        kept.push(name);
    }
}
