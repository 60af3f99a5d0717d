//! Requests for tokens: signed with the key of the principal, and retried.

use super::signer::Signer;
use super::token;
use crate::live::AuditRequest;
use crate::live::tenancy::crypto::key::PrivateKey;
use crate::live::tenancy::crypto::signature::authorization;
use crate::live::tenancy::fault::{LiveError, TransportError};
use crate::live::tenancy::transport::endpoint::BaseUrl;
use crate::live::tenancy::transport::http::Transport;
use crate::live::tenancy::transport::response::{HttpResponse, describe_error};
use crate::live::tenancy::transport::retry;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::time::SystemTime;

/// The maximum number of attempts to get a token.
const ATTEMPTS: u32 = 4;
const JSON: &str = "application/json";

/// The body of a response with a token.
#[derive(Deserialize)]
pub(super) struct TokenBody {
    /// The token.
    pub token: String,
}

/// The identity that a token request is signed with.
pub(super) struct TokenRequester<'a> {
    /// The key that signs.
    pub key: &'a PrivateKey,
    /// Its `keyId`.
    pub key_id: &'a str,
    /// Whether the signature covers the `host` header, as for all principals except instances.
    pub signs_host: bool,
}

/// The machine's time.
pub(super) fn now(request: &AuditRequest) -> Timestamp {
    request.now.checked_add(request.clock.elapsed()).unwrap_or(request.now)
}

/// Sends a signed GET, or a signed POST if there is a body. Retries transient errors.
pub(super) fn send_signed(
    request: &AuditRequest,
    transport: &Transport,
    requester: &TokenRequester<'_>,
    base: &BaseUrl,
    path: &str,
    body: Option<&str>,
    extra_headers: &[(&str, &str)],
) -> Result<HttpResponse, TransportError> {
    let target = base.target(path);
    // The HTTP client sends `/` for an empty path, and the signature covers the path that is sent.
    let target = if target.is_empty() { "/".to_owned() } else { target };
    let method = if body.is_some() { "post" } else { "get" };
    with_retries(request, || {
        let date = httpdate::fmt_http_date(SystemTime::from(now(request)));
        let request_line = format!("{method} {target}");
        let length = body.unwrap_or_default().len().to_string();
        let digest = STANDARD.encode(Sha256::digest(body.unwrap_or_default().as_bytes()));
        let mut signed = vec![("date", date.as_str()), ("(request-target)", request_line.as_str())];
        if requester.signs_host {
            signed.push(("host", base.authority()));
        }
        if body.is_some() {
            signed.extend([("content-length", length.as_str()), ("content-type", JSON), ("x-content-sha256", digest.as_str())]);
        }
        let sign = |text: &str| requester.key.sign(text.as_bytes());
        let authorization = authorization(&sign, requester.key_id, &signed).ok_or_else(TransportError::unsigned)?;
        // The HTTP client adds `content-length` itself.
        let mut headers: Vec<(&str, &str)> =
            signed.iter().copied().filter(|(name, _)| !matches!(*name, "(request-target)" | "content-length")).collect();
        headers.push(("authorization", authorization.as_str()));
        headers.extend(extra_headers);
        match body {
            Some(body) => transport.post(&base.url(&target), &headers, body.as_bytes()),
            None => transport.get(&base.url(&target), &headers),
        }
    })
}

/// Repeats a call while its result is worth a retry.
pub(super) fn with_retries(
    request: &AuditRequest,
    call: impl Fn() -> Result<HttpResponse, TransportError>,
) -> Result<HttpResponse, TransportError> {
    let mut attempt = 1;
    loop {
        let is_last = attempt >= ATTEMPTS || request.clock.elapsed() >= request.deadline;
        match call() {
            Ok(response) if is_last || !retry::is_transient(response.status, "") => return Ok(response),
            Err(error @ (TransportError::Permanent(_) | TransportError::Unreachable(_) | TransportError::Abandoned)) => return Err(error),
            Err(error @ TransportError::Transient(_)) if is_last => return Err(error),
            Ok(_) | Err(TransportError::Transient(_)) => request.clock.sleep(retry::backoff(attempt, retry::random_fraction())),
        }
        attempt += 1;
    }
}

/// Why there is no token in a response; a clause. Quotes only the service's error, because the rest of a response can contain a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TokenError {
    /// The service responded with this error.
    #[error("{0}")]
    Rejected(String),
    /// A successful response without the expected content.
    #[error("its response does not contain {0}")]
    Missing(&'static str),
}

/// Parses the body of a successful response.
pub(super) fn read<T: DeserializeOwned>(response: &HttpResponse, what: &'static str) -> Result<T, TokenError> {
    if !(200..300).contains(&response.status) {
        return Err(TokenError::Rejected(describe_error(response, &serde_json::from_slice(&response.body).unwrap_or_default())));
    }
    // Drop the parse error: it could quote a token.
    serde_json::from_slice(&response.body).map_err(|_| TokenError::Missing(what))
}

/// Makes a signer from a session token and its key. Also returns the tenancy that the token names.
pub(super) fn session_signer(
    request: &AuditRequest,
    token: &str,
    key: PrivateKey,
    host: &str,
) -> Result<(Signer, Option<String>), LiveError> {
    let missing_token = || LiveError::NoSession { host: host.to_owned(), why: "its response does not contain a token".to_owned() };
    let claims = token::claims(token).ok_or_else(missing_token)?;
    token::check_expiry(now(request), claims.expires(), &format!("of {host}"), None)?;
    Ok((Signer::for_session(token, key, claims.expires()), claims.tenancy().map(str::to_owned)))
}
