//! Where a field stands in an object.

use std::fmt;

use serde_json::Value;

/// One step into a tree, as structured-merge-diff's path elements.
#[derive(Debug, Clone, PartialEq)]
pub enum PathElement {
    /// A map key.
    Field(String),
    /// An item of an associative list, by its key fields in the order of the schema.
    Key(Vec<(String, Value)>),
    /// An item of a set, by its value.
    Value(Value),
    /// An item of an ordinary list, by its place.
    Index(usize),
}

/// A path from the root of an object to one field.
///
/// Printed as the API server prints it in conflicts: `.spec.containers[name="x"].image`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FieldPath(pub Vec<PathElement>);

impl FieldPath {
    /// A path of map keys only.
    pub fn of(keys: &[&str]) -> Self {
        Self(keys.iter().map(|key| PathElement::Field((*key).to_owned())).collect())
    }

    /// This path and one element more.
    #[must_use]
    pub fn child(&self, element: PathElement) -> Self {
        let mut elements = self.0.clone();
        elements.push(element);
        Self(elements)
    }

    /// Whether the path begins with these map keys.
    pub fn starts_with(&self, keys: &[&str]) -> bool {
        self.0.len() >= keys.len()
            && self.0.iter().zip(keys).all(|(have, want)| match have {
                PathElement::Field(name) => name == want,
                PathElement::Key(_) | PathElement::Value(_) | PathElement::Index(_) => false,
            })
    }
}

impl fmt::Display for PathElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) if name.contains(['.', '/', ' ']) || name.is_empty() => {
                write!(f, "[{name:?}]")
            }
            Self::Field(name) => write!(f, ".{name}"),
            Self::Key(keys) => {
                let keys: Vec<_> = keys.iter().map(|(name, value)| format!("{name}={value}")).collect();
                write!(f, "[{}]", keys.join(","))
            }
            Self::Value(value) => write!(f, "[={value}]"),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|element| element.fmt(f))
    }
}
