//! A stack of forty objects in two editions: going from one to the other creates, patches, waits and prunes.

use std::fmt::Write;

use super::Repo;

/// A repository with environment `lab` and the stack `name`, edition 0, in a namespace of the same name.
pub(crate) fn fleet_repo(name: &str) -> Repo {
    let repo = lab_repo(name);
    write_fleet(&repo, name, 0);
    repo
}

/// A repository with environment `lab` and the stack `name`, which has no manifests yet, for a namespace of its name.
pub(crate) fn lab_repo(name: &str) -> Repo {
    let stack = format!(
        "apiVersion: obsctl.dev/v1alpha1\nkind: Stack\nmetadata: {{name: {name}}}\n\
         spec:\n  namespace: {name}\n  sources:\n    - manifests: [manifests/]\n"
    );
    let environment = format!(
        "apiVersion: obsctl.dev/v1alpha1\nkind: Environment\nmetadata: {{name: lab}}\n\
         spec:\n  cluster: {{context: testbed}}\n  stacks: [{{name: {name}}}]\n"
    );
    let repository =
        format!("apiVersion: obsctl.dev/v1alpha1\nkind: Repository\nmetadata: {{name: {name}}}\n");
    Repo::of(&[
        ("obsctl.yaml", &repository),
        (&format!("stacks/{name}/stack.yaml"), &stack),
        ("environments/lab/environment.yaml", &environment),
    ])
}

/// Writes and commits an edition: 1 Namespace, 15 ConfigMaps, 8 ServiceAccounts, 8 Services, 8 Deployments.
///
/// Six of the ConfigMaps are of odd editions only, six others of even ones, so every change of edition prunes six.
pub(crate) fn write_fleet(repo: &Repo, name: &str, edition: usize) {
    let mut text = format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n");
    for n in 0..9 {
        write!(
            text,
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings-{n}}}\ndata: {{edition: \"{edition}\"}}\n"
        )
        .expect("strings grow");
    }
    for n in 0..6 {
        let parity = edition % 2;
        write!(
            text,
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: only-{parity}-{n}}}\ndata: {{n: \"{n}\"}}\n"
        )
        .expect("strings grow");
    }
    for n in 0..8 {
        write!(
            text,
            "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: app-{n}}}\n\
             ---\napiVersion: v1\nkind: Service\nmetadata: {{name: app-{n}}}\n\
             spec: {{selector: {{app: app-{n}}}, ports: [{{name: http, port: 80, targetPort: 8080}}]}}\n\
             ---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app-{n}}}\n\
             spec:\n  replicas: 2\n  selector: {{matchLabels: {{app: app-{n}}}}}\n  template:\n    \
             metadata: {{labels: {{app: app-{n}}}, annotations: {{example.com/edition: \"{edition}\"}}}}\n    \
             spec:\n      serviceAccountName: app-{n}\n      containers:\n        \
             - {{name: app, image: \"example.com/app:{edition}\", ports: [{{containerPort: 8080}}], \
             envFrom: [{{configMapRef: {{name: settings-{n}}}}}]}}\n"
        )
        .expect("strings grow");
    }
    repo.write(&format!("stacks/{name}/manifests/fleet.yaml"), &text);
    repo.commit(&format!("Edition {edition}"));
}
