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
    let omitted = omitted(schemas.keys())?;
    let fields: usize = omitted.values().map(Vec::len).sum();
    let text = json!({"components": {"schemas": schemas}, "types": types, "omitted": omitted}).to_string();
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
struct GoField {
    /// Its name in JSON; none where the struct is embedded.
    name: Option<String>,
    /// Its Go type.
    sort: String,
    /// Whether an empty value is left out.
    omitted: bool,
}

/// The structs of a Go package by name.
type GoPackage = BTreeMap<String, Vec<GoField>>;

/// By component: the fields that Go holds by value and leaves out of JSON when empty, so that empty and absent are one.
fn omitted<'a>(components: impl Iterator<Item = &'a String>) -> Outcome<BTreeMap<&'a String, Vec<String>>> {
    let mut packages = BTreeMap::new();
    let mut found = BTreeMap::new();
    for component in components {
        let Some((folder, name)) = go_folder(component)? else { continue };
        if !packages.contains_key(&folder) {
            packages.insert(folder.clone(), go_package(&folder)?);
        }
        let package = &packages[&folder];
        let mut fields = Vec::new();
        gather(package, name, &mut fields);
        if !fields.is_empty() {
            found.insert(component, fields);
        }
    }
    Ok(found)
}

fn gather(package: &GoPackage, name: &str, fields: &mut Vec<String>) {
    for field in package.get(name).into_iter().flatten() {
        match &field.name {
            None => gather(package, &field.sort, fields),
            Some(name) if field.omitted && !field.sort.starts_with('*') => fields.push(name.clone()),
            Some(_) => {}
        }
    }
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
    Some(GoField { name, sort, omitted: options.split(',').any(|option| option == "omitempty") })
}
