//! The least IAM policy that an audit needs, and the statement that is missing where something could not be read.
//!
//! Source: "Details for the Vault Service" and "Details for IAM" of Oracle's policy reference. `use keys` is never asked for: it would
//! allow to encrypt and decrypt.

/// What a call needs to be allowed.
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

    /// Whether another one holds it: who may read may inspect.
    fn is_implied(self) -> bool {
        matches!(self, Self::InspectVaults | Self::InspectKeys)
    }

    /// Whether it is about the tenancy, whatever compartments an audit is of.
    fn is_of_tenancy(self) -> bool {
        matches!(self, Self::InspectCompartments | Self::InspectTenancies)
    }

    /// Verb and resource type as a policy statement has them.
    #[must_use]
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::InspectCompartments => "inspect compartments",
            Self::InspectTenancies => "inspect tenancies",
            Self::InspectVaults => "inspect vaults",
            Self::ReadVaults => "read vaults",
            Self::InspectKeys => "inspect keys",
            // Never `use keys`, which would allow to encrypt and decrypt.
            Self::ReadKeys => "read keys",
        }
    }

    /// The statement that grants it, for a compartment or, where that is none or a tenancy, for the tenancy.
    #[must_use]
    pub(super) fn statement(self, compartment: Option<&str>) -> String {
        let place = match compartment {
            Some(ocid) if !ocid.starts_with("ocid1.tenancy.") => format!("compartment id {ocid}"),
            _ => "tenancy".to_owned(),
        };
        format!("Allow group GROUP to {} in {place}", self.words())
    }
}

/// The text of `--print-policy`: the least policy for a whole audit, for the tenancy or for compartments.
#[must_use]
pub(crate) fn policy_text(compartments: &[String]) -> String {
    let (of_tenancy, of_compartments): (Vec<_>, Vec<_>) =
        Permission::ALL.into_iter().filter(|permission| !permission.is_implied()).partition(|permission| permission.is_of_tenancy());
    let mut lines: Vec<String> = of_tenancy.iter().map(|permission| permission.statement(None)).collect();
    let places: Vec<Option<&str>> =
        if compartments.is_empty() { vec![None] } else { compartments.iter().map(|ocid| Some(ocid.as_str())).collect() };
    for place in places {
        lines.extend(of_compartments.iter().map(|permission| permission.statement(place)));
    }
    lines.push(String::new());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_never_asks_for_use() {
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
