//! Instance principals: a compute instance proves by its certificate which one it is, and gets session tokens for it.
//!
//! Source: `instance_principals_security_token_signer.py` and `federation_client.py` of Oracle's Python SDK.

use super::certificate::Certificate;
use super::key::PrivateKey;
use super::{Credentials, Signer, check_expiry, pem, token};
use crate::live::api::described;
use crate::live::endpoint::{self, Base, Service};
use crate::live::errors::{self, Trouble};
use crate::live::regions::{self, Region};
use crate::live::request::Request;
use crate::live::retry;
use crate::live::sign::authorization;
use crate::live::transport::{Answer, Failure, Transport};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::time::SystemTime;

/// How often the metadata service and the service that gives tokens are asked before we give up.
const ATTEMPTS: u32 = 4;
const TARGET: &str = "/v1/x509";
const JSON: &str = "application/json";

/// The instance that kmslint runs on.
pub struct Instance<'a> {
    request: &'a Request,
    /// Where its metadata are.
    metadata: Base,
    region: Region,
    auth: Base,
    service: Transport,
    direct: Transport,
}

/// A token and the key it is for.
pub struct Session {
    /// What requests are signed with.
    pub signer: Signer,
    /// The tenancy's OCID.
    tenancy: String,
}

/// What the metadata service says of the instance.
struct Identity {
    certificate: Certificate,
    key: PrivateKey,
    intermediate: Vec<String>,
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

/// Finds out where kmslint runs and gets the first token.
///
/// # Errors
/// This is no instance of OCI's, its certificate cannot be used, or the service does not accept it.
pub fn find(request: &Request) -> Result<Credentials<'_>, Trouble> {
    let (service, direct) = (Transport::new(request)?, Transport::direct(request)?);
    let (metadata, region) = whereabouts(request, &direct)?;
    let identity = identity(request, &direct, &metadata)?;
    let region = regions::resolve(request, &region, &identity.certificate.tenancy)?;
    let auth = endpoint::service(request.endpoint.as_deref(), Service::Auth, &region)?;
    let instance = Instance { request, metadata, region, auth, service, direct };
    let session = instance.session_of(&identity)?;
    let region = Some(instance.region.name.clone());
    Ok(Credentials::new(session.signer, session.tenancy, region, "the instance principal".to_owned()).of_instance(instance))
}

/// The metadata service that answers, and the region it names.
fn whereabouts(request: &Request, direct: &Transport) -> Result<(Base, String), Trouble> {
    let mut trouble = None;
    for base in endpoint::metadata(request.var("OCI_METADATA_BASE_URL"))? {
        match metadata(request, direct, &base, "/instance/region") {
            Ok(region) => return Ok((base, region)),
            Err(why) => trouble = trouble.or(Some(why)),
        }
    }
    Err(trouble.unwrap_or_else(|| errors::no_metadata("nowhere", "it has no address")))
}

/// Certificate and key are replaced several times a day: they are read anew for every token.
fn identity(request: &Request, direct: &Transport, base: &Base) -> Result<Identity, Trouble> {
    let certificate = Certificate::read(&metadata(request, direct, base, "/identity/cert.pem")?)?;
    let key = PrivateKey::read(&metadata(request, direct, base, "/identity/key.pem")?, None, "of the instance's metadata service")?;
    if key.public_der() != certificate.public_der {
        return Err(errors::bad_certificate("it does not belong to the private key there"));
    }
    let intermediate = pem::certificates(&metadata(request, direct, base, "/identity/intermediate.pem")?);
    Ok(Identity { certificate, key, intermediate: intermediate.iter().map(|der| STANDARD.encode(der)).collect() })
}

/// One text of the metadata service.
fn metadata(request: &Request, direct: &Transport, base: &Base, path: &str) -> Result<String, Trouble> {
    let target = base.target(path);
    let trouble = |why: &str| errors::no_metadata(&base.url(&base.target("")), why);
    // The service is one link away: where it does not answer, there is none.
    let for_good = |(Failure::Passing(why) | Failure::Lasting(why))| Failure::Lasting(why);
    let call = || direct.get(&base.url(&target), &[("authorization", "Bearer Oracle")]).map_err(for_good);
    let answer = patiently(request, call).map_err(|why| trouble(&why))?;
    if answer.status != 200 {
        return Err(trouble(&format!("it answers {} for {path}", answer.status)));
    }
    String::from_utf8(answer.body).map_err(|_| trouble(&format!("it gives no text for {path}")))
}

impl Instance<'_> {
    /// A fresh token for a fresh key.
    ///
    /// # Errors
    /// As [`find`].
    pub fn session(&self) -> Result<Session, Trouble> {
        self.session_of(&identity(self.request, &self.direct, &self.metadata)?)
    }

    fn session_of(&self, identity: &Identity) -> Result<Session, Trouble> {
        let host = self.auth.host();
        let key = PrivateKey::fresh().ok_or_else(|| Trouble::new("the system gives no random numbers for a session key"))?;
        let body = json!({
            "certificate": identity.certificate.base64(),
            "publicKey": STANDARD.encode(key.public_der()),
            "intermediateCertificates": identity.intermediate,
        })
        .to_string();
        let answer = patiently(self.request, || self.post(identity, body.as_bytes())).map_err(|why| errors::no_session(host, &why))?;
        if !(200..300).contains(&answer.status) {
            let error = serde_json::from_slice(&answer.body).unwrap_or_default();
            return Err(errors::no_session(host, &described(&answer, &error)));
        }
        let token = serde_json::from_slice::<Token>(&answer.body).map(|answer| answer.token).unwrap_or_default();
        let claims = token::claims(&token).ok_or_else(|| errors::no_session(host, "its answer holds no token"))?;
        check_expiry(now(self.request), claims.expires(), &format!("of {host}"), None)?;
        let signer = Signer { key_id: format!("ST${}", token.trim()), key, expires: claims.expires() };
        Ok(Session { signer, tenancy: identity.certificate.tenancy.clone() })
    }

    /// Asks for a token, signed with the certificate's key. The host is not signed: the certificate names nobody who could be robbed.
    fn post(&self, identity: &Identity, body: &[u8]) -> Result<Answer, Failure> {
        let target = self.auth.target(TARGET);
        let date = httpdate::fmt_http_date(SystemTime::from(now(self.request)));
        let (request_line, length) = (format!("post {target}"), body.len().to_string());
        let digest = STANDARD.encode(Sha256::digest(body));
        let signed = [
            ("date", date.as_str()),
            ("(request-target)", request_line.as_str()),
            ("content-length", length.as_str()),
            ("content-type", JSON),
            ("x-content-sha256", digest.as_str()),
        ];
        let key_id = format!("{}/fed-x509/{}", identity.certificate.tenancy, identity.certificate.fingerprint());
        let authorization = authorization(&identity.key, &key_id, &signed)
            .ok_or_else(|| Failure::Lasting("the request could not be signed: the system gives no random numbers".to_owned()))?;
        let headers = [
            ("date", date.as_str()),
            ("content-type", JSON),
            ("x-content-sha256", digest.as_str()),
            ("authorization", authorization.as_str()),
        ];
        self.service.post(&self.auth.url(&target), &headers, body)
    }
}

/// The machine's time.
fn now(request: &Request) -> Timestamp {
    request.now.checked_add(request.clock.elapsed()).unwrap_or(request.now)
}

/// Tries until there is an answer that is not worth another attempt. The error is a clause.
fn patiently(request: &Request, call: impl Fn() -> Result<Answer, Failure>) -> Result<Answer, String> {
    let mut attempt = 1;
    loop {
        let last = attempt >= ATTEMPTS || request.clock.elapsed() >= request.deadline;
        match call() {
            Ok(answer) if last || !retry::is_passing(answer.status, "") => return Ok(answer),
            Err(Failure::Lasting(why)) => return Err(why),
            Err(Failure::Passing(why)) if last => return Err(why),
            Ok(_) | Err(Failure::Passing(_)) => request.clock.sleep(retry::pause(attempt, retry::chance())),
        }
        attempt += 1;
    }
}
