//! Recognizes URLs that cannot be a vault's management endpoint. Source: VaultSummary of the KMS vault API:
//! `https://ID-management.kms.REGION.…`.

/// Describes a URL that is certainly not a vault's management endpoint, as the noun phrase after "this is".
#[must_use]
pub(crate) fn wrong_endpoint(url: &str) -> Option<&'static str> {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest).split(['/', ':']).next().unwrap_or_default().to_ascii_lowercase();
    let (first, rest) = host.split_once('.')?;
    if !host.ends_with(".oraclecloud.com") {
        return None;
    }
    if first == "kms" {
        return Some("the endpoint of the region, not of a vault");
    }
    (rest.starts_with("kms.") && first.ends_with("-crypto")).then_some("the vault's crypto endpoint, not its management endpoint")
}

#[cfg(test)]
mod tests {
    use super::wrong_endpoint;

    #[test]
    fn region_and_crypto_endpoints_are_not_management_endpoints() {
        for (url, is_wrong) in [
            ("https://kms.eu-frankfurt-1.oraclecloud.com", true),
            ("https://kms.us-ashburn-1.oci.oraclecloud.com/", true),
            ("KMS.eu-frankfurt-1.oraclecloud.com:443", true),
            ("https://abc-crypto.kms.eu-frankfurt-1.oraclecloud.com", true),
            ("https://abc-management.kms.eu-frankfurt-1.oraclecloud.com", false),
            ("https://abc-management.kms.eu-frankfurt-1.oci.oraclecloud.com", false),
            ("https://kms.example.com", false),
            ("kms", false),
            ("", false),
        ] {
            assert_eq!(wrong_endpoint(url).is_some(), is_wrong, "{url}");
        }
    }
}
