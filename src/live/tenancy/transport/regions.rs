//! Regions and realms: the domain of a region's services.
//!
//! Source of the table: `regions_definitions.py` of Oracle's Python SDK 2.189.0. Other regions come from the files and variables that
//! Oracle's SDKs read; otherwise the realm in the tenancy's OCID determines the domain.

use crate::base::disk;
use crate::live::AuditRequest;
use crate::live::tenancy::fault::LiveError;
use serde::Deserialize;
use serde_json::Value;

/// A realm: a separate OCI cloud with its own domain.
struct Realm {
    key: &'static str,
    domain: &'static str,
    /// Identifiers and short codes.
    regions: &'static [(&'static str, &'static str)],
}

/// A region that can be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    /// Identifier: `eu-frankfurt-1`.
    pub name: String,
    /// Short code: `fra`. `None` if the region is in no table or file.
    pub code: Option<String>,
    /// The realm's domain: `oraclecloud.com`.
    pub domain: String,
}

/// A region in `regions-config.json`, `OCI_REGION_METADATA` or a developer tool configuration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    realm_domain_component: String,
    region_key: String,
    region_identifier: String,
}

/// A developer tool configuration (Alloy).
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct DeveloperTools {
    regions: Vec<Metadata>,
    /// Whether no other regions may be used. A boolean, or a text as in Oracle's examples.
    allow_only_developer_tool_configuration_regions: Value,
}

/// Whether only the regions of the developer tool configuration may be used; overrides the setting in that file.
const ONLY_VARIABLE: &str = "OCI_ALLOW_ONLY_DEVELOPER_TOOL_CONFIGURATION_REGIONS";

/// Finds a region by its identifier or short code.
///
/// # Errors
/// The text is not a valid region name, the region is not allowed, or region metadata cannot be read.
pub(crate) fn resolve(request: &AuditRequest, text: &str, tenancy: &str) -> Result<Region, LiveError> {
    let text = text.trim().to_lowercase();
    let is_valid = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
    if !is_valid || text.starts_with(['.', '-']) || text.ends_with(['.', '-']) {
        return Err(LiveError::NotARegion(text));
    }
    let (path, tools) = developer_tools(request)?;
    for metadata in &tools.regions {
        if let Some(region) = metadata.matching(&text) {
            return Ok(region);
        }
    }
    if tools.is_exclusive(request) {
        return Err(LiveError::ForbiddenRegion { region: text, path: path.to_owned(), variable: ONLY_VARIABLE });
    }
    if let Some(region) = REALMS.iter().find_map(|realm| realm.region(&text)) {
        return Ok(region);
    }
    for metadata in additional_regions(request)? {
        if let Some(region) = metadata.matching(&text) {
            return Ok(region);
        }
    }
    // `us-custom-1.example.com`: a region with its domain, which Oracle's SDKs accept.
    if let Some((name, domain)) = text.split_once('.') {
        return Ok(Region { name: name.to_owned(), code: None, domain: domain.to_owned() });
    }
    let domain = request.var("OCI_DEFAULT_REALM").map(str::to_lowercase).or_else(|| realm_domain(tenancy).map(str::to_owned));
    Ok(Region { name: text, code: None, domain: domain.unwrap_or_else(|| "oraclecloud.com".to_owned()) })
}

/// The domain of the realm in an OCID.
fn realm_domain(ocid: &str) -> Option<&'static str> {
    let key = ocid.split('.').nth(2)?;
    REALMS.iter().find(|realm| realm.key == key).map(|realm| realm.domain)
}

impl Realm {
    fn region(&self, text: &str) -> Option<Region> {
        let (name, code) = self.regions.iter().find(|(name, code)| *name == text || *code == text)?;
        Some(Region { name: (*name).to_owned(), code: Some((*code).to_owned()), domain: self.domain.to_owned() })
    }
}

impl Metadata {
    fn matching(&self, text: &str) -> Option<Region> {
        let name = self.region_identifier.to_lowercase();
        let domain = self.realm_domain_component.to_lowercase();
        let code = self.region_key.to_lowercase();
        let is_match = name == text || code == text;
        (is_match && !name.is_empty() && !domain.is_empty()).then_some(Region { name, code: Some(code), domain })
    }
}

impl DeveloperTools {
    /// Whether no other regions may be used.
    fn is_exclusive(&self, request: &AuditRequest) -> bool {
        let setting = match (request.var(ONLY_VARIABLE), &self.allow_only_developer_tool_configuration_regions) {
            (Some(text), _) => text,
            (None, Value::Bool(only)) => return *only,
            (None, Value::String(text)) => text,
            (None, _) => return false,
        };
        setting.trim().eq_ignore_ascii_case("true")
    }
}

/// Reads the developer tool configuration, whose regions take precedence over the built-in ones. Also returns its path.
fn developer_tools(request: &AuditRequest) -> Result<(&str, DeveloperTools), LiveError> {
    let path = request.var("OCI_DEVELOPER_TOOL_CONFIGURATION_FILE_PATH").unwrap_or("~/.oci/developer-tool-configuration.json");
    let tools = match read_optional(request, path)? {
        Some(text) => serde_json::from_str(&text).map_err(|error| invalid(path, error))?,
        None => DeveloperTools::default(),
    };
    Ok((path, tools))
}

/// Reads the regions of `regions-config.json` and `OCI_REGION_METADATA`. The built-in ones take precedence over them.
fn additional_regions(request: &AuditRequest) -> Result<Vec<Metadata>, LiveError> {
    const FILE: &str = "~/.oci/regions-config.json";
    let mut regions = match read_optional(request, FILE)? {
        Some(text) => serde_json::from_str::<Vec<Metadata>>(&text).map_err(|error| invalid(FILE, error))?,
        None => Vec::new(),
    };
    if let Some(text) = request.var("OCI_REGION_METADATA") {
        regions.push(serde_json::from_str(text).map_err(|error| invalid("`OCI_REGION_METADATA`", error))?);
    }
    Ok(regions)
}

fn read_optional(request: &AuditRequest, path: &str) -> Result<Option<String>, LiveError> {
    match disk::read_text(&request.expand(path), 1 << 20) {
        Ok(text) => Ok(Some(text)),
        Err(disk::DiskError::Missing) => Ok(None),
        Err(error) => Err(LiveError::RegionFile { path: path.to_owned(), error }),
    }
}

fn invalid(of: &str, error: serde_json::Error) -> LiveError {
    LiveError::RegionMetadata { of: of.to_owned(), error }
}

#[rustfmt::skip]
const REALMS: &[Realm] = &[
    Realm { key: "oc1", domain: "oraclecloud.com", regions: &[("ap-chuncheon-1", "yny"), ("ap-hyderabad-1", "hyd"), ("ap-melbourne-1", "mel"), ("ap-mumbai-1", "bom"), ("ap-osaka-1", "kix"), ("ap-seoul-1", "icn"), ("ap-sydney-1", "syd"), ("ap-tokyo-1", "nrt"), ("ca-montreal-1", "yul"), ("ca-toronto-1", "yyz"), ("eu-amsterdam-1", "ams"), ("eu-frankfurt-1", "fra"), ("eu-zurich-1", "zrh"), ("me-jeddah-1", "jed"), ("me-dubai-1", "dxb"), ("sa-saopaulo-1", "gru"), ("uk-cardiff-1", "cwl"), ("uk-london-1", "lhr"), ("us-ashburn-1", "iad"), ("us-phoenix-1", "phx"), ("us-sanjose-1", "sjc"), ("sa-vinhedo-1", "vcp"), ("sa-santiago-1", "scl"), ("il-jerusalem-1", "mtz"), ("eu-marseille-1", "mrs"), ("ap-singapore-1", "sin"), ("me-abudhabi-1", "auh"), ("eu-milan-1", "lin"), ("eu-stockholm-1", "arn"), ("af-johannesburg-1", "jnb"), ("eu-paris-1", "cdg"), ("mx-queretaro-1", "qro"), ("eu-madrid-1", "mad"), ("us-chicago-1", "ord"), ("mx-monterrey-1", "mty"), ("us-saltlake-2", "aga"), ("sa-bogota-1", "bog"), ("sa-valparaiso-1", "vap"), ("ap-singapore-2", "xsp"), ("me-riyadh-1", "ruh"), ("ap-delhi-1", "onm"), ("ap-batam-1", "hsg"), ("eu-madrid-3", "orf"), ("eu-turin-1", "nrq"), ("ap-kulai-2", "jbp"), ("af-casablanca-1", "lej")] },
    Realm { key: "oc2", domain: "oraclegovcloud.com", regions: &[("us-langley-1", "lfi"), ("us-luke-1", "luf")] },
    Realm { key: "oc3", domain: "oraclegovcloud.com", regions: &[("us-gov-ashburn-1", "ric"), ("us-gov-chicago-1", "pia"), ("us-gov-phoenix-1", "tus")] },
    Realm { key: "oc4", domain: "oraclegovcloud.uk", regions: &[("uk-gov-london-1", "ltn"), ("uk-gov-cardiff-1", "brs")] },
    Realm { key: "oc8", domain: "oraclecloud8.com", regions: &[("ap-chiyoda-1", "nja"), ("ap-ibaraki-1", "ukb")] },
    Realm { key: "oc9", domain: "oraclecloud9.com", regions: &[("me-dcc-muscat-1", "mct"), ("me-ibri-1", "ibr")] },
    Realm { key: "oc10", domain: "oraclecloud10.com", regions: &[("ap-dcc-canberra-1", "wga")] },
    Realm { key: "oc14", domain: "oraclecloud14.com", regions: &[("eu-dcc-milan-1", "bgy"), ("eu-dcc-milan-2", "mxp"), ("eu-dcc-dublin-2", "snn"), ("eu-dcc-rating-2", "dtm"), ("eu-dcc-rating-1", "dus"), ("eu-dcc-dublin-1", "ork")] },
    Realm { key: "oc15", domain: "oraclecloud15.com", regions: &[("ap-dcc-gazipur-1", "dac")] },
    Realm { key: "oc19", domain: "oraclecloud.eu", regions: &[("eu-madrid-2", "vll"), ("eu-frankfurt-2", "str")] },
    Realm { key: "oc20", domain: "oraclecloud20.com", regions: &[("eu-jovanovac-1", "beg")] },
    Realm { key: "oc21", domain: "oraclecloud21.com", regions: &[("me-dcc-doha-1", "doh"), ("me-alrayyan-1", "vve")] },
    Realm { key: "oc23", domain: "oraclecloud23.com", regions: &[("us-somerset-1", "ebb"), ("us-thames-1", "ebl")] },
    Realm { key: "oc24", domain: "oraclecloud24.com", regions: &[("eu-dcc-zurich-1", "avz"), ("eu-crissier-1", "avf")] },
    Realm { key: "oc26", domain: "oraclecloud26.com", regions: &[("me-abudhabi-3", "ahu"), ("me-alain-1", "rba")] },
    Realm { key: "oc29", domain: "oraclecloud29.com", regions: &[("me-abudhabi-2", "rkt"), ("me-abudhabi-4", "shj")] },
    Realm { key: "oc35", domain: "oraclecloud35.com", regions: &[("ap-seoul-2", "dtz"), ("ap-suwon-1", "dln"), ("ap-chuncheon-2", "bno")] },
    Realm { key: "oc42", domain: "oraclecloud42.com", regions: &[("us-ashburn-2", "yxj"), ("us-newark-1", "pgc")] },
    Realm { key: "oc51", domain: "oraclecloud51.com", regions: &[("eu-budapest-1", "jsk")] },
    Realm { key: "oc52", domain: "oraclecloud52.com", regions: &[("sa-riodejaneiro-1", "hnw")] },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::tenancy::testing::request;

    #[test]
    fn regions_resolve_by_table_custom_domain_or_realm_of_the_tenancy() {
        assert_eq!((REALMS.len(), REALMS.iter().map(|realm| realm.regions.len()).sum::<usize>()), (20, 85));
        let request = request();
        for (text, name, domain) in [
            ("eu-frankfurt-1", "eu-frankfurt-1", "oraclecloud.com"),
            ("IAD", "us-ashburn-1", "oraclecloud.com"),
            ("us-gov-ashburn-1", "us-gov-ashburn-1", "oraclegovcloud.com"),
            ("eu-madrid-2", "eu-madrid-2", "oraclecloud.eu"),
            ("xx-new-1", "xx-new-1", "oraclecloud9.com"),
            ("xx-own-1.example.org", "xx-own-1", "example.org"),
        ] {
            let region = resolve(&request, text, "ocid1.tenancy.oc9..a").unwrap();
            assert_eq!((region.name.as_str(), region.domain.as_str()), (name, domain));
        }
        for text in ["", "a b", "a/b", "evil.com/x", "-a", "a."] {
            assert!(resolve(&request, text, "ocid1.tenancy.oc1..a").is_err(), "{text}");
        }
    }

    #[test]
    fn regions_of_files_and_environment_are_added_and_can_be_exclusive() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".oci")).unwrap();
        let metadata = |name: &str, key: &str, domain: &str| {
            format!(r#"{{"realmKey":"OC99","realmDomainComponent":"{domain}","regionKey":"{key}","regionIdentifier":"{name}"}}"#)
        };
        let mut request = request();
        request.home = Some(home.path().to_path_buf());
        request.env.insert("OCI_REGION_METADATA".to_owned(), metadata("xx-two-1", "TWO", "two.example"));
        let file = format!("[{}]", metadata("xx-one-1", "ONE", "One.Example"));
        std::fs::write(home.path().join(".oci/regions-config.json"), file).unwrap();
        let alloy = format!(r#"{{"provider":"x","regions":[{}]}}"#, metadata("eu-frankfurt-1", "FRA", "alloy.example"));
        std::fs::write(home.path().join(".oci/developer-tool-configuration.json"), alloy).unwrap();
        for (text, domain) in [("one", "one.example"), ("xx-two-1", "two.example"), ("fra", "alloy.example"), ("iad", "oraclecloud.com")] {
            assert_eq!(resolve(&request, text, "").unwrap().domain, domain);
        }
        request.env.insert(ONLY_VARIABLE.to_owned(), "True".to_owned());
        assert_eq!(resolve(&request, "fra", "").unwrap().domain, "alloy.example");
        for text in ["iad", "us-ashburn-1", "xx-one-1", "xx-own-1.example.org"] {
            let error = resolve(&request, text, "").err().unwrap().to_string();
            assert!(error.starts_with(&format!("the region `{text}` may not be used: ~/.oci/dev")), "{error}");
        }
        request.env.remove(ONLY_VARIABLE);
        let exclusive = r#"{"regions":[],"allowOnlyDeveloperToolConfigurationRegions":"true"}"#;
        std::fs::write(home.path().join(".oci/developer-tool-configuration.json"), exclusive).unwrap();
        assert!(resolve(&request, "iad", "").is_err());
        request.env.insert(ONLY_VARIABLE.to_owned(), "false".to_owned());
        assert!(resolve(&request, "iad", "").is_ok());
        std::fs::write(home.path().join(".oci/regions-config.json"), "{").unwrap();
        assert!(resolve(&request, "xx-three-1", "").is_err());
    }
}
