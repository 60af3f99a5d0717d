//! `kmslint eval`: evaluates expressions in a root module as Terraform would, and prints one JSON object per line.

use super::Exit;
use super::args::Eval;
use super::environment::{Environment, print, write_stderr};
use super::inputs;
use super::run_context::fail;
use crate::base::Sources;
use crate::report;
use crate::terraform::{self, EvalAnswer};
use clap::ArgMatches;
use serde_json::json;
use std::io::{self, Read};
use std::sync::Arc;

/// Runs the subcommand.
pub(super) fn run(arguments: &Eval, matches: &ArgMatches, environment: &Environment) -> io::Result<Exit> {
    let request = match environment
        .changed_by(&arguments.inputs)
        .and_then(|environment| inputs::request(&arguments.inputs, matches, &environment, Vec::new()))
    {
        Ok(request) => request,
        Err(error) => return Ok(fail(error)),
    };
    let mut expressions = Vec::new();
    for word in &arguments.expressions {
        if word == "-" {
            let mut text = String::new();
            io::stdin().lock().read_to_string(&mut text)?;
            expressions.extend(text.lines().filter(|line| !line.trim().is_empty()).map(ToOwned::to_owned));
        } else {
            expressions.push(word.clone());
        }
    }
    let sources = Arc::new(Sources::default());
    let problems = terraform::input_problems(&request, &sources);
    let mut exit = if problems.is_empty() { Exit::Clean } else { Exit::Trouble };
    let mut text = Vec::new();
    let screen = report::Screen { color: false, columns: None, link: None };
    report::write_problems_and_notices(&problems, &[], &sources, &screen, false, &mut text)?;
    write_stderr(&text);
    let mut out = String::new();
    for answer in terraform::evaluate(&request, &sources, &expressions) {
        let line = match answer {
            EvalAnswer::Value { sensitive: true, .. } => json!({ "sensitive": true }).to_string(),
            // This is JSON already. Parsing it again would lose digits of numbers.
            EvalAnswer::Value { json, .. } => format!("{{\"value\":{json}}}"),
            EvalAnswer::Unknown(why) => json!({ "unknown": why }).to_string(),
            EvalAnswer::Error { message, .. } => {
                exit = Exit::Trouble;
                json!({ "error": message }).to_string()
            }
        };
        out.push_str(&line);
        out.push('\n');
    }
    print(out.as_bytes())?;
    Ok(exit)
}
