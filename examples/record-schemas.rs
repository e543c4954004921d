//! Records the schemas of all built-in kinds of a running API server into `src/schema/builtin-1.36.zst`.
//!
//! The server is spoken to in plain HTTP through `kubectl proxy`, on a cluster without CustomResourceDefinitions:
//!
//! ```text
//! kubectl proxy --port 8001 &
//! cargo run --example record-schemas -- --server 127.0.0.1:8001 [--out src/schema/builtin-1.36.zst]
//! ```
//!
//! OpenAPI does not tell a Go `bool` from a `*bool`, but only the first is the same when absent and when `false`. So the
//! Go sources of the types are read too, from the module cache, found through `tests/testbed/kubernetes/go.mod`.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "this is a command, run by hand"
)]

use std::{
    collections::BTreeMap,
    error::Error,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Map, Value, json};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Keywords that the room `schema` reads.
const KEPT: &[&str] = &[
    "$ref",
    "type",
    "format",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
    "x-kubernetes-patch-strategy",
    "x-kubernetes-patch-merge-key",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-int-or-string",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-group-version-kind",
];

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let (mut server, mut out) = (None, "src/schema/builtin-1.36.zst".to_owned());
    while let Some(flag) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{flag} needs a value"))?;
        match &*flag {
            "--server" => server = Some(value),
            "--out" => out = value,
            _ => return Err(format!("unknown flag {flag}").into()),
        }
    }
    let server = server.ok_or("--server HOST:PORT of a kubectl proxy is missing")?;

    let index = get(&server, "/openapi/v3")?;
    let mut schemas = BTreeMap::new();
    let mut types = Vec::new();
    for (path, entry) in index["paths"].as_object().ok_or("no paths in the OpenAPI index")? {
        let is_group_version =
            path == "api/v1" || (path.starts_with("apis/") && path.split('/').count() == 3);
        if !is_group_version {
            continue;
        }
        let document = get(&server, entry["serverRelativeURL"].as_str().ok_or("no URL")?)?;
        let components = document["components"]["schemas"].as_object().ok_or("no schemas")?;
        schemas.extend(components.iter().map(|(name, schema)| (name.clone(), compact(schema))));
        types.extend(rows(&get(&server, &format!("/{path}"))?));
    }
    let structs = structs(schemas.keys())?;
    let omitted = omitted(&structs);
    let fields: usize = omitted.values().map(Vec::len).sum();
    let always = always(&structs, &schemas);
    let tables =
        json!({"components": {"schemas": schemas}, "types": types, "omitted": omitted, "always": always});
    let text = tables.to_string();
    let packed = zstd::encode_all(text.as_bytes(), 19)?;
    std::fs::write(&out, &packed)?;
    println!(
        "{out}: {} schemas, {} kinds, {fields} fields left out when empty, {} bytes of {}",
        schemas.len(),
        types.len(),
        packed.len(),
        text.len()
    );
    Ok(())
}

/// A GET in HTTP/1.0, whose answer ends with the connection.
fn get(server: &str, path: &str) -> Outcome<Value> {
    let mut stream = TcpStream::connect(server)?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {server}\r\nAccept: application/json\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").ok_or("no end of headers")?;
    let (head, body) = answer.split_at(end + 4);
    if !head.starts_with(b"HTTP/1.0 200") && !head.starts_with(b"HTTP/1.1 200") {
        return Err(format!("{path}: {}", String::from_utf8_lossy(head)).into());
    }
    Ok(serde_json::from_slice(body)?)
}

/// A schema less what is not read.
fn compact(schema: &Value) -> Value {
    let Some(schema) = schema.as_object() else { return schema.clone() };
    let mut kept = Map::new();
    for (keyword, value) in schema {
        let value = match &**keyword {
            "properties" => value.as_object().map(|fields| {
                Value::Object(fields.iter().map(|(name, field)| (name.clone(), compact(field))).collect())
            }),
            "items" | "additionalProperties" => Some(compact(value)),
            "allOf" => value.as_array().map(|parts| parts.iter().map(compact).collect()),
            "default" => (!value.is_object() && !value.is_array()).then(|| value.clone()),
            keyword => KEPT.contains(&keyword).then(|| value.clone()),
        };
        kept.extend(value.map(|value| (keyword.clone(), value)));
    }
    Value::Object(kept)
}

/// The kinds of one group and version, as discovery lists them.
fn rows(list: &Value) -> Vec<Value> {
    let resources = list["resources"].as_array().map_or(&[][..], Vec::as_slice);
    let api_version = list["groupVersion"].as_str().unwrap_or_default();
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let has = |name: &str| resources.iter().any(|resource| resource["name"] == name);
    let whole = resources.iter().filter(|resource| !resource["name"].as_str().unwrap_or("/").contains('/'));
    whole
        .map(|resource| {
            let plural = resource["name"].as_str().unwrap_or_default();
            json!({
                "gvk": {"group": group, "version": version, "kind": resource["kind"]},
                "plural": plural,
                "namespaced": resource["namespaced"],
                "status": has(&format!("{plural}/status")),
                "scale": has(&format!("{plural}/scale")),
                "verbs": resource["verbs"],
            })
        })
        .collect()
}

/// One field of a Go struct.
#[derive(Clone)]
struct GoField {
    /// Its name in JSON; none where the struct is embedded.
    name: Option<String>,
    /// Its Go type.
    sort: String,
    /// Whether an empty value is left out.
    omitted: bool,
    /// Whether a struct of empty values is left out.
    omitted_zero: bool,
}

/// The structs of a Go package by name.
type GoPackage = BTreeMap<String, Vec<GoField>>;

/// By component: the fields of its Go struct.
type Structs<'a> = BTreeMap<&'a String, Vec<GoField>>;

fn structs<'a>(components: impl Iterator<Item = &'a String>) -> Outcome<Structs<'a>> {
    let mut packages = BTreeMap::new();
    let mut found = BTreeMap::new();
    for component in components {
        let Some((folder, name)) = go_folder(component)? else { continue };
        if !packages.contains_key(&folder) {
            packages.insert(folder.clone(), go_package(&folder)?);
        }
        let mut fields = Vec::new();
        gather(&packages[&folder], name, &mut fields);
        found.insert(component, fields);
    }
    Ok(found)
}

fn gather(package: &GoPackage, name: &str, fields: &mut Vec<GoField>) {
    for field in package.get(name).into_iter().flatten() {
        match &field.name {
            None => gather(package, &field.sort, fields),
            Some(_) => fields.push(field.clone()),
        }
    }
}

/// By component: the fields that Go holds by value and leaves out of JSON when empty, so that empty and absent are one.
fn omitted<'a>(structs: &Structs<'a>) -> BTreeMap<&'a String, Vec<String>> {
    let by_value = |field: &&GoField| field.omitted && !field.sort.starts_with('*');
    let names = |fields: &Vec<GoField>| {
        fields.iter().filter(by_value).filter_map(|field| field.name.clone()).collect()
    };
    let rows = structs.iter().map(|(component, fields)| (*component, names(fields)));
    rows.filter(|(_, fields): &(_, Vec<String>)| !fields.is_empty()).collect()
}

/// By component: the fields that an empty object of it has in JSON, with what stands there.
fn always<'a>(
    structs: &Structs<'a>,
    schemas: &BTreeMap<String, Value>,
) -> BTreeMap<&'a String, Map<String, Value>> {
    let mut found = BTreeMap::new();
    for (component, fields) in structs {
        let declared = &schemas[*component]["properties"];
        let present = fields.iter().filter_map(|field| {
            let name = field.name.clone()?;
            let value = when_empty(field, declared.get(&name)?, schemas)?;
            Some((name, value))
        });
        let present: Map<_, _> = present.collect();
        if !present.is_empty() {
            found.insert(*component, present);
        }
    }
    found
}

/// What stands in JSON for a field that nobody set; none where it is left out.
fn when_empty(field: &GoField, schema: &Value, schemas: &BTreeMap<String, Value>) -> Option<Value> {
    if ["*", "[]", "map["].iter().any(|start| field.sort.starts_with(start)) {
        return (!field.omitted && !field.omitted_zero).then_some(Value::Null);
    }
    let reference = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    if let Some(reference) = reference {
        // Go leaves out a struct by `omitzero` alone.
        let component = reference.rsplit('/').next()?;
        let value = match component.rsplit('.').next()? {
            "Quantity" => json!("0"),
            "IntOrString" => json!(0),
            _ if schemas.get(component)?["properties"].is_object() => json!({}),
            _ => Value::Null,
        };
        return (!field.omitted_zero).then_some(value);
    }
    let value = match schema["type"].as_str() {
        Some("string") => json!(""),
        Some("integer" | "number") => json!(0),
        Some("boolean") => json!(false),
        _ => Value::Null,
    };
    (!field.omitted && !field.omitted_zero).then_some(value)
}

/// The folder of a component's Go package, and the name of the struct.
fn go_folder(component: &str) -> Outcome<Option<(PathBuf, &str)>> {
    let Some((package, name)) = component.strip_prefix("io.k8s.").and_then(|rest| rest.rsplit_once('.'))
    else {
        return Ok(None);
    };
    let Some((module, path)) = package.split_once('.') else { return Ok(None) };
    let output = Command::new("go")
        .args(["list", "-m", "-f", "{{.Dir}}", &format!("k8s.io/{module}")])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/testbed/kubernetes"))
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let folder = Path::new(String::from_utf8(output.stdout)?.trim()).join(path.replace('.', "/"));
    Ok(folder.is_dir().then_some((folder, name)))
}

/// Reads the structs of a package, line by line: Kubernetes' types are formatted by gofmt.
fn go_package(folder: &Path) -> Outcome<GoPackage> {
    let mut package = GoPackage::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "go") {
            continue;
        }
        let mut current: Option<String> = None;
        for line in std::fs::read_to_string(&path)?.lines() {
            if let Some(name) = line.strip_prefix("type ").and_then(|rest| rest.strip_suffix(" struct {")) {
                current = Some(name.to_owned());
            } else if line == "}" {
                current = None;
            } else if let Some(name) = &current {
                package.entry(name.clone()).or_default().extend(go_field(line));
            }
        }
    }
    Ok(package)
}

fn go_field(line: &str) -> Option<GoField> {
    let line = line.trim();
    let (declaration, tags) = line.split_once('`')?;
    let tag = tags.split("json:\"").nth(1)?.split('"').next()?;
    let (name, options) = tag.split_once(',').unwrap_or((tag, ""));
    let mut words = declaration.split_whitespace();
    let first = words.next()?;
    let sort = words.collect::<Vec<_>>().join(" ");
    let name = (!name.is_empty()).then(|| name.to_owned());
    let sort = if sort.is_empty() { first.rsplit('.').next()?.to_owned() } else { sort };
    let has = |wanted: &str| options.split(',').any(|option| option == wanted);
    Some(GoField { name, sort, omitted: has("omitempty"), omitted_zero: has("omitzero") })
}
