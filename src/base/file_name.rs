//! What a file is by its name: the endings of Terraform and OpenTofu, in one place.

/// A file of configuration or values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileName<'n> {
    /// The name without its ending.
    pub stem: &'n str,
    /// What the ending says.
    pub kind: FileKind,
    /// Whether it is written in JSON syntax.
    pub is_json: bool,
}

/// What an ending says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// `.tf`, `.tf.json`.
    Terraform,
    /// `.tofu`, `.tofu.json`: configuration that only OpenTofu reads.
    OpenTofu,
    /// `.tfvars`, `.tfvars.json`: values of variables.
    Values,
}

const ENDINGS: [(&str, FileKind); 3] = [(".tf", FileKind::Terraform), (".tofu", FileKind::OpenTofu), (".tfvars", FileKind::Values)];

impl<'n> FileName<'n> {
    /// Reads a file's name; `None` where it is another kind of file.
    #[must_use]
    pub fn of(name: &'n str) -> Option<Self> {
        let bare = name.strip_suffix(".json");
        let known = |(ending, kind): (&str, FileKind)| {
            Some(Self { stem: bare.unwrap_or(name).strip_suffix(ending)?, kind, is_json: bare.is_some() })
        };
        ENDINGS.into_iter().find_map(known)
    }

    /// Whether Terraform reads a values file of this name without being asked, where it lies next to the configuration.
    #[must_use]
    pub fn is_automatic(self) -> bool {
        self.kind == FileKind::Values && (self.stem == "terraform" || self.stem.ends_with(".auto"))
    }

    /// Whether it holds configuration.
    #[must_use]
    pub fn is_configuration(self) -> bool {
        self.kind != FileKind::Values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_say_what_a_file_is() {
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
