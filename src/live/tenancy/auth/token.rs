//! Session tokens: their expiry and their tenancy. Only the service verifies their signature.

use crate::live::tenancy::fault::LiveError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;

/// The claims that are read from a token.
#[derive(Default, Deserialize)]
pub(super) struct TokenClaims {
    // Times in a JWT are JSON numbers that can have a fraction (RFC 7519, section 2).
    exp: Option<f64>,
    tenant: Option<String>,
    res_tenant: Option<String>,
    opc_tenant: Option<String>,
}

impl TokenClaims {
    /// When the token expires.
    pub(super) fn expires(&self) -> Option<Timestamp> {
        self.exp.and_then(|seconds| Timestamp::from_second(seconds as i64).ok())
    }

    /// The OCID of the token's tenancy.
    pub(super) fn tenancy(&self) -> Option<&str> {
        [&self.res_tenant, &self.tenant, &self.opc_tenant].into_iter().flatten().map(String::as_str).find(|text| text.starts_with("ocid1."))
    }
}

/// Reads the payload of a JWT. `None` if the text is not a JWT.
pub(super) fn claims(token: &str) -> Option<TokenClaims> {
    let mut parts = token.trim().split('.');
    let (_, payload, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
        return None;
    };
    let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Checks that a token has not expired.
///
/// # Errors
/// The token has expired at this time.
pub(super) fn check_expiry(now: Timestamp, expires: Option<Timestamp>, of: &str, profile: Option<&str>) -> Result<(), LiveError> {
    match expires {
        Some(when) if when <= now => Err(LiveError::ExpiredToken { of: of.to_owned(), when, profile: profile.map(str::to_owned) }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiry_and_tenancy_are_read_without_verifying_the_signature() {
        let payload = URL_SAFE_NO_PAD.encode(r#"{"exp":1700000000,"res_tenant":"ocid1.tenancy.oc1..a","x":[1]}"#);
        let claims = claims(&format!("e30.{payload}.c2ln\n")).unwrap();
        assert_eq!(claims.expires().unwrap().to_string(), "2023-11-14T22:13:20Z");
        assert_eq!(claims.tenancy(), Some("ocid1.tenancy.oc1..a"));
        for broken in ["", "a.b", "a.b.c.d", "a.!.c", "<html>"] {
            assert!(super::claims(broken).is_none(), "{broken}");
        }
    }
}
