//! The certificates that may sign a server's: PEM in a kubeconfig or in a file.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kube::config::Cluster;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// DER of each certificate; none where the machine's own are meant. Inline data wins over a file.
pub(super) fn certificates(cluster: &Cluster) -> Result<Option<Vec<Vec<u8>>>, String> {
    let (pem, place) = match (&cluster.certificate_authority_data, &cluster.certificate_authority) {
        (Some(data), _) => {
            let data = decoded(data).ok_or("`certificate-authority-data` is no base64")?;
            (data, "`certificate-authority-data`".to_owned())
        }
        (None, Some(file)) => {
            let data =
                std::fs::read(file).map_err(|error| format!("`certificate-authority: {file}`: {error}"))?;
            (data, format!("`certificate-authority: {file}`"))
        }
        (None, None) => return Ok(None),
    };
    match blocks(&String::from_utf8_lossy(&pem)) {
        Some(found) if !found.is_empty() => Ok(Some(found)),
        Some(_) | None => Err(format!("{place} holds no certificate in PEM")),
    }
}

/// The base64 between each pair of marks, decoded; none where one cannot be.
fn blocks(text: &str) -> Option<Vec<Vec<u8>>> {
    text.split(BEGIN).skip(1).map(|rest| rest.split_once(END).and_then(|(body, _)| decoded(body))).collect()
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_every_certificate_of_a_bundle() {
        let pem = format!("# first\r\n{BEGIN}\r\nAQID\r\n{END}\r\n# second\n{BEGIN}\nBA\nUG\n{END}");
        let cluster =
            Cluster { certificate_authority_data: Some(STANDARD.encode(pem)), ..Cluster::default() };
        assert_eq!(certificates(&cluster), Ok(Some(vec![vec![1, 2, 3], vec![4, 5, 6]])));
        assert_eq!(certificates(&Cluster::default()), Ok(None));
    }

    #[test]
    fn says_what_is_no_certificate() {
        let told = |data: &str| {
            let data = Some(data.to_owned());
            certificates(&Cluster { certificate_authority_data: data, ..Cluster::default() }).unwrap_err()
        };
        assert_eq!(told("%%%"), "`certificate-authority-data` is no base64");
        assert_eq!(
            told(&STANDARD.encode("hello")),
            "`certificate-authority-data` holds no certificate in PEM"
        );
        let cut = STANDARD.encode(format!("{BEGIN}\nAQID\n"));
        assert_eq!(told(&cut), "`certificate-authority-data` holds no certificate in PEM");
    }
}
