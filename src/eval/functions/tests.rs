//! Tests of the tables, and of what the caller does for all functions.

use super::*;
use crate::base::{Sources, Span};
use crate::eval::{Budget, Dialect, EvalError, FileAccess, FileError, FileList, Marks, Members, Type, WithheldPath};
use std::sync::Arc;

struct TestFiles;

impl FileAccess for TestFiles {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        match path {
            "here" => Ok(Arc::from(*b"SOFTWARE")),
            "/etc/passwd" => Err(FileError::withheld("it lies outside")),
            _ => Err(FileError::Missing),
        }
    }

    fn exists(&self, _: &str) -> Result<bool, FileError> {
        Ok(false)
    }

    fn list(&self, _: &str) -> Result<Arc<FileList>, FileError> {
        let withheld = |path: &str, is_git| WithheldPath { path: path.to_owned(), is_git, why: "it is not ours".into() };
        let files = vec!["a.tf".to_owned(), "keys/b.tf".to_owned()];
        Ok(Arc::new(FileList { files, withheld: vec![withheld(".git", true), withheld("keys/out.yaml", false)] }))
    }

    fn absolute(&self, path: &str) -> String {
        format!("/root/{path}")
    }
}

fn call_with(budget: &Budget, dialect: Dialect, inside: TemplateNesting, name: &str, args: &[Value]) -> Result<Value, EvalError> {
    let spend = |amount| budget.charge(amount);
    let work = |elements| budget.work(elements);
    let render = |text: &str, _: &str, _: &Members, _: TemplateNesting| Ok(Value::string(text));
    let host =
        FunctionHost { files: &TestFiles, dialect, spend: &spend, work: &work, patterns: budget.patterns(), render: &render, inside };
    let source = Sources::default().add("expr.tf", String::new());
    call(name, args, &host, Span::new(source, 0..0))
}

fn call_in_terraform(name: &str, args: &[Value]) -> Result<Value, EvalError> {
    call_with(&Budget::new(), Dialect::Terraform, TemplateNesting::Nothing, name, args)
}

fn text(result: Result<Value, EvalError>) -> Option<String> {
    result.ok()?.as_str().map(str::to_owned)
}

#[test]
fn every_function_has_exactly_one_row() {
    let mut names: Vec<&str> = TABLES.into_iter().flatten().map(|function| function.name).collect();
    assert!(names.len() > 110, "{}", names.len());
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "a function has two rows");
}

#[test]
fn marks_of_arguments_are_moved_to_the_result() {
    let secret = Value::string("hsm").with_marks(Marks { sensitive: true, ..Marks::NONE });
    let upper = call_in_terraform("upper", std::slice::from_ref(&secret)).unwrap();
    assert_eq!((upper.as_str(), upper.marks.sensitive), (Some("HSM"), true));
    let open = call_in_terraform("nonsensitive", &[upper]).unwrap();
    assert!(!open.marks.sensitive);
    let joined = call_in_terraform("join", &[Value::string(","), Value::tuple(vec![secret])]).unwrap();
    assert!(joined.marks.sensitive);
}

#[test]
fn unknown_argument_gives_unknown_result_with_its_reason() {
    let unknown = Value::unknown(Type::String, "variable `x` has no value");
    let upper = call_in_terraform("upper", std::slice::from_ref(&unknown)).unwrap();
    assert_eq!(upper.why().map(|why| &**why), Some("variable `x` has no value"));
    assert!(upper.is_not_null());
    assert!(call_in_terraform("upper", &[unknown, Value::bool(true)]).is_err(), "too many arguments are an error even if one is unknown");
}

#[test]
fn nonexistent_function_is_an_error_and_opentofu_function_is_unknown_in_terraform() {
    assert!(call_in_terraform("nosuch", &[]).is_err());
    let address = [Value::string("10.0.0.0/8"), Value::string("10.1.0.0/16")];
    assert!(call_in_terraform("cidrcontains", &address).unwrap().is_unknown());
    let known = call_with(&Budget::new(), Dialect::OpenTofu, TemplateNesting::Nothing, "cidrcontains", &address).unwrap();
    assert_eq!(known.as_bool(), Some(true));
    assert!(call_in_terraform("timestamp", &[]).unwrap().is_unknown());
    assert_eq!(text(call_in_terraform("core::lower", &[Value::string("A")])).as_deref(), Some("a"));
}

#[test]
fn file_functions_mark_values_and_handle_withheld_and_missing_files() {
    let read = call_in_terraform("file", &[Value::string("here")]).unwrap();
    assert_eq!((read.as_str(), read.marks.from_file), (Some("SOFTWARE"), true));
    let outside = call_in_terraform("file", &[Value::string("/etc/passwd")]).unwrap();
    assert_eq!(outside.why().map(|why| &**why), Some("it lies outside"));
    assert!(call_in_terraform("file", &[Value::string("gone")]).is_err());
    let fileset = |pattern: &str| call_in_terraform("fileset", &[Value::string("."), Value::string(pattern)]).unwrap();
    // A pattern that cannot match git's own files has a known result, although git's directories are not listed.
    for pattern in ["*", "**/*.tf", "keys/*.tf", "*/*.json", "{a,b}/*"] {
        assert!(fileset(pattern).as_unknown().is_none(), "{pattern}");
    }
    for pattern in ["**", "**/*", "**/config", ".g*/*", ".*/*.tf", "*/*", "**/*.pack", "**/*.yaml"] {
        assert!(fileset(pattern).as_unknown().is_some(), "{pattern}");
    }
    let set = fileset("**/*.tf");
    assert_eq!(set.children().count(), 2);
}

#[test]
fn templates_cannot_nest_and_templatestring_cannot_read_files() {
    let args = [Value::string("here"), Value::object(Members::default())];
    assert_eq!(text(call_in_terraform("templatefile", &args)).as_deref(), Some("SOFTWARE"));
    for (inside, name) in [(TemplateNesting::TemplateFile, "templatefile"), (TemplateNesting::TemplateString, "file")] {
        assert!(call_with(&Budget::new(), Dialect::Terraform, inside, name, &args[..1]).is_err());
    }
    assert!(call_with(&Budget::new(), Dialect::Terraform, TemplateNesting::TemplateFile, "file", &args[..1]).is_ok());
}

#[test]
fn oversized_result_is_unknown_and_does_not_use_up_the_budget() {
    let budget = Budget::new();
    let many = call_in_terraform("range", &[Value::number(1000_i64)]).unwrap();
    let bombs: [(&str, Vec<Value>); 4] = [
        ("format", vec![Value::string("%999999999s"), Value::string("x")]),
        ("setproduct", vec![many.clone(), many.clone(), many.clone(), many]),
        ("indent", vec![Value::number(1_000_000_000_i64), Value::string("a\nb")]),
        ("replace", vec![Value::string("a".repeat(10_000)), Value::string(""), Value::string("b".repeat(10_000))]),
    ];
    for (name, args) in bombs {
        let result = call_with(&budget, Dialect::Terraform, TemplateNesting::Nothing, name, &args).unwrap();
        assert!(result.is_unknown(), "{name}");
    }
    assert!(!budget.is_spent());
}

#[test]
fn yaml_bombs_and_deep_documents_are_unknown() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let inner = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{inner}]\n"));
    }
    for text in [bomb, "[".repeat(100_000)] {
        assert!(call_in_terraform("yamldecode", &[Value::string(&text)]).is_ok_and(|value| value.is_unknown()), "{}", text.len());
    }
    assert!(call_in_terraform("jsondecode", &[Value::string("[".repeat(100_000))]).is_ok_and(|value| value.is_unknown()));
}

#[test]
fn yaml_in_brackets_is_accepted_with_any_indentation() {
    let list = call_in_terraform("yamldecode", &[Value::string("a: [\n1,\n2\n]\nb: {\n\"c\": [\n3]\n}")]).unwrap();
    let json = call_in_terraform("jsonencode", &[list]);
    assert_eq!(text(json).as_deref(), Some("{\"a\":[1,2],\"b\":{\"c\":[3]}}"));
}
