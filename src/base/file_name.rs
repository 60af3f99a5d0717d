//! The kinds of Terraform and OpenTofu files, by the extensions of their names.

/// A file of configuration or values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileName<'n> {
    /// The name without its extension.
    pub stem: &'n str,
    /// The kind of file.
    pub kind: FileKind,
    /// Whether it uses JSON syntax.
    pub is_json: bool,
}

/// The kind of a file, by its extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// `.tf`, `.tf.json`.
    Terraform,
    /// `.tofu`, `.tofu.json`: configuration that only OpenTofu reads.
    OpenTofu,
    /// `.tfvars`, `.tfvars.json`: values of variables.
    Values,
}

const EXTENSIONS: [(&str, FileKind); 3] = [(".tf", FileKind::Terraform), (".tofu", FileKind::OpenTofu), (".tfvars", FileKind::Values)];

impl<'n> FileName<'n> {
    /// Parses a file's name; `None` for other kinds of files.
    #[must_use]
    pub fn of(name: &'n str) -> Option<Self> {
        let bare = name.strip_suffix(".json");
        let parse = |(extension, kind): (&str, FileKind)| {
            Some(Self { stem: bare.unwrap_or(name).strip_suffix(extension)?, kind, is_json: bare.is_some() })
        };
        EXTENSIONS.into_iter().find_map(parse)
    }

    /// Whether Terraform loads a values file of this name automatically from the root module's directory.
    #[must_use]
    pub fn is_automatic(self) -> bool {
        self.kind == FileKind::Values && (self.stem == "terraform" || self.stem.ends_with(".auto"))
    }

    /// Whether it is configuration.
    #[must_use]
    pub fn is_configuration(self) -> bool {
        self.kind != FileKind::Values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extension_determines_the_kind_of_file() {
        let of = |name| FileName::of(name).map(|name| (name.stem, name.kind, name.is_json));
        assert_eq!(of("main.tf"), Some(("main", FileKind::Terraform, false)));
        assert_eq!(of("main.tf.json"), Some(("main", FileKind::Terraform, true)));
        assert_eq!(of("a.b.tofu"), Some(("a.b", FileKind::OpenTofu, false)));
        assert_eq!(of("prod.auto.tfvars.json"), Some(("prod.auto", FileKind::Values, true)));
        let is_automatic = |name| FileName::of(name).is_some_and(FileName::is_automatic);
        assert!(["terraform.tfvars", "terraform.tfvars.json", "a.auto.tfvars", ".auto.tfvars.json"].into_iter().all(is_automatic));
        assert!(!["terraform.tf", "a.terraform.tfvars", "auto.tfvars", "a.auto.tf", "prod.tfvars"].into_iter().any(is_automatic));
        assert_eq!(of("main.tfx"), None);
        assert_eq!(of("main.json"), None);
        assert_eq!(of("terraform.tfstate"), None);
    }
}
