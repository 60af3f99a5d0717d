//! Responses of the service, and how messages quote them.

use crate::live::tenancy::fault::CallError;
use crate::live::tenancy::wire::ErrorBody;
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

/// A response with any status.
pub(crate) struct HttpResponse {
    /// The HTTP status.
    pub status: u16,
    /// `opc-next-page`: the token of the next page of a list.
    pub next_page: Option<String>,
    /// `opc-request-id`: the id to quote in a support ticket.
    pub request_id: Option<String>,
    /// `date`: the service's time.
    pub date: Option<String>,
    /// `retry-after`: seconds, or an HTTP date.
    pub retry_after: Option<String>,
    /// `opc-parent-rpt-url`: the URL at which a nested resource principal gets the tokens of the next resource outward.
    pub parent: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// How long the service asks to wait before the next attempt (RFC 9110, section 10.2.3). An HTTP date is relative to the response's
    /// `date` or, without one, to this machine's time `now`.
    pub(crate) fn retry_delay(&self, now: SystemTime) -> Option<Duration> {
        let text = self.retry_after.as_deref()?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let service_time = self.date.as_deref().and_then(|date| httpdate::parse_http_date(date).ok());
        httpdate::parse_http_date(text).ok()?.duration_since(service_time.unwrap_or(now)).ok()
    }
}

/// Describes an error response in a clause: status, code, message and request id.
pub(crate) fn describe_error(response: &HttpResponse, error: &ErrorBody) -> String {
    let mut text = format!("the service answered {}", response.status);
    if !error.code.is_empty() {
        text.push(' ');
        text.push_str(&printable(&error.code, 60));
    }
    if !error.message.is_empty() {
        text.push_str(&format!(", “{}”", printable(error.message.trim_end_matches('.'), 200)));
    }
    if let Some(id) = &response.request_id {
        text.push_str(&format!(" (request {})", printable(id, 100)));
    }
    text
}

/// The error for a response that does not parse.
pub(crate) fn unreadable_response(response: &HttpResponse, error: &serde_json::Error) -> CallError {
    let start = response.body.iter().copied().find(|byte| !byte.is_ascii_whitespace());
    let what = match start {
        None => "an empty response".to_owned(),
        // A captive portal responds with its own page and status 200.
        Some(b'<') => "a web page instead of JSON; a proxy may be in the way".to_owned(),
        Some(_) => format!("a response that cannot be read ({})", printable(&error.to_string(), 200)),
    };
    CallError::failed(format!("the service returned {what}"))
}

/// Makes a text of the server safe to print: truncated, without control characters, and without credentials, because some gateways quote
/// the headers of a request that they reject.
fn printable(text: &str, length: usize) -> String {
    redact_credentials(text).chars().map(|c| if c.is_control() { ' ' } else { c }).take(length).collect()
}

/// Replaces key ids, tokens and signatures with `[hidden]`.
fn redact_credentials(text: &str) -> Cow<'_, str> {
    // The value after the name of a header or parameter; a session token (`ST$…`) or a JWT anywhere; Base64 as long as a signature.
    const SECRETS: &str = r#"(?ix)
        (?: key_?id | signature | authorization | bearer | opc-obo-token | (?: security[-_]? | session[-_]? )? token )
            ["']? \s* [:=\s] \s* (?: "[^"]*"? | '[^']*'? | [^\s,;]+ )
        | ST\$ [^\s"',;]+
        | eyJ [a-z0-9_\-]{10,} (?: \. [a-z0-9_\-]* )*
        | [a-z0-9+/_\-]{64,} ={0,2}"#;
    static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(SECRETS).ok());
    match &*PATTERN {
        Some(pattern) => pattern.replace_all(text, "[hidden]"),
        None => Cow::Borrowed("[hidden]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16) -> HttpResponse {
        HttpResponse { status, next_page: None, request_id: None, date: None, retry_after: None, parent: None, body: Vec::new() }
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_date() {
        let wait = |text: &str, date: Option<&str>| {
            let response = HttpResponse { retry_after: Some(text.to_owned()), date: date.map(str::to_owned), ..response(429) };
            response.retry_delay(SystemTime::UNIX_EPOCH).map(|wait| wait.as_secs())
        };
        assert_eq!(wait(" 7 ", None), Some(7));
        assert_eq!(wait("Thu, 01 Jan 1970 00:01:00 GMT", None), Some(60));
        // A date is relative to the `date` of the response.
        assert_eq!(wait("Thu, 05 Jan 2023 21:31:45 GMT", Some("Thu, 05 Jan 2023 21:31:40 GMT")), Some(5));
        for text in ["", "soon", "-1", "1.5", "Thu, 01 Jan 1960 00:00:00 GMT"] {
            assert_eq!(wait(text, None), None, "{text}");
        }
        assert_eq!(response(429).retry_delay(SystemTime::UNIX_EPOCH), None);
    }

    #[test]
    fn credentials_in_a_response_are_hidden() {
        let token = format!("ST$eyJraWQi{}", "aB3".repeat(40));
        let signature = format!("{}==", "Zm9v/+".repeat(50));
        let echo = format!("bad request: authorization: Signature keyId=\"{token}\",algorithm=\"rsa-sha256\",signature=\"{signature}\"");
        for text in
            [echo.as_str(), token.as_str(), &format!("token={token}"), &format!("saw '{signature}'"), "Bearer abc.def", "keyId: t/u/12:34"]
        {
            let shown = printable(text, 1000);
            for part in ["eyJ", "aB3", "Zm9v", "abc.def", "t/u/12:34"] {
                assert!(!shown.contains(part), "{shown}");
            }
            assert!(shown.contains("[hidden]"), "{shown}");
        }
        let plain = "Automatic key rotation is not supported with VIRTUAL vaults (ocid1.vault.oc1.iad.aaaa)";
        assert_eq!(printable(plain, 1000), plain);
    }

    #[test]
    fn control_characters_in_a_response_are_replaced() {
        let response = HttpResponse { request_id: Some("A\u{1b}[2J".to_owned()), ..response(400) };
        let error = ErrorBody { code: "InvalidParameter".to_owned(), message: "no\n::error::yes.".to_owned() };
        assert_eq!(describe_error(&response, &error), "the service answered 400 InvalidParameter, “no ::error::yes” (request A [2J)");
    }
}
