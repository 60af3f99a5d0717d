//! Fresh RSA keys of 2048 bits, for sessions of instance principals.

use crypto_bigint::BoxedUint;
use crypto_primes::hazmat::SmallFactorsSieve;
use crypto_primes::{Flavor, is_prime};
use num_bigint::BigUint;
use ring::rand::{SecureRandom, SystemRandom};
use ring::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use std::num::NonZeroU32;

/// Half of the key.
const PRIME_BYTES: usize = 128;
const EXPONENT: u32 = 65_537;

/// Makes a key. `None` only where the system provides no random numbers.
pub(super) fn make() -> Option<KeyPair> {
    // `ring` signs with RSA keys and makes none.
    loop {
        let (p, q) = (prime()?, prime()?);
        // Fails for equal primes, and for the one prime in 65,537 that does not go with the exponent.
        if let Some(pair) = pair(p, q) {
            return Some(pair);
        }
    }
}

/// A random prime. Its two highest bits are set, so that the product of two has 2048 bits.
fn prime() -> Option<BigUint> {
    loop {
        let bits = NonZeroU32::new(PRIME_BYTES as u32 * 8)?;
        let mut bytes = [0; PRIME_BYTES];
        SystemRandom::new().fill(&mut bytes).ok()?;
        let [first, ..] = &mut bytes;
        *first |= 0b1100_0000;
        let start = BoxedUint::from_be_slice(&bytes, bits.get()).ok()?;
        let mut candidates = SmallFactorsSieve::new(start, bits, false).ok()?;
        if let Some(prime) = candidates.find(|candidate| is_prime(Flavor::Any, candidate)) {
            return Some(BigUint::from_bytes_be(&prime.to_be_bytes()));
        }
    }
}

/// The key of two primes, checked by `ring`.
fn pair(p: BigUint, q: BigUint) -> Option<KeyPair> {
    let (p, q) = if p > q { (p, q) } else { (q, p) };
    let (before_p, before_q) = (&p - 1_u32, &q - 1_u32);
    let d = BigUint::from(EXPONENT).modinv(&(&before_p * &before_q))?;
    let components = KeyPairComponents {
        public_key: PublicKeyComponents {
            n: (&p * &q).to_bytes_be(),
            e: EXPONENT.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect(),
        },
        dP: (&d % &before_p).to_bytes_be(),
        dQ: (&d % &before_q).to_bytes_be(),
        qInv: q.modinv(&p)?.to_bytes_be(),
        d: d.to_bytes_be(),
        p: p.to_bytes_be(),
        q: q.to_bytes_be(),
    };
    KeyPair::from_components(&components).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};

    #[test]
    fn a_fresh_key_signs_and_is_like_no_other() {
        let (one, other) = (make().unwrap(), make().unwrap());
        assert_eq!(one.public().modulus_len(), 256);
        assert_ne!(one.public().as_ref(), other.public().as_ref());
        let mut signature = vec![0; 256];
        one.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), b"text", &mut signature).unwrap();
        let verify = |pair: &KeyPair| UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public()).verify(b"text", &signature);
        assert!(verify(&one).is_ok() && verify(&other).is_err());
    }
}
