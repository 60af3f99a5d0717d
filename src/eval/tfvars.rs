//! The functions of Terraform's built-in provider: values of variables to text, and back. Source: Terraform's
//! `internal/builtin/providers/terraform/functions.go`.

use super::context::EvalContext;
use super::evaluate::{EvalErrors, eval};
use super::functions::{self, TemplateNesting};
use super::{Data, EvalError, Members, Type, Value, convert};
use crate::base::Span;
use crate::hcl::{is_identifier, native};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A function of the built-in provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProviderFunction {
    DecodeTfvars,
    EncodeTfvars,
    EncodeExpr,
}

impl ProviderFunction {
    const ALL: [Self; 3] = [Self::DecodeTfvars, Self::EncodeTfvars, Self::EncodeExpr];

    fn name(self) -> &'static str {
        match self {
            Self::DecodeTfvars => "decode_tfvars",
            Self::EncodeTfvars => "encode_tfvars",
            Self::EncodeExpr => "encode_expr",
        }
    }
}

/// The function with this name, if its provider part is the module's local name of the built-in provider.
pub(super) fn function(name: &str, context: &EvalContext<'_>) -> Option<ProviderFunction> {
    let (provider, function) = name.strip_prefix("provider::")?.split_once("::")?;
    let function = ProviderFunction::ALL.into_iter().find(|known| known.name() == function)?;
    context.scope.is_builtin_provider(provider).then_some(function)
}

pub(super) fn call(function: ProviderFunction, values: &[Value], span: Span, context: &EvalContext<'_>) -> Result<Value, EvalError> {
    let fail = |message: &str| Err(EvalError::new(message, Some(span)));
    let [value] = values else { return fail("this function takes one argument") };
    if value.is_null() {
        return fail("the argument must not be null");
    }
    let marks = value.deep_marks();
    let ty = if function == ProviderFunction::DecodeTfvars { Type::Any } else { Type::String };
    if !value.is_wholly_known() {
        return Ok(Value::unknown_like(ty, value).with_marks(marks));
    }
    if !context.budget.weigh(value) {
        return Ok(context.budget.too_large());
    }
    if function != ProviderFunction::DecodeTfvars && has_objects_in_lists(value) {
        return Ok(Value::unknown(ty, "Terraform's formatting of objects in lists is not supported here").with_marks(marks));
    }
    let result = match function {
        ProviderFunction::DecodeTfvars => {
            let text = convert(value.clone(), &Type::String)?;
            decode(text.as_str().unwrap_or_default(), span, context)?
        }
        ProviderFunction::EncodeTfvars => match value.as_mapping() {
            Some(entries) => Value::string(encode_entries(entries, 0)?),
            None => return fail("the value to encode must be an object"),
        },
        ProviderFunction::EncodeExpr => Value::string(encode(value, 0)),
    };
    let is_text = result.as_str().is_some();
    let marks = functions::result_marks(function.name(), marks, value.may_show_parts(), is_text);
    let fits = context.budget.charge(result.as_str().map_or(0, |text| text.len() as u64));
    Ok(if fits { result.with_marks(marks) } else { context.budget.too_large() })
}

fn has_objects_in_lists(value: &Value) -> bool {
    let is_filled = |element: &Value| element.as_mapping().is_some_and(|entries| !entries.is_empty());
    value.as_sequence().is_some_and(|elements| elements.iter().any(is_filled)) || value.children().any(has_objects_in_lists)
}

fn decode(text: &str, span: Span, context: &EvalContext<'_>) -> Result<Value, EvalError> {
    let body =
        native::parse_values(text, span).map_err(|error| EvalError::new(format!("invalid values: {}", error.message), Some(span)))?;
    if !body.blocks.is_empty() {
        return Err(EvalError::new("a block is not allowed in values of variables", Some(span)));
    }
    let context = EvalContext { locals: None, closed: true, inside: TemplateNesting::Values, ..*context };
    let mut entries = BTreeMap::new();
    for attribute in &body.attributes {
        let mut errors = EvalErrors::default();
        let value = eval(&attribute.value, &context, &mut errors);
        entries.insert(Arc::clone(&attribute.name.text), errors.into_result(value)?);
    }
    Ok(Value::object(entries.into()))
}

fn encode(value: &Value, depth: usize) -> String {
    match &value.data {
        Data::Null(_) | Data::Unknown(_) => "null".to_owned(),
        Data::Bool(value) => value.to_string(),
        Data::Number(number) => number.to_string(),
        Data::String(text) => quoted(text),
        Data::List(_, elements) | Data::Set(_, elements) | Data::Tuple(elements) => {
            format!("[{}]", elements.iter().map(|element| encode(element, depth)).collect::<Vec<_>>().join(", "))
        }
        Data::Map(_, entries) | Data::Object(entries) if entries.is_empty() => "{}".to_owned(),
        Data::Map(_, entries) | Data::Object(entries) => {
            let indent = "  ".repeat(depth + 1);
            let names: Vec<String> = entries.keys().map(|name| if is_identifier(name) { name.to_string() } else { quoted(name) }).collect();
            let lines = aligned(names.into_iter().zip(entries.values()), depth + 1, &indent);
            format!("{{\n{lines}{}}}", "  ".repeat(depth))
        }
    }
}

fn encode_entries(entries: &Members, depth: usize) -> Result<String, EvalError> {
    if let Some(name) = entries.keys().find(|name| !is_identifier(name)) {
        return Err(EvalError::new(format!("`{name}` is not a name that a variable can have"), None));
    }
    Ok(aligned(entries.iter().map(|(name, value)| (name.to_string(), value)), depth, ""))
}

/// One line for each entry, with the `=` of neighboring single-line entries aligned.
fn aligned<'v>(entries: impl Iterator<Item = (String, &'v Value)>, depth: usize, indent: &str) -> String {
    let lines: Vec<(String, String)> = entries.map(|(name, value)| (name, encode(value, depth))).collect();
    let mut out = String::new();
    let mut rest = lines.as_slice();
    while !rest.is_empty() {
        // Each multi-line value is a separate group.
        let count = rest.iter().take_while(|(_, value)| !value.contains('\n')).count().max(1);
        let (group, after) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        let width = group.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, value) in group {
            out.push_str(&format!("{indent}{name}{} = {value}\n", " ".repeat(width - name.chars().count())));
        }
        rest = after;
    }
    out
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '$' | '%' if chars.peek() == Some(&'{') => out.extend([c, c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
