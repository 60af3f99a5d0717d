//! The service's closed words, read in any case. Words we do not know are kept, never refused.

use std::fmt;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
            /// A word the service does not document, as it was written.
            Other(String),
        }

        impl $name {
            /// The words the service documents.
            pub const WORDS: &[&str] = &[$($text),+];

            /// Reads a word in any case.
            #[must_use]
            pub fn read(text: &str) -> Self {
                $(if text.eq_ignore_ascii_case($text) {
                    return Self::$variant;
                })+
                Self::Other(text.to_owned())
            }

            /// Whether it is one of the documented words.
            #[must_use]
            pub fn is_documented(&self) -> bool {
                !matches!(self, Self::Other(_))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                })
            }
        }
    };
}

words! {
    /// `protectionMode` of a key. Source: CreateKeyDetails of the KMS management API, version 20180608.
    ProtectionMode {
        /// Kept in and used by a hardware security module; its versions are billed beyond the free allowance.
        Hsm = "HSM",
        /// Kept on a server, encrypted by a key in the HSM; free.
        Software = "SOFTWARE",
        /// A reference to a key in an external key manager.
        External = "EXTERNAL",
    }
}

words! {
    /// `vaultType` of a vault. Source: CreateVaultDetails of the KMS vault API, version 20180608.
    VaultType {
        /// A virtual vault on a shared partition; no automatic rotation.
        Default = "DEFAULT",
        /// A virtual private vault on a partition of its own; the only type with automatic rotation.
        VirtualPrivate = "VIRTUAL_PRIVATE",
        /// A vault whose keys live in an external key manager.
        External = "EXTERNAL",
    }
}

words! {
    /// `lifecycleState` of a key. Source: Key of the KMS management API, version 20180608.
    Lifecycle {
        /// Being made.
        Creating = "CREATING",
        /// Being switched on.
        Enabling = "ENABLING",
        /// In use.
        Enabled = "ENABLED",
        /// Being switched off.
        Disabling = "DISABLING",
        /// Switched off: it can neither be used nor rotated.
        Disabled = "DISABLED",
        /// Being deleted.
        Deleting = "DELETING",
        /// Gone.
        Deleted = "DELETED",
        /// Waits for its deletion, 7 to 30 days.
        PendingDeletion = "PENDING_DELETION",
        /// Its deletion is being scheduled.
        SchedulingDeletion = "SCHEDULING_DELETION",
        /// Its deletion is being called off.
        CancellingDeletion = "CANCELLING_DELETION",
        /// Being changed.
        Updating = "UPDATING",
        /// Being backed up.
        BackupInProgress = "BACKUP_IN_PROGRESS",
        /// Being restored.
        Restoring = "RESTORING",
    }
}

impl Lifecycle {
    /// Whether the key is gone or going.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        matches!(self, Self::Deleting | Self::Deleted | Self::PendingDeletion | Self::SchedulingDeletion)
    }

    /// Whether the key is switched off or being switched off.
    #[must_use]
    pub fn is_disabled(&self) -> bool {
        matches!(self, Self::Disabled | Self::Disabling)
    }
}

words! {
    /// `lastRotationStatus` of a rotation schedule. Source: AutoKeyRotationDetails of the KMS management API, version 20180608.
    RotationStatus {
        /// The last scheduled rotation was done.
        Success = "SUCCESS",
        /// The last scheduled rotation failed.
        Failed = "FAILED",
        /// A rotation is running.
        InProgress = "IN_PROGRESS",
    }
}

/// Which front end read a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InputKind {
    /// Terraform configuration.
    Hcl,
    /// Plan JSON.
    Plan,
    /// State JSON.
    State,
    /// The service.
    Live,
}

impl InputKind {
    /// The word in JSON reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Hcl => "hcl",
            Self::Plan => "plan",
            Self::State => "state",
            Self::Live => "live",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_any_case_and_unknown_ones_kept() {
        assert_eq!(ProtectionMode::read("hsm"), ProtectionMode::Hsm);
        assert_eq!(VaultType::read("Virtual_Private"), VaultType::VirtualPrivate);
        assert_eq!(ProtectionMode::read("Quantum"), ProtectionMode::Other("Quantum".to_owned()));
        assert_eq!(ProtectionMode::read("Quantum").to_string(), "Quantum");
        assert_eq!(Lifecycle::WORDS.len(), 13);
    }
}
