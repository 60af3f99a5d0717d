//! Resolves names in expressions: `var`, `local`, `module`, `data`, resources, `each`, `count`, `path`, `terraform`, iterators.

use super::descend;
use super::expand;
use super::resource;
use super::values;
use super::variables;
use crate::base::{InstanceKey, Span};
use crate::eval::{Data, Dialect, EvalError, FileAccess, Marks, RefStep, Scope, Type, Value};
use crate::hcl::Block;
use crate::terraform::blocks::subject::{NamedResource, Subject};
use crate::terraform::modules::module::{self, Resources};
use crate::terraform::schema::{self, Field, Nesting};
use crate::terraform::world::frame::{ClosedScope, Frame, ResourceInstance};
use crate::terraform::world::instance::{Each, Expansion, ResourceName};
use std::sync::Arc;

type Resolved = Result<(Value, usize), EvalError>;

impl Scope for Frame<'_> {
    fn resolve(&self, name: &str, span: Span, steps: &[RefStep<'_>]) -> Resolved {
        self.find(name, span, steps).map_err(|error| error.at(span))
    }

    fn check_declared(&self, name: &str, span: Span, steps: &[RefStep<'_>]) -> Result<(), EvalError> {
        if self.iterators.iter().any(|iterator| &*iterator.name == name) {
            return Ok(());
        }
        let module = &self.at.module;
        let has =
            |resources: &Resources, named: NamedResource<'_>| resources.get(named.kind).is_some_and(|all| all.contains_key(named.name));
        let subject = self.subject_of(name, steps);
        let is_declared = match subject {
            Subject::Variable(name) => module.variables.contains_key(name),
            Subject::Local(name) => module.locals.contains_key(name),
            Subject::Call(name) => module.calls.contains_key(name),
            Subject::Data(named) => has(&module.data, named),
            Subject::Managed(named) => has(&module.managed, named),
            Subject::Each(part) => self.each(part).is_ok(),
            Subject::Count(part) => self.count(part).is_ok(),
            Subject::Path(part) => self.path(part).is_ok(),
            Subject::Terraform(part) | Subject::Tofu(part) => self.terraform(part).is_ok(),
            Subject::Ephemeral => true,
            Subject::Itself | Subject::Incomplete(_) | Subject::Unknown => false,
        };
        if is_declared {
            self.check_attribute(subject, steps).map_err(|error| error.at(span))?;
        }
        if is_declared || !module.problems.is_empty() {
            return Ok(());
        }
        let text = self.world.tree.quote(span).map_or_else(|| "this name".to_owned(), |text| format!("`{text}`"));
        Err(refused(format!("{text} is not declared in this module")).at(span))
    }

    fn text(&self, span: Span) -> String {
        self.world.tree.text(span)
    }

    fn quote(&self, span: Span) -> Option<String> {
        self.world.tree.quote(span)
    }

    fn dialect(&self) -> Dialect {
        self.world.dialect
    }

    fn files(&self) -> &dyn FileAccess {
        &self.world.tree.files
    }

    fn is_builtin_provider(&self, name: &str) -> bool {
        self.at.module.is_builtin_provider(name)
    }
}

impl Frame<'_> {
    /// The subject of a reference. To Terraform, `tofu` is an ordinary resource type.
    fn subject_of<'n>(&self, first: &'n str, steps: &'n [RefStep<'_>]) -> Subject<'n> {
        match Subject::resolved(first, steps) {
            Subject::Tofu(name) if self.world.dialect != Dialect::OpenTofu => {
                Subject::Managed(NamedResource { kind: first, name, taken: 1 })
            }
            subject => subject,
        }
    }

    fn find(&self, name: &str, span: Span, steps: &[RefStep<'_>]) -> Resolved {
        if let Some(iterator) = self.iterators.iter().rev().find(|iterator| &*iterator.name == name) {
            let entries = [("key", &iterator.key), ("value", &iterator.value)];
            return match steps.first().and_then(step_name).and_then(|step| entries.iter().find(|(name, _)| **name == **step)) {
                Some((_, value)) => Ok(((*value).clone(), 1)),
                None => Ok((Value::object(entries.iter().map(|(name, value)| (Arc::from(*name), (*value).clone())).collect()), 0)),
            };
        }
        match self.subject_of(name, steps) {
            Subject::Variable(variable) => Ok((variables::value(self.world, self.at, variable)?, 1)),
            Subject::Local(local) => Ok((values::local(self.world, self.at, local)?, 1)),
            Subject::Each(part) => Ok((self.each(part)?, 1)),
            Subject::Count(part) => Ok((self.count(part)?, 1)),
            Subject::Path(part) => Ok((self.path(part)?, 1)),
            Subject::Terraform(part) | Subject::Tofu(part) => Ok((self.terraform(part)?, 1)),
            Subject::Call(call) => self.module(call, steps),
            Subject::Data(named) => self.resource(ResourceName::new(true, named), steps, named.taken),
            Subject::Managed(named) => self.resource(ResourceName::new(false, named), steps, named.taken),
            Subject::Ephemeral => {
                let value = Value::unknown(Type::Any, "ephemeral resources are read on every run");
                Ok((value.with_marks(Marks { ephemeral: true, ..Marks::NONE }), 2))
            }
            Subject::Itself => Err(refused("`self` is not allowed here")),
            Subject::Incomplete(missing) => Err(refused(format!("`{name}` must be followed by {missing}"))),
            Subject::Unknown => {
                let text = self.world.tree.quote(span).map_or_else(|| "this".to_owned(), |text| format!("`{text}`"));
                Err(refused(format!("{text} is not a reference: a resource type must be followed by a resource's name")))
            }
        }
    }

    fn each(&self, part: &str) -> Result<Value, EvalError> {
        match (self.each, part) {
            (Each::Element(key, _), "key") => Ok(key.clone()),
            (Each::Element(_, value), "value") => Ok(value.clone()),
            (_, "key" | "value") => Err(refused(format!("`each.{part}` may be used only in blocks with `for_each`"))),
            _ => Err(refused(format!("`each` has no attribute `{part}`"))),
        }
    }

    fn count(&self, part: &str) -> Result<Value, EvalError> {
        match (self.each, part) {
            (Each::Index(index), "index") => Ok(index.clone()),
            (_, "index") => Err(refused("`count.index` may be used only in blocks with `count`")),
            _ => Err(refused(format!("`count` has no attribute `{part}`"))),
        }
    }

    fn path(&self, part: &str) -> Result<Value, EvalError> {
        match part {
            "module" => Ok(Value::string(&self.at.directory)),
            "root" => Ok(Value::string(".")),
            "cwd" => {
                // Each root module is read as if Terraform ran in it. With `-chdir`, `path.cwd` is the original working directory.
                let (root, request) = (&self.world.tree.root, self.world.tree.loader.request);
                let cwd = request.started_in.as_ref().filter(|_| *root == request.cwd).unwrap_or(root);
                Ok(Value::string(cwd.to_string_lossy().replace('\\', "/")))
            }
            _ => Err(refused(format!("`path` has no attribute `{part}`"))),
        }
    }

    fn terraform(&self, part: &str) -> Result<Value, EvalError> {
        match part {
            "workspace" => Ok(match &self.world.workspace {
                Ok(name) => Value::string(name),
                Err(why) => Value::unknown(Type::String, why.clone()),
            }),
            // Ephemeral in Terraform, because a plan must not depend on it; false during a plan.
            "applying" => Ok(Value::bool(false).with_marks(Marks { ephemeral: true, ..Marks::NONE })),
            _ => Err(refused(format!("`terraform` has no attribute `{part}`"))),
        }
    }

    fn module(&self, name: &Arc<str>, steps: &[RefStep<'_>]) -> Resolved {
        let world = self.world;
        let Some(call) = self.at.module.calls.get(name) else {
            return Ok((values::undeclared(self.at, format!("there is no module call `{name}` in this module"))?, steps.len()));
        };
        if let Some(fault) = self.at.module.fault(module::DeclarationKind::Call, name) {
            return Err(fault);
        }
        let expansion = expand::call(world, self.at, name, call)?;
        if let Some((key, taken)) = selected_instance(&expansion, steps.get(1))
            && let Some(each) = expansion.each(key.as_ref())
        {
            let taken = 1 + taken;
            let Some(output) = steps.get(taken).and_then(step_name) else { return Ok((values::module(world, self.at, name, call)?, 1)) };
            return match descend::child(world, self.at, name, call, key.as_ref(), each) {
                // A module is an object of its outputs, so `try` can catch a missing one. Other invalid references are uncatchable.
                Ok(child) if !child.module.outputs.contains_key(output) && child.module.problems.is_empty() => {
                    Err(EvalError::new(format!("module `{}` has no output `{output}`", child.path), None))
                }
                Ok(child) => Ok((values::output(world, &child, output)?, taken + 1)),
                Err(why) => Ok((Value::unknown(Type::Any, why), steps.len())),
            };
        }
        Ok((values::module(world, self.at, name, call)?, 1))
    }

    /// Checks the attribute of a reference that is not evaluated, as Terraform does.
    fn check_attribute(&self, subject: Subject<'_>, steps: &[RefStep<'_>]) -> Result<(), EvalError> {
        let (data, named) = match subject {
            Subject::Data(named) => (true, named),
            Subject::Managed(named) => (false, named),
            _ => return Ok(()),
        };
        let resource = ResourceName::new(data, named);
        let resources = if data { &self.at.module.data } else { &self.at.module.managed };
        let mut rest = steps.get(named.taken..).unwrap_or_default();
        if let Some(block) = resources.get(named.kind).and_then(|all| all.get(named.name)) {
            self.check_instance(&resource, block, rest.first())?;
            if let [RefStep::Index(..), after @ ..] = rest
                && repetition_argument(block).is_some()
            {
                rest = after;
            }
        }
        let ([RefStep::Attr(attribute), rest @ ..], Some(schema)) = (rest, schema::of(data, named.kind)) else { return Ok(()) };
        match schema.fields.get(&attribute.text) {
            Some(field) => self.check_field(&attribute.text, field, rest),
            None => self.world.resources.unknown_attribute(&resource, &attribute.text, &schema).map_or(Ok(()), Err),
        }
    }

    /// Rejects an attribute of a resource with `count` or `for_each`, and an instance key of a resource without. Terraform reports both
    /// before evaluation, so `try` and `can` do not catch them.
    fn check_instance(&self, resource: &ResourceName, block: &Block, step: Option<&RefStep<'_>>) -> Result<(), EvalError> {
        let mode = if resource.data { "data." } else { "" };
        let name = format!("{mode}{}.{}", resource.kind, resource.name);
        match (repetition_argument(block), step) {
            (Some(argument), Some(RefStep::Attr(attribute))) => {
                let example = if argument == "count" { "0" } else { "each.key" };
                let message = format!(
                    "`{name}` has `{argument}`: its attributes belong to its instances, such as `{name}[{example}].{}`",
                    attribute.text
                );
                Err(refused(message).at(attribute.span))
            }
            (None, Some(RefStep::Index(_, span))) if is_constant_index(&self.world.tree.text(*span)) => {
                Err(refused(format!("`{name}` has neither `count` nor `for_each`, so it has no instance key")).at(*span))
            }
            _ => Ok(()),
        }
    }

    /// Checks the steps after a field against the schema. Terraform does so before evaluation, so `try` and `can` do not catch the error.
    /// Only constant steps are checked. Source: Terraform's `configschema`, `StaticValidateTraversal`.
    fn check_field(&self, name: &str, field: &Field, steps: &[RefStep<'_>]) -> Result<(), EvalError> {
        let block = match field {
            Field::Attribute(attribute) => return self.check_steps(attribute.ty.clone(), steps),
            Field::Block(block) => block,
        };
        let [first, rest @ ..] = steps else { return Ok(()) };
        let error = |step: &RefStep<'_>, message: String| Err(refused(message).at(span(step)));
        let inside = match (block.nesting, first) {
            (Nesting::Single, _) => steps,
            (_, RefStep::Index(_, span)) if !is_constant_index(&self.world.tree.text(*span)) => return Ok(()),
            (Nesting::Set, _) => {
                return error(first, format!("the blocks `{name}` are a set, whose elements have no index: use a `for` expression"));
            }
            (Nesting::List, RefStep::Attr(_)) => {
                return error(first, format!("the blocks `{name}` are a list: write `{name}[0]` and then the attribute"));
            }
            (Nesting::List | Nesting::Map, _) => rest,
        };
        match inside {
            [] => Ok(()),
            [RefStep::Attr(attribute), rest @ ..] => match block.fields.get(&attribute.text) {
                Some(field) => self.check_field(&attribute.text, field, rest),
                None => error(&RefStep::Attr(attribute), format!("`{name}` has no attribute `{}`", attribute.text)),
            },
            [RefStep::Index(_, index), ..] if !is_constant_index(&self.world.tree.text(*index)) => Ok(()),
            [index, ..] => error(index, format!("an attribute of `{name}` must be written with a dot")),
        }
    }

    /// Checks that a value of a type can have these steps.
    fn check_steps(&self, ty: Type, steps: &[RefStep<'_>]) -> Result<(), EvalError> {
        let mut ty = ty;
        for step in steps {
            let shown = match step {
                RefStep::Attr(name) => format!(".{}", name.text),
                RefStep::Index(_, span) => self.world.tree.text(*span),
            };
            if matches!(step, RefStep::Index(..)) && !is_constant_index(&shown) {
                return Ok(());
            }
            let next = match (&ty, step_name(step)) {
                (Type::Any | Type::Tuple(_), _) => return Ok(()),
                (Type::Object(attributes), Some(name)) => attributes.get(name).map(|attribute| attribute.ty.clone()),
                (Type::Map(element), _) => Some((**element).clone()),
                (Type::List(element), _) if matches!(step, RefStep::Index(..)) => Some((**element).clone()),
                _ => None,
            };
            let Some(next) = next else { return Err(refused(format!("a value of type {ty} has no `{shown}`")).at(span(step))) };
            ty = next;
        }
        Ok(())
    }

    /// Resolves a reference to a resource whose name takes the first `named` steps.
    fn resource(&self, resource: ResourceName, steps: &[RefStep<'_>], named: usize) -> Resolved {
        let world = self.world;
        let resources = if resource.data { &self.at.module.data } else { &self.at.module.managed };
        let Some(block) = resources.get(&resource.kind).and_then(|named| named.get(&resource.name)) else {
            let mode = if resource.data { "data source" } else { "resource" };
            let message = format!("there is no {mode} `{}.{}` in this module", resource.kind, resource.name);
            return Ok((values::undeclared(self.at, message)?, steps.len()));
        };
        let mode = if resource.data { "data." } else { "" };
        if let Some(fault) = self.at.module.fault(module::DeclarationKind::Resource, &format!("{mode}{}.{}", resource.kind, resource.name))
        {
            return Err(fault);
        }
        let expansion = expand::resource(world, self.at, &resource, block)?;
        let schema = schema::of(resource.data, &resource.kind);
        self.check_instance(&resource, block, steps.get(named))?;
        if let Some((key, taken)) = selected_instance(&expansion, steps.get(named))
            && let Some(each) = expansion.each(key.as_ref())
            && let Some(attribute) = steps.get(named + taken).and_then(step_name)
        {
            let instance = ResourceInstance { world, at: self.at, resource: &resource, block, key: key.as_ref(), each: &each };
            let taken = named + taken + 1;
            let after = steps.get(taken..).unwrap_or_default();
            let Some(schema) = schema else {
                let (value, more) = instance.attribute_without_schema(attribute, after)?;
                return Ok((value, taken + more));
            };
            if let Some(field) = schema.fields.get(attribute) {
                self.check_field(attribute, field, after)?;
            }
            return Ok((instance.attribute(attribute)?, taken));
        }
        Ok((resource::all_instances(world, self.at, &resource, block)?, named))
    }
}

/// The key of the instance that the step after a name selects, and the number of steps taken. `None` if the value of all instances must be
/// evaluated to find out.
fn selected_instance(expansion: &Expansion, step: Option<&RefStep<'_>>) -> Option<(Option<InstanceKey>, usize)> {
    let index = match step {
        // With other marks, index the value of all instances, which adds the marks of the index to the result.
        Some(RefStep::Index(value, _)) if value.marks == Marks::NONE || value.marks.by_caller => Some(&value.data),
        _ => None,
    };
    match (expansion, index) {
        (Expansion::One, _) => Some((None, 0)),
        (Expansion::Count(_), Some(Data::Number(number))) => Some((Some(InstanceKey::Number(number.to_string().parse().ok()?)), 1)),
        (Expansion::Count(_), Some(Data::String(text))) => Some((Some(InstanceKey::Number(text.parse().ok()?)), 1)),
        (Expansion::ForEach(_), Some(Data::String(text))) => Some((Some(expansion.shown_key(text)), 1)),
        (Expansion::ForEach(_), Some(Data::Number(number))) => Some((Some(expansion.shown_key(&number.to_string())), 1)),
        (Expansion::Symbolic { error: None, .. }, Some(_)) => Some((Some(InstanceKey::Any), 1)),
        _ => None,
    }
}

/// The argument that repeats a block: `count` or `for_each`.
fn repetition_argument(block: &Block) -> Option<&'static str> {
    ["count", "for_each"].into_iter().find(|argument| block.body.attribute(argument).is_some())
}

fn span(step: &RefStep<'_>) -> Span {
    match step {
        RefStep::Attr(name) => name.span,
        RefStep::Index(_, span) => *span,
    }
}

/// Whether the text of an index is a literal number or string: `[0]`, `.0`, `["a"]`.
fn is_constant_index(text: &str) -> bool {
    let inner = text.trim_start_matches(['.', '[']).trim_end_matches(']').trim();
    let is_text = inner.len() >= 2 && inner.starts_with('"') && inner.ends_with('"') && !inner.contains(['$', '%', '\\']);
    is_text && inner.matches('"').count() == 2 || !inner.is_empty() && inner.bytes().all(|byte| byte.is_ascii_digit())
}

/// The name of a `.name` or `["name"]` step.
fn step_name<'s>(step: &'s RefStep<'_>) -> Option<&'s Arc<str>> {
    match step {
        RefStep::Attr(name) => Some(&name.text),
        RefStep::Index(Value { data: Data::String(name), marks: Marks::NONE, .. }, _) => Some(name),
        RefStep::Index(..) => None,
    }
}

fn refused(message: impl Into<String>) -> EvalError {
    EvalError::refused(message.into(), None)
}

impl Scope for ClosedScope<'_> {
    fn resolve(&self, name: &str, span: Span, _: &[RefStep<'_>]) -> Resolved {
        Err(EvalError::refused(format!("`{name}` may not be referred to here"), Some(span)))
    }

    fn text(&self, span: Span) -> String {
        self.world.tree.text(span)
    }

    fn quote(&self, span: Span) -> Option<String> {
        self.world.tree.quote(span)
    }

    fn files(&self) -> &dyn FileAccess {
        &self.world.tree.files
    }
}
