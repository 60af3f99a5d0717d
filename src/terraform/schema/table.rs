//! The compact table of a provider's types, and the notation its lines are written in.
//!
//! A type is `{NAME:FIELD,…}`. A FIELD is an argument, an attribute or a nested block:
//!
//! * marks, then a letter, then a type, then a default: `!` is sensitive, `~` is changed by the provider, `?` has a default that is not
//!   known; `r` required, `o` optional, `b` optional and filled in where it is omitted, `c` computed; `s` string, `b` bool, `n` number,
//!   `a` anything, `L` list, `S` set, `M` map (each followed by the type of its elements), `{…}` object; `=t`, `=f`, `=90`, `="text"`;
//! * `B`, or `D` where the provider fills the block in, then how it nests: `1` an object, `L` a list, `S` a set, `M` a map of them, then
//!   how many there may be, if that is limited, then what is inside.

use super::types::{Default, Field, Filling, NestedBlock, Nesting, Schema, SchemaAttribute, SchemaFields};
use crate::eval::Type;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::{Arc, OnceLock};

/// The table of oracle/oci, made by `make.py`.
static BYTES: &[u8] = include_bytes!("oci.table");

/// The types of one service.
struct ServiceTable {
    name: &'static str,
    /// Where its bytes begin and end, and how they are stored: `START LENGTH FORM`.
    place: &'static str,
    /// The text, read when one of its types is needed.
    text: OnceLock<Cow<'static, str>>,
}

impl ServiceTable {
    /// Where the bytes are damaged, no type is known.
    fn read(&self, bytes: &'static [u8]) -> Cow<'static, str> {
        let mut words = self.place.split(' ');
        let mut number = || words.next()?.parse::<usize>().ok();
        let stored = number().zip(number()).and_then(|(start, length)| bytes.get(start..start.checked_add(length)?)).unwrap_or_default();
        if words.next() == Some("plain") {
            return Cow::Borrowed(std::str::from_utf8(stored).unwrap_or_default());
        }
        let mut text = String::new();
        let read = flate2::read::DeflateDecoder::new(stored).read_to_string(&mut text);
        Cow::Owned(if read.is_ok() { text } else { String::new() })
    }
}

/// The table, of which only the head is read at once.
struct Table {
    version: &'static str,
    services: Vec<ServiceTable>,
    /// What follows the head.
    bytes: &'static [u8],
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| head(BYTES).unwrap_or(Table { version: "", services: Vec::new(), bytes: &[] }))
}

fn head(bytes: &'static [u8]) -> Option<Table> {
    let mut rest = bytes;
    let mut line = || {
        let end = memchr::memchr(b'\n', rest)?;
        let (line, after) = rest.split_at_checked(end)?;
        rest = after.get(1..)?;
        std::str::from_utf8(line).ok()
    };
    let mut words = line()?.split(' ').skip(2);
    let (version, count) = (words.next()?, words.next()?.parse().ok()?);
    let service = |line: &'static str| line.split_once(' ').map(|(name, place)| ServiceTable { name, place, text: OnceLock::new() });
    let services = (0..count).map(|_| service(line()?)).collect::<Option<_>>()?;
    Some(Table { version, services, bytes: rest })
}

/// The provider's version that the table describes.
pub(super) fn version() -> &'static str {
    table().version
}

/// The line of a type.
pub(super) fn find(is_data: bool, kind: &str) -> Option<&'static str> {
    let service = kind.split('_').nth(1)?;
    let Table { services, bytes, .. } = table();
    let at = services.binary_search_by(|own| own.name.cmp(service)).ok()?;
    let service = services.get(at)?;
    line(service.text.get_or_init(|| service.read(bytes)), is_data, kind)
}

/// The line of a type in a text of such lines.
pub(super) fn line<'t>(text: &'t str, is_data: bool, kind: &str) -> Option<&'t str> {
    let mode = if is_data { "data " } else { "resource " };
    text.lines().find_map(|line| line.strip_prefix(mode)?.strip_prefix(kind)?.strip_prefix(' '))
}

/// The names of the types of a mode in one service.
#[cfg(test)]
pub(super) fn all() -> Vec<(bool, String)> {
    let Table { services, bytes, .. } = table();
    let mut names = Vec::new();
    for service in services {
        names.extend(service.read(bytes).lines().map(|line| {
            let mut words = line.split(' ');
            (words.next() == Some("data"), words.next().unwrap().to_owned())
        }));
    }
    names
}

/// Reads what is in a line's braces.
pub(super) fn schema(line: &str, is_sdk: bool, is_complete: bool) -> Option<Schema> {
    let mut reader = TableReader { rest: line };
    let fields = reader.fields()?;
    reader.rest.is_empty().then_some(Schema { fields, is_sdk, is_complete })
}

struct TableReader<'t> {
    rest: &'t str,
}

impl<'t> TableReader<'t> {
    /// Takes a character where it is the next one.
    fn take(&mut self, wanted: char) -> bool {
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest.chars().next()?;
        self.rest = self.rest.get(next.len_utf8()..)?;
        Some(next)
    }

    fn until(&mut self, end: char) -> Option<&'t str> {
        let (text, after) = self.rest.split_once(end)?;
        self.rest = after;
        Some(text)
    }

    /// `{name:item,…}`, both braces included.
    fn braces<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<(Arc<str>, T)>> {
        if !self.take('{') {
            return None;
        }
        let mut items = Vec::new();
        while !self.take('}') {
            self.take(',');
            let name = self.until(':')?;
            items.push((name.into(), item(self)?));
        }
        Some(items)
    }

    fn fields(&mut self) -> Option<SchemaFields> {
        Some(self.braces(Self::field)?.into_iter().collect())
    }

    fn field(&mut self) -> Option<Field> {
        let is_sensitive = self.take('!');
        let is_altered = self.take('~');
        let has_unknown_default = self.take('?');
        let filling = match self.next()? {
            'r' => Filling::Required,
            'o' => Filling::Optional,
            'b' => Filling::OrComputed,
            'c' => Filling::Computed,
            'B' => return self.block(false),
            'D' => return self.block(true),
            _ => return None,
        };
        let ty = self.ty()?;
        let default = if self.take('=') { Some(self.default()?) } else { None };
        Some(Field::Attribute(SchemaAttribute { ty, filling, default, is_sensitive, is_altered, has_unknown_default }))
    }

    fn block(&mut self, is_filled_in: bool) -> Option<Field> {
        let nesting = match self.next()? {
            '1' => Nesting::Single,
            'L' => Nesting::List,
            'S' => Nesting::Set,
            'M' => Nesting::Map,
            _ => return None,
        };
        let digits = self.rest.len() - self.rest.trim_start_matches(|digit: char| digit.is_ascii_digit()).len();
        let (most, after) = self.rest.split_at_checked(digits)?;
        self.rest = after;
        let most = if most.is_empty() { None } else { Some(most.parse().ok()?) };
        Some(Field::Block(NestedBlock { nesting, most, is_filled_in, fields: self.fields()? }))
    }

    fn ty(&mut self) -> Option<Type> {
        if self.rest.starts_with('{') {
            let attributes: BTreeMap<Arc<str>, Field> = self.fields()?;
            return Some(Type::object(attributes.into_iter().map(|(name, field)| (name, field.ty()))));
        }
        Some(match self.next()? {
            's' => Type::String,
            'b' => Type::Bool,
            'n' => Type::Number,
            'a' => Type::Any,
            'L' => Type::list(self.ty()?),
            'S' => Type::set(self.ty()?),
            'M' => Type::map(self.ty()?),
            _ => return None,
        })
    }

    fn default(&mut self) -> Option<Default> {
        if self.take('"') {
            return Some(Default::Text(self.until('"')?.into()));
        }
        if self.take('t') {
            return Some(Default::Bool(true));
        }
        if self.take('f') {
            return Some(Default::Bool(false));
        }
        let end = self.rest.find([',', '}'])?;
        let (number, after) = self.rest.split_at_checked(end)?;
        self.rest = after;
        Some(Default::Number(number.parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        let all = all();
        assert_eq!(version(), "8.28.0");
        assert_eq!((all.iter().filter(|(data, _)| !data).count(), all.iter().filter(|(data, _)| *data).count()), (1001, 2376));
        for (is_data, kind) in all {
            let line = find(is_data, &kind).unwrap_or_else(|| panic!("{kind}"));
            let schema = schema(line, true, false).unwrap_or_else(|| panic!("{kind}: {line}"));
            assert!(schema.fields.contains_key("id"), "{kind}");
        }
        assert!(find(false, "oci_kms_nothing").is_none() && find(true, "aws_kms_key").is_none() && find(false, "oci").is_none());
    }

    #[test]
    fn marks_types_and_defaults_are_read() {
        let line = r#"{a:!rs,b:~?oMs=t,c:bLL{x:cn},d:cSb,e:DL1{f:on=90},g:B1{h:os="a,{b}"},i:oa}"#;
        let schema = schema(line, true, true).unwrap();
        let Field::Attribute(a) = &schema.fields["a"] else { panic!() };
        assert!(a.is_sensitive && a.filling == Filling::Required && !a.is_altered);
        let Field::Attribute(b) = &schema.fields["b"] else { panic!() };
        assert!(b.is_altered && b.has_unknown_default && b.ty == Type::map(Type::String) && b.default == Some(Default::Bool(true)));
        assert_eq!(schema.fields["c"].ty().constraint_name(), "list of list of object");
        let Field::Block(e) = &schema.fields["e"] else { panic!() };
        assert!(e.is_filled_in && e.most == Some(1) && e.nesting == Nesting::List);
        let Field::Block(g) = &schema.fields["g"] else { panic!() };
        let Field::Attribute(h) = &g.fields["h"] else { panic!() };
        assert_eq!(h.default, Some(Default::Text("a,{b}".into())));
        for broken in ["", "{", "{a:rs", "{a:x}", "{a:rs}}", "{a:oL}", "{a:os=}", "a"] {
            assert!(super::schema(broken, true, true).is_none(), "{broken}");
        }
    }
}
