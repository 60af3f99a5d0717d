//! Shared code of the fuzz targets: checks of what the readers return, and the scope of an expression.

mod repository;

pub use repository::{Repository, Snapshot};

use kmslint::base::{Sources, Span};
use kmslint::eval::{EvalError, FileAccess, FileError, FileList, RefStep, Scope, Type, Value};
use kmslint::hcl::{Body, File};
use kmslint::key::Inventory;
use kmslint::plan;
use std::io::Cursor;
use std::sync::Arc;

/// Checks that every span in a parsed file is within its text.
pub fn check_file(file: &File, text: &str) {
    check_body(&file.body, text);
    if let Some(error) = &file.error {
        check_span(error.span, text);
    }
}

fn check_body(body: &Body, text: &str) {
    for attribute in &body.attributes {
        check_span(attribute.name.span, text);
        check_span(attribute.value.span, text);
    }
    for block in &body.blocks {
        check_span(block.span, text);
        check_body(&block.body, text);
    }
}

/// Checks that a span is within its text, on character boundaries.
pub fn check_span(span: Span, text: &str) {
    assert!(text.get(span.range()).is_some(), "{span:?} does not fit a text of {} bytes", text.len());
}

/// Reads a plan or state twice, compares the results, and checks the keys.
pub fn check_document(bytes: &[u8]) {
    let read = |bytes: &[u8]| plan::read("plan.json", Cursor::new(bytes.to_vec()), &plan::PlanOptions::default()).inventory;
    let (first, second) = (read(bytes), read(bytes));
    assert_eq!(format!("{first:?}"), format!("{second:?}"));
    check_keys(first, &Sources::default());
}

/// Checks an inventory with both rules and decides what is reported.
pub fn check_keys(inventory: Inventory, sources: &Sources) {
    drop(outcome(inventory, sources));
}

/// The outcome of both rules and the default policy for an inventory.
pub fn outcome(inventory: Inventory, sources: &Sources) -> kmslint::policy::Outcome {
    use kmslint::check::{Decisions, decide};
    use kmslint::policy::{Config, Input, PolicyOptions};
    let repository = kmslint::base::Repository::around(std::path::Path::new("/nowhere"));
    let (config, options) = (Config::default(), PolicyOptions::default());
    let now = jiff::Timestamp::UNIX_EPOCH;
    let decisions = Decisions { config: &config, baseline: None, options: &options, now, repository: &repository };
    let input = Input { inventory, drift: Vec::new(), declared: Vec::new() };
    decide(input, &decisions, sources)
}

/// A root module in which every variable is `HSM`, all other declared objects are unknown, and some files exist.
pub struct FuzzScope;

impl Scope for FuzzScope {
    fn resolve(&self, name: &str, span: Span, steps: &[RefStep<'_>]) -> Result<(Value, usize), EvalError> {
        match (name, steps) {
            ("var", [RefStep::Attr(_), ..]) => Ok((Value::string("HSM"), 1)),
            ("local" | "data" | "module", [RefStep::Attr(_), ..]) => Ok((Value::unknown(Type::Any, "known after apply"), 1)),
            _ => Err(EvalError::refused(format!("`{name}` is not declared"), Some(span))),
        }
    }

    fn text(&self, _: Span) -> String {
        "text".to_owned()
    }

    fn files(&self) -> &dyn FileAccess {
        self
    }
}

impl FileAccess for FuzzScope {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        if path.len() % 2 == 0 { Err(FileError::Missing) } else { Ok(Arc::from(path.as_bytes())) }
    }

    fn exists(&self, path: &str) -> Result<bool, FileError> {
        Ok(path.len() % 2 == 1)
    }

    fn list(&self, _: &str) -> Result<Arc<FileList>, FileError> {
        Ok(Arc::new(FileList { files: vec!["a".to_owned(), "b/c".to_owned()], withheld: Vec::new() }))
    }

    fn absolute(&self, path: &str) -> String {
        format!("/{path}")
    }
}
