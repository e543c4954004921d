//! Bearer tokens and certificates that change while we run: token files and exec plugins.

use std::{fmt, path::PathBuf, time::Duration};

use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::{sync::Mutex, time::Instant};

use super::plugin::Plugin;

/// A token file is read again after this time. The kubelet writes a new token long before the old one ends.
const REREAD: Duration = Duration::from_secs(10);
/// A refused credential is not fetched again and again.
const BETWEEN_REFUSALS: Duration = Duration::from_secs(5);
/// This long before its end a credential is fetched anew, or at the last tenth of a shorter life.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// What a plugin gave.
#[derive(Debug, Clone)]
pub(super) struct Credential {
    pub(super) token: Option<SecretString>,
    pub(super) certificate: Option<KeyPair>,
    pub(super) expires: Option<Timestamp>,
}

/// A client certificate with its key, both PEM.
#[derive(Clone)]
pub(super) struct KeyPair {
    pub(super) certificate: String,
    pub(super) key: SecretString,
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyPair(…)")
    }
}

/// Where a credential comes from.
#[derive(Debug)]
pub(super) enum Source {
    /// A file with a bearer token.
    File(PathBuf),
    /// A program.
    Plugin(Box<Plugin>),
}

/// A credential that is fetched anew when it gets old.
#[derive(Debug)]
pub(super) struct Credentials {
    source: Source,
    state: Mutex<Option<State>>,
    /// When it was last fetched because the server refused it.
    refused: Mutex<Option<Instant>>,
}

#[derive(Debug)]
struct State {
    header: Option<HeaderValue>,
    certificate: Option<KeyPair>,
    /// Counts credentials that differed from the one before.
    count: u64,
    fetched: Instant,
    stale: Stale,
}

/// When a credential is old.
#[derive(Debug)]
enum Stale {
    Never,
    At(Timestamp),
    After(Duration),
}

/// What a request carries.
#[derive(Debug, Clone)]
pub(super) struct Worn {
    pub(super) header: Option<HeaderValue>,
    pub(super) certificate: Option<KeyPair>,
    pub(super) count: u64,
}

impl Credentials {
    /// Fetched at first use.
    pub(super) fn new(source: Source) -> Self {
        Self { source, state: Mutex::default(), refused: Mutex::default() }
    }

    /// With a credential that was just fetched.
    pub(super) fn with(first: Credential, source: Source) -> Result<Self, String> {
        let state = State::of(first, None)?;
        Ok(Self { source, state: Mutex::new(Some(state)), refused: Mutex::default() })
    }

    /// The credential of the next request.
    pub(super) async fn current(&self) -> Result<Worn, String> {
        let mut state = self.state.lock().await;
        if state.as_ref().is_none_or(State::is_stale) {
            self.fetch(&mut state).await?;
        }
        state.as_ref().map(State::worn).ok_or_else(|| "no credential was fetched".to_owned())
    }

    /// The server refused the credential with this count: fetches anew; false where no other came.
    pub(super) async fn refused(&self, count: u64) -> bool {
        let mut state = self.state.lock().await;
        let newer = |state: &Option<State>| state.as_ref().is_some_and(|state| state.count > count);
        let mut refused = self.refused.lock().await;
        let just = refused.is_some_and(|time| time.elapsed() < BETWEEN_REFUSALS);
        if !newer(&state) && !just {
            *refused = Some(Instant::now());
            self.fetch(&mut state).await.ok();
        }
        newer(&state)
    }

    async fn fetch(&self, state: &mut Option<State>) -> Result<(), String> {
        let credential = match &self.source {
            Source::Plugin(plugin) => plugin.run().await.map_err(|error| error.to_string())?,
            Source::File(path) => match (tokio::fs::read_to_string(path).await, state.as_mut()) {
                (Ok(text), _) => {
                    let token = Some(SecretString::from(text.trim().to_owned()));
                    Credential { token, certificate: None, expires: None }
                }
                // The file may be gone for a moment while it is replaced: the token in use may still be good.
                (Err(_), Some(state)) => {
                    state.fetched = Instant::now();
                    return Ok(());
                }
                (Err(error), None) => return Err(format!("token file {}: {error}", path.display())),
            },
        };
        let mut next = State::of(credential, state.as_ref())?;
        if matches!(self.source, Source::File(_)) {
            next.stale = Stale::After(REREAD);
        }
        *state = Some(next);
        Ok(())
    }
}

impl State {
    fn of(credential: Credential, before: Option<&Self>) -> Result<Self, String> {
        let header = credential.token.as_ref().map(bearer).transpose()?;
        let pem = |pair: &Option<KeyPair>| pair.as_ref().map(|pair| pair.certificate.clone());
        let same = |old: &Self| old.header == header && pem(&old.certificate) == pem(&credential.certificate);
        let count = before.map_or(0, |old| old.count + u64::from(!same(old)));
        let stale = credential.expires.map_or(Stale::Never, renewal);
        Ok(Self { header, certificate: credential.certificate, count, fetched: Instant::now(), stale })
    }

    fn is_stale(&self) -> bool {
        match &self.stale {
            Stale::Never => false,
            Stale::At(time) => Timestamp::now() >= *time,
            Stale::After(age) => self.fetched.elapsed() >= *age,
        }
    }

    fn worn(&self) -> Worn {
        Worn { header: self.header.clone(), certificate: self.certificate.clone(), count: self.count }
    }
}

/// When a credential that ends at `expires` is fetched anew: a minute before, or a tenth of what is left to it.
fn renewal(expires: Timestamp) -> Stale {
    let left = expires.duration_since(Timestamp::now());
    let leeway = LEEWAY.min(left / 10).max(SignedDuration::ZERO);
    Stale::At(expires.checked_sub(leeway).unwrap_or(expires))
}

fn bearer(token: &SecretString) -> Result<HeaderValue, String> {
    let mut header = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
        .map_err(|_| "the token holds characters that no header may hold".to_owned())?;
    header.set_sensitive(true);
    Ok(header)
}
