//! An instance principal that acts for a user, as in Oracle's Cloud Shell: it sends the user's delegation token in a signed header of each
//! request.
//!
//! Source: `instance_principals_delegation_token_signer.py` of Oracle's Python SDK, `get_instance_principal_signer` of the OCI CLI.

use super::credentials::Credentials;
use super::exchange;
use super::files;
use super::instance::{self, ComputeInstance};
use super::profile::Profile;
use super::signer::{Renew, Signer};
use super::token;
use crate::live::AuditRequest;
use crate::live::tenancy::fault::LiveError;
use crate::live::tenancy::wire::is_ocid;
use std::path::{Path, PathBuf};

/// An instance and the file with the user's delegation token.
struct Delegation<'a> {
    request: &'a AuditRequest,
    instance: ComputeInstance<'a>,
    file: PathBuf,
}

/// The credentials of the user whose delegation token the profile names. The tenancy is the user's, as the instance can belong to Oracle.
///
/// # Errors
/// The token is missing or expired, or this is not an OCI instance.
pub(super) fn user_credentials<'a>(
    request: &'a AuditRequest,
    profile: &Profile,
    warn: &mut dyn FnMut(String),
) -> Result<Credentials<'a>, LiveError> {
    let missing = |name, variable| LiveError::MissingValue { name, of: profile.source(), variable };
    let file = profile.value("delegation_token_file").ok_or_else(|| missing("delegation_token_file", "OCI_CLI_DELEGATION_TOKEN_FILE"))?;
    let file = request.expand(file);
    let token = read(request, &file, warn)?;
    let tenancy = match profile.value("tenancy") {
        Some(ocid) if is_ocid(ocid) => ocid.to_owned(),
        Some(_) => return Err(LiveError::NotAnOcid { name: "tenancy", of: profile.source() }),
        None => {
            let tenancy = token::claims(&token).and_then(|claims| claims.tenancy().map(str::to_owned));
            tenancy.ok_or_else(|| missing("tenancy", "OCI_CLI_TENANCY"))?
        }
    };
    let (instance, session) = instance::find(request)?;
    let region = profile.value("region").unwrap_or(instance.region()).to_owned();
    let source = format!("the delegation token of {}", profile.source());
    let signer = with_delegation(session.signer, token);
    Ok(Credentials::new(signer, tenancy, Some(region), source).with_profile(profile).with_renewal(Box::new(Delegation {
        request,
        instance,
        file,
    })))
}

/// Reads the token from its file, which Cloud Shell replaces from time to time.
fn read(request: &AuditRequest, file: &Path, warn: &mut dyn FnMut(String)) -> Result<String, LiveError> {
    let text = files::read_secret(request, "the delegation token", file, warn)?;
    let token = text.trim().to_owned();
    let shown = file.display().to_string();
    // The token is sent in a header: a line break in it would start another header.
    let is_header_value = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    let claims = token::claims(&token).filter(|_| is_header_value).ok_or_else(|| LiveError::NotADelegationToken(shown.clone()))?;
    match claims.expires() {
        Some(when) if when <= exchange::now(request) => Err(LiveError::ExpiredDelegation { of: shown, when }),
        _ => Ok(token),
    }
}

fn with_delegation(signer: Signer, token: String) -> Signer {
    let token_expires = token::claims(&token).and_then(|claims| claims.expires());
    let earlier = |signer_expires| token_expires.map_or(signer_expires, |token_expires: jiff::Timestamp| token_expires.min(signer_expires));
    Signer { renew_at: signer.renew_at.map(earlier), delegation: Some(token), ..signer }
}

impl Renew for Delegation<'_> {
    fn renew(&self) -> Result<Signer, LiveError> {
        let token = read(self.request, &self.file, &mut |_| {})?;
        Ok(with_delegation(self.instance.session()?.signer, token))
    }
}
