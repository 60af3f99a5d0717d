//! One instance of `oci_kms_key` → its facts. Source for the arguments and the provider's treatment of them: oracle/oci 8.28.0,
//! `kms_key_resource.go`.

use super::refusals;
use super::relations::Relations;
use crate::base::secrecy;
use crate::base::{self, Address, Bounds, Case, Claim, Fact, InstanceKey, Place, Problem, ProblemKind, Reason, Span, Step, Unknown};
use crate::eval::{Data, EvalError, Type, Value, convert, references};
use crate::hcl::{Attribute, Block, Body, Expr};
use crate::key::{Declared, InputKind, KeyFacts, KeyId, Lifecycle, PlannedAction, ProtectionMode, Stage, Symbolic};
use crate::terraform::blocks::lifecycle::ignored;
use crate::terraform::facts::BlockReader;
use crate::terraform::scope::dynamic::{self, BlocksOfType, Nested};
use crate::terraform::world::frame::{BlockIterator, ResourceInstance};
use crate::terraform::world::instance::ResourceName;
use crate::terraform::world::refused::Refusals;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// A key to read.
pub(crate) struct KeyInstance<'a> {
    /// The resource.
    pub resource: &'a ResourceName,
    /// Its block.
    pub block: &'a Block,
    /// The instance key.
    pub key: Option<InstanceKey>,
    /// Set if it represents many instances.
    pub symbolic: Option<Symbolic>,
}

/// Reads the keys of a root, one after the other. Arguments that refer to neither `each` nor `count` are the same for all instances of a
/// block within a module instance, so they are read once, with the first instance.
pub(crate) struct KeyReader<'r> {
    root: &'r Arc<str>,
    relations: Relations,
    last: Option<SharedKeyFacts>,
}

/// The facts that all instances of a block within a module instance share.
struct SharedKeyFacts {
    /// The ID of the module instance.
    at: usize,
    /// The block.
    block: Span,
    /// The facts without the address. Parts that differ between instances are missing.
    facts: KeyFacts,
    /// Which parts differ between instances.
    is_per_instance: [bool; PARTS.len()],
    refusals: Rc<Refusals>,
}

/// A part of a key's facts.
struct KeyPart {
    /// The arguments and nested blocks that it is read from.
    names: &'static [&'static str],
    read: fn(&BlockReader<'_>, &Relations, &Body, &mut KeyFacts),
}

static PARTS: [KeyPart; 12] = [
    KeyPart {
        names: &["protection_mode"],
        read: |reader, _, body, facts| {
            let read = |text: &str| (!text.is_empty()).then(|| ProtectionMode::read(text));
            facts.protection_mode = reader.text(body.attribute("protection_mode"), &[], read);
        },
    },
    KeyPart {
        names: &["is_auto_rotation_enabled"],
        read: |reader, _, body, facts| {
            facts.rotation.enabled = reader.fact(body.attribute("is_auto_rotation_enabled"), &[], &Type::Bool, |value| Ok(value.as_bool()));
        },
    },
    KeyPart { names: &["auto_key_rotation_details"], read: |reader, _, body, facts| read_rotation(reader, body, facts) },
    KeyPart {
        names: &["desired_state"],
        read: |reader, _, body, facts| {
            let read = |text: &str| (!text.is_empty()).then(|| Lifecycle::read(text));
            facts.lifecycle = reader.text(body.attribute("desired_state"), &[], read);
        },
    },
    KeyPart {
        names: &["display_name"],
        read: |reader, _, body, facts| {
            facts.display_name = reader.text(body.attribute("display_name"), &[], non_empty);
            if facts.symbolic.is_some() {
                drop_name_with_wildcard(&mut facts.display_name);
            }
        },
    },
    KeyPart {
        names: &["compartment_id"],
        read: |reader, _, body, facts| facts.compartment = reader.text(body.attribute("compartment_id"), &[], non_empty),
    },
    KeyPart {
        names: &["freeform_tags", "defined_tags"],
        read: |reader, _, body, facts| {
            facts.hidden_tags = BTreeSet::new();
            facts.freeform_tags = read_tags(reader, body.attribute("freeform_tags"), &mut facts.hidden_tags);
            facts.defined_tags = read_tags(reader, body.attribute("defined_tags"), &mut facts.hidden_tags);
        },
    },
    KeyPart { names: &["key_shape"], read: |reader, _, body, facts| read_shape(reader, body, facts) },
    KeyPart {
        names: &["external_key_reference"],
        read: |reader, _, body, facts| {
            let reference = nested_blocks(reader, body, "external_key_reference");
            facts.external_key_reference =
                nested_fact(reader, &reference, "external_key_id", &Type::String, |value| Ok(non_empty_text(value)));
        },
    },
    KeyPart {
        names: &["restore_from_file", "restore_from_object_store"],
        read: |reader, _, body, facts| facts.restored = read_restored(reader, body),
    },
    KeyPart { names: &["management_endpoint"], read: |reader, relations, body, facts| relations.find_vault(reader, body, facts) },
    KeyPart {
        names: &["time_of_deletion", "restore_trigger"],
        // These are not facts of a key. They are read because Terraform would reject values of the wrong type.
        read: |reader, _, body, _| {
            let _: Fact<()> = reader.fact(body.attribute("time_of_deletion"), &[], &Type::String, |_| Ok(None));
            let _: Fact<()> = reader.fact(body.attribute("restore_trigger"), &[], &Type::Bool, |_| Ok(None));
        },
    },
];

impl<'r> KeyReader<'r> {
    /// A reader for the keys of a root.
    pub(crate) fn new(root: &'r Arc<str>, relations: Relations) -> Self {
        Self { root, relations, last: None }
    }

    /// The facts of one key.
    pub(crate) fn facts(&mut self, reader: &BlockReader<'_>, key: &KeyInstance<'_>) -> Box<KeyFacts> {
        let KeyInstance { resource, block, .. } = key;
        let is_same = |shared: &SharedKeyFacts| shared.at == reader.at.id && shared.block == block.span;
        let shared = self.last.take().filter(is_same).unwrap_or_else(|| self.shared_facts(reader, key));
        let (is_per_instance, refusals) = (shared.is_per_instance, Rc::clone(&shared.refusals));
        let mut facts = match key.key {
            Some(_) => Box::new(self.last.insert(shared).facts.clone()),
            // Without an instance key, there is no other instance.
            None => Box::new(shared.facts),
        };
        facts.id.address = crate::terraform::world::instance::address(reader.at, false, &resource.kind, &resource.name, key.key.as_ref());
        let (modules, kind, name) = (Arc::clone(&reader.at.steps), Arc::clone(&resource.kind), Arc::clone(&resource.name));
        facts.address = Some(Address { modules, data: false, kind, name, key: key.key.clone() });
        self.read_parts(reader, block, is_per_instance, &mut facts);
        crate::terraform::facts::conditions::check_resource(
            reader,
            ResourceInstance { world: reader.world, at: reader.at, resource, block, key: key.key.as_ref(), each: reader.each },
        );
        self.relations.add_to(&mut facts);
        apply_refusals(&refusals, &mut facts);
        facts
    }

    /// Reads the facts that all instances of a key's block share.
    fn shared_facts(&self, reader: &BlockReader<'_>, key: &KeyInstance<'_>) -> SharedKeyFacts {
        let KeyInstance { resource, block, .. } = key;
        let id = KeyId { root: Arc::clone(self.root), inputs: None, address: String::new(), input: InputKind::Hcl };
        let mut facts = KeyFacts::without_address(id, Stage::Declared, PlannedAction::Unknown, Place::Source(block.header));
        facts.source_root = Some(Arc::clone(self.root));
        let ignore_changes = ignored(&block.body);
        facts.declared = Declared { block: Some(Place::Source(block.span)), calls: Arc::clone(&reader.at.calls), ignore_changes };
        facts.symbolic.clone_from(&key.symbolic);
        let refusals = refusals::check_block(reader, &resource.kind, &resource.name, block);
        let is_per_instance = PARTS.each_ref().map(|part| key.key.is_some() && part.is_per_instance(&block.body));
        self.read_parts(reader, block, is_per_instance.map(|is_per_instance| !is_per_instance), &mut facts);
        SharedKeyFacts { at: reader.at.id, block: block.span, facts, is_per_instance, refusals }
    }

    /// Reads the parts with `true` in `is_wanted`.
    fn read_parts(&self, reader: &BlockReader<'_>, block: &Block, is_wanted: [bool; PARTS.len()], facts: &mut KeyFacts) {
        for (part, _) in PARTS.iter().zip(is_wanted).filter(|(_, is_wanted)| *is_wanted) {
            (part.read)(reader, &self.relations, &block.body, facts);
        }
    }
}

impl KeyPart {
    /// Whether the part may differ between the instances of a block.
    fn is_per_instance(&self, body: &Body) -> bool {
        let is_of_part = |block: &&Block| {
            let label = block.labels.first().filter(|_| &*block.kind.text == "dynamic");
            self.names.contains(&&**label.map_or(&block.kind.text, |label| &label.text))
        };
        let mut attributes = self.names.iter().filter_map(|name| body.attribute(name));
        attributes.any(|attribute| refers_to_instance(&attribute.value))
            || body.blocks.iter().filter(is_of_part).any(has_instance_reference)
    }
}

/// Whether a nested block refers to `each` or `count`.
fn has_instance_reference(block: &Block) -> bool {
    block.body.attributes.iter().any(|attribute| refers_to_instance(&attribute.value))
        || block.body.blocks.iter().any(has_instance_reference)
}

/// Whether an expression refers to `each` or `count`.
fn refers_to_instance(expr: &Expr) -> bool {
    references(expr).iter().any(|reference| matches!(&**reference.root, "each" | "count"))
}

/// Makes the facts unknown that are affected by a fault of the block.
fn apply_refusals(refusals: &Refusals, facts: &mut KeyFacts) {
    if refusals.is_empty() {
        return;
    }
    let KeyFacts { rotation, shape, .. } = facts;
    refusals.guard("is_auto_rotation_enabled", &mut rotation.enabled);
    refusals.guard("rotation_interval_in_days", &mut rotation.interval_days);
    refusals.guard("time_of_schedule_start", &mut rotation.start);
    refusals.guard("algorithm", &mut shape.algorithm);
    refusals.guard("length", &mut shape.length);
    refusals.guard("curve_id", &mut shape.curve);
    refusals.guard("protection_mode", &mut facts.protection_mode);
    refusals.guard("desired_state", &mut facts.lifecycle);
    refusals.guard("external_key_id", &mut facts.external_key_reference);
    refusals.guard("management_endpoint", &mut facts.vault_type);
    refusals.guard("display_name", &mut facts.display_name);
    refusals.guard("compartment_id", &mut facts.compartment);
}

/// Makes the name of an instance that represents many unknown if it contains the instance key, which is `*` here.
fn drop_name_with_wildcard(name: &mut Fact<String>) {
    if let Claim::Unknown(unknown) = &mut name.claim
        && matches!(&unknown.bounds, Bounds::Default { value: Some(text), .. } if text.contains('*'))
    {
        **unknown = Unknown { why: "the name depends on the key of the instance".into(), bounds: Bounds::Anything };
    }
}

/// The text, or `None` if it is empty: the provider's SDK treats "" as unset.
fn non_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn non_empty_text(value: &Value) -> Option<String> {
    value.as_str().and_then(non_empty)
}

/// The nested blocks of a type; `None` if Terraform would reject them.
struct NestedBlocks<'b> {
    blocks: Option<BlocksOfType<'b>>,
}

/// Finds the nested blocks of a type. Reports everything that Terraform would reject.
fn nested_blocks<'b>(reader: &BlockReader<'_>, body: &'b Body, kind: &str) -> NestedBlocks<'b> {
    match dynamic::blocks(&reader.frame(), body, kind) {
        Ok(blocks) => {
            if let [_, second, ..] = blocks.blocks.as_slice() {
                let message = format!("at most one `{kind}` block is allowed");
                reader.problems.add(Problem::new(ProblemKind::Refused, message).at(dynamic::place(second)));
                return NestedBlocks { blocks: None };
            }
            NestedBlocks { blocks: Some(blocks) }
        }
        Err(error) => {
            reader.problems.add_refused(&error);
            NestedBlocks { blocks: None }
        }
    }
}

/// The fact of an argument of a nested block.
fn nested_fact<T: Clone>(
    reader: &BlockReader<'_>,
    found: &NestedBlocks<'_>,
    name: &str,
    ty: &Type,
    read: impl Fn(&Value) -> Result<Option<T>, Reason>,
) -> Fact<T> {
    let Some(blocks) = &found.blocks else { return Fact::rejected("Terraform would reject the block it is in") };
    let fact = match (blocks.blocks.first(), &blocks.unsure) {
        (Some(nested), _) => reader.fact(nested.body.attribute(name), &nested.iterators, ty, &read),
        (None, Some((for_each, span, nested))) => possible_fact(reader, for_each, *span, nested, name, ty, &read),
        (None, None) => Fact::unset(),
    };
    // A sensitive value that decides whether the block exists makes everything in the block sensitive.
    let fact = reader.hide_if_sensitive(Fact { sensitive: fact.sensitive || blocks.marks.is_secret(), ..fact });
    match fact.claim {
        // The caller decides whether the block exists.
        Claim::Known(_) | Claim::Unset if blocks.marks.by_caller => {
            let value = if let Claim::Known(value) = fact.claim { Some(value) } else { None };
            let input = name.to_owned();
            let why = "the caller of the module decides whether its block exists";
            Fact { claim: Claim::unknown(why, Bounds::Default { value, input }), ..fact }
        }
        _ => fact,
    }
}

/// The fact of an argument in a `dynamic` block whose `for_each` is unknown.
fn possible_fact<T: Clone>(
    reader: &BlockReader<'_>,
    for_each: &Value,
    span: Span,
    nested: &Nested<'_>,
    name: &str,
    ty: &Type,
    read: &impl Fn(&Value) -> Result<Option<T>, Reason>,
) -> Fact<T> {
    let trail = vec![Step::new(Place::Source(span), "decides whether the block exists")];
    let Some(unknown) = for_each.as_unknown() else { return Fact::unset() };
    let case = |possible: &crate::eval::Possible| {
        let entries = dynamic::entries(&possible.value)?;
        let value = match entries.into_iter().next() {
            None => None,
            Some((key, value)) => {
                let with_entry = |iterator: &BlockIterator| BlockIterator { key: key.clone(), value: value.clone(), ..iterator.clone() };
                let iterators: Vec<_> = nested.iterators.iter().map(with_entry).collect();
                match reader.fact(nested.body.attribute(name), &iterators, ty, read).claim {
                    Claim::Known(value) => Some(value),
                    Claim::Unset => None,
                    Claim::Unknown(_) => return None,
                }
            }
        };
        Some(Case { value, when: possible.when.to_string() })
    };
    let cases: Option<Vec<_>> = unknown.possible.iter().map(case).collect();
    let bounds = cases.filter(|cases| !cases.is_empty()).map_or(Bounds::Anything, Bounds::OneOf);
    Fact { claim: Claim::unknown(&unknown.why, bounds), ..Fact::unset() }.with_trail(trail)
}

fn read_rotation(reader: &BlockReader<'_>, body: &Body, facts: &mut KeyFacts) {
    let details = nested_blocks(reader, body, "auto_key_rotation_details");
    facts.rotation.interval_days = nested_fact(reader, &details, "rotation_interval_in_days", &Type::Number, |value| {
        let Some(number) = value.as_number() else { return Ok(None) };
        let days = if number.is_integer() { number.to_i64() } else { None };
        days.map(Some).ok_or_else(|| "it is not a whole number of days".into())
    });
    facts.rotation.start = nested_fact(reader, &details, "time_of_schedule_start", &Type::String, |value| {
        let Some(text) = non_empty_text(value) else { return Ok(None) };
        text.parse::<Timestamp>().map(Some).map_err(|_| "it is not an RFC 3339 time such as `2027-01-31T00:00:00Z`".into())
    });
    let block = details.blocks.as_ref().and_then(|blocks| blocks.blocks.first().or(blocks.unsure.as_ref().map(|(_, _, nested)| nested)));
    facts.rotation.block = block.map(dynamic::place);
    let absent = details.blocks.as_ref().filter(|_| facts.rotation.block.is_none()).and_then(|blocks| blocks.absent.as_ref());
    facts.rotation.absence_trail = absent.map(|(for_each, span)| reader.block_trail(for_each, *span)).unwrap_or_default();
}

/// Whether the key is restored from a backup. The provider then never sends a protection mode. Source: `kms_key_resource.go`.
fn read_restored(reader: &BlockReader<'_>, body: &Body) -> Fact<bool> {
    let mut restored = Fact::unset();
    for kind in ["restore_from_file", "restore_from_object_store"] {
        let found = nested_blocks(reader, body, kind);
        let Some(blocks) = &found.blocks else { return Fact::rejected(format!("Terraform would reject the `{kind}` block")) };
        let step = |place: Place| vec![Step::new(place, "the key is restored from this backup")];
        match (blocks.blocks.first(), &blocks.unsure) {
            (Some(nested), _) if blocks.marks.by_caller => {
                let why = format!("the caller of the module decides whether there is {} `{kind}` block", base::article(kind));
                let bounds = Bounds::Default { value: Some(true), input: kind.to_owned() };
                let fact = Fact { claim: Claim::unknown(why, bounds), ..Fact::unset() };
                restored = fact.with_trail(step(dynamic::place(nested)));
            }
            (Some(nested), _) => return Fact::known(true).with_trail(step(dynamic::place(nested))),
            (None, Some((for_each, _, nested))) => {
                let why = for_each.why().cloned().unwrap_or_else(|| "its `for_each` is unknown".into());
                restored = Fact::unknown(why).with_trail(step(dynamic::place(nested)));
            }
            (None, None) => {}
        }
    }
    restored
}

fn read_shape(reader: &BlockReader<'_>, body: &Body, facts: &mut KeyFacts) {
    let shape = nested_blocks(reader, body, "key_shape");
    let length = |value: &Value| Ok(value.as_number().and_then(crate::eval::Num::to_i64));
    facts.shape.algorithm = nested_fact(reader, &shape, "algorithm", &Type::String, |value| Ok(non_empty_text(value)));
    facts.shape.length = nested_fact(reader, &shape, "length", &Type::Number, length);
    facts.shape.curve = nested_fact(reader, &shape, "curve_id", &Type::String, |value| Ok(non_empty_text(value)));
}

/// Reads the known tags. Adds the names of tags whose values may not be shown to `hidden`.
fn read_tags(reader: &BlockReader<'_>, attribute: Option<&Attribute>, hidden: &mut BTreeSet<String>) -> BTreeMap<String, String> {
    let read = |attribute: &Attribute| {
        let value = reader.value(&attribute.value, &[])?;
        // Check that the value converts to the provider's type for tags, but keep the configured types.
        convert(value.clone(), &Type::map(Type::String)).map_err(|error| {
            EvalError::refused(format!("`{}` does not fit: {}", attribute.name.text, error.message), Some(attribute.value.span))
        })?;
        Ok(value)
    };
    let value = attribute.and_then(|attribute| match read(attribute) {
        Ok(value) => Some(value),
        Err(error) => {
            reader.problems.add_refused(&error);
            None
        }
    });
    let mut tags = BTreeMap::new();
    let Some((all, entries)) = value.as_ref().and_then(|value| Some((value.marks, value.as_mapping()?))) else { return tags };
    // The names may be secret as well.
    let may_show_name = |name: &str| !all.is_secret() && (!all.from_file || (!all.raw && !all.piece && secrecy::may_show_name(name)));
    for (key, value) in entries.iter().filter(|(key, _)| may_show_name(key)) {
        let text = match &value.data {
            Data::String(text) => text.to_string(),
            Data::Number(number) => number.to_string(),
            Data::Bool(value) => value.to_string(),
            _ => continue,
        };
        let marks = all.union(value.marks);
        if !secrecy::may_show(marks.is_secret(), marks.from_file, value.as_str().is_none()) {
            hidden.insert(key.to_string());
        }
        tags.insert(key.to_string(), text);
    }
    tags
}
