//! The language server with a stranger's repository, and with hostile messages from a client.

use crate::harness::{local_reduction, scratch};
use crate::lsp::Editor;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::symlink;

const KEY: &str = "resource \"oci_kms_key\" \"k\" {\n  protection_mode = \"HSM\"\n}\n";

/// The text of the tooltip over a part of a file.
fn hover(editor: &mut Editor, name: &str, text: &str, part: &str) -> String {
    let at = editor.position_of(name, text, part);
    editor.request("textDocument/hover", at)["contents"]["value"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn huge_names_are_not_repeated_for_each_key() {
    let long = "v".repeat(20_000);
    let text = format!(
        "variable \"{long}\" {{}}\nresource \"oci_kms_key\" \"{long}\" {{\n  count = 300\n  protection_mode = var.{long}\n}}\n{}",
        (0..20).map(|n| format!("resource \"oci_kms_key\" \"{long}{n}\" {{\n  protection_mode = \"HSM\"\n}}\n")).collect::<String>()
    );
    let mut editor = Editor::new(&[("main.tf", &text)]);
    editor.open("main.tf");
    let shown = hover(&mut editor, "main.tf", &text, "protection_mode");
    assert!(shown.contains("unknown: variable `vvv") && shown.len() < 20_000, "{}", shown.len());
    let at = json!({ "line": 0, "character": 5 });
    let range = json!({ "start": at, "end": at });
    let actions = editor.request(
        "textDocument/codeAction",
        json!({ "textDocument": { "uri": editor.uri("main.tf") }, "range": range, "context": { "diagnostics": [] } }),
    );
    assert!(actions.to_string().len() < 100_000);
    let diagnostics = editor.shown.get("main.tf").expect("diagnostics");
    let found = diagnostics["diagnostics"].as_array().expect("a list");
    assert!(found.len() > 20, "{}", found.len());
    assert!(found.iter().all(|one| one["message"].as_str().is_some_and(|message| message.len() < 20_000)));
}

#[test]
fn document_outside_of_a_repository_does_not_cause_a_directory_walk() {
    let elsewhere = scratch(&[("x.tf", KEY), ("below/y.tf", KEY)]);
    let directory = elsewhere.path().canonicalize().expect("a path");
    let uri = |name: &str| format!("file://{}", directory.join(name).display());
    let mut editor = Editor::new(&[("main.tf", KEY)]);
    let document = json!({ "uri": uri("x.tf"), "languageId": "terraform", "version": 1, "text": KEY });
    editor.notify("textDocument/didOpen", json!({ "textDocument": document }));
    editor.settle();
    let has = |editor: &Editor, name: &str| editor.shown.get(&uri(name)).is_some_and(|one| one["diagnostics"] != json!([]));
    assert!(has(&editor, "x.tf") && !has(&editor, "below/y.tf"), "{:#?}", editor.shown.keys());
    // An open document is always read.
    let document = json!({ "uri": uri("below/y.tf"), "languageId": "terraform", "version": 1, "text": KEY });
    editor.notify("textDocument/didOpen", json!({ "textDocument": document }));
    editor.settle();
    assert!(has(&editor, "below/y.tf"), "{:#?}", editor.shown.keys());
}

#[test]
fn open_documents_do_not_bypass_file_access_rules() {
    let outside = scratch(&[("secret.txt", "planted-disk"), ("x.tf", KEY)]);
    let outside = outside.path().canonicalize().expect("a path");
    let text = format!(
        "resource \"oci_kms_key\" \"k\" {{\n  display_name = file(\"{}\")\n  vault_id = file(\".git/config\")\n  compartment_id = file(\"link.txt\")\n}}\n",
        outside.join("secret.txt").display()
    );
    let mut editor = Editor::new(&[("main.tf", &text), (".git/config", "planted-git")]);
    // The first listing does not have the links: otherwise it would depend on chance.
    editor.settle();
    symlink(outside.join("secret.txt"), editor.path("link.txt")).expect("a link");
    symlink(outside.join("x.tf"), editor.path("link.tf")).expect("a link");
    editor.open("main.tf");
    // The server lists everything again when a document is saved.
    editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": editor.uri("main.tf") } }));
    let names = [outside.join("secret.txt"), editor.path(".git/config"), editor.path("link.txt"), editor.path("link.tf")];
    for path in names {
        let document =
            json!({ "uri": format!("file://{}", path.display()), "languageId": "x", "version": 1, "text": "planted = \"open\"" });
        editor.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }
    for (part, why) in [
        ("display_name", "is outside of the repository"),
        ("vault_id", "is in `.git`, which is never read"),
        ("compartment_id", "is outside of the repository"),
    ] {
        let shown = hover(&mut editor, "main.tf", &text, part);
        assert!(shown.contains(why) && !shown.contains("planted"), "{shown}");
    }
    let output = format!("{:?} {:?}", editor.shown, editor.received);
    assert!(!output.contains("planted-disk") && !output.contains("planted-git"), "{output}");
    assert!(editor.diagnostics("link.tf").iter().any(|one| one.contains("it leads outside the repository")), "{:#?}", editor.shown);
}

#[test]
fn tooltips_have_no_markup_of_the_repository() {
    let hostile = "`](command:x) <img src=x> ![x](https://evil.example/x.png) `` www.evil.example \\n# H";
    let directory = "a](command:x) `<b>&lpar;";
    let text = format!("variable \"m\" {{}}\n{}", KEY.replace("\"HSM\"", "var.m"));
    let call = format!("module \"m\" {{\n  source = \"../m\"\n  m = \"{hostile}\"\n}}\n");
    let mut editor = Editor::new(&[("m/main.tf", &text), (&format!("{directory}/main.tf"), &call)]);
    editor.open("m/main.tf");
    let shown = hover(&mut editor, "m/main.tf", &text, "protection_mode");
    assert!(shown.contains("command:x"), "{shown}");
    // Outside of code spans, the only markup is links to files.
    let mut rest = shown.as_str();
    let mut outside = String::new();
    while let Some(at) = rest.find('`') {
        outside.push_str(&rest[..at]);
        let fence = rest[at..].len() - rest[at..].trim_start_matches('`').len();
        let from = &rest[at + fence..];
        let end = (0..from.len())
            .filter(|at| from.is_char_boundary(*at) && from[*at..].starts_with('`') && !from[..*at].ends_with('`'))
            .find(|at| from[*at..].len() - from[*at..].trim_start_matches('`').len() == fence)
            .expect("a code span ends");
        rest = &from[end + fence..];
    }
    outside.push_str(rest);
    let links: Vec<&str> = outside.split("](").skip(1).map(|link| link.split(')').next().unwrap_or_default()).collect();
    assert!(!links.is_empty() && links.iter().all(|link| link.starts_with("file:///")), "{outside}");
    for part in ["<", "![", "www.", "https:", "command:x)", "\n#"] {
        assert!(!outside.contains(part), "{part}: {outside}");
    }
}

#[test]
fn many_changes_of_a_large_document_are_applied_in_order() {
    let lines = 30_000 / local_reduction(3);
    let text = "# é😀 x\n".repeat(lines);
    let mut editor = Editor::new(&[("main.tf", &text)]);
    editor.open_as("main.tf", &text);
    let change = |line: usize, column: usize, text: &str| {
        let at = json!({ "line": line, "character": column });
        json!({ "range": { "start": at, "end": at }, "text": text })
    };
    let changes: Vec<Value> = (0..lines).rev().map(|line| change(line, line % 9, "#")).collect();
    let uri = editor.uri("main.tf");
    editor.notify("textDocument/didChange", json!({ "textDocument": { "uri": uri, "version": 2 }, "contentChanges": changes }));
    let key = [change(0, 0, "\n"), change(0, 0, KEY.trim_end())];
    editor.notify("textDocument/didChange", json!({ "textDocument": { "uri": uri, "version": 3 }, "contentChanges": key }));
    editor.settle();
    assert_eq!(editor.diagnostics("main.tf").len(), 2, "{:#?}", editor.shown);
}

#[test]
fn hostile_messages_do_not_stop_the_server() {
    let mut editor = Editor::new(&[("main.tf", KEY)]);
    let mut malformed = 0;
    for body in [
        "[".repeat(1_000_000),
        format!("[0{}]", ",0".repeat(500_000)),
        "{\"a\":".repeat(200_000),
        "[1, \"exit\"]".to_owned(),
        "null".to_owned(),
        "{\"jsonrpc\":\"2.0\",\"id\":{\"a\":1},\"method\":\"shutdown\"}".to_owned(),
        "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"shutdown\"}".to_owned(),
        "{\"jsonrpc\":\"2.0\",\"id\":1e400,\"method\":\"shutdown\"}".to_owned(),
        "{\"jsonrpc\":\"2.0\",\"id\":\"\\ud800\",\"method\":\"shutdown\"}".to_owned(),
        "{\"jsonrpc\":\"2.0\",\"id\":99999999999,\"method\":\"shutdown\"}".to_owned(),
    ] {
        editor.send_bytes(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
        malformed += 1;
    }
    assert_eq!(editor.receive_malformed(malformed), vec!["the message is not JSON-RPC"; malformed]);
    for uri in
        ["file:///%00", "file:///%ff.tf", "file://server/x.tf", "untitled:x.tf", "file:///dev/zero", "file:///dev/stdin", "http://x/y.tf"]
    {
        let document = json!({ "uri": uri, "languageId": "terraform", "version": 1, "text": KEY });
        editor.notify("textDocument/didOpen", json!({ "textDocument": document }));
        editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": uri } }));
        editor.notify("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": uri, "type": 2 }] }));
        editor.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    }
    editor.settle();
    assert_eq!(editor.diagnostics("main.tf").len(), 2);
    assert!(fs::read_to_string(editor.path("main.tf")).is_ok_and(|text| text == KEY));
    assert_eq!(editor.shut_down(), Some(0));
}
