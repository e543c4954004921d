//! Servers that take a connection and never answer.

use std::time::{Duration, Instant};

use obsctl::cluster::{Cluster, Connect};

use super::way::{PLAN, Way, plane, repo};
use crate::{
    cluster::runtime,
    support::{Relay, Speech},
};

#[test]
fn a_server_that_never_answers_is_left_within_seconds() {
    let Some((plane, _)) = plane() else { return };
    let relay = Relay::start(Speech::None, "127.0.0.1", &plane.server());
    relay.fall_silent();
    let way = Way::to(plane).admin().cluster("server", format!("https://{}", relay.address()));
    let began = Instant::now();
    let silent = way.obsctl(&repo("silent")).exits(1, PLAN);
    assert!(began.elapsed() < Duration::from_secs(17), "{:?}", began.elapsed());
    let words = "cannot reach the API server: no connection within 5 s";
    silent.assert_says(&format!("https://{}: {words}", relay.address()));
    assert!(!relay.asked().is_empty());
}

#[test]
fn a_server_that_falls_silent_later_is_left_after_a_minute() {
    let Some((plane, _)) = plane() else { return };
    let relay = Relay::start(Speech::None, "127.0.0.1", &plane.server());
    let way = Way::to(plane).admin().cluster("server", format!("https://{}", relay.address()));
    let connect = Connect { kubeconfig: vec![way.file()], ..Connect::default() };
    let runtime = runtime();
    let cluster = runtime.block_on(Cluster::connect(&connect)).expect("it speaks yet");
    relay.fall_silent();
    let began = Instant::now();
    let error = runtime.block_on(cluster.types()).expect_err("it says nothing").to_string();
    assert!(began.elapsed() < Duration::from_secs(65), "{:?}", began.elapsed());
    assert!(error.contains("no answer came: "), "{error}");
    relay.speak();
    runtime.block_on(cluster.types()).expect("it speaks again");
}

#[test]
fn a_connection_that_lay_idle_is_still_good() {
    let Some((plane, _)) = plane() else { return };
    let relay = Relay::start(Speech::None, "127.0.0.1", &plane.server());
    let way = Way::to(plane).admin().cluster("server", format!("https://{}", relay.address()));
    let connect = Connect { kubeconfig: vec![way.file()], ..Connect::default() };
    let runtime = runtime();
    runtime.block_on(async {
        let cluster = Cluster::connect(&connect).await.expect("it answers");
        let before = relay.asked().len();
        // Almost as long as the server may be silent: the idle time must not be counted with the answer's.
        tokio::time::sleep(Duration::from_millis(28_500)).await;
        relay.fall_silent();
        let (answer, ()) = tokio::join!(cluster.types(), async {
            tokio::time::sleep(Duration::from_secs(4)).await;
            relay.speak();
        });
        answer.expect("four seconds are no silence");
        assert_eq!(relay.asked().len(), before, "no connection was given up for another");
    });
}
