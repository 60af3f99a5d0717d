//! Resource principals: tokens that OCI gives to code that runs in its services, or that this code gets in exchange for a key.
//!
//! Source: `resource_principals_signer.py`, `ephemeral_resource_principals_v21_signer.py` and `nested_resource_principals_signer.py` of
//! Oracle's Python SDK 2.189.0.

use super::credentials::Credentials;
use super::exchange::{self, TokenBody, TokenRequester};
use super::files::FILE_CAP;
use super::signer::{Renew, Signer};
use super::token;
use crate::base::disk;
use crate::live::AuditRequest;
use crate::live::tenancy::crypto::key::PrivateKey;
use crate::live::tenancy::fault::LiveError;
use crate::live::tenancy::transport::endpoint::{self, BaseUrl};
use crate::live::tenancy::transport::http::Transport;
use crate::live::tenancy::transport::regions;
use crate::live::tenancy::transport::response::HttpResponse;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;
use std::path::Path;

/// The name for messages.
const SOURCE: &str = "the resource principal of the environment";
/// The prefix of all variable names.
const PREFIX: &str = "OCI_RESOURCE_PRINCIPAL_";
/// The suffix of variable names for the innermost of nested resources.
const LEAF: &str = "_FOR_LEAF_RESOURCE";
/// The maximum depth of nested resources. Source: `MAX_NESTED_PARENT_DEPTH` of the SDK.
const MAX_PARENTS: usize = 10;
const SESSION_PATH: &str = "/v1/resourcePrincipalSessionToken";

/// The two tokens that are exchanged for a session token.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TokenPair {
    resource_principal_token: String,
    service_principal_session_token: String,
}

/// A resource, and the suffix that its variables share.
struct ResourcePrincipal<'a> {
    request: &'a AuditRequest,
    transport: Transport,
    suffix: &'static str,
}

/// A signer with a session token, and the tenancy that the token names.
type PrincipalSession = (Signer, Option<String>);

/// The credentials of a resource principal of version 2.1, 2.1.1, 2.1.2, 2.2 or 3.0.
///
/// # Errors
/// The version is not supported, a variable is missing or invalid, or there is no valid token.
pub(super) fn resource_credentials(request: &AuditRequest) -> Result<Credentials<'_>, LiveError> {
    let resource = ResourcePrincipal { request, transport: Transport::new(request)?, suffix: "" };
    let (signer, tenancy) = resource.session()?;
    let tenancy = tenancy.ok_or_else(|| LiveError::NotAToken(format!("`{PREFIX}RPST`")))?;
    let region = resource.innermost().variable("REGION").map(str::to_owned);
    let is_renewable = resource.is_renewable();
    let credentials = Credentials::new(signer, tenancy, region, SOURCE.to_owned());
    Ok(if is_renewable { credentials.with_renewal(Box::new(resource)) } else { credentials })
}

impl<'a> ResourcePrincipal<'a> {
    fn variable_name(&self, name: &str) -> String {
        format!("{PREFIX}{name}{}", self.suffix)
    }

    fn variable(&self, name: &str) -> Option<&'a str> {
        self.request.var(&self.variable_name(name))
    }

    fn required_variable(&self, name: &str) -> Result<&'a str, LiveError> {
        self.variable(name).ok_or_else(|| LiveError::ResourcePrincipalVariable(self.variable_name(name)))
    }

    /// The value of a variable or, if it is an absolute path, the content of that file.
    fn text(&self, name: &str) -> Result<String, LiveError> {
        let value = self.required_variable(name)?;
        let path = Path::new(value);
        if !path.is_absolute() {
            return Ok(value.to_owned());
        }
        disk::read_text(path, FILE_CAP).map_err(|error| LiveError::Unreadable {
            what: format!("`{}`:", self.variable_name(name)),
            path: path.to_path_buf(),
            error,
        })
    }

    fn private_key(&self) -> Result<PrivateKey, LiveError> {
        let pem = self.text("PRIVATE_PEM")?;
        let passphrase = self.variable("PRIVATE_PEM_PASSPHRASE").map(|_| self.text("PRIVATE_PEM_PASSPHRASE")).transpose()?;
        // The passphrase can come from a file, whose final line break is not part of it.
        let passphrase = passphrase.as_deref().map(|text| text.trim_end_matches(['\n', '\r']));
        PrivateKey::read(&pem, passphrase)
            .map_err(|error| LiveError::Key { of: format!("of `{}`", self.variable_name("PRIVATE_PEM")), error })
    }

    fn version(&self) -> Result<&'a str, LiveError> {
        self.variable("VERSION").ok_or_else(|| LiveError::NoResourcePrincipal(self.variable_name("VERSION")))
    }

    /// The resource with its own key: this one, or the innermost of nested ones.
    fn innermost(&self) -> ResourcePrincipal<'a> {
        let is_nested = self.version().is_ok_and(|version| version == "3.0");
        ResourcePrincipal { request: self.request, transport: self.transport.clone(), suffix: if is_nested { LEAF } else { self.suffix } }
    }

    /// Whether the token can be renewed: any token except one whose text is in the environment.
    fn is_renewable(&self) -> bool {
        let leaf = self.innermost();
        let is_in_environment = leaf.version().is_ok_and(|version| version == "2.2");
        !is_in_environment || leaf.variable("RPST").is_some_and(|value| Path::new(value).is_absolute())
    }

    fn session(&self) -> Result<PrincipalSession, LiveError> {
        match self.version()? {
            "2.2" => self.environment_session(),
            version @ ("2.1" | "2.1.1" | "2.1.2") => self.by_exchange(version),
            "3.0" if self.suffix.is_empty() => self.nested(),
            other => Err(LiveError::ResourcePrincipalVersion { variable: self.variable_name("VERSION"), version: other.to_owned() }),
        }
    }

    /// Version 2.2: the token and the key are in the environment or in files.
    fn environment_session(&self) -> Result<PrincipalSession, LiveError> {
        let token_name = format!("`{}`", self.variable_name("RPST"));
        let text = self.text("RPST")?;
        let claims = token::claims(&text).ok_or_else(|| LiveError::NotAToken(token_name.clone()))?;
        token::check_expiry(exchange::now(self.request), claims.expires(), &format!("of {token_name}"), None)?;
        Ok((Signer::for_session(&text, self.private_key()?, claims.expires()), claims.tenancy().map(str::to_owned)))
    }

    /// Versions 2.1, 2.1.1 and 2.1.2: the resource authenticates with its key and gets a token in exchange.
    fn by_exchange(&self, version: &str) -> Result<PrincipalSession, LiveError> {
        let id = self.required_variable("RESOURCE_ID")?;
        let key_id = match version {
            "2.1" => format!("resource/v2.1/{id}"),
            _ => format!("resource/v{version}/{}/{id}", self.required_variable("TENANCY_ID")?),
        };
        let path = match (version, self.variable("RPT_PATH")) {
            ("2.1.2", Some(path)) if path.ends_with("{}") => path.replace("{}", id),
            ("2.1.2", Some(path)) => format!("{}/{id}", path.trim_end_matches('/')),
            ("2.1.2", None) => format!("/20180711/resourcePrincipalTokenV212/{id}"),
            _ => format!("/20180711/resourcePrincipalTokenV2/{id}"),
        };
        let is_valid = path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_valid {
            return Err(LiveError::ResourcePrincipalPath(self.variable_name("RPT_PATH")));
        }
        let base = self.endpoint("RPT_ENDPOINT")?;
        let sessions = self.endpoint("RPST_ENDPOINT")?;
        let context = self.variable("SECURITY_CONTEXT").filter(|_| version == "2.1.2");
        let extra_headers: Vec<(&str, &str)> = context.map(|context| ("security-context", context)).into_iter().collect();
        let key = self.private_key()?;
        let (token_pair, _) = {
            let requester = TokenRequester { key: &key, key_id: &key_id, signs_host: true };
            self.request_token_pair(&requester, &base, &path, &extra_headers)?
        };
        let token = self.exchange_tokens(&TokenRequester { key: &key, key_id: &key_id, signs_host: true }, &sessions, &token_pair)?;
        exchange::session_signer(self.request, &token, key, sessions.host())
    }

    /// Version 3.0: the innermost resource gets a token of the resource that contains it, and so on outward.
    fn nested(&self) -> Result<PrincipalSession, LiveError> {
        let leaf = self.innermost();
        let (mut signer, _) = leaf.session()?;
        let sessions = self.endpoint("RPST_ENDPOINT_FOR_PARENT_RESOURCE")?;
        let first = self.endpoint("RPT_URL_FOR_PARENT_RESOURCE")?;
        let mut parent = first.clone();
        let mut seen = Vec::new();
        loop {
            let (token_pair, next) = {
                let requester = TokenRequester { key: &signer.key, key_id: &signer.key_id, signs_host: true };
                self.request_token_pair(&requester, &parent, "", &[])?
            };
            let requester = TokenRequester { key: &signer.key, key_id: &signer.key_id, signs_host: true };
            let token = self.exchange_tokens(&requester, &sessions, &token_pair)?;
            let session = exchange::session_signer(self.request, &token, signer.key, sessions.host())?;
            let Some(next) = next else { return Ok(session) };
            // This URL comes from a response. A signed request reveals a session token, so only hosts of the realm are allowed.
            let region =
                regions::resolve(self.request, leaf.variable("REGION").unwrap_or("us-ashburn-1"), session.1.as_deref().unwrap_or(""))?;
            let next = endpoint::management(&next, &region, Some(&first)).map_err(LiveError::ResourcePrincipalParent)?;
            seen.push(parent);
            if seen.contains(&next) || seen.len() >= MAX_PARENTS {
                return Err(LiveError::EndlessResourcePrincipal);
            }
            parent = next;
            signer = session.0;
        }
    }

    fn endpoint(&self, name: &str) -> Result<BaseUrl, LiveError> {
        endpoint::token_service(self.required_variable(name)?).ok_or_else(|| LiveError::ResourcePrincipalEndpoint(self.variable_name(name)))
    }

    /// Reads the two tokens to exchange, and the URL of the next resource outward.
    fn request_token_pair(
        &self,
        requester: &TokenRequester<'_>,
        base: &BaseUrl,
        path: &str,
        extra_headers: &[(&str, &str)],
    ) -> Result<(TokenPair, Option<String>), LiveError> {
        let response = self.send(requester, base, path, None, extra_headers)?;
        let token_pair = exchange::read(&response, "the tokens of a resource principal").map_err(|error| no_session(base, error))?;
        Ok((token_pair, response.parent))
    }

    fn exchange_tokens(&self, requester: &TokenRequester<'_>, base: &BaseUrl, token_pair: &TokenPair) -> Result<String, LiveError> {
        let body = json!({
            "resourcePrincipalToken": token_pair.resource_principal_token,
            "servicePrincipalSessionToken": token_pair.service_principal_session_token,
            "sessionPublicKey": STANDARD.encode(requester.key.public_der()),
        });
        let response = self.send(requester, base, SESSION_PATH, Some(&body.to_string()), &[])?;
        let TokenBody { token } = exchange::read(&response, "a token").map_err(|error| no_session(base, error))?;
        Ok(token)
    }

    fn send(
        &self,
        requester: &TokenRequester<'_>,
        base: &BaseUrl,
        path: &str,
        body: Option<&str>,
        extra_headers: &[(&str, &str)],
    ) -> Result<HttpResponse, LiveError> {
        exchange::send_signed(self.request, &self.transport, requester, base, path, body, extra_headers)
            .map_err(|error| no_session(base, error))
    }
}

impl Renew for ResourcePrincipal<'_> {
    fn renew(&self) -> Result<Signer, LiveError> {
        Ok(self.session()?.0)
    }
}

fn no_session(base: &BaseUrl, error: impl std::error::Error) -> LiveError {
    LiveError::NoSession { host: base.host().to_owned(), why: error.to_string() }
}
