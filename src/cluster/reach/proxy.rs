//! Through which proxy a server is reached, and which servers are reached without the environment's.

use std::net::IpAddr;

use http::{Uri, uri::Scheme};

use crate::cluster::connect::{Connect, ConnectError};

/// The kubeconfig's proxy, else the environment's unless it excepts the server (kube compares the exceptions
/// with the proxy's own address, and so cannot be left to decide).
pub(super) fn choose(
    named: Option<String>,
    connect: &Connect,
    server: &Uri,
) -> Result<Option<Uri>, ConnectError> {
    let from_environment = || {
        let excepted =
            connect.no_proxy.as_deref().is_some_and(|list| excepts(list, server)) || is_here(server);
        let secure = server.scheme() == Some(&Scheme::HTTPS);
        connect.https_proxy.clone().filter(|url| !url.is_empty() && !excepted && secure)
    };
    let Some(url) = named.or_else(from_environment) else { return Ok(None) };
    // A socks5 proxy looks names up itself either way.
    let whole = match url.split_once("://") {
        Some(("socks5h", rest)) => format!("socks5://{rest}"),
        Some(_) => url.clone(),
        None => format!("http://{url}"),
    };
    let hidden = || without_password(&url);
    let uri: Uri = whole
        .parse()
        .map_err(|error: http::uri::InvalidUri| ConnectError::Proxy(hidden(), error.to_string()))?;
    let known = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    if known && uri.scheme_str() == Some("socks5") {
        let why = "user and password are told to http:// proxies only".to_owned();
        return Err(ConnectError::Proxy(hidden(), why));
    }
    match uri.scheme_str() {
        Some("http" | "https" | "socks5") if uri.host().is_some() => Ok(Some(uri)),
        _ => {
            let why = "it is none of http://…, https://… and socks5://…".to_owned();
            Err(ConnectError::Proxy(hidden(), why))
        }
    }
}

/// The proxy as people are told of it.
pub(super) fn shown(proxy: &Uri) -> String {
    without_password(proxy.to_string().trim_end_matches('/'))
}

fn without_password(url: &str) -> String {
    match (url.rsplit_once('@'), url.split_once("://")) {
        (Some((_, host)), Some((scheme, _))) => format!("{scheme}://…@{host}"),
        (Some((_, host)), None) => format!("…@{host}"),
        (None, _) => url.to_owned(),
    }
}

/// Whether the server is this machine, which no proxy of the environment reaches.
fn is_here(server: &Uri) -> bool {
    let host = server.host().unwrap_or_default().trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a `NO_PROXY` list excepts a server: names, `.domains`, addresses, ranges, ports and `*`.
fn excepts(list: &str, server: &Uri) -> bool {
    let Some(host) = server.host() else { return false };
    let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    let port = server.port_u16().unwrap_or(443);
    list.split(',').map(str::trim).any(|entry| matches(&entry.to_ascii_lowercase(), &host, port))
}

fn matches(entry: &str, host: &str, port: u16) -> bool {
    if entry == "*" {
        return true;
    }
    if let (Some((network, bits)), Ok(address)) = (entry.split_once('/'), host.parse::<IpAddr>()) {
        return in_range(network, bits, address);
    }
    let (entry, wanted) = match entry.rsplit_once(':') {
        Some((name, number)) if !name.contains(':') => match number.parse::<u16>() {
            Ok(number) => (name, Some(number)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    };
    if wanted.is_some_and(|wanted| wanted != port) || entry.is_empty() {
        return false;
    }
    // `.example.com` excepts what is below it only, as every client written in Go has it.
    let (entry, itself) = match entry.strip_prefix("*.").or_else(|| entry.strip_prefix('.')) {
        Some(below) => (below, false),
        None => (entry.trim_matches(['[', ']']), true),
    };
    (itself && host == entry) || host.strip_suffix(entry).is_some_and(|rest| rest.ends_with('.'))
}

fn in_range(network: &str, bits: &str, address: IpAddr) -> bool {
    let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits.parse::<u32>()) else { return false };
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) if bits <= 32 => {
            let shift = 32 - bits;
            network.to_bits().checked_shr(shift) == address.to_bits().checked_shr(shift)
        }
        (IpAddr::V6(network), IpAddr::V6(address)) if bits <= 128 => {
            let shift = 128 - bits;
            network.to_bits().checked_shr(shift) == address.to_bits().checked_shr(shift)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn understands_every_form_of_exception() {
        let excepted = |list: &str, server: &str| excepts(list, &server.parse().unwrap());
        assert!(excepted("*", "https://api.example.com"));
        assert!(excepted("a, .example.com", "https://api.example.com:6443"));
        assert!(excepted("example.com", "https://api.EXAMPLE.com"));
        assert!(!excepted("ample.com", "https://api.example.com"));
        assert!(excepted("10.0.0.0/8", "https://10.1.2.3:6443"));
        assert!(!excepted("10.0.0.0/8", "https://11.1.2.3:6443"));
        assert!(excepted("api.example.com:6443", "https://api.example.com:6443"));
        assert!(!excepted("api.example.com:443", "https://api.example.com:6443"));
        assert!(!excepted("", "https://api.example.com"));
        assert!(!excepted(".example.com", "https://example.com"), "only what is below it");
    }

    #[test]
    fn the_kubeconfig_decides_before_the_environment() {
        let proxy = |named: Option<&str>, server: &str| {
            let connect = Connect {
                https_proxy: Some("proxy.example.com:3128".to_owned()),
                no_proxy: Some(".example.org".to_owned()),
                ..Connect::default()
            };
            let chosen = choose(named.map(str::to_owned), &connect, &server.parse().unwrap());
            chosen.map(|uri| uri.map(|uri| uri.to_string())).map_err(|error| error.to_string())
        };
        let environment = Ok(Some("http://proxy.example.com:3128/".to_owned()));
        assert_eq!(proxy(None, "https://api.example.com"), environment);
        assert_eq!(proxy(None, "https://api.example.org"), Ok(None));
        assert_eq!(proxy(None, "https://127.0.0.1:6443"), Ok(None), "this machine is no matter of proxies");
        assert_eq!(proxy(None, "http://api.example.com"), Ok(None), "it is the proxy of https");
        let named = proxy(Some("socks5h://10.0.0.1:1080"), "https://127.0.0.1:6443");
        assert_eq!(named, Ok(Some("socks5://10.0.0.1:1080/".to_owned())));
        let wrong = proxy(Some("ftp://jane:secret@10.0.0.1"), "https://api.example.org").unwrap_err();
        assert!(wrong.contains("ftp://…@10.0.0.1") && !wrong.contains("secret"), "{wrong}");
        let mute = proxy(Some("socks5h://jane:secret@10.0.0.1"), "https://api.example.org").unwrap_err();
        assert!(mute.contains("http:// proxies only") && !mute.contains("secret"), "{mute}");
    }
}
