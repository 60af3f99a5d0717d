//! The inputs of root modules: `--var`, `--var-file` and values files in the order in which they were typed, after those of `TF_CLI_ARGS`.

use super::args::{self, InputArguments};
use super::environment::Environment;
use super::error::CliError;
use super::spelling::{Added, added};
use crate::key::NotReadKind;
use crate::plan::{self, Recognized};
use crate::terraform::{EnvInput, FileDialect, InputSource, ScanRequest};
use clap::ArgMatches;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The environment variables that add arguments to `terraform plan`, in the order in which Terraform puts them before its command line.
const ADDED: [&str; 2] = ["TF_CLI_ARGS_plan", "TF_CLI_ARGS"];

/// The request for the Terraform front end, as far as the inputs make it up.
///
/// # Errors
/// A `--var` that is not `NAME=VALUE`, or `TF_CLI_ARGS` that cannot be taken apart.
pub(super) fn request(
    inputs: &InputArguments,
    matches: &ArgMatches,
    environment: &Environment,
    paths: Vec<PathBuf>,
) -> Result<ScanRequest, CliError> {
    let mut typed: Vec<(usize, InputSource)> = Vec::new();
    for (at, text) in matches.indices_of("vars").into_iter().flatten().zip(&inputs.vars) {
        typed.push((at, var(text, "--var")?));
    }
    for (at, path) in matches.indices_of("var_files").into_iter().flatten().zip(&inputs.var_files) {
        typed.push((at, InputSource::File(path.clone())));
    }
    // Each values file among the paths is an input of the run that it is passed for, at its place among the others.
    for id in ["paths", "against"] {
        // A subcommand has one of these or neither, and `get_many` panics at an argument that it does not know.
        let Ok(Some(named)) = matches.try_get_many::<PathBuf>(id) else { continue };
        typed.extend(matches.indices_of(id).into_iter().flatten().zip(named.cloned().map(InputSource::Passed)));
    }
    typed.sort_by_key(|(at, _)| *at);
    let mut env_inputs = Vec::new();
    for by in ADDED {
        let all = added(environment.var(by).unwrap_or_default()).map_err(|error| CliError::Arguments { by, error })?;
        for one in all {
            let source = match one {
                Added::Var(text) => var(&text, by)?,
                Added::VarFile(path) => InputSource::File(path.into()),
            };
            env_inputs.push(EnvInput { by, source });
        }
    }
    Ok(ScanRequest {
        started_in: environment.started_in.clone(),
        inputs: typed.into_iter().map(|(_, input)| input).collect(),
        env_inputs,
        env_vars: environment.tf_vars(),
        workspace: inputs.workspace.clone(),
        env_workspace: environment.var("TF_WORKSPACE").map(ToOwned::to_owned),
        data_dir: environment.var("TF_DATA_DIR").map(PathBuf::from),
        dialect: match inputs.dialect {
            None => FileDialect::Either,
            Some(args::DialectArgument::Terraform) => FileDialect::Terraform,
            Some(args::DialectArgument::Opentofu) => FileDialect::OpenTofu,
        },
        allow_paths: inputs.allow_paths.clone(),
        streams: Arc::clone(&environment.streams),
        confined: inputs.confined,
        recognize: document,
        ..ScanRequest::new(environment.cwd.clone(), paths)
    })
}

/// `NAME=VALUE`. The text is not repeated: it may be a secret.
fn var(text: &str, by: &'static str) -> Result<InputSource, CliError> {
    let (name, value) = text.split_once('=').ok_or(CliError::NotNameValue(by))?;
    Ok(InputSource::Var(name.to_owned(), value.to_owned()))
}

/// What a file is that a walk of a directory sees, if it is a plan or a state.
fn document(head: &[u8]) -> Option<NotReadKind> {
    match plan::recognize(head, Path::new("")) {
        Recognized::Plan => Some(NotReadKind::Plan),
        Recognized::State | Recognized::RawState => Some(NotReadKind::State),
        _ => None,
    }
}
