//! Fingerprints as values: how they are kept and shown. `identity` makes them.

/// 32 hexadecimal digits. A finding has thousands of them, so that they are kept in place.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub(super) [u8; 32]);

impl Default for Fingerprint {
    fn default() -> Self {
        Self([b'0'; 32])
    }
}

impl Fingerprint {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The fingerprints of one instance of a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprints {
    /// Rule + kind + repository path of the root + inputs + address: what a baseline holds. No path of a file and no line, so that moving
    /// code within a root changes nothing.
    pub current: Fingerprint,
    /// As kmslint 0.1.0 made it, with the repository path of the place of use: what a baseline of version 1 holds.
    pub earlier: Fingerprint,
}
