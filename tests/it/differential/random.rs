//! Random sequences of writes by several managers, from a seed.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{
    peers::Peers,
    script::{Ask, Scenario},
};

/// splitmix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((bits ^ (bits >> 31)) % sides as u64).expect("small")
    }

    fn of<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.roll(choices.len())]
    }

    fn maybe(&mut self) -> bool {
        self.roll(2) == 0
    }
}

/// Five to nine writes of one object by up to three managers.
pub(super) fn sequence(seed: u64) -> Scenario {
    let mut dice = Dice(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let kind = dice.of(&["configmaps", "deployments", "services", "widgets"]);
    let count = 5 + dice.roll(5);
    let asks = (0..count).map(|at| ask(&mut dice, kind, at)).collect();
    Scenario { id: format!("seed-{seed}"), asks }
}

fn ask(dice: &mut Dice, kind: &str, at: usize) -> Ask {
    let manager = dice.of(&["one", "two", "three"]);
    // The first makes it, or fails to.
    let verbs: &[&str] = if at == 0 {
        &["apply"]
    } else {
        &["apply", "apply", "apply", "apply", "merge", "edit", "delete-field"]
    };
    let verb = dice.of(verbs);
    let mut line = format!("{verb} {kind}/it as {manager}");
    let body = body(dice, kind);
    match verb {
        "apply" if dice.maybe() => line.push_str(" force"),
        "delete-field" => {
            let label = json!({"metadata": {"labels": {dice.of(&["a", "b"]): null}}});
            return Ask::read(&format!("merge {kind}/it as {manager}"), Some(&label));
        }
        _ => {}
    }
    if dice.roll(10) == 0 {
        line.push_str(" dry");
    }
    Ask::read(&line, Some(&body))
}

fn body(dice: &mut Dice, kind: &str) -> Value {
    let mut body = match kind {
        "configmaps" => json!({"data": map(dice, &["a", "b", "c"])}),
        "deployments" => deployment(dice),
        "services" => service(dice),
        _ => widget(dice),
    };
    if dice.maybe() {
        body["metadata"]["labels"] = map(dice, &["a", "b"]);
    }
    if dice.roll(4) == 0 {
        body["metadata"]["finalizers"] = json!([dice.of(&["example.com/a", "example.com/b"])]);
    }
    body
}

fn map(dice: &mut Dice, keys: &[&str]) -> Value {
    let chosen = keys.iter().filter(|_| dice.maybe()).collect::<Vec<_>>();
    chosen.into_iter().map(|key| ((*key).to_owned(), json!(dice.of(&["x", "y"])))).collect()
}

fn deployment(dice: &mut Dice) -> Value {
    let names: &[&str] = if dice.maybe() { &["c", "d"] } else { &["c"] };
    let containers: Vec<Value> = names.iter().map(|name| container(dice, name)).collect();
    let mut spec = json!({
        "selector": {"matchLabels": {"app": "a"}},
        "template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": containers}},
    });
    if dice.maybe() {
        spec["replicas"] = json!(dice.roll(3));
    }
    if dice.roll(4) == 0 {
        spec["strategy"] = json!({"type": dice.of(&["Recreate", "RollingUpdate"])});
    }
    json!({"spec": spec})
}

fn container(dice: &mut Dice, name: &str) -> Value {
    let mut container = json!({"name": name, "image": dice.of(&["one", "two"])});
    if dice.maybe() {
        let names: &[&str] = if dice.maybe() { &["A", "B"] } else { &["B"] };
        let env = names.iter().map(|name| json!({"name": name, "value": dice.of(&["x", "y"])}));
        container["env"] = env.collect();
    }
    if dice.maybe() {
        container["ports"] = json!([{"containerPort": (80 + dice.roll(2))}]);
    }
    if dice.maybe() {
        container["resources"] = json!({"limits": {"cpu": dice.of(&["1", "1000m", "2"])}});
    }
    if dice.roll(4) == 0 {
        container["args"] = json!([dice.of(&["x", "y"])]);
    }
    container
}

fn service(dice: &mut Dice) -> Value {
    let numbers: &[u16] = [&[80, 81, 82][..], &[80, 81], &[80, 82], &[80]][dice.roll(4)];
    let ports: Vec<Value> = numbers.iter().map(|number| port(dice, *number)).collect();
    json!({"spec": {"selector": map(dice, &["app", "tier"]), "ports": ports}})
}

fn port(dice: &mut Dice, number: u16) -> Value {
    let mut entry = json!({"name": format!("p{number}"), "port": number});
    if dice.maybe() {
        entry["targetPort"] = [json!("web"), json!(8080)][dice.roll(2)].clone();
    }
    if dice.roll(3) == 0 {
        entry["protocol"] = json!(dice.of(&["TCP", "UDP"]));
    }
    entry
}

fn widget(dice: &mut Dice) -> Value {
    let mut spec = json!({"size": dice.roll(60)});
    let tags: Vec<&str> = ["a", "b", "c"].into_iter().filter(|_| dice.maybe()).collect();
    let ports: Vec<Value> =
        [80, 81].iter().filter(|_| dice.maybe()).map(|port| json!({"port": port})).collect();
    if dice.maybe() {
        spec["tags"] = json!(tags);
    }
    if dice.maybe() {
        spec["ports"] = json!(ports);
    }
    if dice.maybe() {
        spec["ref"] = json!({"kind": dice.of(&["k", "l"]), "name": dice.of(&["n", "m"])});
    }
    if dice.maybe() {
        spec["list"] = json!([dice.roll(3), dice.roll(3)]);
    }
    if dice.maybe() {
        spec["labels"] = map(dice, &["a", "b", "c"]);
    }
    if dice.roll(3) == 0 {
        spec["free"] = json!({"deep": {dice.of(&["a", "b"]): dice.roll(3)}, "list": [dice.roll(2)]});
    }
    if dice.roll(3) == 0 {
        spec["mode"] = json!(dice.of(&["fast", "slow", "odd"]));
    }
    if dice.roll(4) == 0 {
        spec["share"] = [json!("50%"), json!(5)][dice.roll(2)].clone();
    }
    if dice.roll(4) == 0 {
        spec["when"] = [json!(null), json!("2026-01-02T03:04:05Z")][dice.roll(2)].clone();
    }
    json!({"spec": spec})
}

/// A failing sequence without the steps that it fails without, and how it fails, as it would be kept in a file.
pub(super) async fn shortened(peers: &Peers, mut scenario: Scenario) -> String {
    let mut at = 0;
    while at < scenario.asks.len() {
        let mut fewer = scenario.clone();
        fewer.asks.remove(at);
        if !fewer.asks.is_empty() && peers.play(&fewer).await.is_some() {
            scenario = fewer;
        } else {
            at += 1;
        }
    }
    let mut text = format!("{}:\n", scenario.id);
    for ask in &scenario.asks {
        writeln!(text, "  - '{}': {}", ask.words, ask.body_after(None).unwrap_or_default())
            .expect("strings grow");
    }
    let found = peers.play(&scenario).await.unwrap_or_else(|| "it passes when played again".to_owned());
    text + &found
}
