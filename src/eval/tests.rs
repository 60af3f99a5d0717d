//! Tests of what the evaluator knows beyond values (trails, origins, possible values), of its error messages and of its budgets.

use super::{
    Account, Budget, Data, EvalContext, EvalError, FileAccess, FileError, FileList, Limits, Marks, RefStep, ResourceRef, Scope, Type,
    UnknownValue, Value, evaluate,
};
use crate::base::{Place, Sources, Span, Step};
use crate::hcl::native;
use std::rc::Rc;
use std::sync::Arc;

/// A module with a few variables and one vault.
#[derive(Default)]
struct TestModule {
    sources: Sources,
}

impl Scope for TestModule {
    fn resolve(&self, name: &str, span: Span, steps: &[RefStep<'_>]) -> Result<(Value, usize), EvalError> {
        let attribute = match steps {
            [RefStep::Attr(attribute), ..] => &*attribute.text,
            _ => "",
        };
        match (name, attribute) {
            ("var", "unset") => Ok((Value::unknown(Type::Any, "variable `unset` has no value"), 1)),
            ("var", "level") => Ok((Value::unknown(Type::Number, "variable `level` has no value").not_null(), 1)),
            ("var", "mode") => Ok((Value::string("HSM").with_step(Step::new(Place::File("x.tfvars".into()), "set by x.tfvars")), 1)),
            ("var", "file") => Ok((Value::string("top: [hunter2-open").with_marks(Marks { from_file: true, ..Marks::NONE }), 1)),
            ("var", "key") => Ok((Value::string("a").with_marks(Marks { from_file: true, by_caller: true, ..Marks::NONE }), 1)),
            ("var", "token") => Ok((Value::string("t").with_marks(Marks { ephemeral: true, ..Marks::NONE }), 1)),
            ("oci_kms_vault", "v") => {
                let mut endpoint = UnknownValue::new(Type::String, "it is known after apply");
                let (address, attribute) = (Arc::from("oci_kms_vault.v"), Arc::from("management_endpoint"));
                endpoint.origin = Some(Arc::new(ResourceRef { address, attribute }));
                Ok((Value::object([(Arc::from("management_endpoint"), endpoint.into())].into_iter().collect()), 1))
            }
            _ => {
                let message = format!("`{name}.{attribute}` is not declared");
                Err(EvalError::refused(message, Some(span)))
            }
        }
    }

    fn check_declared(&self, name: &str, span: Span, steps: &[RefStep<'_>]) -> Result<(), EvalError> {
        self.resolve(name, span, steps).map(|_| ())
    }

    fn text(&self, span: Span) -> String {
        self.sources.get(span.source).slice(span).to_owned()
    }

    fn files(&self) -> &dyn FileAccess {
        self
    }
}

impl FileAccess for TestModule {
    fn read(&self, _: &str) -> Result<Arc<[u8]>, FileError> {
        Err(FileError::Missing)
    }

    fn exists(&self, _: &str) -> Result<bool, FileError> {
        Ok(false)
    }

    fn list(&self, _: &str) -> Result<Arc<FileList>, FileError> {
        Err(FileError::Missing)
    }

    fn absolute(&self, path: &str) -> String {
        path.to_owned()
    }
}

fn eval(text: &str) -> Result<Value, EvalError> {
    let module = TestModule::default();
    let source = module.sources.add("main.tf", text.to_owned());
    let expr = native::parse_expression(source, text).map_err(|error| EvalError::new(error.message, Some(error.span)))?;
    evaluate(&expr, &EvalContext::new(&module, &Budget::small()))
}

/// The work that evaluating a text takes from an account.
fn work(text: &str) -> u64 {
    let module = TestModule::default();
    let source = module.sources.add("main.tf", text.to_owned());
    let expr = native::parse_expression(source, text).expect("an expression");
    let limits = Limits::default();
    let account = Rc::new(Account::new(limits, limits.run_work, limits.run_kept));
    let _ = evaluate(&expr, &EvalContext::new(&module, &Budget::of(&account)));
    limits.run_work - account.remaining().0
}

#[test]
fn splat_pays_for_each_element_and_failed_splat_for_entire_contents() {
    let objects = "[for n in range(50) : { for m in range(50) : \"a${m}\" => m }]";
    let own = work(&format!("length({objects})"));
    let splat = work(&format!("length({objects}[*].a1)")) - own;
    assert!((500..3_000).contains(&splat), "{splat}");
    let failed = work(&format!("try({objects}[*].missing, [])")) - own;
    assert!(failed > 3_000, "{failed}");
}

fn value(text: &str) -> Value {
    eval(text).unwrap_or_else(|error| panic!("`{text}`: {}", error.message))
}

fn trail(text: &str) -> Vec<String> {
    value(text).steps().map(|step| step.label().into_owned()).collect()
}

/// "value when condition" for each possible value of an unknown.
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
fn values_carry_the_trail_of_the_value_they_are_made_from() {
    let from_variable = ["`var.mode` is used here", "set by x.tfvars"];
    assert_eq!(trail("\"HSM\""), ["set here"]);
    assert_eq!(trail("var.mode"), from_variable);
    assert_eq!(trail("upper(var.mode)"), from_variable);
    assert_eq!(trail("upper(coalesce(var.mode, \"HSM\"))"), from_variable);
    assert_eq!(trail("try(null.a, var.mode)"), from_variable);
    assert_eq!(trail("true ? var.mode : \"SOFTWARE\""), from_variable);
    assert_eq!(trail("{ a = [var.mode] }.a[0]"), from_variable);
    assert_eq!(trail("[for mode in [var.mode] : lower(mode)][0]"), from_variable);
    assert_eq!(trail("lookup({ a = var.mode }, \"a\", \"x\")"), from_variable);
    assert_eq!(trail("\"${var.mode}\""), from_variable);
    assert_eq!(trail("\"key-${var.mode}\""), from_variable);
    assert_eq!(trail("replace(var.mode, \"H\", \"h\")"), from_variable);
    assert_eq!(trail("format(\"%s-%s\", \"a\", var.mode)"), from_variable);
    // A value computed from two others has no single trail, only the place where it is computed.
    for text in ["format(\"%s%s\", var.mode, var.mode)", "\"${var.mode}-${var.mode}\"", "replace(var.mode, var.mode, \"x\")"] {
        assert_eq!(trail(text), ["set here"], "{text}");
    }
}

#[test]
fn literal_branch_of_a_condition_records_why_it_was_chosen() {
    for literal in ["\"HSM\"", "(\"HSM\")", "null", "-1", "!true", "[\"a\", [1]]", "{ a = \"x\", b = { c = true } }"] {
        assert_eq!(
            trail(&format!("var.mode == \"HSM\" ? {literal} : null")),
            ["chosen because `var.mode == \"HSM\"` is true"],
            "{literal}"
        );
        assert_eq!(trail(&format!("var.mode != \"HSM\" ? null : {literal}")), ["chosen because `var.mode != \"HSM\"` is false"]);
    }
    // A computed branch has the trail of its computation instead.
    for computed in ["upper(\"hsm\")", "[upper(\"hsm\")]", "{ a = upper(\"hsm\") }", "\"${upper(\"hsm\")}\"", "1 + 1"] {
        assert_eq!(trail(&format!("var.mode == \"HSM\" ? {computed} : null")), ["set here"], "{computed}");
    }
}

#[test]
fn unchanged_resource_attribute_keeps_its_origin() {
    let endpoint = Some("oci_kms_vault.v.management_endpoint".to_owned());
    for text in [
        "oci_kms_vault.v.management_endpoint",
        "\"${oci_kms_vault.v.management_endpoint}\"",
        "tostring(oci_kms_vault.v.management_endpoint)",
        "try(oci_kms_vault.v.management_endpoint, null)",
        "coalesce(null, oci_kms_vault.v.management_endpoint)",
        "coalesce(\"\", oci_kms_vault.v.management_endpoint, \"x\")",
        "coalesce(oci_kms_vault.v.management_endpoint, \"x\")",
        "trimspace(oci_kms_vault.v.management_endpoint)",
        "nonsensitive(sensitive(oci_kms_vault.v.management_endpoint))",
        "format(\"%s\", oci_kms_vault.v.management_endpoint)",
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
    for text in [
        "\"x${oci_kms_vault.v.management_endpoint}\"",
        "format(\"%s!\", oci_kms_vault.v.management_endpoint)",
        "coalesce(tostring(var.level), oci_kms_vault.v.management_endpoint)",
        "join(\",\", [oci_kms_vault.v.management_endpoint, \"x\"])",
        "upper(oci_kms_vault.v.management_endpoint)",
    ] {
        assert_eq!(origin(text), None, "{text}");
    }
    assert_eq!(origin("var.level > 1 ? oci_kms_vault.v.management_endpoint : \"x\""), None);
}

#[test]
fn unknowns_list_their_possible_values_without_becoming_known() {
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
    assert_eq!(possible("-(var.level > 3 ? 1 : 2)"), ["-1 when `var.level > 3`", "-2 when not `var.level > 3`"]);
    assert_eq!(possible("(var.level > 3 ? 1 : 2) * 10"), ["10 when `var.level > 3`", "20 when not `var.level > 3`"]);
    assert_eq!(possible("(var.level > 3 ? true : false) && true"), ["true when `var.level > 3`", "false when not `var.level > 3`"]);
    assert_eq!(possible("!(var.level > 3 ? true : false) || false"), ["false when `var.level > 3`", "true when not `var.level > 3`"]);
    assert_eq!(possible("(var.level > 3 ? \"a\" : \"b\") == \"a\""), ["true when `var.level > 3`", "false when not `var.level > 3`"]);
    assert_eq!(possible("{ a = 1, b = 2 }[var.level > 3 ? \"b\" : \"a\"]"), ["2 when `var.level > 3`", "1 when not `var.level > 3`"]);
    assert_eq!(possible("[10, 20][var.level]"), ["10 when `var.level` is `0`", "20 when `var.level` is `1`"]);
    assert_eq!(possible("((var.level > 3)) ? 1 : 2"), ["1 when `var.level > 3`", "2 when not `var.level > 3`"]);
    let long = format!("var.level > {} ? 1 : 2", "1".repeat(80));
    assert_eq!(possible(&long), ["1 when the condition holds", "2 when the condition does not hold"]);
    // The list is empty if a branch fails, or if it would be too long to help.
    assert_eq!(possible("var.level > 3 ? 1 : [2][1]"), [""; 0]);
    let map = |entries: usize| (0..entries).map(|n| format!("k{n} = {n}, ")).collect::<String>();
    for (entries, listed) in [(15, 16), (16, 0)] {
        assert_eq!(possible(&format!("lookup({{ {} }}, var.unset, 99)", map(entries))).len(), listed);
    }
    for (entries, listed) in [(16, 16), (17, 0)] {
        assert_eq!(possible(&format!("{{ {} }}[var.unset]", map(entries))).len(), listed);
        assert_eq!(possible(&format!("[{}][var.level]", "7, ".repeat(entries))).len(), listed);
    }
    assert_eq!(possible("lookup({ a = 1 }, var.level > 3 ? \"a\" : \"b\", 2)"), ["1 when `var.level > 3`", "2 when not `var.level > 3`"]);
    assert_eq!(possible("lookup(sensitive({ a = 1 }), var.unset, 2)"), [""; 0]);
    assert_eq!(possible("sensitive({ a = 1 })[var.unset]"), [""; 0]);
    // The list never makes a result known.
    assert!(value("(var.level > 3 ? \"a\" : \"a\") == \"a\"").is_unknown());
    assert!(value("var.level > 3 ? \"a\" : \"a\"").is_unknown());
    // If the argument that `try` chooses may still fail, the next ones are possible results too.
    assert_eq!(possible("try({ a = \"x\" }[var.unset], \"d\")").len(), 2);
    assert_eq!(possible("try([var.unset], 1, 2)"), ["? when `try` succeeds with its first choice", "1 when that fails"]);
    assert_eq!(possible("try([var.unset], [2][1], [var.unset][0], 1)"), [""; 0]);
}

#[test]
fn results_of_unknowns_keep_their_reason() {
    for text in [
        "tolist(toset([\"a\", var.unset]))",
        "upper(var.unset)",
        "\"a${var.unset}\"",
        "var.unset + 1",
        "[var.unset][0].a",
        "var.unset ? 1 : \"a\"",
        "[for x in var.unset : x]",
    ] {
        assert_eq!(why(text), "variable `unset` has no value", "{text}");
    }
}

#[test]
fn marks_spread_to_results() {
    for text in ["var.key", "{ a = \"x\" }[var.key]", "lookup({ a = \"x\" }, var.key, \"y\")", "upper(var.key)", "\"x${var.key}\""] {
        let marks = value(text).deep_marks();
        assert!(marks.from_file && marks.by_caller && !marks.is_secret(), "{text}");
    }
    for text in ["\"x${var.token}\"", "[var.token, \"a\"]", "upper(var.token)", "tomap({ a = \"x\", t = \"y\" })[var.token]"] {
        assert!(value(text).deep_marks().ephemeral, "{text}");
    }
    let (bare, marks) = value("[{ a = [var.token] }, toset([sensitive(\"s\")]), tomap({ k = sensitive(1) })]").unmark_deep();
    assert!(marks.ephemeral && marks.sensitive);
    assert_eq!(bare.deep_marks(), Marks::NONE);
}

#[test]
fn undeclared_references_are_errors_even_if_not_evaluated() {
    for text in [
        "try(var.nosuch, 1)",
        "can(var.nosuch)",
        "true ? 1 : var.nosuch",
        "true || var.nosuch",
        "try(1, var.nosuch)",
        "[for x in [] : var.nosuch]",
        "[for x in [] : convert(var.nosuch, string)]",
    ] {
        assert!(eval(text).is_err_and(|error| !error.is_catchable()), "{text}");
    }
    assert!(eval("try(nosuch(), 1)").is_ok());
    // The names of types are not references.
    assert!(eval("[for x in [] : convert(x, list(string))]").is_ok());
}

#[test]
fn errors_have_specific_messages() {
    for (text, message) in [
        (r#"-("a")"#, "invalid operand: a number is required"),
        ("convert([1], bool)", "bool required, but have tuple"),
        ("convert({}, number)", "number required, but have object"),
        (r#"convert("x", bool)"#, "a bool is required"),
        (r#"convert("x", number)"#, "a number is required"),
        ("convert(true, number)", "number required, but have bool"),
        ("convert(1, bool)", "bool required, but have number"),
        (r#"convert("a", list(string))"#, "list of string required"),
        (r#"convert("a", set(string))"#, "set of string required"),
        (r#"convert("a", map(string))"#, "map of string required"),
        ("convert({}, list(string))", "list of string required"),
        ("convert([], map(string))", "map of string required"),
        (r#"convert(["a"], list(number))"#, "a number is required"),
        ("convert([true], list(number))", "element 0: number required, but have bool"),
        ("convert([[1]], list(string))", "element 0: string required, but have tuple"),
        (r#"convert([[1], "a"], list(any))"#, "all list elements must have the same type"),
        (r#"convert([[1], "a"], set(any))"#, "all set elements must have the same type"),
        (r#"convert({ a = [1], b = "x" }, map(any))"#, "all map elements must have the same type"),
        ("convert({ a = [1] }, map(string))", r#"element "a": string required, but have tuple"#),
        ("convert({ a = true }, map(number))", r#"element "a": number required, but have bool"#),
        ("convert(tolist([true]), list(number))", "incorrect list element type: number required, but have bool"),
        ("convert(toset([true]), set(number))", "incorrect set element type: number required, but have bool"),
        ("convert(toset([true]), list(number))", "incorrect list element type: number required, but have bool"),
        ("convert(tolist([true]), set(number))", "incorrect set element type: number required, but have bool"),
        ("convert(tomap({ a = true }), map(number))", "incorrect map element type: number required, but have bool"),
        ("convert(tolist([[true]]), list(list(number)))", "incorrect list element type: element 0: number required, but have bool"),
        ("convert({ a = 1 }, object({ b = number }))", r#"attribute "b" is required"#),
        ("convert({ a = 1 }, object({ a = number, b = number, c = string }))", r#"attributes "b" and "c" are required"#),
        ("convert({ a = true }, object({ a = number }))", r#"attribute "a": number required, but have bool"#),
        (
            "convert({ a = { b = true } }, object({ a = object({ b = number }) }))",
            r#"attribute "a": attribute "b": number required, but have bool"#,
        ),
        ("convert([1], tuple([number, string]))", "tuple required"),
        ("convert([true], tuple([number]))", "tuple required"),
        (r#"convert(["a", 1], tuple([string]))"#, "tuple required"),
        (r#"convert(tomap({ a = "x" }), object({ a = list(string) }))"#, "object required"),
        ("convert([{ a = 1 }], list(object({ b = string })))", r#"element 0: attribute "b" is required"#),
        ("convert({ k = { a = 1 } }, map(object({ b = string })))", r#"element "k": attribute "b" is required"#),
        ("convert([{ a = 1 }, { b = 2 }], list(object({ a = number })))", r#"element 1: attribute "a" is required"#),
        (r#"convert([1, "a"], list(bool))"#, "element 0: bool required, but have number"),
        (r#"convert({ a = 1, b = "x" }, map(bool))"#, r#"element "a": bool required, but have number"#),
        ("[1].a", "a value of type tuple has no attribute `a`"),
        ("tolist([{ a = 1 }]).a", "a list of object has no attribute `a`, but its elements may have it"),
        ("toset([{ a = 1 }]).a", "a set of object has no attribute `a`, but its elements may have it"),
        (r#""a".b"#, "a value of type string has no attribute `b`"),
        ("tomap({ a = 1 }).b", "this map has no element with the key `b`"),
        ("{ a = 1 }.b", "this object has no attribute `b`"),
        ("null.a", "the value is null, so it has no attribute `a`"),
        ("null[0]", "the value is null, so it has no elements"),
        ("[][0]", "the index is out of range: the collection is empty"),
        ("[1][1]", "index 1 is out of range: the collection has 1 element"),
        ("[1][-1]", "the index -1 is negative"),
        ("[1][0.5]", "the index 0.5 is not a whole number"),
        ("tolist([1, 2])[2]", "index 2 is out of range: the collection has 2 elements"),
        (r#"{ a = 1 }["b"]"#, "this object has no attribute `b`"),
        (r#"tomap({ a = 1 })["b"]"#, "this map has no element with the key `b`"),
        ("toset([1])[0]", "elements of a set have no index or key"),
        (r#""a"[0]"#, "this value has no elements"),
        (r#"[1]["x"]"#, "this key does not identify an element: a number is required"),
        ("[1][null]", "null cannot be a key"),
        ("{ a = 1 }[null]", "null cannot be a key"),
        ("tolist(null)[*]", "a null sequence has no elements for a splat"),
        ("try()", "`try` takes at least one argument"),
        ("can()", "`can` does not take these arguments"),
        ("can(1, 2)", "`can` does not take these arguments"),
        ("convert(1)", "`convert` takes a value and a type"),
        ("try([1][5])", "no argument of `try` succeeds: index 5 is out of range: the collection has 1 element"),
        ("nosuch(1)", "there is no function named `nosuch`"),
        ("upper()", "`upper`: not enough arguments: 1 expected, a value for `str` is missing"),
        (r#"upper("a", "b")"#, "`upper`: too many arguments: only 1 expected"),
        (r#"upper(["a"])"#, "`upper`: invalid value for `str`: string required, but have tuple"),
        ("upper(null)", "`upper`: invalid value for `str`: argument must not be null"),
        ("[for x in 1 : x]", "a value of type number has no elements to iterate over"),
        ("[for x in null : x]", "null has no elements to iterate over"),
        (r#"{for x in ["a", "a"] : x => 1}"#, "two elements have the key `a`; add `...` after the value to group them"),
        (r#"1 + "a""#, "invalid operand: a number is required"),
        ("convert(1, set)", "the type constructor `set` requires an argument"),
        ("convert(1, object)", "the type constructor `object` requires an argument"),
        ("convert(1, object(1))", "`object` takes attribute types in braces"),
        ("convert(1, tuple(1))", "`tuple` takes element types in brackets"),
        ("convert(1, object())", "the type constructor `object` takes one argument"),
        ("convert(1, list(string, string))", "the type constructor `list` takes one argument"),
        ("convert(1, optional(string))", "`optional` is for the attributes of an object type only"),
        ("convert(1, list(optional(string)))", "`optional` is for the attributes of an object type only"),
        ("convert(1, nosuch)", "`nosuch` is not a type"),
        ("convert(1, nosuch(string))", "`nosuch` is not a type constructor"),
        (r#"convert(1, object({ "a" = string }))"#, "attribute names of an object type must be plain names"),
        ("convert(1, object({ (a) = string }))", "attribute names of an object type must be plain names"),
        ("convert(1, object({ a = string, a = number }))", "the object type has the attribute `a` twice"),
        ("convert(1, object({ a = optional() }))", "`optional` takes a type and at most one default"),
        ("convert(1, object({ a = optional(number, 1, 2) }))", "`optional` takes a type and at most one default"),
        (
            r#"convert(1, object({ a = optional(number, "x") }))"#,
            "the default of optional attribute `a` does not fit its type: a number is required",
        ),
        ("convert(1, [string])", "a type constraint is either a keyword like `string` or a call like `list(string)`"),
        (r#"convert(1, list("string"))"#, "a type must not be in quotes: write `string`"),
        (r#"convert(1, list("nosuch"))"#, "a type constraint is either a keyword like `string` or a call like `list(string)`"),
        ("1 + null", "an operand is null"),
        ("!1", "invalid operand: bool required, but have number"),
        ("null ? 1 : 2", "the condition is null; it must be true or false"),
        (r#""x" ? 1 : 2"#, "the condition must be true or false"),
        ("true ? [1] : { a = 1 }", "the results of a conditional must have the same type, but one is tuple and the other object"),
        (r#"upper("a"...)"#, "the argument before `...` must be a tuple, list or set"),
        ("upper(null...)", "the argument before `...` is null"),
    ] {
        assert_eq!(eval(text).map(|value| value.ty()).expect_err(text).message, message, "{text}");
    }
}

#[test]
fn conversion_of_an_unknown_fills_any_in_the_constraint() {
    let parsed = |text: &str| {
        let source = TestModule::default().sources.add("types.tf", text.to_owned());
        let expr = native::parse_expression(source, text).expect("a type");
        super::parse_constraint(&expr, &mut |default| Err(EvalError::new("no default", Some(default.span))), &Budget::new())
            .expect("a type")
            .ty
    };
    for (given, constraint, expected) in [
        ("any", "list(string)", "list(string)"),
        ("list(string)", "any", "list(string)"),
        ("map(string)", "map(any)", "map(string)"),
        ("object({ a = string, b = number })", "map(any)", "map(string)"),
        ("map(string)", "object({ a = any })", "object({ a = string })"),
        ("object({ a = string, b = bool })", "object({ a = any })", "object({ a = string })"),
        ("object({})", "object({ a = optional(any) })", "object({ a = any })"),
        ("tuple([string, number])", "set(any)", "set(string)"),
        ("tuple([bool, bool])", "list(any)", "list(bool)"),
        ("tuple([string, bool])", "tuple([any, string])", "tuple([string, string])"),
        ("list(bool)", "set(any)", "set(bool)"),
        ("set(bool)", "list(any)", "list(bool)"),
        ("object({ a = tuple([bool]) })", "map(list(any))", "map(list(bool))"),
    ] {
        let converted = super::convert(Value::unknown(parsed(given), "it is unknown"), &parsed(constraint)).expect(given);
        assert_eq!(converted.ty(), parsed(expected), "{given} as {constraint}");
        assert_eq!(converted.why().map(|why| &**why), Some("it is unknown"));
    }
}

#[test]
fn error_messages_do_not_reveal_secrets() {
    let message = |text: &str| eval(text).map(|value| value.ty()).expect_err(text).message;
    let redacted = |name: &str, why: &str| format!("invalid argument for `{name}`; the reason is not shown because a value {why}");
    // Without the mark, each of these messages would quote the value or a piece of it.
    for (text, name) in [
        ("formatdate(sensitive(\"hunter2-open\"), \"2020-01-01T00:00:00Z\")", "formatdate"),
        ("format(sensitive(\"%d%k\"), 1)", "format"),
        ("cidrhost(sensitive(\"10.0.0.0/33\"), 1)", "cidrhost"),
        ("cidrhost(\"10.0.0.0/24\", sensitive(4321))", "cidrhost"),
        ("jsondecode(sensitive(\"{x\"))", "jsondecode"),
        ("jsondecode(sensitive(\"{\\\"a\\\": tru}\"))", "jsondecode"),
    ] {
        assert_eq!(message(text), redacted(name, "is sensitive"));
        let unredacted = message(&text.replacen("sensitive(", "(", 1));
        assert!(!unredacted.contains("is not shown"), "{text}: {unredacted}");
    }
    assert_eq!(message("cidrhost(var.file, 1)"), redacted("cidrhost", "comes from a file, the environment or the command line"));
    // Messages that do not quote the secret are helpful and stay, and so do messages about other values.
    assert_eq!(message("parseint(sensitive(\"hunter2-open\"), 10)"), "`parseint`: cannot parse the text as a base 10 integer");
    assert_eq!(message("format(\"%d\", sensitive(\"hunter2-open\"))"), "`format`: unsupported value for `%d`: a number is required");
    assert_eq!(message("yamldecode(var.file)"), message("yamldecode(\"top: [hunter2-open\")"));
    assert_eq!(message("cidrhost(\"10.0.0.0/33\", sensitive(77))"), message("cidrhost(\"10.0.0.0/33\", 77)"));
}

#[test]
fn oversized_expressions_are_unknown_even_in_try() {
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
fn deeply_nested_expressions_terminate() {
    // The stack size of the threads that evaluate modules.
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(evaluate_deep_expressions).unwrap();
    thread.join().unwrap();
}

fn evaluate_deep_expressions() {
    let nested = |open: &str, close: &str, depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    for depth in [50, 400, 5_000] {
        for (open, close) in
            [("(", ")"), ("[", "]"), ("-", ""), ("upper(", ")"), ("true ? 1 : ", ""), ("{ a = ", " }"), ("1 + ", ""), ("try(", ")")]
        {
            let text = nested(open, close, depth);
            // A parse error, an unknown or the value: only the stack must not overflow.
            if let Ok(value) = eval(&text) {
                drop(value);
            }
        }
    }
}

/// Locals that each refer to the previous one, evaluated on demand as in a module.
struct Chain<'a> {
    module: &'a TestModule,
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
        evaluate(&expr, &EvalContext::new(self, self.budget)).map(|value| (value, 1))
    }

    fn text(&self, span: Span) -> String {
        self.module.text(span)
    }

    fn files(&self) -> &dyn FileAccess {
        self.module
    }
}

#[test]
fn long_chains_of_locals_terminate() {
    for link in ["NEXT", "true ? [for x in [NEXT] : upper(x)][0] : null", "[NEXT]", "\"%{ if true }${NEXT}%{ endif }\"", "try(NEXT, \"x\")"]
    {
        for (length, known) in [(20, true), (5_000, false)] {
            let (module, budget) = (TestModule::default(), Budget::new());
            let chain = Chain { module: &module, budget: &budget, link };
            let text = format!("local.n{length}");
            let source = module.sources.add("main.tf", text.clone());
            let expr = native::parse_expression(source, &text).expect("a reference");
            let value = evaluate(&expr, &EvalContext::new(&chain, &budget)).expect("a value");
            assert_eq!(value.is_wholly_known(), known, "{length} times `{link}`");
        }
    }
}

#[test]
fn operations_pay_for_everything_they_look_at() {
    let repeated = |call: &str| {
        let text =
            format!("[for deep in [[for a in range(100) : range(100)]] : length([for n in setproduct(range(30), range(30)) : {call}])][0]");
        value(&text)
    };
    for call in ["reverse(deep)", "try(deep)", "can(deep)", "contains(deep, 1)", "tolist(deep)", "jsonencode(deep)", "keys({ a = deep })"] {
        assert_eq!(repeated(call).why().map(|why| &**why), Some(super::TOO_LARGE), "{call}");
    }
    // Picking one element does not pay for the others.
    for call in ["element(deep, 1)[0]", "length(deep)", "deep[1][2]"] {
        assert_eq!(repeated(call).as_number().and_then(super::Num::to_i64), Some(900), "{call}");
    }
    let long = "x".repeat(400_000);
    for call in ["startswith(text, \"y\")", "text == \"y\"", "length(text)", "substr(text, 0, 1)", "[text]", "sort([text])"] {
        let text = format!("[for text in [\"{long}\"] : length([for n in setproduct(range(30), range(30)) : {call}])][0]");
        assert_eq!(value(&text).why().map(|why| &**why), Some(super::TOO_LARGE), "{call}");
    }
}
