//! The language server over its pipes, as an editor uses it.

use super::harness::{clear_environment, root};
use lsp_server::Message;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use tempfile::TempDir;

/// The capabilities of a modern editor.
fn capabilities() -> Value {
    json!({
        "general": { "positionEncodings": ["utf-8", "utf-16"] },
        "textDocument": {
            "publishDiagnostics": { "relatedInformation": true, "codeDescriptionSupport": true, "tagSupport": { "valueSet": [1] } },
            "hover": { "contentFormat": ["markdown"] },
        },
        "workspace": { "workspaceEdit": { "documentChanges": true } },
    })
}

/// An editor.
pub(crate) struct Editor {
    server: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    last_id: i32,
    directory: TempDir,
    /// The answer to `initialize`.
    initialize_result: Value,
    /// The latest diagnostics that the server has published, by file name relative to the directory.
    pub(crate) shown: BTreeMap<String, Value>,
    /// The server's other requests and notifications.
    pub(crate) received: Vec<Value>,
}

impl Editor {
    /// Opens a directory with these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        Self::with_options(files, capabilities(), json!({}))
    }

    fn with_options(files: &[(&str, &str)], capabilities: Value, options: Value) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
            fs::write(path, text).expect("a file");
        }
        let mut editor = Self::start(directory);
        let root = editor.uri("");
        let params = json!({ "processId": null, "rootUri": root, "capabilities": capabilities, "initializationOptions": options });
        editor.initialize_result = editor.request("initialize", params);
        editor.notify("initialized", json!({}));
        editor
    }

    fn start(directory: TempDir) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kmslint"));
        // Editors start servers in arbitrary directories; only the workspace of the client counts.
        clear_environment(&mut command).arg("lsp").current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut server = command.spawn().expect("kmslint starts");
        let (stdin, stdout) = (server.stdin.take(), BufReader::new(server.stdout.take().expect("a pipe")));
        Self { server, stdin, stdout, last_id: 0, directory, initialize_result: Value::Null, shown: BTreeMap::new(), received: Vec::new() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().canonicalize().expect("a path").join(name)
    }

    pub(crate) fn uri(&self, name: &str) -> String {
        format!("file://{}", self.path(name).display())
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.send_bytes(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().expect("the server listens");
        stdin.write_all(bytes).and_then(|()| stdin.flush()).expect("the server listens");
    }

    pub(crate) fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// The next message.
    fn receive(&mut self) -> Option<Value> {
        let message = Message::read(&mut self.stdout).expect("a message")?;
        Some(serde_json::to_value(message).expect("JSON"))
    }

    /// Receives messages until this many errors about malformed messages have arrived. Those have no id, which `lsp_server` cannot parse.
    pub(crate) fn receive_malformed(&mut self, count: usize) -> Vec<String> {
        let mut found = Vec::new();
        let mut line = String::new();
        while found.len() < count {
            line.clear();
            std::io::BufRead::read_line(&mut self.stdout, &mut line).expect("a line");
            let length: usize = line.trim().strip_prefix("Content-Length: ").expect("a header").parse().expect("a number");
            std::io::BufRead::read_line(&mut self.stdout, &mut line).expect("a line");
            let mut body = vec![0; length];
            std::io::Read::read_exact(&mut self.stdout, &mut body).expect("a message");
            let message: Value = serde_json::from_slice(&body).expect("JSON");
            match message["method"] == "textDocument/publishDiagnostics" {
                true => self.record_diagnostics(&message["params"]),
                false if message["error"]["code"] == -32700 => {
                    found.push(message["error"]["message"].as_str().expect("a text").to_owned());
                }
                false => self.received.push(message),
            }
        }
        found
    }

    fn record_diagnostics(&mut self, params: &Value) {
        let uri = params["uri"].as_str().expect("a URI");
        let name = uri.strip_prefix(&self.uri("")).unwrap_or(uri).trim_start_matches('/').to_owned();
        self.shown.insert(name, params.clone());
    }

    /// Sends a request and receives messages until its response, which is returned.
    fn send_request(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.receive().expect("the server answers");
            if message["method"] == "textDocument/publishDiagnostics" {
                self.record_diagnostics(&message["params"]);
            } else if message["id"] == id && message.get("method").is_none() {
                return message;
            } else {
                self.received.push(message);
            }
        }
    }

    /// Sends a request that succeeds, and returns its result.
    pub(crate) fn request(&mut self, method: &str, params: Value) -> Value {
        let answer = self.send_request(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Waits until the server has processed everything that was sent.
    pub(crate) fn settle(&mut self) {
        let answer = self.send_request("kmslint/nothing", json!({}));
        assert_eq!(answer["error"]["code"], -32601, "{answer}");
    }

    /// Opens a file with its contents on disk.
    pub(crate) fn open(&mut self, name: &str) -> String {
        let text = fs::read_to_string(self.path(name)).expect("a file");
        self.open_as(name, &text);
        text
    }

    pub(crate) fn open_as(&mut self, name: &str, text: &str) {
        let document = json!({ "uri": self.uri(name), "languageId": "terraform", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    fn change(&mut self, name: &str, version: i32, text: &str) {
        let document = json!({ "uri": self.uri(name), "version": version });
        self.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [{ "text": text }] }));
    }

    /// The diagnostics of a file: severity, code and first line of the message.
    pub(crate) fn diagnostics(&self, name: &str) -> Vec<String> {
        let Some(shown) = self.shown.get(name) else { return Vec::new() };
        let one = |it: &Value| {
            let code = it["code"].as_str().unwrap_or("-");
            format!("{} {code} {}", it["severity"], it["message"].as_str().expect("a message").lines().next().unwrap_or_default())
        };
        shown["diagnostics"].as_array().expect("a list").iter().map(one).collect()
    }

    /// The position before the first occurrence of a text in a file.
    pub(crate) fn position_of(&self, name: &str, text: &str, part: &str) -> Value {
        let offset = text.find(part).unwrap_or_else(|| panic!("`{part}` is in the text"));
        let before = &text[..offset];
        let (line, column) = (before.matches('\n').count(), before.len() - before.rfind('\n').map_or(0, |at| at + 1));
        json!({ "textDocument": { "uri": self.uri(name) }, "position": { "line": line, "character": column } })
    }

    /// The code actions at the first occurrence of a text.
    fn actions(&mut self, name: &str, text: &str, part: &str, context: Value) -> Vec<Value> {
        let at = self.position_of(name, text, part);
        let range = json!({ "start": at["position"], "end": at["position"] });
        let params = json!({ "textDocument": at["textDocument"], "range": range, "context": context });
        self.request("textDocument/codeAction", params).as_array().expect("a list").clone()
    }

    /// Shuts the server down and returns its exit code.
    pub(crate) fn shut_down(mut self) -> Option<i32> {
        self.request("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        self.server.wait().expect("the server exits").code()
    }
}

/// Applies the edits of a code action to a text.
fn apply_edits(text: &str, action: &Value) -> String {
    let edits = action["edit"]["documentChanges"][0]["edits"].as_array().expect("edits");
    let offset = |at: &Value| {
        let line = usize::try_from(at["line"].as_u64().expect("a line")).expect("a line");
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        start + usize::try_from(at["character"].as_u64().expect("a column")).expect("a column")
    };
    let mut pieces: Vec<(usize, usize, &str)> = edits
        .iter()
        .map(|edit| (offset(&edit["range"]["start"]), offset(&edit["range"]["end"]), edit["newText"].as_str().expect("a text")))
        .collect();
    pieces.sort_by_key(|(start, ..)| *start);
    let (mut out, mut done) = (String::new(), 0);
    for (start, end, new) in pieces {
        out.push_str(&text[done..start]);
        out.push_str(new);
        done = end;
    }
    out.push_str(&text[done..]);
    out
}

fn title(action: &Value) -> &str {
    action["title"].as_str().expect("a title")
}

const KEY: &str = "variable \"mode\" {\n  default = \"HSM\"\n}\n\nresource \"oci_kms_key\" \"k\" {\n  display_name    = \"k\"\n  protection_mode = var.mode\n}\n";

#[test]
fn diagnostics_follow_unsaved_text() {
    let mut editor = Editor::new(&[("main.tf", KEY), ("terraform.tfvars", "mode = \"HSM\"\n")]);
    editor.settle();
    let found = editor.diagnostics("terraform.tfvars");
    assert!(matches!(found.as_slice(), [one] if one.starts_with("2 OCI-KMS-004 `oci_kms_key.k`: the key will be HSM")), "{found:?}");
    let shown = &editor.shown["terraform.tfvars"]["diagnostics"][0];
    assert_eq!(shown["codeDescription"]["href"], "https://github.com/kmslint/kmslint/blob/main/docs/rules/OCI-KMS-004.md");
    assert!(shown["relatedInformation"][0]["location"]["uri"].as_str().is_some_and(|uri| uri.ends_with("/main.tf")), "{shown}");
    // Unsaved text is checked until the document is closed.
    editor.open("terraform.tfvars");
    editor.change("terraform.tfvars", 2, "mode = \"SOFTWARE\"\n");
    editor.settle();
    assert_eq!((editor.diagnostics("terraform.tfvars").len(), &editor.shown["terraform.tfvars"]["version"]), (0, &json!(2)));
    let document = json!({ "uri": editor.uri("terraform.tfvars") });
    editor.notify("textDocument/didClose", json!({ "textDocument": document }));
    editor.settle();
    assert_eq!(editor.diagnostics("terraform.tfvars").len(), 1);
    assert_eq!(editor.shut_down(), Some(0));
}

#[test]
fn file_that_was_never_saved_is_checked() {
    let mut editor = Editor::new(&[("main.tf", "locals {}\n")]);
    editor.open_as("new.tf", KEY);
    editor.settle();
    assert!(!editor.diagnostics("new.tf").is_empty());
}

#[test]
fn change_updates_only_the_roots_that_use_the_file() {
    let module = "variable \"mode\" {}\nresource \"oci_kms_key\" \"k\" {\n  protection_mode = var.mode\n}\n";
    let call = |mode: &str| {
        format!("provider \"oci\" {{\n  region = \"x\"\n}}\nmodule \"key\" {{\n  source = \"../key\"\n  mode   = \"{mode}\"\n}}\n")
    };
    let mut editor = Editor::new(&[("key/main.tf", module), ("a/main.tf", &call("HSM")), ("b/main.tf", &call("SOFTWARE"))]);
    editor.settle();
    let counts = |editor: &Editor| {
        let count = |name: &str| editor.diagnostics(name).iter().filter(|text| text.contains("OCI-KMS-004")).count();
        (count("a/main.tf"), count("b/main.tf"), count("key/main.tf"))
    };
    assert_eq!(counts(&editor), (1, 0, 0));
    editor.open("b/main.tf");
    editor.change("b/main.tf", 2, &call("HSM"));
    editor.settle();
    assert_eq!(counts(&editor), (1, 1, 0));
    editor.open("key/main.tf");
    editor.change("key/main.tf", 2, &module.replace("var.mode", "\"HSM\""));
    editor.settle();
    assert_eq!(counts(&editor), (0, 0, 1), "{:?}", editor.shown);
    // Removing or adding a module call changes which directories are roots, so everything is read again.
    editor.change("b/main.tf", 3, "");
    editor.settle();
    editor.change("key/main.tf", 3, module);
    editor.settle();
    assert_eq!(counts(&editor), (1, 0, 0));
}

#[test]
fn diagnostics_do_not_depend_on_earlier_edits() {
    let example = root().join("testdata/example");
    let files: Vec<(String, String)> = ["main.tf", "terraform.tfvars", "modules/key/main.tf"]
        .into_iter()
        .map(|name| (name.to_owned(), fs::read_to_string(example.join(name)).expect("the example")))
        .collect();
    let borrowed: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let mut editor = Editor::new(&borrowed);
    editor.settle();
    let fresh = editor.shown.clone();
    for (name, text) in &files {
        editor.open(name);
        for (version, cut) in (2..).zip([0, 7, text.len() / 2, text.len() - 3]) {
            editor.change(name, version, &text[..text.floor_char_boundary(cut)]);
            editor.settle();
        }
        editor.change(name, 9, text);
        editor.settle();
    }
    let plain = |shown: &BTreeMap<String, Value>| -> BTreeMap<String, Value> {
        let all = shown.iter().map(|(name, params)| (name.clone(), params["diagnostics"].clone()));
        all.filter(|(_, diagnostics)| diagnostics != &json!([])).collect()
    };
    assert!(!plain(&fresh).is_empty());
    assert_eq!(plain(&editor.shown), plain(&fresh));
}

#[test]
fn offered_fix_resolves_its_finding() {
    let mut editor = Editor::new(&[("main.tf", KEY)]);
    let text = editor.open("main.tf");
    editor.settle();
    let before = editor.diagnostics("main.tf");
    assert!(before.iter().any(|one| one.contains("OCI-KMS-004")), "{before:?}");
    let shown = editor.shown["main.tf"]["diagnostics"].clone();
    let actions = editor.actions("main.tf", &text, "\"HSM\"", json!({ "diagnostics": shown }));
    let titles: Vec<&str> = actions.iter().map(title).collect();
    let fix = actions
        .iter()
        .find(|action| title(action).starts_with("Set `protection_mode = \"SOFTWARE\"`"))
        .unwrap_or_else(|| panic!("{titles:?}"));
    assert_eq!(fix["diagnostics"][0]["code"], "OCI-KMS-004");
    let fixed = apply_edits(&text, fix);
    assert_eq!(fixed, text.replace("\"HSM\"", "\"SOFTWARE\""));
    editor.change("main.tf", 2, &fixed);
    editor.settle();
    assert!(!editor.diagnostics("main.tf").iter().any(|one| one.contains("OCI-KMS-004")), "{:?}", editor.diagnostics("main.tf"));
}

#[test]
fn fix_all_is_offered_on_request_and_makes_the_edits_of_fix() {
    let text = r#"resource "oci_kms_vault" "v" {
  vault_type = "VIRTUAL_PRIVATE"
}

resource "oci_kms_key" "a" {
  management_endpoint = oci_kms_vault.v.management_endpoint
  protection_mode     = "SOFTWARE"
}

resource "oci_kms_key" "b" {
  management_endpoint      = oci_kms_vault.v.management_endpoint
  protection_mode          = "HSM"
  is_auto_rotation_enabled = true
  auto_key_rotation_details {
    rotation_interval_in_days = 400
  }
}
"#;
    let mut editor = Editor::new(&[("main.tf", text)]);
    editor.open("main.tf");
    let all = editor.actions("main.tf", text, "resource", json!({ "diagnostics": [], "only": ["source.fixAll"] }));
    let [all] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(all["kind"], "source.fixAll.kmslint");
    let fixed = apply_edits(text, all);
    let output = super::harness::kmslint(&editor.path(""), &["--fix", "--quiet"]);
    assert_eq!(fs::read_to_string(editor.path("main.tf")).expect("a file"), fixed, "{output:?}");
    assert!(fixed.contains("rotation_interval_in_days = 365") && fixed.contains("\"HSM\""), "{fixed}");
    let quick = editor.actions("main.tf", text, "resource", json!({ "diagnostics": [] }));
    assert!(quick.iter().all(|action| action["kind"] == "quickfix"), "{quick:?}");
}

#[test]
fn inserted_exemption_needs_a_reason() {
    let mut editor = Editor::new(&[("main.tf", KEY)]);
    let text = editor.open("main.tf");
    editor.settle();
    let actions = editor.actions("main.tf", &text, "\"HSM\"", json!({ "diagnostics": [] }));
    let exempt = actions.iter().find(|action| title(action) == "Exempt from OCI-KMS-004 with a reason…").expect("an action");
    let with = apply_edits(&text, exempt);
    assert!(with.contains("\n  # kmslint: ignore[OCI-KMS-004] \n  default = \"HSM\"\n"), "{with}");
    editor.change("main.tf", 2, &with);
    editor.settle();
    assert!(editor.diagnostics("main.tf").iter().any(|one| one.contains("has no reason")), "{:?}", editor.diagnostics("main.tf"));
    editor.change("main.tf", 3, &with.replace("004] \n", "004] FIPS contract\n"));
    editor.settle();
    assert!(!editor.diagnostics("main.tf").iter().any(|one| one.contains("OCI-KMS-004")), "{:?}", editor.diagnostics("main.tf"));
    // An unused exemption is faded out (tag `Unnecessary`).
    editor.change("main.tf", 4, &with.replace("004] \n", "004] FIPS contract\n").replace("\"HSM\"", "\"SOFTWARE\""));
    editor.settle();
    let shown = editor.shown["main.tf"]["diagnostics"].as_array().expect("a list").clone();
    assert!(shown.iter().any(|one| one["code"] == "unused-exemption" && one["tags"] == json!([1])), "{shown:?}");
}

#[test]
fn snippet_client_gets_a_placeholder_for_the_reason() {
    let mut capabilities = capabilities();
    capabilities["workspace"]["workspaceEdit"]["snippetEditSupport"] = json!(true);
    let mut editor = Editor::with_options(&[("main.tf", KEY)], capabilities, json!({}));
    let text = editor.open("main.tf");
    let actions = editor.actions("main.tf", &text, "\"HSM\"", json!({ "diagnostics": [] }));
    let exempt = actions.iter().find(|action| title(action).starts_with("Exempt from OCI-KMS-004")).expect("an action");
    let edit = &exempt["edit"]["documentChanges"][0]["edits"][0];
    assert_eq!(edit["snippet"]["value"], "  # kmslint: ignore[OCI-KMS-004] ${1:reason}\n");
}

#[test]
fn show_document_client_is_asked_to_select_the_place_of_the_reason() {
    let mut capabilities = capabilities();
    capabilities["window"] = json!({ "showDocument": { "support": true } });
    let mut editor = Editor::with_options(&[("main.tf", KEY)], capabilities, json!({}));
    let text = editor.open("main.tf");
    let actions = editor.actions("main.tf", &text, "\"HSM\"", json!({ "diagnostics": [] }));
    let exempt = actions.iter().find(|action| title(action).starts_with("Exempt from OCI-KMS-004")).expect("an action").clone();
    editor.request(
        "workspace/executeCommand",
        json!({ "command": exempt["command"]["command"], "arguments": exempt["command"]["arguments"] }),
    );
    let shows = editor.received.iter().find(|message| message["method"] == "window/showDocument").expect("a request");
    let column = "  # kmslint: ignore[OCI-KMS-004] ".len();
    assert_eq!(shows["params"]["selection"]["start"], json!({ "line": 1, "character": column }));
}

#[test]
fn tooltips_show_values_and_reasons_but_no_secrets() {
    let text = r#"variable "modes" {
  default = { a = "HSM", b = "SOFTWARE" }
}

variable "level" {}

variable "token" {
  default   = "hunter2"
  sensitive = true
}

locals {
  secret = "x-${var.token}"
  plain  = length(var.modes)
}

resource "oci_kms_key" "k" {
  for_each        = var.modes
  display_name    = local.secret
  protection_mode = each.value
  is_auto_rotation_enabled = var.level > 2
}
# kmslint: ignore[OCI-KMS-001] nothing
"#;
    let mut editor = Editor::new(&[("main.tf", text)]);
    editor.open("main.tf");
    let mut hover = |part: &str| {
        let at = editor.position_of("main.tf", text, part);
        editor.request("textDocument/hover", at)["contents"]["value"].as_str().unwrap_or("nothing").to_owned()
    };
    let mode = hover("protection_mode = each");
    assert!(mode.contains("`\"HSM\"` in `oci_kms_key.k[\"a\"]`") && mode.contains("`\"SOFTWARE\"` in `oci_kms_key.k[\"b\"]`"), "{mode}");
    assert!(mode.contains("default of variable `modes`"), "{mode}");
    assert!(hover("plain").contains("`2`"));
    assert!(hover("is_auto_rotation_enabled").contains("unknown: "));
    assert!(hover("OCI-KMS-001").contains("`OCI-KMS-001`"));
    for part in ["secret =", "local.secret", "token\" {", "hunter2"] {
        let output = hover(part);
        assert!(output.contains("hidden") && !output.contains("hunter2"), "{part}: {output}");
    }
}

#[test]
fn definition_of_a_variable_is_where_its_value_is_set() {
    let mut editor = Editor::new(&[("main.tf", KEY), ("terraform.tfvars", "mode = \"HSM\"\n")]);
    let text = editor.open("main.tf");
    let at = editor.position_of("main.tf", &text, "var.mode");
    let found = editor.request("textDocument/definition", at);
    assert_eq!(found[0]["uri"], editor.uri("terraform.tfvars"));
    assert_eq!(found[0]["range"]["start"], json!({ "line": 0, "character": 7 }));
}

#[test]
fn inlay_hints_are_off_by_default() {
    for (options, expected) in [(json!({}), json!([])), (json!({ "inlayHints": true }), json!(["→ \"HSM\""]))] {
        let mut editor = Editor::with_options(&[("main.tf", KEY)], capabilities(), options);
        editor.open("main.tf");
        let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } });
        let uri = editor.uri("main.tf");
        let hints = editor.request("textDocument/inlayHint", json!({ "textDocument": { "uri": uri }, "range": range }));
        let labels: Vec<Value> = hints.as_array().expect("a list").iter().map(|hint| hint["label"].clone()).collect();
        assert_eq!(Value::Array(labels), expected);
    }
}

#[test]
fn settings_select_values_files_and_unknown_ones_are_reported() {
    let files = [("main.tf", KEY), ("prod.vars.tfvars", "mode = \"SOFTWARE\"\n")];
    let mut editor = Editor::with_options(&files, capabilities(), json!({ "varFiles": { ".": ["prod.vars.tfvars"] }, "nosuch": 1 }));
    editor.settle();
    assert!(editor.received.iter().any(|message| message["params"]["message"].as_str().is_some_and(|text| text.contains("nosuch"))));
    assert!(!editor.shown.values().any(|shown| shown.to_string().contains("OCI-KMS-004\"")), "{:?}", editor.shown);
    // Later settings apply, too.
    editor.notify("workspace/didChangeConfiguration", json!({ "settings": { "kmslint": { "failOn": "warning" } } }));
    editor.settle();
    let found = editor.diagnostics("main.tf");
    assert!(found.iter().any(|one| one.starts_with("1 OCI-KMS-004")), "{found:?}");
}

#[test]
fn unsaved_config_file_applies_and_its_mistakes_are_shown() {
    let mut editor = Editor::new(&[("main.tf", KEY), ("kmslint.toml", "fail-on = \"error\"\n")]);
    editor.open("kmslint.toml");
    editor.settle();
    assert!(editor.shown["main.tf"].to_string().contains("OCI-KMS-004"));
    editor.change("kmslint.toml", 2, "fail-onn = \"error\"\n[rules.OCI-KMS-004]\nlevel = \"off\"\n");
    editor.settle();
    assert!(!editor.shown["main.tf"].to_string().contains("OCI-KMS-004"));
    let found = editor.diagnostics("kmslint.toml");
    assert!(matches!(found.as_slice(), [one] if one.contains("fail-onn")), "{found:?}");
}

#[test]
fn config_exemption_is_unused_if_no_root_uses_it() {
    let key = "provider \"oci\" {\n  region = \"x\"\n}\nresource \"oci_kms_key\" \"k\" {\n  protection_mode = \"HSM\"\n}\n";
    let config = "[[exempt]]\nrules = [\"OCI-KMS-004\"]\naddress = \"oci_kms_key.k\"\nreason = \"the auditor asks for it\"\n";
    let quiet = key.replace("HSM", "SOFTWARE");
    let mut editor = Editor::new(&[("a/main.tf", key), ("b/main.tf", &quiet), ("kmslint.toml", config)]);
    editor.settle();
    assert_eq!(editor.diagnostics("kmslint.toml"), Vec::<String>::new());
    editor.open("a/main.tf");
    editor.change("a/main.tf", 2, &quiet);
    editor.settle();
    let found = editor.diagnostics("kmslint.toml");
    assert!(matches!(found.as_slice(), [one] if one.starts_with("4 unused-exemption")), "{found:?}");
    editor.change("a/main.tf", 3, key);
    editor.settle();
    assert_eq!(editor.diagnostics("kmslint.toml"), Vec::<String>::new());
}

#[test]
fn files_changed_on_disk_are_read_again() {
    let mut editor = Editor::new(&[("main.tf", KEY)]);
    editor.settle();
    assert!(editor.shown["main.tf"].to_string().contains("OCI-KMS-004"));
    fs::write(editor.path("terraform.tfvars"), "mode = \"SOFTWARE\"\n").expect("a file");
    let uri = editor.uri("terraform.tfvars");
    editor.notify("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": uri, "type": 1 }] }));
    editor.settle();
    assert!(!editor.shown["main.tf"].to_string().contains("OCI-KMS-004"));
}

#[test]
fn workspace_folders_can_be_added_and_removed() {
    let mut editor = Editor::new(&[("a/main.tf", KEY), ("b/main.tf", KEY)]);
    let (a, b) = (json!([{ "uri": editor.uri("a"), "name": "a" }]), json!([{ "uri": editor.uri("b"), "name": "b" }]));
    let all = json!([{ "uri": editor.uri(""), "name": "all" }]);
    editor.notify("workspace/didChangeWorkspaceFolders", json!({ "event": { "added": a, "removed": all } }));
    editor.settle();
    assert!(!editor.diagnostics("a/main.tf").is_empty() && editor.diagnostics("b/main.tf").is_empty());
    editor.notify("workspace/didChangeWorkspaceFolders", json!({ "event": { "added": b, "removed": a } }));
    editor.settle();
    assert!(editor.diagnostics("a/main.tf").is_empty() && !editor.diagnostics("b/main.tf").is_empty());
}

#[test]
fn columns_are_in_the_negotiated_encoding() {
    let text = "resource \"oci_kms_key\" \"k\" { /* é😀 */ protection_mode = \"HSM\"\n}\n";
    let before = &text[..text.find("\"HSM\"").expect("a mode")];
    let units = [(json!(["utf-8"]), "utf-8", before.len()), (json!([]), "utf-16", before.encode_utf16().count())];
    for (offered, agreed, column) in units {
        let mut capabilities = capabilities();
        capabilities["general"]["positionEncodings"] = offered;
        let mut editor = Editor::with_options(&[("main.tf", text)], capabilities, json!({}));
        assert_eq!(editor.initialize_result["capabilities"]["positionEncoding"], agreed);
        editor.settle();
        let shown = editor.shown["main.tf"]["diagnostics"].as_array().expect("a list");
        let found = shown.iter().find(|one| one["code"] == "OCI-KMS-004").expect("a finding");
        assert_eq!(found["range"]["start"]["character"], column, "{found}");
    }
}

#[test]
fn invalid_messages_do_not_stop_the_server() {
    let mut editor = Editor::new(&[("main.tf", KEY)]);
    editor.open("main.tf");
    let methods = ["hover", "definition", "codeAction", "inlayHint", "completion"];
    for method in methods {
        for params in [
            Value::Null,
            json!([]),
            json!({ "textDocument": 1 }),
            json!({ "textDocument": { "uri": "file:///nowhere.tf" }, "position": { "line": 4_294_967_295_u32, "character": 7 } }),
        ] {
            editor.send_request(&format!("textDocument/{method}"), params);
        }
    }
    for method in ["didOpen", "didChange", "didClose", "didSave"] {
        editor.notify(&format!("textDocument/{method}"), json!({ "textDocument": { "uri": "untitled:x", "version": -1 } }));
    }
    editor.notify("workspace/didChangeConfiguration", json!({ "settings": 7 }));
    editor.notify("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": "http://x/y", "type": 9 }] }));
    editor.send_bytes(b"Content-Length: 3\r\n\r\n{{{");
    let uri = editor.uri("main.tf");
    for range in [
        json!({ "start": { "line": 5, "character": 9 }, "end": { "line": 1, "character": 0 } }),
        json!({ "start": { "line": 99, "character": 99 }, "end": { "line": 0, "character": 0 } }),
    ] {
        let changes = json!([{ "range": range, "text": "\u{1f600}\"${" }]);
        editor.notify("textDocument/didChange", json!({ "textDocument": { "uri": uri, "version": 2 }, "contentChanges": changes }));
    }
    assert_eq!(editor.receive_malformed(1), ["the message is not JSON-RPC"]);
    editor.settle();
    assert_eq!(editor.shut_down(), Some(0));
}

#[test]
fn requests_before_initialize_and_after_shutdown_are_rejected() {
    let mut editor = Editor::start(tempfile::tempdir().expect("a directory"));
    assert_eq!(editor.send_request("textDocument/hover", json!({}))["error"]["code"], -32002);
    editor.request("initialize", json!({ "processId": null, "rootUri": null, "capabilities": {} }));
    assert!(editor.send_request("initialize", json!({ "capabilities": {} })).get("error").is_some());
    editor.request("shutdown", Value::Null);
    assert!(editor.send_request("textDocument/hover", json!({})).get("error").is_some());
    editor.notify("exit", Value::Null);
    assert_eq!(editor.server.wait().expect("the server exits").code(), Some(0));
}

#[test]
fn server_exits_when_the_client_is_gone() {
    let mut editor = Editor::new(&[("main.tf", KEY)]);
    editor.settle();
    drop(editor.stdin.take());
    assert_eq!(editor.server.wait().expect("the server exits").code(), Some(1));
    // Even if nothing reads its output.
    let mut editor = Editor::start(tempfile::tempdir().expect("a directory"));
    editor.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": { "capabilities": {} } }));
    let Editor { mut server, stdin, stdout, .. } = editor;
    drop((stdin, stdout));
    server.wait().expect("the server exits");
}

#[test]
fn server_never_writes_files() {
    let mut editor = Editor::new(&[("main.tf", KEY), ("kmslint.toml", "")]);
    let text = editor.open("main.tf");
    editor.change("main.tf", 2, &format!("{text}\n# more\n"));
    editor.actions("main.tf", &text, "\"HSM\"", json!({ "diagnostics": [], "only": ["source.fixAll", "quickfix"] }));
    let names = |path: &Path| {
        let mut names: Vec<String> =
            fs::read_dir(path).expect("a directory").map(|it| it.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&editor.path("")), ["kmslint.toml", "main.tf"]);
    assert_eq!(fs::read_to_string(editor.path("main.tf")).expect("a file"), KEY);
    assert_eq!(editor.shut_down(), Some(0));
}
