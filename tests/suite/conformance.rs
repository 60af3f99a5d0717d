//! Expressions have the values that Terraform gave them, as recorded in `testdata/functions/*.jsonl`.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a test may fail loudly")]

use crate::harness::read_json;
use kmslint::base::{SourceId, Sources, Span};
use kmslint::eval::{Data, EvalError, FileAccess, FileError, FileList, ObjectAttr, RefStep, Scope, Type, Value, eval_text};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The directory with the expectations.
fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/functions")
}

/// The module in which Terraform evaluated the expressions: one resource whose `id` is unknown, and the files of `files/`.
struct Module {
    sources: Sources,
    files: PathBuf,
}

impl Scope for Module {
    fn resolve(&self, name: &str, span: Span, steps: &[RefStep<'_>]) -> Result<(Value, usize), EvalError> {
        self.check_declared(name, span, &[])?;
        match (name, steps) {
            ("resource", [RefStep::Attr(kind), rest @ ..]) if &*kind.text == "terraform_data" => {
                self.resolve("terraform_data", span, rest).map(|(value, used)| (value, used + 1))
            }
            // Terraform checks the steps after a resource against its schema before it evaluates anything.
            ("terraform_data", [RefStep::Attr(name), rest @ ..]) if &*name.text == "unk" => match rest {
                [] => Ok((resource(), 1)),
                [RefStep::Attr(attribute)] if &*attribute.text == "id" => Ok((resource(), 1)),
                [RefStep::Attr(attribute), ..] if ["input", "output", "triggers_replace"].contains(&&*attribute.text) => {
                    Ok((resource(), 1))
                }
                _ => Err(rejected("This resource has no such attribute", span)),
            },
            ("path", [RefStep::Attr(which), ..]) if ["module", "root"].contains(&&*which.text) => Ok((Value::string("."), 1)),
            ("path", [RefStep::Attr(which), ..]) if &*which.text == "cwd" => Ok((Value::string(self.absolute(".")), 1)),
            ("terraform", [RefStep::Attr(which), ..]) if &*which.text == "workspace" => Ok((Value::string("default"), 1)),
            _ => Err(rejected(&format!("`{name}` is not declared"), span)),
        }
    }

    fn check_declared(&self, name: &str, span: Span, steps: &[RefStep<'_>]) -> Result<(), EvalError> {
        if let ("terraform_data", [_, RefStep::Attr(attribute), _, ..]) = (name, steps)
            && &*attribute.text == "id"
        {
            return Err(rejected("A string has no attributes", span));
        }
        if ["terraform_data", "path", "terraform", "resource"].contains(&name) {
            Ok(())
        } else {
            Err(rejected(&format!("`{name}` is not declared"), span))
        }
    }

    fn dialect(&self) -> kmslint::eval::Dialect {
        kmslint::eval::Dialect::Terraform
    }

    fn text(&self, span: Span) -> String {
        self.sources.get(span.source).slice(span).to_owned()
    }

    fn files(&self) -> &dyn FileAccess {
        self
    }
}

fn rejected(message: &str, span: Span) -> EvalError {
    EvalError::refused(message.to_owned(), Some(span))
}

fn resource() -> Value {
    let id = Value::unknown(Type::String, "`terraform_data.unk.id` is known after apply").not_null();
    let null = || Value::null(Type::Any);
    let attributes = [("id", id), ("input", null()), ("output", null()), ("triggers_replace", null())];
    Value::object(attributes.into_iter().map(|(name, value)| (Arc::from(name), value)).collect())
}

impl Module {
    fn inside(&self, path: &str) -> Result<PathBuf, FileError> {
        let absolute = PathBuf::from(self.absolute(path));
        if absolute.starts_with(&self.files) {
            Ok(absolute)
        } else {
            Err(FileError::withheld(format!("`{path}` is outside of the repository")))
        }
    }
}

impl FileAccess for Module {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        let path = self.inside(path)?;
        if path.is_dir() {
            return Err(FileError::Missing);
        }
        std::fs::read(path).map(Arc::from).map_err(|_| FileError::Missing)
    }

    fn exists(&self, path: &str) -> Result<bool, FileError> {
        let path = self.inside(path)?;
        let below_a_file = path.ancestors().skip(1).any(Path::is_file);
        if path.is_dir() || below_a_file { Err(FileError::Missing) } else { Ok(path.is_file()) }
    }

    fn list(&self, directory: &str) -> Result<Arc<FileList>, FileError> {
        let root = self.inside(directory)?;
        if !root.is_dir() {
            return if root.exists() { Ok(Arc::default()) } else { Err(FileError::Missing) };
        }
        let walk = walkdir::WalkDir::new(&root).sort_by_file_name();
        let mut found: Vec<String> = walk
            .into_iter()
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_file())
            .filter_map(|entry| entry.path().strip_prefix(&root).ok().map(|path| path.to_string_lossy().into_owned()))
            .collect();
        found.sort();
        Ok(Arc::new(FileList { files: found, withheld: Vec::new() }))
    }

    fn absolute(&self, path: &str) -> String {
        let mut absolute = PathBuf::new();
        for part in self.files.join(path).components() {
            match part {
                std::path::Component::CurDir => {}
                std::path::Component::ParentDir => {
                    absolute.pop();
                }
                part => absolute.push(part),
            }
        }
        absolute.to_string_lossy().into_owned()
    }
}

/// The result in Terraform.
enum Expected<'a> {
    Error,
    Value { value: &'a Json, unknown: &'a Json, ty: Option<&'a Json>, sensitive: bool },
}

/// Compares a result with Terraform's. The error describes the difference.
fn compare(got: &Result<Value, EvalError>, expected: &Expected<'_>) -> Result<(), String> {
    match (got, expected) {
        (Err(_), Expected::Error) => Ok(()),
        (Err(error), Expected::Value { .. }) => Err(format!("is an error here: {}", error.message)),
        (Ok(value), Expected::Error) => Err(format!("is an error in Terraform, here {}", show(value))),
        (Ok(got), Expected::Value { value, unknown, ty, sensitive }) => {
            if !same(got, value, unknown) {
                return Err(format!("is {value} (unknown: {unknown}) in Terraform, here {}", show(got)));
            }
            if let Some(ty) = ty
                && type_of(ty).is_some_and(|ty| ty != got.ty())
            {
                return Err(format!("has type {ty} in Terraform, here {:?}", got.ty()));
            }
            // Terraform loses the sensitive mark of some unknown values; keeping it hides nothing that Terraform shows.
            if (*sensitive || !got.is_unknown()) && got.deep_marks().is_secret() != *sensitive {
                return Err(format!("sensitive is {sensitive} in Terraform"));
            }
            Ok(())
        }
    }
}

fn same(got: &Value, value: &Json, unknown: &Json) -> bool {
    if unknown == &Json::Bool(true) {
        return got.is_unknown();
    }
    let absent = Json::Null;
    let mask = |at: usize| unknown.get(at).unwrap_or(&absent);
    match &got.data {
        Data::Unknown(_) => false,
        Data::Null(_) => value.is_null(),
        Data::Bool(got) => value == &Json::Bool(*got),
        // Numbers are strings here, see `exact_numbers`.
        Data::Number(got) => value.get("number").and_then(Json::as_str) == Some(&got.plan_text()),
        Data::String(got) => value.as_str() == Some(&**got),
        Data::List(_, elements) | Data::Set(_, elements) | Data::Tuple(elements) => value.as_array().is_some_and(|values| {
            values.len() == elements.len() && elements.iter().zip(values).enumerate().all(|(at, (got, value))| same(got, value, mask(at)))
        }),
        Data::Map(_, entries) | Data::Object(entries) => value.as_object().is_some_and(|values| {
            let unknown = |name: &str| unknown.get(name).unwrap_or(&absent);
            values.keys().all(|name| entries.contains_key(name.as_str()))
                && entries.iter().all(|(name, got)| match values.get(&**name) {
                    Some(value) => same(got, value, unknown(name)),
                    None => same(got, &Json::Null, unknown(name)) && unknown(name) != &Json::Null,
                })
        }),
    }
}

fn type_of(json: &Json) -> Option<Type> {
    if let Some(name) = json.as_str() {
        return match name {
            "string" => Some(Type::String),
            "number" => Some(Type::Number),
            "bool" => Some(Type::Bool),
            _ => Some(Type::Any),
        };
    }
    let [kind, inner] = json.as_array()?.as_slice() else { return None };
    Some(match kind.as_str()? {
        "list" => Type::list(type_of(inner)?),
        "set" => Type::set(type_of(inner)?),
        "map" => Type::map(type_of(inner)?),
        "tuple" => Type::tuple(inner.as_array()?.iter().map(type_of).collect::<Option<_>>()?),
        _ => {
            let attribute =
                |(name, ty): (&String, &Json)| Some((Arc::from(name.as_str()), ObjectAttr { ty: type_of(ty)?, optional: false }));
            Type::Object(Arc::new(inner.as_object()?.iter().map(attribute).collect::<Option<BTreeMap<_, _>>>()?))
        }
    })
}

fn show(value: &Value) -> String {
    let mut text = String::new();
    write_value(value, &mut text);
    text.chars().take(300).collect()
}

fn write_value(value: &Value, text: &mut String) {
    let _ = match &value.data {
        Data::Unknown(unknown) => write!(text, "unknown({}: {})", unknown.ty, unknown.why),
        Data::Null(_) => write!(text, "null"),
        Data::Bool(value) => write!(text, "{value}"),
        Data::Number(value) => write!(text, "{value}"),
        Data::String(value) => write!(text, "{value:?}"),
        _ => {
            text.push('[');
            for (name, value) in value.as_mapping().into_iter().flatten() {
                let _ = write!(text, "{name}=");
                write_value(value, text);
                text.push(' ');
            }
            for value in value.as_sequence().unwrap_or_default() {
                write_value(value, text);
                text.push(' ');
            }
            text.push(']');
            Ok(())
        }
    };
}

/// Wraps every number of a JSON text as `{"number": "digits"}`, because parsing would lose digits.
fn exact_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => {
                let mut escaped = false;
                let end = rest.char_indices().skip(1).find(|&(_, character)| {
                    let ends = character == '"' && !escaped;
                    escaped = character == '\\' && !escaped;
                    ends
                });
                let end = end.map_or(rest.len(), |(at, _)| at + 1);
                out.push_str(&rest[..end]);
                end
            }
            '-' | '0'..='9' => {
                let end = rest.find(|character: char| !matches!(character, '-' | '+' | '.' | 'e' | 'E' | '0'..='9')).unwrap_or(rest.len());
                let _ = write!(out, "{{\"number\": \"{}\"}}", &rest[..end]);
                end
            }
            _ => {
                out.push(first);
                first.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    out
}

/// Expressions that are known to differ, with the reason; each line is `{"expr": …, "reason": …}`.
fn known_differences() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(directory().join("known_differences.txt")).unwrap_or_default();
    let lines = text.lines().filter(|line| line.starts_with('{'));
    lines
        .map(|line| {
            let json = read_json(line).expect("a line of JSON");
            let field = |name: &str| json[name].as_str().expect("expr and reason").to_owned();
            (field("expr"), field("reason"))
        })
        .collect()
}

#[derive(Default)]
struct Tally {
    agree: usize,
    known: usize,
    differ: Vec<String>,
}

fn run_family(text: &str, module: &Module, known: &BTreeMap<String, String>) -> Tally {
    let mut tally = Tally::default();
    for line in text.lines().skip(1) {
        let json = read_json(&exact_numbers(line)).expect("a line of JSON");
        let expr = json["expr"].as_str().expect("an expression");
        let expected = if json.get("error").is_some() {
            Expected::Error
        } else {
            Expected::Value {
                value: &json["value"],
                unknown: &json["unknown"],
                ty: json.get("type"),
                sensitive: json.get("sensitive") == Some(&Json::Bool(true)),
            }
        };
        let source: SourceId = module.sources.add("expr.tf", expr.to_owned());
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| eval_text(source, expr, module)));
        let difference = match &outcome {
            Ok(got) => compare(got, &expected).err(),
            Err(_) => Some("panics here".to_owned()),
        };
        match difference {
            None if known.contains_key(expr) => tally.differ.push(format!("`{expr}` agrees now; remove it from the known differences")),
            None => tally.agree += 1,
            Some(_) if known.contains_key(expr) => tally.known += 1,
            Some(difference) => tally.differ.push(format!("`{expr}` {difference}")),
        }
    }
    tally
}

#[test]
fn expressions_evaluate_as_in_terraform() {
    let known = known_differences();
    let files = directory().join("files").canonicalize().expect("testdata/functions/files");
    let module = Module { sources: Sources::default(), files };
    let mut families: Vec<PathBuf> = std::fs::read_dir(directory())
        .expect("testdata/functions")
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    families.sort();
    let (mut agree, mut report) = (0, String::new());
    let mut differ = 0;
    for path in &families {
        let text = std::fs::read_to_string(path).expect("a family");
        let tally = run_family(&text, &module, &known);
        let family = path.file_stem().unwrap_or_default().to_string_lossy();
        let _ = writeln!(report, "{family}: {} agree, {} known differences, {} differ", tally.agree, tally.known, tally.differ.len());
        for line in &tally.differ {
            let _ = writeln!(report, "    {line}");
        }
        agree += tally.agree;
        differ += tally.differ.len();
    }
    println!("{report}");
    assert!(families.len() >= 10 && agree >= 1_500, "too few expressions: {agree} in {} families", families.len());
    assert_eq!(differ, 0, "\n{report}");
}
