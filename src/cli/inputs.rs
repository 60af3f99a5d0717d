//! The inputs of root modules: those of `TF_CLI_ARGS`, then `--var`, `--var-file` and values files in the order in which they were typed.

use super::args::{self, InputArguments};
use super::environment::Environment;
use super::error::CliError;
use super::spelling::{EnvArgument, env_arguments};
use crate::key::NotReadKind;
use crate::plan::{self, Recognized};
use crate::terraform::{EnvInput, FileDialect, InputSource, ScanRequest};
use clap::ArgMatches;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The environment variables with arguments for `terraform plan`, in the order in which Terraform inserts them before the command line.
const ARGUMENT_VARIABLES: [&str; 2] = ["TF_CLI_ARGS_plan", "TF_CLI_ARGS"];

/// The request for the Terraform front end with these inputs.
///
/// # Errors
/// A `--var` is not `NAME=VALUE`, or `TF_CLI_ARGS` cannot be parsed.
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
    // A values file among the paths is an input as well, in the order of all inputs.
    for id in ["paths", "against"] {
        // A subcommand has at most one of these, and `get_many` panics if the argument is not defined.
        let Ok(Some(named)) = matches.try_get_many::<PathBuf>(id) else { continue };
        typed.extend(matches.indices_of(id).into_iter().flatten().zip(named.cloned().map(InputSource::Passed)));
    }
    typed.sort_by_key(|(at, _)| *at);
    let mut env_inputs = Vec::new();
    for by in ARGUMENT_VARIABLES {
        let arguments = env_arguments(environment.var(by).unwrap_or_default()).map_err(|error| CliError::Arguments { by, error })?;
        for argument in arguments {
            let source = match argument {
                EnvArgument::Var(text) => var(&text, by)?,
                EnvArgument::VarFile(path) => InputSource::File(path.into()),
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
        recognize: document_kind,
        ..ScanRequest::new(environment.cwd.clone(), paths)
    })
}

/// Parses `NAME=VALUE`. Errors do not repeat the text, because it may be a secret.
fn var(text: &str, by: &'static str) -> Result<InputSource, CliError> {
    let (name, value) = text.split_once('=').ok_or(CliError::NotNameValue(by))?;
    Ok(InputSource::Var(name.to_owned(), value.to_owned()))
}

/// The kind of a file found in a directory, if it is a plan or a state.
fn document_kind(head: &[u8]) -> Option<NotReadKind> {
    match plan::recognize(head, Path::new("")) {
        Recognized::Plan => Some(NotReadKind::Plan),
        Recognized::State | Recognized::RawState => Some(NotReadKind::State),
        _ => None,
    }
}
