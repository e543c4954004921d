//! Plans as people read them.

#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them so")]

use expect_test::expect;

use super::*;
use crate::report::samples::{empty, full, header};

#[test]
fn every_action_hold_and_finding_is_told_with_its_reason() {
    expect![[r#"
        Plan for prod
          cluster  prod-eu (https://10.0.0.1:6443, v1.36.3)
          identity 5e0c1f9a-0000-4000-8000-000000000001
          user     ci@example.org
          commit   0123456789-dirty Keep metrics for 30 days (2 commits since the last apply)
          This environment pins no cluster. Paste under `spec.cluster` of its file:
            identity: 5e0c1f9a-0000-4000-8000-000000000001

        mlops (revision 3, 10 steps)
          +   create CustomResourceDefinition prometheuses.monitoring.coreos.com: new in git (1 field)  stacks/mlops/manifests/all.yaml:12
          +   create Prometheus mlops/k8s: new in git (2 fields)  stacks/mlops/manifests/all.yaml:12
                estimated: its CustomResourceDefinition is in this plan
          ~   patch ConfigMap mlops/prometheus-config: 1 field differs from git  stacks/mlops/manifests/all.yaml:12
                ~ data["prometheus.yml"]:
                    line 1:
                      global:
                    -   scrape_interval: [-15s-]
                    +   scrape_interval: {+30s+}
                        evaluation_interval: 15s
                      rule_files:
                        - rules/*.yml
                    +   - slo/*.yml
                → restarts Deployment mlops/prometheus
          ~   patch Secret mlops/grafana: 1 field differs from git  stacks/mlops/manifests/all.yaml:12
                ~ data.admin-password: ‹sealed 12 bytes, 3fa9…› → ‹sealed 16 bytes›
          -/+ replace Deployment mlops/prometheus: spec.selector is immutable  stacks/mlops/manifests/all.yaml:12
                  spec
                  ~ replicas: 3 → 1  (by kubectl-edit through scale, 2026-11-20 17:03 UTC; taken from kubectl-edit)
                    template
                      spec.containers[name="prometheus"]
                      ~ image: "prom/prometheus:v3.1.0" → "prom/prometheus:v3.2.0"
                      + args[2]: "--web.enable-lifecycle"
                    - metadata.annotations["prometheus.io/scrape"]: "true"
          ↦   adopt ConfigMap mlops/old-rules: nobody claims it  stacks/mlops/manifests/all.yaml:12
          ⇄   handover ConfigMap mlops/shared: moved from stack base  stacks/mlops/manifests/all.yaml:12
          ○   release Namespace mlops-old: kept: not made by us
          -   prune Deployment mlops/pushgateway: no longer in git
          =   ownership of fields in 1 object; no value changes (`-v` lists them)
          !   held Deployment mlops/grafana: conflict: argocd-controller owns a field that git declares (apply is refused)
                stacks/mlops/manifests/grafana.yaml:3:1
                ~ spec.replicas: 2 → 1
                fix: let one of them go, or decide under `policy.conflicts`
            2 objects unchanged
          warning[ignored-file] this file is not read
                stacks/mlops/manifests/NOTES.txt:1:1
                fix: move it out of the folder, or name it `*.md`
          note: gave up the edge ServiceAccount → Secret to break a cycle

        Plan: 2 to create, 3 to change (1 in ownership only), 1 to replace, 1 to adopt, 1 to hand over, 1 to prune, 1 to release, 2 unchanged, 1 held.
    "#]].assert_eq(&plan_text(&[full()], &header(), &Style::default()));
}

#[test]
fn verbose_shows_the_fields_of_creations_and_all_edges() {
    let mut plan = full();
    plan.steps.truncate(6);
    plan.steps.remove(4);
    plan.holds.clear();
    let style = Style { verbose: true, ..Style::default() };
    expect![[r#"
        Plan for 
          commit   no commit

        mlops (revision 3, 5 steps)
          1 +   create CustomResourceDefinition prometheuses.monitoring.coreos.com: new in git  stacks/mlops/manifests/all.yaml:12
                + spec.group: "monitoring.coreos.com"
          2 +   create Prometheus mlops/k8s: new in git  stacks/mlops/manifests/all.yaml:12
                estimated: its CustomResourceDefinition is in this plan
                  spec
                  + replicas: 2
                  + retention: "30d"
                after CustomResourceDefinition prometheuses.monitoring.coreos.com is ready: its kind is defined by it
          3 ~   patch ConfigMap mlops/prometheus-config: 1 field differs from git  stacks/mlops/manifests/all.yaml:12
                ~ data["prometheus.yml"]:
                    line 1:
                      global:
                    -   scrape_interval: [-15s-]
                    +   scrape_interval: {+30s+}
                        evaluation_interval: 15s
                      rule_files:
                        - rules/*.yml
                    +   - slo/*.yml
                → restarts Deployment mlops/prometheus
          4 ~   patch Secret mlops/grafana: 1 field differs from git  stacks/mlops/manifests/all.yaml:12
                ~ data.admin-password: ‹sealed 12 bytes, 3fa9…› → ‹sealed 16 bytes›
          5 -/+ replace Deployment mlops/prometheus: spec.selector is immutable  stacks/mlops/manifests/all.yaml:12
                  spec
                  ~ replicas: 3 → 1  (by kubectl-edit through scale, 2026-11-20 17:03 UTC; taken from kubectl-edit)
                    template
                      spec.containers[name="prometheus"]
                      ~ image: "prom/prometheus:v3.1.0" → "prom/prometheus:v3.2.0"
                      + args[2]: "--web.enable-lifecycle"
                    - metadata.annotations["prometheus.io/scrape"]: "true"
                after ConfigMap mlops/prometheus-config is written: mounts ConfigMap mlops/prometheus-config
            2 objects unchanged
          warning[ignored-file] this file is not read
                stacks/mlops/manifests/NOTES.txt:1:1
                fix: move it out of the folder, or name it `*.md`
          note: gave up the edge ServiceAccount → Secret to break a cycle

        Plan: 2 to create, 2 to change, 1 to replace, 0 to adopt, 0 to prune, 2 unchanged, 0 held.
    "#]].assert_eq(&plan_text(&[plan], &Header::default(), &style));
}

#[test]
fn a_plan_that_does_nothing_says_so() {
    let header = Header { environment: "dev".to_owned(), ..Header::default() };
    expect![[r#"
        Plan for dev
          commit   no commit

        mlops (revision 3, 0 steps)
            2 objects unchanged

        base (revision 3, 0 steps)
            2 objects unchanged

        No changes. 4 unchanged, 0 held.
    "#]]
    .assert_eq(&plan_text(&[empty("mlops"), empty("base")], &header, &Style::default()));
}

#[test]
fn colour_adds_nothing_but_colour() {
    let style = Style { color: true, ..Style::default() };
    let plan = || {
        let mut plan = full();
        // Changed words are the one thing that colour replaces by itself.
        plan.steps.remove(2);
        plan
    };
    let coloured = plan_text(&[plan()], &header(), &style);
    let mut bare = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        bare.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    bare.push_str(rest);
    assert_eq!(bare, plan_text(&[plan()], &header(), &Style::default()));
}

#[test]
fn a_secret_value_is_never_told() {
    let text = plan_text(&[full()], &header(), &Style { verbose: true, ..Style::default() });
    assert!(text.contains("‹sealed 12 bytes, 3fa9…› → ‹sealed 16 bytes›"), "{text}");
}
