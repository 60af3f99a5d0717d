//! Workload identity of Kubernetes Engine (OKE): the cluster exchanges a pod's service account token for a session token.
//!
//! Source: `oke_workload_identity_resource_principal_signer.py` of Oracle's Python SDK; the variables for the token are the OCI CLI's.

use super::credentials::Credentials;
use super::exchange::{self, TokenBody, TokenError};
use super::files::FILE_CAP;
use super::signer::{Renew, Signer};
use crate::base::disk;
use crate::live::AuditRequest;
use crate::live::tenancy::crypto::key::PrivateKey;
use crate::live::tenancy::fault::LiveError;
use crate::live::tenancy::transport::endpoint::{self, BaseUrl};
use crate::live::tenancy::transport::http::Transport;
use crate::live::tenancy::transport::response::{HttpResponse, describe_error};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::path::{Path, PathBuf};

const TOKEN_PATH: &str = "/resourcePrincipalSessionTokens";
const TOKEN_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
const CERTIFICATES: &str = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";

/// The pod that kmslint runs in.
struct Workload<'a> {
    request: &'a AuditRequest,
    base: BaseUrl,
    transport: Transport,
}

/// The credentials of the workload.
///
/// # Errors
/// This is not a pod in Kubernetes Engine, a file is missing, or the cluster does not return a token.
pub(super) fn credentials(request: &AuditRequest) -> Result<Credentials<'_>, LiveError> {
    let host = request.var("KUBERNETES_SERVICE_HOST").ok_or(LiveError::NoCluster)?;
    let base = endpoint::cluster(host).ok_or(LiveError::NoCluster)?;
    let certificates = request.var("OCI_KUBERNETES_SERVICE_ACCOUNT_CERT_PATH").map_or_else(|| PathBuf::from(CERTIFICATES), PathBuf::from);
    let workload = Workload { request, base, transport: Transport::trusting(request, &certificates)? };
    let (signer, tenancy) = workload.session()?;
    let tenancy = request.var("OCI_CLI_TENANCY").map(str::to_owned).or(tenancy).ok_or_else(|| LiveError::MissingValue {
        name: "tenancy",
        of: "the token of the workload".to_owned(),
        variable: "OCI_CLI_TENANCY",
    })?;
    let region = ["OCI_CLI_REGION", "OCI_RESOURCE_PRINCIPAL_REGION"].into_iter().find_map(|name| request.var(name)).map(str::to_owned);
    Ok(Credentials::new(signer, tenancy, region, "the workload identity".to_owned()).with_renewal(Box::new(workload)))
}

impl Workload<'_> {
    fn session(&self) -> Result<(Signer, Option<String>), LiveError> {
        let host = self.base.host();
        let no_session = |why: String| LiveError::NoSession { host: host.to_owned(), why };
        let key = PrivateKey::generate().ok_or(LiveError::NoSessionKey)?;
        let bearer = format!("Bearer {}", self.service_account_token()?);
        let body = json!({ "podKey": STANDARD.encode(key.public_der()) }).to_string();
        let url = self.base.url(&self.base.target(TOKEN_PATH));
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let response = exchange::with_retries(self.request, || self.transport.post(&url, &headers, body.as_bytes()))
            .map_err(|error| no_session(error.to_string()))?;
        let token = read_token(&response).map_err(|error| no_session(error.to_string()))?;
        let (mut signer, tenancy) = exchange::session_signer(self.request, &token, key, host)?;
        // As in the SDK, these tokens are renewed after half of their lifetime.
        let now = exchange::now(self.request);
        signer.renew_at = signer.expires.and_then(|expires| now.checked_add(expires.duration_since(now) / 2).ok());
        Ok((signer, tenancy))
    }

    /// Reads the service account token, which Kubernetes replaces from time to time.
    fn service_account_token(&self) -> Result<String, LiveError> {
        if let Some(token) = self.request.var("OCI_KUBERNETES_SERVICE_ACCOUNT_TOKEN_STRING") {
            return Ok(token.trim().to_owned());
        }
        let path = self.request.var("OCI_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH").unwrap_or(TOKEN_FILE);
        let text = disk::read_text(Path::new(path), FILE_CAP).map_err(|error| LiveError::Unreadable {
            what: "the service account token".to_owned(),
            path: path.into(),
            error,
        })?;
        Ok(text.trim().to_owned())
    }
}

/// Reads the token in a response, whose body is a JSON object in Base64.
fn read_token(response: &HttpResponse) -> Result<String, TokenError> {
    if !(200..300).contains(&response.status) {
        let why = describe_error(response, &serde_json::from_slice(&response.body).unwrap_or_default());
        return Err(TokenError::Rejected(match response.status {
            403 => format!("{why}; workload identity needs an enhanced cluster"),
            _ => why,
        }));
    }
    let missing_token = TokenError::Missing("a token");
    let text: Vec<u8> = response.body.iter().copied().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'"').collect();
    let Ok(json) = STANDARD.decode(text) else { return Err(missing_token) };
    let TokenBody { token } = serde_json::from_slice(&json).map_err(|_| missing_token)?;
    // These tokens already have the prefix of a `keyId`, which `Signer::for_session` adds.
    Ok(token.strip_prefix("ST$").unwrap_or(&token).to_owned())
}

impl Renew for Workload<'_> {
    fn renew(&self) -> Result<Signer, LiveError> {
        Ok(self.session()?.0)
    }
}
