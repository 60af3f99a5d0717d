//! Checks a resource's block for faults that Terraform rejects before it evaluates anything: arguments and blocks that the type does not
//! have. Determines which facts are unknown because of them.
//!
//! A name that is a misspelling, belongs elsewhere, or is a block instead of an argument or the reverse, is a mistake in every version of
//! the provider. Any other unknown name may exist in a newer version.

use crate::base::{self, Place, Problem, ProblemKind, Span, closest};
use crate::eval::{RefStep, Scope as _};
use crate::hcl::{Attribute, Block, Body, Expr, ExprKind, Name, TraversalStep};
use crate::key::{Notice, kinds};
use crate::terraform::blocks::constants::keyword;
use crate::terraform::facts::BlockReader;
use crate::terraform::modules::module::DeclarationKind;
use crate::terraform::schema::{self, Configurability, Field, Nesting, SchemaFields};
use crate::terraform::scope::descend;
use crate::terraform::scope::resource::body_of;
use crate::terraform::world::instance::Visit;
use crate::terraform::world::refused::Refusals;
use std::rc::Rc;
use std::sync::Arc;

/// The arguments that every resource block may have in addition to its type's own.
const META_ARGUMENTS: [&str; 4] = ["count", "for_each", "provider", "depends_on"];
/// The arguments and blocks that a misspelled name may mean.
const META_NAMES: [&str; 6] = ["count", "for_each", "provider", "depends_on", "lifecycle", "dynamic"];
/// The blocks that every resource block may have.
const META_BLOCKS: [&str; 4] = ["lifecycle", "connection", "provisioner", "_"];
/// The arguments and blocks of `lifecycle`, including OpenTofu's.
const LIFECYCLE: [&str; 9] = [
    "create_before_destroy",
    "prevent_destroy",
    "ignore_changes",
    "replace_triggered_by",
    "enabled",
    "destroy",
    "precondition",
    "postcondition",
    "action_trigger",
];
/// Top-level blocks. One within a resource means that a closing brace is missing before it.
const TOP_LEVEL: [&str; 6] = ["resource", "data", "module", "variable", "locals", "output"];
/// Common mistakes: the resource type, the wrong name, the correct name.
const ALIASES: [(&str, &str, &str); 21] = [
    (kinds::KEY, "protection_level", "protection_mode"),
    (kinds::KEY, "protection", "protection_mode"),
    (kinds::KEY, "protection_type", "protection_mode"),
    (kinds::KEY, "mode", "protection_mode"),
    (kinds::KEY, "key_protection_mode", "protection_mode"),
    (kinds::KEY, "auto_rotation", "is_auto_rotation_enabled"),
    (kinds::KEY, "enable_auto_rotation", "is_auto_rotation_enabled"),
    (kinds::KEY, "enable_key_rotation", "is_auto_rotation_enabled"),
    (kinds::KEY, "is_rotation_enabled", "is_auto_rotation_enabled"),
    (kinds::KEY, "rotation_enabled", "is_auto_rotation_enabled"),
    (kinds::KEY, "auto_rotation_details", "auto_key_rotation_details"),
    (kinds::KEY, "rotation_details", "auto_key_rotation_details"),
    (kinds::KEY, "rotation_interval", "rotation_interval_in_days"),
    (kinds::KEY, "rotation_days", "rotation_interval_in_days"),
    (kinds::KEY, "rotation_period", "rotation_interval_in_days"),
    (kinds::KEY, "rotation_period_in_days", "rotation_interval_in_days"),
    (kinds::KEY, "interval_in_days", "rotation_interval_in_days"),
    (kinds::KEY, "external_key_id", "external_key_reference"),
    (kinds::KEY, "vault_management_endpoint", "management_endpoint"),
    (kinds::VAULT, "type", "vault_type"),
    (kinds::VAULT, "vault", "vault_type"),
];

/// Replaces the body of a block that is not checked.
static EMPTY: Body = Body { attributes: Vec::new(), blocks: Vec::new() };

/// Checks the block of a visited instance. Each fault is reported once.
pub(super) fn check_visit(reader: &BlockReader<'_>, visit: &Visit<'_>) -> Rc<Refusals> {
    check_block(reader, &visit.resource.kind, &visit.resource.name, visit.block)
}

/// Checks a resource's block. Each fault is reported once.
pub(super) fn check_block(reader: &BlockReader<'_>, kind: &str, name: &str, block: &Block) -> Rc<Refusals> {
    reader.world.resources.refusals(block.header, || {
        let mut found = Refusals::default();
        if let Some(fault) = reader.at.module.fault(DeclarationKind::Resource, &format!("{kind}.{name}")) {
            let span = fault.span.unwrap_or(block.header);
            reader.problems.add_certain(Problem::new(ProblemKind::Refused, fault.message.clone()).at(Place::Source(span)));
            found.all = Some((fault.message, span));
        }
        if let Some(schema) = schema::of(false, kind) {
            let mut check = RefusalCheck { reader, kind, top: &schema.fields, is_overridden: block.is_overridden, found };
            check.check_body(&schema.fields, &block.body, None);
            found = check.found;
        }
        check_depends_on(reader, &block.body);
        check_provider(reader, &block.body);
        found.all = check_cycle(reader, &format!("{kind}.{name}")).or(found.all.take());
        found
    })
}

/// Reports a `provider` argument with a configuration of the oci provider that the module neither declares nor gets from its callers.
fn check_provider(reader: &BlockReader<'_>, body: &Body) {
    let module = &reader.at.module;
    let Some(value) = body.attribute("provider").map(|attribute| &attribute.value) else { return };
    let alias: Option<&str> = match &value.kind {
        ExprKind::String(text) => text.strip_prefix("oci."),
        _ => match reference(value) {
            Some((root, names)) if **root == *"oci" => names.first().map(|name| &*name.text),
            _ => None,
        },
    };
    let Some(alias) = alias.filter(|alias| module.problems.is_empty() && !module.has_configuration(alias)) else { return };
    let message = format!("there is no configuration `oci.{alias}` of the provider in this module, and none is passed to it");
    reader.problems.add_certain(Problem::new(ProblemKind::Refused, message).at(Place::Source(value.span)));
}

/// Reports the cycle of references that a resource or module call is in. Returns its message and place.
pub(super) fn check_cycle(reader: &BlockReader<'_>, name: &str) -> Option<(String, Span)> {
    let order = descend::order(reader.world, reader.at);
    let cycle = order.cycle(name)?;
    let problem = Problem::new(ProblemKind::Structure, cycle.message.clone()).at(Place::Source(cycle.span));
    reader.problems.add_certain(problem.help("Remove one of the references: Terraform cannot order what depends on itself."));
    Some((cycle.message.clone(), cycle.span))
}

/// Reports entries of `depends_on` that are not references to declared resources, data sources or modules.
pub(super) fn check_depends_on(reader: &BlockReader<'_>, body: &Body) {
    let Some(value) = body.attribute("depends_on").map(|attribute| &attribute.value) else { return };
    let add_problem = |span: Span, message: &str| {
        reader.problems.add_certain(Problem::new(ProblemKind::Refused, message).at(Place::Source(span)));
    };
    let ExprKind::Tuple(items) = &value.kind else {
        return add_problem(value.span, "`depends_on` must be a list of references");
    };
    // Quoted references, the syntax of Terraform 0.11, only cause a warning.
    for item in items.iter().filter(|item| !matches!(item.kind, ExprKind::String(_))) {
        match plain_reference(item) {
            None => add_problem(item.span, "`depends_on` takes references to resources, data sources and modules only"),
            Some((root, steps)) if names_attribute(root, steps) => {
                add_problem(item.span, "`depends_on` takes references to resources, data sources and modules, not to their attributes");
            }
            Some(_) => {}
        }
    }
    check_declared(reader, items);
}

/// The root and steps of an expression that is a reference without splats and computed indexes.
fn plain_reference(expr: &Expr) -> Option<(&Arc<str>, &[TraversalStep])> {
    let (root, steps) = match &expr.kind {
        ExprKind::Variable(name) => (name, [].as_slice()),
        ExprKind::Traversal(base, steps) => (if let ExprKind::Variable(root) = &base.kind { root } else { return None }, steps.as_slice()),
        _ => return None,
    };
    let is_plain = |step: &TraversalStep| match step {
        TraversalStep::Attr(_) | TraversalStep::LegacyIndex(..) => true,
        TraversalStep::Index(index, _) => matches!(index.kind, ExprKind::String(_) | ExprKind::Number(_)),
        TraversalStep::FullSplat(_) | TraversalStep::AttrSplat(_) => false,
    };
    steps.iter().all(is_plain).then_some((root, steps))
}

/// Whether a reference names an attribute of a resource or data source.
fn names_attribute(root: &str, steps: &[TraversalStep]) -> bool {
    let named = match root {
        "data" | "resource" => 2,
        "var" | "local" | "module" | "path" | "terraform" | "each" | "count" | "self" => return false,
        _ => 1,
    };
    let rest = steps.get(named..).unwrap_or_default();
    let after = match rest {
        [TraversalStep::Index(..) | TraversalStep::LegacyIndex(..), after @ ..] => after,
        rest => rest,
    };
    !after.is_empty()
}

/// Reports references to undeclared names.
fn check_declared(reader: &BlockReader<'_>, items: &[Expr]) {
    let frame = reader.frame();
    for item in items {
        if let Some((root, steps)) = reference(item)
            && let Err(error) = frame.check_declared(root, item.span, &steps.iter().map(|name| RefStep::Attr(name)).collect::<Vec<_>>())
        {
            reader
                .problems
                .add_certain(Problem::new(ProblemKind::Refused, error.message).at(Place::Source(error.span.unwrap_or(item.span))));
        }
    }
}

/// The root and attribute names of a reference, up to the first index or splat.
fn reference(expr: &Expr) -> Option<(&Arc<str>, Vec<&Name>)> {
    match &expr.kind {
        ExprKind::Variable(name) => Some((name, Vec::new())),
        ExprKind::Traversal(base, steps) => {
            let ExprKind::Variable(root) = &base.kind else { return None };
            let names = steps.iter().map_while(|step| if let TraversalStep::Attr(name) = step { Some(name) } else { None });
            Some((root, names.collect()))
        }
        _ => None,
    }
}

/// The kind of an unknown name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum UnknownName {
    Argument,
    Block,
}

/// Checks one resource's block against its schema.
struct RefusalCheck<'a> {
    reader: &'a BlockReader<'a>,
    kind: &'a str,
    top: &'a SchemaFields,
    is_overridden: bool,
    found: Refusals,
}

impl RefusalCheck<'_> {
    /// Checks a body: that of the resource, or of the nested block `within`.
    fn check_body(&mut self, fields: &SchemaFields, body: &Body, within: Option<&str>) {
        for attribute in &body.attributes {
            if within.is_some() || !META_ARGUMENTS.contains(&&*attribute.name.text) {
                self.check_attribute(fields, attribute, within);
            }
        }
        let mut lifecycles = 0;
        for block in &body.blocks {
            match &*block.kind.text {
                kind if TOP_LEVEL.contains(&kind) && !fields.contains_key(kind) => {
                    let message = format!(
                        "{} `{kind}` block cannot be within a resource: a closing brace may be missing before it",
                        base::article(kind)
                    );
                    self.add_problem(block.header, message, &[]);
                }
                kind if within.is_none() && META_ARGUMENTS.contains(&kind) => {
                    self.add_problem(block.kind.span, format!("`{kind}` is an argument, not a block: write `{kind} = …`"), &[]);
                }
                "lifecycle" if within.is_none() => {
                    lifecycles += 1;
                    if lifecycles > 1 {
                        self.add_problem(block.header, "at most one `lifecycle` block is allowed".to_owned(), &[]);
                    }
                    self.check_lifecycle(&block.body);
                }
                "dynamic" => self.check_dynamic(fields, block, within),
                kind if within.is_none() && META_BLOCKS.contains(&kind) => {}
                _ => self.check_block(fields, &block.kind, &block.body, block.labels.first(), within),
            }
        }
    }

    fn check_attribute(&mut self, fields: &SchemaFields, attribute: &Attribute, within: Option<&str>) {
        let name = &attribute.name;
        if within.is_none() && matches!(&*name.text, "lifecycle" | "connection" | "provisioner" | "dynamic") {
            return self.add_problem(name.span, format!("`{}` is a block: remove the `=`", name.text), &[]);
        }
        match fields.get(&name.text) {
            Some(Field::Attribute(field)) => {
                // Null counts as unset, even for an argument that cannot be set.
                if field.configurability == Configurability::Computed && !matches!(attribute.value.kind, ExprKind::Null) {
                    let hint = if &*name.text == "vault_id" { "; the vault is chosen by `management_endpoint`" } else { "" };
                    self.add_problem(name.span, format!("`{}` is set by the provider and cannot be configured{hint}", name.text), &[]);
                }
            }
            Some(Field::Block(field)) if self.reader.world.tree.is_json(name.span.source) => {
                let items = match &attribute.value.kind {
                    ExprKind::Null => return,
                    ExprKind::Tuple(items) => items.as_slice(),
                    _ => std::slice::from_ref(&attribute.value),
                };
                match items.iter().map(body_of).collect::<Option<Vec<_>>>() {
                    Some(bodies) => bodies.iter().for_each(|body| self.check_body(&field.fields, body, Some(&name.text))),
                    None => {
                        let message = format!("`{}` is a block: it must be an object, or an array of objects", name.text);
                        self.add_problem(attribute.value.span, message, &members(&name.text, fields));
                    }
                }
            }
            Some(Field::Block(_)) => {
                let message = format!("`{}` is a block: remove the `=`", name.text);
                self.add_unexpected(name.span, message, &members(&name.text, fields), within);
            }
            None => self.add_unknown(fields, name, UnknownName::Argument, within),
        }
    }

    fn check_block(&mut self, fields: &SchemaFields, kind: &Name, body: &Body, label: Option<&Name>, within: Option<&str>) {
        match fields.get(&kind.text) {
            Some(Field::Block(field)) => {
                if let Some(label) = label.filter(|_| field.nesting != Nesting::Map) {
                    self.add_problem(
                        label.span,
                        format!("{} `{}` block has no labels", base::article(&kind.text), kind.text),
                        &members(&kind.text, fields),
                    );
                }
                self.check_body(&field.fields, body, Some(&kind.text));
            }
            Some(Field::Attribute(_)) => {
                let message = format!("`{0}` is an argument, not a block: write `{0} = …`", kind.text);
                self.add_unexpected(kind.span, message, &[Arc::clone(&kind.text)], within);
            }
            None => self.add_unknown(fields, kind, UnknownName::Block, within),
        }
    }

    /// Checks the label and content of a `dynamic` block. Faults of its own arguments are reported when it is expanded.
    fn check_dynamic(&mut self, fields: &SchemaFields, block: &Block, within: Option<&str>) {
        let Some(label) = block.labels.first() else {
            return self.add_problem(block.header, "a `dynamic` block needs a label: the type of the blocks it makes".to_owned(), &[]);
        };
        if within.is_none() && META_BLOCKS.contains(&&*label.text) {
            return self.add_problem(label.span, format!("a `dynamic` block cannot make `{}` blocks", label.text), &[]);
        }
        if block.body.blocks_of("content").next().is_none() {
            return self.check_block(fields, label, &EMPTY, None, within);
        }
        // Terraform checks the content once for each generated block, so not at all if there are none.
        let bodies = block.body.blocks_of("content").map(|content| &content.body);
        let is_empty = within.is_none() && self.is_empty_dynamic(block);
        for body in bodies {
            self.check_block(fields, label, if is_empty { &EMPTY } else { body }, None, within);
        }
    }

    /// Whether a `dynamic` block certainly generates no blocks.
    fn is_empty_dynamic(&self, block: &Block) -> bool {
        let for_each = block.body.attribute("for_each").map(|attribute| self.reader.value(&attribute.value, &[]));
        let Some(Ok(value)) = for_each else { return false };
        crate::terraform::scope::dynamic::entries(&value).is_some_and(|entries| entries.is_empty())
    }

    fn check_lifecycle(&mut self, body: &Body) {
        let names = body.attributes.iter().map(|attribute| &attribute.name).chain(body.blocks.iter().map(|block| &block.kind));
        for name in names.filter(|name| !LIFECYCLE.contains(&&*name.text)) {
            if let Some(near) = closest(&name.text, LIFECYCLE) {
                self.add_problem(name.span, format!("unsupported argument `{}` in `lifecycle`; did you mean `{near}`?", name.text), &[]);
            }
        }
        self.check_ignore_changes(body);
        if let Some(ExprKind::Tuple(items)) = body.attribute("replace_triggered_by").map(|attribute| &attribute.value.kind) {
            check_declared(self.reader, items);
        }
    }

    /// Reports names in `ignore_changes` that the type does not have.
    fn check_ignore_changes(&mut self, body: &Body) {
        let Some(value) = body.attribute("ignore_changes").map(|attribute| &attribute.value) else { return };
        let ExprKind::Tuple(items) = &value.kind else {
            if keyword(value).is_none_or(|word| &*word != "all") {
                self.add_problem(value.span, "`ignore_changes` must be a list of attribute names, or `all`".to_owned(), &[]);
            }
            return;
        };
        for item in items {
            let name: &str = match &item.kind {
                ExprKind::String(text) => text.split(['.', '[']).next().unwrap_or_default(),
                _ => reference(item).map_or("", |(name, _)| name),
            };
            if name.is_empty() || self.top.contains_key(name) {
                continue;
            }
            let near = closest(name, self.top.keys().map(|name| &**name));
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            if near.is_some() || self.reader.world.resources.is_pinned() {
                self.add_problem(item.span, format!("`{name}` in `ignore_changes` is not an attribute of `{}`{hint}", self.kind), &[]);
            }
        }
    }

    /// Reports a name that the type does not have.
    fn add_unknown(&mut self, fields: &SchemaFields, name: &Name, kind: UnknownName, within: Option<&str>) {
        let what = if kind == UnknownName::Block { "block" } else { "argument" };
        let text = &*name.text;
        if let Some((target, hint)) = self.suggest(fields, text, within) {
            let affected = members(&target, self.top);
            return self.add_unexpected(name.span, format!("unsupported {what} `{text}`; {hint}"), &affected, within);
        }
        let place = within.map_or_else(|| format!("`{}`", self.kind), |within| format!("`{within}` of `{}`", self.kind));
        let message = format!("unsupported {what} `{text}`: {place} does not have it");
        if self.reader.world.resources.is_pinned() {
            return self.add_unexpected(name.span, message, &[], within);
        }
        let version = schema::version();
        let message =
            format!("{place} does not have the {what} `{text}` in version {version} of the provider, but may have it in a newer one");
        self.reader.problems.add_notice(Notice { kind: "unknown-argument", message, place: Some(Place::Source(name.span)) });
    }

    /// The known name that an unknown one probably means, and a hint for the message.
    fn suggest(&self, fields: &SchemaFields, text: &str, within: Option<&str>) -> Option<(Arc<str>, String)> {
        let did_you_mean = |target: &str| (Arc::from(target), format!("did you mean `{target}`?"));
        let belongs = |target: &str, block: &str| (Arc::from(target), format!("`{target}` belongs in the block `{block}`"));
        let block_with = |name: &str| {
            let if_has_name = |(block, field): (&Arc<str>, &Field)| match field {
                Field::Block(field) if field.fields.contains_key(name) => Some(Arc::clone(block)),
                _ => None,
            };
            self.top.iter().find_map(if_has_name)
        };
        if let Some(within) = within {
            if self.top.contains_key(text) {
                return Some((text.into(), format!("it belongs outside of the block `{within}`")));
            }
        } else if let Some(block) = block_with(text) {
            return Some((text.into(), format!("it belongs in the block `{block}`")));
        }
        let alias = ALIASES.iter().find(|(kind, alias, target)| *kind == self.kind && *alias == text && *target != text);
        if let Some((.., target)) = alias {
            let is_here = fields.contains_key(*target);
            let block = block_with(target).filter(|_| !is_here && within.is_none());
            return Some(block.map_or_else(|| did_you_mean(target), |block| belongs(target, &block)));
        }
        let meta: &[&str] = if within.is_none() { &META_NAMES } else { &[] };
        if let Some(near) = closest(text, fields.keys().map(|name| &**name).chain(meta.iter().copied())) {
            return Some(did_you_mean(near));
        }
        if within.is_none() {
            let blocks = self.top.values().filter_map(|field| if let Field::Block(block) = field { Some(block) } else { None });
            let near = closest(text, blocks.flat_map(|block| block.fields.keys().map(|name| &**name)))?;
            return block_with(near).map(|block| belongs(near, &block));
        }
        None
    }

    /// Reports a name that Terraform does not expect. In the top-level body of a block that an override file changes, it only causes a
    /// notice: Terraform takes the names that it knows from both bodies and ignores the rest (`MergeBodies`).
    fn add_unexpected(&mut self, span: Span, message: String, fields: &[Arc<str>], within: Option<&str>) {
        if !self.is_overridden || within.is_some() {
            return self.add_problem(span, message, fields);
        }
        let message = format!("Terraform ignores this without an error, because an override file changes the block: {message}");
        self.reader.problems.add_notice(Notice { kind: "ignored-argument", message, place: Some(Place::Source(span)) });
    }

    /// Reports a problem, and marks the fields that are unknown because of it.
    fn add_problem(&mut self, span: Span, message: String, fields: &[Arc<str>]) {
        for field in fields {
            self.found.fields.entry(Arc::clone(field)).or_insert_with(|| (message.clone(), span));
        }
        self.reader.problems.add_certain(Problem::new(ProblemKind::Refused, message).at(Place::Source(span)));
    }
}

/// The name of a field and, if it is a block, the names of its fields.
fn members(name: &str, fields: &SchemaFields) -> Vec<Arc<str>> {
    let mut names = vec![Arc::from(name)];
    if let Some(Field::Block(block)) = fields.get(name) {
        names.extend(block.fields.keys().cloned());
    }
    names
}
