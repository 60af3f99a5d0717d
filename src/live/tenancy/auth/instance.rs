//! Instance principals: a compute instance authenticates with its certificate and gets session tokens.
//!
//! Source: `instance_principals_security_token_signer.py` and `federation_client.py` of Oracle's Python SDK.

use super::exchange::{self, TokenBody};
use super::signer::{Renew, Signer};
use crate::live::AuditRequest;
use crate::live::tenancy::crypto::certificate::Certificate;
use crate::live::tenancy::crypto::key::PrivateKey;
use crate::live::tenancy::crypto::pem;
use crate::live::tenancy::fault::{CertificateError, LiveError, TransportError};
use crate::live::tenancy::transport::endpoint::{self, BaseUrl, Service};
use crate::live::tenancy::transport::http::Transport;
use crate::live::tenancy::transport::regions::{self, Region};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

const TOKEN_PATH: &str = "/v1/x509";

/// The instance that kmslint runs on.
pub(super) struct ComputeInstance<'a> {
    request: &'a AuditRequest,
    /// The base URL of its metadata service.
    metadata: BaseUrl,
    region: Region,
    auth: BaseUrl,
    service: Transport,
    direct: Transport,
}

/// A signer with a session token, and the tenancy of the instance.
pub(super) struct InstanceSession {
    /// Signs requests.
    pub signer: Signer,
    /// The tenancy's OCID.
    pub tenancy: String,
}

/// The identity of the instance, from its metadata service.
struct InstanceIdentity {
    certificate: Certificate,
    key: PrivateKey,
    /// Intermediate certificates, base64 of DER.
    intermediate: Vec<String>,
}

/// Finds the instance that kmslint runs on and gets the first token.
///
/// # Errors
/// This is not an OCI instance, its certificate cannot be used, or the service rejects it.
pub(super) fn find(request: &AuditRequest) -> Result<(ComputeInstance<'_>, InstanceSession), LiveError> {
    let (service, direct) = (Transport::new(request)?, Transport::direct(request)?);
    let (metadata, region) = find_metadata(request, &direct)?;
    let identity = read_identity(request, &direct, &metadata)?;
    let region = regions::resolve(request, &region, &identity.certificate.tenancy)?;
    let auth = endpoint::service(request.endpoint.as_deref(), Service::Auth, &region)?;
    let instance = ComputeInstance { request, metadata, region, auth, service, direct };
    let session = instance.session_for(&identity)?;
    Ok((instance, session))
}

/// The base URL of the first metadata service that answers, and the instance's region.
fn find_metadata(request: &AuditRequest, direct: &Transport) -> Result<(BaseUrl, String), LiveError> {
    let mut first = None;
    for base in endpoint::metadata(request.var("OCI_METADATA_BASE_URL"))? {
        match read_metadata(request, direct, &base, "/instance/region") {
            Ok(region) => return Ok((base, region)),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or_else(|| no_metadata("nowhere", "it has no address")))
}

/// Reads the certificate and its key. They are replaced several times a day, so they are read again for every token.
fn read_identity(request: &AuditRequest, direct: &Transport, base: &BaseUrl) -> Result<InstanceIdentity, LiveError> {
    let certificate = read_metadata(request, direct, base, "/identity/cert.pem")?;
    let certificate = Certificate::read(&certificate).map_err(LiveError::Certificate)?;
    let key = PrivateKey::read(&read_metadata(request, direct, base, "/identity/key.pem")?, None)
        .map_err(|error| LiveError::Key { of: "of the instance's metadata service".to_owned(), error })?;
    // They do not match if they were replaced between the two calls.
    if key.public_der() != certificate.public_der {
        return Err(LiveError::Certificate(CertificateError::OtherKey));
    }
    let intermediate = pem::certificates(&read_metadata(request, direct, base, "/identity/intermediate.pem")?);
    Ok(InstanceIdentity { certificate, key, intermediate: intermediate.iter().map(|der| STANDARD.encode(der)).collect() })
}

/// Reads one text from the metadata service.
fn read_metadata(request: &AuditRequest, direct: &Transport, base: &BaseUrl, path: &str) -> Result<String, LiveError> {
    let target = base.target(path);
    let error = |why: &str| no_metadata(&base.url(&base.target("")), why);
    // The service is on the local link: if it does not answer, it does not exist, so there are no retries.
    let permanent = |error: TransportError| TransportError::Permanent(error.to_string());
    // Version 2 of the metadata service requires this header.
    let call = || direct.get(&base.url(&target), &[("authorization", "Bearer Oracle")]).map_err(permanent);
    let response = exchange::with_retries(request, call).map_err(|why| error(&why.to_string()))?;
    if response.status != 200 {
        return Err(error(&format!("it answers {} for {path}", response.status)));
    }
    String::from_utf8(response.body).map_err(|_| error(&format!("it returned no text for {path}")))
}

fn no_metadata(base: &str, why: &str) -> LiveError {
    LiveError::NoMetadata { base: base.to_owned(), why: why.to_owned() }
}

impl ComputeInstance<'_> {
    /// The identifier of the instance's region.
    pub(super) fn region(&self) -> &str {
        &self.region.name
    }

    /// Gets a new token for a new key.
    ///
    /// # Errors
    /// See [`find`].
    pub(super) fn session(&self) -> Result<InstanceSession, LiveError> {
        self.session_for(&read_identity(self.request, &self.direct, &self.metadata)?)
    }

    fn session_for(&self, identity: &InstanceIdentity) -> Result<InstanceSession, LiveError> {
        let host = self.auth.host();
        let no_session = |why: String| LiveError::NoSession { host: host.to_owned(), why };
        let key = PrivateKey::generate().ok_or(LiveError::NoSessionKey)?;
        let body = json!({
            "certificate": identity.certificate.base64(),
            "publicKey": STANDARD.encode(key.public_der()),
            "intermediateCertificates": identity.intermediate,
        });
        let key_id = format!("{}/fed-x509/{}", identity.certificate.tenancy, identity.certificate.fingerprint());
        // The signature does not cover the host, as in Oracle's SDK. The request contains no reusable secret.
        let requester = exchange::TokenRequester { key: &identity.key, key_id: &key_id, signs_host: false };
        let response = exchange::send_signed(self.request, &self.service, &requester, &self.auth, TOKEN_PATH, Some(&body.to_string()), &[])
            .map_err(|error| no_session(error.to_string()))?;
        let token: TokenBody = exchange::read(&response, "a token").map_err(|error| no_session(error.to_string()))?;
        let (signer, _) = exchange::session_signer(self.request, &token.token, key, host)?;
        Ok(InstanceSession { signer, tenancy: identity.certificate.tenancy.clone() })
    }
}

impl Renew for ComputeInstance<'_> {
    fn renew(&self) -> Result<Signer, LiveError> {
        Ok(self.session()?.signer)
    }
}
