//! The algebra of field sets, on random sets.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::FieldSet;
use crate::model::{FieldPath, PathElement};

/// A step of few choices, so that sets meet.
fn element() -> impl Strategy<Value = PathElement> {
    prop_oneof![
        prop::sample::select(vec!["a", "b", "with.dot", ""])
            .prop_map(|name| PathElement::Field(name.to_owned())),
        prop::sample::select(vec![1, 2]).prop_map(|port| PathElement::Key(vec![
            ("name".to_owned(), json!("x\"y")),
            ("port".to_owned(), json!(port))
        ])),
        prop::sample::select(vec![json!("v"), json!(1), json!(true), json!(1.5)])
            .prop_map(PathElement::Value),
        (0_usize..2).prop_map(PathElement::Index),
    ]
}

fn paths() -> impl Strategy<Value = Vec<FieldPath>> {
    prop::collection::vec(prop::collection::vec(element(), 1..4).prop_map(FieldPath), 0..12)
}

fn set(paths: &[FieldPath]) -> FieldSet {
    let mut set = FieldSet::default();
    for path in paths {
        set.insert(path);
    }
    set
}

/// The members as texts: what the sets are compared with.
fn members(set: &FieldSet) -> BTreeSet<String> {
    set.paths().iter().map(|path| format!("{path:?}")).collect()
}

proptest! {
    #[test]
    fn sets_are_the_sets_of_their_members(a in paths(), b in paths()) {
        let (left, right) = (set(&a), set(&b));
        let (l, r) = (members(&left), members(&right));
        prop_assert_eq!(l.len(), left.len());
        prop_assert!(a.iter().all(|path| left.contains(path)));
        prop_assert_eq!(members(&left.union(&right)), l.union(&r).cloned().collect());
        prop_assert_eq!(members(&left.intersection(&right)), l.intersection(&r).cloned().collect());
        prop_assert_eq!(members(&left.difference(&right)), l.difference(&r).cloned().collect());
    }

    #[test]
    fn the_laws_of_algebra_hold(a in paths(), b in paths(), c in paths()) {
        let (a, b, c) = (set(&a), set(&b), set(&c));
        prop_assert_eq!(a.union(&b), b.union(&a));
        prop_assert_eq!(a.intersection(&b.union(&c)), a.intersection(&b).union(&a.intersection(&c)));
        prop_assert_eq!(a.difference(&b.union(&c)), a.difference(&b).difference(&c));
        prop_assert_eq!(a.difference(&b).union(&a.intersection(&b)), a.clone());
        prop_assert!(a.difference(&a).is_empty());
        prop_assert_eq!(a.union(&a), a);
    }

    #[test]
    fn a_set_is_read_as_it_is_written(a in paths()) {
        let a = set(&a);
        prop_assert_eq!(FieldSet::parse(&a.to_json().to_string()).expect("our own"), a);
    }

    #[test]
    fn a_field_goes_with_all_below_it(a in paths(), at in prop::collection::vec(element(), 1..3)) {
        let (a, at) = (set(&a), FieldPath(at));
        let rest = a.without(&at);
        let below = |path: &FieldPath| path.0.starts_with(&at.0);
        prop_assert!(!rest.paths().iter().any(below));
        let kept: BTreeSet<_> = a.paths().iter().filter(|path| !below(path)).map(|path| format!("{path:?}")).collect();
        prop_assert_eq!(members(&rest), kept);
    }
}
