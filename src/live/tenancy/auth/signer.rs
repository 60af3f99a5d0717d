//! What a request is signed with.

use crate::live::tenancy::crypto::key::PrivateKey;
use crate::live::tenancy::fault::LiveError;
use jiff::{SignedDuration, Timestamp};

/// How long before its end a token is replaced. Source: `federation_client.py` of Oracle's Python SDK.
const EARLY: SignedDuration = SignedDuration::from_secs(60);

/// What a request is signed with.
pub(crate) struct Signer {
    /// `keyId` of the signature: `TENANCY/USER/FINGERPRINT` or `ST$TOKEN`. Secret in the second form.
    pub key_id: String,
    /// The key.
    pub key: PrivateKey,
    /// When the token expires.
    pub expires: Option<Timestamp>,
    /// When it should be replaced, where there can be a next one.
    pub renew_at: Option<Timestamp>,
    /// The token of the user on whose behalf an instance asks: `opc-obo-token`. Secret.
    pub delegation: Option<String>,
}

/// Where the next token comes from.
pub(crate) trait Renew: Send + Sync {
    /// A fresh token.
    ///
    /// # Errors
    /// There is none.
    fn renew(&self) -> Result<Signer, LiveError>;
}

impl Signer {
    /// A user's API key.
    pub(crate) fn of_user(key_id: String, key: PrivateKey) -> Self {
        Self { key_id, key, expires: None, renew_at: None, delegation: None }
    }

    /// A session's token and its key.
    pub(crate) fn of_session(token: &str, key: PrivateKey, expires: Option<Timestamp>) -> Self {
        let renew_at = expires.and_then(|expires| expires.checked_sub(EARLY).ok());
        Self { key_id: format!("ST${}", token.trim()), key, expires, renew_at, delegation: None }
    }

    /// Whether it is a session's, not a user's.
    pub(crate) fn is_token(&self) -> bool {
        self.key_id.starts_with("ST$")
    }
}
