//! The minimum IAM policy for an audit, and the policy statement that is missing when a call is denied.
//!
//! Source: "Details for the Vault Service" and "Details for IAM" of Oracle's policy reference. The policy never contains `use keys`, which
//! would allow encrypting and decrypting.

/// The permission that a call needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Permission {
    /// ListCompartments.
    InspectCompartments,
    /// ListRegionSubscriptions.
    InspectTenancies,
    /// ListVaults.
    InspectVaults,
    /// GetVault, GetVaultUsage.
    ReadVaults,
    /// ListKeys, ListKeyVersions.
    InspectKeys,
    /// GetKey.
    ReadKeys,
}

impl Permission {
    const ALL: [Self; 6] =
        [Self::InspectCompartments, Self::InspectTenancies, Self::InspectVaults, Self::ReadVaults, Self::InspectKeys, Self::ReadKeys];

    /// Whether another permission of the policy includes it: `read` includes `inspect`.
    fn is_implied(self) -> bool {
        matches!(self, Self::InspectVaults | Self::InspectKeys)
    }

    /// Whether it must be granted in the tenancy even if only some compartments are audited.
    fn is_tenancy_wide(self) -> bool {
        matches!(self, Self::InspectCompartments | Self::InspectTenancies)
    }

    /// The verb and the resource type of the policy statement.
    #[must_use]
    pub(super) fn verb_and_resource(self) -> &'static str {
        match self {
            Self::InspectCompartments => "inspect compartments",
            Self::InspectTenancies => "inspect tenancies",
            Self::InspectVaults => "inspect vaults",
            Self::ReadVaults => "read vaults",
            Self::InspectKeys => "inspect keys",
            // Not `use keys`, which would allow encrypting and decrypting.
            Self::ReadKeys => "read keys",
        }
    }

    /// The policy statement that grants it in a compartment; without one, or for a tenancy's OCID, in the tenancy.
    #[must_use]
    pub(super) fn statement(self, compartment: Option<&str>) -> String {
        let place = match compartment {
            Some(ocid) if !ocid.starts_with("ocid1.tenancy.") => format!("compartment id {ocid}"),
            _ => "tenancy".to_owned(),
        };
        format!("Allow group GROUP to {} in {place}", self.verb_and_resource())
    }
}

/// The text of `--print-policy`: the minimum policy for a complete audit of the tenancy or of compartments.
#[must_use]
pub(crate) fn policy_text(compartments: &[String]) -> String {
    let (tenancy_wide, per_compartment): (Vec<_>, Vec<_>) =
        Permission::ALL.into_iter().filter(|permission| !permission.is_implied()).partition(|permission| permission.is_tenancy_wide());
    let mut lines: Vec<String> = tenancy_wide.iter().map(|permission| permission.statement(None)).collect();
    let places: Vec<Option<&str>> =
        if compartments.is_empty() { vec![None] } else { compartments.iter().map(|ocid| Some(ocid.as_str())).collect() };
    for place in places {
        lines.extend(per_compartment.iter().map(|permission| permission.statement(place)));
    }
    lines.push(String::new());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policy_never_contains_use_keys() {
        let text = policy_text(&[]);
        assert_eq!(
            text,
            "Allow group GROUP to inspect compartments in tenancy\nAllow group GROUP to inspect tenancies in tenancy\n\
             Allow group GROUP to read vaults in tenancy\nAllow group GROUP to read keys in tenancy\n"
        );
        let scoped = policy_text(&["ocid1.compartment.oc1..a".to_owned()]);
        assert!(scoped.contains("to read keys in compartment id ocid1.compartment.oc1..a\n"));
        assert!(!scoped.contains("read keys in tenancy") && !scoped.contains(" use "));
    }
}
