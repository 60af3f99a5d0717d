//! Resource principals: tokens that OCI hands to what runs inside of its services.

use super::credentials::Credentials;
use super::files::FILE_CAP;
use super::signer::Signer;
use super::token;
use crate::base::disk;
use crate::live::Request;
use crate::live::tenancy::crypto::key::PrivateKey;
use crate::live::tenancy::fault::LiveError;
use std::path::Path;

/// How errors name the token.
const TOKEN: &str = "`OCI_RESOURCE_PRINCIPAL_RPST`";

/// Resource principal 2.2: Functions, Data Science, jobs. Token and key are in the environment, or in files it names by absolute paths.
///
/// # Errors
/// Another version, something lacking or broken, or the token is over.
pub fn resource<'a>(request: &Request) -> Result<Credentials<'a>, LiveError> {
    const SOURCE: &str = "the resource principal of the environment";
    match request.var("OCI_RESOURCE_PRINCIPAL_VERSION") {
        Some("2.2") => {}
        Some(other) => return Err(LiveError::ResourcePrincipalVersion(other.to_owned())),
        None => return Err(LiveError::NoResourcePrincipal),
    }
    let token = literal_or_file(request, "OCI_RESOURCE_PRINCIPAL_RPST")?;
    let token = token.trim();
    let claims = token::claims(token).ok_or_else(|| LiveError::NotAToken(TOKEN.to_owned()))?;
    token::check_expiry(request.now, claims.expires(), &format!("of {TOKEN}"), None)?;
    let tenancy = claims.tenancy().ok_or_else(|| LiveError::NotAToken(TOKEN.to_owned()))?.to_owned();
    let pem = literal_or_file(request, "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM")?;
    let passphrase = match request.var("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE") {
        Some(_) => Some(literal_or_file(request, "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE")?),
        None => None,
    };
    let passphrase = passphrase.as_deref().map(|text| text.trim_end_matches(['\n', '\r']));
    let key = PrivateKey::read(&pem, passphrase)
        .map_err(|error| LiveError::Key { of: "of `OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM`".to_owned(), error })?;
    let region = request.var("OCI_RESOURCE_PRINCIPAL_REGION").map(str::to_owned);
    let signer = Signer { key_id: format!("ST${token}"), key, expires: claims.expires() };
    Ok(Credentials::new(signer, tenancy, region, SOURCE.to_owned()))
}

/// A variable's value, or the text of the file it names by an absolute path.
fn literal_or_file(request: &Request, variable: &'static str) -> Result<String, LiveError> {
    let value = request.var(variable).ok_or(LiveError::ResourcePrincipalVariable(variable))?;
    let path = Path::new(value);
    if !path.is_absolute() {
        return Ok(value.to_owned());
    }
    disk::read_text(path, FILE_CAP).map_err(|error| LiveError::Unreadable {
        what: format!("`{variable}`:"),
        path: path.to_path_buf(),
        error,
    })
}
