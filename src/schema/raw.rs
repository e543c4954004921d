//! OpenAPI v3 as it is read: only the keywords that matter, everything else skipped while parsing.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value;

/// A string, borrowed from the document where it holds no escapes.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// A map in document order, without an index over it.
#[derive(Debug)]
pub(super) struct Pairs<'a, T>(pub(super) Vec<(Text<'a>, T)>);

impl<T> Default for Pairs<'_, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for Pairs<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for PairsVisitor<T> {
            type Value = Pairs<'de, T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(PairsVisitor(std::marker::PhantomData))
    }
}

/// `additionalProperties`: `true`, `false` or a schema.
#[derive(Debug)]
pub(super) enum Additional<'a> {
    /// A boolean.
    Allowed,
    /// The schema of each value.
    Schema(Box<RawSchema<'a>>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Additional<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AdditionalVisitor;
        impl<'de> Visitor<'de> for AdditionalVisitor {
            type Value = Additional<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a boolean or a schema")
            }
            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(Additional::Allowed)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let schema = RawSchema::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Additional::Schema(Box::new(schema)))
            }
        }
        deserializer.deserialize_any(AdditionalVisitor)
    }
}

/// One schema, as published in OpenAPI v3 and as written in CustomResourceDefinitions.
#[derive(Debug, Default, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(super) struct RawSchema<'a> {
    #[serde(default, rename = "$ref")]
    pub(super) reference: Option<Text<'a>>,
    #[serde(default, rename = "allOf")]
    pub(super) all_of: Vec<RawSchema<'a>>,
    #[serde(default, rename = "type")]
    pub(super) sort: Option<Text<'a>>,
    #[serde(default)]
    pub(super) format: Option<Text<'a>>,
    #[serde(default)]
    pub(super) default: Option<Value>,
    #[serde(default)]
    pub(super) properties: Pairs<'a, RawSchema<'a>>,
    #[serde(default)]
    pub(super) items: Option<Box<RawSchema<'a>>>,
    #[serde(default, rename = "additionalProperties")]
    pub(super) additional: Option<Additional<'a>>,
    #[serde(default, rename = "x-kubernetes-list-type")]
    pub(super) list_type: Option<Text<'a>>,
    #[serde(default, rename = "x-kubernetes-list-map-keys")]
    pub(super) list_keys: Vec<Text<'a>>,
    #[serde(default, rename = "x-kubernetes-map-type")]
    pub(super) map_type: Option<Text<'a>>,
    #[serde(default, rename = "x-kubernetes-patch-strategy")]
    pub(super) patch_strategy: Option<Text<'a>>,
    #[serde(default, rename = "x-kubernetes-patch-merge-key")]
    pub(super) patch_key: Option<Text<'a>>,
    #[serde(default, rename = "x-kubernetes-preserve-unknown-fields")]
    pub(super) preserve_unknown: bool,
    #[serde(default, rename = "x-kubernetes-int-or-string")]
    pub(super) int_or_string: bool,
    #[serde(default, rename = "x-kubernetes-embedded-resource")]
    pub(super) embedded: bool,
    #[serde(default, rename = "x-kubernetes-group-version-kind")]
    pub(super) kinds: Vec<RawKind<'a>>,
}

impl RawSchema<'_> {
    /// Name of the component that this schema stands for, as itself or through an `allOf` of one.
    pub(super) fn component(&self) -> Option<&str> {
        let reference = self.reference.as_ref().or(match self.all_of.as_slice() {
            [only] => only.reference.as_ref(),
            _ => None,
        })?;
        reference.0.rsplit('/').next()
    }
}

/// Group, version and kind of a component.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(super) struct RawKind<'a> {
    #[serde(default)]
    pub(super) group: Text<'a>,
    #[serde(default)]
    pub(super) version: Text<'a>,
    #[serde(default)]
    pub(super) kind: Text<'a>,
}

/// An OpenAPI v3 document of one group and version.
#[derive(Debug, Default, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(super) struct RawDocument<'a> {
    #[serde(default)]
    pub(super) components: RawComponents<'a>,
    #[serde(default)]
    pub(super) paths: StatusPaths<'a>,
}

/// The named schemas of a document.
#[derive(Debug, Default, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(super) struct RawComponents<'a> {
    #[serde(default)]
    pub(super) schemas: Pairs<'a, RawSchema<'a>>,
}

/// The kinds that have a `status` subresource, and whether the document had paths at all.
#[derive(Debug, Default)]
pub(super) struct StatusPaths<'a> {
    /// Whether there are paths: without them nothing is known of subresources.
    pub(super) known: bool,
    /// The kinds.
    pub(super) kinds: Vec<RawKind<'a>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for StatusPaths<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PathsVisitor;
        impl<'de> Visitor<'de> for PathsVisitor {
            type Value = StatusPaths<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the paths of an OpenAPI document")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut kinds = Vec::new();
                while let Some(path) = map.next_key::<Text<'de>>()? {
                    if path.0.ends_with("}/status") {
                        let item: PathItem<'de> = map.next_value()?;
                        kinds.extend(item.get.and_then(|get| get.kind));
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(StatusPaths { known: true, kinds })
            }
        }
        deserializer.deserialize_map(PathsVisitor)
    }
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct PathItem<'a> {
    #[serde(default)]
    get: Option<Operation<'a>>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Operation<'a> {
    #[serde(default, rename = "x-kubernetes-group-version-kind")]
    kind: Option<RawKind<'a>>,
}
