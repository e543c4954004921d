//! The same scenarios for every kind.

use super::{
    kinds::{KINDS, Kind},
    script::{Ask, Scenario},
};

/// What is played with each kind: a name and its steps. `$` is the object, `SMALL`, `ONE` and `TWO` are bodies.
const FAMILIES: &[(&str, &[&str])] = &[
    ("created-by-apply", &["apply $ as one SMALL", "get $", "apply $ as one SMALL"]),
    ("created-by-post", &["post * as one NAMED", "get $", "post * as one NAMED"]),
    ("two-own-it", &["apply $ as one SMALL", "apply $ as two SMALL", "apply $ as one EMPTY", "get $"]),
    (
        "conflict",
        &[
            "apply $ as one SMALL",
            "apply $ as one ALL-ONE",
            "apply $ as two ALL-TWO",
            "apply $ as two force ALL-TWO",
            "get $",
        ],
    ),
    (
        "updater-wins",
        &[
            "apply $ as one ALL-ONE",
            "merge $ as two TWO",
            "apply $ as one ALL-ONE",
            "apply $ as one force ALL-ONE",
        ],
    ),
    ("handed-over", &["apply $ as one ALL-ONE", "merge $ as two TWO", "apply $ as one SMALL", "get $"]),
    ("dropped", &["apply $ as one ALL-ONE", "apply $ as one SMALL", "get $"]),
    (
        "dry-run",
        &[
            "apply $ as one dry SMALL",
            "get $",
            "apply $ as one SMALL",
            "apply $ as one dry ALL-ONE",
            "get $",
            "delete $ dry",
            "get $",
        ],
    ),
    ("edited", &["post * as one NAMED", "edit $ as two ONE", "edit $ as two ONE", "get $"]),
    (
        "stale",
        &[
            "post * as one NAMED",
            "merge $ as two LABEL",
            "merge $ as two STALE",
            "apply $ as two STALE",
            "apply $ as two WRONG-UID",
        ],
    ),
    (
        "labels",
        &[
            "apply $ as one LABELLED",
            "merge $ as two LABEL",
            "apply $ as one SMALL",
            "merge $ as two UNLABEL",
            "get $",
        ],
    ),
    (
        "finalized",
        &[
            "apply $ as one FINALIZED",
            "delete $",
            "get $",
            "apply $ as one FINALIZED",
            "merge $ as two UNFINALIZED",
            "get $",
        ],
    ),
    ("deleted", &["apply $ as one SMALL", "delete $ OTHER-UID", "delete $", "get $", "delete $"]),
    ("absent-only", &["apply $ as one NEW", "apply $ as one NEW", "get $"]),
    (
        "unknown-field",
        &[
            "apply $ as one BOGUS",
            "post * as one fieldValidation=Strict BOGUS",
            "post * as one BOGUS",
            "get $",
        ],
    ),
    (
        "json-patched",
        &[
            "apply $ as one SMALL",
            "json $ as two ADD-NOTE",
            "json $ as two TEST-FAILS",
            "json $ as two NO-SUCH-PATH",
            "get $",
        ],
    ),
    ("status-apart", &["apply $ as one SMALL", "apply $/status as two LABEL-ONLY", "get $/status"]),
];

/// Every family with every kind.
pub(super) fn all() -> Vec<Scenario> {
    let one = |kind: &Kind, (name, steps): &(&str, &[&str])| Scenario {
        id: format!("{}-{name}", kind.plural),
        asks: steps.iter().map(|step| ask(kind, step)).collect(),
    };
    KINDS.iter().flat_map(|kind| FAMILIES.iter().map(move |family| one(kind, family))).collect()
}

fn ask(kind: &Kind, step: &str) -> Ask {
    let step =
        step.replace('$', &format!("{}/it", kind.plural)).replace(" * ", &format!(" {} ", kind.plural));
    let (line, word) = step.rsplit_once(' ').expect("more than a word");
    match body(kind, word) {
        Some(text) => {
            let file = "family".into();
            let trees = obsctl::syntax::parse_yaml(&file, &text).unwrap_or_else(|_| panic!("{text}"));
            let tree = trees.into_iter().next().expect("a document").into_value();
            Ask::read(line, Some(&tree))
        }
        None => Ask::read(&step, None),
    }
}

fn body(kind: &Kind, word: &str) -> Option<String> {
    let inner = |text: &str| text.trim().trim_start_matches('{').trim_end_matches('}').to_owned();
    let leaf = |value: &str| kind.leaf.replace('@', value);
    let small = kind.small.strip_suffix('}').expect("a map");
    let with = |metadata: &str| format!("{small}, metadata: {{{metadata}}}}}");
    // The parts of a leaf are laid over the small body, so that what a kind needs stays in.
    let all = |value: &str| merged(kind.small, &leaf(value));
    Some(match word {
        "SMALL" => kind.small.to_owned(),
        "NAMED" => with("name: it"),
        "NEW" => with("resourceVersion: '1'"),
        "EMPTY" => "{}".to_owned(),
        "ONE" => leaf(kind.values.0),
        "TWO" => leaf(kind.values.1),
        "ALL-ONE" => all(kind.values.0),
        "ALL-TWO" => all(kind.values.1),
        "LABEL" | "LABEL-ONLY" => "{metadata: {labels: {tier: two}}}".to_owned(),
        "UNLABEL" => "{metadata: {labels: {tier: null}}}".to_owned(),
        "LABELLED" => with("labels: {app: one, tier: one}, annotations: {example.com/a: b}"),
        "STALE" => "{metadata: {resourceVersion: '1', labels: {tier: three}}}".to_owned(),
        "WRONG-UID" => "{metadata: {uid: 11111111-2222-3333-4444-555555555555}}".to_owned(),
        "OTHER-UID" => "{preconditions: {uid: 11111111-2222-3333-4444-555555555555}}".to_owned(),
        "FINALIZED" => with("finalizers: [example.com/hold]"),
        "UNFINALIZED" => "{metadata: {finalizers: null}}".to_owned(),
        "BOGUS" => format!("{small}, bogus: 1, metadata: {{name: it}}}}"),
        "ADD-NOTE" => "[{op: add, path: /metadata/annotations, value: {note: x}}]".to_owned(),
        "TEST-FAILS" => "[{op: test, path: /metadata/name, value: other}]".to_owned(),
        "NO-SUCH-PATH" => "[{op: remove, path: /metadata/labels/none}]".to_owned(),
        other => return (inner(other) != other).then(|| other.to_owned()),
    })
}

fn merged(small: &str, leaf: &str) -> String {
    let read = |text: &str| {
        let trees = obsctl::syntax::parse_yaml(&"family".into(), text).unwrap_or_else(|_| panic!("{text}"));
        trees.into_iter().next().expect("a document").into_value()
    };
    let gvk = obsctl::model::Gvk::new("v1", "Pod");
    let schemas = obsctl::schema::SchemaSet::builtin();
    // Containers are told apart by name as in a Pod; elsewhere lists are replaced.
    let pod = schemas.of(&gvk).filter(|_| leaf.contains("containers"));
    obsctl::fields::merge_apply(&read(small), &read(leaf), pod).to_string()
}
