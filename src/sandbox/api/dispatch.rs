//! From a request to its answer.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    ask::Ask,
    denial::Denial,
    discovery,
    engine::Engine,
    form::{Form, Wanted, wanted},
    options::Options,
    read, reviews,
    route::{Route, Target},
    watch::WatchPlan,
};
use crate::sandbox::write;

/// A request as it was heard.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    /// Method.
    pub(crate) method: Method,
    /// Path.
    pub(crate) path: String,
    /// Query.
    pub(crate) query: String,
    /// `Accept`.
    pub(crate) accept: Option<String>,
    /// `Content-Type`.
    pub(crate) content_type: Option<String>,
    /// `User-Agent`.
    pub(crate) agent: Option<String>,
    /// Body.
    pub(crate) body: Bytes,
    /// The time of day, RFC 3339.
    pub(crate) now: String,
    /// `gitVersion` of the Kubernetes that is played.
    pub(crate) kubernetes: String,
}

/// What is answered.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A text.
    Text {
        /// HTTP status.
        code: StatusCode,
        /// `Content-Type`.
        content_type: &'static str,
        /// The text.
        text: String,
        /// `Warning` texts.
        warnings: Vec<String>,
        /// `Retry-After` in seconds.
        retry_after: Option<u64>,
    },
    /// A stream of events.
    Watch(Box<WatchPlan>),
}

const JSON: &str = "application/json";
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

impl Answer {
    fn of(code: StatusCode, text: String) -> Self {
        Self::Text { code, content_type: JSON, text, warnings: Vec::new(), retry_after: None }
    }

    fn plain(code: StatusCode, text: &str) -> Self {
        let text = text.to_owned();
        Self::Text {
            code,
            content_type: "text/plain; charset=utf-8",
            text,
            warnings: Vec::new(),
            retry_after: None,
        }
    }

    fn refused(denial: &Denial) -> Self {
        Self::Text {
            code: StatusCode::from_u16(denial.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            content_type: JSON,
            text: denial.status().to_string(),
            warnings: Vec::new(),
            retry_after: denial.retry_after(),
        }
    }

    fn warning(mut self, more: Vec<String>) -> Self {
        if let Self::Text { warnings, .. } = &mut self {
            warnings.extend(more);
        }
        self
    }
}

/// Answers a request.
pub(crate) fn answer(engine: &mut Engine, heard: &Heard) -> Answer {
    let wanted = match wanted(heard.accept.as_deref()) {
        Ok(wanted) => wanted,
        // Other forms than JSON and YAML exist for some documents; whoever asks only for those is told.
        Err(denial) => return Answer::refused(&denial),
    };
    let route = Route::of(&heard.path);
    let answer = if let Route::Objects(target) = route {
        objects(engine, heard, target, wanted)
    } else {
        Ok(document(engine, heard, &route, wanted))
    };
    let answer = answer.unwrap_or_else(|denial| Answer::refused(&denial));
    if wanted.yaml { as_yaml(answer) } else { answer }
}

fn document(engine: &mut Engine, heard: &Heard, route: &Route, wanted: Wanted) -> Answer {
    let whole = wanted.form == Form::Aggregated;
    let found = match route {
        Route::Health => return Answer::plain(StatusCode::OK, "ok"),
        Route::Version => Some(version(&heard.kubernetes)),
        Route::CoreVersions | Route::Groups if whole => {
            let text = discovery::aggregated(&engine.registry, route).to_string();
            let (code, content_type) = (StatusCode::OK, AGGREGATED);
            return Answer::Text { code, content_type, text, warnings: Vec::new(), retry_after: None };
        }
        Route::CoreVersions => Some(discovery::core_versions()),
        Route::Groups => Some(discovery::groups(&engine.registry)),
        Route::Group(name) => discovery::group(&engine.registry, name),
        Route::Resources { group, version } => discovery::resources(&engine.registry, group, version),
        Route::OpenApiIndex => Some(engine.documents.index(&engine.registry)),
        Route::OpenApi { group, version } => {
            return match engine.documents.of(&engine.registry, group, version) {
                Some((text, _)) => Answer::of(StatusCode::OK, text.as_ref().to_owned()),
                None => not_a_page(),
            };
        }
        Route::OpenApiV2 | Route::Objects(_) | Route::Unknown => None,
    };
    found.map_or_else(not_a_page, |found| Answer::of(StatusCode::OK, found.to_string()))
}

fn not_a_page() -> Answer {
    Answer::plain(StatusCode::NOT_FOUND, "404 page not found\n")
}

fn version(kubernetes: &str) -> Value {
    let mut numbers = kubernetes.trim_start_matches('v').split('.');
    let (major, minor) = (numbers.next().unwrap_or("1"), numbers.next().unwrap_or_default());
    json!({
        "major": major, "minor": minor, "gitVersion": kubernetes, "gitCommit": "", "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "", "platform": "obsctl/sandbox",
    })
}

fn objects(engine: &mut Engine, heard: &Heard, target: Target, wanted: Wanted) -> Result<Answer, Denial> {
    let found = engine.registry.find(&target.group, &target.version, &target.plural);
    let Some(resource) = found.map(Arc::clone) else {
        // A version that is not served at all is no API; an unknown resource of one that is, is told as a Status.
        let served = !engine.registry.version(&target.group, &target.version).is_empty();
        return if served { Err(Denial::no_resource()) } else { Ok(not_a_page()) };
    };
    let content_type = heard.content_type.as_deref().unwrap_or(JSON);
    let ask = Ask {
        resource,
        options: Options::of(&heard.query),
        wanted,
        body: heard.body.clone(),
        content_type: content_type.split(';').next().unwrap_or_default().trim().to_owned(),
        agent: heard.agent.clone().unwrap_or_default(),
        now: heard.now.clone(),
        target,
    };
    match (ask.target.name.is_some(), ask.target.sub.as_deref()) {
        (false, _) => collection(engine, &heard.method, &ask),
        (true, None) => object(engine, &heard.method, &ask),
        (true, Some(sub)) => part(engine, &heard.method, &ask, sub),
    }
}

fn collection(engine: &mut Engine, method: &Method, ask: &Ask) -> Result<Answer, Denial> {
    let resource = &ask.resource;
    match method.as_str() {
        "GET" if ask.options.is_set("watch") => watch(engine, ask),
        "GET" if resource.allows("list") => {
            read::collection(engine, ask).map(|text| Answer::of(StatusCode::OK, text))
        }
        "POST" if resource.allows("create") && !resource.allows("get") => review(ask),
        "POST" if resource.allows("create") && (ask.namespace().is_some() || !resource.namespaced) => {
            write::create(engine, ask).map(|written| shown(&written, ask))
        }
        "DELETE" if resource.allows("deletecollection") => {
            write::delete_all(engine, ask).map(|list| Answer::of(StatusCode::OK, list.to_string()))
        }
        _ => Err(Denial::method_not_allowed()),
    }
}

fn object(engine: &mut Engine, method: &Method, ask: &Ask) -> Result<Answer, Denial> {
    let resource = &ask.resource;
    match method.as_str() {
        "GET" if ask.options.is_set("watch") => watch(engine, ask),
        "GET" if resource.allows("get") => {
            read::object(engine, ask, ask.name()).map(|text| Answer::of(StatusCode::OK, text))
        }
        "PUT" if resource.allows("update") => write::replace(engine, ask).map(|written| shown(&written, ask)),
        "PATCH" if resource.allows("patch") => write::patch(engine, ask).map(|written| shown(&written, ask)),
        "DELETE" if resource.allows("delete") => {
            write::delete(engine, ask).map(|written| shown(&written, ask))
        }
        _ => Err(Denial::method_not_allowed()),
    }
}

fn part(engine: &mut Engine, method: &Method, ask: &Ask, sub: &str) -> Result<Answer, Denial> {
    let resource = &ask.resource;
    let known = match sub {
        "status" => resource.status,
        "scale" => resource.scale.is_some(),
        "finalize" => resource.collection == "namespaces",
        "log" | "eviction" => resource.collection == "pods",
        "token" => resource.collection == "serviceaccounts",
        _ => false,
    };
    if !known {
        let custom = resource.custom.is_some();
        return Err(if custom { Denial::not_found(resource, ask.name()) } else { Denial::no_resource() });
    }
    match (method.as_str(), sub) {
        ("GET", "log") => {
            read::object(engine, ask, ask.name())?;
            Ok(Answer::plain(StatusCode::OK, ""))
        }
        ("GET", "status") => {
            read::object(engine, ask, ask.name()).map(|text| Answer::of(StatusCode::OK, text))
        }
        ("GET", "scale") => {
            write::scale(engine, ask).map(|scale| Answer::of(StatusCode::OK, scale.to_string()))
        }
        ("PUT", "status" | "scale" | "finalize") => {
            write::replace(engine, ask).map(|written| shown(&written, ask))
        }
        ("PATCH", "status" | "scale") => write::patch(engine, ask).map(|written| shown(&written, ask)),
        ("POST", "eviction") => write::evict(engine, ask).map(|written| shown(&written, ask)),
        ("POST", "token") => {
            write::token(engine, ask).map(|token| Answer::of(StatusCode::CREATED, token.to_string()))
        }
        _ => Err(Denial::method_not_allowed()),
    }
}

fn watch(engine: &Engine, ask: &Ask) -> Result<Answer, Denial> {
    if !ask.resource.allows("watch") {
        return Err(Denial::method_not_allowed());
    }
    WatchPlan::of(engine, ask).map(|plan| Answer::Watch(Box::new(plan)))
}

fn review(ask: &Ask) -> Result<Answer, Denial> {
    let body = write::decoded(ask)?;
    reviews::check(&ask.resource.gvk.kind, &body)?;
    let answer = reviews::answered(&ask.resource.gvk.kind, &body).ok_or_else(Denial::method_not_allowed)?;
    Ok(Answer::of(StatusCode::CREATED, answer.to_string()))
}

fn shown(written: &write::Written, ask: &Ask) -> Answer {
    let code = if written.created { StatusCode::CREATED } else { StatusCode::OK };
    Answer::of(code, written.text(ask)).warning(written.warnings.clone())
}

fn as_yaml(answer: Answer) -> Answer {
    match answer {
        Answer::Text { code, content_type: JSON, text, warnings, retry_after } => {
            let tree: Value = serde_json::from_str(&text).unwrap_or_default();
            let text = serde_saphyr::to_string(&tree).unwrap_or(text);
            Answer::Text { code, content_type: "application/yaml", text, warnings, retry_after }
        }
        other @ (Answer::Text { .. } | Answer::Watch(_)) => other,
    }
}
