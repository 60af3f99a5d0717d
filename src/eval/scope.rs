//! What an expression can see outside of itself, as one small trait.

use super::{EvalError, Value};
use crate::base::{Reason, Span};
use crate::hcl::Name;
use std::sync::Arc;

/// Which product's functions exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Terraform's: functions that only OpenTofu has are unknown.
    Terraform,
    /// OpenTofu's: all functions.
    #[default]
    OpenTofu,
}

/// A step after the first name of a reference, with its index already evaluated.
#[derive(Clone, Debug)]
pub enum RefStep<'a> {
    /// `.name`
    Attr(&'a Name),
    /// `[value]`
    Index(Value, Span),
}

/// The environment of an expression: variables, locals, resources, modules, `each`, `count`, `path`, files.
pub trait Scope {
    /// Resolves a reference that begins with `name` (never a `for` variable, which the evaluator resolves). The scope consumes as many of
    /// the `steps` as it wants, at least those that complete the reference (`var.x`, `data.oci_kms_vault.v[0]`), and returns the value and
    /// the number of consumed steps; the evaluator applies the rest.
    ///
    /// # Errors
    /// The error that Terraform would report; references to undeclared objects are rejected.
    fn resolve(&self, name: &str, span: Span, steps: &[RefStep<'_>]) -> Result<(Value, usize), EvalError>;

    /// Checks that the target of a reference is declared, for references that are not evaluated (the remaining arguments of a `try`, the
    /// body of a `for` over an empty collection): Terraform rejects those too. `steps` are the names and constant indexes that follow.
    ///
    /// # Errors
    /// The same error that [`Scope::resolve`] returns.
    fn check_declared(&self, name: &str, span: Span, steps: &[RefStep<'_>]) -> Result<(), EvalError> {
        let _ = (name, span, steps);
        Ok(())
    }

    /// The text of a span, for internal use.
    fn text(&self, span: Span) -> String;

    /// The text of a span, for reasons and conditions that quote the code; `None` if it must not be shown.
    fn quote(&self, span: Span) -> Option<String> {
        Some(self.text(span))
    }

    /// Which product's functions exist.
    fn dialect(&self) -> Dialect {
        Dialect::default()
    }

    /// Whether this is the local name of Terraform's built-in provider.
    fn is_builtin_provider(&self, name: &str) -> bool {
        let _ = name;
        false
    }

    /// The files that file functions may read.
    fn files(&self) -> &dyn FileAccess;
}

/// Why a file function has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The file does not exist: an error in Terraform too.
    #[error("no such file")]
    Missing,
    /// It must not or cannot be read here; the value is unknown for this reason, a clause: "`/etc/passwd` is outside of the repository".
    #[error("{0}")]
    Withheld(Reason),
}

impl FileError {
    /// It must not or cannot be read, for a reason that has no variant in [`Reason`].
    pub fn withheld(why: impl Into<Reason>) -> Self {
        Self::Withheld(why.into())
    }
}

/// The contents of a directory, at any depth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileList {
    /// All regular files, as paths relative to the directory with forward slashes, sorted.
    pub files: Vec<String>,
    /// The paths that must not be read.
    pub withheld: Vec<WithheldPath>,
}

/// A path that must not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithheldPath {
    /// Relative to the listed directory.
    pub path: String,
    /// Whether it is one of git's directories: then it contains files, whose names are unknown.
    pub is_git: bool,
    /// Why, as a clause.
    pub why: Reason,
}

/// The files that file functions may read. Paths are given as in the expression; relative ones are relative to the root module's directory,
/// as in Terraform, where it is the working directory.
pub trait FileAccess {
    /// The bytes of a file.
    ///
    /// # Errors
    /// `Missing`, or `Withheld` for a reason.
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError>;

    /// Whether a regular file exists at the path.
    ///
    /// # Errors
    /// `Missing` if the path exists but is not a regular file (a directory, a pipe), an error in Terraform; or withheld for a reason.
    fn exists(&self, path: &str) -> Result<bool, FileError>;

    /// All files below a directory.
    ///
    /// # Errors
    /// `Missing`, or `Withheld` for a reason.
    fn list(&self, directory: &str) -> Result<Arc<FileList>, FileError>;

    /// The absolute form of a path (`abspath`).
    fn absolute(&self, path: &str) -> String;
}
