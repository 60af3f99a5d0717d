//! `kmslint eval`: evaluates expressions in a root module as Terraform would.

use crate::base::{Place, Problem, Sources, disk};
use crate::eval::{Account, Data, EvalError, Value};
use crate::terraform::discovery::discover;
use crate::terraform::inputs;
use crate::terraform::inputs::workspace;
use crate::terraform::modules::loader::Loader;
use crate::terraform::request::{EvalAnswer, ScanRequest};
use crate::terraform::stack::deep;
use crate::terraform::world::World;
use crate::terraform::world::budget::{InstanceBudget, MAX_VISITS};
use crate::terraform::world::frame::Frame;
use crate::terraform::world::instance::Each;
use std::fmt::Write as _;
use std::sync::Arc;

/// Evaluates expressions in the root module in the working directory. Returns one answer for each.
#[must_use]
pub fn evaluate(request: &ScanRequest, sources: &Arc<Sources>, expressions: &[String]) -> Vec<EvalAnswer> {
    deep(|| answer_all(request, sources, expressions))
}

/// Problems with the inputs of the root module in the working directory: unreadable values files, undeclared `--var`s, a workspace that
/// contradicts the configuration.
#[must_use]
pub(crate) fn input_problems(request: &ScanRequest, sources: &Arc<Sources>) -> Vec<Problem> {
    let root = disk::canonical(&request.cwd).unwrap_or_else(|_| request.cwd.clone());
    let mut scan = discover::Scan::default();
    scan.add_root(&root, request);
    let loader = Loader::new(request, sources, &mut scan);
    let module = loader.root(&root);
    let mut problems = inputs::read(request, sources, &root, &module.shown, None).problems;
    problems.extend(inputs::undeclared(request, std::slice::from_ref(&module), Vec::new));
    problems.extend(workspace::find(request, &module, sources).1);
    problems
}

fn answer_all(request: &ScanRequest, sources: &Arc<Sources>, expressions: &[String]) -> Vec<EvalAnswer> {
    let root = disk::canonical(&request.cwd).unwrap_or_else(|_| request.cwd.clone());
    let mut scan = discover::Scan::default();
    scan.add_root(&root, request);
    let loader = Loader::new(request, sources, &mut scan);
    let module = loader.root(&root);
    let inputs = inputs::read(request, sources, &root, &module.shown, None).inputs;
    let limits = request.limits;
    let budget = InstanceBudget::new(MAX_VISITS, Account::new(limits, limits.run_work, limits.run_kept));
    let world = World::new(&loader, &root, inputs, workspace::find(request, &module, sources).0, &budget);
    let top = world.tree.top();
    let frame = Frame::new(&world, &top, &Each::None);
    expressions
        .iter()
        .enumerate()
        .map(|(at, text)| {
            let expr = match inputs::parse_expression(text, &format!("expression {}", at + 1), "`eval`", sources) {
                Ok(expr) => expr,
                Err(error) => return EvalAnswer::Error { message: error.message, place: None },
            };
            match frame.eval(&expr) {
                Ok(value) => answer(&value),
                Err(EvalError { message, span, .. }) => EvalAnswer::Error { message, place: span.map(Place::Source) },
            }
        })
        .collect()
}

fn answer(value: &Value) -> EvalAnswer {
    if let Some(why) = value.first_why() {
        return EvalAnswer::Unknown(why.to_string());
    }
    EvalAnswer::Value { json: to_json(value), sensitive: value.deep_marks().is_secret() }
}

/// A value as JSON. Unknown values in it become null.
pub(super) fn to_json(value: &Value) -> String {
    let mut json = String::new();
    write_json(value, &mut json);
    json
}

fn write_json(value: &Value, out: &mut String) {
    match &value.data {
        Data::Null(_) | Data::Unknown(_) => out.push_str("null"),
        Data::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Data::Number(number) if number.is_infinite() => drop(write!(out, "\"{number}\"")),
        // Terraform's JSON has no negative zero.
        Data::Number(number) if number.is_zero() => out.push('0'),
        Data::Number(number) => drop(write!(out, "{number}")),
        Data::String(text) => write_string(text, out),
        Data::List(_, elements) | Data::Set(_, elements) | Data::Tuple(elements) => {
            out.push('[');
            for (at, element) in elements.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_json(element, out);
            }
            out.push(']');
        }
        Data::Map(_, entries) | Data::Object(entries) => {
            out.push('{');
            for (at, (key, element)) in entries.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_string(key, out);
                out.push(':');
                write_json(element, out);
            }
            out.push('}');
        }
    }
}

fn write_string(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::String(text.to_owned()).to_string());
}
