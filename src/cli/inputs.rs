//! `--var` and `--var-file` in the order in which they were typed: the later wins, as in Terraform.

use super::args::{self, Inputs};
use super::surroundings::Surroundings;
use crate::terraform::{Dialect, InputSource, Request};
use clap::ArgMatches;
use std::path::PathBuf;

/// The folder in which paths begin: `--chdir`, or the working directory.
pub fn base(inputs: &Inputs, surroundings: &Surroundings) -> PathBuf {
    inputs.chdir.as_ref().map_or_else(|| surroundings.cwd.clone(), |chdir| surroundings.cwd.join(chdir))
}

/// The request for the Terraform front end, as far as the inputs make it up.
///
/// # Errors
/// A sentence about a `--var` that is not `NAME=VALUE`.
pub fn request(inputs: &Inputs, matches: &ArgMatches, surroundings: &Surroundings, paths: Vec<PathBuf>) -> Result<Request, String> {
    let mut typed: Vec<(usize, InputSource)> = Vec::new();
    for (at, text) in matches.indices_of("vars").into_iter().flatten().zip(&inputs.vars) {
        let (name, value) = text.split_once('=').ok_or_else(|| format!("`--var {text}` is not of the form NAME=VALUE"))?;
        typed.push((at, InputSource::Var(name.to_owned(), value.to_owned())));
    }
    for (at, path) in matches.indices_of("var_files").into_iter().flatten().zip(&inputs.var_files) {
        typed.push((at, InputSource::File(path.clone())));
    }
    typed.sort_by_key(|(at, _)| *at);
    Ok(Request {
        chdir: inputs.chdir.clone(),
        inputs: typed.into_iter().map(|(_, input)| input).collect(),
        env_vars: surroundings.tf_vars(),
        workspace: inputs.workspace.clone().or_else(|| surroundings.var("TF_WORKSPACE").map(ToOwned::to_owned)),
        data_dir: surroundings.var("TF_DATA_DIR").map(PathBuf::from),
        dialect: match inputs.dialect {
            None => Dialect::Either,
            Some(args::Dialect::Terraform) => Dialect::Terraform,
            Some(args::Dialect::Opentofu) => Dialect::OpenTofu,
        },
        allow_paths: inputs.allow_paths.clone(),
        ..Request::new(surroundings.cwd.clone(), paths)
    })
}
