//! The whole pipeline on one page: read, settle, judge, decide.

use crate::base::{Place, Problem, ProblemKind, Repository, Sources, disk};
use crate::key::{Fate, Inventory, settle};
use crate::plan;
use crate::policy::{self, Outcome};
use crate::terraform;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is to be judged.
pub struct Request {
    /// Folders and configuration files, and everything about reading them. No paths: no configuration is judged.
    pub terraform: terraform::Request,
    /// Plans and states: the path as shown, or `-`.
    pub documents: Vec<Document>,
    /// `--source`: where the code of plans and states is.
    pub source: Option<PathBuf>,
    /// `--changed-only`.
    pub changed_only: bool,
    /// How plans and states are read.
    pub plan: plan::Options,
    /// What the user decided.
    pub policy: policy::Decisions,
}

/// A plan or state.
pub struct Document {
    /// The path as shown.
    pub name: String,
    /// The bytes.
    pub input: Box<dyn std::io::Read + Send>,
    /// The folder whose configuration it may have been made of.
    pub folder: Option<PathBuf>,
}
