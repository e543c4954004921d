//! The first questions: which cluster is it, and who are we to it?

use serde_json::{Value, json};

use super::{
    Cluster,
    reach::Target,
    request::{Call, CallError, METADATA},
};
use crate::model::{ClusterIdentity, Digest};

impl Cluster {
    /// Asks for version, identity and user at once; `own` asks as who we are where we act as somebody else.
    pub(super) async fn introduce(
        &self,
        target: &Target,
        own: Option<&Self>,
    ) -> Result<ClusterIdentity, CallError> {
        let own_user = async {
            match own {
                Some(own) => own.whoami().await.map(Some),
                None => Ok(None),
            }
        };
        let (version, kube_system, user, own_user) =
            tokio::join!(self.version(), self.kube_system(), self.whoami(), own_user);
        let user = match own_user? {
            Some(own) => format!("{}, impersonated by {own}", user?),
            None => user?,
        };
        let identity = match kube_system {
            Ok(uid) => uid,
            Err(error) if error.code() == Some(403) => seal(target),
            Err(error) => return Err(error),
        };
        Ok(ClusterIdentity {
            context: target.context.clone(),
            server: target.server.clone(),
            identity,
            user,
            version: version?,
            remarks: target.remarks.clone(),
        })
    }

    async fn version(&self) -> Result<String, CallError> {
        let reply = self.call(&Call::get("/version")).await?;
        let version: Value = serde_json::from_slice(&reply.body)?;
        Ok(version.get("gitVersion").and_then(Value::as_str).unwrap_or("unknown").to_owned())
    }

    async fn kube_system(&self) -> Result<String, CallError> {
        let call = Call::get("/api/v1/namespaces/kube-system").accepting(METADATA);
        match self.get_path(&call).await? {
            Some(namespace) => Ok(namespace.uid.clone()),
            None => Err(CallError::Unreadable("namespace kube-system is not there".to_owned())),
        }
    }

    /// Who the server takes us for; unknown where it does not say (before Kubernetes 1.28).
    async fn whoami(&self) -> Result<String, CallError> {
        let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
        let call = Call::ask("/apis/authentication.k8s.io/v1/selfsubjectreviews", review.to_string());
        let reply = match self.call(&call).await {
            Ok(reply) => reply,
            Err(error) if matches!(error.code(), Some(403 | 404)) => return Ok("unknown".to_owned()),
            Err(error) => return Err(error),
        };
        let review: Value = serde_json::from_slice(&reply.body)?;
        let name = review.pointer("/status/userInfo/username").and_then(Value::as_str);
        Ok(name.unwrap_or("unknown").to_owned())
    }
}

/// Stands for a cluster whose kube-system may not be read: its CA and address.
fn seal(target: &Target) -> String {
    let mut bytes = target.authority.clone();
    bytes.extend_from_slice(target.server.as_bytes());
    Digest::of(&bytes).0
}
