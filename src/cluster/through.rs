//! HTTP requests to what stands behind a Service, through the API server's proxy.
//!
//! <https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/#manually-constructing-apiserver-proxy-urls>

use super::{
    Cluster,
    request::{Call, CallError},
    url,
};

impl Cluster {
    /// Asks a Service, `[https:]name[:port]`, with GET; gives the status and the body of the answer.
    ///
    /// The API server answers 503 where no endpoint is ready, and 403 without the right to `services/proxy`.
    pub async fn through_service(
        &self,
        namespace: &str,
        service: &str,
        (path, query): (&str, &[(&str, &str)]),
    ) -> Result<(u16, Vec<u8>), CallError> {
        let base =
            format!("/api/v1/namespaces/{}/services/{}/proxy/", url::encode(namespace), url::encode(service));
        let path = format!("{base}{}", path.trim_start_matches('/'));
        let call = Call::get(url::with_query(&path, query)).once();
        match self.call(&call).await {
            Ok(reply) => Ok((reply.status.as_u16(), reply.body.to_vec())),
            Err(CallError::Refused { refusal, .. }) if refusal.reason.is_empty() => {
                Ok((refusal.code, refusal.message.into_bytes()))
            }
            Err(error) => Err(error),
        }
    }
}
