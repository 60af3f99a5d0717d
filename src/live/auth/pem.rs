//! Private keys and certificates out of PEM texts; keys are PKCS#1 and PKCS#8, plain and encrypted, in the forms that OpenSSL 1 and 3, the OCI console and the
//! OCI command line write.

use crate::live::errors::{self, Trouble};
use aes::{Aes128, Aes192, Aes256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use des::TdesEde3;
use md5::{Digest, Md5};
use pkcs8::{EncryptedPrivateKeyInfoRef, pkcs5};

/// The object identifiers of PKCS#12's password schemes begin so: `openssl pkcs8 -v1` and very old tools write them.
const PKCS12_PBE: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01];

/// The DER inside of a PEM text.
pub enum Der {
    /// `RSAPrivateKey`.
    Pkcs1(Vec<u8>),
    /// `PrivateKeyInfo`.
    Pkcs8(Vec<u8>),
}

/// Reads the first private key of a text. Text before and behind it is passed over: Oracle recommends to write `OCI_API_KEY` there.
/// A passphrase for a key that is not encrypted counts for nothing, as in Oracle's SDKs. `source` names the key in errors.
///
/// # Errors
/// No key, a broken one, no passphrase, a wrong one, or an encryption that is not supported.
pub fn read(text: &str, passphrase: Option<&str>, source: &str) -> Result<Der, Trouble> {
    let (label, inside, _) = block(text, |label| label.ends_with("PRIVATE KEY"))
        .ok_or_else(|| errors::not_a_key(source, "it has no `-----BEGIN … PRIVATE KEY-----` block"))?;
    let (headers, body) = split_headers(inside);
    let bytes = STANDARD
        .decode(body.split_whitespace().collect::<String>())
        .map_err(|_| errors::not_a_key(source, "what is between BEGIN and END is not base64"))?;
    match label {
        "RSA PRIVATE KEY" => match dek_info(&headers) {
            None => Ok(Der::Pkcs1(bytes)),
            Some((cipher, iv)) => {
                let passphrase = passphrase.ok_or_else(|| errors::no_passphrase(source))?;
                traditional(cipher, iv, passphrase, &bytes, source).map(Der::Pkcs1)
            }
        },
        "PRIVATE KEY" => Ok(Der::Pkcs8(bytes)),
        "ENCRYPTED PRIVATE KEY" => {
            let passphrase = passphrase.ok_or_else(|| errors::no_passphrase(source))?;
            encrypted(&bytes, passphrase, source).map(Der::Pkcs8)
        }
        "OPENSSH PRIVATE KEY" => Err(errors::not_a_key(source, "it is an OpenSSH key")),
        "EC PRIVATE KEY" => Err(errors::not_a_key(source, "it is an elliptic curve key, and OCI signs with RSA")),
        other => Err(errors::not_a_key(source, &format!("`{other}` is no form of RSA key that OCI uses"))),
    }
}

/// The DER of every certificate of a text. One that is not base64 is left out.
pub fn certificates(text: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, inside, after)) = block(rest, |label| label == "CERTIFICATE") {
        found.extend(STANDARD.decode(inside.split_whitespace().collect::<String>()));
        rest = after;
    }
    found
}

/// Label and inside of the first block whose label is wanted, and what follows it.
fn block(text: &str, wanted: impl Fn(&str) -> bool) -> Option<(&str, &str, &str)> {
    let mut rest = text;
    loop {
        let (_, after) = rest.split_once("-----BEGIN ")?;
        let (label, after) = after.split_once("-----")?;
        let (inside, after) = after.split_once(&format!("-----END {label}-----"))?;
        if wanted(label) {
            return Some((label, inside, after));
        }
        rest = after;
    }
}

/// The `Name: value` lines in front, and the base64 behind them.
fn split_headers(inside: &str) -> (Vec<(&str, &str)>, String) {
    let mut headers = Vec::new();
    let mut body = String::new();
    for line in inside.lines() {
        match line.split_once(": ") {
            Some((name, value)) => headers.push((name.trim(), value.trim())),
            None => body.push_str(line.trim()),
        }
    }
    (headers, body)
}

/// Cipher and initialisation vector of a traditionally encrypted key.
fn dek_info<'a>(headers: &[(&str, &'a str)]) -> Option<(&'a str, &'a str)> {
    let (_, value) = headers.iter().find(|(name, _)| *name == "DEK-Info")?;
    value.split_once(',')
}

/// Undoes OpenSSL's traditional encryption: key by `EVP_BytesToKey` with MD5 and one round, salted with the vector's first 8 bytes.
fn traditional(cipher: &str, iv: &str, passphrase: &str, bytes: &[u8], source: &str) -> Result<Vec<u8>, Trouble> {
    let iv = hex(iv).ok_or_else(|| errors::not_a_key(source, "its `DEK-Info` is broken"))?;
    let salt = iv.get(..8).ok_or_else(|| errors::not_a_key(source, "its `DEK-Info` is broken"))?;
    let key = |length| bytes_to_key(passphrase.as_bytes(), salt, length);
    let plain = match cipher.to_ascii_uppercase().as_str() {
        "AES-128-CBC" => decrypt::<cbc::Decryptor<Aes128>>(&key(16), &iv, bytes),
        "AES-192-CBC" => decrypt::<cbc::Decryptor<Aes192>>(&key(24), &iv, bytes),
        "AES-256-CBC" => decrypt::<cbc::Decryptor<Aes256>>(&key(32), &iv, bytes),
        "DES-EDE3-CBC" => decrypt::<cbc::Decryptor<TdesEde3>>(&key(24), &iv, bytes),
        other => return Err(errors::unsupported_encryption(source, other)),
    };
    // A wrong passphrase passes the padding check once in 256 times; what comes out is no sequence then.
    plain.filter(|plain| plain.first() == Some(&0x30)).ok_or_else(|| errors::wrong_passphrase(source))
}

fn decrypt<D: KeyIvInit + BlockModeDecrypt>(key: &[u8], iv: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    let mut buffer = bytes.to_vec();
    D::new_from_slices(key, iv).ok()?.decrypt_padded::<Pkcs7>(&mut buffer).ok().map(<[u8]>::to_vec)
}

fn bytes_to_key(passphrase: &[u8], salt: &[u8], length: usize) -> Vec<u8> {
    let mut key = Vec::new();
    let mut last = Vec::new();
    while key.len() < length {
        last = Md5::new().chain_update(&last).chain_update(passphrase).chain_update(salt).finalize().to_vec();
        key.extend_from_slice(&last);
    }
    key.truncate(length);
    key
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim().chars().map(|c| c.to_digit(16)).collect::<Option<Vec<_>>>()?;
    digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(high * 16 + low).ok(),
            _ => None,
        })
        .collect()
}

/// Undoes PBES2.
fn encrypted(bytes: &[u8], passphrase: &str, source: &str) -> Result<Vec<u8>, Trouble> {
    let info = EncryptedPrivateKeyInfoRef::try_from(bytes).map_err(|_| {
        let pkcs12 = bytes.windows(PKCS12_PBE.len()).any(|window| window == PKCS12_PBE);
        errors::unsupported_encryption(source, if pkcs12 { "PBES1" } else { "a scheme that is not known" })
    })?;
    if matches!(info.encryption_algorithm, pkcs5::EncryptionScheme::Pbes1(_)) {
        return Err(errors::unsupported_encryption(source, "PBES1"));
    }
    match info.encryption_algorithm.decrypt(passphrase, info.encrypted_data.as_bytes()) {
        Ok(plain) if plain.first() == Some(&0x30) => Ok(plain),
        Ok(_) | Err(pkcs5::Error::DecryptFailed) => Err(errors::wrong_passphrase(source)),
        Err(error) => Err(errors::unsupported_encryption(source, &format!("a scheme that is not known ({error})"))),
    }
}
