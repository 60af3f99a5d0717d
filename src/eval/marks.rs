//! Marks: properties that spread from a value to everything computed from it. `sensitive` and `ephemeral` are Terraform's, the rest ours.

use super::Drivers;

/// The marks of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Marks {
    /// Never shown.
    pub sensitive: bool,
    /// Exists only during the run; treated like sensitive.
    pub ephemeral: bool,
    /// Comes from a file function, the environment or the command line: shown only if it is one of the service's own words or a number.
    pub from_file: bool,
    /// Is the complete text from such a source, not a value that a decoded document names.
    pub raw: bool,
    /// Is made from pieces of such a text.
    pub piece: bool,
    /// Depends on something that the caller of a library module may set.
    pub by_caller: bool,
    /// What makes its unknown parts change over time.
    pub time: Drivers,
}

impl Marks {
    /// No marks.
    pub const NONE: Self =
        Self { sensitive: false, ephemeral: false, from_file: false, raw: false, piece: false, by_caller: false, time: Drivers::NONE };

    /// The marks of a file's content.
    pub const FILE: Self = Self { from_file: true, raw: true, ..Self::NONE };

    /// The marks of both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            sensitive: self.sensitive || other.sensitive,
            ephemeral: self.ephemeral || other.ephemeral,
            from_file: self.from_file || other.from_file,
            raw: self.raw || other.raw,
            piece: self.piece || other.piece,
            by_caller: self.by_caller || other.by_caller,
            time: self.time.union(other.time),
        }
    }

    /// Whether a text with these marks must not be quoted in a message.
    #[must_use]
    pub fn hides_text(self) -> bool {
        self.is_secret() || self.from_file
    }

    /// The marks that Terraform does not have: where a value comes from, and what may change it.
    #[must_use]
    pub fn of_origin(self) -> Self {
        Self { sensitive: false, ephemeral: false, ..self }
    }

    /// The marks that a condition passes to the chosen value: a choice reveals only one bit of a text, so it makes no pieces.
    #[must_use]
    pub fn of_choice(self) -> Self {
        Self { raw: false, piece: false, ..self }
    }

    /// The marks about the text that a value comes from.
    #[must_use]
    pub fn of_text(self) -> Self {
        Self { from_file: self.from_file, raw: self.raw, piece: self.piece, ..Self::NONE }
    }

    /// Whether a value with these marks must never be shown.
    #[must_use]
    pub fn is_secret(self) -> bool {
        self.sensitive || self.ephemeral
    }
}
