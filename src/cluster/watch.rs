//! Following one object until the watcher is dropped.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::{sync::mpsc, task::JoinHandle, time::sleep};

use super::{
    Cluster, parse,
    request::{Call, CallError},
    status, url,
};
use crate::model::{Gvk, LiveObject, ObjectId, ResourceType};

/// Shorter than the read timeout, so that a quiet watch is not taken for a dead server.
const WATCH_SECONDS: &str = "25";
/// Between looks where watching is not allowed or broke.
const PAUSE: Duration = Duration::from_secs(2);

/// What a watcher saw.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// The object as it is now.
    Object(Arc<LiveObject>),
    /// It is not there.
    Gone,
    /// It could not be read; the watcher goes on trying.
    Unreadable(String),
}

/// Follows one object; ends when dropped.
#[derive(Debug)]
pub struct Watch {
    seen: mpsc::UnboundedReceiver<Seen>,
    task: JoinHandle<()>,
}

impl Watch {
    /// The next state; the first comes at once. Safe to cancel.
    pub async fn next(&mut self) -> Option<Seen> {
        self.seen.recv().await
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Cluster {
    /// Follows one object from now on: by watch, or by looking every two seconds where watching is not allowed.
    pub fn watch_object(&self, api_version: &str, id: &ObjectId) -> Watch {
        let (sender, seen) = mpsc::unbounded_channel();
        let follow =
            Follow { cluster: self.clone(), gvk: Gvk::new(api_version, &id.kind), id: id.clone(), sender };
        Watch { seen, task: tokio::spawn(follow.run()) }
    }
}

/// The task behind a [`Watch`].
struct Follow {
    cluster: Cluster,
    gvk: Gvk,
    id: ObjectId,
    sender: mpsc::UnboundedSender<Seen>,
}

/// How a watch ended.
enum End {
    /// Time is up or the connection broke: it goes on from a version.
    From(String),
    /// It must look again from the start.
    Anew,
    /// Watching is not possible.
    Poll,
}

#[derive(Deserialize)]
struct WireEvent<'a> {
    #[serde(rename = "type")]
    sort: String,
    #[serde(borrow)]
    object: &'a RawValue,
}

impl Follow {
    async fn run(self) {
        let mut may_watch = true;
        while !self.sender.is_closed() {
            let kind = match self.cluster.resource(&self.gvk).await {
                Ok(kind) => kind,
                Err(error) => {
                    let seen =
                        if error.is_absent() { Seen::Gone } else { Seen::Unreadable(error.to_string()) };
                    self.tell(seen);
                    sleep(PAUSE).await;
                    continue;
                }
            };
            let found = if may_watch { self.look(&kind).await } else { self.poll(&kind).await };
            match found {
                Ok(mut from) if may_watch => loop {
                    match self.follow(&kind, &from).await {
                        End::From(version) => from = version,
                        End::Anew => break sleep(Duration::from_millis(500)).await,
                        End::Poll => break may_watch = false,
                    }
                },
                Ok(_) => sleep(PAUSE).await,
                Err(error) if error.is_forbidden() && may_watch => may_watch = false,
                Err(error) => {
                    self.tell(Seen::Unreadable(self.cluster.clean(&error.to_string())));
                    sleep(PAUSE).await;
                }
            }
        }
    }

    fn tell(&self, seen: Seen) {
        self.sender.send(seen).ok();
    }

    fn path(&self, kind: &ResourceType, query: &[(&str, &str)]) -> String {
        let selector = format!("metadata.name={}", self.id.name);
        let mut all = vec![("fieldSelector", selector.as_str())];
        all.extend_from_slice(query);
        url::with_query(&url::collection(kind, self.id.namespace.as_deref()), &all)
    }

    /// Looks by LIST, which also says from which version to watch.
    async fn look(&self, kind: &ResourceType) -> Result<String, CallError> {
        let reply = self.cluster.call(&Call::get(self.path(kind, &[]))).await?;
        let (meta, objects) = parse::list(&reply.body, &kind.gvk)?;
        let found = objects.into_iter().next();
        self.tell(found.map_or(Seen::Gone, |object| Seen::Object(Arc::new(object))));
        Ok(meta.resource_version)
    }

    /// Looks by GET, for those who may not list.
    async fn poll(&self, kind: &ResourceType) -> Result<String, CallError> {
        let found = self.cluster.get_typed(kind, self.id.namespace.as_deref(), &self.id.name).await?;
        self.tell(found.map_or(Seen::Gone, Seen::Object));
        Ok(String::new())
    }

    async fn follow(&self, kind: &ResourceType, from: &str) -> End {
        let query = [
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", from),
            ("timeoutSeconds", WATCH_SECONDS),
        ];
        let mut body = match self.cluster.stream(&Call::get(self.path(kind, &query))).await {
            Ok(response) => response.into_body(),
            Err(error) if error.is_forbidden() || error.code() == Some(405) => return End::Poll,
            Err(_) => return End::Anew,
        };
        let mut version = from.to_owned();
        let mut lines = Lines::default();
        while let Some(Ok(frame)) = body.frame().await {
            let Ok(data) = frame.into_data() else { continue };
            lines.push(&data);
            while let Some(line) = lines.next() {
                match self.event(kind, &line) {
                    Some(newer) => version = newer,
                    None => return End::Anew,
                }
            }
        }
        End::From(version)
    }

    /// Tells one event; none where the watch must begin anew.
    fn event(&self, kind: &ResourceType, line: &[u8]) -> Option<String> {
        let event: WireEvent<'_> = serde_json::from_slice(line).ok()?;
        let json = event.object.get().as_bytes();
        if event.sort == "ERROR" {
            tracing::debug!("watch of {}: {}", kind.gvk, status::words(&status::refusal(410, json)));
            return None;
        }
        let object = parse::object(json).ok()?;
        let version = object.resource_version.clone();
        match event.sort.as_str() {
            "DELETED" => self.tell(Seen::Gone),
            "BOOKMARK" => {}
            _ => self.tell(Seen::Object(Arc::new(object))),
        }
        Some(version)
    }
}

/// Cuts a stream of bytes into lines.
#[derive(Default)]
pub(super) struct Lines {
    rest: BytesMut,
    searched: usize,
}

impl Lines {
    /// Adds bytes.
    pub(super) fn push(&mut self, data: &[u8]) {
        self.rest.extend_from_slice(data);
    }

    /// Takes the next whole line.
    pub(super) fn next(&mut self) -> Option<Bytes> {
        let unread = self.rest.get(self.searched..).unwrap_or_default();
        let Some(at) = unread.iter().position(|byte| *byte == b'\n') else {
            self.searched = self.rest.len();
            return None;
        };
        let line = self.rest.split_to(self.searched + at + 1);
        self.searched = 0;
        Some(line.freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_lines_wherever_the_bytes_were_cut() {
        let mut lines = Lines::default();
        lines.push(b"{\"a\":");
        assert!(lines.next().is_none());
        lines.push(b"1}\n{\"b\":2}\n{");
        assert_eq!(lines.next().as_deref(), Some(&b"{\"a\":1}\n"[..]));
        assert_eq!(lines.next().as_deref(), Some(&b"{\"b\":2}\n"[..]));
        assert!(lines.next().is_none());
    }
}
