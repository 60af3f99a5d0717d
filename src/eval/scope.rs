//! What the evaluator asks its surroundings: one small trait.

use super::{EvalError, Value};
use crate::base::{Reason, Span};
use crate::hcl::Name;
use std::sync::Arc;

/// Whose language is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Terraform's: functions that only OpenTofu has are unknown.
    Terraform,
    /// OpenTofu's: all functions.
    #[default]
    OpenTofu,
}

/// A step after the first name of a reference, its index already evaluated.
#[derive(Clone, Debug)]
pub enum RefStep<'a> {
    /// `.name`
    Attr(&'a Name),
    /// `[value]`
    Index(Value, Span),
}

/// The surroundings of an expression: variables, locals, resources, modules, `each`, `count`, `path`, files.
pub trait Scope {
    /// Resolves a reference that begins with `name` (never a `for` variable: the evaluator keeps those). The scope consumes as
    /// many of the `steps` as it wants, at least those that make the reference whole (`var.x`, `data.oci_kms_vault.v[0]`), and
    /// returns the value and the number of steps it consumed; the evaluator applies the rest.
    ///
    /// # Errors
    /// What Terraform would say; references to undeclared things are refused.
    fn resolve(&self, name: &str, span: Span, steps: &[RefStep<'_>]) -> Result<(Value, usize), EvalError>;

    /// Whether what a reference names is declared, asked of references that are not evaluated (the rest of a `try`, the inside of a
    /// `for` over nothing): Terraform refuses those too. `steps` are the names and constant indexes that follow.
    ///
    /// # Errors
    /// The same error that [`Scope::resolve`] gives.
    fn check_declared(&self, name: &str, span: Span, steps: &[RefStep<'_>]) -> Result<(), EvalError> {
        let _ = (name, span, steps);
        Ok(())
    }

    /// The text of a span, for our own reading.
    fn text(&self, span: Span) -> String;

    /// The text of a span, for reasons and conditions that quote the code; `None` where it may not be shown.
    fn quote(&self, span: Span) -> Option<String> {
        Some(self.text(span))
    }

    /// Whose functions there are.
    fn dialect(&self) -> Dialect {
        Dialect::default()
    }

    /// Whether this is the local name of the provider that Terraform has built in.
    fn is_builtin_provider(&self, name: &str) -> bool {
        let _ = name;
        false
    }

    /// The files that file functions may read.
    fn files(&self) -> &dyn FileAccess;
}

/// Why a file function cannot say what the file holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// It is not there: an error in Terraform too.
    #[error("no such file")]
    Missing,
    /// It may not or cannot be read here; the value is unknown for this reason, a clause: "`/etc/passwd` lies outside of the repository".
    #[error("{0}")]
    Withheld(Reason),
}

impl FileError {
    /// It may not or cannot be read, for another reason than those that [`Reason`] has a name for.
    pub fn withheld(why: impl Into<Reason>) -> Self {
        Self::Withheld(why.into())
    }
}

/// What is below a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileList {
    /// All regular files, as paths relative to it with forward slashes, sorted.
    pub files: Vec<String>,
    /// What may not be looked at.
    pub withheld: Vec<WithheldPath>,
}

/// A path that may not be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithheldPath {
    /// Relative to the directory that is listed.
    pub path: String,
    /// Whether it is one of git's directories: then it holds files, whose names are not known.
    pub is_git: bool,
    /// Why, as a clause.
    pub why: Reason,
}

/// The files that file functions may read. Paths are as the expression wrote them; relative ones are relative to the root module's directory
/// as Terraform resolves them (its working directory).
pub trait FileAccess {
    /// The bytes of a file.
    ///
    /// # Errors
    /// Missing, or withheld for a reason.
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError>;

    /// Whether a regular file is there.
    ///
    /// # Errors
    /// Missing where something else is there (a directory, a pipe): an error in Terraform; or withheld for a reason.
    fn exists(&self, path: &str) -> Result<bool, FileError>;

    /// Everything below a directory.
    ///
    /// # Errors
    /// Missing, or withheld for a reason.
    fn list(&self, directory: &str) -> Result<Arc<FileList>, FileError>;

    /// The absolute form of a path (`abspath`).
    fn absolute(&self, path: &str) -> String;
}
