//! The enumerations of the KMS API, read case-insensitively. Unknown words are kept, never rejected.

use std::fmt;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
            /// A word that the service does not document, unchanged.
            Other(String),
        }

        impl $name {
            /// The words that the service documents.
            pub const WORDS: &[&str] = &[$($text),+];

            /// Reads a word, ignoring case.
            #[must_use]
            pub fn read(text: &str) -> Self {
                $(if text.eq_ignore_ascii_case($text) {
                    return Self::$variant;
                })+
                Self::Other(text.to_owned())
            }

            /// Whether the service documents the word.
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
        /// Stored and used in a hardware security module; key versions beyond the free allowance are billed.
        Hsm = "HSM",
        /// Stored on a server, encrypted by a key in the HSM; free.
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
        /// A virtual private vault on a dedicated partition; the only type with automatic rotation.
        VirtualPrivate = "VIRTUAL_PRIVATE",
        /// A vault whose keys are in an external key manager.
        External = "EXTERNAL",
    }
}

words! {
    /// `lifecycleState` of a key. Source: Key of the KMS management API, version 20180608.
    Lifecycle {
        /// Being created.
        Creating = "CREATING",
        /// Being enabled.
        Enabling = "ENABLING",
        /// In use.
        Enabled = "ENABLED",
        /// Being disabled.
        Disabling = "DISABLING",
        /// Disabled: it can be neither used nor rotated.
        Disabled = "DISABLED",
        /// Being deleted.
        Deleting = "DELETING",
        /// Deleted.
        Deleted = "DELETED",
        /// Pending deletion, for 7 to 30 days.
        PendingDeletion = "PENDING_DELETION",
        /// Its deletion is being scheduled.
        SchedulingDeletion = "SCHEDULING_DELETION",
        /// Its deletion is being canceled.
        CancellingDeletion = "CANCELLING_DELETION",
        /// Being updated.
        Updating = "UPDATING",
        /// Being backed up.
        BackupInProgress = "BACKUP_IN_PROGRESS",
        /// Being restored.
        Restoring = "RESTORING",
    }
}

impl Lifecycle {
    /// Whether the key is deleted or will be.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        matches!(self, Self::Deleting | Self::Deleted | Self::PendingDeletion | Self::SchedulingDeletion)
    }

    /// Whether the key is disabled or being disabled.
    #[must_use]
    pub fn is_disabled(&self) -> bool {
        matches!(self, Self::Disabled | Self::Disabling)
    }
}

words! {
    /// `lastRotationStatus` of a rotation schedule. Source: AutoKeyRotationDetails of the KMS management API, version 20180608.
    RotationStatus {
        /// The last scheduled rotation succeeded.
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
    fn words_are_read_in_any_case_and_unknown_words_are_kept() {
        assert_eq!(ProtectionMode::read("hsm"), ProtectionMode::Hsm);
        assert_eq!(VaultType::read("Virtual_Private"), VaultType::VirtualPrivate);
        assert_eq!(ProtectionMode::read("Quantum"), ProtectionMode::Other("Quantum".to_owned()));
        assert_eq!(ProtectionMode::read("Quantum").to_string(), "Quantum");
        assert_eq!(Lifecycle::WORDS.len(), 13);
    }
}
