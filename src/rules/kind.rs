//! Kinds of verdicts and findings: an enum per rule and one that rules share. Their words appear only in reports, files and fingerprints.

/// Declares an enum of kinds, each with its word.
macro_rules! kinds {
    ($(#[$about:meta])* $name:ident { $($(#[$meaning:meta])* $kind:ident = $word:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$meaning])* $kind),+
        }

        impl $name {
            /// The words of all kinds, in the order of the rows.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word in reports, files and fingerprints.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$kind => $word),+
                }
            }
        }
    };
}
pub(super) use kinds;

kinds! {
    /// Kinds that several rules share.
    SharedKind {
        /// The key is deleted or will be deleted.
        Ending = "ending",
        /// Terraform will forget the key, which stays in its vault.
        Forgotten = "forgotten",
        /// The key is disabled.
        Disabled = "disabled",
        /// The key is in an external key manager.
        External = "external",
        /// A value is unknown.
        Unknown = "unknown",
        /// An `import` block names the key, which keeps what the configuration does not set.
        Imported = "imported",
        /// A value is one of several with different effects.
        Depends = "depends",
        /// A value is a default that the caller of the module can override.
        ModuleDefault = "module-default",
        /// Advice: the provider refuses to create a key that is disabled.
        CreatedDisabled = "created-disabled",
        /// Advice: the endpoint is not a vault's management endpoint.
        WrongEndpoint = "wrong-endpoint",
    }
}
