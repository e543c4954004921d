//! The key pair that signs the tokens of ServiceAccounts, made without any tool of the machine.

use std::{fmt::Write, fs, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};

/// DER before the point of a P-256 public key (RFC 5480 `SubjectPublicKeyInfo`).
const PUBLIC_KEY_HEAD: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// Writes `sa.key` and `sa.pub` into `folder`.
pub(crate) fn write_key_pair(folder: &Path) {
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key is made");
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_ref(), &random)
        .expect("ring reads what it made");
    let public = [PUBLIC_KEY_HEAD, pair.public_key().as_ref()].concat();
    fs::write(folder.join("sa.key"), pem("PRIVATE KEY", key.as_ref())).expect("the folder is ours");
    fs::write(folder.join("sa.pub"), pem("PUBLIC KEY", &public)).expect("the folder is ours");
}

fn pem(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in STANDARD.encode(der).as_bytes().chunks(64) {
        writeln!(text, "{}", String::from_utf8_lossy(line)).expect("strings grow");
    }
    text + &format!("-----END {label}-----\n")
}
