//! Terraform's built-in functions, in tables by family, and their single caller, which handles everything that they have in common.

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
mod host;
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

pub use call::{call, exists, result_marks};
pub use host::{FunctionHost, Render, TemplateNesting};
pub use pattern::Patterns;

/// Whether the result of a function is the content of a file, or made from it.
pub(crate) fn reads_file(name: &str) -> bool {
    name == "templatefile" || filesystem::reads(name)
}

/// Parses a JSON document as `jsondecode` does; `None` if it is invalid.
#[must_use]
pub fn decode_json(text: &str) -> Option<Value> {
    json::decode(text).ok()
}

use super::{Price, Value};
use row::BuiltIn;

/// The cost of a function: most copy, hash or convert each element and read texts byte by byte; parsers of documents take longer.
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
