//! Override files: how Terraform merges a block into the one it overrides. Source: "Override Files", Terraform's language documentation.

use crate::hcl::{Attribute, Block};

/// Merges `over` into `base`: attributes one by one, nested blocks replaced by type, `lifecycle` attribute by attribute.
pub(crate) fn merge(base: &mut Block, mut over: Block) {
    // A block with both is in error before anything overrides it.
    if repeated_twice(base).is_some() {
        over.body.attributes.retain(|attribute| !matches!(&*attribute.name.text, "count" | "for_each"));
    }
    base.is_overridden = true;
    merge_attributes(&mut base.body.attributes, over.body.attributes);
    let (lifecycle, blocks): (Vec<_>, Vec<_>) = over.body.blocks.into_iter().partition(|block| &*block.kind.text == "lifecycle");
    let replaced: Vec<String> = blocks.iter().map(|block| made(block).to_owned()).collect();
    base.body.blocks.retain(|block| !replaced.iter().any(|kind| kind == made(block)));
    base.body.blocks.extend(blocks);
    for block in lifecycle {
        match base.body.blocks.iter_mut().find(|own| &*own.kind.text == "lifecycle") {
            Some(own) => merge_attributes(&mut own.body.attributes, block.body.attributes),
            None => base.body.blocks.push(block),
        }
    }
}

/// `count` and `for_each` where one block has both. Terraform looks for them before it merges: where an override file adds the other one,
/// `count` wins.
pub(crate) fn repeated_twice(block: &Block) -> Option<(&Attribute, &Attribute)> {
    let both = block.body.attribute("count").zip(block.body.attribute("for_each"));
    both.filter(|(count, for_each)| count.name.span.source == for_each.name.span.source)
}

/// The type of the blocks a block makes: its own, or what a `dynamic` block is labelled with.
fn made(block: &Block) -> &str {
    match block.labels.first() {
        Some(label) if &*block.kind.text == "dynamic" => &label.text,
        _ => &block.kind.text,
    }
}

fn merge_attributes(base: &mut Vec<Attribute>, over: Vec<Attribute>) {
    for attribute in over {
        match base.iter_mut().find(|own| own.name.text == attribute.name.text) {
            Some(own) => *own = attribute,
            None => base.push(attribute),
        }
    }
}
