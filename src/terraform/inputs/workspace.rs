//! `terraform.workspace`: the selected workspace, determined by options, environment, configuration and data directory.

use crate::base::disk;
use crate::base::{Place, Problem, ProblemKind, Reason, Sources, Step};
use crate::eval::{Data, Value};
use crate::hcl::{Block, Body};
use crate::terraform::blocks::constants;
use crate::terraform::discovery::directory::allowed_directories;
use crate::terraform::modules::module::Module;
use crate::terraform::request::{ScanRequest, join_shown};
use std::path::Path;
use std::sync::Arc;

/// The maximum size of `.terraform/environment`, in bytes.
const CAP: u64 = 4096;

/// The name of the workspace, or why it is unknown.
pub(crate) type Workspace = Result<Arc<str>, Reason>;

/// The configuration of workspaces.
enum Backend {
    /// A backend that stores the workspaces in its state, or no backend.
    Local,
    /// A `cloud` block, with the name in its `workspaces` block.
    Cloud(WorkspaceName, Place),
    /// `backend "remote"` with a prefix: `terraform workspace select` selects one of several workspaces.
    Prefix,
}

/// The name in a `workspaces` block.
enum WorkspaceName {
    Constant(Arc<str>),
    Missing,
    NotConstant,
}

/// The workspace of a root module, and a problem if the environment contradicts the configuration.
pub(crate) fn find(request: &ScanRequest, module: &Module, sources: &Sources) -> (Workspace, Option<Problem>) {
    let given = |name: &Option<String>| name.as_deref().filter(|name| !name.is_empty()).map(Arc::from);
    if let Some(name) = given(&request.workspace) {
        return (Ok(name), None);
    }
    if request.recorded.is_some() && given(&request.env_workspace).is_none() {
        return (Err("a plan does not record its workspace; pass it with `--workspace`".into()), None);
    }
    let backend = backend(module, sources);
    if request.recorded.is_some() {
        let workspace = match backend {
            Backend::Cloud(WorkspaceName::Constant(name), _) => Ok(name),
            // The workspace selected now may not be the one that was planned.
            _ => Err("a plan does not record its workspace; pass it with `--workspace`".into()),
        };
        return (workspace, None);
    }
    if let Some(name) = given(&request.env_workspace) {
        return match &backend {
            Backend::Cloud(WorkspaceName::Constant(configured), place) if *configured != name => {
                let message = format!("`TF_WORKSPACE` selects the workspace `{name}`, but the `cloud` block names `{configured}`");
                let mut problem = Problem::new(ProblemKind::Refused, message).help("Unset `TF_WORKSPACE`, or pass `--workspace`");
                problem.related.push(Step::new(place.clone(), "the `cloud` block"));
                let why = "`TF_WORKSPACE` and the `cloud` block name different workspaces";
                (Err(why.into()), Some(problem.at(place.clone())))
            }
            _ => (Ok(name), None),
        };
    }
    let selected = || selected(request, module);
    let workspace = match backend {
        Backend::Cloud(WorkspaceName::Constant(name), _) => Ok(name),
        Backend::Cloud(WorkspaceName::NotConstant, _) => Err("the workspace name in the `cloud` block is not a constant".into()),
        Backend::Cloud(WorkspaceName::Missing, _) => {
            selected().unwrap_or_else(|| Err("the `cloud` block does not name the workspace; pass it with `--workspace`".into()))
        }
        Backend::Prefix => {
            selected().unwrap_or_else(|| Err("the backend has several workspaces; pass the name of one with `--workspace`".into()))
        }
        Backend::Local => selected().unwrap_or_else(|| Ok("default".into())),
    };
    (workspace, None)
}

/// The workspace that `terraform workspace select` recorded.
fn selected(request: &ScanRequest, module: &Module) -> Option<Workspace> {
    let data = request.data_dir.as_deref().unwrap_or(Path::new(".terraform"));
    let path = module.path.join(data).join("environment");
    if request.is_known_missing(&module.path, data) || !disk::has_entry(&path) {
        return None;
    }
    let shown = join_shown(&module.shown, &data.join("environment").to_string_lossy());
    let allowed = allowed_directories(&module.path, request);
    if !request.is_moved_outside(&path, || &allowed) && request.directories.escapes(&path, &allowed) {
        return Some(Err(format!("`{}` leads outside the repository", shown.display()).into()));
    }
    // A link to another file could show a secret as the name of the workspace: a token is a valid name.
    if disk::canonical(&path).is_ok_and(|real| real.file_name() != path.file_name()) {
        return Some(Err(format!("`{}` is a link to another file", shown.display()).into()));
    }
    let text = disk::read_text(&path, CAP).ok()?;
    match text.trim() {
        "" => None,
        name if is_valid(name) => Some(Ok(name.into())),
        _ => Some(Err(format!("`{}` does not contain the name of a workspace", shown.display()).into())),
    }
}

/// Whether Terraform accepts the name of a workspace: it may only have characters that need no escape in a segment of a URL's path. Source:
/// `validWorkspaceName` in Terraform's `internal/command/workspace_command.go`.
fn is_valid(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~$&+=:@".contains(&byte))
}

/// The configuration of the last `cloud` or `backend` block. Override files come last and replace either.
fn backend(module: &Module, sources: &Sources) -> Backend {
    let mut blocks = module.settings.iter().flat_map(|settings| &settings.body.blocks);
    let last = blocks.rfind(|block| matches!(&*block.kind.text, "cloud" | "backend"));
    match last {
        Some(block) if &*block.kind.text == "cloud" => {
            Backend::Cloud(workspaces_argument(block, "name", sources), Place::Source(block.header))
        }
        Some(block) if block.labels.first().is_some_and(|label| &*label.text == "remote") => {
            if matches!(workspaces_argument(block, "prefix", sources), WorkspaceName::Missing) { Backend::Local } else { Backend::Prefix }
        }
        _ => Backend::Local,
    }
}

/// An argument of the `workspaces` block, which may be an attribute in JSON syntax.
fn workspaces_argument(block: &Block, name: &str, sources: &Sources) -> WorkspaceName {
    let of_text = |text: Option<Arc<str>>| match text {
        Some(text) if text.is_empty() => WorkspaceName::Missing,
        Some(text) => WorkspaceName::Constant(text),
        None => WorkspaceName::NotConstant,
    };
    let in_body = |body: &Body| body.attribute(name).map(|attribute| of_text(constants::text(&attribute.value, sources)));
    let nested = block.body.blocks.iter().filter(|inner| &*inner.kind.text == "workspaces");
    if let Some(name) = nested.filter_map(|inner| in_body(&inner.body)).next_back() {
        return name;
    }
    let Some(attribute) = block.body.attribute("workspaces") else { return WorkspaceName::Missing };
    let Ok(value) = constants::value(&attribute.value, sources) else { return WorkspaceName::NotConstant };
    let object = value.as_sequence().and_then(<[Value]>::first).unwrap_or(&value);
    match object.as_mapping().and_then(|members| members.get(name)).map(|member| &member.data) {
        None | Some(Data::Null(_)) => WorkspaceName::Missing,
        Some(Data::String(text)) => of_text(Some(Arc::clone(text))),
        Some(_) => WorkspaceName::NotConstant,
    }
}
