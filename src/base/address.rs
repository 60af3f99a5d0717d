//! Terraform resource addresses: `module.keys["a"].oci_kms_key.k[0]`.

use regex::Regex;
use std::fmt;
use std::iter::Peekable;
use std::str::CharIndices;
use std::sync::{Arc, LazyLock};

/// The key of one instance of a resource or module.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InstanceKey {
    /// `count`.
    Number(u64),
    /// `for_each`.
    Text(Arc<str>),
    /// The symbolic instance, which represents all possible instances; printed as `["*"]`.
    Any,
}

impl fmt::Display for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "[{number}]"),
            // Fast path: most keys are plain names.
            Self::Text(text) if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\' | b'$' | b'%')) => {
                ["[\"", text, "\"]"].into_iter().try_for_each(|part| f.write_str(part))
            }
            Self::Text(text) => write!(f, "[{}]", quoted(text)),
            Self::Any => f.write_str("[\"*\"]"),
        }
    }
}

/// The printable characters of Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols, and the ASCII space.
static PRINTABLE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\pL\pM\pN\pP\pS ]$").ok());

/// Quotes a string as Terraform does in an address (`toHCLQuotedString`): escapes quotes, backslashes, template introducers, and
/// unprintable characters.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if rest.peek() == Some(&'{') => {
                out.push(c);
                out.push(c);
            }
            ' '..='~' => out.push(c),
            c if PRINTABLE.as_ref().is_some_and(|printable| printable.is_match(c.encode_utf8(&mut [0; 4]))) => out.push(c),
            c if u32::from(c) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

/// One module call in the address of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleStep {
    /// The call's name.
    pub name: String,
    /// The instance of the call.
    pub key: Option<InstanceKey>,
}

/// The address of one resource instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// Module calls from the root.
    pub modules: Arc<[ModuleStep]>,
    /// Whether it is a data source.
    pub data: bool,
    /// Type, e.g. `oci_kms_key`.
    pub kind: Arc<str>,
    /// Name.
    pub name: Arc<str>,
    /// The instance.
    pub key: Option<InstanceKey>,
}

impl Address {
    /// Parses an address in Terraform's notation. `None` if it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = split(text)?.into_iter().peekable();
        let mut modules = Vec::new();
        while parts.peek().is_some_and(|(name, _)| name == "module") {
            parts.next();
            let (name, key) = parts.next()?;
            modules.push(ModuleStep { name, key });
        }
        let (mut kind, key) = parts.next()?;
        if key.is_some() {
            return None;
        }
        let data = kind == "data";
        if data {
            kind = parts.next()?.0;
        }
        let (name, key) = parts.next()?;
        parts.next().is_none().then_some(Self { modules: modules.into(), data, kind: kind.into(), name: name.into(), key })
    }

    /// The same address without instance keys: the block in the configuration.
    #[must_use]
    pub fn without_keys(&self) -> Self {
        let modules = self.modules.iter().map(|step| ModuleStep { name: step.name.clone(), key: None }).collect();
        Self { modules, key: None, ..self.clone() }
    }

    /// Whether the resource or one of its module calls is a symbolic instance.
    #[must_use]
    pub fn is_symbolic(&self) -> bool {
        self.key == Some(InstanceKey::Any) || self.modules.iter().any(|step| step.key == Some(InstanceKey::Any))
    }
}

/// Splits an address at dots outside of brackets; each part has its instance key.
fn split(text: &str) -> Option<Vec<(String, Option<InstanceKey>)>> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(end)?;
        if name.is_empty() {
            return None;
        }
        rest = after;
        let mut key = None;
        if let Some(inner) = rest.strip_prefix('[') {
            let (found, after) = instance_key(inner)?;
            key = Some(found);
            rest = after;
        }
        parts.push((name.to_owned(), key));
        if rest.is_empty() {
            return Some(parts);
        }
        rest = rest.strip_prefix('.')?;
    }
}

/// Parses an instance key and the closing bracket; returns the rest of the text.
fn instance_key(text: &str) -> Option<(InstanceKey, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (digits, rest) = text.split_once(']')?;
        return Some((InstanceKey::Number(digits.parse().ok()?), rest));
    };
    let mut out = String::new();
    let mut chars = quoted.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                let rest = quoted.get(at + 1..)?.strip_prefix(']')?;
                return Some((InstanceKey::Text(out.into()), rest));
            }
            '\\' => match chars.next()?.1 {
                'n' => out.push('\n'),
                'r' => out.push('\r'),
                't' => out.push('\t'),
                'u' => out.push(code_point(&mut chars, 4)?),
                'U' => out.push(code_point(&mut chars, 8)?),
                other => out.push(other),
            },
            '$' | '%' => {
                out.push(c);
                let mut ahead = chars.clone();
                if ahead.next().is_some_and(|(_, next)| next == c) && ahead.next().is_some_and(|(_, next)| next == '{') {
                    chars.next();
                }
            }
            c => out.push(c),
        }
    }
    None
}

/// Parses the character of a Unicode escape with the given number of hexadecimal digits.
fn code_point(chars: &mut Peekable<CharIndices<'_>>, digits: usize) -> Option<char> {
    let code = (0..digits).try_fold(0_u32, |code, _| code.checked_mul(16)?.checked_add(chars.next()?.1.to_digit(16)?))?;
    char::from_u32(code)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in self.modules.iter() {
            write!(f, "module.{}", step.name)?;
            if let Some(key) = &step.key {
                write!(f, "{key}")?;
            }
            f.write_str(".")?;
        }
        if self.data {
            f.write_str("data.")?;
        }
        write!(f, "{}.{}", self.kind, self.name)?;
        self.key.as_ref().map_or(Ok(()), |key| write!(f, "{key}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parsed_addresses_print_unchanged_and_invalid_ones_are_none() {
        for text in [
            "oci_kms_key.k",
            "oci_kms_key.k[0]",
            "module.a.module.b[2].oci_kms_key.k[\"x.y\"]",
            "module.a[\"q]\\\"r\"].data.oci_kms_vault.v",
            "oci_kms_key.k[\"$${x}\"]",
            "oci_kms_key.k[\"größe 🔑 a\\u00a0b \\u001b\\U000e0041\"]",
            "oci_kms_key.k[\"*\"]",
        ] {
            assert_eq!(Address::parse(text).map(|address| address.to_string()).as_deref(), Some(text));
        }
        for text in [
            "",
            "oci_kms_key",
            "oci_kms_key.",
            "oci_kms_key.k[",
            "oci_kms_key.k[x]",
            "oci_kms_key.k[\"\\u00\"]",
            "oci_kms_key.k[\"\\ud800\"]",
            "module.a",
            "a[0].b",
            "a.b.c",
        ] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }
}
