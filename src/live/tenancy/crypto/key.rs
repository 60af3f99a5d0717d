//! The private key that signs, and its fingerprint.

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
/// The sizes of a modulus in bytes that `ring` signs with.
const SIZES: RangeInclusive<usize> = 256..=512;

/// An RSA key. It is never shown.
pub(crate) struct PrivateKey {
    pair: KeyPair,
    public_der: Vec<u8>,
}

impl PrivateKey {
    /// Reads a PEM text.
    ///
    /// # Errors
    /// As [`pem::private_key`], and a key that is not RSA of 2048 to 4096 bits.
    pub(crate) fn read(text: &str, passphrase: Option<&str>) -> Result<Self, KeyError> {
        let pair = match pem::private_key(text, passphrase)? {
            KeyDer::Pkcs1(der) => {
                // `ring` gives every key that it does not accept the same kind of error; the size is what users can do something about.
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
        // What `ring` refuses beyond these has a wording and no kind.
        Self::of(pair.map_err(|_| KeyError::Invalid)?).map_err(|_| KeyError::Invalid)
    }

    fn of(pair: KeyPair) -> der::Result<Self> {
        let algorithm = AlgorithmIdentifierRef { oid: RSA_ENCRYPTION, parameters: Some(AnyRef::NULL) };
        let subject_public_key = BitStringRef::from_bytes(pair.public().as_ref())?;
        let public_der = SubjectPublicKeyInfoRef { algorithm, subject_public_key }.to_der()?;
        Ok(Self { pair, public_der })
    }

    /// Makes a key of 2048 bits. `None` only where the system provides no random numbers.
    pub(crate) fn fresh() -> Option<Self> {
        session_key::make().and_then(|pair| Self::of(pair).ok())
    }

    /// RSA PKCS#1 v1.5 with SHA-256. `None` only where the system provides no random numbers for blinding.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
        Some(signature)
    }

    /// The public half as SubjectPublicKeyInfo DER.
    pub(crate) fn public_der(&self) -> &[u8] {
        &self.public_der
    }

    /// The fingerprint as OCI shows it: MD5 of the public half, pairs of hexadecimal digits with colons.
    pub(crate) fn fingerprint(&self) -> String {
        colons(&Md5::digest(&self.public_der))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(hidden)")
    }
}

/// Pairs of lower-case hexadecimal digits with colons between them.
pub(crate) fn colons(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

/// `RSAPrivateKey` begins with its version and the modulus (RFC 8017, appendix A.1.2). What is not one is left to `ring`.
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
        Ok(bytes) if bytes < *SIZES.start() => Err(KeyError::TooSmall),
        Ok(bytes) if bytes > *SIZES.end() => Err(KeyError::TooLarge),
        Ok(_) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMS: [(&str, &str); 8] = [
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
    fn every_plain_form_is_the_same_key_with_or_without_a_passphrase() {
        for text in PLAIN {
            for passphrase in [None, Some("of no use")] {
                let key = PrivateKey::read(text, passphrase).unwrap();
                assert_eq!(key.fingerprint(), FINGERPRINT.trim());
            }
            let windows = format!("a line before\r\n{}", text.replace('\n', "\r\n"));
            assert_eq!(PrivateKey::read(&windows, None).unwrap().fingerprint(), FINGERPRINT.trim());
        }
    }

    #[test]
    fn every_encrypted_form_opens_with_its_passphrase_and_says_what_is_wrong_without() {
        for (name, text) in FORMS {
            let said = |passphrase| PrivateKey::read(text, passphrase).err().map(|error| error.to_string()).unwrap_or_default();
            assert_eq!(said(None), "is encrypted and there is no passphrase", "{name}");
            if name == "p8_pbes1_3des" {
                assert_eq!(said(Some("hunter2")), "is encrypted with PBES1, which kmslint does not read");
                continue;
            }
            assert_eq!(PrivateKey::read(text, Some("hunter2")).unwrap().fingerprint(), FINGERPRINT.trim(), "{name}");
            assert_eq!(said(Some("hunter3")), "cannot be decrypted: the passphrase is wrong", "{name}");
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
            let error = PrivateKey::read(text, None).err().unwrap();
            assert_eq!(error.to_string(), format!("cannot be read: {why}"));
        }
    }

    #[test]
    fn keys_that_cannot_sign_are_refused_by_what_they_are() {
        for (text, error) in [
            (include_str!("../../../../testdata/live/vectors/small.pem"), KeyError::TooSmall),
            (include_str!("../../../../testdata/live/vectors/large.pem"), KeyError::TooLarge),
            (include_str!("../../../../testdata/live/vectors/ec_pkcs8.pem"), KeyError::NotRsa),
        ] {
            assert_eq!(PrivateKey::read(text, None).err(), Some(error));
        }
    }

    #[test]
    fn a_key_is_never_shown() {
        let key = PrivateKey::read(PLAIN[0], None).unwrap();
        assert_eq!(format!("{key:?}"), "PrivateKey(hidden)");
    }
}
