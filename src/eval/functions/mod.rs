//! Terraform's built-in functions, in tables by family, and the one caller that settles what they have in common.

mod base_64;
mod call;
mod charset;
mod cidr;
mod clock;
mod clusters;
mod collection;
mod conversion;
mod crypto;
mod csv;
mod datetime;
mod encoding;
mod filesystem;
mod format;
mod glob;
mod json;
mod lookups;
mod network;
mod numeric;
mod pattern;
mod re2;
mod regexes;
mod row;
mod rsa;
mod sensitive;
mod sets;
mod string;
mod templates;
mod verbs;
mod yaml;
mod yaml_emit;

pub use call::{call, exists};
pub use pattern::Patterns;

/// Whether the result of a function is what a file holds, or is made of it.
pub(crate) fn reads_file(name: &str) -> bool {
    name == "templatefile" || filesystem::reads(name)
}

/// Reads a JSON document as `jsondecode` does; `None` where it is not one.
#[must_use]
pub fn decode_json(text: &str) -> Option<Value> {
    json::decode(text).ok()
}

use super::{EvalError, FileAccess, Members, Price, Value};
use row::BuiltIn;

/// Whose language is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Terraform's: functions that only OpenTofu has are unknown.
    Terraform,
    /// OpenTofu's: all functions.
    #[default]
    OpenTofu,
}

/// Renders template text: the text, its name for messages, the variables, and what it is inside of.
pub type Render<'a> = dyn Fn(&str, &str, &Members, TemplateNesting) -> Result<Value, EvalError> + 'a;

/// What a function costs: most copy, hash or convert each element and read texts byte by byte; readers of documents take longer.
#[must_use]
pub fn price(name: &str) -> Price {
    let text = match name.strip_prefix("core::").unwrap_or(name) {
        "yamldecode" => 128,
        "csvdecode" | "templatefile" | "templatestring" | "regex" | "regexall" | "replace" => 64,
        "jsondecode" | "length" | "substr" | "strrev" | "format" | "formatlist" | "title" => 48,
        _ => 16,
    };
    Price { element: 8, text }
}

/// What functions may ask of their surroundings.
pub struct FunctionHost<'a> {
    /// The files that file functions may read.
    pub files: &'a dyn FileAccess,
    /// Whose functions there are.
    pub dialect: Dialect,
    /// Pays for a number of elements or bytes; false when the budget is spent.
    pub spend: &'a dyn Fn(u64) -> bool,
    /// Pays for looking at a number of elements; false when the budget is spent.
    pub work: &'a dyn Fn(u64) -> bool,
    /// The patterns that the expression has compiled.
    pub patterns: &'a Patterns,
    /// Renders a template with nothing but the given variables. While it does, functions are called with the [`TemplateNesting`] it was given.
    pub render: &'a Render<'a>,
    /// Whether the call stands in a template that a function renders.
    pub inside: TemplateNesting,
}

/// Whether a call stands in a template that a function renders, where some functions are refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TemplateNesting {
    /// It does not.
    #[default]
    Nothing,
    /// In a template of `templatefile`.
    TemplateFile,
    /// In a template of `templatestring`.
    TemplateString,
    /// In a text of values for variables, where nothing may be called.
    Values,
}

impl TemplateNesting {
    /// Why a function may not be called here.
    fn refusal(self, name: &str) -> Option<String> {
        match self {
            Self::Nothing => None,
            _ if matches!(name, "templatefile" | "templatestring") => {
                Some(format!("cannot recursively call `{name}` from inside another template function"))
            }
            Self::TemplateString if filesystem::TABLE.iter().any(|function| function.name == name && filesystem::reads(name)) => {
                Some(format!("cannot use functions like `{name}` that read files in templates of `templatestring`"))
            }
            _ => None,
        }
    }
}

/// All functions.
static TABLES: [&[BuiltIn]; 15] = [
    string::TABLE,
    format::TABLE,
    regexes::TABLE,
    numeric::TABLE,
    collection::TABLE,
    lookups::TABLE,
    sets::TABLE,
    conversion::TABLE,
    sensitive::TABLE,
    encoding::TABLE,
    crypto::TABLE,
    datetime::TABLE,
    cidr::TABLE,
    filesystem::TABLE,
    templates::TABLE,
];

#[cfg(test)]
mod tests;
