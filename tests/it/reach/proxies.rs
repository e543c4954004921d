//! Proxies: the kubeconfig's, the environment's, and those that are not there.

use super::way::{PLAN, Way, plane, repo};
use crate::support::{Relay, Speech};

#[test]
fn requests_go_through_the_kubeconfigs_proxy() {
    let Some((plane, _)) = plane() else { return };
    let repo = repo("proxied");
    let server = plane.server().trim_start_matches("https://").to_owned();
    for (speech, scheme) in [(Speech::Connect, "http"), (Speech::Socks, "socks5"), (Speech::Socks, "socks5h")]
    {
        let relay = Relay::start(speech, "127.0.0.1", &plane.server());
        let way = Way::to(plane).admin().cluster("proxy-url", format!("{scheme}://{}", relay.address()));
        // The kubeconfig's own proxy is used whatever the environment says.
        let obsctl = way.obsctl(&repo).env("NO_PROXY", "*").env("HTTPS_PROXY", "http://127.0.0.1:1");
        obsctl.exits(0, PLAN).assert_says("  user     admin\n");
        let asked = relay.asked();
        assert!(!asked.is_empty() && asked.iter().all(|target| *target == server), "{scheme}: {asked:?}");
    }
}

#[test]
fn a_proxy_is_told_user_and_password() {
    let Some((plane, _)) = plane() else { return };
    let relay = Relay::start(Speech::Connect, "127.0.0.1", &plane.server());
    let url = format!("http://jane:w%40rd@{}", relay.address());
    let way = Way::to(plane).admin().cluster("proxy-url", url);
    way.obsctl(&repo("known")).exits(0, PLAN).assert_says("  user     admin\n");
    let told = format!("jane:w@rd@{}", plane.server().trim_start_matches("https://"));
    let asked = relay.asked();
    assert!(!asked.is_empty() && asked.iter().all(|target| *target == told), "{asked:?}");
}

#[test]
fn the_environments_proxy_is_used_but_for_what_it_excepts() {
    let Some((plane, _)) = plane() else { return };
    let repo = repo("surrounded");
    let relay = Relay::start(Speech::Connect, "127.0.0.1", &plane.server());
    let proxy = format!("http://{}", relay.address());
    // Only the proxy knows where this is.
    let far = Way::to(plane).admin().cluster("server", "https://api.testbed.invalid:6443");
    let far = far.cluster("tls-server-name", "kubernetes.default.svc");
    far.obsctl(&repo).env("HTTPS_PROXY", &proxy).exits(0, PLAN).assert_says("  user     admin\n");
    let asked = relay.asked();
    assert!(
        !asked.is_empty() && asked.iter().all(|target| target == "api.testbed.invalid:6443"),
        "{asked:?}"
    );
    far.obsctl(&repo).env("https_proxy", relay.address().as_str()).exits(0, PLAN);
    let before = relay.asked().len();
    assert!(before > asked.len(), "small letters and no scheme serve too");

    let excepted = far.obsctl(&repo).env("HTTPS_PROXY", &proxy).env("NO_PROXY", "other, ,.testbed.invalid,");
    let lost = excepted.exits(1, PLAN);
    assert!(!lost.stderr.contains("through proxy"), "{}", lost.stderr);
    Way::to(plane).admin().obsctl(&repo).env("HTTPS_PROXY", &proxy).exits(0, PLAN);
    assert_eq!(relay.asked().len(), before, "neither an exception nor this machine is asked for");
}

#[test]
fn a_proxy_that_is_not_there_is_named_without_its_password() {
    let Some((plane, _)) = plane() else { return };
    let repo = repo("proxyless");
    for (scheme, why) in [("http", "onnection refused"), ("socks5", "failed to create underlying connection")]
    {
        let (who, shown) = if scheme == "http" { ("jane:hush-hush@", "…@") } else { ("", "") };
        let url = format!("{scheme}://{who}127.0.0.1:1");
        let down = Way::to(plane).admin().cluster("proxy-url", url).obsctl(&repo).exits(1, PLAN);
        down.assert_says(&format!(
            "{} through proxy {scheme}://{shown}127.0.0.1:1: cannot reach",
            plane.server()
        ));
        down.assert_says(why);
        down.assert_says("hint: the proxy comes from `proxy-url` of the kubeconfig, or from HTTPS_PROXY");
        assert!(!down.stderr.contains("hush-hush"), "{}", down.stderr);
    }
    let wrong = Way::to(plane).admin().cluster("proxy-url", "ftp://127.0.0.1:1").obsctl(&repo).exits(1, PLAN);
    wrong.assert_says("proxy \"ftp://127.0.0.1:1\": it is none of http://…, https://… and socks5://…");
}
