//! Resources and data sources as values: combines the configuration with the provider's schema, as a plan does.
//!
//! Sources: terraform-plugin-sdk v2 (`helper/schema`: omitted arguments, maps with unknown elements, empty sets), Terraform's
//! `objchange.ProposedNew` and `configschema`.

use super::dynamic::{self, Nested};
use super::expand;
use super::time::passing;
use super::trails::through;
use super::values::combine_instances;
use crate::base::{Place, Step, StepKind};
use crate::eval::{Data, Drivers, EvalError, Marks, Members, Num, Possible, RefStep, ResourceRef, Type, UnknownValue, Value, convert};
use crate::hcl::{self, Block, Body, Expr, ExprKind};
use crate::terraform::schema::{self, Configurability, Field, NestedBlock, Nesting, Schema, SchemaAttribute, SchemaFields};
use crate::terraform::world::World;
use crate::terraform::world::frame::{BlockIterator, ResourceInstance};
use crate::terraform::world::instance::{ModuleInstance, ResourceName, address};
use crate::terraform::world::memo::MemoKey;
use std::rc::Rc;
use std::sync::Arc;

/// The body of an instance or of one of its nested blocks.
struct ResourceBody<'a> {
    body: &'a Body,
    /// The iterators of the `dynamic` blocks around it.
    iterators: &'a [BlockIterator],
    /// The path from the resource, `key_shape[0].`; empty for the resource's own body.
    path: &'a str,
}

impl ResourceInstance<'_> {
    /// The value of an attribute.
    pub(super) fn attribute(&self, name: &Arc<str>) -> Result<Value, EvalError> {
        let Some(schema) = schema::of(self.resource.data, &self.resource.kind) else {
            return self.attribute_without_schema(name, &[]).map(|(value, _)| value);
        };
        let Some(field) = schema.fields.get(name) else { return self.unknown_attribute(name, &schema) };
        let label = || format!("`{}.{name}`", self.address());
        let inside = ResourceBody { body: &self.block.body, iterators: &[], path: "" };
        // Most attributes are omitted. Computing those is faster than looking them up in the memo.
        if !is_configured(&inside, name, field) {
            let make = || self.field(&inside, name, field, &schema);
            let memo_key = || MemoKey::Argument(self.at.id, self.resource.clone(), self.key.cloned(), Arc::clone(name));
            return if is_output_of_data(self.resource, name) { self.world.memo.combine_once(memo_key(), make) } else { make() };
        }
        self.world.memo.evaluate_once(
            MemoKey::Argument(self.at.id, self.resource.clone(), self.key.cloned(), Arc::clone(name)),
            label,
            || self.field(&inside, name, field, &schema),
        )
    }

    /// The value of an attribute that the schema does not have.
    fn unknown_attribute(&self, name: &Arc<str>, schema: &Schema) -> Result<Value, EvalError> {
        match self.world.resources.unknown_attribute(self.resource, name, schema) {
            Some(error) => Err(error),
            None => {
                let why = format!(
                    "`{}` has no attribute `{name}` in version {} of its provider, but may have it in a newer one",
                    self.resource.kind,
                    schema::version()
                );
                Ok(Value::unknown(Type::Any, why))
            }
        }
    }

    /// The value of a field.
    fn field(&self, inside: &ResourceBody<'_>, name: &Arc<str>, field: &Field, schema: &Schema) -> Result<Value, EvalError> {
        match field {
            Field::Attribute(attribute) => self.argument_or_computed(inside, name, attribute, schema),
            Field::Block(block) => self.nested(inside, name, block, schema),
        }
    }

    /// The value of an argument or computed attribute.
    fn argument_or_computed(
        &self,
        inside: &ResourceBody<'_>,
        name: &Arc<str>,
        attribute: &SchemaAttribute,
        schema: &Schema,
    ) -> Result<Value, EvalError> {
        let marks = Marks { sensitive: attribute.is_sensitive, ..Marks::NONE };
        let omitted = || self.omitted(inside, name, attribute).with_marks(marks);
        // terraform-plugin-sdk plans a new `id` even if it is configured.
        if &**name == "id" && schema.is_sdk && !self.resource.data && inside.path.is_empty() {
            return Ok(self.after_apply(name, attribute.ty.clone()));
        }
        let configured = inside.body.attribute(name).filter(|_| attribute.configurability != Configurability::Computed);
        let Some(configured) = configured else { return Ok(omitted()) };
        let value = self.frame().within(inside.iterators).eval(&configured.value)?;
        if value.is_null() || (is_empty_text(&value, schema) && attribute.configurability == Configurability::OptionalComputed) {
            return Ok(omitted());
        }
        if attribute.is_altered {
            let why = format!("the provider changes the configured value of `{name}`");
            return Ok(Value::unknown(attribute.ty.clone(), why).with_marks(marks));
        }
        let value = convert(value, &attribute.ty).map_err(|error| error.at(configured.value.span))?;
        let value = self.possibly_omitted(value, attribute, schema, &omitted);
        let value = if schema.is_sdk && !self.resource.data { planned_by_sdk(value, attribute, omitted) } else { value };
        let step = attribute_step(self, format!("{}{name}", inside.path).into());
        Ok(through(value.with_marks(marks), configured.value.span, step, &self.at.calls))
    }

    /// If an unknown value may be null, it may also be the value that the provider uses for an omitted argument.
    fn possibly_omitted(&self, value: Value, attribute: &SchemaAttribute, schema: &Schema, omitted: &dyn Fn() -> Value) -> Value {
        if attribute.configurability != Configurability::OptionalComputed && attribute.default.is_none() {
            return value;
        }
        let is_omitted = |case: &Possible| case.value.is_null() || is_empty_text(&case.value, schema);
        match &value.data {
            Data::Unknown(unknown) if unknown.possible.iter().any(is_omitted) => {
                let case =
                    |case: &Possible| Possible { value: if is_omitted(case) { omitted() } else { case.value.clone() }, ..case.clone() };
                let possible = unknown.possible.iter().map(case).collect();
                let data = Data::Unknown(Arc::new(UnknownValue { possible, ..(**unknown).clone() }));
                Value { data, ..value }
            }
            _ => value,
        }
    }

    /// The value of an attribute that is not configured.
    fn omitted(&self, inside: &ResourceBody<'_>, name: &Arc<str>, attribute: &SchemaAttribute) -> Value {
        let path: Arc<str> = if inside.path.is_empty() { Arc::clone(name) } else { format!("{}{name}", inside.path).into() };
        if is_output_of_data(self.resource, name) {
            return self.output_of_data(&path);
        }
        match (attribute.configurability, &attribute.default) {
            // For a nested block of a data source, the provider chooses the value of an omitted argument.
            (_, Some(_)) if self.resource.data && !inside.path.is_empty() => self.after_apply(&path, attribute.ty.clone()),
            (Configurability::Optional | Configurability::OptionalComputed, Some(default)) => default.value(),
            (Configurability::Optional, None) if !attribute.has_unknown_default => Value::null(attribute.ty.clone()),
            (Configurability::Optional, None) => {
                Value::unknown(attribute.ty.clone(), format!("`{}.{}` does not set `{path}`", self.resource.kind, self.resource.name))
            }
            (Configurability::Required, _) => Value::unknown(
                attribute.ty.clone(),
                format!("`{}.{}` does not set the required `{path}`", self.resource.kind, self.resource.name),
            ),
            (Configurability::OptionalComputed | Configurability::Computed, _) => self.after_apply(&path, attribute.ty.clone()),
        }
    }

    /// `terraform_data.x.output`: known after apply, of the type of `input`; null without an `input`.
    fn output_of_data(&self, path: &Arc<str>) -> Value {
        let input = self.attribute(&"input".into());
        match input {
            Ok(input) if input.is_null() => input,
            Ok(input) => {
                // Its drivers are not those of its input alone; `after_apply` adds them.
                let marks = Marks { time: Drivers::NONE, ..input.deep_marks() };
                self.after_apply(path, input.ty()).with_marks(marks)
            }
            Err(_) => self.after_apply(path, Type::Any),
        }
    }

    /// The value of the nested blocks of a type.
    fn nested(&self, inside: &ResourceBody<'_>, name: &Arc<str>, block: &NestedBlock, schema: &Schema) -> Result<Value, EvalError> {
        let found = dynamic::blocks(&self.frame().within(inside.iterators), inside.body, name)?;
        let from_json = self.bodies_in_json(inside.body, name)?;
        let json = from_json.iter().map(|body| Nested { body, header: self.block.header, iterators: inside.iterators.to_vec() });
        let blocks: Vec<Nested<'_>> = found.blocks.iter().cloned().chain(json).collect();
        if let Some((for_each, ..)) = &found.unsure {
            return Ok(Value::unknown_like(block.ty(), for_each).with_marks(found.marks));
        }
        if block.max.is_some_and(|max| blocks.len() > max) {
            let span = blocks.last().map(|nested| nested.header);
            return Err(EvalError::refused(format!("too many `{name}` blocks: at most {} are allowed", block.max.unwrap_or(0)), span));
        }
        if blocks.is_empty() && block.is_computed {
            let path: Arc<str> = format!("{}{name}", inside.path).into();
            return Ok(self.after_apply(&path, block.ty()).with_marks(found.marks));
        }
        let object = |(at, nested): (usize, &Nested<'_>)| {
            let path =
                if block.nesting == Nesting::Single { format!("{}{name}.", inside.path) } else { format!("{}{name}[{at}].", inside.path) };
            self.fields(&ResourceBody { body: nested.body, iterators: &nested.iterators, path: &path }, &block.fields, schema)
        };
        let objects = blocks.iter().enumerate().map(object).collect::<Result<Vec<Value>, EvalError>>()?;
        let element = block.object();
        let value = match block.nesting {
            Nesting::Single => objects.into_iter().next().unwrap_or_else(|| Value::null(element)),
            // If members have any type, the objects may have different types, which a list or set cannot have.
            _ if element.has_any() => Value::tuple(objects),
            Nesting::List => Value::list(element, objects),
            Nesting::Set => Value::set(element, objects),
            Nesting::Map if objects.is_empty() => Value::map(element, Members::default()),
            Nesting::Map => Value::unknown(block.ty(), "blocks by label are not followed"),
        };
        Ok(value.with_marks(found.marks))
    }

    /// An object of all fields.
    fn fields(&self, inside: &ResourceBody<'_>, fields: &SchemaFields, schema: &Schema) -> Result<Value, EvalError> {
        let field = |(name, field): (&Arc<str>, &Field)| Ok((Arc::clone(name), self.field(inside, name, field, schema)?));
        fields.iter().map(field).collect::<Result<Members, EvalError>>().map(Value::object)
    }

    /// Nested blocks in JSON syntax: an object or an array of objects. Only the schema distinguishes them from arguments.
    fn bodies_in_json(&self, body: &Body, name: &str) -> Result<Vec<Body>, EvalError> {
        let Some(configured) = body.attribute(name) else { return Ok(Vec::new()) };
        let error = |message: String| Err(EvalError::refused(message, Some(configured.name.span)));
        if !self.world.tree.is_json(configured.value.span.source) {
            return error(format!("`{name}` is a block: remove the `=`"));
        }
        let items = match &configured.value.kind {
            ExprKind::Null => return Ok(Vec::new()),
            ExprKind::Tuple(items) => items.as_slice(),
            _ => std::slice::from_ref(&configured.value),
        };
        let bodies: Option<Vec<Body>> = items.iter().map(body_of).collect();
        bodies.map_or_else(|| error(format!("`{name}` is a block: it must be an object, or an array of objects")), Ok)
    }

    /// Why a computed attribute is unknown.
    fn reason(&self, attribute: &str) -> String {
        let resource = self.resource;
        let mode = if resource.data { "data." } else { "" };
        let when = if resource.data { "read from the service" } else { "known after apply" };
        format!("`{mode}{}.{}.{attribute}` is {when}", resource.kind, resource.name)
    }

    /// An unknown value for an attribute that the provider computes.
    fn after_apply(&self, attribute: &Arc<str>, ty: Type) -> Value {
        let reason = self.reason(attribute);
        let mut unknown = UnknownValue::new(ty, reason.as_str());
        let address = self.address().into();
        // Of the known types, only Terraform's own guarantees that `id` is not null.
        unknown.refinement.not_null = &*self.resource.kind == "terraform_data" && &**attribute == "id";
        unknown.origin = Some(Arc::new(ResourceRef { address, attribute: Arc::clone(attribute) }));
        let time = passing::drivers(self, attribute);
        Value::from(unknown).with_marks(Marks { time, ..Marks::NONE }).with_step(Step::new(Place::Source(self.block.header), reason))
    }

    /// The instance as an object; unknown without a schema.
    pub(crate) fn object(&self) -> Value {
        let Some(schema) = schema::of(self.resource.data, &self.resource.kind) else {
            let mode = if self.resource.data { "data." } else { "" };
            let why = format!(
                "the attributes of `{mode}{}.{}` are unknown without its provider's schema",
                self.resource.kind, self.resource.name
            );
            return Value::unknown(Type::Any, why);
        };
        let value = |(name, field): (&Arc<str>, &Field)| {
            let value = self.attribute(name);
            // An attribute that Terraform would reject does not make the others unknown.
            let value = value.unwrap_or_else(|error| {
                Value::unknown(
                    field.ty(),
                    expand::rejected(
                        self.world,
                        format!("`{name}` of `{}.{}` cannot be evaluated: {}", self.resource.kind, self.resource.name, error.message),
                    ),
                )
            });
            (Arc::clone(name), value)
        };
        Value::object(schema.fields.iter().map(value).collect())
    }

    /// The value of an attribute of a resource without a schema, and how many of the steps after it were taken. A configured value is known
    /// only if no schema could change it: `5` may become a string, `"5"` a number, a list a set, and an object may have more attributes.
    pub(super) fn attribute_without_schema(&self, name: &Arc<str>, steps: &[RefStep<'_>]) -> Result<(Value, usize), EvalError> {
        let Some(configured) = self.block.body.attribute(name) else {
            let ty = if &**name == "id" { Type::String } else { Type::Any };
            // Take no steps: the evaluator applies them to the unknown value.
            return Ok((self.after_apply(name, ty), 0));
        };
        let label = || format!("`{}.{name}`", self.address());
        let value = self.world.memo.evaluate_once(
            MemoKey::Argument(self.at.id, self.resource.clone(), self.key.cloned(), Arc::clone(name)),
            label,
            || {
                let value = self.frame().eval(&configured.value)?;
                Ok(through(value, configured.value.span, attribute_step(self, Arc::clone(name)), &self.at.calls))
            },
        )?;
        let mut inner = value;
        for step in steps {
            let next = member(&inner, step).map(|next| next.with_marks(inner.marks));
            match next {
                Some(next) => inner = next,
                None => return Ok((self.of_unknown_type(name, &inner), steps.len())),
            }
        }
        let value = if is_unchangeable(&inner) { inner } else { self.of_unknown_type(name, &inner) };
        Ok((value, steps.len()))
    }

    /// An unknown value for an attribute whose type is unknown.
    fn of_unknown_type(&self, name: &str, value: &Value) -> Value {
        let why =
            format!("the type of `{name}` of `{}.{}` is unknown without its provider's schema", self.resource.kind, self.resource.name);
        Value::unknown(Type::Any, value.first_why().cloned().unwrap_or_else(|| why.into())).with_marks(value.deep_marks())
    }
}

/// The maximum number of attributes in all instances of a resource as one value. Large types have hundreds of attributes.
const MAX_ATTRIBUTES: usize = 500_000;

/// A resource as one value: the object of its only instance, or a tuple or object of all instances.
pub(super) fn all_instances(
    world: &World<'_>,
    at: &Rc<ModuleInstance>,
    resource: &ResourceName,
    block: &Block,
) -> Result<Value, EvalError> {
    let label = || format!("`{}`", address(at, resource.data, &resource.kind, &resource.name, None));
    world.memo.evaluate_once(MemoKey::Resource(at.id, resource.clone()), label, || {
        let expansion = expand::resource(world, at, resource, block)?;
        let attributes = schema::of(resource.data, &resource.kind).map_or(1, |schema| schema.fields.len());
        if expansion.keys().len().saturating_mul(attributes) > MAX_ATTRIBUTES {
            return Ok(world.memo.budget().too_large());
        }
        combine_instances(&expansion, |key, each| ResourceInstance { world, at, resource, block, key, each: &each }.object())
    })
}

/// Whether an attribute is `output` of `terraform_data`.
fn is_output_of_data(resource: &ResourceName, name: &str) -> bool {
    &*resource.kind == "terraform_data" && name == "output"
}

/// The trail step of an argument of a resource.
fn attribute_step(instance: &ResourceInstance<'_>, name: Arc<str>) -> StepKind {
    StepKind::Attribute { name, of: format!("{}.{}", instance.resource.kind, instance.resource.name).into() }
}

/// A member of a configured value without a schema; `None` if the schema could give it another value.
fn member(value: &Value, step: &RefStep<'_>) -> Option<Value> {
    let key = match step {
        RefStep::Attr(name) => return value.as_mapping()?.get(&name.text).cloned(),
        RefStep::Index(key, _) if key.marks == Marks::NONE => key,
        RefStep::Index(..) => return None,
    };
    match &value.data {
        Data::Map(_, entries) | Data::Object(entries) => entries.get(key.as_str()?).cloned(),
        Data::Tuple(elements) | Data::List(_, elements) => elements.get(usize::try_from(key.as_number()?.to_i64()?).ok()?).cloned(),
        _ => None,
    }
}

/// Whether a value is the same whatever type the argument has. An empty string may count as omitted.
fn is_unchangeable(value: &Value) -> bool {
    match &value.data {
        Data::String(text) => !text.is_empty() && !matches!(&**text, "true" | "false") && Num::parse(text).is_err(),
        // An unknown value is only used for its origin, which no type changes.
        Data::Unknown(unknown) => unknown.possible.iter().all(|case| is_unchangeable(&case.value)),
        _ => false,
    }
}

/// The value that terraform-plugin-sdk plans for a configured argument of a resource.
fn planned_by_sdk(value: Value, attribute: &SchemaAttribute, omitted: impl FnOnce() -> Value) -> Value {
    if value.is_unknown() || !attribute.ty.is_collection() {
        return value;
    }
    let is_empty = value.children().next().is_none();
    match (&attribute.ty, attribute.configurability) {
        (_, Configurability::OptionalComputed) if is_empty => omitted(),
        (Type::Map(_) | Type::Set(_), _) if is_empty => Value::null(attribute.ty.clone()).with_marks(value.marks),
        // The SDK has no partially known maps.
        (Type::Map(_), _) if !value.is_wholly_known() => {
            let marks = value.deep_marks();
            let why = value.first_why().cloned().unwrap_or_else(|| "an element of it is unknown".into());
            Value::unknown(attribute.ty.clone(), why).with_marks(marks)
        }
        _ => value,
    }
}

fn is_empty_text(value: &Value, schema: &Schema) -> bool {
    schema.is_sdk && value.as_str() == Some("")
}

/// Whether a field is configured, or may be by a `dynamic` block.
fn is_configured(inside: &ResourceBody<'_>, name: &str, field: &Field) -> bool {
    inside.body.attribute(name).is_some()
        || matches!(field, Field::Block(_))
            && inside.body.blocks.iter().any(|block| &*block.kind.text == name || &*block.kind.text == "dynamic")
}

/// An object in JSON syntax as the body of a block; `None` if the expression is not an object.
pub(crate) fn body_of(expr: &Expr) -> Option<Body> {
    let ExprKind::Object(items) = &expr.kind else { return None };
    let attribute = |item: &hcl::ObjectItem| {
        let ExprKind::String(text) = &item.key.kind else { return None };
        let name = hcl::Name { text: Arc::clone(text), span: item.key.span };
        Some(hcl::Attribute { name, span: item.key.span, value: item.value.clone() })
    };
    let attributes = items.iter().filter(|item| !matches!(&item.key.kind, ExprKind::String(text) if &**text == "//"));
    Some(Body { attributes: attributes.map(attribute).collect::<Option<_>>()?, blocks: Vec::new() })
}
