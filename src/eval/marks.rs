//! Marks: what must be minded of a value wherever it goes. Terraform has `sensitive` and `ephemeral`; the others are ours.

use super::Drivers;

/// What must be minded of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Marks {
    /// Never shown.
    pub sensitive: bool,
    /// Only lives during the run; like sensitive for us.
    pub ephemeral: bool,
    /// Came out of a file function, the environment or the command line: shown only if it is one of the service's own words or a number.
    pub from_file: bool,
    /// It is all that such a text holds, and nothing that a document names.
    pub raw: bool,
    /// It was made of pieces of such a text.
    pub piece: bool,
    /// Rests on something the caller of a library module may set.
    pub by_caller: bool,
    /// What changes it in time, as far as it is unknown.
    pub time: Drivers,
}

impl Marks {
    /// No marks.
    pub const NONE: Self =
        Self { sensitive: false, ephemeral: false, from_file: false, raw: false, piece: false, by_caller: false, time: Drivers::NONE };

    /// Of a complete file.
    pub const FILE: Self = Self { from_file: true, raw: true, ..Self::NONE };

    /// Both sets of marks.
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

    /// Whether a text with these marks may not be quoted in a message.
    #[must_use]
    pub fn hides_text(self) -> bool {
        self.is_secret() || self.from_file
    }

    /// The marks that are ours and not Terraform's: where a value comes from, and who may change it.
    #[must_use]
    pub fn of_origin(self) -> Self {
        Self { sensitive: false, ephemeral: false, ..self }
    }

    /// The marks that a choice hands on to what was chosen: it tells nothing of a text but yes or no.
    #[must_use]
    pub fn of_choice(self) -> Self {
        Self { raw: false, piece: false, ..self }
    }

    /// The marks that say which text a value comes from.
    #[must_use]
    pub fn of_text(self) -> Self {
        Self { from_file: self.from_file, raw: self.raw, piece: self.piece, ..Self::NONE }
    }

    /// Whether a value with these marks may never be shown.
    #[must_use]
    pub fn is_secret(self) -> bool {
        self.sensitive || self.ephemeral
    }
}
