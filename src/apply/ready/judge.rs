//! The table of kinds.

use super::{builtin, generic, grafana, operators, phases, pod, prometheus, reported, workload};
use crate::model::{Body, ReadyReport};

/// A rule for a kind.
type Rule = fn(&Body) -> ReadyReport;

/// Says how ready a live object is.
///
/// What holds for every kind comes first: an object that is being deleted, a generation that its controller has not
/// seen, the conditions Reconciling and Stalled. Then the rule of the kind; else what the object says of itself.
pub fn judge(live: &Body) -> ReadyReport {
    if let Some(report) = generic::first(live) {
        return report;
    }
    let gvk = live.gvk();
    match rule(&gvk.group, &gvk.kind) {
        Some(rule) => rule(live),
        None if builtin::is_builtin_group(&gvk.group) => builtin::always(live),
        None => generic::last(live),
    }
}

fn rule(group: &str, kind: &str) -> Option<Rule> {
    builtin_rule(group, kind).or_else(|| monitoring_rule(group, kind)).or_else(|| operator_rule(group, kind))
}

fn builtin_rule(group: &str, kind: &str) -> Option<Rule> {
    Some(match (group, kind) {
        ("apps" | "extensions", "Deployment") => workload::deployment,
        ("apps" | "extensions", "DaemonSet") => workload::daemon_set,
        ("apps" | "extensions", "ReplicaSet") => workload::replica_set,
        ("apps", "StatefulSet") => workload::stateful_set,
        ("", "Pod") => pod::pod,
        ("batch", "Job") => pod::job,
        ("", "PersistentVolumeClaim") => builtin::claim,
        ("", "Service") => reported::service,
        ("", "Namespace") => builtin::namespace,
        ("apiextensions.k8s.io", "CustomResourceDefinition") => builtin::definition,
        ("apiregistration.k8s.io", "APIService") => reported::api_service,
        ("networking.k8s.io" | "extensions", "Ingress") => reported::ingress,
        ("autoscaling", "HorizontalPodAutoscaler") => reported::autoscaler,
        _ => return None,
    })
}

fn monitoring_rule(group: &str, kind: &str) -> Option<Rule> {
    Some(match (group, kind) {
        ("monitoring.coreos.com", "Prometheus" | "Alertmanager" | "ThanosRuler" | "PrometheusAgent") => {
            prometheus::server
        }
        ("monitoring.coreos.com", _) => prometheus::configuration,
        ("grafana.integreatly.org", "Grafana") => grafana::server,
        ("grafana.integreatly.org", _) => grafana::content,
        _ => return None,
    })
}

fn operator_rule(group: &str, kind: &str) -> Option<Rule> {
    Some(match (group, kind) {
        ("opentelemetry.io", "OpenTelemetryCollector") => operators::collector,
        ("keda.sh", "ScaledObject" | "ScaledJob") => operators::scaled,
        ("opentelemetry.io", "Instrumentation")
        | ("keda.sh", "TriggerAuthentication" | "ClusterTriggerAuthentication") => operators::without_status,
        ("rabbitmq.com", "RabbitmqCluster") => operators::rabbitmq,
        ("cert-manager.io" | "certmanager.k8s.io", "Certificate" | "Issuer" | "ClusterIssuer") => {
            operators::certificate
        }
        ("jaegertracing.io", "Jaeger") => phases::jaeger,
        ("mongodbcommunity.mongodb.com", "MongoDBCommunity") => phases::mongodb,
        ("sparkoperator.k8s.io", "SparkApplication") => phases::spark,
        ("sparkoperator.k8s.io", "ScheduledSparkApplication") => phases::spark_schedule,
        ("spark.apache.org", "SparkApplication" | "SparkCluster") => phases::apache_spark,
        ("operator.victoriametrics.com", kind) if kind.starts_with("VM") || kind.starts_with("VL") => {
            phases::victoria
        }
        (group, kind) if group.ends_with(".k8s.elastic.co") => match kind {
            "StackConfigPolicy" | "ElasticsearchAutoscaler" => return None,
            _ => phases::elastic,
        },
        _ => return None,
    })
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
