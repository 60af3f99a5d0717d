//! An instance that asks on behalf of a user, as Oracle's Cloud Shell does: an instance principal that sends the user's delegation token
//! with each request, signed.
//!
//! Source: `instance_principals_delegation_token_signer.py` of Oracle's Python SDK, `get_instance_principal_signer` of its command line.

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

/// The user's delegation on an instance.
struct Delegation<'a> {
    request: &'a AuditRequest,
    instance: ComputeInstance<'a>,
    file: PathBuf,
}

/// Credentials of the user whose delegation token the profile names. The tenancy is the user's: the instance may belong to Oracle.
///
/// # Errors
/// There is no token, it is over, or this is not an instance of OCI.
pub(super) fn of_user<'a>(
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
    let signer = with(session.signer, token);
    Ok(Credentials::new(signer, tenancy, Some(region), source).of_profile(profile).renewed_by(Box::new(Delegation {
        request,
        instance,
        file,
    })))
}

/// Reads the token; its owner replaces it from time to time.
fn read(request: &AuditRequest, file: &Path, warn: &mut dyn FnMut(String)) -> Result<String, LiveError> {
    let text = files::read_secret(request, "the delegation token", file, warn)?;
    let token = text.trim().to_owned();
    let shown = file.display().to_string();
    // The token is sent as a header: a line end in it would begin another one.
    let is_header = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    let claims = token::claims(&token).filter(|_| is_header).ok_or_else(|| LiveError::NotADelegationToken(shown.clone()))?;
    match claims.expires() {
        Some(when) if when <= exchange::now(request) => Err(LiveError::ExpiredDelegation { of: shown, when }),
        _ => Ok(token),
    }
}

fn with(signer: Signer, token: String) -> Signer {
    let theirs = token::claims(&token).and_then(|claims| claims.expires());
    let sooner = |ours| theirs.map_or(ours, |theirs: jiff::Timestamp| theirs.min(ours));
    Signer { renew_at: signer.renew_at.map(sooner), delegation: Some(token), ..signer }
}

impl Renew for Delegation<'_> {
    fn renew(&self) -> Result<Signer, LiveError> {
        let token = read(self.request, &self.file, &mut |_| {})?;
        Ok(with(self.instance.session()?.signer, token))
    }
}
