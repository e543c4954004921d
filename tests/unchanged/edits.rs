//! Seeded edits of objects.

use serde_json::{Map, Value, json};

/// A small deterministic generator (splitmix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n.max(1) as u64).unwrap_or_default()
    }

    /// True `percent` times out of a hundred.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

/// Changes one random place of an object, never its identity.
pub(crate) fn edit(tree: &mut Value, dice: &mut Dice) {
    if dice.chance(20) {
        return edit_metadata(tree, dice);
    }
    let mut places = Vec::new();
    collect(tree, "", &mut places);
    let lists: Vec<_> =
        places.iter().filter(|place| tree.pointer(place).is_some_and(Value::is_array)).cloned().collect();
    let chosen = if dice.chance(25) && !lists.is_empty() {
        lists[dice.below(lists.len())].clone()
    } else if places.is_empty() {
        return edit_metadata(tree, dice);
    } else {
        places[dice.below(places.len())].clone()
    };
    let Some((parent, last)) = chosen.rsplit_once('/') else { return };
    if dice.chance(12) {
        match tree.pointer_mut(parent) {
            Some(Value::Object(map)) => {
                map.shift_remove(&last.replace("~1", "/").replace("~0", "~"));
            }
            Some(Value::Array(items)) => {
                items.remove(last.parse().unwrap_or_default());
            }
            _ => {}
        }
    } else if let Some(value) = tree.pointer_mut(&chosen) {
        change(value, dice);
    }
}

/// All places that may be changed, as JSON pointers.
fn collect(value: &Value, at: &str, places: &mut Vec<String>) {
    let fixed = ["/apiVersion", "/kind", "/metadata/name", "/metadata/namespace", "/metadata/uid"];
    let server = [
        "/metadata/resourceVersion",
        "/metadata/managedFields",
        "/metadata/generation",
        "/metadata/creationTimestamp",
        "/status",
    ];
    if fixed.contains(&at) || server.contains(&at) {
        return;
    }
    if !at.is_empty() && at != "/metadata" {
        places.push(at.to_owned());
    }
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                collect(value, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), places);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, &format!("{at}/{index}"), places);
            }
        }
        _ => {}
    }
}

fn edit_metadata(tree: &mut Value, dice: &mut Dice) {
    let map = ["labels", "annotations"][dice.below(2)];
    if !tree["metadata"][map].is_object() {
        tree["metadata"][map] = json!({});
    }
    let value = [json!("x"), json!(""), json!(null), json!("y")][dice.below(4)].clone();
    match dice.below(8) {
        0 => tree["metadata"][map] = json!({}),
        1 => tree["metadata"][map] = json!(null),
        2 => tree["metadata"]["creationTimestamp"] = json!(null),
        3 => tree["metadata"]["finalizers"] = json!(["example.com/b", "example.com/a"]),
        _ => tree["metadata"][map][format!("fuzz-{}", dice.below(3))] = value,
    }
}

fn change(value: &mut Value, dice: &mut Dice) {
    if dice.chance(6) {
        *value = json!(null);
        return;
    }
    *value = match value.take() {
        Value::String(text) => change_text(&text, dice),
        Value::Number(number) => match dice.below(5) {
            0 => json!(number.as_f64().unwrap_or_default()),
            1 => json!(number.to_string()),
            2 => json!(0),
            _ => json!(number.as_i64().unwrap_or_default() + 1),
        },
        Value::Bool(value) => json!(!value),
        Value::Null => json!({}),
        Value::Object(map) => change_map(map, dice),
        Value::Array(items) => change_list(items, dice),
    };
}

fn change_text(text: &str, dice: &mut Dice) -> Value {
    let respelled = respelled(text, dice);
    match dice.below(6) {
        0 => json!(""),
        1 | 2 if respelled.is_some() => respelled.unwrap_or_default(),
        3 => text.parse::<i64>().map_or_else(|_| json!(format!("{text}x")), Value::from),
        4 => json!(text.to_uppercase()),
        _ => json!(format!("{text}x")),
    }
}

/// The same Quantity in other words, sometimes of another family.
fn respelled(text: &str, dice: &mut Dice) -> Option<Value> {
    let end = text.find(|c: char| !c.is_ascii_digit())?.max(1);
    let (digits, suffix) = text.split_at(end);
    let n: i64 = digits.parse().ok()?;
    let forms = match suffix {
        "m" => {
            vec![json!(format!("{n}000u")), json!(n as f64 / 1000.0), json!(format!("{}", n as f64 / 1000.0))]
        }
        "Mi" => {
            vec![json!(format!("{}Ki", n * 1024)), json!(format!("{}", n * 1_048_576)), json!(n * 1_048_576)]
        }
        "Gi" => vec![json!(format!("{}Mi", n * 1024)), json!(format!("{}", n * 1_073_741_824))],
        "M" => vec![json!(format!("{n}000k")), json!(format!("{n}e6"))],
        "G" => vec![json!(format!("{n}000M")), json!(format!("{n}e9"))],
        _ => return None,
    };
    Some(forms[dice.below(forms.len())].clone())
}

fn change_map(mut map: Map<String, Value>, dice: &mut Dice) -> Value {
    match dice.below(6) {
        0 => return json!({}),
        1 => {
            map.insert(format!("fuzz{}", dice.below(3)), json!("x"));
        }
        2 | 3 if !map.is_empty() => {
            let name = map.keys().nth(dice.below(map.len())).cloned().unwrap_or_default();
            map.shift_remove(&name);
        }
        _ => {
            let mut pairs: Vec<_> = map.into_iter().collect();
            dice.shuffle(&mut pairs);
            map = pairs.into_iter().collect();
        }
    }
    Value::Object(map)
}

fn change_list(mut items: Vec<Value>, dice: &mut Dice) -> Value {
    match dice.below(9) {
        0 => items.clear(),
        1 if !items.is_empty() => {
            items.remove(dice.below(items.len()));
        }
        2 if !items.is_empty() => {
            let again = items[dice.below(items.len())].clone();
            items.push(again);
        }
        3 if !items.is_empty() => {
            let mut more = items[dice.below(items.len())].clone();
            match &mut more {
                Value::Object(map) => {
                    for key in ["name", "containerPort", "port", "mountPath"] {
                        match map.get_mut(key) {
                            Some(Value::String(text)) => text.push_str("-fuzz"),
                            Some(Value::Number(number)) => {
                                *number = (number.as_i64().unwrap_or_default() + 1).into();
                            }
                            _ => {}
                        }
                    }
                }
                Value::String(text) => text.push('x'),
                _ => {}
            }
            let at = dice.below(items.len() + 1);
            items.insert(at, more);
        }
        4 | 5 => items.reverse(),
        _ => dice.shuffle(&mut items),
    }
    Value::Array(items)
}

/// A part of an object: its identity and a few random branches, some of them changed.
pub(crate) fn part(tree: &Value, dice: &mut Dice) -> Value {
    let mut part = tree.clone();
    prune(&mut part, 0, dice);
    for key in ["apiVersion", "kind"] {
        part[key] = tree[key].clone();
    }
    if !part["metadata"].is_object() {
        part["metadata"] = json!({});
    }
    for key in ["name", "namespace"] {
        if let Some(value) = tree["metadata"].get(key) {
            part["metadata"][key] = value.clone();
        }
    }
    if dice.chance(40) {
        edit(&mut part, dice);
    }
    part
}

fn prune(value: &mut Value, depth: usize, dice: &mut Dice) {
    match value {
        Value::Object(map) => {
            let keys =
                ["name", "containerPort", "port", "protocol", "mountPath", "key", "effect", "type", "role"];
            map.retain(|name, _| (depth > 1 && keys.contains(&&**name)) || dice.chance(45));
            map.values_mut().for_each(|value| prune(value, depth + 1, dice));
        }
        Value::Array(items) => {
            items.retain(|_| dice.chance(70));
            for item in items {
                prune(item, depth + 1, dice);
            }
        }
        _ => {}
    }
}
