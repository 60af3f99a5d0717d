//! Paths and patterns as in Go's `filepath` and `doublestar`, on systems with forward slashes.

/// The maximum number of patterns that braces expand to.
const MAX_ALTERNATIVES: usize = 256;
/// The maximum number of steps to match one path: patterns like `*a*a*a*` backtrack.
const MAX_STEPS: usize = 100_000;

/// A path without `.`, `..` and doubled slashes, as far as its text allows (Go's `filepath.Clean`).
pub(super) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// The last part of a path.
pub(super) fn base(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match (path, trimmed) {
        ("", _) => ".",
        (_, "") => "/",
        (_, trimmed) => trimmed.rsplit_once('/').map_or(trimmed, |(_, base)| base),
    }
}

/// All but the last part of a path.
pub(super) fn directory(path: &str) -> String {
    clean(path.rsplit_once('/').map_or("", |(directory, _)| if directory.is_empty() { "/" } else { directory }))
}

/// `target` relative to `from`. Both are clean, and both absolute or both relative; `None` if the texts alone do not determine it.
pub(super) fn relative(from: &str, target: &str) -> Option<String> {
    if from.starts_with('/') != target.starts_with('/') {
        return None;
    }
    let parts =
        |path: &str| -> Vec<String> { path.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect() };
    let (from, target) = (parts(from), parts(target));
    let shared = from.iter().zip(&target).take_while(|(a, b)| a == b).count();
    let up = from.get(shared..)?;
    if up.iter().any(|part| part == "..") {
        return None;
    }
    let path: Vec<String> = up.iter().map(|_| "..".to_owned()).chain(target.get(shared..)?.iter().cloned()).collect();
    Some(if path.is_empty() { ".".to_owned() } else { path.join("/") })
}

/// Whether a part of a pattern is a plain name.
pub(super) fn is_plain(part: &str) -> bool {
    !part.contains(['*', '?', '[', '{', '\\'])
}

/// The patterns that braces expand to; `None` if there are too many or a brace is not closed.
pub(super) fn alternatives(pattern: &str) -> Option<Vec<String>> {
    let mut done = Vec::new();
    let mut open = vec![pattern.to_owned()];
    while let Some(pattern) = open.pop() {
        if done.len() + open.len() > MAX_ALTERNATIVES {
            return None;
        }
        let Some(start) = pattern.find('{') else {
            done.push(pattern);
            continue;
        };
        let (before, rest) = pattern.split_at(start);
        let mut depth = 0_usize;
        let mut cuts = Vec::new();
        let mut end = None;
        for (at, c) in rest.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 1 => {
                    end = Some(at);
                    break;
                }
                '}' => depth -= 1,
                ',' if depth == 1 => cuts.push(at),
                _ => {}
            }
        }
        let end = end?;
        let after = rest.get(end + 1..)?;
        let mut from = 1;
        for cut in cuts.into_iter().chain([end]) {
            open.push(format!("{before}{}{after}", rest.get(from..cut)?));
            from = cut + 1;
        }
    }
    Some(done)
}

/// Whether a pattern is well-formed.
pub(super) fn is_valid(pattern: &str) -> bool {
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' if rest.next().is_none() => return false,
            '[' => {
                let text = rest.as_str();
                if class('\0', text).is_none() {
                    return false;
                }
                rest = class('\0', text).map_or(rest, |(_, after)| after.chars());
            }
            _ => {}
        }
    }
    true
}

/// Whether a path matches a pattern, part by part; `**` matches any number of parts. `None` if it takes too long. Sets `steps` to the
/// number of steps taken.
pub(super) fn matches(pattern: &[&str], path: &[&str], steps: &mut usize) -> Option<bool> {
    *steps = 0;
    parts_match(pattern, path, steps)
}

/// The extensions of git's own files (gitrepository-layout(5)); most files have none.
const GIT_EXTENSIONS: [&str; 12] =
    [".bitmap", ".graph", ".idx", ".keep", ".lock", ".midx", ".mtimes", ".old", ".pack", ".ref", ".rev", ".sample"];

/// Whether a pattern may match a file in one of git's directories, which are never listed. A pattern with an extension that git does not
/// use cannot. `None` if it takes too long. Sets `steps` to the number of steps taken.
pub(super) fn may_match_in_git(pattern: &[&str], directory: &[&str], steps: &mut usize) -> Option<bool> {
    *steps = 0;
    let last = pattern.last()?;
    let end = last.rfind(['*', '?', ']', '}', '\\']).map_or(*last, |at| last.get(at + 1..).unwrap_or_default());
    let is_foreign = end.rfind('.').is_some_and(|at| !GIT_EXTENSIONS.contains(&end.get(at..).unwrap_or_default()));
    let is_named = pattern.iter().any(|part| part.starts_with('.'));
    if is_foreign && !is_named {
        return Some(false);
    }
    may_match_below(pattern, directory, steps)
}

/// Whether a pattern may match a path below a directory.
fn may_match_below(pattern: &[&str], directory: &[&str], steps: &mut usize) -> Option<bool> {
    *steps += 1;
    if *steps > MAX_STEPS {
        return None;
    }
    match (pattern, directory) {
        ([], _) => Some(false),
        (["**", ..], _) | (_, []) => Some(true),
        ([part, rest @ ..], [name, names @ ..]) => Some(name_matches(part, name, steps)? && may_match_below(rest, names, steps)?),
    }
}

fn parts_match(pattern: &[&str], path: &[&str], steps: &mut usize) -> Option<bool> {
    *steps += 1;
    if *steps > MAX_STEPS {
        return None;
    }
    match (pattern, path) {
        ([], path) => Some(path.is_empty()),
        (["**"], path) => Some(!path.is_empty()),
        (["**", rest @ ..], path) => {
            for skip in 0..=path.len() {
                if parts_match(rest, path.get(skip..)?, steps)? {
                    return Some(true);
                }
            }
            Some(false)
        }
        ([part, rest @ ..], [name, names @ ..]) => Some(name_matches(part, name, steps)? && parts_match(rest, names, steps)?),
        (_, []) => Some(false),
    }
}

fn name_matches(pattern: &str, name: &str, steps: &mut usize) -> Option<bool> {
    *steps += 1;
    if *steps > MAX_STEPS {
        return None;
    }
    let mut pattern_chars = pattern.chars();
    let Some(c) = pattern_chars.next() else { return Some(name.is_empty()) };
    let rest = pattern_chars.as_str();
    if c == '*' {
        let mut ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
        return ends.try_fold(false, |found, at| if found { Some(true) } else { name_matches(rest, name.get(at..)?, steps) });
    }
    let mut name_chars = name.chars();
    let Some(first) = name_chars.next() else { return Some(false) };
    let following = name_chars.as_str();
    match c {
        '?' => name_matches(rest, following, steps),
        '[' => match class(first, rest) {
            Some((true, after)) => name_matches(after, following, steps),
            _ => Some(false),
        },
        '\\' => {
            let mut escaped = rest.chars();
            if escaped.next() == Some(first) { name_matches(escaped.as_str(), following, steps) } else { Some(false) }
        }
        c if c == first => name_matches(rest, following, steps),
        _ => Some(false),
    }
}

/// After `[`: whether a character is in the class, and the rest after it; `None` if it is not well-formed.
fn class(character: char, text: &str) -> Option<(bool, &str)> {
    let (negated, text) = match text.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut chars = text.chars();
    let (mut found, mut empty) = (false, true);
    loop {
        let member = |chars: &mut std::str::Chars<'_>| match chars.next()? {
            '\\' => chars.next(),
            '-' | ']' => None,
            c => Some(c),
        };
        if !empty && let Some(rest) = chars.as_str().strip_prefix(']') {
            return Some((found != negated, rest));
        }
        let low = member(&mut chars)?;
        let mut high = low;
        if let Some(rest) = chars.as_str().strip_prefix('-') {
            chars = rest.chars();
            high = member(&mut chars)?;
        }
        found |= (low..=high).contains(&character);
        empty = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_as_in_go() {
        for (path, expected) in [("", "."), ("a//b/../c/.", "a/c"), ("/..", "/"), ("../a", "../a"), ("/", "/"), ("a/..", ".")] {
            assert_eq!(clean(path), expected, "{path}");
        }
        for (path, name, parent) in [("", ".", "."), ("/", "/", "/"), ("a/b/", "b", "a/b"), ("/a", "a", "/"), ("a", "a", ".")] {
            assert_eq!((base(path), directory(path).as_str()), (name, parent), "{path}");
        }
        assert_eq!(relative("a/b", "a/c/d").as_deref(), Some("../c/d"));
    }

    #[test]
    fn patterns_match_as_in_doublestar() {
        let is_match = |pattern: &str, path: &str| {
            matches(&pattern.split('/').collect::<Vec<_>>(), &path.split('/').collect::<Vec<_>>(), &mut 0).unwrap()
        };
        for (pattern, path) in
            [("*.txt", "a.txt"), ("**", "a/b"), ("**/*.txt", "a.txt"), ("a/**/c", "a/c"), ("[a-c]?", "bz"), ("[^a]", "b"), ("\\*", "*")]
        {
            assert!(is_match(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [("*", "a/b"), ("*.txt", "a.md"), ("[^a]", "a"), ("?", "ab"), ("a*b", "ac")] {
            assert!(!is_match(pattern, path), "{pattern} {path}");
        }
        assert_eq!(
            alternatives("{a,b{c,d}}.x").map(|mut all| {
                all.sort();
                all
            }),
            Some(vec!["a.x".to_owned(), "bc.x".to_owned(), "bd.x".to_owned()])
        );
        assert!(!is_valid("[a") && is_valid("[a]"));
        assert_eq!(matches(&["*a*a*a*a*a*a*a*a*a*b"], &["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], &mut 0), None);
    }
}
