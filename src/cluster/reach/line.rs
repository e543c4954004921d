//! A line to an API server that wears the credentials of the hour.

use std::sync::{Arc, PoisonError, RwLock};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{Request, Response, header};
use kube::{
    Client, Config,
    client::{Body, ClientBuilder},
};
use secrecy::{ExposeSecret as _, SecretString};

use super::credentials::{Credentials, Worn};
use crate::cluster::request::chain;

/// Carries requests.
#[derive(Debug)]
pub(in crate::cluster) struct Line {
    client: RwLock<Dressed>,
    renewing: Option<(Arc<Credentials>, Box<Config>)>,
}

/// A client with the count of the credential whose certificate it shows.
struct Dressed {
    client: Client,
    count: u64,
    certificate: Option<String>,
}

impl std::fmt::Debug for Dressed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dressed({})", self.count)
    }
}

/// Why a request got no answer.
#[derive(Debug, thiserror::Error)]
pub(in crate::cluster) enum LineError {
    /// There is no credential to send.
    #[error("{0}")]
    Credentials(String),
    /// The transport failed.
    #[error(transparent)]
    Transport(#[from] kube::Error),
}

impl Line {
    /// Over any client, such as an in-process API.
    pub(in crate::cluster) fn over(client: Client) -> Self {
        Self { client: RwLock::new(Dressed { client, count: 0, certificate: None }), renewing: None }
    }

    /// To a server, with credentials that change.
    pub(super) async fn open(
        config: Config,
        credentials: Option<Arc<Credentials>>,
    ) -> Result<Self, LineError> {
        let Some(credentials) = credentials else { return Ok(Self::over(client(config)?)) };
        let worn = credentials.current().await.map_err(LineError::Credentials)?;
        let dressed = dressed(&config, &worn)?;
        Ok(Self { client: RwLock::new(dressed), renewing: Some((credentials, Box::new(config))) })
    }

    /// Sends one request and waits for the head of its answer.
    pub(in crate::cluster) async fn send(
        &self,
        mut request: Request<Body>,
    ) -> Result<Response<Body>, LineError> {
        if let Some((credentials, config)) = &self.renewing {
            let worn = credentials.current().await.map_err(LineError::Credentials)?;
            if let Some(header) = &worn.header {
                request.headers_mut().insert(header::AUTHORIZATION, header.clone());
            }
            self.dress(config, &worn)?;
        }
        let client = self.client.read().unwrap_or_else(PoisonError::into_inner).client.clone();
        Ok(client.send(request).await?)
    }

    /// Which credential requests carry now.
    pub(in crate::cluster) fn count(&self) -> u64 {
        self.client.read().unwrap_or_else(PoisonError::into_inner).count
    }

    /// The server refused the credential with this count: whether another one was to be had.
    pub(in crate::cluster) async fn refused(&self, count: u64) -> bool {
        match &self.renewing {
            Some((credentials, _)) => credentials.refused(count).await,
            None => false,
        }
    }

    /// Makes a client that shows the new certificate; the old one's connections end with their requests.
    fn dress(&self, config: &Config, worn: &Worn) -> Result<(), LineError> {
        let mut now = self.client.write().unwrap_or_else(PoisonError::into_inner);
        if now.count != worn.count {
            let certificate = worn.certificate.as_ref().map(|pair| &pair.certificate);
            if now.certificate.as_ref() == certificate {
                now.count = worn.count;
            } else {
                *now = dressed(config, worn)?;
            }
        }
        Ok(())
    }
}

fn dressed(config: &Config, worn: &Worn) -> Result<Dressed, LineError> {
    let mut config = config.clone();
    if let Some(pair) = &worn.certificate {
        let user = &mut config.auth_info;
        (user.client_certificate, user.client_key) = (None, None);
        user.client_certificate_data = Some(STANDARD.encode(&pair.certificate));
        user.client_key_data = Some(SecretString::from(STANDARD.encode(pair.key.expose_secret())));
    }
    let certificate = worn.certificate.as_ref().map(|pair| pair.certificate.clone());
    Ok(Dressed { client: client(config)?, count: worn.count, certificate })
}

fn client(config: Config) -> Result<Client, LineError> {
    let builder = ClientBuilder::try_from(config).map_err(|error| LineError::Credentials(chain(&error)))?;
    Ok(builder.build())
}
