//! Files with the name of configuration that are something else: templates of another language, files that git-crypt holds encrypted,
//! binary files. A directory of them costs a line, not a syntax error for each: nothing in them is Terraform's syntax.

use crate::base::disk::DiskError;
use crate::base::{Place, Problem, ProblemKind};
use crate::hcl::has_template_marks;
use std::collections::BTreeMap;
use std::path::Path;

/// How many names are listed; the rest is counted.
const SHOWN: usize = 3;

/// How a file encrypted by git-crypt begins. Source: git-crypt, `commands.cpp`, `check_if_header_is_encrypted`.
const GIT_CRYPT: &[u8] = b"\0GITCRYPT\0";

/// What a file is instead of configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Disguise {
    /// A template of Jinja, Cookiecutter, Go or the like.
    Template,
    /// Encrypted by git-crypt.
    GitCrypt,
    /// Neither text nor encrypted by anything known.
    Binary,
}

impl Disguise {
    /// What an error of reading means, where it is about what the file is.
    pub(crate) fn of_error(error: &DiskError) -> Option<Self> {
        match error {
            DiskError::GitCrypt => Some(Self::GitCrypt),
            DiskError::Binary => Some(Self::Binary),
            _ => None,
        }
    }

    /// What a text is that does not parse. Braces in strings and comments prove nothing: Terraform has them, too.
    pub(crate) fn of_text(text: &str) -> Option<Self> {
        if text.contains('\0') {
            return Some(Self::Binary);
        }
        has_template_marks(text).then_some(Self::Template)
    }

    /// What files of this kind are, and what to do.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Template => (
                "is a template of another language",
                "are templates of another language",
                "Check the configuration that the templates are rendered to, or exclude the directory in `kmslint.toml`",
            ),
            Self::GitCrypt => (
                "is encrypted by git-crypt",
                "are encrypted by git-crypt",
                "Run `git-crypt unlock`, or exclude the directory in `kmslint.toml`",
            ),
            Self::Binary => (
                "is binary, not configuration",
                "are binary, not configuration",
                "Rename what is not configuration, or exclude the directory in `kmslint.toml`",
            ),
        }
    }
}

/// Whether bytes are a file that git-crypt encrypted.
pub(super) fn is_encrypted(bytes: &[u8]) -> bool {
    bytes.starts_with(GIT_CRYPT)
}

/// Whether bytes that are no UTF-8 are no text either, as git decides it: text has no NUL. UTF-16 is text, whose error says more.
pub(super) fn is_binary(bytes: &[u8]) -> bool {
    let is_utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    !is_utf16 && memchr::memchr(0, bytes).is_some()
}

/// The files of a directory that are something else.
#[derive(Debug, Default)]
pub(crate) struct Disguised {
    names: BTreeMap<Disguise, Vec<String>>,
}

impl Disguised {
    pub(crate) fn add(&mut self, what: Disguise, name: &str) {
        self.names.entry(what).or_default().push(name.to_owned());
    }

    /// One problem for each kind: these files may hide keys.
    pub(crate) fn problems(self, directory: &Path) -> impl Iterator<Item = Problem> {
        let shown = directory.display().to_string();
        self.names.into_iter().map(move |(what, names)| {
            let (one, many, help) = what.words();
            let listed: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
            let more = if names.len() > SHOWN { format!(" and {} more", names.len() - SHOWN) } else { String::new() };
            let message = match names.len() {
                1 => format!("{} {one}", listed.join("")),
                number => format!("{number} files {many}: {}{more}", listed.join(", ")),
            };
            Problem::new(ProblemKind::Unparsable, message).at(Place::File(shown.as_str().into())).help(help)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_a_template_count_in_code_only() {
        for text in ["{% if x %}\na = 1\n{% endif %}\n", "a = {{ name }}\n", "resource \"x\" \"y\" {\n  {{ range . }}\n}\n"] {
            assert_eq!(Disguise::of_text(text), Some(Disguise::Template), "{text}");
        }
        for text in
            ["a = \"{{ name }}\n", "# {% comment %}\na = \n", "a = <<E\n{{ x }}\nE\nb =\n", "a = {\n", "a = \"%{ if x }{%{ endif }\"\n"]
        {
            assert_eq!(Disguise::of_text(text), None, "{text}");
        }
    }

    #[test]
    fn long_lists_are_counted() {
        let mut all = Disguised::default();
        (0..5).for_each(|number| all.add(Disguise::Template, &format!("{number}.tf")));
        all.add(Disguise::GitCrypt, "secret.tf");
        let messages: Vec<String> = all.problems(Path::new("dir")).map(|problem| problem.message).collect();
        assert_eq!(
            messages,
            ["5 files are templates of another language: `0.tf`, `1.tf`, `2.tf` and 2 more", "`secret.tf` is encrypted by git-crypt"]
        );
    }
}
