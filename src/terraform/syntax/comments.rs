//! Comments that speak to kmslint. Cheap for files that have none: one search of the text.

use super::scan::{Kind, Start, scan};
use super::tree::CommentText;
use crate::base::{SourceId, Span};

/// What a comment that speaks to kmslint holds.
const WORD: &str = "kmslint:";

/// The comments of a file in native syntax.
pub(super) fn find(source: SourceId, text: &str) -> Vec<CommentText> {
    if memchr::memmem::find(text.as_bytes(), WORD.as_bytes()).is_none() {
        return Vec::new();
    }
    let comments = scan(text, Start::Code).into_iter().filter(|token| token.kind == Kind::Comment);
    comments.flat_map(|token| read(text.get(token.range()).unwrap_or_default(), Span::new(source, token.range()))).collect()
}

/// What one comment says, a line each. Its marks may be there or not.
pub(super) fn read(comment: &str, span: Span) -> Vec<CommentText> {
    let inner = comment.strip_prefix("/*").and_then(|inner| inner.strip_suffix("*/")).unwrap_or(comment);
    let lines = inner.lines().filter_map(|line| line.split_once(WORD));
    lines.map(|(_, text)| CommentText { text: text.trim().to_owned(), span }).collect()
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
}
