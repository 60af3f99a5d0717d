//! Instance principals: a compute instance proves by its certificate which one it is, and gets session tokens for it.
//!
//! Source: `instance_principals_security_token_signer.py` and `federation_client.py` of Oracle's Python SDK.

use super::exchange::{self, TokenBody};
use super::signer::{Renew, Signer};
use crate::live::AuditRequest;
use crate::live::tenancy::crypto::certificate::Certificate;
use crate::live::tenancy::crypto::key::PrivateKey;
use crate::live::tenancy::crypto::pem;
use crate::live::tenancy::fault::{CertificateError, LiveError, TransportError};
use crate::live::tenancy::transport::endpoint::{self, Base, Service};
use crate::live::tenancy::transport::http::Transport;
use crate::live::tenancy::transport::regions::{self, Region};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

const TARGET: &str = "/v1/x509";

/// The instance that kmslint runs on.
pub(super) struct ComputeInstance<'a> {
    request: &'a AuditRequest,
    /// Where its metadata are.
    metadata: Base,
    region: Region,
    auth: Base,
    service: Transport,
    direct: Transport,
}

/// A token and the key it is for.
pub(super) struct InstanceSession {
    /// What requests are signed with.
    pub signer: Signer,
    /// The tenancy's OCID.
    pub tenancy: String,
}

/// What the metadata service says of the instance.
struct InstanceIdentity {
    certificate: Certificate,
    key: PrivateKey,
    intermediate: Vec<String>,
}

/// Finds out where kmslint runs and gets the first token.
///
/// # Errors
/// This is no instance of OCI's, its certificate cannot be used, or the service does not accept it.
pub(super) fn find(request: &AuditRequest) -> Result<(ComputeInstance<'_>, InstanceSession), LiveError> {
    let (service, direct) = (Transport::new(request)?, Transport::direct(request)?);
    let (metadata, region) = find_metadata(request, &direct)?;
    let identity = identity(request, &direct, &metadata)?;
    let region = regions::resolve(request, &region, &identity.certificate.tenancy)?;
    let auth = endpoint::service(request.endpoint.as_deref(), Service::Auth, &region)?;
    let instance = ComputeInstance { request, metadata, region, auth, service, direct };
    let session = instance.session_of(&identity)?;
    Ok((instance, session))
}

/// The metadata service that answers, and the region it names.
fn find_metadata(request: &AuditRequest, direct: &Transport) -> Result<(Base, String), LiveError> {
    let mut first = None;
    for base in endpoint::metadata(request.var("OCI_METADATA_BASE_URL"))? {
        match metadata(request, direct, &base, "/instance/region") {
            Ok(region) => return Ok((base, region)),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or_else(|| no_metadata("nowhere", "it has no address")))
}

/// Certificate and key are replaced several times a day: they are read again for every token.
fn identity(request: &AuditRequest, direct: &Transport, base: &Base) -> Result<InstanceIdentity, LiveError> {
    let certificate = metadata(request, direct, base, "/identity/cert.pem")?;
    let certificate = Certificate::read(&certificate).map_err(LiveError::Certificate)?;
    let key = PrivateKey::read(&metadata(request, direct, base, "/identity/key.pem")?, None)
        .map_err(|error| LiveError::Key { of: "of the instance's metadata service".to_owned(), error })?;
    // Both are replaced several times a day, and may be in between the two calls.
    if key.public_der() != certificate.public_der {
        return Err(LiveError::Certificate(CertificateError::OtherKey));
    }
    let intermediate = pem::certificates(&metadata(request, direct, base, "/identity/intermediate.pem")?);
    Ok(InstanceIdentity { certificate, key, intermediate: intermediate.iter().map(|der| STANDARD.encode(der)).collect() })
}

/// One text of the metadata service.
fn metadata(request: &AuditRequest, direct: &Transport, base: &Base, path: &str) -> Result<String, LiveError> {
    let target = base.target(path);
    let error = |why: &str| no_metadata(&base.url(&base.target("")), why);
    // The service is one link away: where it does not answer, there is none.
    let for_good = |error: TransportError| TransportError::Lasting(error.to_string());
    // Version 2 of the metadata service answers requests with this header only.
    let call = || direct.get(&base.url(&target), &[("authorization", "Bearer Oracle")]).map_err(for_good);
    let answer = exchange::until_answered(request, call).map_err(|why| error(&why.to_string()))?;
    if answer.status != 200 {
        return Err(error(&format!("it answers {} for {path}", answer.status)));
    }
    String::from_utf8(answer.body).map_err(|_| error(&format!("it returned no text for {path}")))
}

fn no_metadata(base: &str, why: &str) -> LiveError {
    LiveError::NoMetadata { base: base.to_owned(), why: why.to_owned() }
}

impl ComputeInstance<'_> {
    /// The identifier of the region it runs in.
    pub(super) fn region(&self) -> &str {
        &self.region.name
    }

    /// A fresh token for a fresh key.
    ///
    /// # Errors
    /// As [`find`].
    pub(super) fn session(&self) -> Result<InstanceSession, LiveError> {
        self.session_of(&identity(self.request, &self.direct, &self.metadata)?)
    }

    fn session_of(&self, identity: &InstanceIdentity) -> Result<InstanceSession, LiveError> {
        let host = self.auth.host();
        let no_session = |why: String| LiveError::NoSession { host: host.to_owned(), why };
        let key = PrivateKey::fresh().ok_or(LiveError::NoSessionKey)?;
        let body = json!({
            "certificate": identity.certificate.base64(),
            "publicKey": STANDARD.encode(key.public_der()),
            "intermediateCertificates": identity.intermediate,
        });
        let key_id = format!("{}/fed-x509/{}", identity.certificate.tenancy, identity.certificate.fingerprint());
        // The host is not signed: the certificate names no one who could be robbed.
        let asks = exchange::TokenRequester { key: &identity.key, key_id: &key_id, signs_host: false };
        let answer = exchange::ask(self.request, &self.service, &asks, &self.auth, TARGET, Some(&body.to_string()), &[])
            .map_err(|error| no_session(error.to_string()))?;
        let token: TokenBody = exchange::read(&answer, "a token").map_err(|error| no_session(error.to_string()))?;
        let (signer, _) = exchange::session(self.request, &token.token, key, host)?;
        Ok(InstanceSession { signer, tenancy: identity.certificate.tenancy.clone() })
    }
}

impl Renew for ComputeInstance<'_> {
    fn renew(&self) -> Result<Signer, LiveError> {
        Ok(self.session()?.signer)
    }
}
