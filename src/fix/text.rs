//! Where in a text something is inserted, so that it looks as if its author had written it.

use super::refusal::FixError;
use std::ops::Range;

/// A range of a text and what replaces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Insertion {
    pub range: Range<usize>,
    pub text: String,
}

/// A value that stands in the text as itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Literal<'a> {
    Null,
    Bool(bool),
    Number(i64),
    Text(&'a str),
}

/// Reads a literal; nothing where the text is anything else.
pub(super) fn literal(text: &str) -> Option<Literal<'_>> {
    match text {
        "null" => return Some(Literal::Null),
        "true" => return Some(Literal::Bool(true)),
        "false" => return Some(Literal::Bool(false)),
        _ => {}
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return text.parse().ok().map(Literal::Number);
    }
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let plain = !inner.contains(['"', '\\', '\n']) && !inner.contains("${") && !inner.contains("%{");
    plain.then_some(Literal::Text(inner))
}

/// Inserts an argument into the block that begins at `block`; its end may be that of its header.
pub(super) fn argument(source: &str, block: Range<usize>, name: &str, value: &str, json: bool) -> Result<Insertion, FixError> {
    if json {
        return property(source, block, &format!("\"{name}\": {value}"));
    }
    let header = source.get(block.clone()).unwrap_or_default();
    if header.starts_with("dynamic") {
        return Err(FixError::DynamicArgument(name.to_owned()));
    }
    let open = open_brace(source, block.start).ok_or(FixError::Unexpected("the block's brace was not found"))?;
    let line = line_at(source, open);
    let behind = source.get(open + 1..line.text.end).unwrap_or_default().trim();
    let outer = indent(source.get(line_at(source, block.start).text).unwrap_or_default());
    if !(behind.is_empty() || behind.starts_with('#') || behind.starts_with("//")) {
        return one_line(source, open, &line, outer, &format!("{name} = {value}"));
    }
    let end = line.end_text(source);
    let lines = Lines { source, at: line.behind };
    let spot = find_spot(lines, line.behind, name);
    let indent = spot.indent.map_or_else(|| inner_indent(source, line.behind, outer), str::to_owned);
    let gap = if spot.own_paragraph { end } else { "" };
    let text = match spot.equals {
        Some(equals) => format!("{gap}{:<equals$}= {value}{end}", format!("{indent}{name}")),
        None => format!("{gap}{indent}{name} = {value}{end}"),
    };
    Ok(Insertion { range: spot.at..spot.at, text })
}

/// Makes a value the default of the `optional(…)` at `call`.
pub(super) fn optional(source: &str, call: Range<usize>, value: &str) -> Result<Insertion, FixError> {
    let text = source.get(call.clone()).unwrap_or_default();
    let inside = text
        .strip_prefix("optional(")
        .and_then(|rest| rest.strip_suffix(')'))
        .ok_or(FixError::Unexpected("the type is not written as `optional(…)`"))?;
    let kept = inside.trim_end().strip_suffix("null").map_or(inside, |rest| rest.trim_end().strip_suffix(',').unwrap_or(inside));
    let start = call.start + "optional(".len() + kept.trim_end().len();
    Ok(Insertion { range: start..call.end - 1, text: format!(", {value}") })
}

/// Inserts a schedule into the resource's block.
pub(super) fn schedule(source: &str, block: Range<usize>, days: i64, json: bool) -> Result<Insertion, FixError> {
    let inside = source.get(block.clone()).unwrap_or_default();
    let dynamic = if json { "\"dynamic\"" } else { "dynamic \"auto_key_rotation_details\"" };
    if inside.contains(dynamic) {
        return Err(FixError::DynamicSchedule);
    }
    if json {
        return property(source, block, &format!("\"auto_key_rotation_details\": {{ \"rotation_interval_in_days\": {days} }}"));
    }
    let close = block
        .end
        .checked_sub(1)
        .filter(|&at| source.get(at..block.end) == Some("}"))
        .ok_or(FixError::Unexpected("the block's end was not found"))?;
    let line = line_at(source, close);
    let outer = source.get(line.text.start..close).unwrap_or_default();
    if !outer.trim().is_empty() {
        return Err(FixError::OneLine);
    }
    let open = open_brace(source, block.start).ok_or(FixError::Unexpected("the block's brace was not found"))?;
    let header = line_at(source, open);
    let end = header.end_text(source);
    let inner = inner_indent(source, header.behind, outer);
    let step = inner.strip_prefix(outer).filter(|step| !step.is_empty()).unwrap_or("  ");
    let before = source.get(..line.text.start).unwrap_or_default().lines().next_back().unwrap_or_default();
    let gap = if before.trim().is_empty() { "" } else { end };
    let text = format!("{gap}{inner}auto_key_rotation_details {{{end}{inner}{step}rotation_interval_in_days = {days}{end}{inner}}}{end}");
    Ok(Insertion { range: line.text.start..line.text.start, text })
}

/// Inserts a property into the JSON object at `block`, or behind the name at `block`, with the spaces of the property that is first now.
fn property(source: &str, block: Range<usize>, property: &str) -> Result<Insertion, FixError> {
    let text = source.get(block.start..).unwrap_or_default();
    let mut rest = text;
    if let Some(name) = rest.strip_prefix('"') {
        let end = name.find('"').ok_or(FixError::Unexpected("the property's name has no end"))?;
        rest = name.get(end + 1..).unwrap_or_default().trim_start().trim_start_matches(':').trim_start();
        rest = rest.strip_prefix('[').map_or(rest, str::trim_start);
    }
    let Some(inside) = rest.strip_prefix('{') else { return Err(FixError::Unexpected("it is not written as a JSON object")) };
    let at = source.len() - inside.len();
    let spaces = inside.get(..inside.len() - inside.trim_start().len()).unwrap_or_default();
    if inside.trim_start().starts_with('}') {
        return Ok(Insertion { range: at..at + spaces.len(), text: format!(" {property} ") });
    }
    Ok(Insertion { range: at..at, text: format!("{spaces}{property},") })
}

/// A block on one line gets a line for each argument.
fn one_line(source: &str, open: usize, line: &Line, outer: &str, argument: &str) -> Result<Insertion, FixError> {
    let behind = source.get(open + 1..line.text.end).unwrap_or_default();
    let Some(inside) = behind.trim_end().strip_suffix('}') else {
        return Err(FixError::FirstLine);
    };
    if inside.contains(['{', '}', '#']) || inside.contains("//") {
        return Err(FixError::OneLine);
    }
    let end = line.end_text(source);
    let inner = format!("{end}{outer}  ");
    let first = match inside.trim() {
        "" => String::new(),
        first => format!("{inner}{first}"),
    };
    Ok(Insertion { range: open + 1..open + 1 + inside.len(), text: format!("{first}{inner}{argument}{end}{outer}") })
}

/// The offset of the brace behind a block's type and labels.
fn open_brace(source: &str, from: usize) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in source.get(from..)?.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' if !quoted => return Some(from + at),
            '\n' | '}' if !quoted => return None,
            _ => {}
        }
    }
    None
}

/// A line.
struct Line {
    /// Without its end.
    text: Range<usize>,
    /// Where the next one begins.
    behind: usize,
}

impl Line {
    /// The line's end as it is written; a newline where it is the last and has none.
    fn end_text<'a>(&self, source: &'a str) -> &'a str {
        match source.get(self.text.end..self.behind) {
            Some("\r\n") => "\r\n",
            _ => "\n",
        }
    }
}

fn line_at(source: &str, offset: usize) -> Line {
    let start = source.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let rest = source.get(start..).unwrap_or_default();
    let len = rest.find('\n').unwrap_or(rest.len());
    let text = rest.get(..len).unwrap_or_default();
    Line { text: start..start + text.strip_suffix('\r').unwrap_or(text).len(), behind: (start + len + 1).min(source.len()) }
}

fn indent(line: &str) -> &str {
    line.get(..line.len() - line.trim_start().len()).unwrap_or_default()
}

/// The indentation of a block's first line with text, or two more spaces than its header's.
fn inner_indent(source: &str, from: usize, outer: &str) -> String {
    let first = source.get(from..).unwrap_or_default().lines().find(|line| !line.trim().is_empty());
    let own = first.filter(|line| !line.trim_start().starts_with('}')).map(indent).filter(|own| own.len() > outer.len());
    own.map_or_else(|| format!("{outer}  "), str::to_owned)
}

struct Lines<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = (&'a str, usize);

    /// The next line's text, and the offset behind it.
    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.source.len() {
            return None;
        }
        let line = line_at(self.source, self.at);
        self.at = line.behind;
        Some((self.source.get(line.text)?, self.at))
    }
}

/// Where an argument goes.
struct Spot<'a> {
    at: usize,
    indent: Option<&'a str>,
    /// The column of `=` that its neighbours share.
    equals: Option<usize>,
    /// Whether a blank line comes first: arguments that follow each other are aligned, and aligning the neighbours again would change them.
    own_paragraph: bool,
}

/// Behind the first group of simple arguments that are not meta-arguments alone; else in the first line.
fn find_spot<'a>(lines: Lines<'a>, start: usize, name: &str) -> Spot<'a> {
    let mut group: Option<(Spot<'a>, bool)> = None;
    let mut open = false;
    for (line, behind) in lines {
        let Some((argument, equals)) = simple(line) else {
            let ends = line.trim().is_empty() || line.trim_start().starts_with(['#', '/']);
            open = false;
            if !ends || group.as_ref().is_some_and(|(_, meta)| !meta) {
                break;
            }
            continue;
        };
        let is_meta = matches!(argument, "count" | "for_each" | "provider" | "depends_on");
        match &mut group {
            Some((spot, meta)) if open => {
                spot.at = behind;
                spot.equals = spot.equals.filter(|known| *known == equals);
                *meta &= is_meta;
            }
            _ => group = Some((Spot { at: behind, indent: Some(indent(line)), equals: Some(equals), own_paragraph: false }, is_meta)),
        }
        open = true;
    }
    let Some((mut spot, only_meta)) = group else { return Spot { at: start, indent: None, equals: None, own_paragraph: false } };
    let needed = spot.indent.map_or(0, str::len) + name.len() + 1;
    if only_meta || spot.equals.is_none_or(|equals| equals < needed) {
        spot.equals = None;
        spot.own_paragraph = true;
    }
    spot
}

/// The name of an argument whose value ends on its line, and the column of its `=` in bytes.
fn simple(line: &str) -> Option<(&str, usize)> {
    let start = line.len() - line.trim_start().len();
    let rest = line.get(start..)?;
    let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).filter(|&len| len > 0)?;
    let (name, behind) = rest.split_at_checked(len)?;
    let value = behind.trim_start().strip_prefix('=').filter(|value| !value.starts_with('='))?;
    let equals = line.len() - value.len() - 1;
    let (mut depth, mut quoted, mut escaped, mut before) = (0_i64, false, false, ' ');
    for c in value.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '#' if !quoted => break,
            '/' if !quoted && before == '/' => break,
            '*' if !quoted && before == '/' => return None,
            '<' if !quoted && before == '<' => return None,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth -= 1,
            _ => {}
        }
        before = c;
    }
    (depth == 0 && !quoted && !value.trim().is_empty()).then_some((name, equals))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inserted(source: &str, make: impl Fn(&str) -> Result<Insertion, FixError>) -> String {
        let Insertion { range, text } = make(source).unwrap();
        let mut out = source.to_owned();
        out.replace_range(range, &text);
        out
    }

    fn with_mode(source: &str) -> String {
        inserted(source, |source| argument(source, 0..source.trim_end().len(), "protection_mode", "\"SOFTWARE\"", false))
    }

    #[test]
    fn an_argument_joins_its_neighbours() {
        let head = "resource \"a{\" \"b\" { # c\n";
        for (body, expected) in [
            ("  a = 1\n}\n", "  a = 1\n\n  protection_mode = \"SOFTWARE\"\n}\n"),
            (
                "  compartment_id      = f(\"{\") # }\n  management_endpoint = b\n\n  key_shape {\n  }\n}\n",
                "  compartment_id      = f(\"{\") # }\n  management_endpoint = b\n  protection_mode     = \"SOFTWARE\"\n\n  key_shape {\n  }\n}\n",
            ),
            (
                "\tcount = 2\n\n\tdisplay_name   = <<E\nx = 1\nE\n}\n",
                "\tcount = 2\n\n\tprotection_mode = \"SOFTWARE\"\n\n\tdisplay_name   = <<E\nx = 1\nE\n}\n",
            ),
            ("  key_shape {\n    a = 1\n  }\n}\n", "  protection_mode = \"SOFTWARE\"\n  key_shape {\n    a = 1\n  }\n}\n"),
            ("}\n", "  protection_mode = \"SOFTWARE\"\n}\n"),
            (
                "  # why\n  count                = 1\n  compartment_id_name  = 2\n  tags = {\n  }\n}\n",
                "  # why\n  count                = 1\n  compartment_id_name  = 2\n  protection_mode      = \"SOFTWARE\"\n  tags = {\n  }\n}\n",
            ),
        ] {
            assert_eq!(with_mode(&format!("{head}{body}")), format!("{head}{expected}"));
            let crlf = format!("{head}{body}").replace('\n', "\r\n");
            assert_eq!(with_mode(&crlf), format!("{head}{expected}").replace('\n', "\r\n"));
        }
        assert_eq!(with_mode("a {}\n"), "a {\n  protection_mode = \"SOFTWARE\"\n}\n");
        assert_eq!(with_mode("a { b = 1 }"), "a {\n  b = 1\n  protection_mode = \"SOFTWARE\"\n}");
        assert!(argument("a { b = \"}\" } # c", 0..12, "x", "1", false).is_err());
        assert!(argument("dynamic \"a\" {\n}", 0..11, "x", "1", false).is_err());
    }

    #[test]
    fn a_default_is_added_to_an_optional_attribute() {
        let with_default = |source: &str| inserted(source, |source| optional(source, 0..source.len(), "\"S\""));
        assert_eq!(with_default("optional(string)"), "optional(string, \"S\")");
        assert_eq!(with_default("optional( map(any), null )"), "optional( map(any), \"S\")");
        assert!(optional("string", 0..6, "1").is_err());
    }

    #[test]
    fn a_schedule_is_the_last_block() {
        let with_schedule = |source: &str| inserted(source, |source| schedule(source, 0..source.trim_end().len(), 365, false));
        assert_eq!(
            with_schedule("a {\n    b = 1\n}\n"),
            "a {\n    b = 1\n\n    auto_key_rotation_details {\n        rotation_interval_in_days = 365\n    }\n}\n"
        );
        assert_eq!(
            with_schedule("a {\r\n  b {\r\n  }\r\n\r\n}\r\n"),
            "a {\r\n  b {\r\n  }\r\n\r\n  auto_key_rotation_details {\r\n    rotation_interval_in_days = 365\r\n  }\r\n}\r\n"
        );
        assert!(schedule("a { b = 1 }", 0..11, 365, false).is_err());
        let dynamic = "a {\n  dynamic \"auto_key_rotation_details\" {\n  }\n}";
        assert!(schedule(dynamic, 0..dynamic.len(), 365, false).is_err());
    }

    #[test]
    fn a_property_comes_first_in_json() {
        let with_mode = |source: &str| inserted(source, |source| argument(source, 0..source.len(), "m", "\"S\"", true));
        assert_eq!(with_mode("\"k\": {\n    \"a\": 1\n  }"), "\"k\": {\n    \"m\": \"S\",\n    \"a\": 1\n  }");
        assert_eq!(with_mode("{ \"a\": 1 }"), "{ \"m\": \"S\", \"a\": 1 }");
        assert_eq!(with_mode("\"k\":[{}]"), "\"k\":[{ \"m\": \"S\" }]");
        assert!(argument("\"k\": []", 0..3, "m", "1", true).is_err());
        assert_eq!(
            inserted("{ \"a\": 1 }", |source| schedule(source, 0..source.len(), 90, true)),
            "{ \"auto_key_rotation_details\": { \"rotation_interval_in_days\": 90 }, \"a\": 1 }"
        );
    }

    #[test]
    fn only_literals_are_literals() {
        assert_eq!(literal("\"HSM\""), Some(Literal::Text("HSM")));
        assert_eq!(literal("400"), Some(Literal::Number(400)));
        for text in ["var.x", "\"${x}\"", "\"a\" + \"b\"", "1.5", "\"a\\n\"", "", "\"", "upper(\"x\")"] {
            assert_eq!(literal(text), None, "{text}");
        }
    }
}
