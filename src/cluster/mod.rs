//! The only room that speaks to a Kubernetes API server.
//!
//! [`Cluster`] is cheap to clone. Every request goes through one gate that bounds how many run at once, counts
//! what is tried again, and tells warnings and retries as [`Event`]s.

mod access;
mod account;
mod census;
mod connect;
mod discovery;
mod dry_run;
mod introduce;
mod kinds;
mod lease;
mod ledger;
mod limit;
mod observe;
mod openapi;
mod parse;
mod reach;
mod read;
mod request;
mod schemas;
mod status;
mod surroundings;
mod through;
mod url;
mod watch;
mod write;

use std::{
    fmt,
    sync::{Arc, RwLock},
};

use tokio::sync::mpsc::UnboundedSender;

pub use access::{Deed, rbac_denial, rbac_hint};
pub use account::ObjectEvent;
pub use connect::{Connect, ConnectError};
pub use lease::{Claimant, Held, Lock, LockError};
pub use ledger::{Begun, LedgerError, StateKey};
pub use observe::Sought;
pub use openapi::{DocumentCache, OpenApiDocument};
pub use reach::{PluginError, Pod};
pub use request::CallError;
pub use surroundings::requirement_key;
pub use watch::{Seen, Watch};
pub use write::{WriteError, Written};

use crate::model::{ClusterIdentity, Event, TypeMap};
use limit::Limiter;
use reach::Line;

/// Takes secret values out of a text that will be shown.
pub type Redact = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// A cluster that answered once.
#[derive(Clone)]
pub struct Cluster {
    link: Arc<Link>,
    events: Option<UnboundedSender<Event>>,
    redact: Option<Redact>,
}

/// What all clones share.
struct Link {
    line: Arc<Line>,
    limit: Limiter,
    identity: ClusterIdentity,
    /// What the server serves, as far as it was asked; filled by discovery and by single look-ups.
    types: RwLock<Arc<TypeMap>>,
    /// How long a server that does not answer is given.
    patience: Patience,
}

/// How often a request is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// On the first contact: once.
    Little,
    /// While we work: a server may be restarted meanwhile.
    Much,
}

impl Cluster {
    /// Which cluster this is, and who we are to it.
    pub fn identity(&self) -> &ClusterIdentity {
        &self.link.identity
    }

    /// The same cluster, telling retries and warnings on a channel.
    #[must_use]
    pub fn telling(mut self, events: UnboundedSender<Event>) -> Self {
        self.events = Some(events);
        self
    }

    /// The same cluster, taking secret values out of what the server says.
    #[must_use]
    pub fn redacting(mut self, redact: Redact) -> Self {
        self.redact = Some(redact);
        self
    }

    fn tell(&self, event: Event) {
        if let Some(events) = &self.events {
            // Nobody listens any more: then nobody misses it.
            events.send(event).ok();
        }
    }

    /// A text of the cluster with known secret values taken out.
    pub fn clean(&self, text: &str) -> String {
        self.redact.as_ref().map_or_else(|| text.to_owned(), |redact| redact(text))
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cluster({})", self.link.identity.server)
    }
}
