//! Sorts the paths of a command line into configuration, plans and states, and saved inventories, by content and not only by name.

use super::error::CliError;
use crate::base::{FileName, Place, Problem, ProblemKind, disk};
use crate::check::{InputDocument, STDIN};
use crate::key::Inventory;
use crate::live;
use crate::plan::{self, Recognized};
use crate::policy::Config;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The paths of a command line by kind.
#[derive(Default)]
pub(super) struct SortedPaths {
    /// Directories and configuration files.
    pub configuration: Vec<PathBuf>,
    /// Plans and states, and files that may be plans or states.
    documents: Vec<PathBuf>,
    /// The contents of saved inventories of the service.
    pub saved: Inventory,
    /// Problems with paths that cannot be checked.
    pub problems: Vec<Problem>,
    /// Whether a plan is among the documents.
    pub has_plan: bool,
}

/// Sorts paths by kind.
///
/// # Errors
/// A path does not exist.
pub(super) fn sort_paths(paths: &[PathBuf], base: &Path) -> Result<SortedPaths, CliError> {
    let mut sorted = SortedPaths::default();
    for path in paths {
        let full = base.join(path);
        if path.as_os_str() == "-" {
            sorted.documents.push(path.clone());
        } else if disk::is_dir(&full) || is_configuration(path) {
            // pre-commit may pass a file that is deleted: its root is checked nevertheless.
            sorted.configuration.push(path.clone());
        } else {
            if !disk::has_entry(&full) {
                return Err(CliError::path_not_found(path));
            }
            sorted.documents.push(path.clone());
        }
    }
    Ok(sorted)
}

/// Whether a file is configuration by its name: the content does not distinguish native syntax from other text.
fn is_configuration(path: &Path) -> bool {
    path.file_name().is_some_and(|name| FileName::of(&name.to_string_lossy()).is_some())
}

impl SortedPaths {
    /// Whether there are plans, states, or files that may be plans or states.
    pub(super) fn has_documents(&self) -> bool {
        !self.documents.is_empty()
    }

    /// Opens plans and states, and reads saved inventories. Anything else becomes a problem.
    pub(super) fn documents(&mut self, source: Option<&Path>, base: &Path, config: &Config) -> Vec<InputDocument> {
        let excluded = config.excluder(base);
        let mut documents = Vec::new();
        for path in std::mem::take(&mut self.documents) {
            let is_input = path.as_os_str() == "-";
            let full = base.join(&path);
            if !is_input && excluded(&disk::canonical(&full).unwrap_or_else(|_| full.clone())) {
                continue;
            }
            let name = if is_input { STDIN.to_owned() } else { disk::tidy(&path).to_string_lossy().into_owned() };
            let opened: io::Result<Box<dyn Read + Send>> =
                if is_input { Ok(Box::new(io::stdin())) } else { disk::open_stream(&full).map_err(io::Error::other) };
            let place = Place::File(name.as_str().into());
            match opened.and_then(recognize) {
                Err(error) => self.problems.push(Problem::new(ProblemKind::Unreadable, format!("it cannot be read: {error}")).at(place)),
                Ok((Recognized::Refused(refusal), ..)) if is_input && refusal.is_empty_file() => {
                    let help = "Pipe a plan or a state into kmslint: `terraform show -json tfplan | kmslint -`. If you did, the command \
                                before the pipe failed";
                    self.problems.push(Problem::new(ProblemKind::Unparsable, "standard input is empty").at(place).help(help));
                }
                Ok((Recognized::Refused(refusal), ..)) => {
                    self.problems.push(Problem::new(ProblemKind::Unparsable, refusal.what).at(place).help(refusal.help));
                }
                Ok((Recognized::OtherJson, input, true)) => match disk::read_bounded(input, live::saved::CAP).and_then(disk::text) {
                    Ok(text) => self.saved.absorb(live::saved::read(&name, &text)),
                    Err(error) => {
                        self.problems.push(Problem::new(ProblemKind::Unreadable, format!("it cannot be read: {error}")).at(place));
                    }
                },
                Ok((Recognized::Other | Recognized::OtherJson | Recognized::Configuration, ..)) => {
                    let help = "kmslint reads directories and files of configuration (.tf, .tofu, .tfvars and their JSON forms), plans \
                                (`terraform show -json PLANFILE`), states, and inventories saved by `kmslint live --save`";
                    let problem = Problem::new(ProblemKind::Unparsable, "not a plan or a state in JSON");
                    self.problems.push(problem.at(place).help(help));
                }
                Ok((kind @ (Recognized::Plan | Recognized::State | Recognized::RawState), input, _)) => {
                    self.has_plan |= kind == Recognized::Plan;
                    let sources = code_directories(source, base, &full, is_input);
                    documents.push(InputDocument { name, input, sources, is_source_named: source.is_some() });
                }
            }
        }
        documents
    }
}

/// Recognizes an input. Returns its kind, the input, and whether it is a saved inventory.
fn recognize(input: Box<dyn Read + Send>) -> io::Result<(Recognized, Box<dyn Read + Send>, bool)> {
    let (head, input) = plan::open(input)?;
    let recognized = plan::recognize(&head, Path::new(""));
    let is_saved = live::saved::is_saved(&head);
    Ok((recognized, input, is_saved))
}

/// The directories to search for the code of a document: `--source`, or the document's directory and then the working directory.
fn code_directories(source: Option<&Path>, base: &Path, document: &Path, is_input: bool) -> Vec<PathBuf> {
    match source {
        Some(directory) => vec![base.join(directory)],
        None if is_input => vec![base.to_path_buf()],
        None => vec![document.parent().unwrap_or(base).to_path_buf(), base.to_path_buf()],
    }
}
