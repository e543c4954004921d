//! A table of objects: which columns, and what stands in them.

use serde_json::{Value, json};

use super::{
    builtin::{Column, columns},
    cells::age,
    jsonpath::find,
};
use crate::sandbox::resources::Resource;

/// A `Table` of objects.
///
/// `include` says what rows carry of their objects: `None`, `Metadata` or `Object`.
pub(crate) fn table(resource: &Resource, objects: &[Value], include: &str, now: &str) -> Value {
    let custom = custom_columns(resource);
    let known = columns(&resource.qualified());
    let definitions: Vec<Value> = match &custom {
        Some(custom) => custom.iter().map(CustomColumn::definition).collect(),
        None => known.iter().map(Column::definition).collect(),
    };
    let rows: Vec<Value> = objects
        .iter()
        .map(|object| {
            let cells: Vec<Value> = match &custom {
                Some(custom) => custom.iter().map(|column| column.cell(object, now)).collect(),
                None => known.iter().map(|column| (column.cell)(object, now)).collect(),
            };
            let mut row = json!({"cells": cells});
            if let (Some(map), Some(carried)) = (row.as_object_mut(), carried(object, include)) {
                map.insert("object".to_owned(), carried);
            }
            row
        })
        .collect();
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": version(objects),
        "columnDefinitions": definitions, "rows": rows,
    })
}

fn version(objects: &[Value]) -> Value {
    let version =
        objects.first().filter(|_| objects.len() == 1).and_then(|o| o.pointer("/metadata/resourceVersion"));
    version.map_or_else(|| json!({}), |version| json!({"resourceVersion": version}))
}

fn carried(object: &Value, include: &str) -> Option<Value> {
    match include {
        "None" => None,
        "Object" => Some(object.clone()),
        _ => Some(json!({
            "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
            "metadata": object.get("metadata").cloned().unwrap_or_default(),
        })),
    }
}

/// A column of a custom kind.
struct CustomColumn {
    name: String,
    sort: String,
    format: String,
    description: String,
    priority: i64,
    path: String,
}

impl CustomColumn {
    fn definition(&self) -> Value {
        json!({
            "name": self.name, "type": self.sort, "format": self.format,
            "description": self.description, "priority": self.priority,
        })
    }

    fn cell(&self, object: &Value, now: &str) -> Value {
        let found = find(object, &self.path);
        let Some(first) = found.first() else { return Value::Null };
        match (self.sort.as_str(), first) {
            ("date", Value::String(time)) => json!(age(time, now)),
            ("string", Value::String(_))
            | ("integer" | "number", Value::Number(_))
            | ("boolean", Value::Bool(_)) => (*first).clone(),
            ("string", other) => json!(other.to_string()),
            _ => Value::Null,
        }
    }
}

/// The columns of a custom kind; none for a built-in one.
fn custom_columns(resource: &Resource) -> Option<Vec<CustomColumn>> {
    let version = resource.custom.as_ref()?.version(&resource.gvk.version)?;
    let text =
        |column: &Value, key: &str| column.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut columns = vec![CustomColumn {
        name: "Name".to_owned(),
        sort: "string".to_owned(),
        format: "name".to_owned(),
        description: "Name of the object".to_owned(),
        priority: 0,
        path: ".metadata.name".to_owned(),
    }];
    match version.get("additionalPrinterColumns").and_then(Value::as_array).filter(|found| !found.is_empty())
    {
        Some(found) => columns.extend(found.iter().map(|column| CustomColumn {
            name: text(column, "name"),
            sort: text(column, "type"),
            format: text(column, "format"),
            description: text(column, "description"),
            priority: column.get("priority").and_then(Value::as_i64).unwrap_or_default(),
            path: text(column, "jsonPath"),
        })),
        None => columns.push(CustomColumn {
            name: "Age".to_owned(),
            sort: "date".to_owned(),
            format: String::new(),
            description: "Time since the object was created".to_owned(),
            priority: 0,
            path: ".metadata.creationTimestamp".to_owned(),
        }),
    }
    Some(columns)
}
