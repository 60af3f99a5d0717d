//! `rsadecrypt`: PKCS #1 v1.5 with a private key in PEM, PKCS #1 or PKCS #8.

use super::base_64;
use super::row::FunctionError;
use num_bigint::BigUint;

/// The supported key sizes, in bits. Go rejects smaller keys by default; larger ones take too long.
const KEY_BITS: std::ops::RangeInclusive<u64> = 1024..=8192;

/// Decrypts a text that was encrypted with the public key. `work` pays for the arithmetic, in elements looked at.
pub(super) fn decrypt(encrypted: &str, pem: &str, work: impl FnOnce(u64) -> Result<(), FunctionError>) -> Result<String, FunctionError> {
    let encrypted = base_64::decode(encrypted).ok_or("failed to decode input: cipher text must be base64-encoded")?;
    let key = RsaPrivateKey::parse(pem).ok_or("invalid private key")?;
    let bits = key.modulus.bits();
    if !KEY_BITS.contains(&bits) || key.exponent.bits() > bits {
        return Err(FunctionError::Unknown("keys of this size are not supported here".into()));
    }
    // One multiplication for each bit of the exponent, each in time quadratic in the key size.
    work(bits * bits * key.exponent.bits() / (1 << 17))?;
    let size = usize::try_from(bits.div_ceil(8)).map_err(|_| FunctionError::too_large())?;
    let number = BigUint::from_bytes_be(&encrypted);
    if encrypted.len() > size || number >= key.modulus {
        return Err("failed to decrypt: decryption error".into());
    }
    let decrypted = number.modpow(&key.exponent, &key.modulus).to_bytes_be();
    // `00 02`, at least eight nonzero bytes, a zero, and the text. The number has lost its leading zero.
    let text = match decrypted.as_slice() {
        [2, padded @ ..] if decrypted.len() + 1 == size => padded.iter().position(|byte| *byte == 0).filter(|at| *at >= 8),
        _ => None,
    };
    let text = text.and_then(|at| decrypted.get(at + 2..)).ok_or("failed to decrypt: decryption error")?;
    String::from_utf8(text.to_vec()).map_err(|_| FunctionError::Unknown("the decrypted text is not UTF-8".into()))
}

struct RsaPrivateKey {
    modulus: BigUint,
    exponent: BigUint,
}

impl RsaPrivateKey {
    fn parse(pem: &str) -> Option<Self> {
        let (_, rest) = pem.split_once("-----BEGIN ")?;
        let (kind, rest) = rest.split_once("-----")?;
        let (body, _) = rest.split_once(&format!("-----END {kind}-----"))?;
        // Headers make this fail. They mean that the key is encrypted, and Terraform rejects such keys.
        let der = base_64::decode(&body.split_whitespace().collect::<String>())?;
        match kind {
            "RSA PRIVATE KEY" => Self::from_der(&der),
            "PRIVATE KEY" => {
                let (mut fields, _) = element(&der, SEQUENCE)?;
                for tag in [INTEGER, SEQUENCE] {
                    fields = element(fields, tag)?.1;
                }
                Self::from_der(element(fields, OCTETS)?.0)
            }
            _ => None,
        }
    }

    /// `RSAPrivateKey` of RFC 8017: version, modulus, public and private exponent, two primes, and numbers that speed up decryption.
    fn from_der(der: &[u8]) -> Option<Self> {
        let (mut fields, _) = element(der, SEQUENCE)?;
        let mut numbers = Vec::with_capacity(6);
        for _ in 0..6 {
            let (number, rest) = element(fields, INTEGER)?;
            numbers.push(BigUint::from_bytes_be(number));
            fields = rest;
        }
        let [_, modulus, _, exponent, first, second] = numbers.as_slice() else { return None };
        // Go validates a key before it uses it, and rejects one whose modulus is not the product of its primes.
        (first * second == *modulus).then(|| Self { modulus: modulus.clone(), exponent: exponent.clone() })
    }
}

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// The contents of the first DER element, which must have this tag, and the rest.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match der {
        [first, length @ 0..=0x7f, rest @ ..] if *first == tag => (usize::from(*length), rest),
        [first, 0x81, length, rest @ ..] if *first == tag => (usize::from(*length), rest),
        [first, 0x82, high, low, rest @ ..] if *first == tag => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        _ => return None,
    };
    rest.split_at_checked(length)
}
