//! Client certificates, and the server's certificate: checked, named otherwise, not checked.

use std::{thread::sleep, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use obsctl::cluster::{Cluster, Connect};
use serde_json::json;

use super::way::{PLAN, Way, lines, plane, repo};
use crate::{
    cluster::runtime,
    support::{Authority, Certificate, Relay, Speech},
};

#[test]
fn a_client_certificate_lets_in_from_files_and_inline() {
    let Some((plane, authority)) = plane() else { return };
    let repo = repo("certified");
    let Certificate { certificate, key } = authority.client("carol", "system:masters");
    let way = Way::to(plane);
    way.write("carol.crt", &certificate);
    way.write("carol.key", &key);
    // Relative to the kubeconfig, not to where the program runs.
    let way = way.user(json!({"client-certificate": "carol.crt", "client-key": "carol.key"}));
    way.obsctl(&repo).exits(0, PLAN).assert_says("  user     carol\n");
    let inline = json!({"client-certificate-data": STANDARD.encode(&certificate), "client-key-data": STANDARD.encode(&key)});
    let way = Way::to(plane).user(inline);
    way.obsctl(&repo).exits(0, PLAN).assert_says("  user     carol\n");

    let stranger = Authority::new("strangers").client("carol", "system:masters");
    let data = json!({"client-certificate-data": STANDARD.encode(stranger.certificate),
        "client-key-data": STANDARD.encode(stranger.key)});
    let refused = Way::to(plane).user(data).obsctl(&repo).exits(1, PLAN);
    refused.assert_says("does not take the user's credentials");
    let lost = json!({"client-certificate": "nowhere.crt", "client-key-data": STANDARD.encode(&key)});
    let lost = Way::to(plane).user(lost).obsctl(&repo).exits(1, PLAN);
    lost.assert_says("nowhere.crt");
    assert!(!lost.stderr.contains("PRIVATE"), "{}", lost.stderr);
}

#[test]
fn a_plugins_certificate_is_shown_and_replaced_when_it_ends() {
    let Some((plane, authority)) = plane() else { return };
    let way = Way::to(plane);
    let print = |user: &str, expires: Option<Timestamp>| {
        let Certificate { certificate, key } = authority.client(user, "system:masters");
        let mut status = json!({"clientCertificateData": certificate, "clientKeyData": key});
        if let Some(time) = expires {
            status["expirationTimestamp"] = time.to_string().into();
        }
        let printed = json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status});
        way.write("printed", &printed.to_string())
    };
    let printed = print("dave-1", Some(Timestamp::now() + SignedDuration::from_secs(6)));
    let script = format!("echo run >> {}\ncat {}\n", way.path("runs").display(), printed.display());
    let exec = way.exec(&script);
    let file = Way::to(plane).user(json!({"exec": exec}));
    let connect = Connect { kubeconfig: vec![file.file()], ..Connect::default() };
    let runtime = runtime();
    let cluster = runtime.block_on(Cluster::connect(&connect)).expect("the certificate is good");
    assert_eq!(cluster.identity().user, "dave-1");
    assert_eq!(lines(&way.path("runs")), 1);
    print("dave-2", None);
    sleep(Duration::from_secs(6));
    runtime.block_on(cluster.types()).expect("the second certificate is good");
    assert_eq!(lines(&way.path("runs")), 2);
    assert!(plane.requests().iter().any(|request| request.user == "dave-2"));
}

#[test]
fn a_server_that_another_authority_signed_is_refused_with_the_reason() {
    let Some((plane, _)) = plane() else { return };
    let repo = repo("unsigned");
    let way = Way::to(plane).admin();
    let other = way.write("other.crt", &Authority::new("others").pem());
    let way = way.cluster("certificate-authority", other.display().to_string());
    let refused = way.obsctl(&repo).exits(1, PLAN);
    refused.assert_says("invalid peer certificate: UnknownIssuer");
    refused.assert_says(
        "hint: the server's certificate is not signed by the kubeconfig's `certificate-authority`",
    );
    let way = Way::to(plane).admin().cluster("certificate-authority", "nowhere.crt");
    way.obsctl(&repo).exits(1, PLAN).assert_says("nowhere.crt");
}

#[test]
fn a_server_under_another_name_is_reached_by_tls_server_name() {
    let Some((plane, _)) = plane() else { return };
    let repo = repo("renamed");
    let relay = Relay::start(Speech::None, "127.0.0.2", &plane.server());
    let server = format!("https://{}", relay.address());
    let way = Way::to(plane).admin().cluster("server", server);
    let refused = way.obsctl(&repo).exits(1, PLAN);
    refused.assert_says("certificate not valid for name");
    refused.assert_says("as `tls-server-name` of the cluster");
    let way = way.cluster("tls-server-name", "kubernetes.default.svc");
    way.obsctl(&repo).exits(0, PLAN).assert_says("  user     admin\n");
}

#[test]
fn a_server_that_is_not_checked_is_warned_of() {
    let Some((plane, _)) = plane() else { return };
    let repo = repo("unchecked");
    let mut way = Way::to(plane).admin().cluster("insecure-skip-tls-verify", true);
    way.cluster.as_object_mut().expect("it is one").remove("certificate-authority");
    let ran = way.obsctl(&repo).exits(0, PLAN);
    ran.assert_says("  warning  the server's certificate is not checked (`insecure-skip-tls-verify`)\n");
    let json = way.obsctl(&repo).exits(0, &[PLAN, &["-o", "json"]].concat());
    json.assert_says("the server's certificate is not checked");
    let markdown = way.obsctl(&repo).exits(0, &[PLAN, &["-o", "markdown"]].concat());
    markdown.assert_says("the server's certificate is not checked");
    way.obsctl(&repo).exits(0, super::way::APPLY).assert_says("the server's certificate is not checked");
}
