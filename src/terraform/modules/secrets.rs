//! Finds the places in a configuration that have sensitive values, before anything is evaluated, so that no report quotes them.
//!
//! A flag such as `sensitive` is not evaluated: everything that may be sensitive is hidden. A value that turns out to be sensitive also
//! hides the places of its trail (see [`hide_trail`]).

use super::module::Module;
use crate::base::{Place, Sources, Span, Step};
use crate::hcl::{Block, Body, Expr, ExprKind};
use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

/// Whether a `variable` or `output` block may be sensitive or ephemeral.
pub(crate) fn may_be_secret(block: &Block) -> bool {
    let is_set = |name| block.body.attribute(name).is_some_and(|flag| !matches!(flag.value.without_parens().kind, ExprKind::Bool(false)));
    is_set("sensitive") || is_set("ephemeral")
}

/// The modules whose sensitive values are already hidden: most roots call the same modules. A module is identified by its address in
/// memory, which is stable during a run, and a hash of the names of the sensitive variables in its tree.
pub(super) type HiddenModules = Mutex<HashSet<(usize, u64)>>;

/// Hides the sensitive values in the modules of a tree.
pub(crate) fn hide_in_modules(modules: &[Arc<Module>], sources: &Sources, hidden: &HiddenModules) {
    if !modules.iter().any(|module| module.may_have_secrets(|module| mentions_secrets(module, sources))) {
        return;
    }
    let names: BTreeSet<&str> = modules.iter().flat_map(|module| secret_variables(module)).collect();
    let mut hasher = DefaultHasher::new();
    names.hash(&mut hasher);
    let hash = hasher.finish();
    for module in modules {
        if !hidden.lock().unwrap_or_else(PoisonError::into_inner).insert((Arc::as_ptr(module) as usize, hash)) {
            continue;
        }
        let secret: BTreeSet<&str> = secret_variables(module).collect();
        for (_, span) in module.defaults.iter().filter(|(name, _)| secret.contains(&**name)) {
            sources.hide(*span);
        }
        let outputs = module.outputs.values().filter(|output| may_be_secret(output));
        let values = outputs.filter_map(|output| output.body.attribute("value"));
        // Arguments of calls are matched by name alone, whichever module declares the variable.
        let arguments = module.calls.values().flat_map(|call| &call.body.attributes);
        let arguments = arguments.filter(|argument| names.contains(&*argument.name.text));
        for attribute in values.chain(arguments) {
            hide_value(&attribute.value, sources);
        }
        let resources = module.managed.values().chain(module.data.values()).flat_map(|named| named.values());
        resources.chain(module.calls.values()).chain(module.outputs.values()).for_each(|block| hide_calls_in(&block.body, sources));
        module.locals.values().for_each(|local| hide_calls(&local.value, sources));
    }
}

/// Whether a text of a module contains a word that makes values sensitive, or an escape that may spell one.
fn mentions_secrets(module: &Module, sources: &Sources) -> bool {
    let is_match = |text: &str| ["sensitive", "ephemeral", "\\u"].iter().any(|word| text.contains(word));
    module.texts.iter().any(|text| is_match(sources.get(*text).text()))
}

/// Hides the values of sensitive variables in values files.
pub(crate) fn hide_inputs<'a>(values: impl Iterator<Item = (&'a str, Span)>, module: &Module, sources: &Sources) {
    let names: BTreeSet<&str> = secret_variables(module).collect();
    values.filter(|(name, _)| names.contains(name)).for_each(|(_, span)| sources.hide(span));
}

fn secret_variables(module: &Module) -> impl Iterator<Item = &str> {
    module.secret_variables(may_be_secret).iter().map(|name| &**name)
}

/// Hides the places of a sensitive value's trail.
pub(crate) fn hide_trail(trail: &[Step], sources: &Sources) {
    for step in trail {
        if let Place::Source(span) = &step.place
            && !is_reference(sources.get(span.source).slice(*span))
        {
            sources.hide(*span);
        }
    }
}

fn hide_calls_in(body: &Body, sources: &Sources) {
    body.attributes.iter().for_each(|attribute| hide_calls(&attribute.value, sources));
    body.blocks.iter().for_each(|block| hide_calls_in(&block.body, sources));
}

fn hide_value(expr: &Expr, sources: &Sources) {
    if !is_reference(sources.get(expr.span.source).slice(expr.span)) {
        sources.hide(expr.span);
    }
}

/// Hides the arguments of `sensitive(…)` and `nonsensitive(…)` in an expression.
pub(crate) fn hide_calls(expr: &Expr, sources: &Sources) {
    if let ExprKind::Call { name, arguments, .. } = &expr.kind
        && name.text.ends_with("sensitive")
    {
        arguments.iter().for_each(|argument| hide_value(argument, sources));
    }
    expr.children(&mut |child| hide_calls(child, sources));
}

/// Whether a text only names a value without showing it: a reference, or the header of a variable.
fn is_reference(text: &str) -> bool {
    let is_path = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.contains('.')
            && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '[' | ']' | '*'))
    };
    let header = text.strip_prefix("variable").map(|name| name.trim().trim_matches('"'));
    is_path(text) || header.is_some_and(|name| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_is_distinguished_from_a_value() {
        for text in ["var.a", "local.a.b[0]", "module.m[\"x\"].a", "each.value", "variable \"m\"", "variable m"] {
            assert_eq!(is_reference(text), !text.contains("[\""), "{text}");
        }
        for text in ["\"S\"", "90", "true", "1.5", "var.a == \"S\"", "variable \"m\" { default = \"S\" }", "{ a = \"S\" }", "upper(var.a)"]
        {
            assert!(!is_reference(text), "{text}");
        }
    }
}
