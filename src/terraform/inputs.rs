//! The values of a root module's variables: default, `TF_VAR_x`, `terraform.tfvars`, `*.auto.tfvars`, `--var-file` and `--var`, later wins.

use super::folder::within;
use super::module::is_true;
use super::recorded;
use super::request::{InputSource, Request, join_shown};
use super::symbolic::{Fill, fill};
use super::trails::through;
use super::world::{World, conform, is_false};
use crate::base::disk::{self, DiskError};
use crate::base::{Place, Problem, ProblemKind, Sources};
use crate::terraform::eval::{EvalError, Marks, Type, TypeConstraint, Value};
use crate::terraform::syntax::{self, Block, Expr, ExprKind};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// What somebody gives a variable.
#[derive(Clone, Debug)]
enum Given {
    /// An expression in a values file, which is named.
    Written(Expr, String),
    /// A text on the command line or in the environment; what people call it.
    Text(String, String),
    /// A value that a plan records.
    Recorded(Value),
}

/// The inputs of one root module.
#[derive(Clone, Debug, Default)]
pub(super) struct Inputs {
    given: BTreeMap<String, Given>,
    /// Why every variable that `given` does not have may hold anything.
    lost: Option<Arc<str>>,
    /// Set where the root is looked at as a library: what variables hold that nobody sets.
    pub library: Option<Fill>,
}

/// The inputs of a root module, and what could not be read of them.
pub(super) fn read(request: &Request, sources: &Sources, root: &Path, shown: &Path) -> (Inputs, Vec<Problem>) {
    let mut inputs = Inputs::default();
    let mut problems = Vec::new();
    if let Some(recorded) = &request.recorded {
        inputs.given = recorded::values(recorded).map(|(name, value)| (name.clone(), Given::Recorded(value))).collect();
        inputs.lost = Some(recorded::NOT_RECORDED.into());
        return (inputs, problems);
    }
    for (name, value) in &request.env_vars {
        inputs.given.insert(name.clone(), Given::Text(value.clone(), format!("`TF_VAR_{name}`")));
    }
    let mut names: Vec<String> =
        disk::entries(root).unwrap_or_default().into_iter().filter_map(|entry| entry.name.into_string().ok()).collect();
    names.retain(|name| !name.starts_with('.'));
    let automatic = |name: &&String| name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json");
    let fixed = ["terraform.tfvars", "terraform.tfvars.json"].into_iter().filter(|fixed| names.iter().any(|name| name == fixed));
    for name in fixed.chain(names.iter().filter(automatic).map(String::as_str)) {
        let (path, shown) = (root.join(name), join_shown(shown, name));
        if disk::leads_out(&path, &within(root, request)) {
            problems.push(unreadable(&shown, &DiskError::Outside));
        } else {
            file(&path, &shown, sources, &mut inputs, &mut problems);
        }
    }
    for input in &request.inputs {
        match input {
            InputSource::Var(name, value) => drop(inputs.given.insert(name.clone(), Given::Text(value.clone(), "`--var`".to_owned()))),
            InputSource::File(path) => file(&request.base().join(path), &request.shown(path), sources, &mut inputs, &mut problems),
        }
    }
    (inputs, problems)
}

fn file(path: &Path, shown: &Path, sources: &Sources, inputs: &mut Inputs, problems: &mut Vec<Problem>) {
    let name = shown.display().to_string();
    let text = match disk::read_text(path, disk::CONFIG_CAP) {
        Ok(text) => text,
        Err(error) => {
            problems.push(unreadable(shown, &error));
            return;
        }
    };
    let source = sources.add(shown, text);
    let stored = sources.get(source);
    let is_json = name.ends_with(".json");
    let parsed = if is_json { syntax::json::parse_variables(source, stored.text()) } else { syntax::native::parse(source, stored.text()) };
    if let Some(error) = parsed.error {
        problems.push(Problem::new(ProblemKind::Unparsable, error.message).at(Place::Source(error.span)));
    }
    for attribute in parsed.body.attributes {
        inputs.given.insert(attribute.name.text.to_string(), Given::Written(attribute.value, name.clone()));
    }
}

fn unreadable(shown: &Path, error: &DiskError) -> Problem {
    let name = shown.display().to_string();
    let kind = if matches!(error, DiskError::NotText(_)) { ProblemKind::Unparsable } else { ProblemKind::Unreadable };
    Problem::new(kind, format!("cannot read the values in `{name}`: {error}")).at(Place::File(name.into()))
}

impl Inputs {
    /// The same inputs, the root looked at as a library.
    pub(super) fn as_library(&self, fill: Fill) -> Self {
        Self { library: Some(fill), ..self.clone() }
    }

    /// Which of these variables are given a value, and where.
    pub(super) fn told<'a>(&'a self, variables: &'a BTreeMap<Arc<str>, Block>) -> impl Iterator<Item = (&'a str, String)> {
        self.given.iter().filter(|(name, _)| variables.contains_key(name.as_str())).map(|(name, given)| {
            let origin = match given {
                Given::Written(_, file) => format!("`{file}`"),
                Given::Text(_, origin) => origin.clone(),
                Given::Recorded(_) => "the plan".to_owned(),
            };
            (name.as_str(), origin)
        })
    }

    /// Whether a library's caller could set a variable that nobody sets, so that more comes of it than now.
    pub(super) fn has_open(&self, variables: &BTreeMap<Arc<str>, Block>) -> bool {
        let is_empty = |expr: &Expr| match &expr.kind {
            ExprKind::Null => true,
            ExprKind::Tuple(items) => items.is_empty(),
            ExprKind::Object(items) => items.is_empty(),
            _ => false,
        };
        self.lost.is_none()
            && variables.iter().any(|(name, variable)| {
                !self.given.contains_key(&**name) && variable.body.attribute("default").is_none_or(|default| is_empty(&default.value))
            })
    }

    /// The value of a root module's variable.
    pub(super) fn value(
        &self,
        name: &Arc<str>,
        variable: &Block,
        constraint: &TypeConstraint,
        world: &World<'_>,
    ) -> Result<Value, EvalError> {
        let sources = world.loader.sources;
        let given = match self.given.get(&**name) {
            // Of an ephemeral variable a plan records the default, whatever was given.
            Some(Given::Recorded(value)) if !is_true(variable, "ephemeral") => {
                let value = conform(value.clone(), constraint, name, variable.header)?;
                Some(value.through(Place::Source(variable.header), format!("variable `{name}`, set in the plan")))
            }
            None | Some(Given::Recorded(_)) if self.lost.is_some() => {
                let why = self.lost.as_deref().unwrap_or_default();
                let value = Value::unknown(constraint.ty.without_optional(), format!("variable `{name}`: {why}"));
                return Ok(value.through(Place::Source(variable.header), format!("variable `{name}`")));
            }
            None | Some(Given::Recorded(_)) => None,
            Some(Given::Written(expr, file)) => {
                let value = conform(world.literal(expr)?, constraint, name, expr.span)?;
                Some(through(value, expr.span, &format!("set by `{file}`")))
            }
            Some(Given::Text(text, by)) => {
                // Terraform takes the text as it is for primitive types and untyped variables, and as an expression for all others.
                let is_text = constraint.ty.is_primitive() || variable.body.attribute("type").is_none();
                let value = if is_text {
                    Value::string(text)
                } else {
                    let expr = expression(text, name, by, sources).map_err(|message| EvalError {
                        message: format!("the value that {by} gives variable `{name}` does not parse: {message}"),
                        span: Some(variable.header),
                        fatal: true,
                    })?;
                    world.literal(&expr)?
                };
                let value = conform(value, constraint, name, variable.header)?;
                Some(value.through(Place::Source(variable.header), format!("variable `{name}`, set by {by}")))
            }
        };
        if let Some(value) = given.filter(|value| !(value.is_null() && is_false(variable, "nullable"))) {
            return Ok(value);
        }
        let value = default(variable, constraint, name, world)?;
        if let Some(how) = self.library {
            return Ok(fill(value.as_ref(), variable, constraint, name, how));
        }
        Ok(value.unwrap_or_else(|| {
            let value = Value::unknown(constraint.ty.without_optional(), format!("variable `{name}` has no value"));
            value.through(Place::Source(variable.header), format!("variable `{name}` has no value"))
        }))
    }
}

/// The default of a variable.
pub(super) fn default(variable: &Block, constraint: &TypeConstraint, name: &str, world: &World<'_>) -> Result<Option<Value>, EvalError> {
    let Some(written) = variable.body.attribute("default") else { return Ok(None) };
    let span = written.value.span;
    let value = conform(world.literal(&written.value)?, constraint, name, span)?;
    Ok(Some(through(value, span, &format!("default of variable `{name}`"))))
}

/// Parses a text as an expression.
pub(super) fn expression(text: &str, name: &str, by: &str, sources: &Sources) -> Result<Expr, String> {
    let source = sources.add(format!("<{} for {name}>", by.trim_matches('`')), text.to_owned());
    syntax::native::parse_expression(source, text).map_err(|error| error.message)
}

/// The mark of a value that the caller of a library decides.
pub(super) const BY_CALLER: Marks = Marks { sensitive: false, ephemeral: false, from_file: false, by_caller: true };

/// Whether a variable may hold more than its default lets it: one whose default is empty, or that has none.
pub(super) fn is_open(value: Option<&Value>, ty: &Type) -> bool {
    let can_hold = matches!(ty, Type::List(_) | Type::Set(_) | Type::Map(_) | Type::Object(_) | Type::Tuple(_) | Type::Any);
    let is_empty = |value: &Value| {
        value.is_null() || value.as_mapping().is_some_and(BTreeMap::is_empty) || value.as_sequence().is_some_and(<[Value]>::is_empty)
    };
    match value {
        None => true,
        Some(value) => can_hold && is_empty(value),
    }
}
