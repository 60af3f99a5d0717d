//! The private key that signs requests, and its fingerprint.

use super::pem::{self, KeyDer};
use super::session_key;
use crate::live::tenancy::fault::KeyError;
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, UintRef};
use der::{Decode, Encode, Reader, SliceReader};
use md5::{Digest, Md5};
use pkcs8::PrivateKeyInfoRef;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use std::fmt;
use std::ops::RangeInclusive;

/// `rsaEncryption` (RFC 8017, appendix A.1).
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// The sizes of a modulus, in bytes, that `ring` supports.
const MODULUS_BYTES: RangeInclusive<usize> = 256..=512;

/// An RSA key. Its debug form does not show it.
pub(crate) struct PrivateKey {
    pair: KeyPair,
    public_der: Vec<u8>,
}

impl PrivateKey {
    /// Reads a key from a PEM text.
    ///
    /// # Errors
    /// See [`pem::private_key`]; also if the key is not an RSA key of 2048 to 4096 bits.
    pub(crate) fn read(text: &str, passphrase: Option<&str>) -> Result<Self, KeyError> {
        let pair = match pem::private_key(text, passphrase)? {
            KeyDer::Pkcs1(der) => {
                // `ring` has one kind of error for all keys that it rejects, but users can fix the size.
                check_size(&der)?;
                KeyPair::from_der(&der)
            }
            KeyDer::Pkcs8(der) => {
                if let Ok(info) = PrivateKeyInfoRef::try_from(der.as_slice()) {
                    if info.algorithm.oid != RSA_ENCRYPTION {
                        return Err(KeyError::NotRsa);
                    }
                    check_size(info.private_key.as_bytes())?;
                }
                KeyPair::from_pkcs8(&der)
            }
        };
        // `ring` describes its other errors with a text only.
        Self::from_pair(pair.map_err(|_| KeyError::Invalid)?).map_err(|_| KeyError::Invalid)
    }

    fn from_pair(pair: KeyPair) -> der::Result<Self> {
        let algorithm = AlgorithmIdentifierRef { oid: RSA_ENCRYPTION, parameters: Some(AnyRef::NULL) };
        let subject_public_key = BitStringRef::from_bytes(pair.public().as_ref())?;
        let public_der = SubjectPublicKeyInfoRef { algorithm, subject_public_key }.to_der()?;
        Ok(Self { pair, public_der })
    }

    /// Generates a key of 2048 bits. `None` only if the system provides no random numbers.
    pub(crate) fn generate() -> Option<Self> {
        session_key::generate().and_then(|pair| Self::from_pair(pair).ok())
    }

    /// Signs with RSA PKCS#1 v1.5 and SHA-256. `None` only if the system provides no random numbers for blinding.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
        Some(signature)
    }

    /// The public key as SubjectPublicKeyInfo DER.
    pub(crate) fn public_der(&self) -> &[u8] {
        &self.public_der
    }

    /// The fingerprint as OCI shows it: MD5 of the public key's DER, as hexadecimal digits with colons.
    pub(crate) fn fingerprint(&self) -> String {
        colon_hex(&Md5::digest(&self.public_der))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(hidden)")
    }
}

/// Formats bytes as pairs of lower-case hexadecimal digits, separated by colons.
pub(crate) fn colon_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

/// Checks the size of the modulus, which follows the version in `RSAPrivateKey` (RFC 8017, appendix A.1.2). `ring` rejects invalid DER.
fn check_size(pkcs1: &[u8]) -> Result<(), KeyError> {
    let modulus = SliceReader::new(pkcs1).and_then(|mut reader| {
        reader.sequence(|key| {
            u8::decode(key)?;
            let modulus = UintRef::decode(key)?;
            key.drain(key.remaining_len())?;
            Ok::<_, der::Error>(modulus.as_bytes().len())
        })
    });
    match modulus {
        Ok(bytes) if bytes < *MODULUS_BYTES.start() => Err(KeyError::TooSmall),
        Ok(bytes) if bytes > *MODULUS_BYTES.end() => Err(KeyError::TooLarge),
        Ok(_) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENCRYPTED: [(&str, &str); 8] = [
        ("trad_aes128", include_str!("../../../../testdata/live/vectors/trad_aes128.pem")),
        ("trad_aes256", include_str!("../../../../testdata/live/vectors/trad_aes256.pem")),
        ("trad_des3", include_str!("../../../../testdata/live/vectors/trad_des3.pem")),
        ("p8_aes256_sha256", include_str!("../../../../testdata/live/vectors/p8_aes256_sha256.pem")),
        ("p8_aes128_sha1", include_str!("../../../../testdata/live/vectors/p8_aes128_sha1.pem")),
        ("p8_des3", include_str!("../../../../testdata/live/vectors/p8_des3.pem")),
        ("p8_scrypt", include_str!("../../../../testdata/live/vectors/p8_scrypt.pem")),
        ("p8_pbes1_3des", include_str!("../../../../testdata/live/vectors/p8_pbes1_3des.pem")),
    ];
    const PLAIN: [&str; 3] = [
        include_str!("../../../../testdata/live/vectors/pkcs1.pem"),
        include_str!("../../../../testdata/live/vectors/pkcs8.pem"),
        include_str!("../../../../testdata/live/vectors/p8_label.pem"),
    ];
    const FINGERPRINT: &str = include_str!("../../../../testdata/live/vectors/fingerprint.txt");

    #[test]
    fn unencrypted_key_is_read_in_all_formats_and_ignores_a_passphrase() {
        for text in PLAIN {
            for passphrase in [None, Some("unused")] {
                let key = PrivateKey::read(text, passphrase).unwrap();
                assert_eq!(key.fingerprint(), FINGERPRINT.trim());
            }
            let windows = format!("a line before\r\n{}", text.replace('\n', "\r\n"));
            assert_eq!(PrivateKey::read(&windows, None).unwrap().fingerprint(), FINGERPRINT.trim());
        }
    }

    #[test]
    fn encrypted_key_needs_the_right_passphrase_in_all_formats() {
        for (name, text) in ENCRYPTED {
            let message = |passphrase| PrivateKey::read(text, passphrase).err().map(|error| error.to_string()).unwrap_or_default();
            assert_eq!(message(None), "is encrypted and there is no passphrase", "{name}");
            if name == "p8_pbes1_3des" {
                assert_eq!(message(Some("hunter2")), "is encrypted with PBES1, which kmslint does not read");
                continue;
            }
            assert_eq!(PrivateKey::read(text, Some("hunter2")).unwrap().fingerprint(), FINGERPRINT.trim(), "{name}");
            assert_eq!(message(Some("hunter3")), "cannot be decrypted: the passphrase is wrong", "{name}");
        }
    }

    #[test]
    fn text_without_a_valid_rsa_key_is_an_error() {
        for (text, why) in [
            ("", "it has no `-----BEGIN … PRIVATE KEY-----` block"),
            ("-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----", "what is between BEGIN and END is not base64"),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "it is not a valid RSA key"),
            ("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----", "it is an elliptic curve key, and OCI signs with RSA"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "it has no `-----BEGIN … PRIVATE KEY-----` block"),
        ] {
            let error = PrivateKey::read(text, None).err().unwrap();
            assert_eq!(error.to_string(), format!("cannot be read: {why}"));
        }
    }

    #[test]
    fn unsupported_key_is_rejected_with_a_specific_error() {
        for (text, error) in [
            (include_str!("../../../../testdata/live/vectors/small.pem"), KeyError::TooSmall),
            (include_str!("../../../../testdata/live/vectors/large.pem"), KeyError::TooLarge),
            (include_str!("../../../../testdata/live/vectors/ec_pkcs8.pem"), KeyError::NotRsa),
        ] {
            assert_eq!(PrivateKey::read(text, None).err(), Some(error));
        }
    }

    #[test]
    fn debug_form_hides_the_key() {
        let key = PrivateKey::read(PLAIN[0], None).unwrap();
        assert_eq!(format!("{key:?}"), "PrivateKey(hidden)");
    }
}
