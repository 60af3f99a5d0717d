//! Regions and realms: which domain a region's services live under.
//!
//! Source of the table: `regions_definitions.py` of Oracle's Python SDK 2.189.0. Regions beyond it come from the files and variables
//! that Oracle's SDKs read, and last from the realm that the tenancy's OCID names.

use crate::base::disk;
use crate::live::AuditRequest;
use crate::live::tenancy::fault::LiveError;
use serde::Deserialize;
use serde_json::Value;

/// A realm: a cloud of its own with its own domain.
struct Realm {
    key: &'static str,
    domain: &'static str,
    /// Identifier and short code.
    regions: &'static [(&'static str, &'static str)],
}

/// A region that can be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    /// Identifier: `eu-frankfurt-1`.
    pub name: String,
    /// Short code: `fra`. Unknown for regions that no table or file names.
    pub code: Option<String>,
    /// The realm's domain: `oraclecloud.com`.
    pub domain: String,
}

/// A region as `regions-config.json`, `OCI_REGION_METADATA` and developer tool configurations write it.
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
    /// No other regions may be used. A text in Oracle's own examples.
    allow_only_developer_tool_configuration_regions: Value,
}

/// States whether only the regions of the developer tool configuration may be used; wins over what that says itself.
const ONLY: &str = "OCI_ALLOW_ONLY_DEVELOPER_TOOL_CONFIGURATION_REGIONS";

/// Finds a region by its identifier or short code.
///
/// # Errors
/// It is no region's name, or a file or variable about regions cannot be read.
pub(crate) fn resolve(request: &AuditRequest, text: &str, tenancy: &str) -> Result<Region, LiveError> {
    let text = text.trim().to_lowercase();
    let clean = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
    if !clean || text.starts_with(['.', '-']) || text.ends_with(['.', '-']) {
        return Err(LiveError::NotARegion(text));
    }
    let (path, tools) = developer_tools(request)?;
    for metadata in &tools.regions {
        if let Some(region) = metadata.matching(&text) {
            return Ok(region);
        }
    }
    if tools.are_all(request) {
        return Err(LiveError::ForbiddenRegion { region: text, path: path.to_owned(), variable: ONLY });
    }
    if let Some(region) = REALMS.iter().find_map(|realm| realm.region(&text)) {
        return Ok(region);
    }
    for metadata in further(request)? {
        if let Some(region) = metadata.matching(&text) {
            return Ok(region);
        }
    }
    // `us-custom-1.example.com`: region and domain in one, as Oracle's SDKs take it.
    if let Some((name, domain)) = text.split_once('.') {
        return Ok(Region { name: name.to_owned(), code: None, domain: domain.to_owned() });
    }
    let domain = request.var("OCI_DEFAULT_REALM").map(str::to_lowercase).or_else(|| domain_of(tenancy).map(str::to_owned));
    Ok(Region { name: text, code: None, domain: domain.unwrap_or_else(|| "oraclecloud.com".to_owned()) })
}

/// The domain of the realm that an OCID names.
fn domain_of(ocid: &str) -> Option<&'static str> {
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
        let meant = name == text || code == text;
        (meant && !name.is_empty() && !domain.is_empty()).then_some(Region { name, code: Some(code), domain })
    }
}

impl DeveloperTools {
    /// Whether there are no regions but these.
    fn are_all(&self, request: &AuditRequest) -> bool {
        let said = match (request.var(ONLY), &self.allow_only_developer_tool_configuration_regions) {
            (Some(text), _) => text,
            (None, Value::Bool(only)) => return *only,
            (None, Value::String(text)) => text,
            (None, _) => return false,
        };
        said.trim().eq_ignore_ascii_case("true")
    }
}

/// The developer tool configuration, whose regions come before the built-in ones, and its path.
fn developer_tools(request: &AuditRequest) -> Result<(&str, DeveloperTools), LiveError> {
    let path = request.var("OCI_DEVELOPER_TOOL_CONFIGURATION_FILE_PATH").unwrap_or("~/.oci/developer-tool-configuration.json");
    let tools = match optional(request, path)? {
        Some(text) => serde_json::from_str(&text).map_err(|error| broken(path, error))?,
        None => DeveloperTools::default(),
    };
    Ok((path, tools))
}

/// Regions of `regions-config.json` and `OCI_REGION_METADATA`, which come after the built-in ones.
fn further(request: &AuditRequest) -> Result<Vec<Metadata>, LiveError> {
    const FILE: &str = "~/.oci/regions-config.json";
    let mut regions = match optional(request, FILE)? {
        Some(text) => serde_json::from_str::<Vec<Metadata>>(&text).map_err(|error| broken(FILE, error))?,
        None => Vec::new(),
    };
    if let Some(text) = request.var("OCI_REGION_METADATA") {
        regions.push(serde_json::from_str(text).map_err(|error| broken("`OCI_REGION_METADATA`", error))?);
    }
    Ok(regions)
}

fn optional(request: &AuditRequest, path: &str) -> Result<Option<String>, LiveError> {
    match disk::read_text(&request.expand(path), 1 << 20) {
        Ok(text) => Ok(Some(text)),
        Err(disk::DiskError::Missing) => Ok(None),
        Err(error) => Err(LiveError::RegionFile { path: path.to_owned(), error }),
    }
}

fn broken(of: &str, error: serde_json::Error) -> LiveError {
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
    fn the_table_knows_every_realm() {
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
    fn further_regions_come_from_files_and_the_environment() {
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
        request.env.insert(ONLY.to_owned(), "True".to_owned());
        assert_eq!(resolve(&request, "fra", "").unwrap().domain, "alloy.example");
        for text in ["iad", "us-ashburn-1", "xx-one-1", "xx-own-1.example.org"] {
            let error = resolve(&request, text, "").err().unwrap().to_string();
            assert!(error.starts_with(&format!("the region `{text}` may not be used: ~/.oci/dev")), "{error}");
        }
        request.env.remove(ONLY);
        let alone = r#"{"regions":[],"allowOnlyDeveloperToolConfigurationRegions":"true"}"#;
        std::fs::write(home.path().join(".oci/developer-tool-configuration.json"), alone).unwrap();
        assert!(resolve(&request, "iad", "").is_err());
        request.env.insert(ONLY.to_owned(), "false".to_owned());
        assert!(resolve(&request, "iad", "").is_ok());
        std::fs::write(home.path().join(".oci/regions-config.json"), "{").unwrap();
        assert!(resolve(&request, "xx-three-1", "").is_err());
    }
}
