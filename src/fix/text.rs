//! Where and how text is inserted, so that it looks as if the author had written it.

use super::refusal::FixError;
use std::ops::Range;

/// A range of a text, and its replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Insertion {
    pub range: Range<usize>,
    pub text: String,
    pub shape: InsertionShape,
}

/// How an insertion relates to its neighbors, for [`super::layout`], which runs when all insertions are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct InsertionShape {
    /// The group of arguments that it joins.
    pub group: Option<AlignedArguments>,
    /// Whether it is a block, which is separated by a blank line from the text before it.
    pub is_block: bool,
    /// Whether it is separated by a blank line from the text after it.
    pub has_gap_after: bool,
}

/// Arguments on consecutive lines, with their `=` in one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AlignedArguments {
    /// The offset of each `=`.
    pub equals: Vec<usize>,
    /// Their common column, in characters from 0.
    pub column: usize,
    /// The smallest column possible for the `=` of the inserted argument.
    pub needed: usize,
}

impl Insertion {
    pub(super) fn new(range: Range<usize>, text: String) -> Self {
        Self { range, text, shape: InsertionShape::default() }
    }
}

/// A literal value in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Literal<'a> {
    Null,
    Bool(bool),
    Number(i64),
    Text(&'a str),
}

/// Reads a literal; `None` if the text is anything else.
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

/// Inserts an argument into the block that begins at `block`, whose range may be that of the block's header only.
pub(super) fn insert_argument(source: &str, block: Range<usize>, name: &str, value: &str, is_json: bool) -> Result<Insertion, FixError> {
    if is_json {
        return insert_property(source, block, &format!("\"{name}\": {value}"));
    }
    let header = source.get(block.clone()).unwrap_or_default();
    if header.starts_with("dynamic") {
        return Err(FixError::DynamicArgument(name.to_owned()));
    }
    let open = open_brace(source, block.start).ok_or(FixError::Unexpected("the block's brace was not found"))?;
    let line = line_at(source, open);
    let next = source.get(open + 1..line.text.end).unwrap_or_default().trim();
    let outer = indent(source.get(line_at(source, block.start).text).unwrap_or_default());
    if !(next.is_empty() || next.starts_with('#') || next.starts_with("//")) {
        return expand_one_line(source, open, &line, outer, &format!("{name} = {value}"));
    }
    let end = line.end_text(source);
    let inner = inner_indent(source, line.next, outer);
    let is_set = |text: &str| {
        let after = text.trim_start().strip_prefix(name).map(str::trim_start);
        // A deeper line is in a nested block, whose arguments may have the same name.
        indent(text).len() <= inner.len() && after.is_some_and(|after| after.starts_with('=') && !after.starts_with("=="))
    };
    // An argument can be set and still count as unset: null in a module call leaves the variable at its default.
    if (LineWalk { source, at: line.next }).take_while(|(_, next)| *next <= block.end).any(|(text, _)| is_set(text)) {
        return Err(FixError::AlreadySet(name.to_owned()));
    }
    let position = find_position(LineWalk { source, at: line.next }, line.next);
    let indent = position.indent.map_or(inner, str::to_owned);
    let gap = if position.starts_paragraph { end } else { "" };
    let needed = indent.chars().count() + name.chars().count() + 1;
    let spaces = position.most_common.map_or(1, |column| column.saturating_sub(needed) + 1);
    let text = format!("{gap}{indent}{name}{}= {value}{end}", " ".repeat(spaces));
    let group =
        position.column.filter(|_| !position.starts_paragraph).map(|column| AlignedArguments { equals: position.equals, column, needed });
    let shape = InsertionShape { group, is_block: false, has_gap_after: begins_block(source.get(position.at..).unwrap_or_default()) };
    Ok(Insertion { range: position.at..position.at, text, shape })
}

/// Inserts an attribute into the object at `object`.
pub(super) fn insert_attribute(source: &str, object: Range<usize>, name: &str, value: &str, is_json: bool) -> Result<Insertion, FixError> {
    if is_json {
        return insert_property(source, object, &format!("\"{name}\": {value}"));
    }
    let text = source.get(object.clone()).unwrap_or_default();
    let inside = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let inside = inside.ok_or(FixError::Unexpected("the element is not written as an object"))?;
    if inside.contains('\n') {
        let lines = insert_argument(source, object, name, value, false)?;
        let above = source.get(..lines.range.start).unwrap_or_default().trim_end();
        // If the lines of the object end with commas, the new one does too.
        let ends_with_comma = lines.shape.group.is_some() && above.ends_with(',');
        let Some(text) = lines.text.strip_suffix(value).or_else(|| lines.text.trim_end().strip_suffix(value)).filter(|_| ends_with_comma)
        else {
            return Ok(lines);
        };
        let end = lines.text.get(lines.text.trim_end().len()..).unwrap_or_default();
        return Ok(Insertion { text: format!("{text}{value},{end}"), ..lines });
    }
    if inside.trim().is_empty() {
        return Ok(Insertion::new(object.start + 1..object.end - 1, format!(" {name} = {value} ")));
    }
    let at = object.start + 1 + inside.trim_end().len();
    let comma = if inside.trim_end().ends_with(',') { "" } else { "," };
    Ok(Insertion::new(at..at, format!("{comma} {name} = {value}")))
}

/// Makes a value the default of the `optional(…)` at `call`.
pub(super) fn insert_default(source: &str, call: Range<usize>, value: &str) -> Result<Insertion, FixError> {
    let text = source.get(call.clone()).unwrap_or_default();
    let inside = text
        .strip_prefix("optional(")
        .and_then(|rest| rest.strip_suffix(')'))
        .ok_or(FixError::Unexpected("the type is not written as `optional(…)`"))?;
    // A default of null is the same as none, and `optional` takes only one default.
    let kept = inside.trim_end().strip_suffix("null").map_or(inside, |rest| rest.trim_end().strip_suffix(',').unwrap_or(inside));
    let start = call.start + "optional(".len() + kept.trim_end().len();
    Ok(Insertion::new(start..call.end - 1, format!(", {value}")))
}

/// Inserts a schedule into the resource's block.
pub(super) fn insert_schedule(source: &str, block: Range<usize>, days: i64, is_json: bool) -> Result<Insertion, FixError> {
    let inside = source.get(block.clone()).unwrap_or_default();
    let dynamic = if is_json { "\"dynamic\"" } else { "dynamic \"auto_key_rotation_details\"" };
    if inside.contains(dynamic) {
        return Err(FixError::DynamicSchedule);
    }
    if is_json {
        return insert_property(source, block, &format!("\"auto_key_rotation_details\": {{ \"rotation_interval_in_days\": {days} }}"));
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
    let inner = inner_indent(source, header.next, outer);
    let step = inner.strip_prefix(outer).filter(|step| !step.is_empty()).unwrap_or("  ");
    let at = offset_before_trailing_blocks(source, header.next, line.text.start, &inner);
    let before = source.get(header.next..at).unwrap_or_default().lines().next_back();
    let gap = if before.is_none_or(|before| before.trim().is_empty()) { "" } else { end };
    let text = format!("{gap}{inner}auto_key_rotation_details {{{end}{inner}{step}rotation_interval_in_days = {days}{end}{inner}}}{end}");
    Ok(Insertion { range: at..at, text, shape: InsertionShape { group: None, is_block: true, has_gap_after: at != line.text.start } })
}

/// The blocks that are last by convention.
const TRAILING_BLOCKS: [&str; 2] = ["lifecycle", "timeouts"];

/// The offset at which the trailing blocks of a resource begin, with the comments above them, or `end` if it has none. `end`: the offset at
/// which the line of the closing brace begins. A heredoc can look like a block; then the finding is not fixed, and the edit is reverted.
fn offset_before_trailing_blocks(source: &str, start: usize, end: usize, inner: &str) -> usize {
    let mut lines = LineWalk { source, at: start }.take_while(|(_, next)| *next <= end).collect::<Vec<_>>();
    let mut found = end;
    loop {
        while lines.last().is_some_and(|(line, _)| line.trim().is_empty()) {
            lines.pop();
        }
        let is_at_level = |line: &str| line.strip_prefix(inner).is_some_and(|rest| !rest.starts_with([' ', '\t']) && !rest.is_empty());
        // The block that ends here begins at the nearest line of the same indentation that does not start with a closing brace.
        let is_ending = lines.last().is_some_and(|(line, _)| is_at_level(line) && line.trim_end().ends_with('}'));
        let header = lines.iter().rposition(|(line, _)| is_at_level(line) && !line.trim_start().starts_with('}'));
        let Some(header) = header.filter(|_| is_ending) else { return found };
        let is_last = lines.get(header).is_some_and(|(line, _)| {
            TRAILING_BLOCKS.iter().any(|name| line.trim_start().strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('{')))
        });
        if !is_last {
            return found;
        }
        lines.truncate(header);
        while lines.last().is_some_and(|(line, _)| line.trim_start().starts_with(['#', '/'])) {
            lines.pop();
        }
        found = lines.last().map_or(start, |(_, next)| *next);
    }
}

/// Whether a text begins with a block, possibly after comments.
fn begins_block(text: &str) -> bool {
    let line = text.lines().find(|line| !line.trim_start().starts_with(['#', '/']));
    line.is_some_and(|line| {
        let word = line.trim_start();
        word.starts_with(|c: char| c.is_alphabetic()) && !word.contains('=') && word.contains('{')
    })
}

/// Inserts a property into the JSON object at `block`, or after the name at `block`, with the same whitespace as the current first
/// property.
fn insert_property(source: &str, block: Range<usize>, property: &str) -> Result<Insertion, FixError> {
    let text = source.get(block.start..).unwrap_or_default();
    let mut rest = text;
    if let Some(name) = rest.strip_prefix('"') {
        let end = name.find('"').ok_or(FixError::Unexpected("unclosed property name"))?;
        rest = name.get(end + 1..).unwrap_or_default().trim_start().trim_start_matches(':').trim_start();
        // In JSON, a block is an object or an array of objects.
        rest = rest.strip_prefix('[').map_or(rest, str::trim_start);
    }
    let Some(inside) = rest.strip_prefix('{') else { return Err(FixError::Unexpected("it is not written as a JSON object")) };
    let at = source.len() - inside.len();
    let spaces = inside.get(..inside.len() - inside.trim_start().len()).unwrap_or_default();
    if inside.trim_start().starts_with('}') {
        return Ok(Insertion::new(at..at + spaces.len(), format!(" {property} ")));
    }
    Ok(Insertion::new(at..at, format!("{spaces}{property},")))
}

/// Inserts an argument into a block on one line, which gets a line for each argument.
fn expand_one_line(source: &str, open: usize, line: &TextLine, outer: &str, argument: &str) -> Result<Insertion, FixError> {
    let next = source.get(open + 1..line.text.end).unwrap_or_default();
    let Some(inside) = next.trim_end().strip_suffix('}') else {
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
    Ok(Insertion::new(open + 1..open + 1 + inside.len(), format!("{first}{inner}{argument}{end}{outer}")))
}

/// The offset of the brace after a block's type and labels.
fn open_brace(source: &str, from: usize) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in source.get(from..)?.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' if !quoted => return Some(from + at),
            // HCL requires the brace on the line of the block's header.
            '\n' | '}' if !quoted => return None,
            _ => {}
        }
    }
    None
}

struct TextLine {
    /// The range without the line ending.
    text: Range<usize>,
    /// The offset of the next line.
    next: usize,
}

impl TextLine {
    /// The line ending; a newline for a last line without one.
    fn end_text<'a>(&self, source: &'a str) -> &'a str {
        match source.get(self.text.end..self.next) {
            Some("\r\n") => "\r\n",
            _ => "\n",
        }
    }
}

fn line_at(source: &str, offset: usize) -> TextLine {
    let start = source.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let rest = source.get(start..).unwrap_or_default();
    let len = rest.find('\n').unwrap_or(rest.len());
    let text = rest.get(..len).unwrap_or_default();
    TextLine { text: start..start + text.strip_suffix('\r').unwrap_or(text).len(), next: (start + len + 1).min(source.len()) }
}

fn indent(line: &str) -> &str {
    line.get(..line.len() - line.trim_start().len()).unwrap_or_default()
}

/// The indentation of a block's first nonblank line, or two more spaces than the header's.
fn inner_indent(source: &str, from: usize, outer: &str) -> String {
    let first = source.get(from..).unwrap_or_default().lines().find(|line| !line.trim().is_empty());
    let inner = first.filter(|line| !line.trim_start().starts_with('}')).map(indent).filter(|inner| inner.len() > outer.len());
    inner.map_or_else(|| format!("{outer}  "), str::to_owned)
}

struct LineWalk<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Iterator for LineWalk<'a> {
    type Item = (&'a str, usize);

    /// The next line's text, and the offset after it.
    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.source.len() {
            return None;
        }
        let line = line_at(self.source, self.at);
        self.at = line.next;
        Some((self.source.get(line.text)?, self.at))
    }
}

/// Where an argument is inserted.
struct ArgumentPosition<'a> {
    at: usize,
    indent: Option<&'a str>,
    /// The offset of each `=` of the group.
    equals: Vec<usize>,
    /// Their common column; `None` if they are not aligned.
    column: Option<usize>,
    /// The most frequent column, if they have no common one.
    most_common: Option<usize>,
    /// Whether a blank line is inserted before the argument.
    starts_paragraph: bool,
}

/// The position after the first group of single-line arguments that is not only meta-arguments, or else on the first line.
fn find_position<'a>(lines: LineWalk<'a>, start: usize) -> ArgumentPosition<'a> {
    let mut group: Option<(ArgumentPosition<'a>, bool)> = None;
    let mut open = false;
    let mut columns: Vec<Option<usize>> = Vec::new();
    let mut from = start;
    for (line, next) in lines {
        let begins = std::mem::replace(&mut from, next);
        let Some((argument, equals)) = single_line_argument(line) else {
            let is_blank_or_comment = line.trim().is_empty() || line.trim_start().starts_with(['#', '/']);
            open = false;
            if !is_blank_or_comment || group.as_ref().is_some_and(|(_, meta)| !meta) {
                break;
            }
            continue;
        };
        let is_source = matches!(argument, "source" | "version" | "providers");
        let is_meta = is_source || matches!(argument, "count" | "for_each" | "provider" | "depends_on");
        let before = line.get(..equals).unwrap_or_default();
        let column = before.strip_suffix(' ').filter(|before| !before.trim_start().contains('\t')).map(|_| before.chars().count());
        match &mut group {
            Some((position, meta)) if open => {
                position.at = next;
                position.equals.push(begins + equals);
                position.column = position.column.filter(|known| Some(*known) == column);
                columns.push(column);
                *meta &= is_meta;
                position.starts_paragraph &= !is_source;
            }
            _ => {
                let equals = vec![begins + equals];
                columns = vec![column];
                let position = ArgumentPosition {
                    at: next,
                    indent: Some(indent(line)),
                    equals,
                    column,
                    most_common: None,
                    starts_paragraph: !is_source,
                };
                group = Some((position, is_meta));
            }
        }
        open = true;
    }
    match group {
        None => ArgumentPosition { at: start, indent: None, equals: Vec::new(), column: None, most_common: None, starts_paragraph: false },
        Some((position, only_meta)) => {
            let known = columns.iter().flatten().filter(|_| position.column.is_none());
            let count = |column: usize| columns.iter().filter(|other| **other == Some(column)).count();
            let most_common = known.copied().filter(|column| count(*column) > 1).max_by_key(|column| (count(*column), *column));
            ArgumentPosition { most_common, starts_paragraph: only_meta && position.starts_paragraph, ..position }
        }
    }
}

/// The name of an argument whose value ends on the same line, and the column of its `=` in bytes.
fn single_line_argument(line: &str) -> Option<(&str, usize)> {
    let start = line.len() - line.trim_start().len();
    let rest = line.get(start..)?;
    let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).filter(|&len| len > 0)?;
    let (name, next) = rest.split_at_checked(len)?;
    let value = next.trim_start().strip_prefix('=').filter(|value| !value.starts_with('='))?;
    let equals = line.len() - value.len() - 1;
    let (mut depth, mut quoted, mut escaped, mut before) = (0_i64, false, false, ' ');
    for c in value.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '#' if !quoted => break,
            '/' if !quoted && before == '/' => break,
            // A block comment or a heredoc may continue on the next lines.
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
        super::super::layout::apply_insertion(source, make(source).unwrap())
    }

    fn with_mode(source: &str) -> String {
        inserted(source, |source| insert_argument(source, 0..source.trim_end().len(), "protection_mode", "\"SOFTWARE\"", false))
    }

    #[test]
    fn argument_joins_the_first_group_and_its_alignment() {
        let head = "resource \"a{\" \"b\" { # c\n";
        for (body, expected) in [
            ("  a = 1\n}\n", "  a               = 1\n  protection_mode = \"SOFTWARE\"\n}\n"),
            // The most frequent column, if there is no common one.
            (
                "  a    = 1\n  bc   = 1\n  long = 2\n  longest_of_all_of_them = 3\n}\n",
                "  a    = 1\n  bc   = 1\n  long = 2\n  longest_of_all_of_them = 3\n  protection_mode = \"SOFTWARE\"\n}\n",
            ),
            (
                "  compartment_id  = 1\n  display         = 1\n  longest_of_all_of_them = 3\n}\n",
                "  compartment_id  = 1\n  display         = 1\n  longest_of_all_of_them = 3\n  protection_mode = \"SOFTWARE\"\n}\n",
            ),
            // Without alignment, the new argument is not aligned either.
            ("  a = 1\n  bc = 1 # c\n}\n", "  a = 1\n  bc = 1 # c\n  protection_mode = \"SOFTWARE\"\n}\n"),
            ("  a\t= 1\n}\n", "  a\t= 1\n  protection_mode = \"SOFTWARE\"\n}\n"),
            (
                "  compartment_id      = f(\"{\") # }\n  management_endpoint = b\n\n  key_shape {\n  }\n}\n",
                "  compartment_id      = f(\"{\") # }\n  management_endpoint = b\n  protection_mode     = \"SOFTWARE\"\n\n  key_shape {\n  }\n}\n",
            ),
            (
                "\tcount = 2\n\n\tdisplay_name   = <<E\nx = 1\nE\n}\n",
                "\tcount = 2\n\n\tprotection_mode = \"SOFTWARE\"\n\n\tdisplay_name   = <<E\nx = 1\nE\n}\n",
            ),
            ("  key_shape {\n    a = 1\n  }\n}\n", "  protection_mode = \"SOFTWARE\"\n\n  key_shape {\n    a = 1\n  }\n}\n"),
            (
                "  a = 1\n  # shape\n  key_shape {\n    a = 1\n  }\n}\n",
                "  a               = 1\n  protection_mode = \"SOFTWARE\"\n\n  # shape\n  key_shape {\n    a = 1\n  }\n}\n",
            ),
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
        assert!(insert_argument("a {\n  x = null\n}\n", 0..16, "x", "1", false).is_err(), "the argument is set already");
        assert!(insert_argument("a {\n  y = {\n    x = 1\n  }\n}\n", 0..28, "x", "1", false).is_ok());
        assert!(insert_argument("a { b = \"}\" } # c", 0..12, "x", "1", false).is_err());
        assert!(insert_argument("dynamic \"a\" {\n}", 0..11, "x", "1", false).is_err());
    }

    #[test]
    fn attribute_is_inserted_in_the_style_of_its_object() {
        let with_mode = |source: &str| inserted(source, |source| insert_attribute(source, 0..source.len(), "mode", "\"S\"", false));
        for (object, expected) in [
            ("{}", "{ mode = \"S\" }"),
            ("{ }", "{ mode = \"S\" }"),
            ("{ a = 1 }", "{ a = 1, mode = \"S\" }"),
            ("{a = {}}", "{a = {}, mode = \"S\"}"),
            ("{ a = 1, }", "{ a = 1, mode = \"S\" }"),
            ("{\n  name = 1\n}", "{\n  name = 1\n  mode = \"S\"\n}"),
            ("{\n  a = 1,\n}", "{\n  a    = 1,\n  mode = \"S\",\n}"),
            ("{\n  \"a\" = 1,\n}", "{\n  mode = \"S\"\n  \"a\" = 1,\n}"),
        ] {
            assert_eq!(with_mode(object), expected, "{object}");
        }
        assert!(insert_attribute("each.value", 0..10, "mode", "1", false).is_err());
    }

    #[test]
    fn argument_of_a_module_call_joins_other_arguments_or_follows_the_source() {
        for (call, expected) in [
            ("module \"k\" {\n  source = \"./k\"\n}", "module \"k\" {\n  source          = \"./k\"\n  protection_mode = \"SOFTWARE\"\n}"),
            (
                "module \"k\" {\n  source  = \"k\"\n  version = \"1\"\n\n  name            = 1\n  management_host = 2\n}",
                "module \"k\" {\n  source  = \"k\"\n  version = \"1\"\n\n  name            = 1\n  management_host = 2\n  protection_mode = \"SOFTWARE\"\n}",
            ),
        ] {
            assert_eq!(with_mode(call), expected);
        }
    }

    #[test]
    fn default_is_added_to_an_optional_attribute() {
        let with_default = |source: &str| inserted(source, |source| insert_default(source, 0..source.len(), "\"S\""));
        assert_eq!(with_default("optional(string)"), "optional(string, \"S\")");
        assert_eq!(with_default("optional( map(any), null )"), "optional( map(any), \"S\")");
        assert!(insert_default("string", 0..6, "1").is_err());
    }

    #[test]
    fn schedule_is_inserted_before_trailing_blocks() {
        let with_schedule = |source: &str| inserted(source, |source| insert_schedule(source, 0..source.trim_end().len(), 365, false));
        assert_eq!(
            with_schedule("a {\n    b = 1\n}\n"),
            "a {\n    b = 1\n\n    auto_key_rotation_details {\n        rotation_interval_in_days = 365\n    }\n}\n"
        );
        assert_eq!(
            with_schedule("a {\r\n  b {\r\n  }\r\n\r\n}\r\n"),
            "a {\r\n  b {\r\n  }\r\n\r\n  auto_key_rotation_details {\r\n    rotation_interval_in_days = 365\r\n  }\r\n}\r\n"
        );
        let details = "  auto_key_rotation_details {\n    rotation_interval_in_days = 365\n  }\n";
        assert_eq!(with_schedule("a {\n}\n"), format!("a {{\n{details}}}\n"), "no blank line in an empty block");
        for last in
            ["  lifecycle {\n    ignore_changes = [b]\n  }\n", "  # why\n  lifecycle { prevent_destroy = true }\n\n  timeouts {\n  }\n"]
        {
            assert_eq!(with_schedule(&format!("a {{\n  b = 1\n\n{last}}}\n")), format!("a {{\n  b = 1\n\n{details}\n{last}}}\n"));
            assert_eq!(with_schedule(&format!("a {{\n{last}}}\n")), format!("a {{\n{details}\n{last}}}\n"));
        }
        let other = "a {\n  lifecycle {\n  }\n\n  key_shape {\n  }\n";
        assert_eq!(with_schedule(&format!("{other}}}\n")), format!("{other}\n{details}}}\n"));
        assert!(insert_schedule("a { b = 1 }", 0..11, 365, false).is_err());
        let dynamic = "a {\n  dynamic \"auto_key_rotation_details\" {\n  }\n}";
        assert!(insert_schedule(dynamic, 0..dynamic.len(), 365, false).is_err());
    }

    #[test]
    fn property_is_inserted_first_in_json() {
        let with_mode = |source: &str| inserted(source, |source| insert_argument(source, 0..source.len(), "m", "\"S\"", true));
        assert_eq!(with_mode("\"k\": {\n    \"a\": 1\n  }"), "\"k\": {\n    \"m\": \"S\",\n    \"a\": 1\n  }");
        assert_eq!(with_mode("{ \"a\": 1 }"), "{ \"m\": \"S\", \"a\": 1 }");
        assert_eq!(with_mode("\"k\":[{}]"), "\"k\":[{ \"m\": \"S\" }]");
        assert!(insert_argument("\"k\": []", 0..3, "m", "1", true).is_err());
        assert_eq!(
            inserted("{ \"a\": 1 }", |source| insert_schedule(source, 0..source.len(), 90, true)),
            "{ \"auto_key_rotation_details\": { \"rotation_interval_in_days\": 90 }, \"a\": 1 }"
        );
    }

    #[test]
    fn expressions_and_escapes_are_not_literals() {
        assert_eq!(literal("\"HSM\""), Some(Literal::Text("HSM")));
        assert_eq!(literal("400"), Some(Literal::Number(400)));
        for text in ["var.x", "\"${x}\"", "\"a\" + \"b\"", "1.5", "\"a\\n\"", "", "\"", "upper(\"x\")"] {
            assert_eq!(literal(text), None, "{text}");
        }
    }
}
