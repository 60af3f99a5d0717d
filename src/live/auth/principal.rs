//! Resource principals: tokens that OCI hands to what runs inside of its services.

use super::key::PrivateKey;
use super::{Credentials, FILE_CAP, Signer, check_expiry, token};
use crate::base::disk;
use crate::live::errors::{self, Trouble};
use crate::live::request::Request;
use std::path::Path;

/// Resource principal 2.2: Functions, Data Science, jobs. Token and key are in the environment, or in files it names by absolute paths.
///
/// # Errors
/// Another version, something lacking or broken, or the token is over.
pub fn resource<'a>(request: &Request) -> Result<Credentials<'a>, Trouble> {
    const SOURCE: &str = "the resource principal of the environment";
    match request.var("OCI_RESOURCE_PRINCIPAL_VERSION") {
        Some("2.2") => {}
        Some(other) => {
            return Err(Trouble::helped(
                format!("resource principal version {other} is not supported, only 2.2 is"),
                "write a profile with `security_token_file` for it and use `--auth security_token`",
            ));
        }
        None => {
            return Err(Trouble::helped(
                "there is no resource principal: `OCI_RESOURCE_PRINCIPAL_VERSION` is not set",
                "OCI sets it for Functions, Data Science and jobs; elsewhere use another `--auth`",
            ));
        }
    }
    let token = literal_or_file(request, "OCI_RESOURCE_PRINCIPAL_RPST")?;
    let token = token.trim();
    let claims = token::claims(token).ok_or_else(|| errors::bad_token("`OCI_RESOURCE_PRINCIPAL_RPST`"))?;
    check_expiry(request.now, claims.expires(), "of `OCI_RESOURCE_PRINCIPAL_RPST`", None)?;
    let tenancy = claims.tenancy().ok_or_else(|| errors::bad_token("`OCI_RESOURCE_PRINCIPAL_RPST`"))?.to_owned();
    let pem = literal_or_file(request, "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM")?;
    let passphrase = match request.var("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE") {
        Some(_) => Some(literal_or_file(request, "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE")?),
        None => None,
    };
    let passphrase = passphrase.as_deref().map(|text| text.trim_end_matches(['\n', '\r']));
    let key = PrivateKey::read(&pem, passphrase, "of `OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM`")?;
    let region = request.var("OCI_RESOURCE_PRINCIPAL_REGION").map(str::to_owned);
    let signer = Signer { key_id: format!("ST${token}"), key, expires: claims.expires() };
    Ok(Credentials::new(signer, tenancy, region, SOURCE.to_owned()))
}

/// A variable's value, or the text of the file it names by an absolute path.
fn literal_or_file(request: &Request, variable: &str) -> Result<String, Trouble> {
    let value = request.var(variable).ok_or_else(|| Trouble::new(format!("the resource principal lacks `{variable}`")))?;
    let path = Path::new(value);
    if !path.is_absolute() {
        return Ok(value.to_owned());
    }
    disk::read_text(path, FILE_CAP).map_err(|error| errors::unreadable(&format!("`{variable}`:"), path, &error.to_string()))
}
