//! Fingerprints as values. `identity` computes them.

/// 32 hexadecimal digits, stored inline: a finding may have thousands of them.
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
    /// Rule + kind + repository path of the root + inputs + address; used by baselines. Without files and lines, so that moving code
    /// within a root does not change it.
    pub current: Fingerprint,
    /// The fingerprint of kmslint 0.1.0, with the repository path of the file that uses the value; used by baselines of version 1.
    pub earlier: Fingerprint,
}
