//! Comments addressed to kmslint. Cheap for files without any: only searches the text.

use super::scan::{ScanStart, TokenKind, scan};
use super::tree::CommentText;
use crate::base::{SourceId, Span};

/// The marker of a comment addressed to kmslint.
const MARKER: &str = "kmslint:";
/// Verbs that suppress findings of other linters.
const VERBS: [&str; 7] = ["ignore", "disable", "skip", "nolint", "noqa", "exempt", "suppress"];

/// The comments of a file in native syntax.
pub(super) fn find(source: SourceId, text: &str) -> Vec<CommentText> {
    let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    // These find `kmslint`, `Kmslint` and `KMSLINT`; a case-insensitive search would be slower for every file.
    if !has("mslint") && !has("MSLINT") {
        return Vec::new();
    }
    let comments = scan(text, ScanStart::Code).into_iter().filter(|token| token.kind == TokenKind::Comment);
    comments.flat_map(|token| read(text.get(token.range()).unwrap_or_default(), Span::new(source, token.range()))).collect()
}

/// The lines of a comment that are addressed to kmslint; the comment may include its delimiters. Also returns lines that were probably
/// meant as an exemption but are spelled differently (`kmslint-ignore`), so that they are reported instead of ignored silently.
pub(super) fn read(comment: &str, span: Span) -> Vec<CommentText> {
    let inner = comment.strip_prefix("/*").and_then(|inner| inner.strip_suffix("*/")).unwrap_or(comment);
    let addressed = |line| str::split_once(line, MARKER).map(|(_, text)| text.trim()).or_else(|| near_miss(line));
    inner.lines().filter_map(addressed).map(|text| CommentText { text: text.to_owned(), span }).collect()
}

/// The text of a comment line that looks like an exemption in another linter's spelling.
fn near_miss(line: &str) -> Option<&str> {
    let text = line.trim_start_matches([' ', '\t', '#', '/', '*', '"']).trim_end();
    let lower = text.get(..text.floor_char_boundary(40))?.to_ascii_lowercase();
    let is_separator = |c: char| " -_:.=/@".contains(c);
    let verb = |rest: &str| {
        let rest = rest.trim_start_matches(is_separator);
        VERBS.iter().find_map(|verb| rest.strip_prefix(verb)).map(str::to_owned)
    };
    let ends_word = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
    let is_exemption = match lower.strip_prefix("kmslint") {
        Some(rest) => rest.starts_with(is_separator) && verb(rest).is_some_and(|rest| ends_word(&rest)),
        // `nolint:kmslint`
        None => verb(&lower).is_some_and(|rest| {
            rest.starts_with(is_separator) && rest.trim_start_matches(is_separator).strip_prefix("kmslint").is_some_and(ends_word)
        }),
    };
    is_exemption.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Sources;

    #[test]
    fn markers_are_found_in_comments_and_not_in_strings() {
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
    fn exemptions_in_other_spellings_are_found_and_prose_is_not() {
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
