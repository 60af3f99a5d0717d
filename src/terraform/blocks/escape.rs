//! The escaping block `_ {}` of resources, data sources and module calls. It contains arguments of the resource type or module, even those
//! with the name of a meta-argument. Source: Terraform's `configs/resource.go` and `configs/module_call.go`.

use crate::base::{Place, Problem, ProblemKind, Span, Step};
use crate::hcl::{Block, ExprKind};

const ESCAPE: &str = "_";
const RESOURCE_META: [&str; 7] = ["count", "for_each", "depends_on", "provider", "lifecycle", "connection", "provisioner"];

/// Merges the contents of the escaping block into the block. Returns the errors that Terraform would report.
pub(crate) fn unescape(block: &mut Block) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !block.body.blocks.iter().any(|inner| &*inner.kind.text == ESCAPE) {
        return problems;
    }
    let is_call = &*block.kind.text == "module";
    let meta: &[&str] = if is_call { &super::CALL_META_ARGUMENTS } else { &RESOURCE_META };
    let (escaping, others): (Vec<_>, Vec<_>) =
        std::mem::take(&mut block.body.blocks).into_iter().partition(|inner| &*inner.kind.text == ESCAPE);
    block.body.blocks = others;
    let mut first: Option<Span> = None;
    for inner in escaping {
        if let Some(first) = first {
            let mut problem = refused("only one escaping block `_` is allowed", inner.header);
            problem.related.push(Step::new(Place::Source(first), "the first one"));
            problems.push(problem.help("Move its arguments into the first one"));
        }
        for attribute in inner.body.attributes {
            let name = &*attribute.name.text;
            if meta.contains(&name) {
                problems.push(not_meta(name, is_call, attribute.name.span));
            } else if let Some(existing) = block.body.attributes.iter_mut().find(|existing| existing.name.text == attribute.name.text) {
                let message = format!("`{name}` is set in the block and in its escaping block `_`; an argument may be set only once");
                // The error is reported when the argument is evaluated.
                existing.value.kind = ExprKind::Invalid(message.into());
            } else {
                block.body.attributes.push(attribute);
            }
        }
        for nested in inner.body.blocks {
            if meta.contains(&&*nested.kind.text) || &*nested.kind.text == ESCAPE {
                problems.push(not_meta(&nested.kind.text, is_call, nested.header));
            } else {
                block.body.blocks.push(nested);
            }
        }
        first.get_or_insert(inner.header);
    }
    problems
}

fn refused(message: impl Into<String>, at: Span) -> Problem {
    Problem::new(ProblemKind::Refused, message).at(Place::Source(at))
}

fn not_meta(name: &str, is_call: bool, at: Span) -> Problem {
    let owner = if is_call { "the module has no input variable" } else { "the resource type has no argument" };
    let problem = refused(format!("{owner} `{name}`: in an escaping block `_` it is not a meta-argument"), at);
    problem.help("Move it out of the escaping block")
}
