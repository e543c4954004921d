//! The same exchanges with kube-apiserver and with the sandbox: their answers are equal but for what is listed here.
//!
//! Scenarios come from three places: `exchanges.yaml`, families of them for each of many kinds, and the recorded ones
//! of the test data. Random sequences of writes by several managers come on top; `OBSCTL_SEQUENCES` says how many.

mod families;
mod kinds;
mod mask;
mod peers;
mod random;
mod script;

use std::{collections::BTreeSet, fs, path::Path};

use futures::{StreamExt as _, stream};

use self::{
    peers::Peers,
    script::{Scenario, own_scenarios},
};
use crate::{cluster::runtime, support::ControlPlane};

/// Scenarios whose answers differ, each with why; `docs/sandbox.md` tells of them.
///
/// The test fails for one that is not here, and for one here that no longer differs.
const DIFFER: &[(&str, &str)] = &[
    ("immutable-claim", "the server adds the difference of the two forms that its own types have"),
    ("immutable-job", "the server prints the template in the form of its own types"),
    ("jobs-deleted", "the server warns of what becomes of the pods also where a precondition fails"),
    ("jobs-stale", "the server checks the labels of the template against a wrong uid, too"),
    ("pods-edited", "the server adds the difference of the two forms that its own types have"),
    ("pods-handed-over", "the server adds the difference of the two forms that its own types have"),
    ("pods-updater-wins", "the server adds the difference of the two forms that its own types have"),
];

/// Scenarios that run side by side.
const AT_ONCE: usize = 4;

#[test]
fn every_exchange_is_answered_as_by_kube_apiserver() {
    let Some(plane) = ControlPlane::start_api(&["--disable-admission-plugins=ServiceAccount"]) else {
        return;
    };
    runtime().block_on(async {
        let peers = Peers::meet(&plane).await;
        let scenarios: Vec<Scenario> = own_scenarios().into_iter().chain(families::all()).collect();
        let ids: BTreeSet<&str> = scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
        assert_eq!(ids.len(), scenarios.len(), "every scenario has an id of its own");
        assert!(scenarios.len() >= 300, "only {} scenarios", scenarios.len());
        let only = std::env::var("OBSCTL_SCENARIO").ok();
        let chosen = scenarios.iter().filter(|one| only.as_ref().is_none_or(|only| one.id.contains(only)));
        let played: Vec<(&str, Option<String>)> = stream::iter(chosen)
            .map(|scenario| async { (scenario.id.as_str(), peers.play(scenario).await) })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let mut wrong = Vec::new();
        for (id, found) in &played {
            match (found, DIFFER.iter().any(|(known, _)| known == id)) {
                (Some(found), false) => wrong.push(format!("{id}: {found}")),
                (None, true) => wrong.push(format!("{id}: differs no longer; take it off the list")),
                (Some(_), true) | (None, false) => {}
            }
        }
        wrong.sort();
        eprintln!("differential: {} scenarios, {} differ", played.len(), wrong.len() + DIFFER.len());
        assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), played.len(), wrong.join("\n"));
    });
}

#[test]
fn random_writes_of_several_managers_end_alike() {
    let Some(plane) = ControlPlane::start_api(&["--disable-admission-plugins=ServiceAccount"]) else {
        return;
    };
    let number =
        |name: &str, default: u64| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    let (count, seed) = (number("OBSCTL_SEQUENCES", 2000), number("OBSCTL_SEED", 1));
    eprintln!("differential: {count} sequences from seed {seed}");
    runtime().block_on(async {
        let peers = Peers::meet(&plane).await;
        let played: Vec<(u64, Option<String>)> = stream::iter(seed..seed + count)
            .map(|seed| {
                let peers = &peers;
                async move { (seed, peers.play(&random::sequence(seed)).await) }
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let mut wrong: Vec<String> = played
            .iter()
            .filter_map(|(seed, found)| Some(format!("seed {seed}: {}", found.as_ref()?)))
            .collect();
        wrong.sort();
        if let Some(first) = played.iter().filter(|(_, found)| found.is_some()).map(|(seed, _)| *seed).min() {
            let shortest = random::shortened(&peers, random::sequence(first)).await;
            wrong.push(format!("the shortest form of seed {first}:\n{shortest}"));
        }
        assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len() - 1, wrong.join("\n"));
    });
}

#[test]
fn the_differences_stand_in_the_documentation() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/sandbox.md");
    let text = fs::read_to_string(path).expect("it is there");
    let told: Vec<&str> = text.lines().filter(|line| line.starts_with("* `")).collect();
    let rows: Vec<String> = DIFFER.iter().map(|(id, why)| format!("* `{id}`: {why}")).collect();
    assert_eq!(told, rows);
}
