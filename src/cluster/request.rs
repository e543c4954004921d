//! One request with its answer, tried again a counted number of times.

use std::{error::Error as StdError, io, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use kube::client::Body as Wire;
use tokio::time::{Instant, sleep};

use super::{
    Cluster, Patience,
    reach::{CONNECT_TIMEOUT, LineError, READ_TIMEOUT},
    status,
};
use crate::model::{Event, Refusal};

/// Server-side apply, sent as JSON (which is YAML).
pub(super) const APPLY: &str = "application/apply-patch+yaml";
/// RFC 6902 patches.
pub(super) const JSON_PATCH: &str = "application/json-patch+json";
const JSON: &str = "application/json";
/// Asks for metadata only.
pub(super) const METADATA: &str =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
/// Asks for lists of metadata only.
pub(super) const METADATA_LIST: &str =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/// Waits between tries, in milliseconds: about a quarter of a minute in all.
const PAUSES: [u64; 7] = [200, 400, 800, 1_600, 3_000, 4_000, 5_000];
/// A server that gives no answer at all is not asked again after this time: every try may take half a minute.
const LONGEST_SILENCE: Duration = Duration::from_secs(45);
/// Longest `Retry-After` that is obeyed.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A request that can be sent more than once.
#[derive(Debug, Clone)]
pub(super) struct Call {
    method: Method,
    path: String,
    body: Bytes,
    content_type: &'static str,
    accept: &'static str,
    again: Again,
}

/// When a request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    /// Also after a connection broke: it changes nothing, or the same a second time.
    Always,
    /// Only where the server cannot have carried it out.
    Unsent,
    /// Not at all.
    Never,
}

impl Call {
    /// A read.
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            body: Bytes::new(),
            content_type: JSON,
            accept: JSON,
            again: Again::Always,
        }
    }

    /// A request with a body; sent again only where the server cannot have carried it out.
    pub(super) fn send(
        method: Method,
        path: impl Into<String>,
        content_type: &'static str,
        body: String,
    ) -> Self {
        Self { method, body: Bytes::from(body), content_type, again: Again::Unsent, ..Self::get(path) }
    }

    /// A POST of JSON that changes nothing (reviews).
    pub(super) fn ask(path: impl Into<String>, body: String) -> Self {
        Self { again: Again::Always, ..Self::send(Method::POST, path, JSON, body) }
    }

    /// A POST of JSON that makes an object.
    pub(super) fn post(path: impl Into<String>, body: String) -> Self {
        Self::send(Method::POST, path, JSON, body)
    }

    /// A PUT of JSON, which carries a resourceVersion.
    pub(super) fn put(path: impl Into<String>, body: String) -> Self {
        Self::send(Method::PUT, path, JSON, body)
    }

    /// A DELETE with its options.
    pub(super) fn delete(path: impl Into<String>, options: String) -> Self {
        Self::send(Method::DELETE, path, JSON, options)
    }

    /// Asks for another form of the answer.
    pub(super) fn accepting(mut self, accept: &'static str) -> Self {
        self.accept = accept;
        self
    }

    /// May be sent again although it may have been carried out.
    pub(super) fn repeatable(mut self) -> Self {
        self.again = Again::Always;
        self
    }

    /// Is sent once.
    pub(super) fn once(mut self) -> Self {
        self.again = Again::Never;
        self
    }

    fn request(&self) -> Result<Request<Wire>, http::Error> {
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(&self.path)
            .header(header::ACCEPT, self.accept);
        if !self.body.is_empty() {
            request = request.header(header::CONTENT_TYPE, self.content_type);
        }
        request.body(Wire::from(self.body.clone()))
    }

    /// The request as people are told of it.
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path.split('?').next().unwrap_or_default())
    }
}

/// A good answer.
#[derive(Debug)]
pub(super) struct Reply {
    /// Its status, 2xx.
    pub(super) status: StatusCode,
    /// `Date` of the server's clock.
    pub(super) date: Option<String>,
    /// The body.
    pub(super) body: Bytes,
}

/// Why a request got no good answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    /// The server refused.
    #[error("{}", status::words(.refusal))]
    Refused {
        /// What it said.
        refusal: Refusal,
        /// Whether an earlier try of the same request may have been carried out.
        repeated: bool,
    },
    /// It was not sent.
    #[error("cannot reach the API server: {0}")]
    NotSent(String),
    /// It was sent, and no answer came.
    #[error("no answer came: {0}")]
    Broken(String),
    /// The answer cannot be read.
    #[error("unreadable answer of the API server: {0}")]
    Unreadable(String),
}

impl CallError {
    /// The HTTP status of a refusal.
    pub fn code(&self) -> Option<u16> {
        self.refusal().map(|refusal| refusal.code)
    }

    /// The refusal, where it is one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            Self::NotSent(_) | Self::Broken(_) | Self::Unreadable(_) => None,
        }
    }

    /// Whether the server said that there is no such thing.
    pub fn is_absent(&self) -> bool {
        self.code() == Some(404)
    }

    /// Whether the server said that we may not.
    pub fn is_forbidden(&self) -> bool {
        matches!(self.code(), Some(401 | 403))
    }
}

impl From<serde_json::Error> for CallError {
    fn from(error: serde_json::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// What one try came to.
enum Try {
    Good(Reply),
    /// Tried again after a pause that the server may have named.
    Busy {
        error: CallError,
        pause: Option<Duration>,
        done: bool,
    },
    Final(CallError),
}

impl Cluster {
    /// Sends a request until it is answered, at most a counted number of times.
    pub(super) async fn call(&self, call: &Call) -> Result<Reply, CallError> {
        let tries = match self.link.patience {
            Patience::Much => PAUSES.len(),
            Patience::Little => 1,
        };
        let mut pauses = PAUSES.iter().take(tries);
        let mut unsure = false;
        let mut renewed = false;
        let began = Instant::now();
        loop {
            let worn = self.link.line.count();
            let (error, pause) = match self.attempt(call).await {
                Try::Good(reply) => return Ok(reply),
                // Nobody was let in, so nothing was carried out: a token that ended is worth another try.
                Try::Final(error)
                    if error.code() == Some(401) && !renewed && self.link.line.refused(worn).await =>
                {
                    renewed = true;
                    continue;
                }
                Try::Final(error) => return Err(if unsure { doubted(error) } else { error }),
                Try::Busy { error, pause, done } => {
                    let again = match call.again {
                        Again::Always => true,
                        Again::Unsent => !done,
                        Again::Never => false,
                    };
                    let silent = error.code().is_none() && began.elapsed() > LONGEST_SILENCE;
                    let (true, Some(usual)) = (again && !silent, pauses.next()) else {
                        return Err(if unsure { doubted(error) } else { error });
                    };
                    unsure |= done;
                    let usual = Duration::from_millis(*usual);
                    (error, pause.map_or(usual, |asked| asked.max(usual).min(LONGEST_PAUSE)))
                }
            };
            let error = self.clean(&error.to_string());
            self.tell(Event::Retrying {
                message: format!("{}: {error}; next try in {:.1} s", call.name(), pause.as_secs_f32()),
            });
            sleep(pause).await;
        }
    }

    async fn attempt(&self, call: &Call) -> Try {
        let request = match call.request() {
            Ok(request) => request,
            Err(error) => return Try::Final(CallError::NotSent(error.to_string())),
        };
        let permit = self.link.limit.enter().await;
        let began = Instant::now();
        let response = match self.link.line.send(request).await {
            Ok(response) => response,
            Err(error) => {
                self.link.limit.answered(permit, Duration::ZERO);
                return unanswered(error);
            }
        };
        let (parts, body) = response.into_parts();
        self.tell_warnings(&parts.headers);
        let body = match body.collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => {
                self.link.limit.answered(permit, Duration::ZERO);
                return Try::Busy { error: CallError::Broken(chain(&error)), pause: None, done: true };
            }
        };
        if parts.status == StatusCode::TOO_MANY_REQUESTS {
            self.link.limit.overloaded(permit);
        } else {
            self.link.limit.answered(permit, began.elapsed());
        }
        judge(parts.status, &parts.headers, body)
    }

    /// Opens a stream of lines (watches, logs): not counted among the requests that run at once.
    pub(super) async fn stream(&self, call: &Call) -> Result<Response<Wire>, CallError> {
        let mut request = call.request().map_err(|error| CallError::NotSent(error.to_string()))?;
        request.headers_mut().insert(header::ACCEPT_ENCODING, header::HeaderValue::from_static("identity"));
        let worn = self.link.line.count();
        let response = match self.link.line.send(request).await {
            Ok(response) => response,
            Err(error) => match unanswered(error) {
                Try::Busy { error, .. } | Try::Final(error) => return Err(error),
                Try::Good(reply) => {
                    return Err(CallError::Unreadable(format!("status {} without a stream", reply.status)));
                }
            },
        };
        if response.status().is_success() {
            return Ok(response);
        }
        let code = response.status().as_u16();
        if code == 401 {
            self.link.line.refused(worn).await;
        }
        let body =
            response.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Err(CallError::Refused { refusal: status::refusal(code, &body), repeated: false })
    }

    fn tell_warnings(&self, headers: &HeaderMap) {
        for value in headers.get_all(header::WARNING) {
            if let Some(text) = value.to_str().ok().and_then(warning) {
                self.tell(Event::Warned { message: self.clean(&text) });
            }
        }
    }
}

/// The error after an earlier try that may have been carried out.
fn doubted(error: CallError) -> CallError {
    match error {
        CallError::Refused { refusal, .. } => CallError::Refused { refusal, repeated: true },
        CallError::NotSent(text) => CallError::Broken(text),
        CallError::Broken(_) | CallError::Unreadable(_) => error,
    }
}

fn judge(code: StatusCode, headers: &HeaderMap, body: Bytes) -> Try {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if code.is_success() {
        return Try::Good(Reply { status: code, date: header(header::DATE).map(str::to_owned), body });
    }
    let error = CallError::Refused { refusal: status::refusal(code.as_u16(), &body), repeated: false };
    let pause = header(header::RETRY_AFTER).and_then(|text| text.parse().ok()).map(Duration::from_secs);
    match code.as_u16() {
        // An API server that starts or stops says 503 before it does anything; a proxy's 502 and any 504 may
        // come after the work was done.
        429 | 503 => Try::Busy { error, pause, done: false },
        502 | 504 => Try::Busy { error, pause, done: true },
        500 if shaky(&error) => Try::Busy { error, pause, done: true },
        _ => Try::Final(error),
    }
}

/// Faults of the store behind the server, which pass.
fn shaky(error: &CallError) -> bool {
    let text = error.to_string();
    ["etcdserver: leader changed", "etcdserver: request timed out", "rpc error: code = Unavailable"]
        .iter()
        .any(|sign| text.contains(sign))
}

/// Sorts an error of the transport: could the server have carried the request out?
fn unanswered(error: LineError) -> Try {
    let error = match error {
        LineError::Credentials(text) => return Try::Final(CallError::NotSent(text)),
        LineError::Transport(error) => error,
    };
    let mut text = chain(&error);
    let mut unsent = false;
    let mut in_time = true;
    let mut link: Option<&(dyn StdError + 'static)> = Some(&error);
    while let Some(error) = link {
        unsent |= error
            .downcast_ref::<hyper_util::client::legacy::Error>()
            .is_some_and(hyper_util::client::legacy::Error::is_connect);
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        unsent |= kind == Some(io::ErrorKind::ConnectionRefused);
        in_time &= kind != Some(io::ErrorKind::TimedOut);
        link = error.source();
    }
    if text.contains("certificate") {
        return Try::Final(CallError::NotSent(text));
    }
    if !in_time {
        text = if unsent {
            format!("no connection within {} s", CONNECT_TIMEOUT.as_secs())
        } else {
            format!("silence for {} s", READ_TIMEOUT.as_secs())
        };
    }
    let error = if unsent { CallError::NotSent(text) } else { CallError::Broken(text) };
    Try::Busy { error, pause: None, done: !unsent }
}

/// An error and its sources, each said once.
pub(super) fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let words = error.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        source = error.source();
    }
    text.trim_start_matches("ServiceError: ").trim_start_matches("client error (Connect): ").to_owned()
}

/// The text of `299 - "unknown field \"spec.x\""`.
fn warning(header: &str) -> Option<String> {
    let (_, rest) = header.split_once('"')?;
    let mut text = String::new();
    let mut escaped = false;
    for letter in rest.chars() {
        match letter {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return Some(text),
            other => {
                escaped = false;
                text.push(other);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_text_of_a_warning() {
        assert_eq!(
            warning(r#"299 - "unknown field \"spec.x\"""#).as_deref(),
            Some("unknown field \"spec.x\"")
        );
        assert_eq!(warning("299 -"), None);
    }

    #[test]
    fn retries_only_what_may_pass() {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static("3"));
        let Try::Busy { pause, done, .. } = judge(StatusCode::TOO_MANY_REQUESTS, &headers, Bytes::new())
        else {
            panic!("429 is tried again");
        };
        assert_eq!((pause, done), (Some(Duration::from_secs(3)), false));
        let user_error = Bytes::from_static(br#"{"kind":"Status","message":"unknown field \"spec.x\""}"#);
        assert!(matches!(judge(StatusCode::INTERNAL_SERVER_ERROR, &headers, user_error), Try::Final(_)));
        assert!(matches!(judge(StatusCode::FORBIDDEN, &headers, Bytes::new()), Try::Final(_)));
    }
}
