//! Tooltips. Foreign text, such as names from a configuration, gets into a tooltip only through this file, and is never interpreted as
//! markup.

use crate::report::clean;

/// The text of a tooltip.
#[derive(Debug)]
pub(super) struct Tooltip {
    is_markdown: bool,
    text: String,
}

impl Tooltip {
    /// An empty tooltip, in Markdown or plain text.
    pub(super) fn new(is_markdown: bool) -> Self {
        Self { is_markdown, text: String::new() }
    }

    /// Adds kmslint's own text.
    pub(super) fn literal(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds foreign text as a code span.
    pub(super) fn code(&mut self, text: &str) -> &mut Self {
        let text = clean(text);
        if !self.is_markdown {
            self.text.push_str(&text);
            return self;
        }
        let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest + 1);
        // An empty code span is not one, and a backtick at an edge would join the fence.
        let gap = if text.is_empty() || text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
        self.text.push_str(&format!("{fence}{gap}{text}{gap}{fence}"));
        self
    }

    /// Adds a sentence with foreign names in backticks. Text outside of the code spans is escaped, in case a name contains a backtick.
    pub(super) fn sentence(&mut self, text: &str) -> &mut Self {
        if !self.is_markdown {
            self.text.push_str(&clean(text));
            return self;
        }
        for (at, part) in text.split('`').enumerate() {
            if at % 2 == 1 {
                self.code(part);
            } else {
                self.escape(part);
            }
        }
        self
    }

    fn escape(&mut self, text: &str) {
        for c in clean(text).chars() {
            if "\\*_[]<>&#!|~@".contains(c) || (c == '/' && self.text.ends_with(['/', ':'])) || (c == '.' && self.text.ends_with("www")) {
                self.text.push('\\');
            }
            self.text.push(c);
        }
    }

    /// Adds a link to a page or a place; only the text if the address has brackets or whitespace.
    pub(super) fn link(&mut self, text: &str, address: &str) -> &mut Self {
        let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !"()<>[]".contains(c);
        if !self.is_markdown || !address.chars().all(is_plain) {
            return self.code(text);
        }
        self.text.push('[');
        self.code(text);
        self.text.push_str(&format!("]({address})"));
        self
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(write: impl Fn(&mut Tooltip) -> &mut Tooltip) -> String {
        let mut page = Tooltip::new(true);
        write(&mut page);
        page.finish()
    }

    #[test]
    fn foreign_text_is_never_markup() {
        assert_eq!(page(|page| page.code("a`b``c")), "```a`b``c```");
        assert_eq!(page(|page| page.code("`x")), "`` `x ``");
        assert_eq!(page(|page| page.code("a\n# b")), "`a\\n# b`");
        assert_eq!(page(|page| page.sentence("variable `mode` has no value")), "variable `mode` has no value");
        let hostile = page(|page| page.sentence("set by `x` <img src=y> [a](https://b) `"));
        assert_eq!(hostile, "set by `x` \\<img src=y\\> \\[a\\](https:\\/\\/b) `  `");
        assert_eq!(page(|page| page.link("a", "javascript:alert(1)")), "`a`");
        let mut plain = Tooltip::new(false);
        plain.sentence("variable `m_x` has *no* value");
        assert_eq!(plain.finish(), "variable `m_x` has *no* value");
    }
}
