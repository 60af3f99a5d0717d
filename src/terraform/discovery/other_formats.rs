//! Files that are named like configuration but have another format: templates of another language, files encrypted by git-crypt, binary
//! files. They are reported in one problem for each directory instead of a syntax error for each file.

use crate::base::disk::DiskError;
use crate::base::{Place, Problem, ProblemKind};
use crate::hcl::has_template_marks;
use std::collections::BTreeMap;
use std::path::Path;

/// The maximum number of file names in a message.
const MAX_SHOWN: usize = 3;

/// The header of a file encrypted by git-crypt. Source: git-crypt, `commands.cpp`, `check_if_header_is_encrypted`.
const GIT_CRYPT: &[u8] = b"\0GITCRYPT\0";

/// The format of a file that is not configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum OtherFormat {
    /// A template of Jinja, Cookiecutter, Go or the like.
    Template,
    /// Encrypted by git-crypt.
    GitCrypt,
    /// Any other binary file.
    Binary,
}

impl OtherFormat {
    /// The format that a read error shows.
    pub(crate) fn of_error(error: &DiskError) -> Option<Self> {
        match error {
            DiskError::GitCrypt => Some(Self::GitCrypt),
            DiskError::Binary => Some(Self::Binary),
            _ => None,
        }
    }

    /// The format of a text that does not parse. Only template marks in code count: in strings and comments, Terraform may have them too.
    pub(crate) fn of_text(text: &str) -> Option<Self> {
        if text.contains('\0') {
            return Some(Self::Binary);
        }
        has_template_marks(text).then_some(Self::Template)
    }

    /// Parts of the message: the predicate for one file and for several, and the help.
    fn message_parts(self) -> (&'static str, &'static str, &'static str) {
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

/// Whether bytes are a file encrypted by git-crypt.
pub(super) fn is_encrypted(bytes: &[u8]) -> bool {
    bytes.starts_with(GIT_CRYPT)
}

/// Whether bytes that are not UTF-8 are binary. As in git, a NUL byte decides. UTF-16 counts as text because its error message is better.
pub(super) fn is_binary(bytes: &[u8]) -> bool {
    let is_utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    !is_utf16 && memchr::memchr(0, bytes).is_some()
}

/// The files of a directory that are not configuration, by format.
#[derive(Debug, Default)]
pub(crate) struct OtherFormatFiles {
    names: BTreeMap<OtherFormat, Vec<String>>,
}

impl OtherFormatFiles {
    pub(crate) fn add(&mut self, format: OtherFormat, name: &str) {
        self.names.entry(format).or_default().push(name.to_owned());
    }

    /// One problem for each format.
    pub(crate) fn problems(self, directory: &Path) -> impl Iterator<Item = Problem> {
        let shown = directory.display().to_string();
        self.names.into_iter().map(move |(format, names)| {
            let (one, many, help) = format.message_parts();
            let listed: Vec<String> = names.iter().take(MAX_SHOWN).map(|name| format!("`{name}`")).collect();
            let more = if names.len() > MAX_SHOWN { format!(" and {} more", names.len() - MAX_SHOWN) } else { String::new() };
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
    fn template_marks_in_strings_and_comments_are_ignored() {
        for text in ["{% if x %}\na = 1\n{% endif %}\n", "a = {{ name }}\n", "resource \"x\" \"y\" {\n  {{ range . }}\n}\n"] {
            assert_eq!(OtherFormat::of_text(text), Some(OtherFormat::Template), "{text}");
        }
        for text in
            ["a = \"{{ name }}\n", "# {% comment %}\na = \n", "a = <<E\n{{ x }}\nE\nb =\n", "a = {\n", "a = \"%{ if x }{%{ endif }\"\n"]
        {
            assert_eq!(OtherFormat::of_text(text), None, "{text}");
        }
    }

    #[test]
    fn long_list_of_names_is_shortened() {
        let mut files = OtherFormatFiles::default();
        (0..5).for_each(|number| files.add(OtherFormat::Template, &format!("{number}.tf")));
        files.add(OtherFormat::GitCrypt, "secret.tf");
        let messages: Vec<String> = files.problems(Path::new("dir")).map(|problem| problem.message).collect();
        assert_eq!(
            messages,
            ["5 files are templates of another language: `0.tf`, `1.tf`, `2.tf` and 2 more", "`secret.tf` is encrypted by git-crypt"]
        );
    }
}
