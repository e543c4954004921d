//! The formats of names, keys and addresses, and what the server says where a text has another.

use std::net::IpAddr;

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const UNDERSCORED: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const WILDCARD: &str = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const NAME_PART: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const HEADER: &str = "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
const PERCENT: &str = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
const ENVIRONMENT: &str =
    "a valid environment variable name must consist only of printable ASCII characters other than '='";

/// What is said where a port number is none.
pub(super) const PORT: &str = "must be between 1 and 65535, inclusive";

type Words = Vec<String>;

fn when(words: Option<&str>) -> Words {
    words.map(str::to_owned).into_iter().collect()
}

fn is_lower(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

/// Whether a text begins and ends with `edge` and has `edge` or one of `inner` between.
fn shaped(text: &str, edge: impl Fn(char) -> bool, inner: &str) -> bool {
    text.starts_with(&edge) && text.ends_with(&edge) && text.chars().all(|c| edge(c) || inner.contains(c))
}

fn is_label(text: &str) -> bool {
    shaped(text, is_lower, "-")
}

/// A name of several labels with dots between.
pub(in crate::sandbox) fn subdomain(text: &str) -> Words {
    let mut words = when((text.len() > 253).then_some("must be no more than 253 characters"));
    words.extend(when((!text.split('.').all(is_label)).then_some(SUBDOMAIN)));
    words
}

/// The same, or nothing.
pub(super) fn subdomain_or_empty(text: &str) -> Words {
    if text.is_empty() { Vec::new() } else { subdomain(text) }
}

/// The same, where labels may hold underscores.
pub(super) fn underscored(text: &str) -> Words {
    let part = |part: &str| shaped(part.strip_prefix('_').unwrap_or(part), is_lower, "-_");
    let mut words = when((text.len() > 253).then_some("must be no more than 253 characters"));
    words.extend(when((!text.split('.').all(part)).then_some(UNDERSCORED)));
    words
}

/// One label.
pub(super) fn label(text: &str) -> Words {
    let mut words = when((text.len() > 63).then_some("must be no more than 63 characters"));
    if !is_label(text) {
        words.push(if text.split('.').count() > 1 && text.split('.').all(is_label) {
            "must not contain dots".to_owned()
        } else {
            LABEL.to_owned()
        });
    }
    words
}

/// One label that begins with a letter.
pub(super) fn label_1035(text: &str) -> Words {
    let mut words = when((text.len() > 63).then_some("must be no more than 63 characters"));
    let fits = is_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase());
    words.extend(when((!fits).then_some(LABEL_1035)));
    words
}

/// The same, whatever the case.
pub(super) fn mixed_label(text: &str) -> Words {
    let words = label_1035(&text.to_lowercase());
    words.into_iter().map(|it| format!("may have mixed case, but should otherwise match: {it}")).collect()
}

/// A subdomain after `*.`.
pub(super) fn wildcard(text: &str) -> Words {
    let fits = text.strip_prefix("*.").is_some_and(|rest| rest.split('.').all(is_label));
    when((!fits).then_some(WILDCARD))
}

fn is_name_part(text: &str) -> bool {
    shaped(text, |c| c.is_ascii_alphanumeric(), "-_.")
}

/// The key of a label or annotation.
pub(in crate::sandbox) fn qualified(text: &str) -> Words {
    let mut words = Vec::new();
    let parts: Vec<&str> = text.split('/').collect();
    let name = match parts.as_slice() {
        [name] => name,
        [prefix, name] => {
            if prefix.is_empty() {
                words.push("prefix part must be non-empty".to_owned());
            } else {
                words.extend(subdomain(prefix).into_iter().map(|it| format!("prefix part {it}")));
            }
            name
        }
        _ => {
            let suffix = " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            return vec![format!("a valid label key {NAME_PART}{suffix}")];
        }
    };
    words.extend(when(name.is_empty().then_some("name part must be non-empty")));
    words.extend(when((name.len() > 63).then_some("name part must be no more than 63 bytes")));
    words.extend(when((!is_name_part(name)).then_some(format!("name part {NAME_PART}").as_str())));
    words
}

/// The value of a label.
pub(super) fn label_value(text: &str) -> Words {
    let mut words = when((text.len() > 63).then_some("must be no more than 63 bytes"));
    words.extend(when((!text.is_empty() && !is_name_part(text)).then_some(VALUE)));
    words
}

/// A key of a ConfigMap or Secret.
pub(super) fn config_key(text: &str) -> Words {
    let mut words = when((text.len() > 253).then_some("must be no more than 253 characters"));
    let fits = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    words.extend(when((!fits).then_some(CONFIG_KEY)));
    words.extend(when((text == ".").then_some("must not be '.'")));
    words.extend(when((text == "..").then_some("must not be '..'")));
    words.extend(when((text.starts_with("..") && text != "..").then_some("must not start with '..'")));
    words
}

/// A name that stands for a port.
pub(super) fn port_name(text: &str) -> Words {
    let mut words = when((text.len() > 15).then_some("must be no more than 15 characters"));
    let fits = text.chars().all(|c| is_lower(c) || c == '-');
    words.extend(when(
        (!fits).then_some("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"),
    ));
    words.extend(when(
        (!text.contains(|c: char| c.is_ascii_lowercase()))
            .then_some("must contain at least one letter (a-z)"),
    ));
    words.extend(when(text.contains("--").then_some("must not contain consecutive hyphens")));
    words.extend(when(
        (text.starts_with('-') || text.ends_with('-')).then_some("must not begin or end with a hyphen"),
    ));
    words
}

/// The name of an environment variable.
pub(super) fn environment(text: &str) -> Words {
    let fits = text.chars().all(|c| (' '..='~').contains(&c) && c != '=');
    when((!fits).then_some(ENVIRONMENT))
}

/// The name of an HTTP header.
pub(super) fn header(text: &str) -> Words {
    let fits = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    when((!fits).then_some(HEADER))
}

/// A share such as `25%`.
pub(super) fn percent(text: &str) -> Words {
    let digits = text.strip_suffix('%').unwrap_or_default();
    when((digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(PERCENT))
}

/// An address.
pub(super) fn ip(text: &str) -> Words {
    when(
        (text.parse::<IpAddr>().is_err())
            .then_some("must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"),
    )
}

/// A network.
pub(super) fn cidr(text: &str) -> Words {
    let words = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
    when(network(text).is_none().then_some(words))
}

/// A network without bits beyond its length.
pub(super) fn strict_cidr(text: &str) -> Words {
    let Some((address, length)) = network(text) else { return cidr(text) };
    let (bits, width) = bits(address);
    let beyond = if length == 0 { u128::MAX >> (128 - width) } else { (1u128 << (width - length)) - 1 };
    when((bits & beyond != 0).then_some("must not have bits set beyond the prefix length"))
}

/// The address and prefix length of a network.
pub(super) fn network(text: &str) -> Option<(IpAddr, u32)> {
    let (address, length) = text.split_once('/')?;
    let (address, length): (IpAddr, u32) = (address.parse().ok()?, length.parse().ok()?);
    (length <= bits(address).1).then_some((address, length))
}

fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(it) => (u128::from(u32::from(it)), 32),
        IpAddr::V6(it) => (u128::from(it), 128),
    }
}

/// Whether `inner` is a part of `outer` and not all of it.
pub(super) fn is_strict_part(inner: &str, outer: &str) -> bool {
    let (Some((inner, long)), Some((outer, short))) = (network(inner), network(outer)) else { return false };
    let ((inner, width), (outer, other)) = (bits(inner), bits(outer));
    let shift = width - short.min(width);
    let same = shift >= 128 || inner.checked_shr(shift) == outer.checked_shr(shift);
    width == other && long > short && same
}

/// A part of a URL path, as the names of roles are.
pub(super) fn path_segment(text: &str) -> Words {
    for whole in [".", ".."] {
        if text == whole {
            return vec![format!("may not be '{whole}'")];
        }
    }
    ["/", "%"].iter().filter(|it| text.contains(**it)).map(|it| format!("may not contain '{it}'")).collect()
}
