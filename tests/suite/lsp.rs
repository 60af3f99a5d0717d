//! The language server over its pipes, as an editor talks to it.

use super::harness::{clear_environment, root};
use lsp_server::Message;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use tempfile::TempDir;

/// What an editor of today can do.
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
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    next: i32,
    directory: TempDir,
    /// The answer to `initialize`.
    agreed: Value,
    /// What the server shows, by file name relative to the directory.
    pub(crate) shown: BTreeMap<String, Value>,
    /// Requests and notifications of the server that are no diagnostics.
    pub(crate) heard: Vec<Value>,
}

impl Editor {
    /// Opens a directory with these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        Self::with(files, capabilities(), json!({}))
    }

    fn with(files: &[(&str, &str)], capabilities: Value, options: Value) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().expect("a directory")).expect("it is made");
            fs::write(path, text).expect("it is written");
        }
        let mut editor = Self::started(directory);
        let root = editor.uri("");
        let params = json!({ "processId": null, "rootUri": root, "capabilities": capabilities, "initializationOptions": options });
        editor.agreed = editor.ask("initialize", params);
        editor.say("initialized", json!({}));
        editor
    }

    fn started(directory: TempDir) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kmslint"));
        clear_environment(&mut command).arg("lsp").current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut server = command.spawn().expect("kmslint starts");
        let (to, from) = (server.stdin.take(), BufReader::new(server.stdout.take().expect("a pipe")));
        Self { server, to, from, next: 0, directory, agreed: Value::Null, shown: BTreeMap::new(), heard: Vec::new() }
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
        let to = self.to.as_mut().expect("the server listens");
        to.write_all(bytes).and_then(|()| to.flush()).expect("the server listens");
    }

    pub(crate) fn say(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// The next message.
    fn hear(&mut self) -> Option<Value> {
        let message = Message::read(&mut self.from).expect("a message")?;
        Some(serde_json::to_value(message).expect("JSON"))
    }

    /// Hears everything up to this many answers to what was no message. They have no id, which the types of the client do not know.
    pub(crate) fn hear_malformed(&mut self, count: usize) -> Vec<String> {
        let mut found = Vec::new();
        let mut line = String::new();
        while found.len() < count {
            line.clear();
            std::io::BufRead::read_line(&mut self.from, &mut line).expect("a line");
            let length: usize = line.trim().strip_prefix("Content-Length: ").expect("a header").parse().expect("a number");
            std::io::BufRead::read_line(&mut self.from, &mut line).expect("a line");
            let mut body = vec![0; length];
            std::io::Read::read_exact(&mut self.from, &mut body).expect("a message");
            let message: Value = serde_json::from_slice(&body).expect("JSON");
            match message["method"] == "textDocument/publishDiagnostics" {
                true => self.show(&message["params"]),
                false if message["error"]["code"] == -32700 => {
                    found.push(message["error"]["message"].as_str().expect("a text").to_owned());
                }
                false => self.heard.push(message),
            }
        }
        found
    }

    fn show(&mut self, params: &Value) {
        let uri = params["uri"].as_str().expect("a URI");
        let name = uri.strip_prefix(&self.uri("")).unwrap_or(uri).trim_start_matches('/').to_owned();
        self.shown.insert(name, params.clone());
    }

    /// Sends a request and hears everything up to its answer.
    fn answer(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.hear().expect("the server answers");
            if message["method"] == "textDocument/publishDiagnostics" {
                self.show(&message["params"]);
            } else if message["id"] == id && message.get("method").is_none() {
                return message;
            } else {
                self.heard.push(message);
            }
        }
    }

    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        let answer = self.answer(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Waits until everything that was sent is worked off.
    pub(crate) fn settle(&mut self) {
        let answer = self.answer("kmslint/nothing", json!({}));
        assert_eq!(answer["error"]["code"], -32601, "{answer}");
    }

    /// Opens a file as it is on the disk.
    pub(crate) fn open(&mut self, name: &str) -> String {
        let text = fs::read_to_string(self.path(name)).expect("a file");
        self.open_as(name, &text);
        text
    }

    pub(crate) fn open_as(&mut self, name: &str, text: &str) {
        let document = json!({ "uri": self.uri(name), "languageId": "terraform", "version": 1, "text": text });
        self.say("textDocument/didOpen", json!({ "textDocument": document }));
    }

    fn change(&mut self, name: &str, version: i32, text: &str) {
        let document = json!({ "uri": self.uri(name), "version": version });
        self.say("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [{ "text": text }] }));
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
    pub(crate) fn at(&self, name: &str, text: &str, part: &str) -> Value {
        let offset = text.find(part).unwrap_or_else(|| panic!("`{part}` is in the text"));
        let before = &text[..offset];
        let (line, column) = (before.matches('\n').count(), before.len() - before.rfind('\n').map_or(0, |at| at + 1));
        json!({ "textDocument": { "uri": self.uri(name) }, "position": { "line": line, "character": column } })
    }

    /// The code actions at the first occurrence of a text.
    fn actions(&mut self, name: &str, text: &str, part: &str, context: Value) -> Vec<Value> {
        let at = self.at(name, text, part);
        let range = json!({ "start": at["position"], "end": at["position"] });
        let params = json!({ "textDocument": at["textDocument"], "range": range, "context": context });
        self.ask("textDocument/codeAction", params).as_array().expect("a list").clone()
    }

    /// Says goodbye; the exit code.
    pub(crate) fn end(mut self) -> Option<i32> {
        self.ask("shutdown", Value::Null);
        self.say("exit", Value::Null);
        self.server.wait().expect("the server ends").code()
    }
}

/// A text with the edits of a code action made.
fn edited(text: &str, action: &Value) -> String {
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
fn diagnostics_come_with_the_first_scan_and_follow_unsaved_text() {
    let mut editor = Editor::new(&[("main.tf", KEY), ("terraform.tfvars", "mode = \"HSM\"\n")]);
    editor.settle();
    let found = editor.diagnostics("terraform.tfvars");
    assert!(matches!(found.as_slice(), [one] if one.starts_with("2 OCI-KMS-004 `oci_kms_key.k`: the key will be HSM")), "{found:?}");
    let shown = &editor.shown["terraform.tfvars"]["diagnostics"][0];
    assert_eq!(shown["codeDescription"]["href"], "https://github.com/kmslint/kmslint/blob/main/docs/rules/OCI-KMS-004.md");
    assert!(shown["relatedInformation"][0]["location"]["uri"].as_str().is_some_and(|uri| uri.ends_with("/main.tf")), "{shown}");
    // What is typed counts, and what is closed without being saved does not.
    editor.open("terraform.tfvars");
    editor.change("terraform.tfvars", 2, "mode = \"SOFTWARE\"\n");
    editor.settle();
    assert_eq!((editor.diagnostics("terraform.tfvars").len(), &editor.shown["terraform.tfvars"]["version"]), (0, &json!(2)));
    let document = json!({ "uri": editor.uri("terraform.tfvars") });
    editor.say("textDocument/didClose", json!({ "textDocument": document }));
    editor.settle();
    assert_eq!(editor.diagnostics("terraform.tfvars").len(), 1);
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn a_file_that_was_never_saved_counts() {
    let mut editor = Editor::new(&[("main.tf", "locals {}\n")]);
    editor.open_as("new.tf", KEY);
    editor.settle();
    assert!(!editor.diagnostics("new.tf").is_empty());
}

#[test]
fn a_change_of_a_shared_module_reaches_every_root_and_one_of_a_root_only_that_root() {
    let module = "variable \"mode\" {}\nresource \"oci_kms_key\" \"k\" {\n  protection_mode = var.mode\n}\n";
    let call = |mode: &str| {
        format!("provider \"oci\" {{\n  region = \"x\"\n}}\nmodule \"key\" {{\n  source = \"../key\"\n  mode   = \"{mode}\"\n}}\n")
    };
    let mut editor = Editor::new(&[("key/main.tf", module), ("a/main.tf", &call("HSM")), ("b/main.tf", &call("SOFTWARE"))]);
    editor.settle();
    let counts = |editor: &Editor| {
        let of = |name: &str| editor.diagnostics(name).iter().filter(|text| text.contains("OCI-KMS-004")).count();
        (of("a/main.tf"), of("b/main.tf"), of("key/main.tf"))
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
    // A call more makes a root of nothing else: everything is read again.
    editor.change("b/main.tf", 3, "");
    editor.settle();
    editor.change("key/main.tf", 3, module);
    editor.settle();
    assert_eq!(counts(&editor), (1, 0, 0));
}

#[test]
fn the_answers_are_those_of_the_command_line_whatever_was_typed_before() {
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
fn safe_fixes_are_offered_with_their_text_and_settle_the_finding() {
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
    let fixed = edited(&text, fix);
    assert_eq!(fixed, text.replace("\"HSM\"", "\"SOFTWARE\""));
    editor.change("main.tf", 2, &fixed);
    editor.settle();
    assert!(!editor.diagnostics("main.tf").iter().any(|one| one.contains("OCI-KMS-004")), "{:?}", editor.diagnostics("main.tf"));
}

#[test]
fn fix_all_makes_the_edits_of_fix_and_only_where_it_is_asked_for() {
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
    let fixed = edited(text, all);
    let output = super::harness::kmslint(&editor.path(""), &["--fix", "--quiet"]);
    assert_eq!(fs::read_to_string(editor.path("main.tf")).expect("a file"), fixed, "{output:?}");
    assert!(fixed.contains("rotation_interval_in_days = 365") && fixed.contains("\"HSM\""), "{fixed}");
    let quick = editor.actions("main.tf", text, "resource", json!({ "diagnostics": [] }));
    assert!(quick.iter().all(|action| action["kind"] == "quickfix"), "{quick:?}");
}

#[test]
fn an_exemption_is_inserted_and_wants_a_reason() {
    let mut editor = Editor::new(&[("main.tf", KEY)]);
    let text = editor.open("main.tf");
    editor.settle();
    let actions = editor.actions("main.tf", &text, "\"HSM\"", json!({ "diagnostics": [] }));
    let exempt = actions.iter().find(|action| title(action) == "Exempt from OCI-KMS-004 with a reason…").expect("an action");
    let with = edited(&text, exempt);
    assert!(with.contains("\n  # kmslint: ignore[OCI-KMS-004] \n  default = \"HSM\"\n"), "{with}");
    editor.change("main.tf", 2, &with);
    editor.settle();
    assert!(editor.diagnostics("main.tf").iter().any(|one| one.contains("has no reason")), "{:?}", editor.diagnostics("main.tf"));
    editor.change("main.tf", 3, &with.replace("004] \n", "004] FIPS contract\n"));
    editor.settle();
    assert!(!editor.diagnostics("main.tf").iter().any(|one| one.contains("OCI-KMS-004")), "{:?}", editor.diagnostics("main.tf"));
    // An unused one is gray.
    editor.change("main.tf", 4, &with.replace("004] \n", "004] FIPS contract\n").replace("\"HSM\"", "\"SOFTWARE\""));
    editor.settle();
    let shown = editor.shown["main.tf"]["diagnostics"].as_array().expect("a list").clone();
    assert!(shown.iter().any(|one| one["code"] == "unused-exemption" && one["tags"] == json!([1])), "{shown:?}");
}

#[test]
fn a_client_that_takes_snippets_gets_the_cursor_at_the_reason() {
    let mut capabilities = capabilities();
    capabilities["workspace"]["workspaceEdit"]["snippetEditSupport"] = json!(true);
    let mut editor = Editor::with(&[("main.tf", KEY)], capabilities, json!({}));
    let text = editor.open("main.tf");
    let actions = editor.actions("main.tf", &text, "\"HSM\"", json!({ "diagnostics": [] }));
    let exempt = actions.iter().find(|action| title(action).starts_with("Exempt from OCI-KMS-004")).expect("an action");
    let edit = &exempt["edit"]["documentChanges"][0]["edits"][0];
    assert_eq!(edit["snippet"]["value"], "  # kmslint: ignore[OCI-KMS-004] ${1:reason}\n");
}

#[test]
fn a_client_that_shows_places_is_asked_to_show_where_the_reason_goes() {
    let mut capabilities = capabilities();
    capabilities["window"] = json!({ "showDocument": { "support": true } });
    let mut editor = Editor::with(&[("main.tf", KEY)], capabilities, json!({}));
    let text = editor.open("main.tf");
    let actions = editor.actions("main.tf", &text, "\"HSM\"", json!({ "diagnostics": [] }));
    let exempt = actions.iter().find(|action| title(action).starts_with("Exempt from OCI-KMS-004")).expect("an action").clone();
    editor.ask("workspace/executeCommand", json!({ "command": exempt["command"]["command"], "arguments": exempt["command"]["arguments"] }));
    let shows = editor.heard.iter().find(|message| message["method"] == "window/showDocument").expect("a request");
    let column = "  # kmslint: ignore[OCI-KMS-004] ".len();
    assert_eq!(shows["params"]["selection"]["start"], json!({ "line": 1, "character": column }));
}

#[test]
fn tooltips_say_what_comes_out_and_why_and_show_no_secrets() {
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
        let at = editor.at("main.tf", text, part);
        editor.ask("textDocument/hover", at)["contents"]["value"].as_str().unwrap_or("nothing").to_owned()
    };
    let mode = hover("protection_mode = each");
    assert!(mode.contains("`\"HSM\"` in `oci_kms_key.k[\"a\"]`") && mode.contains("`\"SOFTWARE\"` in `oci_kms_key.k[\"b\"]`"), "{mode}");
    assert!(mode.contains("default of variable `modes`"), "{mode}");
    assert!(hover("plain").contains("`2`"));
    assert!(hover("is_auto_rotation_enabled").contains("unknown: "));
    assert!(hover("OCI-KMS-001").contains("`OCI-KMS-001`"));
    for part in ["secret =", "local.secret", "token\" {", "hunter2"] {
        let output = hover(part);
        assert!(output.contains("not shown") && !output.contains("hunter2"), "{part}: {output}");
    }
}

#[test]
fn the_definition_of_a_variable_is_where_its_value_is_written() {
    let mut editor = Editor::new(&[("main.tf", KEY), ("terraform.tfvars", "mode = \"HSM\"\n")]);
    let text = editor.open("main.tf");
    let at = editor.at("main.tf", &text, "var.mode");
    let found = editor.ask("textDocument/definition", at);
    assert_eq!(found[0]["uri"], editor.uri("terraform.tfvars"));
    assert_eq!(found[0]["range"]["start"], json!({ "line": 0, "character": 7 }));
}

#[test]
fn hints_are_shown_where_they_are_switched_on() {
    for (options, expected) in [(json!({}), json!([])), (json!({ "inlayHints": true }), json!(["→ \"HSM\""]))] {
        let mut editor = Editor::with(&[("main.tf", KEY)], capabilities(), options);
        editor.open("main.tf");
        let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } });
        let uri = editor.uri("main.tf");
        let hints = editor.ask("textDocument/inlayHint", json!({ "textDocument": { "uri": uri }, "range": range }));
        let labels: Vec<Value> = hints.as_array().expect("a list").iter().map(|hint| hint["label"].clone()).collect();
        assert_eq!(Value::Array(labels), expected);
    }
}

#[test]
fn settings_name_values_files_and_what_fails() {
    let files = [("main.tf", KEY), ("prod.vars.tfvars", "mode = \"SOFTWARE\"\n")];
    let mut editor = Editor::with(&files, capabilities(), json!({ "varFiles": { ".": ["prod.vars.tfvars"] }, "nosuch": 1 }));
    editor.settle();
    assert!(editor.heard.iter().any(|message| message["params"]["message"].as_str().is_some_and(|text| text.contains("nosuch"))));
    assert!(!editor.shown.values().any(|shown| shown.to_string().contains("OCI-KMS-004\"")), "{:?}", editor.shown);
    // What the editor sends later holds.
    editor.say("workspace/didChangeConfiguration", json!({ "settings": { "kmslint": { "failOn": "warning" } } }));
    editor.settle();
    let found = editor.diagnostics("main.tf");
    assert!(found.iter().any(|one| one.starts_with("1 OCI-KMS-004")), "{found:?}");
}

#[test]
fn the_config_file_holds_unsaved_and_its_mistakes_are_shown() {
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
fn an_exemption_of_the_config_file_is_unused_where_no_root_module_uses_it() {
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
fn files_that_change_on_the_disk_are_read_again() {
    let mut editor = Editor::new(&[("main.tf", KEY)]);
    editor.settle();
    assert!(editor.shown["main.tf"].to_string().contains("OCI-KMS-004"));
    fs::write(editor.path("terraform.tfvars"), "mode = \"SOFTWARE\"\n").expect("it is written");
    let uri = editor.uri("terraform.tfvars");
    editor.say("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": uri, "type": 1 }] }));
    editor.settle();
    assert!(!editor.shown["main.tf"].to_string().contains("OCI-KMS-004"));
}

#[test]
fn directories_come_and_go() {
    let mut editor = Editor::new(&[("a/main.tf", KEY), ("b/main.tf", KEY)]);
    let (a, b) = (json!([{ "uri": editor.uri("a"), "name": "a" }]), json!([{ "uri": editor.uri("b"), "name": "b" }]));
    let all = json!([{ "uri": editor.uri(""), "name": "all" }]);
    editor.say("workspace/didChangeWorkspaceFolders", json!({ "event": { "added": a, "removed": all } }));
    editor.settle();
    assert!(!editor.diagnostics("a/main.tf").is_empty() && editor.diagnostics("b/main.tf").is_empty());
    editor.say("workspace/didChangeWorkspaceFolders", json!({ "event": { "added": b, "removed": a } }));
    editor.settle();
    assert!(editor.diagnostics("a/main.tf").is_empty() && !editor.diagnostics("b/main.tf").is_empty());
}

#[test]
fn columns_are_counted_in_the_unit_that_was_agreed_on() {
    let text = "resource \"oci_kms_key\" \"k\" { /* é😀 */ protection_mode = \"HSM\"\n}\n";
    let before = &text[..text.find("\"HSM\"").expect("a mode")];
    let units = [(json!(["utf-8"]), "utf-8", before.len()), (json!([]), "utf-16", before.encode_utf16().count())];
    for (offered, agreed, column) in units {
        let mut capabilities = capabilities();
        capabilities["general"]["positionEncodings"] = offered;
        let mut editor = Editor::with(&[("main.tf", text)], capabilities, json!({}));
        assert_eq!(editor.agreed["capabilities"]["positionEncoding"], agreed);
        editor.settle();
        let shown = editor.shown["main.tf"]["diagnostics"].as_array().expect("a list");
        let found = shown.iter().find(|one| one["code"] == "OCI-KMS-004").expect("a finding");
        assert_eq!(found["range"]["start"]["character"], column, "{found}");
    }
}

#[test]
fn nothing_that_is_sent_ends_the_server_and_exit_does() {
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
            editor.answer(&format!("textDocument/{method}"), params);
        }
    }
    for method in ["didOpen", "didChange", "didClose", "didSave"] {
        editor.say(&format!("textDocument/{method}"), json!({ "textDocument": { "uri": "untitled:x", "version": -1 } }));
    }
    editor.say("workspace/didChangeConfiguration", json!({ "settings": 7 }));
    editor.say("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": "http://x/y", "type": 9 }] }));
    editor.send_bytes(b"Content-Length: 3\r\n\r\n{{{");
    let uri = editor.uri("main.tf");
    for range in [
        json!({ "start": { "line": 5, "character": 9 }, "end": { "line": 1, "character": 0 } }),
        json!({ "start": { "line": 99, "character": 99 }, "end": { "line": 0, "character": 0 } }),
    ] {
        let changes = json!([{ "range": range, "text": "\u{1f600}\"${" }]);
        editor.say("textDocument/didChange", json!({ "textDocument": { "uri": uri, "version": 2 }, "contentChanges": changes }));
    }
    assert_eq!(editor.hear_malformed(1), ["the message is not JSON-RPC"]);
    editor.settle();
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn requests_before_and_after_the_talk_are_refused() {
    let mut editor = Editor::started(tempfile::tempdir().expect("a directory"));
    assert_eq!(editor.answer("textDocument/hover", json!({}))["error"]["code"], -32002);
    editor.ask("initialize", json!({ "processId": null, "rootUri": null, "capabilities": {} }));
    assert!(editor.answer("initialize", json!({ "capabilities": {} })).get("error").is_some());
    editor.ask("shutdown", Value::Null);
    assert!(editor.answer("textDocument/hover", json!({})).get("error").is_some());
    editor.say("exit", Value::Null);
    assert_eq!(editor.server.wait().expect("it ends").code(), Some(0));
}

#[test]
fn a_client_that_dies_takes_the_server_along() {
    let mut editor = Editor::new(&[("main.tf", KEY)]);
    editor.settle();
    drop(editor.to.take());
    assert_eq!(editor.server.wait().expect("it ends").code(), Some(1));
    // Without anybody who reads, too.
    let mut editor = Editor::started(tempfile::tempdir().expect("a directory"));
    editor.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": { "capabilities": {} } }));
    let Editor { mut server, to, from, .. } = editor;
    drop((to, from));
    server.wait().expect("it ends");
}

#[test]
fn it_never_writes() {
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
    assert_eq!(editor.end(), Some(0));
}
