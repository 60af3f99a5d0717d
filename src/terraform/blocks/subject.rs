//! The object that a reference names, determined from its first names: `var.x`, `data.t.n`, `module.m`.

use crate::eval::{RefStep, Reference};
use crate::hcl::TraversalStep;
use std::sync::Arc;

/// The object that a reference names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject<'n> {
    /// `var.name`.
    Variable(&'n Arc<str>),
    /// `local.name`.
    Local(&'n Arc<str>),
    /// `module.name`.
    Call(&'n Arc<str>),
    /// `kind.name`, or `resource.kind.name`.
    Managed(NamedResource<'n>),
    /// `data.kind.name`.
    Data(NamedResource<'n>),
    /// `ephemeral.kind.name`.
    Ephemeral,
    /// `each.part`.
    Each(&'n Arc<str>),
    /// `count.part`.
    Count(&'n Arc<str>),
    /// `path.part`.
    Path(&'n Arc<str>),
    /// `terraform.part`.
    Terraform(&'n Arc<str>),
    /// `tofu.part`: OpenTofu's name for `terraform.part`, since 1.9.
    Tofu(&'n Arc<str>),
    /// `self`.
    Itself,
    /// One of these that ends too early; a description of the missing part.
    Incomplete(&'static str),
    /// Any other single name.
    Unknown,
}

/// A resource or data source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NamedResource<'n> {
    /// Its type.
    pub kind: &'n str,
    /// Its name.
    pub name: &'n Arc<str>,
    /// The number of names after the first one, up to and including the resource's name.
    pub taken: usize,
}

impl<'n> Subject<'n> {
    /// The subject of a reference with these first names.
    pub(crate) fn from_names(first: &'n str, second: Option<&'n Arc<str>>, third: Option<&'n Arc<str>>) -> Self {
        let named = |kind: Option<&'n Arc<str>>| Some(NamedResource { kind: kind?, name: third?, taken: 2 });
        match (first, second) {
            ("var", Some(name)) => Self::Variable(name),
            ("local", Some(name)) => Self::Local(name),
            ("module", Some(name)) => Self::Call(name),
            ("each", Some(part)) => Self::Each(part),
            ("count", Some(part)) => Self::Count(part),
            ("path", Some(part)) => Self::Path(part),
            ("terraform", Some(part)) => Self::Terraform(part),
            ("tofu", Some(part)) => Self::Tofu(part),
            ("data", kind) => named(kind).map_or(Self::Incomplete("the type and the name of a data source"), Self::Data),
            ("resource", kind) => named(kind).map_or(Self::Incomplete("the type and the name of a resource"), Self::Managed),
            ("ephemeral", kind) => {
                named(kind).map_or(Self::Incomplete("the type and the name of an ephemeral resource"), |_| Self::Ephemeral)
            }
            ("self", _) => Self::Itself,
            ("var" | "local" | "module" | "each" | "count" | "path" | "terraform", None) => Self::Incomplete("a name"),
            (kind, Some(name)) => Self::Managed(NamedResource { kind, name, taken: 1 }),
            (_, None) => Self::Unknown,
        }
    }

    /// The subject of a reference whose indexes are evaluated.
    pub(crate) fn resolved(first: &'n str, steps: &'n [RefStep<'_>]) -> Self {
        let name = |at: usize| if let Some(RefStep::Attr(name)) = steps.get(at) { Some(&name.text) } else { None };
        Self::from_names(first, name(0), name(0).and_then(|_| name(1)))
    }

    /// The subject of a traversal that begins with `first`.
    pub(crate) fn traversed(first: &'n str, steps: &'n [TraversalStep]) -> Self {
        let name = |at: usize| if let Some(TraversalStep::Attr(name)) = steps.get(at) { Some(&name.text) } else { None };
        Self::from_names(first, name(0), name(0).and_then(|_| name(1)))
    }

    /// The subject of a reference in an expression.
    pub(crate) fn of_reference(reference: &Reference<'n>) -> Self {
        Self::traversed(reference.root, reference.steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_names_of_a_reference_determine_its_subject() {
        let of = |text: &str| {
            let names: Vec<Arc<str>> = text.split('.').map(Arc::from).collect();
            format!("{:?}", Subject::from_names(&names[0], names.get(1), names.get(2)))
        };
        assert_eq!(of("var.x.y"), r#"Variable("x")"#);
        assert_eq!(of("oci_kms_key.k.id"), r#"Managed(NamedResource { kind: "oci_kms_key", name: "k", taken: 1 })"#);
        assert_eq!(of("resource.oci_kms_key.k"), r#"Managed(NamedResource { kind: "oci_kms_key", name: "k", taken: 2 })"#);
        assert_eq!(of("data.oci_kms_vault.v"), r#"Data(NamedResource { kind: "oci_kms_vault", name: "v", taken: 2 })"#);
        assert_eq!(of("data.oci_kms_vault"), r#"Incomplete("the type and the name of a data source")"#);
        assert_eq!(of("tofu.workspace"), r#"Tofu("workspace")"#);
        assert_eq!(of("self.id"), "Itself");
        assert_eq!(of("each"), r#"Incomplete("a name")"#);
        assert_eq!(of("something"), "Unknown");
    }
}
