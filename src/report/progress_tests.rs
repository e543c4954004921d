//! An apply as people watch it.

#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them so")]

use expect_test::expect;

use super::*;
use crate::report::samples::{full, id, target};

const CRD: &str = "prometheuses.monitoring.coreos.com";

fn events() -> Vec<(u64, Event)> {
    let crd = || id("CustomResourceDefinition", None, CRD);
    let resource = || id("Prometheus", Some("mlops"), "k8s");
    let config = || id("ConfigMap", Some("mlops"), "prometheus-config");
    let began = |step, action, object| Event::StepBegan { step, action, object };
    let waits = |step, object, message: &str| Event::StepWaits { step, object, message: message.to_owned() };
    let ended =
        |step, action, object, outcome, millis| Event::StepEnded { step, action, object, outcome, millis };
    let account = vec![
        "condition Available is False: NoPodReady".to_owned(),
        "Event 12 s ago: Failed to pull image prom/prometheus:v9".to_owned(),
        "container prometheus waits: ImagePullBackOff".to_owned(),
    ];
    vec![
        (1_000, Event::RunBegan { target: target("mlops"), revision: 4, steps: 4 }),
        (1_000, began(0, Action::Create, crd())),
        (1_010, began(2, Action::Patch, config())),
        (1_100, Event::Retrying { message: "429 Too Many Requests".to_owned() }),
        (1_200, Event::StepWritten { step: 0, object: crd() }),
        (1_210, waits(0, crd(), "not Established yet")),
        (1_300, waits(0, crd(), "names accepted, not Established yet")),
        (1_400, ended(2, Action::Patch, config(), Outcome::Written, 390)),
        (3_300, ended(0, Action::Create, crd(), Outcome::Done, 2_300)),
        (3_310, began(1, Action::Create, resource())),
        (3_400, waits(1, resource(), "0 of 2 replicas are ready")),
        (15_000, waits(1, resource(), "1 of 2 replicas is ready")),
        (303_400, ended(1, Action::Create, resource(), Outcome::NotReady { account }, 300_090)),
        (
            303_500,
            ended(
                3,
                Action::Patch,
                id("Secret", Some("mlops"), "grafana"),
                Outcome::Skipped { because: "Prometheus mlops/k8s failed".to_owned() },
                0,
            ),
        ),
        (303_600, Event::RunEnded { target: target("mlops"), millis: 302_600 }),
    ]
}

fn progress() -> Progress {
    let mut plan = full();
    plan.steps.truncate(4);
    Progress::new(&[plan], Style::default())
}

fn lines(text: &[String]) -> String {
    text.iter().map(|line| format!("|{line}\n")).collect::<Vec<_>>().concat()
}

#[test]
fn plain_lines_tell_what_matters_with_the_time_since_the_beginning() {
    let mut progress = progress();
    let told: Vec<String> = events().iter().flat_map(|(now, event)| progress.fold(event, *now)).collect();
    expect![[r#"
        |   0.0s  prod/mlops: revision 4, 4 steps
        |   0.1s  ↻ again       429 Too Many Requests (1 time)
        |   0.2s  … waiting     CustomResourceDefinition prometheuses.monitoring.coreos.com  (not Established yet)
        |   0.4s  ✓ changed     ConfigMap mlops/prometheus-config  (written in 0.3s)
        |   2.3s  ✓ created     CustomResourceDefinition prometheuses.monitoring.coreos.com  (ready in 2.3s)
        |   2.4s  … waiting     Prometheus mlops/k8s  (0 of 2 replicas are ready)
        |  14.0s  … waiting     Prometheus mlops/k8s  (1 of 2 replicas is ready)
        |  5m02s  ✗ not ready   Prometheus mlops/k8s  (after 5m00s: condition Available is False: NoPodReady)
        |  5m02s  – skipped     Secret mlops/grafana  (Prometheus mlops/k8s failed)
        |  5m02s  prod/mlops: 2 done, 1 failed, 1 skipped in 5m02s
    "#]].assert_eq(&lines(&told));
}

#[test]
fn a_frame_shows_what_runs_and_what_waits_for_what() {
    let mut progress = progress();
    for (now, event) in events().iter().take(7) {
        progress.fold(event, *now);
    }
    expect![[r#"
        |prod/mlops  0 of 4 steps ended, 0.3s
        |  +   CustomResourceDefinition prometheuses.monitoring.coreos.com 0.3s: names accepted, not Establi…
        |  ~   ConfigMap mlops/prometheus-config 0.3s: being written
        |  ·   Prometheus mlops/k8s waits until CustomResourceDefinition prometheuses.monitoring.coreos.com …
        |  ·   Secret mlops/grafana comes next
    "#]]
    .assert_eq(&lines(&progress.frame(1_350, 20)));
    expect![[r#"
        |prod/mlops  0 of 4 steps ended, 0.3s
        |  … 4 more lines
    "#]]
    .assert_eq(&lines(&progress.frame(1_350, 2)));
    assert_eq!(progress.frame(1_350, 0), Vec::<String>::new());
}

#[test]
fn the_end_explains_every_failure() {
    let mut progress = progress();
    for (now, event) in events() {
        progress.fold(&event, now);
    }
    expect![[r#"
        |prod/mlops (revision 4): 2 done, 1 failed, 1 skipped.
        |  ✗ not ready   Prometheus mlops/k8s  (after 5m00s: condition Available is False: NoPodReady)
        |      Event 12 s ago: Failed to pull image prom/prometheus:v9
        |      container prometheus waits: ImagePullBackOff
        |  – skipped     Secret mlops/grafana  (Prometheus mlops/k8s failed)
    "#]]
    .assert_eq(&lines(&progress.summary()));
    assert!(progress.frame(303_600, 20).is_empty());
}

#[test]
fn a_server_that_is_down_does_not_fill_the_screen() {
    let mut progress = progress();
    let retry = Event::Retrying { message: "connection refused".to_owned() };
    let told: usize = (0..1_000).map(|now| progress.fold(&retry, now).len()).sum();
    assert_eq!(told, 10);
}
