//! Requests for tokens: signed with the key that proves who asks, tried until they are answered.

use super::signer::Signer;
use super::token;
use crate::live::AuditRequest;
use crate::live::tenancy::crypto::key::PrivateKey;
use crate::live::tenancy::crypto::signature::authorization;
use crate::live::tenancy::fault::{LiveError, TransportError};
use crate::live::tenancy::transport::answer::{HttpAnswer, described};
use crate::live::tenancy::transport::endpoint::Base;
use crate::live::tenancy::transport::http::Transport;
use crate::live::tenancy::transport::retry;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::time::SystemTime;

/// How often a service is asked for a token before we give up.
const ATTEMPTS: u32 = 4;
const JSON: &str = "application/json";

/// The body of an answer that holds a token.
#[derive(Deserialize)]
pub(super) struct TokenBody {
    /// The token.
    pub token: String,
}

/// Who asks for a token.
pub(super) struct TokenRequester<'a> {
    /// The key that signs.
    pub key: &'a PrivateKey,
    /// Its `keyId`.
    pub key_id: &'a str,
    /// Whether the host is signed too: all but instances do.
    pub signs_host: bool,
}

/// The machine's time.
pub(super) fn now(request: &AuditRequest) -> Timestamp {
    request.now.checked_add(request.clock.elapsed()).unwrap_or(request.now)
}

/// Asks with a GET, or with a POST of a body.
pub(super) fn ask(
    request: &AuditRequest,
    transport: &Transport,
    identity: &TokenRequester<'_>,
    base: &Base,
    path: &str,
    body: Option<&str>,
    extra: &[(&str, &str)],
) -> Result<HttpAnswer, TransportError> {
    let target = base.target(path);
    // The client sends `/` for an empty path, and the signature is of the path as it is sent.
    let target = if target.is_empty() { "/".to_owned() } else { target };
    let method = if body.is_some() { "post" } else { "get" };
    until_answered(request, || {
        let date = httpdate::fmt_http_date(SystemTime::from(now(request)));
        let request_line = format!("{method} {target}");
        let length = body.unwrap_or_default().len().to_string();
        let digest = STANDARD.encode(Sha256::digest(body.unwrap_or_default().as_bytes()));
        let mut signed = vec![("date", date.as_str()), ("(request-target)", request_line.as_str())];
        if identity.signs_host {
            signed.push(("host", base.authority()));
        }
        if body.is_some() {
            signed.extend([("content-length", length.as_str()), ("content-type", JSON), ("x-content-sha256", digest.as_str())]);
        }
        let sign = |text: &str| identity.key.sign(text.as_bytes());
        let authorization = authorization(&sign, identity.key_id, &signed).ok_or_else(TransportError::unsigned)?;
        // The client sends the length itself.
        let mut headers: Vec<(&str, &str)> =
            signed.iter().copied().filter(|(name, _)| !matches!(*name, "(request-target)" | "content-length")).collect();
        headers.push(("authorization", authorization.as_str()));
        headers.extend(extra);
        match body {
            Some(body) => transport.post(&base.url(&target), &headers, body.as_bytes()),
            None => transport.get(&base.url(&target), &headers),
        }
    })
}

/// Tries until there is an answer that is not worth another attempt.
pub(super) fn until_answered(
    request: &AuditRequest,
    call: impl Fn() -> Result<HttpAnswer, TransportError>,
) -> Result<HttpAnswer, TransportError> {
    let mut attempt = 1;
    loop {
        let last = attempt >= ATTEMPTS || request.clock.elapsed() >= request.deadline;
        match call() {
            Ok(answer) if last || !retry::is_passing(answer.status, "") => return Ok(answer),
            Err(error @ (TransportError::Lasting(_) | TransportError::Unreachable(_) | TransportError::Abandoned)) => return Err(error),
            Err(error @ TransportError::Passing(_)) if last => return Err(error),
            Ok(_) | Err(TransportError::Passing(_)) => request.clock.sleep(retry::pause(attempt, retry::chance())),
        }
        attempt += 1;
    }
}

/// Why an answer holds no token, as a clause. Nothing of the answer is in it but what the service says of its own refusal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TokenError {
    /// The service refuses: its answer, described.
    #[error("{0}")]
    Refused(String),
    /// It answers something else.
    #[error("its answer does not hold {0}")]
    Missing(&'static str),
}

/// What a successful answer holds.
pub(super) fn read<T: DeserializeOwned>(answer: &HttpAnswer, what: &'static str) -> Result<T, TokenError> {
    if !(200..300).contains(&answer.status) {
        return Err(TokenError::Refused(described(answer, &serde_json::from_slice(&answer.body).unwrap_or_default())));
    }
    // The error of the parser could quote a token.
    serde_json::from_slice(&answer.body).map_err(|_| TokenError::Missing(what))
}

/// The session of a token that was given for this key, and the tenancy in it.
pub(super) fn session(request: &AuditRequest, token: &str, key: PrivateKey, host: &str) -> Result<(Signer, Option<String>), LiveError> {
    let no_token = || LiveError::NoSession { host: host.to_owned(), why: "its answer does not hold a token".to_owned() };
    let claims = token::claims(token).ok_or_else(no_token)?;
    token::check_expiry(now(request), claims.expires(), &format!("of {host}"), None)?;
    Ok((Signer::of_session(token, key, claims.expires()), claims.tenancy().map(str::to_owned)))
}
