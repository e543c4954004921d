//! The estimate against the dry-run: a plan made by our own server-side apply says what the server says.

use crate::support::{ControlPlane, Obsctl, Repo, lab_repo};

use serde_json::Value;

/// The first state, as it is applied; edits are texts replaced in it.
const OBJECTS: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: estimated}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: rules, labels: {team: a}}
data: {a: one, b: two}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: example.com/web:1, args: [a, b], ports: [{containerPort: 80, name: http}]}
      volumes: [{name: tmp, emptyDir: {}}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: tick}
spec:
  schedule: '* * * * *'
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: t, image: example.com/t}]}}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny}
spec: {podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 80}]}]}
";

/// Edits of which each plan has one.
const EDITS: &[(&str, &str)] = &[
    ("b: two", "c: three"),
    ("{team: a}", "{team: b, more: x}"),
    ("  replicas: 2\n", ""),
    ("replicas: 2", "replicas: 5"),
    ("args: [a, b]", "args: [b]"),
    ("args: [a, b], ", ""),
    ("[{name: tmp, emptyDir: {}}]", "[{name: conf, configMap: {name: rules}}]"),
    (
        "{containerPort: 80, name: http}",
        "{containerPort: 80, name: http}, {containerPort: 81, protocol: UDP}",
    ),
    (
        "      volumes:",
        "      - {name: side, image: 'example.com/side', resources: {limits: {cpu: 1500m, memory: 1024Mi}}}\n      volumes:",
    ),
    (
        "image: example.com/web:1,",
        "image: example.com/web:1, resources: {requests: {cpu: '0.5'}}, env: [{name: A, value: b}],",
    ),
    ("replicas: 2", "strategy: {rollingUpdate: {maxSurge: 1}}"),
    ("targetPort: http", "targetPort: 8080"),
    (", targetPort: http", ""),
    ("[{name: http, port: 80, targetPort: http}]", "[{name: http, port: 80}, {name: tls, port: 443}]"),
    ("schedule: '* * * * *'", "schedule: '0 * * * *'\n  concurrencyPolicy: Forbid"),
    ("ingress: [{ports: [{port: 80}]}]", "policyTypes: [Ingress, Egress]"),
];

fn write(repo: &Repo, text: &str) {
    repo.write("stacks/estimated/manifests/all.yaml", text);
    repo.commit("Next");
}

/// Steps as they are told, less that they are estimated.
fn steps(obsctl: &Obsctl, mode: &str) -> Vec<Value> {
    let run = obsctl.run(&["plan", "-e", "lab", "--plan-mode", mode, "-o", "json"]);
    let plan: Value =
        serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{} {}", run.stdout, run.stderr));
    let mut steps = plan["stacks"][0]["steps"].as_array().expect("steps").clone();
    for step in &mut steps {
        step["estimated"] = Value::Null;
        step["fields"].as_array_mut().expect("fields").sort_by_key(|field| field["path"].to_string());
    }
    steps
}

#[test]
fn the_estimate_says_what_the_dry_run_says() {
    let Some(plane) = ControlPlane::shared() else { return };
    let repo = lab_repo("estimated");
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));
    write(&repo, OBJECTS);
    obsctl.exits(0, &["apply", "-e", "lab", "--auto-approve", "--no-wait"]);
    // Others own what they write.
    plane.kubectl(&["-n", "estimated", "label", "configmap/rules", "by=hand"]);
    plane.kubectl(&["-n", "estimated", "set", "env", "deployment/web", "B=c"]);
    let mut wrong = Vec::new();
    for (from, to) in EDITS {
        let text = OBJECTS.replace(from, to);
        assert_ne!(text, OBJECTS, "{from} is not there");
        write(&repo, &text);
        let (asked, own) = (steps(&obsctl, "server"), steps(&obsctl, "local"));
        assert!(!asked.is_empty(), "{from} -> {to} changes nothing");
        if asked != own {
            wrong.push(format!("{from} -> {to}:\n  {}\nnot\n  {}", Value::from(own), Value::from(asked)));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), EDITS.len(), wrong.join("\n"));
}
