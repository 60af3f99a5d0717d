//! Generates RSA keys of 2048 bits for session tokens.

use crypto_bigint::BoxedUint;
use crypto_primes::hazmat::SmallFactorsSieve;
use crypto_primes::{Flavor, is_prime};
use num_bigint::BigUint;
use ring::rand::{SecureRandom, SystemRandom};
use ring::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use std::num::NonZeroU32;

/// The size of a prime: half of the modulus.
const PRIME_BYTES: usize = 128;
const EXPONENT: u32 = 65_537;

/// Generates a key. `None` only if the system provides no random numbers.
pub(super) fn generate() -> Option<KeyPair> {
    // `ring` cannot generate RSA keys.
    loop {
        let (p, q) = (random_prime()?, random_prime()?);
        // Fails for equal primes, and for a prime p with p - 1 divisible by the exponent (one in 65,537).
        if let Some(pair) = key_pair(p, q) {
            return Some(pair);
        }
    }
}

/// A random prime. Its two highest bits are set, so that the product of two primes has 2048 bits.
fn random_prime() -> Option<BigUint> {
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

/// Computes the key for two primes. `ring` validates it.
fn key_pair(p: BigUint, q: BigUint) -> Option<KeyPair> {
    let (p, q) = if p > q { (p, q) } else { (q, p) };
    let (p_minus_1, q_minus_1) = (&p - 1_u32, &q - 1_u32);
    let d = BigUint::from(EXPONENT).modinv(&(&p_minus_1 * &q_minus_1))?;
    let components = KeyPairComponents {
        public_key: PublicKeyComponents {
            n: (&p * &q).to_bytes_be(),
            e: EXPONENT.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect(),
        },
        dP: (&d % &p_minus_1).to_bytes_be(),
        dQ: (&d % &q_minus_1).to_bytes_be(),
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
    fn generated_keys_sign_and_differ() {
        let (one, other) = (generate().unwrap(), generate().unwrap());
        assert_eq!(one.public().modulus_len(), 256);
        assert_ne!(one.public().as_ref(), other.public().as_ref());
        let mut signature = vec![0; 256];
        one.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), b"text", &mut signature).unwrap();
        let verify = |pair: &KeyPair| UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public()).verify(b"text", &signature);
        assert!(verify(&one).is_ok() && verify(&other).is_err());
    }
}
