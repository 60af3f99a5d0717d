//! Regular expressions that match and replace as in Go's `regexp`.

use super::re2::{self, PatternError};
use regex::{Captures, Regex, RegexBuilder};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

/// The program sizes that are tried in turn, in bytes: the size of a pattern's program is known only after compiling it. Larger programs
/// could exhaust the memory; Go has its own limit.
const PROGRAM_SIZES: [usize; 6] = [4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20];
/// The maximum length of a pattern, in bytes.
const MAX_PATTERN_SIZE: usize = 64 << 10;
/// The maximum size of the programs that are cached for one expression, in bytes.
const MAX_CACHE_SIZE: usize = 16 << 20;

/// A compiled pattern and the names of its groups in order; empty for unnamed groups.
#[derive(Debug)]
pub(super) struct Pattern {
    regex: Regex,
    names: Vec<String>,
    /// The maximum size of its program, in bytes.
    size: usize,
}

/// The patterns that one expression has compiled: a loop compiles each of them once.
#[derive(Debug, Default)]
pub struct Patterns {
    cache: RefCell<HashMap<Box<str>, Rc<Pattern>>>,
    size: Cell<usize>,
}

impl Patterns {
    /// The compiled pattern; `work` pays for compiling it, in bytes of its program.
    pub(super) fn get(&self, text: &str, work: impl Fn(usize) -> bool) -> Result<Rc<Pattern>, PatternError> {
        if let Some(pattern) = self.cache.borrow().get(text) {
            return Ok(Rc::clone(pattern));
        }
        let pattern = Rc::new(Pattern::compile(text, work)?);
        if self.size.get() + pattern.size > MAX_CACHE_SIZE {
            self.cache.borrow_mut().clear();
            self.size.set(0);
        }
        self.size.set(self.size.get() + pattern.size);
        self.cache.borrow_mut().insert(text.into(), Rc::clone(&pattern));
        Ok(pattern)
    }
}

/// The names of the groups of a pattern; empty for unnamed groups.
pub(super) fn names(text: &str) -> Result<Vec<String>, PatternError> {
    translate(text).map(|(_, names)| names)
}

/// The pattern in the syntax of the `regex` crate, and the names of its groups.
fn translate(text: &str) -> Result<(String, Vec<String>), PatternError> {
    if text.len() > MAX_PATTERN_SIZE { Err(PatternError::TooLarge) } else { re2::translate(text) }
}

impl Pattern {
    /// Compiles a pattern.
    fn compile(text: &str, work: impl Fn(usize) -> bool) -> Result<Self, PatternError> {
        let (translated, names) = translate(text)?;
        for size in PROGRAM_SIZES {
            if !work(size) {
                break;
            }
            match RegexBuilder::new(&translated).size_limit(size).build() {
                Ok(regex) => return Ok(Self { regex, names, size }),
                Err(regex::Error::CompiledTooBig(_)) => {}
                // `translate` accepts only what Go accepts, so the crate rejects a pattern only if it is too large.
                Err(_) => break,
            }
        }
        Err(PatternError::TooLarge)
    }

    /// The cost of a search, in elements looked at: it consumed `taken` bytes, and may have looked at all of the remaining `left` bytes.
    pub(super) fn price(&self, taken: usize, left: usize) -> u64 {
        let (taken, left, size) = (taken as u64, left as u64, self.size as u64);
        // Large programs are slow per byte. A search may look far beyond the end of its match.
        1 + taken.saturating_mul(1 + size / 1024) + (left / 8).saturating_mul(1 + size / (64 << 10))
    }

    /// The names of the groups.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The first match: its entire text, then its groups.
    pub(super) fn find<'t>(&self, text: &'t str) -> Option<Vec<Option<&'t str>>> {
        self.regex.captures(text).map(|found| groups(&found))
    }

    /// All matches that do not overlap.
    pub(super) fn find_all<'t>(&self, text: &'t str) -> impl Iterator<Item = (Range<usize>, Vec<Option<&'t str>>)> {
        self.regex.captures_iter(text).filter_map(|found| Some((found.get(0)?.range(), groups(&found))))
    }

    /// The text with every match replaced by the template, in which `$1`, `${1}` and `$name` refer to groups. `None` if it exceeds `cap`
    /// bytes, or if `work` does not pay for a search.
    pub(super) fn replace_all(&self, text: &str, template: &str, cap: usize, work: impl Fn(u64) -> bool) -> Option<String> {
        let mut out = String::new();
        let mut done = 0;
        for found in self.regex.captures_iter(text) {
            let matched = found.get(0)?;
            if !work(self.price(matched.end() - done, text.len() - done)) {
                return None;
            }
            out.push_str(text.get(done..matched.start())?);
            self.expand(template, &found, &mut out);
            done = matched.end();
            if out.len() > cap {
                return None;
            }
        }
        if !work(self.price(text.len() - done, 0)) {
            return None;
        }
        out.push_str(text.get(done..)?);
        (out.len() <= cap).then_some(out)
    }

    /// Go's `Regexp.Expand`: a `$` without a name is literal.
    fn expand(&self, template: &str, found: &Captures<'_>, out: &mut String) {
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            if let Some(after) = after.strip_prefix('$') {
                out.push('$');
                rest = after;
                continue;
            }
            let braced = after.strip_prefix('{');
            let inner = braced.unwrap_or(after);
            let end = inner.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(inner.len());
            let (name, following) = inner.split_at(end);
            let following = if braced.is_some() { following.strip_prefix('}') } else { Some(following) };
            match following {
                Some(following) if !name.is_empty() => {
                    out.push_str(self.group(name, found));
                    rest = following;
                }
                _ => {
                    out.push('$');
                    rest = after;
                }
            }
        }
        out.push_str(rest);
    }

    /// The text of a group, by its number or name.
    fn group<'t>(&self, name: &str, found: &Captures<'t>) -> &'t str {
        let number = if name.bytes().all(|byte| byte.is_ascii_digit()) { name.parse::<usize>().ok() } else { None };
        let numbers = match number {
            Some(number) => number..number + 1,
            None => 1..self.names.len() + 1,
        };
        numbers
            .filter(|at| number.is_some() || self.names.get(*at - 1).is_some_and(|group| group == name))
            .find_map(|at| found.get(at))
            .map_or("", |group| group.as_str())
    }
}

fn groups<'t>(found: &Captures<'t>) -> Vec<Option<&'t str>> {
    found.iter().map(|group| group.map(|group| group.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(pattern: &str) -> Result<Pattern, PatternError> {
        Pattern::compile(pattern, |_| true)
    }

    fn found<'t>(pattern: &str, text: &'t str) -> Option<&'t str> {
        compile(pattern).ok()?.find(text)?.first().copied().flatten()
    }

    #[test]
    fn classes_match_ascii_only() {
        assert_eq!(found(r"\d+", "٣4"), Some("4"));
        assert_eq!(found(r"\w+", "éa"), Some("a"));
        assert_eq!(found(r"(?i)[^\W]+", "éa"), Some("a"));
        assert_eq!(found(r"\bé?a\b", "éa"), Some("a"));
        assert_eq!(found(r"\s", "\u{b}\u{a0} "), Some(" "));
    }

    #[test]
    fn patterns_that_go_rejects_are_rejected() {
        for pattern in [
            r"a**",
            "*",
            "a{1001}",
            "(?=a)",
            r"\C",
            r"\1",
            r"\Z",
            "[a--b]",
            "(?x)a",
            "(a",
            "a)",
            r"\pX",
            "(?P<é>x)",
            "a{2,1}",
            "(a{100}){100}",
            "[",
            "[]",
            "\\",
            r"\p{Alphabetic}",
            r"[a-\d]",
        ] {
            assert!(matches!(compile(pattern), Err(PatternError::Invalid(_))), "{pattern}");
        }
    }

    #[test]
    fn unusual_patterns_that_go_accepts_are_accepted() {
        for (pattern, text, expected) in [
            ("[a&&b]", "&", "&"),
            ("[[a]", "[", "["),
            ("a{,3}", "a{,3}", "a{,3}"),
            ("[]a]+", "]a", "]a"),
            (r"\Qa.b\E", "a.b", "a.b"),
            (r"\Qab\E+", "abb", "abb"),
            ("(?U)a+", "aaa", "a"),
            (r"[\d-z]+", "12-z", "12-z"),
            ("x{0}", "x", ""),
        ] {
            assert_eq!(found(pattern, text), Some(expected), "{pattern}");
        }
    }

    #[test]
    fn templates_refer_to_groups_as_in_go() {
        let replaced = |pattern, template| compile(pattern).ok().and_then(|pattern| pattern.replace_all("hello", template, 100, |_| true));
        for (pattern, template, expected) in [
            ("(l)(l)", "$2-$1", "hel-lo"),
            ("(?P<x>l+)", "<${x}>", "he<ll>o"),
            ("(l+)", "$1x", "heo"),
            ("(l+)", "a$", "hea$o"),
            ("(l+)", "$$", "he$o"),
            ("", "-", "-h-e-l-l-o-"),
        ] {
            assert_eq!(replaced(pattern, template).as_deref(), Some(expected), "{pattern} {template}");
        }
    }

    #[test]
    fn oversized_program_is_not_an_invalid_pattern() {
        assert_eq!(compile(r"(\pL{500}){2}(\pL{500}){2}").err(), Some(PatternError::TooLarge));
    }

    #[test]
    fn each_pattern_is_compiled_and_paid_for_once() {
        let (patterns, paid) = (Patterns::default(), Cell::new(0));
        let work = |size| {
            paid.set(paid.get() + size);
            true
        };
        for _ in 0..100 {
            assert!(patterns.get("a+", work).is_ok());
        }
        assert_eq!(paid.get(), PROGRAM_SIZES[0]);
        assert!(patterns.get(r"\pL{60}", work).is_ok());
        assert!(paid.get() > PROGRAM_SIZES[3], "{}", paid.get());
        assert_eq!(patterns.get("b+", |_| false).err(), Some(PatternError::TooLarge));
    }
}
