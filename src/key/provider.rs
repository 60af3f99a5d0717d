//! Which provider versions a constraint allows: advice must not name an argument that none of them has.

use crate::base::Place;

/// A provider version, or a constraint, without some of the arguments that advice would name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldProvider {
    /// The constraint, or the version in the lock file.
    pub version: String,
    /// Whether it comes from the lock file, which `terraform init -upgrade` rewrites.
    pub is_locked: bool,
    /// Where it is.
    pub place: Place,
    /// Whether it is so old that it does not support SOFTWARE keys either.
    pub predates_software_keys: bool,
}

/// Major, minor and patch version.
type ProviderVersion = [u64; 3];

/// The first version with `is_auto_rotation_enabled`. Source: CHANGELOG of oracle/oci.
const ROTATION: ProviderVersion = [5, 31, 0];
/// The first version that supports SOFTWARE keys. Source: CHANGELOG of oracle/oci.
const SOFTWARE: ProviderVersion = [3, 94, 0];

impl OldProvider {
    /// Reads a constraint, or the version in the lock file; `None` if it allows a version that rotates keys.
    #[must_use]
    pub fn read(version: &str, is_locked: bool, place: Place) -> Option<Self> {
        let excludes = |least| version.split(',').any(|constraint| excludes(constraint, least));
        excludes(ROTATION).then(|| Self {
            version: version.trim().to_owned(),
            is_locked,
            place,
            predates_software_keys: excludes(SOFTWARE),
        })
    }
}

/// Whether a provider's source is Oracle's provider: `oracle/oci`, its former address `hashicorp/oci`, or just `oci`.
#[must_use]
pub(crate) fn is_oci_provider(source: &str) -> bool {
    let mut parts = source.rsplit('/');
    parts.next() == Some("oci") && matches!(parts.next(), None | Some("oracle" | "hashicorp"))
}

/// Whether a constraint excludes every version from `least` on.
fn excludes(constraint: &str, least: ProviderVersion) -> bool {
    let constraint = constraint.trim();
    let at = constraint.find(|c: char| c.is_ascii_digit()).unwrap_or(constraint.len());
    let (operator, version) = constraint.split_at(at);
    let Some((version, parts)) = parse(version) else { return false };
    // Terraform accepts a `v` before a version.
    match operator.trim().trim_end_matches('v').trim_end() {
        "" | "=" => version < least,
        "<" => version <= least,
        "<=" => version < least,
        "~>" => {
            let [major, minor, _] = version;
            let end = match parts {
                // `~> 5` allows every later version, `~> 5.18` those below 6, `~> 5.18.0` those below 5.19.
                0 | 1 => return false,
                2 => [major.saturating_add(1), 0, 0],
                _ => [major, minor.saturating_add(1), 0],
            };
            end <= least
        }
        _ => false,
    }
}

/// Parses a version, and counts the parts that it names.
fn parse(text: &str) -> Option<(ProviderVersion, usize)> {
    let plain = text.trim().split(['-', '+']).next()?;
    let mut version = [0; 3];
    let mut parts = 0;
    for part in plain.split('.') {
        *version.get_mut(parts)? = part.parse().ok()?;
        parts += 1;
    }
    Some((version, parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraint_excludes_features_newer_than_every_allowed_version() {
        for (constraint, excluded) in [
            ("5.18.0", true),
            ("= 5.30.9", true),
            ("5.31.0", false),
            ("v5.31.0", false),
            ("~> 5.18.0", true),
            ("~> 18446744073709551615.0", false),
            ("~> 5.18446744073709551615.0", false),
            ("~> 5.30.1", true),
            ("~> 5.18", false),
            ("~> 4.0", true),
            ("~> 5", false),
            ("< 5.31.0", true),
            ("< 5.31.1", false),
            ("<= 5.31.0", false),
            ("<= 5.30", true),
            (">= 5.18.0", false),
            ("!= 5.31.0", false),
            ("> 4, nonsense", false),
            ("", false),
        ] {
            assert_eq!(excludes(constraint, ROTATION), excluded, "{constraint}");
        }
        let both = OldProvider::read(">= 4.0, < 5.0", false, Place::File("x".into())).unwrap();
        assert!(!both.predates_software_keys && both.version == ">= 4.0, < 5.0");
        assert!(OldProvider::read("~> 3.27.0", false, Place::File("x".into())).unwrap().predates_software_keys);
        assert_eq!(OldProvider::read(">= 6.0", false, Place::File("x".into())), None);
    }

    #[test]
    fn oci_provider_is_recognized_by_its_source() {
        for (source, is_oci) in [
            ("oracle/oci", true),
            ("registry.terraform.io/oracle/oci", true),
            ("registry.opentofu.org/hashicorp/oci", true),
            ("oci", true),
            ("acme/oci", false),
            ("hashicorp/aws", false),
        ] {
            assert_eq!(is_oci_provider(source), is_oci, "{source}");
        }
    }
}
