//! The sandbox as a service that takes HTTP requests: the front of everything here.

use std::{
    convert::Infallible,
    io,
    path::Path,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Frame;
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout_at},
};

use super::{
    api::{Answer, Denial, Engine, Heard, WatchPlan, answer},
    faults::{Fault, Faults, Trouble},
    store::{Durable, Store, StoreError},
    work,
};
use crate::sys;

/// The body of an answer; its error ends the connection.
pub type Body = UnsyncBoxBody<Bytes, io::Error>;

/// After this much silence a watch that wants bookmarks gets one.
const BOOKMARK: std::time::Duration = std::time::Duration::from_secs(30);

/// Why a sandbox cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct SandboxError(StoreError);

impl SandboxError {
    /// The process that holds the state, where that is why.
    pub fn held(&self) -> bool {
        matches!(self.0, StoreError::Held(_))
    }
}

/// An embedded API server; cloning it gives another handle to the same one.
#[derive(Clone)]
pub struct Sandbox(pub(super) Arc<Shared>);

/// What all handles share.
pub(super) struct Shared {
    engine: Mutex<Engine>,
    faults: Mutex<Faults>,
    /// The newest version, for those who wait for changes.
    news: watch::Sender<u64>,
    kubernetes: String,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sandbox({})", self.0.kubernetes)
    }
}

impl Sandbox {
    /// A sandbox that ends with the process. `kubernetes` is the minor version it plays, as in `1.36`.
    pub fn ephemeral(kubernetes: &str) -> Self {
        Self::over(Store::ephemeral(), kubernetes)
    }

    /// The sandbox whose state stands in a folder, which is made where it is missing.
    pub fn open(folder: &Path, kubernetes: &str) -> Result<Self, SandboxError> {
        Ok(Self::over(Store::open(folder).map_err(SandboxError)?, kubernetes))
    }

    fn over(store: Store, kubernetes: &str) -> Self {
        let kubernetes = format!("v{}.0", kubernetes.trim_start_matches('v'));
        let mut engine = Engine::over(store);
        work::furnish(&mut engine, &sys::now());
        let (news, _) = watch::channel(engine.store.version());
        let (engine, faults) = (Mutex::new(engine), Mutex::default());
        Self(Arc::new(Shared { engine, faults, news, kubernetes }))
    }

    /// The same, with the cluster's controllers at work for as long as any handle is there.
    #[must_use]
    pub fn alive(self) -> Self {
        tokio::spawn(work::work(Arc::downgrade(&self.0)));
        self
    }

    /// Plans a fault.
    pub fn plan_fault(&self, fault: Fault) {
        self.0.faults().plan(fault);
    }

    /// Forgets all planned faults.
    pub fn clear_faults(&self) {
        self.0.faults().clear();
    }

    /// Answers one request.
    pub async fn answer(&self, request: Request<Bytes>) -> Response<Body> {
        let trouble = self.0.faults().met(request.method().as_str(), request.uri().path());
        match trouble {
            Some(Trouble::Slow(time)) => sleep(time).await,
            Some(Trouble::Busy(seconds)) => return busy(seconds),
            Some(Trouble::Broken(words)) => return refused(&Denial::internal(words)),
            Some(Trouble::Conflict) => {
                let words = "Operation cannot be fulfilled: the object has been modified; please apply your changes \
                             to the latest version and try again";
                return refused(&Denial::new(409, "Conflict", words));
            }
            Some(Trouble::Dropped) => {
                self.carry_out(request).await;
                return dropped();
            }
            Some(Trouble::NeverReady) | None => {}
        }
        match self.carry_out(request).await {
            Answer::Watch(plan) => self.stream(*plan),
            Answer::Text { code, content_type, text, warnings, retry_after } => {
                let mut response = told(code, content_type, text);
                for warning in warnings {
                    let words = format!("299 - \"{}\"", warning.replace('\\', "\\\\").replace('"', "\\\""));
                    if let Ok(value) = HeaderValue::from_str(&words) {
                        response.headers_mut().append(header::WARNING, value);
                    }
                }
                if let Some(seconds) = retry_after {
                    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
                }
                response
            }
        }
    }

    /// Carries a request out; what it wrote is on the disk before this returns.
    async fn carry_out(&self, request: Request<Bytes>) -> Answer {
        let heard = self.heard(request);
        let (answer, durable) = {
            let mut engine = self.0.engine();
            let before = engine.store.version();
            let answer = answer(&mut engine, &heard);
            let after = engine.store.version();
            let durable = if after == before { Durable::default() } else { engine.store.durable() };
            if after != before {
                self.0.news.send_replace(after);
            }
            (answer, durable)
        };
        match on_disk(durable).await {
            Ok(()) => answer,
            Err(error) => failed(&Denial::internal(error)),
        }
    }

    fn heard(&self, request: Request<Bytes>) -> Heard {
        let (parts, body) = request.into_parts();
        let text = |name: header::HeaderName| parts.headers.get(name)?.to_str().ok().map(str::to_owned);
        Heard {
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            accept: text(header::ACCEPT),
            content_type: text(header::CONTENT_TYPE),
            agent: text(header::USER_AGENT),
            method: parts.method,
            body,
            now: sys::now(),
            kubernetes: self.0.kubernetes.clone(),
        }
    }

    fn stream(&self, plan: WatchPlan) -> Response<Body> {
        let end = Instant::now() + plan.lasts;
        let state = (Arc::clone(&self.0), plan, self.0.news.subscribe(), end, false);
        let lines = stream::unfold(state, |(shared, mut plan, mut news, end, ended)| async move {
            if ended {
                return None;
            }
            loop {
                news.mark_unchanged();
                let said = {
                    let engine = shared.engine();
                    plan.next(&engine)
                };
                if said.ended || !said.lines.is_empty() {
                    return Some((said.lines, (shared, plan, news, end, said.ended)));
                }
                let quiet = (Instant::now() + BOOKMARK).min(end);
                match timeout_at(quiet, news.changed()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => return None,
                    Err(_) if Instant::now() >= end => return None,
                    Err(_) => {
                        let bookmark = plan.quiet();
                        if !bookmark.is_empty() {
                            return Some((bookmark, (shared, plan, news, end, false)));
                        }
                    }
                }
            }
        });
        let frames = lines.map(|lines| Ok(Frame::data(Bytes::from(lines))));
        let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

impl Shared {
    pub(super) fn engine(&self) -> MutexGuard<'_, Engine> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn news(&self) -> &watch::Sender<u64> {
        &self.news
    }
}

/// Waits for the disk on a thread that may wait.
pub(super) async fn on_disk(durable: Durable) -> io::Result<()> {
    if durable.is_done() {
        return Ok(());
    }
    tokio::task::spawn_blocking(move || durable.wait()).await.map_err(io::Error::other)?
}

fn failed(denial: &Denial) -> Answer {
    Answer::Text {
        code: StatusCode::INTERNAL_SERVER_ERROR,
        content_type: "application/json",
        text: denial.status().to_string(),
        warnings: Vec::new(),
        retry_after: None,
    }
}

fn told(code: StatusCode, content_type: &'static str, text: String) -> Response<Body> {
    let body = Full::new(Bytes::from(text)).map_err(|never: Infallible| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = code;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    let date = sys::timestamp().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::from_str(&date) {
        headers.insert(header::DATE, date);
    }
    response
}

fn refused(denial: &Denial) -> Response<Body> {
    let code = StatusCode::from_u16(denial.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    told(code, "application/json", denial.status().to_string())
}

fn busy(seconds: u64) -> Response<Body> {
    let denial = Denial::new(
        429,
        "TooManyRequests",
        "the server has received too many requests and has asked us to try again later",
    );
    let mut response = refused(&denial);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// An answer that breaks off before its first byte of body.
fn dropped() -> Response<Body> {
    let broken = stream::once(async { Err(io::Error::new(io::ErrorKind::ConnectionReset, "planned fault")) });
    Response::new(StreamBody::new(broken).boxed_unsync())
}

impl<B> tower::Service<Request<B>> for Sandbox
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    type Response = Response<Body>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let sandbox = self.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
            Ok(sandbox.answer(Request::from_parts(parts, body)).await)
        })
    }
}
