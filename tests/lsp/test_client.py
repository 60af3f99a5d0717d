"""Tests the language server with pytest-lsp's client, which is pygls. `.ci/editors` runs this with the binary in KMSLINT."""

import os
import pathlib

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

KEY = """\
variable "mode" {
  default = "HSM"
}

resource "oci_kms_key" "k" {
  protection_mode = var.mode
}
"""


@pytest.fixture
def workspace(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "main.tf").write_text(KEY)
    return tmp_path


@pytest_lsp.fixture(config=ClientServerConfig(server_command=[os.environ["KMSLINT"], "lsp"]))
async def client(lsp_client: LanguageClient, workspace: pathlib.Path):
    # Visual Studio Code supports dynamic registration, so the server registers for file changes.
    @lsp_client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def register(params: types.RegistrationParams):
        assert [one.method for one in params.registrations] == [types.WORKSPACE_DID_CHANGE_WATCHED_FILES]

    await lsp_client.initialize_session(
        types.InitializeParams(
            capabilities=client_capabilities("visual-studio-code"),
            workspace_folders=[types.WorkspaceFolder(uri=workspace.as_uri(), name="test")],
        )
    )
    yield
    await lsp_client.shutdown_session()


def open_document(client: LanguageClient, path: pathlib.Path) -> str:
    document = types.TextDocumentItem(uri=path.as_uri(), language_id="terraform", version=1, text=path.read_text())
    client.text_document_did_open(types.DidOpenTextDocumentParams(document))
    return document.uri


def codes(client: LanguageClient, uri: str) -> set[str]:
    return {str(diagnostic.code) for diagnostic in client.diagnostics.get(uri, [])}


async def test_finding_is_reported_and_disappears_after_its_fix(client: LanguageClient, workspace: pathlib.Path):
    uri = open_document(client, workspace / "main.tf")
    await client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    assert "OCI-KMS-004" in codes(client, uri)
    found = next(diagnostic for diagnostic in client.diagnostics[uri] if diagnostic.code == "OCI-KMS-004")
    actions = await client.text_document_code_action_async(
        types.CodeActionParams(
            text_document=types.TextDocumentIdentifier(uri),
            range=found.range,
            context=types.CodeActionContext(diagnostics=[found]),
        )
    )
    fix = next(action for action in actions or [] if action.title.startswith("Set `protection_mode"))
    (change,) = fix.edit.document_changes
    (edit,) = change.edits
    assert edit.new_text == '"SOFTWARE"'
    event = types.TextDocumentContentChangePartial(range=edit.range, text=edit.new_text)
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(uri=uri, version=2), [event])
    )
    await client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    assert "OCI-KMS-004" not in codes(client, uri)


async def test_tooltip_shows_the_value_of_the_mode(client: LanguageClient, workspace: pathlib.Path):
    uri = open_document(client, workspace / "main.tf")
    hover = await client.text_document_hover_async(
        types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(line=5, character=4))
    )
    assert hover is not None and '"HSM"' in hover.contents.value


async def test_protection_modes_are_completed(client: LanguageClient, workspace: pathlib.Path):
    uri = open_document(client, workspace / "main.tf")
    event = types.TextDocumentContentChangeWholeDocument(text=KEY.replace("var.mode", '""'))
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(uri=uri, version=2), [event])
    )
    items = await client.text_document_completion_async(
        types.CompletionParams(types.TextDocumentIdentifier(uri), types.Position(line=5, character=21))
    )
    assert [item.label for item in items] == ["HSM", "SOFTWARE", "EXTERNAL"]
