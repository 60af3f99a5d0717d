//! Who asks: a signer, whose tenancy it is, and where the next token comes from.

use super::profile::Profile;
use super::signer::{Renew, Signer};
use crate::live::tenancy::fault::LiveError;
use jiff::Timestamp;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Who asks.
pub(crate) struct Credentials<'a> {
    /// What requests are signed with now.
    signer: Mutex<Arc<Signer>>,
    /// Where the next token comes from, if there is a next one.
    next: Option<Box<dyn Renew + 'a>>,
    /// The tenancy's OCID.
    pub tenancy: String,
    /// The region to begin with.
    pub region: Option<String>,
    /// Where they are from, for people: "profile `ADMIN` of /home/a/.oci/config".
    pub source: String,
    /// The profile's name, where there is one.
    pub profile: Option<String>,
}

impl<'a> Credentials<'a> {
    /// Credentials that last as long as their token.
    pub(crate) fn new(signer: Signer, tenancy: String, region: Option<String>, source: String) -> Self {
        Self { signer: Mutex::new(Arc::new(signer)), next: None, tenancy, region, source, profile: None }
    }

    /// The same, found through a profile.
    pub(crate) fn of_profile(self, profile: &Profile) -> Self {
        Self { profile: profile.name().map(str::to_owned), ..self }
    }

    /// The same, with a source of further tokens.
    pub(crate) fn renewed_by(self, next: Box<dyn Renew + 'a>) -> Self {
        Self { next: Some(next), ..self }
    }

    /// What to sign with at this time. A token that is about to expire is replaced where that can be done.
    ///
    /// # Errors
    /// There is no new token.
    pub(crate) fn signer(&self, now: Timestamp) -> Result<Arc<Signer>, LiveError> {
        let signer = Arc::clone(&self.signer.lock().unwrap_or_else(PoisonError::into_inner));
        if signer.renew_at.is_some_and(|time| time <= now) && self.is_renewable() { self.renew(&signer) } else { Ok(signer) }
    }

    /// Whether there can be a new token.
    pub(crate) fn is_renewable(&self) -> bool {
        self.next.is_some()
    }

    /// Replaces a token that is no longer accepted. Whoever comes second gets what the first one got.
    ///
    /// # Errors
    /// There is no new token.
    pub(crate) fn renew(&self, stale: &Arc<Signer>) -> Result<Arc<Signer>, LiveError> {
        let mut current = self.signer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(next) = &self.next
            && Arc::ptr_eq(&current, stale)
        {
            *current = Arc::new(next.renew()?);
        }
        Ok(Arc::clone(&current))
    }
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("source", &self.source).field("tenancy", &self.tenancy).finish_non_exhaustive()
    }
}
