//! What a request is signed with.

use crate::live::tenancy::crypto::key::PrivateKey;
use jiff::Timestamp;

/// What a request is signed with.
pub struct Signer {
    /// `keyId` of the signature: `TENANCY/USER/FINGERPRINT` or `ST$TOKEN`. Secret in the second form.
    pub key_id: String,
    /// The key.
    pub key: PrivateKey,
    /// When the token expires.
    pub expires: Option<Timestamp>,
}

impl Signer {
    /// Whether it is a session's, not a user's.
    pub fn is_token(&self) -> bool {
        self.key_id.starts_with("ST$")
    }
}
