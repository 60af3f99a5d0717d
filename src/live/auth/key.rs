//! The private key that signs, and its fingerprint.

use super::pem::{self, Der};
use super::session_key;
use crate::live::errors::{self, Trouble};
use md5::{Digest, Md5};
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use std::fmt;

/// `SEQUENCE { OID rsaEncryption, NULL }`.
const RSA_ALGORITHM: [u8; 15] = [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/// An RSA key. It is never shown.
pub struct PrivateKey {
    pair: KeyPair,
}

impl PrivateKey {
    /// Reads a PEM text; `source` names it in errors: "/home/a/.oci/key.pem", "of `OCI_CLI_KEY_CONTENT`".
    ///
    /// # Errors
    /// As [`pem::read`], and a key that is not RSA of at least 2048 bits.
    pub fn read(text: &str, passphrase: Option<&str>, source: &str) -> Result<Self, Trouble> {
        let pair = match pem::read(text, passphrase, source)? {
            Der::Pkcs1(der) => KeyPair::from_der(&der),
            Der::Pkcs8(der) => KeyPair::from_pkcs8(&der),
        };
        let pair = pair.map_err(|why| {
            errors::not_a_key(
                source,
                match why.to_string().as_str() {
                    "TooSmall" => "it has less than 2048 bits",
                    "TooLarge" => "it has more than 4096 bits",
                    "WrongAlgorithm" => "it is not an RSA key",
                    _ => "it is not a valid RSA key",
                },
            )
        })?;
        Ok(Self { pair })
    }

    /// Makes a key of 2048 bits. `None` only where the system gives no random numbers.
    pub fn fresh() -> Option<Self> {
        session_key::make().map(|pair| Self { pair })
    }

    /// RSA PKCS#1 v1.5 with SHA-256. `None` only where the system gives no random numbers for blinding.
    pub fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
        Some(signature)
    }

    /// The public half as SubjectPublicKeyInfo DER.
    pub fn public_der(&self) -> Vec<u8> {
        let public = self.pair.public().as_ref();
        let bits = tagged(0x03, &[&[0], public]);
        tagged(0x30, &[&RSA_ALGORITHM, &bits])
    }

    /// The fingerprint as OCI shows it: MD5 of the public half, pairs of hexadecimal digits with colons.
    pub fn fingerprint(&self) -> String {
        colons(&Md5::digest(self.public_der()))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(hidden)")
    }
}

/// Pairs of lower-case hexadecimal digits with colons between them.
pub fn colons(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

/// A DER value, taken apart.
pub struct Value<'a> {
    /// Its tag.
    pub tag: u8,
    /// What is in it.
    pub content: &'a [u8],
    /// Tag, length and content.
    pub whole: &'a [u8],
    /// What follows it.
    pub rest: &'a [u8],
}

/// Reads the first DER value of some bytes. `None`: there is none, or it is longer than they are.
pub fn der(bytes: &[u8]) -> Option<Value<'_>> {
    let (&tag, after) = bytes.split_first()?;
    let (&first, after) = after.split_first()?;
    let (length, after) = if first < 0x80 {
        (usize::from(first), after)
    } else {
        let (digits, after) = after.split_at_checked(usize::from(first & 0x7f)).filter(|(digits, _)| (1..=4).contains(&digits.len()))?;
        (digits.iter().fold(0, |length, digit| (length << 8) | usize::from(*digit)), after)
    };
    let (content, rest) = after.split_at_checked(length)?;
    let whole = bytes.get(..bytes.len() - rest.len())?;
    Some(Value { tag, content, whole, rest })
}

/// Writes a DER value.
fn tagged(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = vec![tag];
    let bytes = length.to_be_bytes();
    let digits: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
    if length >= 0x80 {
        out.push(0x80 | u8::try_from(digits.len()).unwrap_or(0));
        out.extend(digits);
    } else {
        out.push(u8::try_from(length).unwrap_or(0));
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMS: [(&str, &str); 8] = [
        ("trad_aes128", include_str!("../../../testdata/live/vectors/trad_aes128.pem")),
        ("trad_aes256", include_str!("../../../testdata/live/vectors/trad_aes256.pem")),
        ("trad_des3", include_str!("../../../testdata/live/vectors/trad_des3.pem")),
        ("p8_aes256_sha256", include_str!("../../../testdata/live/vectors/p8_aes256_sha256.pem")),
        ("p8_aes128_sha1", include_str!("../../../testdata/live/vectors/p8_aes128_sha1.pem")),
        ("p8_des3", include_str!("../../../testdata/live/vectors/p8_des3.pem")),
        ("p8_scrypt", include_str!("../../../testdata/live/vectors/p8_scrypt.pem")),
        ("p8_pbes1_3des", include_str!("../../../testdata/live/vectors/p8_pbes1_3des.pem")),
    ];
    const PLAIN: [&str; 3] = [
        include_str!("../../../testdata/live/vectors/pkcs1.pem"),
        include_str!("../../../testdata/live/vectors/pkcs8.pem"),
        include_str!("../../../testdata/live/vectors/p8_label.pem"),
    ];
    const FINGERPRINT: &str = include_str!("../../../testdata/live/vectors/fingerprint.txt");

    #[test]
    fn every_plain_form_is_the_same_key_with_or_without_a_passphrase() {
        for text in PLAIN {
            for passphrase in [None, Some("of no use")] {
                let key = PrivateKey::read(text, passphrase, "k").unwrap();
                assert_eq!(key.fingerprint(), FINGERPRINT.trim());
            }
            let windows = format!("a line before\r\n{}", text.replace('\n', "\r\n"));
            assert_eq!(PrivateKey::read(&windows, None, "k").unwrap().fingerprint(), FINGERPRINT.trim());
        }
    }

    #[test]
    fn every_encrypted_form_opens_with_its_passphrase_and_says_what_is_wrong_without() {
        for (name, text) in FORMS {
            let said = |passphrase| PrivateKey::read(text, passphrase, "k").err().map(|trouble| trouble.message).unwrap_or_default();
            assert_eq!(said(None), "the private key k is encrypted and there is no passphrase", "{name}");
            if name == "p8_pbes1_3des" {
                assert_eq!(said(Some("hunter2")), "the private key k is encrypted with PBES1, which kmslint does not read");
                continue;
            }
            assert_eq!(PrivateKey::read(text, Some("hunter2"), "k").unwrap().fingerprint(), FINGERPRINT.trim(), "{name}");
            assert_eq!(said(Some("hunter3")), "the private key k cannot be decrypted: the passphrase is wrong", "{name}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for (text, why) in [
            ("", "it has no `-----BEGIN … PRIVATE KEY-----` block"),
            ("-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----", "what is between BEGIN and END is not base64"),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "it is not a valid RSA key"),
            ("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----", "it is an elliptic curve key, and OCI signs with RSA"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "it has no `-----BEGIN … PRIVATE KEY-----` block"),
        ] {
            let trouble = PrivateKey::read(text, None, "k").err().unwrap();
            assert_eq!(trouble.message, format!("the private key k cannot be read: {why}"));
        }
    }

    #[test]
    fn a_key_is_never_shown() {
        let key = PrivateKey::read(PLAIN[0], None, "k").unwrap();
        assert_eq!(format!("{key:?}"), "PrivateKey(hidden)");
    }
}
