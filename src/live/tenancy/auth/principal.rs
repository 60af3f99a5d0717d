//! Resource principals: tokens that OCI hands to what runs inside of its services, or for which it exchanges them.
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
use crate::live::tenancy::transport::answer::HttpAnswer;
use crate::live::tenancy::transport::endpoint::{self, Base};
use crate::live::tenancy::transport::http::Transport;
use crate::live::tenancy::transport::regions;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;
use std::path::Path;

/// How errors name it.
const SOURCE: &str = "the resource principal of the environment";
/// What the names of all variables begin with.
const PREFIX: &str = "OCI_RESOURCE_PRINCIPAL_";
/// What the names of variables end with for the innermost of nested resources.
const LEAF: &str = "_FOR_LEAF_RESOURCE";
/// How many resources may contain each other. Source: `MAX_NESTED_PARENT_DEPTH`.
const MOST_PARENTS: usize = 10;
const SESSION: &str = "/v1/resourcePrincipalSessionToken";

/// The two tokens that are exchanged for a session's.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Blob {
    resource_principal_token: String,
    service_principal_session_token: String,
}

/// The variables of a resource: their names end alike.
struct ResourcePrincipal<'a> {
    request: &'a AuditRequest,
    transport: Transport,
    suffix: &'static str,
}

/// A session, and the tenancy that its token names.
type PrincipalSession = (Signer, Option<String>);

/// A resource principal of version 2.1, 2.1.1, 2.1.2, 2.2 or 3.0.
///
/// # Errors
/// Another version, something missing or broken, no token, or one that is over.
pub(super) fn resource(request: &AuditRequest) -> Result<Credentials<'_>, LiveError> {
    let resource = ResourcePrincipal { request, transport: Transport::new(request)?, suffix: "" };
    let (signer, tenancy) = resource.session()?;
    let tenancy = tenancy.ok_or_else(|| LiveError::NotAToken(format!("`{PREFIX}RPST`")))?;
    let region = resource.innermost().optional("REGION").map(str::to_owned);
    let is_renewable = resource.is_renewable();
    let credentials = Credentials::new(signer, tenancy, region, SOURCE.to_owned());
    Ok(if is_renewable { credentials.renewed_by(Box::new(resource)) } else { credentials })
}

impl<'a> ResourcePrincipal<'a> {
    fn name(&self, name: &str) -> String {
        format!("{PREFIX}{name}{}", self.suffix)
    }

    fn optional(&self, name: &str) -> Option<&'a str> {
        self.request.var(&self.name(name))
    }

    fn needed(&self, name: &str) -> Result<&'a str, LiveError> {
        self.optional(name).ok_or_else(|| LiveError::ResourcePrincipalVariable(self.name(name)))
    }

    /// A variable's value, or the text of the file it names by an absolute path.
    fn text(&self, name: &str) -> Result<String, LiveError> {
        let value = self.needed(name)?;
        let path = Path::new(value);
        if !path.is_absolute() {
            return Ok(value.to_owned());
        }
        disk::read_text(path, FILE_CAP).map_err(|error| LiveError::Unreadable {
            what: format!("`{}`:", self.name(name)),
            path: path.to_path_buf(),
            error,
        })
    }

    fn key(&self) -> Result<PrivateKey, LiveError> {
        let pem = self.text("PRIVATE_PEM")?;
        let passphrase = self.optional("PRIVATE_PEM_PASSPHRASE").map(|_| self.text("PRIVATE_PEM_PASSPHRASE")).transpose()?;
        // The passphrase may be in a file, whose line end is not part of it.
        let passphrase = passphrase.as_deref().map(|text| text.trim_end_matches(['\n', '\r']));
        PrivateKey::read(&pem, passphrase).map_err(|error| LiveError::Key { of: format!("of `{}`", self.name("PRIVATE_PEM")), error })
    }

    fn version(&self) -> Result<&'a str, LiveError> {
        self.optional("VERSION").ok_or_else(|| LiveError::NoResourcePrincipal(self.name("VERSION")))
    }

    /// The resource whose own variables there are: this one, or the innermost of nested ones.
    fn innermost(&self) -> ResourcePrincipal<'a> {
        let is_nested = self.version().is_ok_and(|version| version == "3.0");
        ResourcePrincipal { request: self.request, transport: self.transport.clone(), suffix: if is_nested { LEAF } else { self.suffix } }
    }

    /// Whether there can be another token: all but one that is written into the environment can be asked for or read again.
    fn is_renewable(&self) -> bool {
        let leaf = self.innermost();
        let is_given = leaf.version().is_ok_and(|version| version == "2.2");
        !is_given || leaf.optional("RPST").is_some_and(|value| Path::new(value).is_absolute())
    }

    fn session(&self) -> Result<PrincipalSession, LiveError> {
        match self.version()? {
            "2.2" => self.given(),
            version @ ("2.1" | "2.1.1" | "2.1.2") => self.exchanged(version),
            "3.0" if self.suffix.is_empty() => self.nested(),
            other => Err(LiveError::ResourcePrincipalVersion { variable: self.name("VERSION"), version: other.to_owned() }),
        }
    }

    /// 2.2: token and key are in the environment, or in files.
    fn given(&self) -> Result<PrincipalSession, LiveError> {
        let named = format!("`{}`", self.name("RPST"));
        let text = self.text("RPST")?;
        let claims = token::claims(&text).ok_or_else(|| LiveError::NotAToken(named.clone()))?;
        token::check_expiry(exchange::now(self.request), claims.expires(), &format!("of {named}"), None)?;
        Ok((Signer::of_session(&text, self.key()?, claims.expires()), claims.tenancy().map(str::to_owned)))
    }

    /// 2.1, 2.1.1 and 2.1.2: the resource's key proves which one it is.
    fn exchanged(&self, version: &str) -> Result<PrincipalSession, LiveError> {
        let id = self.needed("RESOURCE_ID")?;
        let key_id = match version {
            "2.1" => format!("resource/v2.1/{id}"),
            _ => format!("resource/v{version}/{}/{id}", self.needed("TENANCY_ID")?),
        };
        let path = match (version, self.optional("RPT_PATH")) {
            ("2.1.2", Some(path)) if path.ends_with("{}") => path.replace("{}", id),
            ("2.1.2", Some(path)) => format!("{}/{id}", path.trim_end_matches('/')),
            ("2.1.2", None) => format!("/20180711/resourcePrincipalTokenV212/{id}"),
            _ => format!("/20180711/resourcePrincipalTokenV2/{id}"),
        };
        let clean = path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic());
        if !clean {
            return Err(LiveError::ResourcePrincipalPath(self.name("RPT_PATH")));
        }
        let base = self.endpoint("RPT_ENDPOINT")?;
        let sessions = self.endpoint("RPST_ENDPOINT")?;
        let context = self.optional("SECURITY_CONTEXT").filter(|_| version == "2.1.2");
        let extra: Vec<(&str, &str)> = context.map(|context| ("security-context", context)).into_iter().collect();
        let key = self.key()?;
        let (blob, _) = {
            let asks = TokenRequester { key: &key, key_id: &key_id, signs_host: true };
            self.blob(&asks, &base, &path, &extra)?
        };
        let token = self.exchange(&TokenRequester { key: &key, key_id: &key_id, signs_host: true }, &sessions, &blob)?;
        exchange::session(self.request, &token, key, sessions.host())
    }

    /// 3.0: the innermost resource asks for the token of the one that contains it, and so on outwards.
    fn nested(&self) -> Result<PrincipalSession, LiveError> {
        let leaf = self.innermost();
        let (mut signer, _) = leaf.session()?;
        let sessions = self.endpoint("RPST_ENDPOINT_FOR_PARENT_RESOURCE")?;
        let first = self.endpoint("RPT_URL_FOR_PARENT_RESOURCE")?;
        let mut parent = first.clone();
        let mut seen = Vec::new();
        loop {
            let (blob, next) = {
                let asks = TokenRequester { key: &signer.key, key_id: &signer.key_id, signs_host: true };
                self.blob(&asks, &parent, "", &[])?
            };
            let asks = TokenRequester { key: &signer.key, key_id: &signer.key_id, signs_host: true };
            let token = self.exchange(&asks, &sessions, &blob)?;
            let session = exchange::session(self.request, &token, signer.key, sessions.host())?;
            let Some(next) = next else { return Ok(session) };
            // The address comes with an answer: a signed request shows its receiver a token, so it stays with the service.
            let region =
                regions::resolve(self.request, leaf.optional("REGION").unwrap_or("us-ashburn-1"), session.1.as_deref().unwrap_or(""))?;
            let next = endpoint::management(&next, &region, Some(&first)).map_err(LiveError::ResourcePrincipalParent)?;
            seen.push(parent);
            if seen.contains(&next) || seen.len() >= MOST_PARENTS {
                return Err(LiveError::EndlessResourcePrincipal);
            }
            parent = next;
            signer = session.0;
        }
    }

    fn endpoint(&self, name: &str) -> Result<Base, LiveError> {
        endpoint::named(self.needed(name)?).ok_or_else(|| LiveError::ResourcePrincipalEndpoint(self.name(name)))
    }

    /// The two tokens to exchange, and where those of the next resource outwards are.
    fn blob(
        &self,
        asks: &TokenRequester<'_>,
        base: &Base,
        path: &str,
        extra: &[(&str, &str)],
    ) -> Result<(Blob, Option<String>), LiveError> {
        let answer = self.ask(asks, base, path, None, extra)?;
        let blob = exchange::read(&answer, "the tokens of a resource principal").map_err(|error| no_session(base, error))?;
        Ok((blob, answer.parent))
    }

    fn exchange(&self, asks: &TokenRequester<'_>, base: &Base, blob: &Blob) -> Result<String, LiveError> {
        let body = json!({
            "resourcePrincipalToken": blob.resource_principal_token,
            "servicePrincipalSessionToken": blob.service_principal_session_token,
            "sessionPublicKey": STANDARD.encode(asks.key.public_der()),
        });
        let answer = self.ask(asks, base, SESSION, Some(&body.to_string()), &[])?;
        let TokenBody { token } = exchange::read(&answer, "a token").map_err(|error| no_session(base, error))?;
        Ok(token)
    }

    fn ask(
        &self,
        asks: &TokenRequester<'_>,
        base: &Base,
        path: &str,
        body: Option<&str>,
        extra: &[(&str, &str)],
    ) -> Result<HttpAnswer, LiveError> {
        exchange::ask(self.request, &self.transport, asks, base, path, body, extra).map_err(|error| no_session(base, error))
    }
}

impl Renew for ResourcePrincipal<'_> {
    fn renew(&self) -> Result<Signer, LiveError> {
        Ok(self.session()?.0)
    }
}

fn no_session(base: &Base, error: impl std::error::Error) -> LiveError {
    LiveError::NoSession { host: base.host().to_owned(), why: error.to_string() }
}
