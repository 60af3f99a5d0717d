//! The sources of module calls, which are evaluated before anything else. In Terraform, a source may refer to `const` variables and to
//! locals made of them; in OpenTofu, to any variable or local that is known early.

use crate::base::{Reason, Span};
use crate::eval::{Data, Dialect, EvalContext, EvalError, FileAccess, RefStep, Scope, Type, Value, convert, evaluate};
use crate::hcl::{Block, ExprKind, Part};
use crate::terraform::blocks::constants::{self, literal};
use crate::terraform::blocks::subject::Subject;
use crate::terraform::discovery::calls::{self, CallSource, CallTarget, Located};
use crate::terraform::request;
use crate::terraform::world::World;
use crate::terraform::world::frame::Frame;
use crate::terraform::world::instance::ModuleInstance;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// The directory at the start of a source that is a template; empty if there is none.
pub(crate) fn constant_prefix(call: &Block) -> &str {
    let first = call.body.attribute("source").and_then(|attribute| match &attribute.value.without_parens().kind {
        ExprKind::Template(template) => template.parts.first(),
        _ => None,
    });
    match first {
        Some(Part::Literal(text)) => text.rsplit_once('/').map_or("", |(directory, _)| directory),
        _ => "",
    }
}

/// The target of a call in a module instance.
pub(crate) fn locate(world: &World<'_>, at: &Rc<ModuleInstance>, name: &str, call: &Block) -> Located {
    let path = at.path_to(name);
    let loader = world.tree.loader;
    let unavailable = |why: Reason, refused| Located { target: CallTarget::Unavailable(why), source: None, refused, depends_on_path: true };
    let Some(attribute) = call.body.attribute("source") else { return unavailable("it has no `source`".into(), None) };
    let known = |source: CallSource, is_evaluated| {
        let target = loader.locate(&world.tree.root, &path, &at.module, &source.text, call);
        let depends_on_path = is_evaluated || !crate::terraform::discovery::directory::is_local(&source.text);
        Located { target, source: Some(source), refused: None, depends_on_path }
    };
    if let Some(source) = literal(&attribute.value) {
        return known(CallSource::literal(source), false);
    }
    let scope = SourceScope { frame: Frame::of_module(world, at), running: RefCell::default(), is_restricted: Cell::new(false) };
    let budget = world.memo.budget();
    let value = evaluate(&attribute.value, &EvalContext::new(&scope, &budget)).and_then(|value| convert(value, &Type::String));
    let is_hidden = value.as_ref().is_ok_and(|value| value.marks.hides_text());
    match value.map(|value| value.data) {
        Ok(Data::String(text)) => known(CallSource { text, is_hidden }, true),
        Ok(Data::Unknown(unknown)) => {
            // Terraform only plans with the source that was installed, so the installed module is the target.
            let installed = calls::installed(&path, loader.manifest(&world.tree.root)).map(|target| loader.check(target));
            installed.map_or_else(
                || unavailable(unknown.why.reworded(format!("its source is unknown: {}", unknown.why)), None),
                |target| Located { target, source: None, refused: None, depends_on_path: true },
            )
        }
        Ok(_) => unavailable(
            "its source is not a string".into(),
            Some(EvalError::refused("`source` must be a string".to_owned(), Some(attribute.value.span))),
        ),
        // If the dialect is unknown, OpenTofu may accept a source that Terraform rejects.
        Err(_) if scope.is_restricted.get() && world.tree.dialect == request::FileDialect::Either => {
            unavailable("its source is not a constant (`--dialect opentofu` evaluates variables in it)".into(), None)
        }
        Err(error) => unavailable("its source cannot be evaluated".into(), Some(error.at(attribute.value.span))),
    }
}

/// The scope of a source.
struct SourceScope<'a> {
    frame: Frame<'a>,
    /// The locals being evaluated.
    running: RefCell<Vec<Arc<str>>>,
    /// Whether a reference was rejected that only Terraform rejects.
    is_restricted: Cell<bool>,
}

impl SourceScope<'_> {
    fn error(&self, span: Span, message: String) -> Result<(Value, usize), EvalError> {
        Err(EvalError::refused(message, Some(span)))
    }

    fn local(&self, name: &Arc<str>, span: Span) -> Result<(Value, usize), EvalError> {
        let Some(local) = self.frame.at.module.locals.get(name) else { return self.frame.resolve("local", span, &[]) };
        if self.running.borrow().contains(name) {
            return self.error(span, format!("`local.{name}` refers to itself"));
        }
        self.running.borrow_mut().push(Arc::clone(name));
        let budget = self.frame.world.memo.budget();
        let value = evaluate(&local.value, &EvalContext::new(self, &budget));
        self.running.borrow_mut().pop();
        Ok((value?, 1))
    }
}

impl Scope for SourceScope<'_> {
    fn resolve(&self, name: &str, span: Span, steps: &[RefStep<'_>]) -> Result<(Value, usize), EvalError> {
        let is_tofu = self.frame.world.tree.dialect == request::FileDialect::OpenTofu;
        match Subject::resolved(name, steps) {
            Subject::Path(_) => self.frame.resolve(name, span, steps),
            Subject::Variable(variable) => {
                let block = self.frame.at.module.variables.get(variable);
                let sources = self.frame.world.tree.loader.sources;
                let is_const = |block: &Block| constants::is_true(block, "const", sources);
                if is_tofu || block.is_none_or(is_const) {
                    return self.frame.resolve(name, span, steps);
                }
                self.is_restricted.set(true);
                self.error(span, format!("a module source may only refer to constants, and `var.{variable}` is not a `const` variable"))
            }
            Subject::Local(local) => self.local(local, span),
            Subject::Terraform(_) | Subject::Tofu(_) if is_tofu => self.frame.resolve(name, span, steps),
            subject => {
                self.is_restricted.set(matches!(subject, Subject::Terraform(_) | Subject::Tofu(_)));
                self.error(span, format!("a module source may only refer to constants, not to `{}`", self.frame.text(span)))
            }
        }
    }

    fn check_declared(&self, name: &str, span: Span, steps: &[RefStep<'_>]) -> Result<(), EvalError> {
        self.frame.check_declared(name, span, steps)
    }

    fn text(&self, span: Span) -> String {
        self.frame.text(span)
    }

    fn dialect(&self) -> Dialect {
        self.frame.dialect()
    }

    fn files(&self) -> &dyn FileAccess {
        self.frame.files()
    }
}
