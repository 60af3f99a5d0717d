//! Comments that speak to kmslint. Cheap for files that have none: one search of the text.

use super::scan::{ScanStart, TokenKind, scan};
use super::tree::CommentText;
use crate::base::{SourceId, Span};

/// What a comment that speaks to kmslint holds.
const WORD: &str = "kmslint:";
/// Verbs by which other linters are reported to look away.
const VERBS: [&str; 7] = ["ignore", "disable", "skip", "nolint", "noqa", "exempt", "suppress"];

/// The comments of a file in native syntax.
pub(super) fn find(source: SourceId, text: &str) -> Vec<CommentText> {
    let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    // These find `kmslint`, `Kmslint` and `KMSLINT`; a search without regard to case would read every file more slowly.
    if !has("mslint") && !has("MSLINT") {
        return Vec::new();
    }
    let comments = scan(text, ScanStart::Code).into_iter().filter(|token| token.kind == TokenKind::Comment);
    comments.flat_map(|token| read(text.get(token.range()).unwrap_or_default(), Span::new(source, token.range()))).collect()
}

/// What one comment says, a line each. Its marks may be there or not. A line that was meant as an exemption and is spelled in another
/// way (`kmslint-ignore`) is taken from its first word on: it has no effect, and must not have none in silence.
pub(super) fn read(comment: &str, span: Span) -> Vec<CommentText> {
    let inner = comment.strip_prefix("/*").and_then(|inner| inner.strip_suffix("*/")).unwrap_or(comment);
    let said = |line| str::split_once(line, WORD).map(|(_, text)| text.trim()).or_else(|| near_miss(line));
    inner.lines().filter_map(said).map(|text| CommentText { text: text.to_owned(), span }).collect()
}

/// The text of a comment's line that begins like an exemption in another linter's spelling.
fn near_miss(line: &str) -> Option<&str> {
    let text = line.trim_start_matches([' ', '\t', '#', '/', '*', '"']).trim_end();
    let lower = text.get(..text.floor_char_boundary(40))?.to_ascii_lowercase();
    let is_between = |c: char| " -_:.=/@".contains(c);
    let verb = |rest: &str| {
        let rest = rest.trim_start_matches(is_between);
        VERBS.iter().find_map(|verb| rest.strip_prefix(verb)).map(str::to_owned)
    };
    let is_word = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
    let is_meant = match lower.strip_prefix("kmslint") {
        Some(rest) => rest.starts_with(is_between) && verb(rest).is_some_and(|rest| is_word(&rest)),
        // `nolint:kmslint`
        None => verb(&lower).is_some_and(|rest| {
            rest.starts_with(is_between) && rest.trim_start_matches(is_between).strip_prefix("kmslint").is_some_and(is_word)
        }),
    };
    is_meant.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Sources;

    #[test]
    fn comments_are_found_and_strings_are_not() {
        let text = "\
# kmslint: ignore[A] one\r
a = \"# kmslint: no\" // kmslint: ignore[B] two
b = <<E
# kmslint: no
${1 /* kmslint: three */}
E
/*
 * kmslint: four
 * kmslint:five */
# nothing
c = \"// ${\"/* kmslint: no */\"}\" # not kmslint
";
        let sources = Sources::default();
        let id = sources.add("a.tf", text.to_owned());
        let found = find(id, text);
        let texts: Vec<_> = found.iter().map(|comment| comment.text.as_str()).collect();
        assert_eq!(texts, ["ignore[A] one", "ignore[B] two", "three", "four", "five"]);
        let source = sources.get(id);
        assert_eq!(source.slice(found[0].span), "# kmslint: ignore[A] one");
        assert_eq!(source.slice(found[1].span), "// kmslint: ignore[B] two");
        assert_eq!(source.slice(found[2].span), "/* kmslint: three */");
        assert!(source.slice(found[4].span).starts_with("/*\n"));
    }

    #[test]
    fn exemption_in_another_spelling_is_found_and_prose_is_not() {
        let found = |comment: &str| {
            let sources = Sources::default();
            let id = sources.add("a.tf", comment.to_owned());
            find(id, comment).into_iter().map(|comment| comment.text).collect::<Vec<_>>()
        };
        for text in [
            "kmslint-ignore[OCI-KMS-004] contract",
            "kmslint_ignore",
            "kmslint ignore OCI-KMS-004",
            "KMSLINT: ignore[OCI-KMS-004] contract",
            "Kmslint:ignore[OCI-KMS-004]",
            "kmslint-disable-next-line",
            "kmslint:skip=OCI-KMS-004",
            "kmslint.ignore",
            "kmslint : ignore[OCI-KMS-004] contract",
            "nolint:kmslint",
            "noqa: kmslint",
        ] {
            for comment in [format!("# {text}\n"), format!("//{text}"), format!("/* {text} */"), format!("a = 1 # {text}")] {
                let expected = text.strip_prefix("kmslint:").unwrap_or(text);
                assert_eq!(found(&comment), [expected], "{comment}");
            }
        }
        for text in [
            "kmslint ignores this",
            "kmslint is not run here",
            "run kmslint, ignore errors",
            "kmslint",
            "kmslintignore",
            "see kmslint-ignore",
            "skip kmslinter",
            "kmslint-é",
        ] {
            assert_eq!(found(&format!("# {text}\n")), [""; 0], "{text}");
        }
    }
}
