//! Which servers are reached without the environment's proxy.

use std::net::IpAddr;

use http::Uri;

/// Whether a `NO_PROXY` list excepts a server: names, `.domains`, addresses, ranges, ports and `*`.
pub(super) fn excepts(list: &str, server: &Uri) -> bool {
    let Some(host) = server.host() else { return false };
    let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    let port = server.port_u16().unwrap_or(443);
    host == "localhost"
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        || list.split(',').map(str::trim).any(|entry| matches(&entry.to_ascii_lowercase(), &host, port))
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
    let entry = entry.trim_start_matches("*.").trim_start_matches('.').trim_matches(['[', ']']);
    host == entry || host.strip_suffix(entry).is_some_and(|rest| rest.ends_with('.'))
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
        assert!(excepted("", "https://127.0.0.1:6443"), "loopback never goes through a proxy");
        assert!(!excepted("", "https://api.example.com"));
    }
}
