//! Signers: the key that signs requests, and its id or token.

use crate::live::tenancy::crypto::key::PrivateKey;
use crate::live::tenancy::fault::LiveError;
use jiff::{SignedDuration, Timestamp};

/// How long before its expiry a token is renewed. Source: `federation_client.py` of Oracle's Python SDK.
const RENEW_BEFORE_EXPIRY: SignedDuration = SignedDuration::from_secs(60);

/// Signs requests.
pub(crate) struct Signer {
    /// The `keyId` of the signature: `TENANCY/USER/FINGERPRINT`, or `ST$TOKEN`, which is secret.
    pub key_id: String,
    /// The private key.
    pub key: PrivateKey,
    /// When the token expires.
    pub expires: Option<Timestamp>,
    /// When the token should be renewed, if it can be.
    pub renew_at: Option<Timestamp>,
    /// The delegation token of the user for whom an instance acts, sent as `opc-obo-token`. Secret.
    pub delegation: Option<String>,
}

/// Renews a token.
pub(crate) trait Renew: Send + Sync {
    /// Gets a signer with a new token.
    ///
    /// # Errors
    /// The service or the file does not provide a valid token.
    fn renew(&self) -> Result<Signer, LiveError>;
}

impl Signer {
    /// A signer with a user's API key.
    pub(crate) fn for_user(key_id: String, key: PrivateKey) -> Self {
        Self { key_id, key, expires: None, renew_at: None, delegation: None }
    }

    /// A signer with a session token and its key.
    pub(crate) fn for_session(token: &str, key: PrivateKey, expires: Option<Timestamp>) -> Self {
        let renew_at = expires.and_then(|expires| expires.checked_sub(RENEW_BEFORE_EXPIRY).ok());
        Self { key_id: format!("ST${}", token.trim()), key, expires, renew_at, delegation: None }
    }

    /// Whether it signs with a session token, and not with an API key.
    pub(crate) fn has_token(&self) -> bool {
        self.key_id.starts_with("ST$")
    }
}
