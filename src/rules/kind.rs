//! Kinds of verdicts and findings: an enum per rule and one for what rules share. Their words appear in reports, files and fingerprints
//! only.

/// Declares an enum of kinds, one row for each with its word.
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
    /// What more than one rule can say of a key.
    SharedKind {
        /// The key is deleted or will be.
        Ending = "ending",
        /// Terraform will forget the key, which stays.
        Forgotten = "forgotten",
        /// The key is disabled.
        Disabled = "disabled",
        /// The key is in an external key manager.
        External = "external",
        /// A value is unknown.
        Unknown = "unknown",
        /// An `import` block names the key, which keeps what the configuration does not set.
        Imported = "imported",
        /// A value is one of several, and they differ in effect.
        Depends = "depends",
        /// The caller of the module decides.
        ModuleDefault = "module-default",
        /// Advice: the provider refuses to create a key that is disabled.
        CreatedDisabled = "created-disabled",
        /// Advice: the endpoint is not a vault's management endpoint.
        WrongEndpoint = "wrong-endpoint",
    }
}
