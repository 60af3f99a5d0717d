//! Type constraints (`list(object({ a = optional(string, "x") }))`) and the defaults of optional attributes.

use super::convert::left_out;
use super::{Budget, Data, EvalError, Members, ObjectAttr, Type, Value, convert, unify};
use crate::base::{Place, Span, Step, StepKind};
use crate::hcl::{Expr, ExprKind, ObjectItem};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A type constraint.
#[derive(Clone, Debug)]
pub(crate) struct TypeConstraint {
    /// The type, including its optional attributes.
    pub ty: Type,
    /// The defaults of its optional attributes, if it has any.
    pub defaults: Option<Arc<Defaults>>,
}

/// The defaults of optional attributes within a type.
#[derive(Clone, Debug, Default)]
pub(crate) struct Defaults {
    /// By attribute of this object.
    values: BTreeMap<Arc<str>, Value>,
    /// The defaults of nested types.
    nested: InnerDefaults,
}

#[derive(Clone, Debug, Default)]
enum InnerDefaults {
    #[default]
    Nothing,
    /// For every element of a collection.
    Elements(Arc<Defaults>),
    /// By attribute of an object.
    Attributes(BTreeMap<Arc<str>, Arc<Defaults>>),
    /// By position in a tuple.
    Positions(Vec<Option<Arc<Defaults>>>),
}

impl TypeConstraint {
    /// `any`.
    #[must_use]
    pub(crate) fn any() -> Self {
        Self { ty: Type::Any, defaults: None }
    }

    /// Whether a budget has room for a value after its conversion to this type. Each object then has all attributes of the type, so a few
    /// bytes of `{}` and a long type can become a large value.
    #[must_use]
    pub(crate) fn has_room(&self, value: &Value, budget: &Budget) -> bool {
        let mut size = ConformedSize { objects: 0, members: 0, max_members: budget.max_members() };
        size.add(value, &self.ty, self.defaults.as_deref());
        budget.has_room_for(size.objects, size.members)
    }

    /// Makes a value conform to this type: fills in defaults, then converts.
    ///
    /// # Errors
    /// Terraform's message, without a span, if it cannot be converted.
    pub(crate) fn conform(&self, value: Value) -> Result<Value, EvalError> {
        let value = match &self.defaults {
            Some(defaults) => defaults.apply(value),
            None => value,
        };
        convert(value, &self.ty)
    }
}

/// Parses a type constraint. `evaluate` evaluates the default of an `optional()`, which may call functions but not refer to anything; a
/// default that `budget` has no room for is unknown.
///
/// # Errors
/// Fails at the first expression that is not a type.
pub(crate) fn parse_constraint(
    expr: &Expr,
    evaluate: &mut dyn FnMut(&Expr) -> Result<Value, EvalError>,
    budget: &Budget,
) -> Result<TypeConstraint, EvalError> {
    let (ty, defaults) = read(expr, evaluate, budget)?;
    Ok(TypeConstraint { ty, defaults: defaults.map(Arc::new) })
}

type ParsedType = (Type, Option<Defaults>);

fn read(expr: &Expr, evaluate: &mut dyn FnMut(&Expr) -> Result<Value, EvalError>, budget: &Budget) -> Result<ParsedType, EvalError> {
    match &expr.kind {
        ExprKind::Variable(name) => keyword(name, expr.span),
        ExprKind::Call { name, arguments, .. } => call(&name.text, arguments, expr.span, evaluate, budget),
        // The syntax of Terraform 0.11, which later versions no longer accept.
        ExprKind::String(name) if matches!(&**name, "string" | "list" | "map") => {
            Err(EvalError::new(format!("a type must not be in quotes: write `{name}`"), Some(expr.span)))
        }
        ExprKind::Invalid(message) => Err(EvalError::new(message.to_string(), Some(expr.span))),
        _ => Err(EvalError::new("a type constraint is either a keyword like `string` or a call like `list(string)`", Some(expr.span))),
    }
}

fn keyword(name: &str, span: Span) -> Result<ParsedType, EvalError> {
    let ty = match name {
        "bool" => Type::Bool,
        "string" => Type::String,
        "number" => Type::Number,
        "any" => Type::Any,
        // Terraform still accepts the bare `list` and `map` of version 0.11; the other constructors never had this form.
        "list" => Type::list(Type::Any),
        "map" => Type::map(Type::Any),
        "set" | "object" | "tuple" => {
            return Err(EvalError::new(format!("the type constructor `{name}` requires an argument"), Some(span)));
        }
        _ => return Err(EvalError::new(format!("`{name}` is not a type"), Some(span))),
    };
    Ok((ty, None))
}

fn call(
    name: &str,
    arguments: &[Expr],
    span: Span,
    evaluate: &mut dyn FnMut(&Expr) -> Result<Value, EvalError>,
    budget: &Budget,
) -> Result<ParsedType, EvalError> {
    let shape: fn(Type) -> Type = match name {
        "list" => Type::list,
        "set" => Type::set,
        "map" => Type::map,
        "object" | "tuple" => {
            let [argument] = arguments else { return Err(one_argument(name, span)) };
            return match (name, &argument.kind) {
                ("object", ExprKind::Object(items)) => object(items, evaluate, budget),
                ("tuple", ExprKind::Tuple(elements)) => tuple(elements, evaluate, budget),
                ("object", _) => Err(EvalError::new("`object` takes attribute types in braces", Some(argument.span))),
                _ => Err(EvalError::new("`tuple` takes element types in brackets", Some(argument.span))),
            };
        }
        "optional" => return Err(EvalError::new("`optional` is for the attributes of an object type only", Some(span))),
        _ => return Err(EvalError::new(format!("`{name}` is not a type constructor"), Some(span))),
    };
    let [argument] = arguments else { return Err(one_argument(name, span)) };
    let (element, defaults) = read(argument, evaluate, budget)?;
    let defaults = defaults.map(|inner| Defaults { values: BTreeMap::new(), nested: InnerDefaults::Elements(Arc::new(inner)) });
    Ok((shape(element), defaults))
}

fn one_argument(name: &str, span: Span) -> EvalError {
    EvalError::new(format!("the type constructor `{name}` takes one argument"), Some(span))
}

fn object(
    items: &[ObjectItem],
    evaluate: &mut dyn FnMut(&Expr) -> Result<Value, EvalError>,
    budget: &Budget,
) -> Result<ParsedType, EvalError> {
    let mut attributes = BTreeMap::new();
    let mut values = BTreeMap::new();
    let mut nested = BTreeMap::new();
    for ObjectItem { key, value } in items {
        // With quotes, the span is longer than the name.
        let name = match &key.kind {
            ExprKind::String(name) if key.span.range().len() == name.len() => name,
            _ => return Err(EvalError::new("attribute names of an object type must be plain names", Some(key.span))),
        };
        if attributes.contains_key(name) {
            return Err(EvalError::new(format!("the object type has the attribute `{name}` twice"), Some(key.span)));
        }
        let (ty_expr, optional, default) = match &value.kind {
            ExprKind::Call { name, arguments, expand: false } if &*name.text == "optional" => match arguments.as_slice() {
                [ty] => (ty, true, None),
                [ty, default] => (ty, true, Some(default)),
                _ => return Err(EvalError::new("`optional` takes a type and at most one default", Some(value.span))),
            },
            _ => (value, false, None),
        };
        let (ty, defaults) = read(ty_expr, evaluate, budget)?;
        if let Some(default) = default {
            let given = evaluate(default)?;
            let constraint = TypeConstraint { ty: ty.clone(), defaults: None };
            let given = if constraint.has_room(&given, budget) { given } else { budget.too_large() };
            let converted = convert(given, &ty).map_err(|error| {
                EvalError::new(
                    format!("the default of optional attribute `{name}` does not fit its type: {}", error.message),
                    Some(default.span),
                )
            })?;
            let step = Step::of(Place::Source(default.span), StepKind::Optional(Arc::clone(name)));
            values.insert(Arc::clone(name), converted.with_trail(None).with_step(step));
        }
        if let Some(defaults) = defaults {
            nested.insert(Arc::clone(name), Arc::new(defaults));
        }
        attributes.insert(Arc::clone(name), ObjectAttr { ty, optional });
    }
    let defaults = (!values.is_empty() || !nested.is_empty()).then_some(Defaults { values, nested: InnerDefaults::Attributes(nested) });
    Ok((Type::Object(Arc::new(attributes)), defaults))
}

fn tuple(elements: &[Expr], evaluate: &mut dyn FnMut(&Expr) -> Result<Value, EvalError>, budget: &Budget) -> Result<ParsedType, EvalError> {
    let (mut types, mut nested) = (Vec::new(), Vec::new());
    for element in elements {
        let (ty, defaults) = read(element, evaluate, budget)?;
        types.push(ty);
        nested.push(defaults.map(Arc::new));
    }
    let defaults =
        nested.iter().any(Option::is_some).then_some(Defaults { values: BTreeMap::new(), nested: InnerDefaults::Positions(nested) });
    Ok((Type::tuple(types), defaults))
}

/// The size of a value after its conversion to a type, counted until it is certainly too large.
struct ConformedSize {
    objects: u64,
    members: u64,
    max_members: u64,
}

impl ConformedSize {
    fn add(&mut self, value: &Value, ty: &Type, defaults: Option<&Defaults>) {
        let at = |position| defaults.and_then(|defaults| defaults.at(position));
        let inner = |name: &str| defaults.and_then(|defaults| defaults.child(name)).map(|one| &**one);
        match (&value.data, ty) {
            (Data::List(_, elements) | Data::Set(_, elements) | Data::Tuple(elements), Type::List(ty) | Type::Set(ty)) => {
                self.add_all(elements.iter().map(|element| (element, &**ty, at(0))));
            }
            (Data::List(_, elements) | Data::Set(_, elements) | Data::Tuple(elements), Type::Tuple(types)) => {
                let each = elements.iter().zip(types.iter()).enumerate();
                self.add_all(each.map(|(position, (element, ty))| (element, ty, at(position))));
            }
            (Data::Map(_, entries) | Data::Object(entries), Type::Map(ty)) => {
                self.objects += 1;
                self.add_all(entries.iter().map(|(name, value)| (value, &**ty, inner(name))));
            }
            (Data::Map(_, entries) | Data::Object(entries), Type::Object(attributes)) => {
                self.objects += 1;
                self.members += attributes.len() as u64;
                if self.members > self.max_members {
                    return;
                }
                let given = entries.iter().filter_map(|(name, value)| Some((value, &attributes.get(name)?.ty, inner(name))));
                self.add_all(given);
                let values = defaults.into_iter().flat_map(|defaults| &defaults.values);
                let left = values.filter(|(name, _)| entries.get(name).is_none_or(Value::is_null));
                self.add_all(left.filter_map(|(name, value)| Some((value, &attributes.get(name)?.ty, inner(name)))));
            }
            _ => {}
        }
    }

    fn add_all<'a>(&mut self, all: impl Iterator<Item = (&'a Value, &'a Type, Option<&'a Defaults>)>) {
        for (value, ty, defaults) in all {
            self.members += 1;
            if self.members > self.max_members {
                return;
            }
            self.add(value, ty, defaults);
        }
    }
}

impl Defaults {
    /// Fills in the defaults of attributes that are missing or null, at every depth.
    #[must_use]
    pub(crate) fn apply(&self, value: Value) -> Value {
        let (marks, trail) = (value.marks, value.trail.clone());
        let filled = match &value.data {
            Data::List(_, elements) | Data::Set(_, elements) | Data::Tuple(elements) => self.apply_sequence(&value.data, elements),
            Data::Map(element, entries) => {
                let filled = self.apply_mapping(entries, &value);
                if filled.is_empty() { Value::map(element.clone(), filled) } else { unified_map(filled) }
            }
            Data::Object(attributes) => Value::object(self.apply_mapping(attributes, &value)),
            _ => return value,
        };
        filled.with_marks(marks).with_trail(trail)
    }

    fn child(&self, name: &str) -> Option<&Arc<Self>> {
        match &self.nested {
            InnerDefaults::Elements(defaults) => Some(defaults),
            InnerDefaults::Attributes(attributes) => attributes.get(name),
            InnerDefaults::Nothing | InnerDefaults::Positions(_) => None,
        }
    }

    /// The defaults of an element of a sequence.
    fn at(&self, position: usize) -> Option<&Self> {
        match &self.nested {
            InnerDefaults::Elements(defaults) => Some(defaults),
            InnerDefaults::Positions(defaults) => defaults.get(position)?.as_deref(),
            InnerDefaults::Nothing | InnerDefaults::Attributes(_) => None,
        }
    }

    fn apply_sequence(&self, shape: &Data, elements: &[Value]) -> Value {
        let filled: Vec<Value> = elements
            .iter()
            .enumerate()
            .map(|(position, element)| match self.at(position) {
                Some(defaults) => defaults.apply(element.clone()),
                None => element.clone(),
            })
            .collect();
        let types: Vec<Type> = filled.iter().map(Value::ty).collect();
        let build: fn(Type, Vec<Value>) -> Value = match shape {
            Data::List(..) => Value::list,
            Data::Set(..) => Value::set,
            _ => return Value::tuple(filled),
        };
        if let (true, Data::List(element, _) | Data::Set(element, _)) = (filled.is_empty(), shape) {
            return build(element.clone(), filled);
        }
        // Defaults may give the elements different types. Terraform continues with a tuple then, which the conversion rejects later.
        let Some(ty) = unify(&types, true) else { return Value::tuple(filled) };
        let converted: Result<Vec<Value>, EvalError> = filled.iter().map(|value| convert(value.clone(), &ty)).collect();
        converted.map_or_else(|_| Value::tuple(filled), |converted| build(ty, converted))
    }

    fn apply_mapping(&self, entries: &Members, mapping: &Value) -> Members {
        let mut filled: BTreeMap<Arc<str>, Value> = entries
            .iter()
            .map(|(name, value)| {
                let value = self.child(name).map_or_else(|| value.clone(), |defaults| defaults.apply(value.clone()));
                (Arc::clone(name), value)
            })
            .collect();
        for (name, default) in &self.values {
            // A default may itself leave out attributes that have defaults: `optional(object({ mode = optional(string, "HSM") }), {})`.
            let given = filled.remove(name).filter(|value| !value.is_null());
            let value = given.unwrap_or_else(|| match self.child(name) {
                Some(defaults) => defaults.apply(default.clone()),
                None => default.clone(),
            });
            let is_left_out = !entries.contains_key(name);
            let value = if is_left_out { left_out(value, name, mapping) } else { value };
            let value = if default.is_not_null() { value.not_null() } else { value };
            filled.insert(Arc::clone(name), value);
        }
        filled.into()
    }
}

/// A map with the common type of the entries, or an object if they have none.
fn unified_map(entries: Members) -> Value {
    let types: Vec<Type> = entries.values().map(Value::ty).collect();
    let Some(ty) = unify(&types, true) else { return Value::object(entries) };
    let converted: Result<Members, EvalError> =
        entries.iter().map(|(name, value)| Ok((Arc::clone(name), convert(value.clone(), &ty)?))).collect();
    converted.map_or_else(|_| Value::object(entries), |converted| Value::map(ty, converted))
}
