//! What the evaluator knows beyond values: trails, origins, what is possible; and its budgets.

use super::{Budget, Context, Data, EvalError, FileAccess, FileTrouble, RefStep, ResourceRef, Scope, Type, UnknownValue, Value, evaluate};
use crate::base::{Place, Sources, Span};
use crate::terraform::syntax::native;
use std::sync::Arc;

/// A module with a few variables and one vault.
#[derive(Default)]
struct Module {
    sources: Sources,
}

impl Scope for Module {
    fn resolve(&self, name: &str, span: Span, steps: &[RefStep<'_>]) -> Result<(Value, usize), EvalError> {
        let attribute = match steps {
            [RefStep::Attr(attribute), ..] => &*attribute.text,
            _ => "",
        };
        match (name, attribute) {
            ("var", "unset") => Ok((Value::unknown(Type::Any, "variable `unset` has no value"), 1)),
            ("var", "level") => Ok((Value::unknown(Type::Number, "variable `level` has no value").not_null(), 1)),
            ("var", "mode") => Ok((Value::string("HSM").through(Place::File("x.tfvars".into()), "set by x.tfvars"), 1)),
            ("oci_kms_vault", "v") => {
                let mut endpoint = UnknownValue::new(Type::String, "it is known after apply");
                let (address, attribute) = (Arc::from("oci_kms_vault.v"), Arc::from("management_endpoint"));
                endpoint.origin = Some(Arc::new(ResourceRef { address, attribute }));
                Ok((Value::object([(Arc::from("management_endpoint"), endpoint.into())].into()), 1))
            }
            _ => {
                let message = format!("`{name}.{attribute}` is not declared");
                Err(EvalError { message, span: Some(span), fatal: true })
            }
        }
    }

    fn declared(&self, name: &str, span: Span, steps: &[&crate::terraform::syntax::Name]) -> Result<(), EvalError> {
        let steps: Vec<RefStep<'_>> = steps.iter().map(|name| RefStep::Attr(name)).collect();
        self.resolve(name, span, &steps).map(|_| ())
    }

    fn text(&self, span: Span) -> String {
        self.sources.get(span.source).slice(span).to_owned()
    }

    fn files(&self) -> &dyn FileAccess {
        self
    }
}

impl FileAccess for Module {
    fn read(&self, _: &str) -> Result<Arc<[u8]>, FileTrouble> {
        Err(FileTrouble::Missing)
    }

    fn exists(&self, _: &str) -> Result<bool, FileTrouble> {
        Ok(false)
    }

    fn list(&self, _: &str) -> Result<Vec<String>, FileTrouble> {
        Err(FileTrouble::Missing)
    }

    fn absolute(&self, path: &str) -> String {
        path.to_owned()
    }
}

fn eval(text: &str) -> Result<Value, EvalError> {
    let module = Module::default();
    let source = module.sources.add("main.tf", text.to_owned());
    let expr = native::parse_expression(source, text).map_err(|error| EvalError::new(error.message, Some(error.span)))?;
    evaluate(&expr, &Context::new(&module, &Budget::small()))
}

fn value(text: &str) -> Value {
    eval(text).unwrap_or_else(|error| panic!("`{text}`: {}", error.message))
}

fn trail(text: &str) -> Vec<String> {
    value(text).stations().map(|link| link.label.to_string()).collect()
}

/// "value when condition" of each value an unknown can have.
fn possible(text: &str) -> Vec<String> {
    let value = value(text);
    let unknown = value.as_unknown().unwrap_or_else(|| panic!("`{text}` is known"));
    let show = |value: &Value| match &value.data {
        Data::String(text) => text.to_string(),
        Data::Null(_) => "null".to_owned(),
        Data::Bool(value) => value.to_string(),
        Data::Number(value) => value.to_string(),
        _ => "?".to_owned(),
    };
    unknown.possible.iter().map(|case| format!("{} when {}", show(&case.value), case.when)).collect()
}

fn origin(text: &str) -> Option<String> {
    value(text).as_unknown().and_then(|unknown| unknown.origin.as_ref()).map(|origin| format!("{}.{}", origin.address, origin.attribute))
}

fn why(text: &str) -> String {
    value(text).why().map(ToString::to_string).unwrap_or_default()
}

#[test]
fn a_value_carries_the_way_it_took() {
    let through = ["`var.mode` is used here", "set by x.tfvars"];
    assert_eq!(trail("\"HSM\""), ["set here"]);
    assert_eq!(trail("var.mode"), through);
    assert_eq!(trail("upper(var.mode)"), through);
    assert_eq!(trail("upper(coalesce(var.mode, \"HSM\"))"), through);
    assert_eq!(trail("try(null.a, var.mode)"), through);
    assert_eq!(trail("true ? var.mode : \"SOFTWARE\""), through);
    assert_eq!(trail("{ a = [var.mode] }.a[0]"), through);
    assert_eq!(trail("[for mode in [var.mode] : lower(mode)][0]"), through);
    assert_eq!(trail("lookup({ a = var.mode }, \"a\", \"x\")"), through);
    assert_eq!(trail("\"${var.mode}\""), through);
}

#[test]
fn an_attribute_of_a_resource_stays_one_on_its_way() {
    let endpoint = Some("oci_kms_vault.v.management_endpoint".to_owned());
    for text in [
        "oci_kms_vault.v.management_endpoint",
        "\"${oci_kms_vault.v.management_endpoint}\"",
        "tostring(oci_kms_vault.v.management_endpoint)",
        "try(oci_kms_vault.v.management_endpoint, null)",
        "coalesce(null, oci_kms_vault.v.management_endpoint)",
        "one([oci_kms_vault.v.management_endpoint])",
        "one(oci_kms_vault.v[*].management_endpoint)",
        "element(concat([oci_kms_vault.v.management_endpoint], [\"\"]), 0)",
        "join(\"\", oci_kms_vault.v.*.management_endpoint)",
        "true ? oci_kms_vault.v.management_endpoint : null",
        "var.level > 1 ? oci_kms_vault.v.management_endpoint : oci_kms_vault.v.management_endpoint",
        "{ for k, v in { a = oci_kms_vault.v } : k => v.management_endpoint }.a",
    ] {
        assert_eq!(origin(text), endpoint, "{text}");
    }
    assert_eq!(origin("\"x${oci_kms_vault.v.management_endpoint}\""), None);
    assert_eq!(origin("var.level > 1 ? oci_kms_vault.v.management_endpoint : \"x\""), None);
}

#[test]
fn what_an_unknown_can_be_is_kept_apart() {
    assert_eq!(possible("var.level >= 3 ? \"HSM\" : \"SOFTWARE\""), ["HSM when `var.level >= 3`", "SOFTWARE when not `var.level >= 3`"]);
    assert_eq!(possible("var.level > 3 ? \"HSM\" : null"), ["HSM when `var.level > 3`", "null when not `var.level > 3`"]);
    assert_eq!(possible("upper(var.level > 3 ? \"hsm\" : \"x\")"), ["HSM when `var.level > 3`", "X when not `var.level > 3`"]);
    assert_eq!(possible("coalesce(var.level > 3 ? \"a\" : null, \"b\")"), ["a when `var.level > 3`", "b when not `var.level > 3`"]);
    assert_eq!(possible("{ a = 1, b = 2 }[var.unset]"), ["1 when `var.unset` is `\"a\"`", "2 when `var.unset` is `\"b\"`"]);
    assert_eq!(possible("(var.level > 3 ? { m = \"a\" } : { m = \"b\" }).m"), ["a when `var.level > 3`", "b when not `var.level > 3`"]);
    assert_eq!(possible("lookup({ a = \"x\" }, var.unset, \"d\")"), ["x when the key is `\"a\"`", "d when the key is any other"]);
    assert_eq!(
        possible("var.level > 5 ? \"a\" : var.level > 3 ? \"b\" : \"c\""),
        ["a when `var.level > 5`", "b when not `var.level > 5` and `var.level > 3`", "c when not `var.level > 5` and not `var.level > 3`"]
    );
    // It never decides anything.
    assert!(value("(var.level > 3 ? \"a\" : \"a\") == \"a\"").is_unknown());
    assert!(value("var.level > 3 ? \"a\" : \"a\"").is_unknown());
    // A `try` whose choice may yet fail includes what comes then.
    assert_eq!(possible("try({ a = \"x\" }[var.unset], \"d\")").len(), 2);
}

#[test]
fn unknowns_keep_their_reason() {
    for text in
        ["upper(var.unset)", "\"a${var.unset}\"", "var.unset + 1", "[var.unset][0].a", "var.unset ? 1 : \"a\"", "[for x in var.unset : x]"]
    {
        assert_eq!(why(text), "variable `unset` has no value", "{text}");
    }
}

#[test]
fn references_to_what_is_not_declared_are_never_forgiven() {
    for text in [
        "try(var.nosuch, 1)",
        "can(var.nosuch)",
        "true ? 1 : var.nosuch",
        "true || var.nosuch",
        "try(1, var.nosuch)",
        "[for x in [] : var.nosuch]",
    ] {
        assert!(eval(text).is_err_and(|error| error.fatal), "{text}");
    }
    assert!(eval("try(nosuch(), 1)").is_ok());
}

#[test]
fn expressions_that_are_too_large_are_unknown_and_not_caught() {
    let doubling = |text: &str| (0..24).fold(text.to_owned(), |inner, _| format!("[for x in [{inner}] : [x, x]]"));
    let bombs = [
        "[for a in range(0, 1000) : [for b in range(0, 1000) : [for c in range(0, 1000) : c]]]".to_owned(),
        "setproduct([for i in range(0, 1000) : i], [for i in range(0, 1000) : i], [for i in range(0, 1000) : i])".to_owned(),
        "join(\"\", [for a in range(0, 1000) : join(\"\", [for b in range(0, 1000) : \"0123456789012345678901234567890123456789012345678901234567890123456789\"])])".to_owned(),
        format!("format(\"%{}d\", 1)", 1_000_000_000),
        doubling("1"),
        "2 * tonumber(\"1e999999999\")".to_owned(),
        "jsonencode([for a in range(0, 1000) : [for b in range(0, 1000) : [for c in range(0, 1000) : c]]])".to_owned(),
    ];
    for bomb in &bombs {
        let caught = format!("try({bomb}, \"x\")");
        for text in [bomb, &caught] {
            assert!(value(text).is_unknown(), "`{text}` is known");
        }
    }
}

#[test]
fn deep_expressions_end_in_an_answer() {
    let nested = |open: &str, close: &str, depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    for depth in [50, 400, 5_000] {
        for (open, close) in
            [("(", ")"), ("[", "]"), ("-", ""), ("upper(", ")"), ("true ? 1 : ", ""), ("{ a = ", " }"), ("1 + ", ""), ("try(", ")")]
        {
            let text = nested(open, close, depth);
            // An error of the parser, an unknown or the value: but an answer.
            if let Ok(value) = eval(&text) {
                drop(value);
            }
        }
    }
}

/// Locals that refer to the one before them, evaluated on demand as a module does it.
struct Chain<'a> {
    module: &'a Module,
    budget: &'a Budget,
    link: &'a str,
}

impl Scope for Chain<'_> {
    fn resolve(&self, _: &str, _: Span, steps: &[RefStep<'_>]) -> Result<(Value, usize), EvalError> {
        let [RefStep::Attr(name), ..] = steps else { return Ok((Value::null(Type::Any), 0)) };
        let number: u64 = name.text.trim_start_matches('n').parse().unwrap_or(0);
        if number == 0 {
            return Ok((Value::string("end"), 1));
        }
        let text = self.link.replace("NEXT", &format!("local.n{}", number - 1));
        let source = self.module.sources.add("locals.tf", text.clone());
        let expr = native::parse_expression(source, &text).map_err(|error| EvalError::new(error.message, None))?;
        evaluate(&expr, &Context::new(self, self.budget)).map(|value| (value, 1))
    }

    fn text(&self, span: Span) -> String {
        self.module.text(span)
    }

    fn files(&self) -> &dyn FileAccess {
        self.module
    }
}

#[test]
fn long_chains_of_locals_end_in_an_answer() {
    for link in ["NEXT", "true ? [for x in [NEXT] : upper(x)][0] : null", "[NEXT]", "\"%{ if true }${NEXT}%{ endif }\"", "try(NEXT, \"x\")"]
    {
        for (length, known) in [(20, true), (5_000, false)] {
            let (module, budget) = (Module::default(), Budget::new());
            let chain = Chain { module: &module, budget: &budget, link };
            let text = format!("local.n{length}");
            let source = module.sources.add("main.tf", text.clone());
            let expr = native::parse_expression(source, &text).expect("a reference");
            let value = evaluate(&expr, &Context::new(&chain, &budget)).expect("an answer");
            assert_eq!(value.is_wholly_known(), known, "{length} times `{link}`");
        }
    }
}

#[test]
fn what_is_looked_at_has_its_price() {
    let rounds = |call: &str| {
        let text =
            format!("[for deep in [[for a in range(50) : range(50)]] : length([for n in setproduct(range(60), range(60)) : {call}])][0]");
        value(&text)
    };
    for call in ["reverse(deep)", "try(deep)", "can(deep)", "contains(deep, 1)", "tolist(deep)", "jsonencode(deep)", "keys({ a = deep })"] {
        assert_eq!(rounds(call).why().map(|why| &**why), Some(super::TOO_LARGE), "{call}");
    }
    // What picks something out does not pay for the rest.
    for call in ["element(deep, 1)[0]", "length(deep)", "deep[1][2]"] {
        assert_eq!(rounds(call).as_number().and_then(super::Num::to_i64), Some(3600), "{call}");
    }
    let long = "x".repeat(100_000);
    for call in ["startswith(text, \"y\")", "text == \"y\"", "length(text)", "substr(text, 0, 1)", "[text]", "sort([text])"] {
        let text = format!("[for text in [\"{long}\"] : length([for n in setproduct(range(60), range(60)) : {call}])][0]");
        assert_eq!(value(&text).why().map(|why| &**why), Some(super::TOO_LARGE), "{call}");
    }
}
