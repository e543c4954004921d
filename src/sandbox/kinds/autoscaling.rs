//! Defaults of autoscalers and disruption budgets.

pub(super) const AUTOSCALER: &str = r#"
spec.minReplicas = 1
spec.scaleTargetRef = {}
spec.metrics[].resource|pods|object|external|containerResource?.target = {}
spec.metrics[].pods|object|external?.metric = {}
spec.metrics[].object?.describedObject = {}
spec(!metrics).metrics = [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]
spec.behavior?.scaleUp.stabilizationWindowSeconds = 0
spec.behavior?.scaleUp.selectPolicy = "Max"
spec.behavior?.scaleUp.policies = [{"type": "Pods", "value": 4, "periodSeconds": 15}, {"type": "Percent", "value": 100, "periodSeconds": 15}]
spec.behavior?.scaleDown.selectPolicy = "Max"
spec.behavior?.scaleDown.policies = [{"type": "Percent", "value": 100, "periodSeconds": 15}]
spec.maxReplicas = 0
spec.behavior?.scaleUp|scaleDown?.policies[].type = ""
spec.behavior?.scaleUp|scaleDown?.policies[].value = 0
spec.behavior?.scaleUp|scaleDown?.policies[].periodSeconds = 0
spec.metrics[].resource|pods|object|external|containerResource?.target.type = ""
spec.metrics[].containerResource?.container = ""
status.conditions[].lastTransitionTime = null
status.currentMetrics = null
status.desiredReplicas = 0
"#;

pub(super) const AUTOSCALER_V1: &str = r"
spec.minReplicas = 1
spec.targetCPUUtilizationPercentage = 80
spec.scaleTargetRef = {}
status.currentReplicas = 0
status.desiredReplicas = 0
";

pub(super) const DISRUPTION_BUDGET: &str = r"
spec = {}
status.currentHealthy = 0
status.desiredHealthy = 0
status.disruptionsAllowed = 0
status.expectedPods = 0
";
