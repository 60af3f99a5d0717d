//! Go's syntax of regular expressions, translated for the `regex` crate, which differs in details.

use regex::Regex;
use std::fmt::Write;

/// The maximum nesting of groups; Go allows 1000.
const DEPTH_CAP: usize = 250;
/// Go's limit for the repetitions of one operator, and for the product of nested ones.
const REPEAT_CAP: u32 = 1000;

/// Why a pattern cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PatternError {
    /// Go rejects it.
    Invalid(String),
    /// It exceeds the limits of kmslint.
    TooLarge,
}

/// The pattern in the syntax of the `regex` crate, and the names of its groups; empty for unnamed groups.
pub(super) fn translate(pattern: &str) -> Result<(String, Vec<String>), PatternError> {
    let mut translation =
        Translation { rest: pattern, out: String::with_capacity(pattern.len() + 16), names: Vec::new(), flags: Flags::default() };
    translation.alternatives(0)?;
    if translation.rest.is_empty() { Ok((translation.out, translation.names)) } else { Err(syntax_error("unexpected )")) }
}

/// The scripts that Go finds by name: it removes underscores before the look-up, and so misses names that have one.
const SCRIPTS: &str = "\
    Adlam Ahom Arabic Armenian Avestan Balinese Bamum Batak Bengali Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Carian Chakma \
    Cham Cherokee Chorasmian Common Coptic Cuneiform Cypriot Cyrillic Deseret Devanagari Dogra Duployan Elbasan Elymaic Ethiopic \
    Georgian Glagolitic Gothic Grantha Greek Gujarati Gurmukhi Han Hangul Hanunoo Hatran Hebrew Hiragana Inherited Javanese Kaithi \
    Kannada Katakana Kawi Kharoshthi Khmer Khojki Khudawadi Lao Latin Lepcha Limbu Lisu Lycian Lydian Mahajani Makasar Malayalam \
    Mandaic Manichaean Marchen Medefaidrin Miao Modi Mongolian Mro Multani Myanmar Nabataean Nandinagari Newa Nko Nushu Ogham Oriya \
    Osage Osmanya Palmyrene Phoenician Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham Sinhala Sogdian Soyombo Sundanese \
    Syriac Tagalog Tagbanwa Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai Vithkuqi Wancho \
    Yezidi Yi";

fn syntax_error(text: &str) -> PatternError {
    PatternError::Invalid(format!("invalid regular expression: {text}"))
}

/// The flags that a pattern can set.
#[derive(Clone, Copy, Default)]
struct Flags {
    ignore_case: bool,
    multi_line: bool,
    dot_all: bool,
    ungreedy: bool,
}

/// Reads Go's syntax from the front of `rest` and writes the crate's syntax to `out`. The output sets all flags explicitly, so that the
/// crate's defaults do not matter.
struct Translation<'p> {
    rest: &'p str,
    out: String,
    names: Vec<String>,
    flags: Flags,
}

impl<'p> Translation<'p> {
    fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next();
        self.rest = chars.as_str();
        c
    }

    /// `a|b|c` up to a closing parenthesis or the end. Returns the count of its largest (nested) repetition.
    fn alternatives(&mut self, depth: usize) -> Result<u32, PatternError> {
        if depth > DEPTH_CAP {
            return Err(PatternError::TooLarge);
        }
        let flags = self.flags;
        let mut largest = 1;
        loop {
            largest = largest.max(self.sequence(depth)?);
            if !self.eat("|") {
                break;
            }
            self.out.push('|');
        }
        // Flags set in a group end with it.
        self.flags = flags;
        Ok(largest)
    }

    /// Atoms with their repetitions.
    fn sequence(&mut self, depth: usize) -> Result<u32, PatternError> {
        let mut largest = 1;
        while !self.rest.is_empty() && !self.rest.starts_with(['|', ')']) {
            if let Some(operator) = operator_at(self.rest) {
                return Err(syntax_error(&format!("missing argument to repetition operator: `{operator}`")));
            }
            let start = self.out.len();
            let Some(inner) = self.atom(depth)? else { continue };
            let repeats = self.repetition(start, inner)?;
            largest = largest.max(repeats);
        }
        Ok(largest)
    }

    /// One atom, wrapped so that a repetition applies to all of it; `None` if there is nothing to repeat (flags).
    fn atom(&mut self, depth: usize) -> Result<Option<u32>, PatternError> {
        let flags = self.flags;
        let Some(c) = self.next() else { return Ok(Some(1)) };
        match c {
            '(' => return self.group(depth),
            '[' => self.class()?,
            '.' => self.out.push_str(if flags.dot_all { "(?s:.)" } else { "(?-s:.)" }),
            '^' => self.out.push_str(if flags.multi_line { "(?m:^)" } else { r"\A" }),
            '$' => self.out.push_str(if flags.multi_line { "(?m:$)" } else { r"\z" }),
            '\\' => return self.escape().map(Some),
            c => self.literal(c),
        }
        Ok(Some(1))
    }

    fn literal(&mut self, c: char) {
        let case = if self.flags.ignore_case { "i" } else { "-i" };
        // Writing to a string cannot fail.
        let _ = write!(self.out, "(?{case}:\\x{{{:x}}})", u32::from(c));
    }

    /// After `(`: a group, or flags for the rest of the enclosing group.
    fn group(&mut self, depth: usize) -> Result<Option<u32>, PatternError> {
        let mut opening = "(".to_owned();
        let mut inner_flags = self.flags;
        let outer_flags = self.flags;
        if self.eat("?P<") || (self.rest.starts_with("?<") && self.eat("?<")) {
            let (name, rest) = self.rest.split_once('>').ok_or_else(|| syntax_error("invalid named capture"))?;
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                return Err(syntax_error("invalid named capture"));
            }
            self.names.push(name.to_owned());
            self.rest = rest;
        } else if self.eat("?") {
            let applies_to_rest = self.group_flags(&mut inner_flags)?;
            if applies_to_rest {
                self.flags = inner_flags;
                return Ok(None);
            }
            opening.push_str("?:");
        } else {
            self.names.push(String::new());
        }
        self.out.push_str(&opening);
        self.flags = inner_flags;
        let largest = self.alternatives(depth + 1)?;
        self.flags = outer_flags;
        if !self.eat(")") {
            return Err(syntax_error("missing closing )"));
        }
        self.out.push(')');
        Ok(Some(largest))
    }

    /// After `(?`: flags up to `:` (false: they apply to the group that follows) or `)` (true: they apply to the rest of the enclosing
    /// group).
    fn group_flags(&mut self, flags: &mut Flags) -> Result<bool, PatternError> {
        let invalid = || syntax_error("invalid or unsupported Perl syntax after `(?`");
        let (mut set, mut seen) = (true, false);
        loop {
            match self.next() {
                Some('i') => flags.ignore_case = set,
                Some('m') => flags.multi_line = set,
                Some('s') => flags.dot_all = set,
                Some('U') => flags.ungreedy = set,
                Some('-') if set => {
                    (set, seen) = (false, false);
                    continue;
                }
                Some(end @ (':' | ')')) if set || seen => return Ok(end == ')'),
                _ => return Err(invalid()),
            }
            seen = true;
        }
    }

    /// The operator after an atom whose output begins at `start`.
    fn repetition(&mut self, start: usize, inner: u32) -> Result<u32, PatternError> {
        let Some(source) = operator_at(self.rest) else { return Ok(inner) };
        let (operator, count) = match repeat_count(source) {
            None => (source.to_owned(), 1),
            Some((least, most, _)) => {
                if least > REPEAT_CAP || most.is_some_and(|most| most > REPEAT_CAP || most < least) {
                    return Err(syntax_error(&format!("invalid repeat count: `{source}`")));
                }
                let operator = match most {
                    None => format!("{{{least},}}"),
                    Some(most) => format!("{{{least},{most}}}"),
                };
                (operator, most.unwrap_or(least).max(least))
            }
        };
        self.rest = self.rest.get(source.len()..).unwrap_or_default();
        let lazy = self.eat("?");
        let total = inner.saturating_mul(count.max(1));
        if count >= 2 && total > REPEAT_CAP {
            return Err(syntax_error("invalid repeat count"));
        }
        if operator_at(self.rest).is_some() {
            return Err(syntax_error("invalid nested repetition operator"));
        }
        self.out.insert_str(start, "(?:");
        self.out.push(')');
        self.out.push_str(&operator);
        if lazy != self.flags.ungreedy {
            self.out.push('?');
        }
        Ok(total)
    }

    /// After a backslash, outside of a class.
    fn escape(&mut self) -> Result<u32, PatternError> {
        match self.rest.chars().next() {
            Some('A') => self.assertion(r"\A"),
            Some('z') => self.assertion(r"\z"),
            Some('b') => self.assertion(r"(?-u:\b)"),
            // A `\B` of bytes gives Go's results: all other parts match entire characters, and the crate skips empty matches within one.
            Some('B') => self.assertion(r"(?-u:\B)"),
            Some('Q') => {
                self.next();
                let (quoted, rest) = self.rest.split_once(r"\E").unwrap_or((self.rest, ""));
                self.rest = rest;
                // A repetition after the quotation applies to its last character only.
                let mut chars = quoted.chars().peekable();
                while let Some(c) = chars.next() {
                    let start = self.out.len();
                    self.literal(c);
                    if chars.peek().is_none() {
                        return self.repetition(start, 1);
                    }
                }
            }
            _ => {
                let mut set = String::new();
                if self.class_escape(&mut set)? {
                    let case = if self.flags.ignore_case { "i" } else { "-i" };
                    let _ = write!(self.out, "(?{case}:[{set}])");
                } else {
                    let c = self.character()?;
                    self.literal(c);
                }
            }
        }
        Ok(1)
    }

    fn assertion(&mut self, text: &str) {
        self.next();
        self.out.push_str(text);
    }

    /// After a backslash: `\d`, `\pL` and similar classes, written as members of a class. False if it is something else.
    fn class_escape(&mut self, set: &mut String) -> Result<bool, PatternError> {
        let Some(c) = self.rest.chars().next() else { return Err(syntax_error("trailing backslash at end of expression")) };
        let members = match c {
            'd' | 'D' => "0-9",
            's' | 'S' => r"\t\n\x0c\r\x20",
            'w' | 'W' => "0-9A-Za-z_",
            'p' | 'P' => {
                self.next();
                return self.unicode_class(c == 'P', set).map(|()| true);
            }
            _ => return Ok(false),
        };
        self.next();
        nested_class(members, c.is_ascii_uppercase(), set);
        Ok(true)
    }

    /// After `\p` or `\P`.
    fn unicode_class(&mut self, mut negated: bool, set: &mut String) -> Result<(), PatternError> {
        let invalid = || syntax_error("invalid character class range");
        let name = if self.eat("{") {
            let (name, rest) = self.rest.split_once('}').ok_or_else(invalid)?;
            self.rest = rest;
            name
        } else {
            let letter = self.rest.chars().next().map_or(0, char::len_utf8);
            let (name, rest) = self.rest.split_at_checked(letter).ok_or_else(invalid)?;
            self.rest = rest;
            name
        };
        let name = match name.strip_prefix('^') {
            Some(name) => {
                negated = !negated;
                name
            }
            None => name,
        };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b' ')) {
            return Err(invalid());
        }
        let plain = name.replace(['_', '-', ' '], "");
        if ["cs", "surrogate"].iter().any(|known| known.eq_ignore_ascii_case(&plain)) {
            // No text has surrogates, and the crate does not have this class.
            nested_class(r"\x{0}-\x{10ffff}", !negated, set);
            return Ok(());
        }
        // Categories and scripts only: the crate has more properties than Go, and more names of scripts.
        let not = if negated { 'P' } else { 'p' };
        let category = format!(r"\{not}{{gc={name}}}");
        if Regex::new(&category).is_ok() {
            set.push_str(&category);
            return Ok(());
        }
        if !SCRIPTS.split(' ').any(|known| known.eq_ignore_ascii_case(&plain)) {
            return Err(invalid());
        }
        // Writing to a string cannot fail.
        let _ = write!(set, r"\{not}{{sc={plain}}}");
        Ok(())
    }

    /// One escaped character, after the backslash.
    fn character(&mut self) -> Result<char, PatternError> {
        let invalid = |c: char| syntax_error(&format!("invalid escape sequence: `\\{c}`"));
        let c = self.next().ok_or_else(|| syntax_error("trailing backslash at end of expression"))?;
        match c {
            '0'..='7' => {
                let mut digits = self.rest.chars().take_while(|c| ('0'..='7').contains(c)).take(2).collect::<String>();
                // `\1` alone would be a backreference, which Go does not support.
                if c != '0' && digits.is_empty() {
                    return Err(invalid(c));
                }
                self.rest = self.rest.get(digits.len()..).unwrap_or_default();
                digits.insert(0, c);
                u32::from_str_radix(&digits, 8).ok().and_then(char::from_u32).ok_or_else(|| invalid(c))
            }
            'x' => {
                let digits = if self.eat("{") {
                    let (digits, rest) = self.rest.split_once('}').ok_or_else(|| invalid(c))?;
                    self.rest = rest;
                    digits
                } else {
                    let (digits, rest) = self.rest.split_at_checked(2).ok_or_else(|| invalid(c))?;
                    self.rest = rest;
                    digits
                };
                if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    return Err(invalid(c));
                }
                u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).ok_or_else(|| invalid(c))
            }
            'a' => Ok('\x07'),
            'f' => Ok('\x0c'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            'v' => Ok('\x0b'),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => Ok(c),
            c => Err(invalid(c)),
        }
    }

    /// After `[`: a class up to its closing bracket.
    fn class(&mut self) -> Result<(), PatternError> {
        let unclosed = || syntax_error("missing closing ]");
        let negated = self.eat("^");
        let mut set = String::new();
        let mut first = true;
        loop {
            if self.rest.is_empty() {
                return Err(unclosed());
            }
            if !first && self.eat("]") {
                break;
            }
            first = false;
            if self.posix(&mut set)? {
                continue;
            }
            if let Some(rest) = self.rest.strip_prefix('\\') {
                let before = self.rest;
                self.rest = rest;
                if self.class_escape(&mut set)? {
                    continue;
                }
                self.rest = before;
            }
            let low = self.class_character()?;
            let mut high = low;
            if self.rest.starts_with('-') && !self.rest.starts_with("-]") && self.rest.len() > 1 {
                self.next();
                high = self.class_character()?;
                if high < low {
                    return Err(syntax_error("invalid character class range"));
                }
            }
            let _ = write!(set, "\\x{{{:x}}}-\\x{{{:x}}}", u32::from(low), u32::from(high));
        }
        let case = if self.flags.ignore_case { "i" } else { "-i" };
        let not = if negated { "^" } else { "" };
        let _ = write!(self.out, "(?{case}:[{not}{set}])");
        Ok(())
    }

    fn class_character(&mut self) -> Result<char, PatternError> {
        match self.next() {
            Some('\\') => self.character(),
            Some(c) => Ok(c),
            None => Err(syntax_error("missing closing ]")),
        }
    }

    /// `[:alpha:]` and the other POSIX classes.
    fn posix(&mut self, set: &mut String) -> Result<bool, PatternError> {
        let Some((name, rest)) = self.rest.strip_prefix("[:").and_then(|inner| inner.split_once(":]")) else { return Ok(false) };
        let (negated, name) = match name.strip_prefix('^') {
            Some(name) => (true, name),
            None => (false, name),
        };
        let members = match name {
            "alnum" => "0-9A-Za-z",
            "alpha" => "A-Za-z",
            "ascii" => r"\x00-\x7f",
            "blank" => r"\t\x20",
            "cntrl" => r"\x00-\x1f\x7f",
            "digit" => "0-9",
            "graph" => r"\x21-\x7e",
            "lower" => "a-z",
            "print" => r"\x20-\x7e",
            "punct" => r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
            "space" => r"\t\n\x0b\x0c\r\x20",
            "upper" => "A-Z",
            "word" => "0-9A-Za-z_",
            "xdigit" => "0-9A-Fa-f",
            _ => return Err(syntax_error("invalid character class range")),
        };
        nested_class(members, negated, set);
        self.rest = rest;
        Ok(true)
    }
}

/// A class within a class.
fn nested_class(members: &str, negated: bool, set: &mut String) {
    let not = if negated { "^" } else { "" };
    let _ = write!(set, "[{not}{members}]");
}

/// The repetition operator at the front, without the `?` that makes it lazy.
fn operator_at(text: &str) -> Option<&str> {
    let after = match repeat_count(text) {
        Some((_, _, rest)) => rest,
        None => text.strip_prefix(['*', '+', '?'])?,
    };
    text.get(..text.len() - after.len())
}

/// `{2}`, `{2,}` or `{2,5}` at the front, and the rest; anything else in braces is literal text.
fn repeat_count(text: &str) -> Option<(u32, Option<u32>, &str)> {
    let (inner, rest) = text.strip_prefix('{')?.split_once('}')?;
    // To Go, a number with a leading zero is not a count. Numbers that do not fit are out of range anyway.
    let number = |digits: &str| -> Option<u32> {
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) || (digits.len() > 1 && digits.starts_with('0')) {
            return None;
        }
        Some(digits.parse().unwrap_or(u32::MAX))
    };
    match inner.split_once(',') {
        None => number(inner).map(|count| (count, Some(count), rest)),
        Some((least, "")) => number(least).map(|least| (least, None, rest)),
        Some((least, most)) => Some((number(least)?, Some(number(most)?), rest)),
    }
}
