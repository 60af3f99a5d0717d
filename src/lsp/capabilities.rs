//! The capabilities of the client and of the server, and the files to watch.

use super::actions::{EditSupport, FIX_ALL, SELECT};
use super::position::Encoding;
use lsp_types::{
    ClientCapabilities, CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CompletionOptions,
    DidChangeWatchedFilesRegistrationOptions, ExecuteCommandOptions, FileSystemWatcher, GlobPattern, HoverProviderCapability, MarkupKind,
    OneOf, Registration, SaveOptions, ServerCapabilities, TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions,
    TextDocumentSyncSaveOptions, WorkspaceFoldersServerCapabilities, WorkspaceServerCapabilities,
};

/// What the client can show, and the unit of its columns.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct EditorClient {
    /// The unit of columns.
    pub encoding: Encoding,
    /// Whether it shows related places of a diagnostic.
    pub has_related: bool,
    /// Whether it links codes to pages.
    pub has_links: bool,
    /// Whether it grays out unnecessary code.
    pub has_tags: bool,
}

/// The capabilities of the client that matter to the server.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ClientSupport {
    /// For diagnostics and positions.
    pub client: EditorClient,
    /// For edits.
    pub editing: EditSupport,
    /// Whether it shows tooltips in Markdown.
    pub has_markdown: bool,
    /// Whether it shows progress.
    pub has_progress: bool,
    /// Whether it answers `workspace/configuration`.
    pub has_configuration: bool,
    /// Whether the server can register for file changes.
    pub watches_files: bool,
}

impl ClientSupport {
    /// Reads the capabilities that the client announces. `has_snippets`: whether it supports snippet edits, which the protocol types
    /// do not have.
    pub(super) fn of(client: &ClientCapabilities, has_snippets: bool) -> Self {
        let offered = client.general.as_ref().and_then(|general| general.position_encodings.as_deref());
        let workspace = client.workspace.as_ref();
        let edits = workspace.and_then(|workspace| workspace.workspace_edit.as_ref());
        let shown = client.text_document.as_ref().and_then(|document| document.publish_diagnostics.as_ref());
        let is_on = |on: Option<bool>| on == Some(true);
        Self {
            client: EditorClient {
                encoding: Encoding::negotiate(offered),
                has_related: is_on(shown.and_then(|shown| shown.related_information)),
                has_links: is_on(shown.and_then(|shown| shown.code_description_support)),
                has_tags: shown.is_some_and(|shown| shown.tag_support.is_some()),
            },
            editing: EditSupport {
                has_versions: is_on(edits.and_then(|edits| edits.document_changes)),
                has_snippets,
                shows_places: client.window.as_ref().and_then(|window| window.show_document.as_ref()).is_some_and(|shows| shows.support),
            },
            has_markdown: client
                .text_document
                .as_ref()
                .and_then(|document| document.hover.as_ref()?.content_format.as_ref())
                .is_some_and(|formats| formats.contains(&MarkupKind::Markdown)),
            has_progress: is_on(client.window.as_ref().and_then(|window| window.work_done_progress)),
            has_configuration: is_on(workspace.and_then(|workspace| workspace.configuration)),
            watches_files: is_on(
                workspace.and_then(|workspace| workspace.did_change_watched_files).and_then(|watched| watched.dynamic_registration),
            ),
        }
    }

    /// The capabilities of the server for this client.
    pub(super) fn server_capabilities(self) -> ServerCapabilities {
        ServerCapabilities {
            position_encoding: Some(self.client.encoding.kind()),
            text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
                open_close: Some(true),
                change: Some(TextDocumentSyncKind::INCREMENTAL),
                save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) })),
                ..TextDocumentSyncOptions::default()
            })),
            workspace: Some(WorkspaceServerCapabilities {
                workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                    supported: Some(true),
                    change_notifications: Some(OneOf::Left(true)),
                }),
                file_operations: None,
            }),
            hover_provider: Some(HoverProviderCapability::Simple(true)),
            definition_provider: Some(OneOf::Left(true)),
            inlay_hint_provider: Some(OneOf::Left(true)),
            completion_provider: Some(CompletionOptions {
                trigger_characters: Some(["\"", "[", ".", "=", " "].map(str::to_owned).into()),
                ..CompletionOptions::default()
            }),
            code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
                code_action_kinds: Some(vec![CodeActionKind::QUICKFIX, CodeActionKind::from(FIX_ALL.to_owned())]),
                ..CodeActionOptions::default()
            })),
            execute_command_provider: Some(ExecuteCommandOptions { commands: vec![SELECT.to_owned()], ..ExecuteCommandOptions::default() }),
            ..ServerCapabilities::default()
        }
    }
}

/// The files whose changes on disk matter: configuration and values, modules that `init` installs, callers such as Terragrunt, the
/// config file.
const WATCHED: [&str; 6] = [
    "**/*.{tf,tofu,tfvars}",
    "**/*.{tf,tofu,tfvars}.json",
    "**/*.hcl",
    "**/.terraform/modules/modules.json",
    "**/kmslint.toml",
    "**/.kmslint.toml",
];

/// The request to watch files.
pub(super) fn watch() -> Registration {
    let watcher = |glob: &str| FileSystemWatcher { glob_pattern: GlobPattern::String(glob.to_owned()), kind: None };
    let options = DidChangeWatchedFilesRegistrationOptions { watchers: WATCHED.iter().map(|glob| watcher(glob)).collect() };
    Registration {
        id: "kmslint-files".to_owned(),
        method: "workspace/didChangeWatchedFiles".to_owned(),
        register_options: serde_json::to_value(options).ok(),
    }
}
