//! The kinds that are played: how to reach them, a small object of each, and a leaf that two may want.

/// One kind.
pub(super) struct Kind {
    pub(super) plural: &'static str,
    pub(super) name: &'static str,
    pub(super) api_version: &'static str,
    pub(super) namespaced: bool,
    /// A body that is accepted, in YAML.
    pub(super) small: &'static str,
    /// A part with the leaf, in YAML; `@` stands for the value.
    pub(super) leaf: &'static str,
    /// Two values of the leaf.
    pub(super) values: (&'static str, &'static str),
}

impl Kind {
    /// The path of the collection, or of what stands in it; `NS` stands for the namespace.
    pub(super) fn path(&self, below: &[&str]) -> String {
        let root = if self.api_version.contains('/') { "apis" } else { "api" };
        let home = if self.namespaced { "/namespaces/NS" } else { "" };
        let below = below.iter().fold(String::new(), |path, part| path + "/" + part);
        format!("/{root}/{}{home}/{}{below}", self.api_version, self.plural)
    }
}

/// All of them.
pub(super) const KINDS: &[Kind] = &[
    Kind {
        plural: "configmaps",
        name: "ConfigMap",
        api_version: "v1",
        namespaced: true,
        small: "{data: {a: one, b: two}}",
        leaf: "{data: {a: @}}",
        values: ("x", "z"),
    },
    Kind {
        plural: "secrets",
        name: "Secret",
        api_version: "v1",
        namespaced: true,
        small: "{type: Opaque, data: {a: b25l}}",
        leaf: "{data: {a: @}}",
        values: ("dHdv", "dGhyZWU="),
    },
    Kind {
        plural: "serviceaccounts",
        name: "ServiceAccount",
        api_version: "v1",
        namespaced: true,
        small: "{automountServiceAccountToken: false}",
        leaf: "{automountServiceAccountToken: @}",
        values: ("true", "false"),
    },
    Kind {
        plural: "services",
        name: "Service",
        api_version: "v1",
        namespaced: true,
        small: "{spec: {selector: {app: a}, ports: [{name: web, port: 80}, {name: more, port: 81, targetPort: http}]}}",
        leaf: "{spec: {sessionAffinity: @}}",
        values: ("ClientIP", "None"),
    },
    Kind {
        plural: "persistentvolumeclaims",
        name: "PersistentVolumeClaim",
        api_version: "v1",
        namespaced: true,
        small: "{spec: {accessModes: [ReadWriteOnce], storageClassName: none, resources: {requests: {storage: 1Gi}}}}",
        leaf: "{metadata: {labels: {tier: @}}}",
        values: ("gold", "lead"),
    },
    Kind {
        plural: "pods",
        name: "Pod",
        api_version: "v1",
        namespaced: true,
        small: "{spec: {containers: [{name: c, image: one, ports: [{containerPort: 80}], env: [{name: A, value: b}]}]}}",
        leaf: "{spec: {containers: [{name: c, image: @}]}}",
        values: ("two", "three"),
    },
    Kind {
        plural: "deployments",
        name: "Deployment",
        api_version: "apps/v1",
        namespaced: true,
        small: "{spec: {replicas: 1, selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: one}]}}}}",
        leaf: "{spec: {replicas: @}}",
        values: ("3", "5"),
    },
    Kind {
        plural: "statefulsets",
        name: "StatefulSet",
        api_version: "apps/v1",
        namespaced: true,
        small: "{spec: {serviceName: s, selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: one}]}}}}",
        leaf: "{spec: {replicas: @}}",
        values: ("3", "5"),
    },
    Kind {
        plural: "daemonsets",
        name: "DaemonSet",
        api_version: "apps/v1",
        namespaced: true,
        small: "{spec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: one}]}}}}",
        leaf: "{spec: {minReadySeconds: @}}",
        values: ("3", "5"),
    },
    Kind {
        plural: "jobs",
        name: "Job",
        api_version: "batch/v1",
        namespaced: true,
        small: "{spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: one}]}}}}",
        leaf: "{spec: {activeDeadlineSeconds: @}}",
        values: ("30", "50"),
    },
    Kind {
        plural: "cronjobs",
        name: "CronJob",
        api_version: "batch/v1",
        namespaced: true,
        small: "{spec: {schedule: '* * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: one}]}}}}}}",
        leaf: "{spec: {schedule: @}}",
        values: ("'1 * * * *'", "'2 * * * *'"),
    },
    Kind {
        plural: "ingresses",
        name: "Ingress",
        api_version: "networking.k8s.io/v1",
        namespaced: true,
        small: "{spec: {rules: [{host: a.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: s, port: {number: 80}}}}]}}]}}",
        leaf: "{spec: {ingressClassName: @}}",
        values: ("one", "two"),
    },
    Kind {
        plural: "networkpolicies",
        name: "NetworkPolicy",
        api_version: "networking.k8s.io/v1",
        namespaced: true,
        small: "{spec: {podSelector: {}, ingress: [{ports: [{port: 80}]}]}}",
        leaf: "{spec: {policyTypes: [@]}}",
        values: ("Ingress", "Egress"),
    },
    Kind {
        plural: "roles",
        name: "Role",
        api_version: "rbac.authorization.k8s.io/v1",
        namespaced: true,
        small: "{rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]}",
        leaf: "{rules: [{apiGroups: [''], resources: [@], verbs: [get]}]}",
        values: ("services", "secrets"),
    },
    Kind {
        plural: "rolebindings",
        name: "RoleBinding",
        api_version: "rbac.authorization.k8s.io/v1",
        namespaced: true,
        small: "{roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}, subjects: [{kind: ServiceAccount, name: a, namespace: b}]}",
        leaf: "{subjects: [{kind: ServiceAccount, name: @, namespace: b}]}",
        values: ("c", "d"),
    },
    Kind {
        plural: "horizontalpodautoscalers",
        name: "HorizontalPodAutoscaler",
        api_version: "autoscaling/v2",
        namespaced: true,
        small: "{spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: d}, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]}}",
        leaf: "{spec: {maxReplicas: @}}",
        values: ("4", "5"),
    },
    Kind {
        plural: "poddisruptionbudgets",
        name: "PodDisruptionBudget",
        api_version: "policy/v1",
        namespaced: true,
        small: "{spec: {minAvailable: 1, selector: {matchLabels: {app: a}}}}",
        leaf: "{spec: {minAvailable: @}}",
        values: ("2", "50%"),
    },
    Kind {
        plural: "leases",
        name: "Lease",
        api_version: "coordination.k8s.io/v1",
        namespaced: true,
        small: "{spec: {holderIdentity: me, leaseDurationSeconds: 15}}",
        leaf: "{spec: {holderIdentity: @}}",
        values: ("you", "they"),
    },
    Kind {
        plural: "resourcequotas",
        name: "ResourceQuota",
        api_version: "v1",
        namespaced: true,
        small: "{spec: {hard: {pods: 1000, requests.cpu: 2000m}}}",
        leaf: "{spec: {hard: {pods: @}}}",
        values: ("2000", "3000"),
    },
    Kind {
        plural: "limitranges",
        name: "LimitRange",
        api_version: "v1",
        namespaced: true,
        small: "{spec: {limits: [{type: PersistentVolumeClaim, max: {storage: 10Gi}}]}}",
        leaf: "{spec: {limits: [{type: PersistentVolumeClaim, max: {storage: @}}]}}",
        values: ("20Gi", "30Gi"),
    },
    Kind {
        plural: "widgets",
        name: "Widget",
        api_version: "play.example.com/v1",
        namespaced: true,
        small: "{spec: {size: 1, tags: [a, b], ports: [{port: 80}, {port: 81, protocol: UDP, name: udp}], ref: {kind: k, name: m}, list: [1, 2]}}",
        leaf: "{spec: {size: @}}",
        values: ("2", "3"),
    },
];

/// A custom kind with every list and map type.
pub(super) const DEFINITION: &str = r#"{
  "apiVersion": "apiextensions.k8s.io/v1",
  "kind": "CustomResourceDefinition",
  "metadata": {"name": "widgets.play.example.com"},
  "spec": {
    "group": "play.example.com",
    "scope": "Namespaced",
    "names": {"kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList"},
    "versions": [{
      "name": "v1", "served": true, "storage": true,
      "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"}},
      "schema": {"openAPIV3Schema": {"type": "object", "properties": {
        "spec": {"type": "object", "required": ["size"],
          "x-kubernetes-validations": [{"rule": "self.size <= self.most", "message": "size is at most most"}],
          "properties": {
            "size": {"type": "integer", "minimum": 0, "maximum": 50},
            "most": {"type": "integer", "default": 40},
            "mode": {"type": "string", "enum": ["fast", "slow"], "default": "slow"},
            "name": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5},
            "when": {"type": "string", "format": "date-time", "nullable": true},
            "share": {"x-kubernetes-int-or-string": true},
            "tags": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
            "ports": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port", "protocol"],
              "items": {"type": "object", "required": ["port"], "properties": {
                "port": {"type": "integer"}, "protocol": {"type": "string", "default": "TCP"}, "name": {"type": "string"}}}},
            "list": {"type": "array", "items": {"type": "integer"}},
            "ref": {"type": "object", "x-kubernetes-map-type": "atomic",
              "properties": {"kind": {"type": "string"}, "name": {"type": "string"}}},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
            "object": {"type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true}
          }},
        "status": {"type": "object", "properties": {"size": {"type": "integer"}, "note": {"type": "string"}}}
      }}}
    }]
  }
}"#;
