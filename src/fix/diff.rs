//! Rewritten files as a unified diff. The changes are known, so no search for differences is needed and the cost is linear in the text.

use super::write::RewrittenFile;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

/// The number of context lines around a change.
const CONTEXT: usize = 3;

/// A unified diff that `git apply` accepts. `may_show` returns whether a line (from 0) of a file may be shown: next to a line that may not,
/// there is less context, and a change of such a line is only mentioned.
#[must_use]
pub fn diff(files: &[RewrittenFile], may_show: &dyn Fn(&Path, usize) -> bool) -> String {
    let mut out = String::new();
    for file in files {
        let path = file.path.to_string_lossy().replace('\\', "/");
        let (old, new) = (LineStarts::of(&file.old), LineStarts::of(&file.new));
        // From the edits and not from the two texts: a search for the shortest diff could take very long on a huge file.
        let regions = regions(file, &old, &new);
        if regions.is_empty() {
            continue;
        }
        let is_shown = |context: &usize| {
            let mut lines = hunks(&regions, *context).flat_map(|hunk| shown_lines(hunk, *context, old.count()));
            lines.all(|line| may_show(&file.path, line))
        };
        match (0..=CONTEXT).rev().find(is_shown) {
            Some(context) => {
                let _ = write!(out, "--- a/{path}\n+++ b/{path}\n");
                hunks(&regions, context).for_each(|hunk| write_hunk(&mut out, hunk, context, &old, &new));
            }
            None => {
                // `git apply` ignores lines between the diffs of two files.
                let _ = writeln!(out, "# {path}: the diff contains a value that may not be shown");
            }
        }
    }
    out
}

/// A text and where its lines begin.
struct LineStarts<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> LineStarts<'a> {
    fn of(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        Self { text, starts: starts.filter(|start| *start < text.len()).collect() }
    }

    fn count(&self) -> usize {
        self.starts.len()
    }

    /// A line with its line ending.
    fn get(&self, line: usize) -> &'a str {
        let start = self.starts.get(line).copied().unwrap_or(self.text.len());
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or_default()
    }

    /// The index of the line that contains an offset; at the end of a text that ends with a newline, the index after the last line.
    fn at(&self, offset: usize) -> usize {
        match self.starts.binary_search(&offset) {
            Ok(line) => line,
            Err(_) if self.is_start(offset) => self.count(),
            Err(line) => line.saturating_sub(1),
        }
    }

    /// Whether a line begins at an offset, even an empty one at the end of the text.
    fn is_start(&self, offset: usize) -> bool {
        offset == 0 || self.text.as_bytes().get(offset - 1) == Some(&b'\n')
    }
}

/// Lines of the old text, and the lines of the new text that replace them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ReplacedLines {
    old: Range<usize>,
    new: Range<usize>,
}

fn regions(file: &RewrittenFile, old: &LineStarts<'_>, new: &LineStarts<'_>) -> Vec<ReplacedLines> {
    let mut regions: Vec<ReplacedLines> = Vec::new();
    for (before, after) in &file.changes {
        let ends_lines = old.is_start(before.end) && new.is_start(after.end);
        let end =
            |lines: &LineStarts<'_>, offset: usize| if ends_lines { lines.at(offset) } else { (lines.at(offset) + 1).min(lines.count()) };
        let region = ReplacedLines { old: old.at(before.start)..end(old, before.end), new: new.at(after.start)..end(new, after.end) };
        match regions.last_mut() {
            // Merge changes of the same line or of adjacent lines.
            Some(last) if region.old.start <= last.old.end || region.new.start <= last.new.end => {
                last.old.end = last.old.end.max(region.old.end);
                last.new.end = last.new.end.max(region.new.end);
            }
            _ => regions.push(region),
        }
    }
    regions.iter_mut().for_each(|region| trim(region, old, new));
    regions.retain(|region| !region.old.is_empty() || !region.new.is_empty());
    regions
}

/// Removes unchanged lines from both ends.
fn trim(region: &mut ReplacedLines, old: &LineStarts<'_>, new: &LineStarts<'_>) {
    while !region.old.is_empty() && !region.new.is_empty() && old.get(region.old.start) == new.get(region.new.start) {
        region.old.start += 1;
        region.new.start += 1;
    }
    while !region.old.is_empty() && !region.new.is_empty() && old.get(region.old.end - 1) == new.get(region.new.end - 1) {
        region.old.end -= 1;
        region.new.end -= 1;
    }
}

/// Groups regions whose context lines touch.
fn hunks(regions: &[ReplacedLines], context: usize) -> impl Iterator<Item = &[ReplacedLines]> {
    regions.chunk_by(move |a, b| b.old.start - a.old.end <= 2 * context)
}

/// The old lines that a hunk shows.
fn shown_lines(hunk: &[ReplacedLines], context: usize, lines: usize) -> Range<usize> {
    let first = hunk.first().map_or(0, |region| region.old.start);
    let last = hunk.last().map_or(0, |region| region.old.end);
    first.saturating_sub(context)..(last + context).min(lines)
}

fn write_hunk(out: &mut String, hunk: &[ReplacedLines], context: usize, old: &LineStarts<'_>, new: &LineStarts<'_>) {
    let shown = shown_lines(hunk, context, old.count());
    let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { return };
    let start = first.new.start - (first.old.start - shown.start);
    let end = last.new.end + (shown.end - last.old.end);
    let _ = writeln!(out, "@@ -{} +{} @@", hunk_range(&shown), hunk_range(&(start..end)));
    let mut at = shown.start;
    for region in hunk {
        (at..region.old.start).for_each(|line| write_line(out, ' ', old.get(line)));
        region.old.clone().for_each(|line| write_line(out, '-', old.get(line)));
        region.new.clone().for_each(|line| write_line(out, '+', new.get(line)));
        at = region.old.end;
    }
    (at..shown.end).for_each(|line| write_line(out, ' ', old.get(line)));
}

/// A range of lines in the format of a hunk header: counted from 1; an empty range has the number of the line before it.
fn hunk_range(lines: &Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => (lines.start + 1).to_string(),
        count => format!("{},{count}", lines.start + 1),
    }
}

fn write_line(out: &mut String, mark: char, line: &str) {
    out.push(mark);
    out.push_str(line);
    if !line.ends_with('\n') {
        out.push_str("\n\\ No newline at end of file\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Sources, Span};
    use crate::fix::{Edit, Safety, rewrite};
    use similar::TextDiff;

    fn edit(span: Span, replacement: &str) -> Edit {
        let (addresses, findings) = (Vec::new(), Vec::new());
        Edit { span, replacement: replacement.to_owned(), safety: Safety::Safe, rule: "R", addresses, findings, description: String::new() }
    }

    #[test]
    fn diff_has_a_hunk_with_context_for_each_file() {
        let sources = Sources::default();
        let (a, b) = (sources.add("a.tf", "x = 1\ny = 2".to_owned()), sources.add("m/b.tf", "z\n".to_owned()));
        let edits = [edit(Span::new(a, 4..5), "3"), edit(Span::new(a, 6..6), "n = 0\n"), edit(Span::new(b, 2..2), "w\n")];
        let files = rewrite(&edits, &sources);
        assert_eq!(files.iter().map(|file| file.new.as_str()).collect::<Vec<_>>(), ["x = 3\nn = 0\ny = 2", "z\nw\n"]);
        assert_eq!(
            diff(&files, &|_, _| true),
            "--- a/a.tf\n+++ b/a.tf\n@@ -1,2 +1,3 @@\n-x = 1\n+x = 3\n+n = 0\n y = 2\n\\ No newline at end of file\n\
             --- a/m/b.tf\n+++ b/m/b.tf\n@@ -1 +1,2 @@\n z\n+w\n"
        );
    }

    #[test]
    fn diff_of_any_edits_applies_and_is_not_much_longer_than_the_shortest() {
        let texts = ["a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n", "a\r\nb\r\n\r\nc", "", "\n\n", "one"];
        let replacements = ["", "x", "x\n", "\nx", "x\ny\n", "\n"];
        let mut checked = 0;
        for text in texts {
            let offsets: Vec<usize> = (0..=text.len()).collect();
            for (start, first) in offsets.iter().flat_map(|at| replacements.iter().map(move |new| (*at, *new))) {
                for length in [0, 1, 3] {
                    let second = (start + length + 2).min(text.len());
                    let Some(range) = Some(start..start + length).filter(|range| range.end <= second) else { continue };
                    let sources = Sources::default();
                    let id = sources.add("a.tf", text.to_owned());
                    let files = rewrite(&[edit(Span::new(id, range), first), edit(Span::new(id, second..second), "z\n")], &sources);
                    let [file] = files.as_slice() else { panic!("{files:?}") };
                    let patched = apply_diff(text, &diff(&files, &|_, _| true));
                    assert_eq!(patched, file.new, "{text:?} {start} {length} {first:?}");
                    let lines = |diff: &str| diff.lines().filter(|line| line.starts_with(['+', '-'])).count();
                    let searched = TextDiff::from_lines(&file.old, &file.new).unified_diff().header("a/a.tf", "b/a.tf").to_string();
                    assert!(
                        lines(&diff(&files, &|_, _| true)) <= lines(&searched) + 8,
                        "the diff is too long: {text:?} {start} {length} {first:?}"
                    );
                    checked += 1;
                }
            }
        }
        assert!(checked > 500, "{checked}");
    }

    /// Applies a diff of one file, and checks its context and removed lines.
    fn apply_diff(old: &str, diff: &str) -> String {
        let lines: Vec<&str> = old.split_inclusive('\n').collect();
        let (mut out, mut at) = (String::new(), 0);
        let mut diff = diff.split_inclusive('\n').skip(2).peekable();
        while let Some(line) = diff.next() {
            let text = &line[1..];
            let text = if diff.next_if(|next| next.starts_with('\\')).is_some() { text.trim_end_matches('\n') } else { text };
            match line.as_bytes()[0] {
                b'@' => {
                    let (start, count) =
                        line[4..].split_once(' ').unwrap().0.split_once(',').unwrap_or((line[4..].split_once(' ').unwrap().0, "1"));
                    let start = start.parse::<usize>().unwrap() - usize::from(count != "0");
                    out.extend(lines[at..start].iter().copied());
                    at = start;
                }
                b'+' => out.push_str(text),
                mark => {
                    assert_eq!(lines[at], text, "{line:?}");
                    at += 1;
                    if mark == b' ' {
                        out.push_str(text);
                    }
                }
            }
        }
        out.extend(lines[at..].iter().copied());
        out
    }
}
