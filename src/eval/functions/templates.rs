//! `templatefile` and `templatestring`, which the evaluator renders.

use super::filesystem;
use super::host::TemplateNesting;
use super::row::{BodyContext, BuiltIn, FunctionBody, FunctionError, FunctionResult, Returns, STRING, any, string, text};
use crate::eval::{Marks, Type, Value, convert};

pub(super) const TABLE: &[BuiltIn] = &[
    BuiltIn::new("templatefile", &[string("path"), any("vars")], Returns::Computed(|_| Ok(Type::Any)), FunctionBody::Values(template_file))
        .nullable(),
    BuiltIn::new("templatestring", &[string("template"), any("vars")], STRING, FunctionBody::Values(template_string)),
];

fn template_file(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [path, vars, ..] = args else { return Err(FunctionError::arity()) };
    let template = filesystem::read_text(call, args)?;
    let rendered = render(call, &template, text(path), vars, TemplateNesting::TemplateFile)?;
    // Parts from other files are already marked as pieces of those.
    Ok(rendered.with_marks(Marks::FILE))
}

fn template_string(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [template, vars, ..] = args else { return Err(FunctionError::arity()) };
    let rendered = render(call, text(template), "the template", vars, TemplateNesting::TemplateString)?;
    Ok(convert(rendered, &Type::String)?)
}

fn render(call: &BodyContext<'_>, template: &str, name: &str, vars: &Value, inside: TemplateNesting) -> FunctionResult {
    let vars = vars.as_mapping().ok_or("invalid vars value: must be a map")?;
    if let Some(name) = vars.keys().find(|name| !is_identifier(name)) {
        return Err(format!(
            "invalid template variable name `{name}`: must start with a letter, followed by zero or more letters, digits, and underscores"
        )
        .into());
    }
    let template = template.strip_prefix('\u{feff}').unwrap_or(template);
    let rendered = (call.host.render)(template, name, vars, inside)?;
    if rendered.is_null() { Err("the result of the template is null".into()) } else { Ok(rendered) }
}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    // The error message, which is Terraform's, does not mention the hyphen that Terraform's check allows.
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_') && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}
