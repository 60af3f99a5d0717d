//! Computes the fingerprints that identify findings and their instances in reports and baselines, independent of lines and texts.

use super::finding::Finding;
use super::fingerprint::{Fingerprint, Fingerprints};
use super::place::{EditAddress, EditTarget};
use crate::key::KeyId;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// The fingerprints of an instance. `root`: the repository path of its root; `used`: that of the file that uses the value.
pub(super) fn of_instance(rule: &str, root: &str, used: &str, key: &KeyId, kind: &str) -> Fingerprints {
    let inputs = key.inputs.as_deref();
    // The order of the parts must not change: baselines contain the digests.
    let current = [rule, kind, root, &key.address];
    let earlier = [rule, root, used, &key.address, kind];
    Fingerprints { current: digest(current.into_iter().chain(inputs)), earlier: digest(earlier.into_iter().chain(inputs)) }
}

/// The fingerprint of a finding, independent of its lines and of how many keys it has. `path`: the repository path of its place;
/// `edit` and `argument`: what is edited there; `key`: one of its keys; `edit_address`: that of the place, if it is configuration.
pub(super) fn of_finding(
    rule: &str,
    kind: &str,
    path: &str,
    (edit, argument): (&EditTarget, &str),
    key: &KeyId,
    edit_address: Option<EditAddress>,
) -> String {
    let address = match edit_address {
        None => format!("{}.{argument}", key.address),
        Some(EditAddress { block, path }) if path.is_empty() => format!("{block}.{argument}"),
        Some(EditAddress { block, path }) => match edit {
            EditTarget::LeftOut(attribute) => format!("{block}.{path}.{attribute}"),
            _ => format!("{block}.{path}"),
        },
    };
    digest([rule, kind, path, &address]).as_str().to_owned()
}

/// Makes equal fingerprints unique by their order in the file: two branches of one conditional have the same edit address.
pub(super) fn number_duplicates(findings: &mut [Finding]) {
    let mut known: HashMap<String, usize> = HashMap::new();
    for finding in findings {
        // GitLab shows findings with the same fingerprint as one.
        let earlier = known.entry(finding.fingerprint.clone()).or_default();
        if *earlier > 0 {
            finding.fingerprint = digest([finding.fingerprint.as_str(), &earlier.to_string()]).as_str().to_owned();
        }
        *earlier += 1;
    }
}

/// The first 128 bits of SHA-256 over the parts. Each part follows its length, so that different lists never have the same bytes.
fn digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> Fingerprint {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + (value - 10) };
    let mut fingerprint = Fingerprint::default();
    for (digits, byte) in fingerprint.0.chunks_exact_mut(2).zip(hash.finalize()) {
        digits.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
    fingerprint
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::InputKind;
    use std::collections::HashSet;

    fn key(address: &str, inputs: Option<&str>) -> KeyId {
        KeyId { root: ".".into(), inputs: inputs.map(Into::into), address: address.to_owned(), input: InputKind::Hcl }
    }

    #[test]
    fn instance_fingerprint_depends_on_rule_kind_root_inputs_and_address_only() {
        let k = key("oci_kms_key.k", None);
        let of = |rule: &str, root: &str, used: &str, key: &KeyId, kind: &str| of_instance(rule, root, used, key, kind);
        let base = of("OCI-KMS-004", "infra", "infra/a.tf", &k, "hsm");
        for text in [base.current.as_str(), base.earlier.as_str()] {
            assert!(text.len() == 32 && text.chars().all(|c| c.is_ascii_hexdigit()), "{text}");
        }
        let moved = of("OCI-KMS-004", "infra", "infra/b.tf", &k, "hsm");
        assert_eq!(moved.current, base.current, "the file does not matter");
        assert_ne!(moved.earlier, base.earlier, "it mattered in kmslint 0.1.0");
        let others = [
            of("OCI-KMS-001", "infra", "infra/a.tf", &k, "hsm"),
            of("OCI-KMS-004", "infra", "infra/a.tf", &k, "hsm-by-default"),
            of("OCI-KMS-004", "other", "infra/a.tf", &k, "hsm"),
            of("OCI-KMS-004", "infra", "infra/a.tf", &key("oci_kms_key.l", None), "hsm"),
            of("OCI-KMS-004", "infra", "infra/a.tf", &key("oci_kms_key.k", Some("dev.tfvars")), "hsm"),
            of("OCI-KMS-004", "infra", "infra/a.tf", &key("oci_kms_key.k", Some("prod.tfvars")), "hsm"),
            of("OCI-KMS-004", "infraoci_kms", "infra/a.tf", &key("_key.k", None), "hsm"),
        ];
        for texts in [others.iter().map(|one| &one.current).collect::<HashSet<_>>(), others.iter().map(|one| &one.earlier).collect()] {
            assert_eq!(texts.len(), others.len(), "all of them differ");
            assert!(!texts.contains(&base.current) && !texts.contains(&base.earlier));
        }
    }

    #[test]
    fn earlier_fingerprint_equals_that_of_kmslint_0_1_0() {
        let made = of_instance("OCI-KMS-004", "infra", "infra/main.tf", &key("oci_kms_key.k", None), "hsm");
        assert_eq!(made.earlier.as_str(), "b68466bbff5b7276520cb24c94c4d1ad");
    }
}
