//! Override files: merges a block into the one that it overrides. Source: "Override Files" in Terraform's language documentation.

use crate::hcl::{Attribute, Block};

/// Merges `overriding` into `base`: attributes are replaced one by one, nested blocks by type, and `lifecycle` attribute by attribute.
pub(crate) fn merge(base: &mut Block, mut overriding: Block) {
    // Terraform reports a block with both before it merges, so keep both for the error.
    if repeated_twice(base).is_some() {
        overriding.body.attributes.retain(|attribute| !matches!(&*attribute.name.text, "count" | "for_each"));
    }
    base.is_overridden = true;
    merge_attributes(&mut base.body.attributes, overriding.body.attributes);
    let (lifecycle, blocks): (Vec<_>, Vec<_>) = overriding.body.blocks.into_iter().partition(|block| &*block.kind.text == "lifecycle");
    let replaced: Vec<String> = blocks.iter().map(|block| generated_type(block).to_owned()).collect();
    base.body.blocks.retain(|block| !replaced.iter().any(|kind| kind == generated_type(block)));
    base.body.blocks.extend(blocks);
    for block in lifecycle {
        match base.body.blocks.iter_mut().find(|existing| &*existing.kind.text == "lifecycle") {
            Some(existing) => merge_attributes(&mut existing.body.attributes, block.body.attributes),
            None => base.body.blocks.push(block),
        }
    }
}

/// `count` and `for_each` of a block with both. Terraform checks this before it merges override files; if an override file adds the other
/// argument, there is no error and `count` wins.
pub(crate) fn repeated_twice(block: &Block) -> Option<(&Attribute, &Attribute)> {
    let both = block.body.attribute("count").zip(block.body.attribute("for_each"));
    both.filter(|(count, for_each)| count.name.span.source == for_each.name.span.source)
}

/// The type of a nested block: for a `dynamic` block, the type that it generates.
fn generated_type(block: &Block) -> &str {
    match block.labels.first() {
        Some(label) if &*block.kind.text == "dynamic" => &label.text,
        _ => &block.kind.text,
    }
}

fn merge_attributes(base: &mut Vec<Attribute>, overriding: Vec<Attribute>) {
    for attribute in overriding {
        match base.iter_mut().find(|existing| existing.name.text == attribute.name.text) {
            Some(existing) => *existing = attribute,
            None => base.push(attribute),
        }
    }
}
