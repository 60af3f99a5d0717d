//! Reads private keys and certificates from PEM texts. Keys are PKCS#1 or PKCS#8, plain or encrypted, in the formats that OpenSSL 1 and 3,
//! the OCI console and the OCI CLI write.
//!
//! The framing is parsed by the crate `pem` and not by `pem-rfc7468`: that RFC has no headers, in which traditional encryption names its
//! cipher, and requires lines of equal length. Python's `cryptography`, which Oracle's tools read keys with, uses `pem` too.

use crate::live::tenancy::fault::KeyError;
use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Reader, SliceReader};
use des::TdesEde3;
use md5::{Digest, Md5};
use pem::{Pem, PemError};
use pkcs8::{EncryptedPrivateKeyInfoRef, pkcs5};
use spki::AlgorithmIdentifierRef;

/// The object identifier above all password-based schemes of PKCS#12, which `openssl pkcs8 -v1` and very old tools use.
const PKCS12_PBE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1");
/// The name in errors of a scheme that neither kmslint nor `pkcs8` recognizes.
const UNKNOWN_SCHEME: &str = "a scheme that is not known";

/// The DER in a PEM block.
pub(crate) enum KeyDer {
    /// `RSAPrivateKey`.
    Pkcs1(Vec<u8>),
    /// `PrivateKeyInfo`.
    Pkcs8(Vec<u8>),
}

/// Reads the first private key in a text. Text before and after it is skipped: Oracle recommends adding the line `OCI_API_KEY`.
/// The passphrase is ignored if the key is not encrypted, as in Oracle's SDKs.
///
/// # Errors
/// There is no valid key, the passphrase is missing or wrong, or the encryption is not supported.
pub(crate) fn private_key(text: &str, passphrase: Option<&str>) -> Result<KeyDer, KeyError> {
    let blocks = pem::parse_many(text).map_err(|error| match error {
        PemError::InvalidData(_) | PemError::InvalidHeader(_) | PemError::NotUtf8(_) => KeyError::NotBase64,
        PemError::MismatchedTags(..)
        | PemError::MalformedFraming
        | PemError::MissingBeginTag
        | PemError::MissingEndTag
        | PemError::MissingData => KeyError::NoBlock,
    })?;
    // The file can start with other blocks, such as a certificate or the public key.
    let block = blocks.into_iter().find(|block| block.tag().ends_with("PRIVATE KEY")).ok_or(KeyError::NoBlock)?;
    match block.tag() {
        "RSA PRIVATE KEY" => match block.headers().get("DEK-Info") {
            None => Ok(KeyDer::Pkcs1(block.into_contents())),
            Some(dek_info) => {
                let (cipher, iv) = dek_info.split_once(',').ok_or(KeyError::DekInfo)?;
                decrypt_traditional(cipher, iv, passphrase.ok_or(KeyError::NoPassphrase)?, block.contents()).map(KeyDer::Pkcs1)
            }
        },
        "PRIVATE KEY" => Ok(KeyDer::Pkcs8(block.into_contents())),
        "ENCRYPTED PRIVATE KEY" => decrypt_pbes2(block.contents(), passphrase.ok_or(KeyError::NoPassphrase)?).map(KeyDer::Pkcs8),
        "OPENSSH PRIVATE KEY" => Err(KeyError::OpenSsh),
        "EC PRIVATE KEY" => Err(KeyError::EllipticCurve),
        other => Err(KeyError::UnknownForm(other.to_owned())),
    }
}

/// The DER of all certificates in a text; empty if any block is invalid.
pub(crate) fn certificates(text: &str) -> Vec<Vec<u8>> {
    let blocks = pem::parse_many(text).unwrap_or_default();
    blocks.into_iter().filter(|block| block.tag() == "CERTIFICATE").map(Pem::into_contents).collect()
}

/// Decrypts OpenSSL's traditional encryption. The key is derived by `EVP_BytesToKey` with MD5, one round, and the first 8 bytes of the
/// initialization vector as its salt.
fn decrypt_traditional(cipher: &str, iv: &str, passphrase: &str, bytes: &[u8]) -> Result<Vec<u8>, KeyError> {
    let iv = decode_hex(iv).ok_or(KeyError::DekInfo)?;
    let salt = iv.get(..8).ok_or(KeyError::DekInfo)?;
    let key = |length| bytes_to_key(passphrase.as_bytes(), salt, length);
    let plain = match cipher.to_ascii_uppercase().as_str() {
        "AES-128-CBC" => decrypt::<cbc::Decryptor<Aes128>>(&key(16), &iv, bytes),
        "AES-192-CBC" => decrypt::<cbc::Decryptor<Aes192>>(&key(24), &iv, bytes),
        "AES-256-CBC" => decrypt::<cbc::Decryptor<Aes256>>(&key(32), &iv, bytes),
        "DES-EDE3-CBC" => decrypt::<cbc::Decryptor<TdesEde3>>(&key(24), &iv, bytes),
        other => return Err(KeyError::Encryption(other.to_owned())),
    };
    plain.filter(|plain| is_der(plain)).ok_or(KeyError::WrongPassphrase)
}

/// Whether decrypted bytes are a single DER value: about one wrong passphrase in 256 passes the padding check.
fn is_der(plain: &[u8]) -> bool {
    AnyRef::from_der(plain).is_ok()
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

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim().chars().map(|c| c.to_digit(16)).collect::<Option<Vec<_>>>()?;
    digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(high * 16 + low).ok(),
            _ => None,
        })
        .collect()
}

/// Decrypts PBES2.
fn decrypt_pbes2(bytes: &[u8], passphrase: &str) -> Result<Vec<u8>, KeyError> {
    let info = EncryptedPrivateKeyInfoRef::try_from(bytes).map_err(|_| {
        let is_pkcs12 = encryption_scheme(bytes).is_ok_and(|oid| oid.parent() == Some(PKCS12_PBE));
        KeyError::Encryption(if is_pkcs12 { "PBES1" } else { UNKNOWN_SCHEME }.to_owned())
    })?;
    if matches!(info.encryption_algorithm, pkcs5::EncryptionScheme::Pbes1(_)) {
        return Err(KeyError::Encryption("PBES1".to_owned()));
    }
    match info.encryption_algorithm.decrypt(passphrase, info.encrypted_data.as_bytes()) {
        Ok(plain) if is_der(&plain) => Ok(plain),
        Ok(_) | Err(pkcs5::Error::DecryptFailed) => Err(KeyError::WrongPassphrase),
        Err(error) => Err(KeyError::Encryption(format!("{UNKNOWN_SCHEME} ({error})"))),
    }
}

/// The algorithm of an `EncryptedPrivateKeyInfo` that `pkcs8` does not support.
fn encryption_scheme(bytes: &[u8]) -> der::Result<ObjectIdentifier> {
    SliceReader::new(bytes)?.sequence(|info| {
        let algorithm = AlgorithmIdentifierRef::decode(info)?;
        <&OctetStringRef>::decode(info)?;
        Ok(algorithm.oid)
    })
}
