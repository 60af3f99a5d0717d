//! Tooltips. The one door through which text that others wrote reaches one: it gets there in code spans only, and nothing of it is markup.

use crate::report::clean;

/// A tooltip that is being written.
#[derive(Debug)]
pub(super) struct Tooltip {
    is_markdown: bool,
    text: String,
}

impl Tooltip {
    /// An empty one, in Markdown or in plain text.
    pub(super) fn new(is_markdown: bool) -> Self {
        Self { is_markdown, text: String::new() }
    }

    /// Text of our own: a literal.
    pub(super) fn own(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Something that others wrote, as code.
    pub(super) fn code(&mut self, text: &str) -> &mut Self {
        let text = clean(text);
        if !self.is_markdown {
            self.text.push_str(&text);
            return self;
        }
        let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest + 1);
        // An empty code span is none, and a backtick at an edge would join the fence.
        let gap = if text.is_empty() || text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
        self.text.push_str(&format!("{fence}{gap}{text}{gap}{fence}"));
        self
    }

    /// A sentence of ours that names things of others in backticks. Should one of the names hold a backtick, what is outside of the code
    /// spans then is still no markup.
    pub(super) fn sentence(&mut self, text: &str) -> &mut Self {
        if !self.is_markdown {
            self.text.push_str(&clean(text));
            return self;
        }
        for (at, part) in text.split('`').enumerate() {
            if at % 2 == 1 {
                self.code(part);
            } else {
                self.escaped(part);
            }
        }
        self
    }

    fn escaped(&mut self, text: &str) {
        for c in clean(text).chars() {
            if "\\*_[]<>&#!|~@".contains(c) || (c == '/' && self.text.ends_with(['/', ':'])) || (c == '.' && self.text.ends_with("www")) {
                self.text.push('\\');
            }
            self.text.push(c);
        }
    }

    /// A link to a page or a place; its address holds no brackets and no spaces.
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

    /// The text.
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
    fn nothing_of_foreign_text_is_markup() {
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
