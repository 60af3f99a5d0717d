//! Credentials: a signer, the tenancy it belongs to, and how to renew its token.

use super::profile::Profile;
use super::signer::{Renew, Signer};
use crate::live::tenancy::fault::LiveError;
use jiff::Timestamp;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The credentials of an audit.
pub(crate) struct Credentials<'a> {
    /// Signs requests until its token is renewed.
    signer: Mutex<Arc<Signer>>,
    /// Gets the next token; `None` if the token cannot be renewed.
    renewal: Option<Box<dyn Renew + 'a>>,
    /// The tenancy's OCID.
    pub tenancy: String,
    /// The default region.
    pub region: Option<String>,
    /// Where they come from, for messages: "profile `ADMIN` of /home/a/.oci/config".
    pub source: String,
    /// The name of the profile, if they come from one.
    pub profile: Option<String>,
}

impl<'a> Credentials<'a> {
    /// Credentials that cannot be renewed.
    pub(crate) fn new(signer: Signer, tenancy: String, region: Option<String>, source: String) -> Self {
        Self { signer: Mutex::new(Arc::new(signer)), renewal: None, tenancy, region, source, profile: None }
    }

    /// Adds the name of the profile that they come from.
    pub(crate) fn with_profile(self, profile: &Profile) -> Self {
        Self { profile: profile.name().map(str::to_owned), ..self }
    }

    /// Adds a way to renew the token.
    pub(crate) fn with_renewal(self, renewal: Box<dyn Renew + 'a>) -> Self {
        Self { renewal: Some(renewal), ..self }
    }

    /// The signer to use at this time. Renews a token that is about to expire, if possible.
    ///
    /// # Errors
    /// The token cannot be renewed.
    pub(crate) fn signer(&self, now: Timestamp) -> Result<Arc<Signer>, LiveError> {
        let signer = Arc::clone(&self.signer.lock().unwrap_or_else(PoisonError::into_inner));
        if signer.renew_at.is_some_and(|time| time <= now) && self.is_renewable() { self.renew(&signer) } else { Ok(signer) }
    }

    /// Whether the token can be renewed.
    pub(crate) fn is_renewable(&self) -> bool {
        self.renewal.is_some()
    }

    /// Replaces a token that is no longer accepted. If another thread has already replaced it, returns that signer.
    ///
    /// # Errors
    /// The token cannot be renewed.
    pub(crate) fn renew(&self, stale: &Arc<Signer>) -> Result<Arc<Signer>, LiveError> {
        let mut current = self.signer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(renewal) = &self.renewal
            && Arc::ptr_eq(&current, stale)
        {
            *current = Arc::new(renewal.renew()?);
        }
        Ok(Arc::clone(&current))
    }
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("source", &self.source).field("tenancy", &self.tenancy).finish_non_exhaustive()
    }
}
