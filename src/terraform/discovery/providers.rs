//! Whether a module tree may have keys: it may, unless it names providers and `oci` is not one of them. This matters for files that do not
//! parse, missing local modules, and calls that cannot be followed.

use super::lock;
use crate::base::SourceId;
use crate::hcl::{self, Block, Body, Expr, ExprKind};
use crate::terraform::blocks::constants::literal;
use crate::terraform::request::ScanRequest;
use std::path::Path;

/// The providers that configuration names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NamedProviders {
    /// It names the oci provider.
    pub oci: bool,
    /// It names any other provider.
    pub other: bool,
}

impl NamedProviders {
    /// Whether configuration that names these providers may have keys.
    pub(crate) fn may_have_keys(self) -> bool {
        self.oci || !self.other
    }

    /// Adds other named providers.
    pub(crate) fn add(&mut self, more: Self) {
        self.oci |= more.oci;
        self.other |= more.other;
    }

    fn add_name(&mut self, provider: &str) {
        match provider.to_ascii_lowercase().as_str() {
            "oci" => self.oci = true,
            // The provider that is built into Terraform.
            "terraform" | "" => {}
            _ => self.other = true,
        }
    }

    /// Adds the providers that a top-level block names.
    pub(crate) fn add_block(&mut self, block: &Block) {
        let label = block.labels.first().map(|label| &*label.text);
        match &*block.kind.text {
            "resource" | "data" | "ephemeral" => self.add_name(label.and_then(|kind| kind.split('_').next()).unwrap_or_default()),
            "provider" => self.add_name(label.unwrap_or_default()),
            "terraform" => block.body.blocks_of("required_providers").for_each(|block| self.add_required(&block.body)),
            _ => {}
        }
    }

    /// Adds the providers in a `required_providers` block.
    pub(super) fn add_required(&mut self, body: &Body) {
        body.attributes.iter().for_each(|attribute| self.add_name(&provider_of(&attribute.name.text, &attribute.value)));
    }
}

/// The provider in an entry of `required_providers`: the last part of its source, or its local name.
fn provider_of(local: &str, entry: &Expr) -> String {
    let source = source_of(entry).and_then(|source| source.rsplit('/').next().map(str::to_owned));
    source.unwrap_or_else(|| local.to_owned())
}

/// The source in an entry of `required_providers`.
pub(crate) fn source_of(entry: &Expr) -> Option<String> {
    let ExprKind::Object(items) = &entry.without_parens().kind else { return None };
    let is_source = |key: &Expr| matches!(&key.kind, ExprKind::String(name) if &**name == "source");
    items.iter().find(|item| is_source(&item.key)).and_then(|item| literal(&item.value)).map(str::to_owned)
}

/// The providers that a directory's lock file names.
pub(crate) fn named_by_lock(root: &Path, request: &ScanRequest) -> NamedProviders {
    let mut named = NamedProviders::default();
    lock::read(root, request).iter().for_each(|locked| named.add_name(locked.address.rsplit('/').next().unwrap_or_default()));
    named
}

/// Whether a file certainly names a provider other than `oci`. Only reads the headers of top-level blocks, which is much cheaper than
/// parsing the file.
pub(crate) fn names_other(text: &str, name: &str) -> bool {
    if name.ends_with(".json") {
        let mut named = NamedProviders::default();
        let file = hcl::json::parse(SourceId::UNSTORED, text);
        file.body.blocks.iter().for_each(|block| named.add_block(block));
        return named.other && !named.oci;
    }
    hcl::headers(text, &mut |kind, label| {
        let mut named = NamedProviders::default();
        match kind {
            "resource" | "data" => named.add_name(label.split('_').next().unwrap_or_default()),
            "provider" => named.add_name(label),
            _ => {}
        }
        named.other
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Sources;

    fn named(text: &str) -> NamedProviders {
        let sources = Sources::default();
        let id = sources.add("a.tf", text.to_owned());
        let mut named = NamedProviders::default();
        hcl::native::parse(id, text).body.blocks.iter().for_each(|block| named.add_block(block));
        named
    }

    #[test]
    fn tree_without_providers_or_with_oci_may_have_keys() {
        for text in [
            "",
            "module \"m\" {\n  source = \"./m\"\n}",
            "provider \"oci\" {}",
            "resource \"oci_core_vcn\" \"v\" {}\nresource \"aws_s3_bucket\" \"b\" {}",
            "data \"oci_kms_vault\" \"v\" {}",
            "terraform {\n  required_providers {\n    oracle = {\n      source = \"oracle/oci\"\n    }\n  }\n}",
            "terraform {\n  required_providers {\n    oci = \"~> 4.0\"\n  }\n}",
            "resource \"terraform_data\" \"t\" {}",
        ] {
            assert!(named(text).may_have_keys(), "{text}");
        }
        for text in [
            "provider \"aws\" {}",
            "resource \"aws_s3_bucket\" \"b\" {}",
            "data \"azurerm_client_config\" \"c\" {}",
            "terraform {\n  required_providers {\n    aws = {\n      source = \"hashicorp/aws\"\n    }\n  }\n}",
        ] {
            assert!(!named(text).may_have_keys(), "{text}");
        }
    }

    #[test]
    fn text_in_comments_and_strings_does_not_name_a_provider() {
        for (text, expected) in [
            ("# provider \"aws\" {}\n/*\nresource \"aws_x\" \"y\" {\n}\n*/\n", false),
            ("locals {\n  a = <<E\nresource \"aws_x\" \"y\" {\nE\n}\n", false),
            ("locals {\n  a = \"${\"}\"}\"\n}\nresource \"aws_x\" \"y\" {\n}\n", true),
            ("provider \"oci\" {\n}\n", false),
            ("provider aws {\n}\n", true),
            ("resource \"terraform_data\" \"t\" {\n}\n", false),
        ] {
            assert_eq!(names_other(text, "a.tf"), expected, "{text}");
        }
        assert!(names_other("{\"provider\": {\"aws\": {}}}", "a.tf.json"));
    }
}
