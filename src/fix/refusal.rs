//! Why a fix is not made.

/// Why a remedy is not an edit, or an edit is not made. One clause without a full stop.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FixError {
    /// The rule has no remedy for the key.
    #[error("{0}")]
    NoRemedy(String),
    /// An unsafe edit that nobody asked for.
    #[error("left to `--unsafe-fixes`: {0}")]
    Unsafe(String),
    /// A value that no file holds.
    #[error("the value is given on the command line or in the environment")]
    NotInAFile,
    /// A value of a plan or of the service.
    #[error("it is not written in a file of configuration")]
    NotConfiguration,
    /// An expression in place of a literal.
    #[error("`{0}` is computed, so there is no literal to replace")]
    Computed(&'static str),
    /// Terraform's own copy of a module.
    #[error("`{0}` is part of an installed module, which `terraform init` overwrites")]
    Installed(String),
    /// Two edits that do not go together.
    #[error("another edit changes the same place; run the fixes again")]
    Overlap,
    /// Edits that fall one after the other.
    #[error("too many fixes depend on each other")]
    TooManyRounds,
    /// Findings that disagree.
    #[error("the findings that this place decides about want different values")]
    Disagreement,
    /// Keys without a finding that the value decides about, too.
    #[error("the value also decides about keys that do not want another")]
    SharedValue,
    /// Keys without a finding that the block declares, too.
    #[error("the block also declares keys that do not want the change")]
    SharedBlock,
    /// A file with two texts.
    #[error("the file changed while it was read")]
    Changed,
    /// An argument of a block that is made for each element.
    #[error("`{0}` is missing in a `dynamic` block, whose author must say where its value comes from")]
    DynamicArgument(String),
    /// A schedule that is made for each element.
    #[error("the schedule is made by a `dynamic` block, which makes none here")]
    DynamicSchedule,
    /// A block whose layout leaves no place.
    #[error("the block is written on one line")]
    OneLine,
    /// A block whose layout leaves no place.
    #[error("the block begins on a line with its first argument")]
    FirstLine,
    /// A text that is not what its place says.
    #[error("{0}")]
    Unexpected(&'static str),
}
