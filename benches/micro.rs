//! Where the time goes, part by part: parsing, evaluating, scanning JSON, checking, writing reports.
//!
//!     cargo bench --locked -- [NAME]
//!
//! `benches/bench` compares entire runs with other tools, and `benches/instructions` finds regressions.
#![allow(missing_docs, clippy::expect_used, reason = "a benchmark, not part of the library")]

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use kmslint::base::{Repository, Sources};
use kmslint::check::{Decisions, decide};
use kmslint::eval::eval_constant;
use kmslint::hcl::{json, native};
use kmslint::key::Inventory;
use kmslint::policy::{Config, Input, Outcome, PolicyOptions};
use kmslint::{lsp, plan, report, terraform};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

/// A workspace of 200 root modules, each with its own key and one from a module: its own module, or one that all of them call.
fn workspace(is_shared: bool) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        std::fs::write(path, text).expect("a file");
    };
    let module = "variable \"mode\" {}\nresource \"oci_kms_key\" \"k\" {\n  protection_mode = var.mode\n}\n";
    write("modules/key/main.tf", module);
    for at in 0..200 {
        let source = if is_shared { "../modules/key" } else { "./modules/key" };
        let call = format!("module \"key\" {{\n  source = \"{source}\"\n  mode   = var.mode\n}}\n");
        write(&format!("root{at}/modules/key/main.tf"), module);
        let own = "provider \"oci\" {\n  region = \"x\"\n}\nvariable \"mode\" {}\nresource \"oci_kms_key\" \"own\" {\n  protection_mode = \"HSM\"\n}\n";
        write(&format!("root{at}/main.tf"), &format!("{own}{call}"));
        write(&format!("root{at}/terraform.tfvars"), "mode = \"HSM\"\n");
    }
    directory
}

/// From an editor's change in one of 200 root modules to the end of the response, through the pipes of the language server. The change is
/// in a root module that shares nothing, in one that shares a module with all others, and in that module.
#[divan::bench(args = [(false, "root7/terraform.tfvars"), (true, "root7/terraform.tfvars"), (true, "modules/key/main.tf")])]
fn answer_a_change(bencher: Bencher<'_, '_>, (is_shared, file): (bool, &str)) {
    use std::io::{BufReader, Write};
    let directory = workspace(is_shared);
    let (server_reads, mut to) = std::io::pipe().expect("a pipe");
    let (from, server_writes) = std::io::pipe().expect("a pipe");
    let server = std::thread::spawn(move || {
        let make = |directory: &Path| terraform::ScanRequest::new(directory.to_path_buf(), vec![".".into()]);
        let process = lsp::Process { make: Box::new(make), clock: || jiff::Timestamp::UNIX_EPOCH };
        lsp::serve(process, &mut BufReader::new(server_reads), server_writes)
    });
    let mut from = BufReader::new(from);
    let mut send = |text: String| write!(to, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("the server listens");
    let mut wait = |id: i32| {
        while let Some(message) = lsp_server::Message::read(&mut from).expect("a message") {
            if matches!(&message, lsp_server::Message::Response(response) if response.id == id.into()) {
                return;
            }
        }
    };
    let uri = format!("file://{}", directory.path().canonicalize().expect("a path").display());
    send(format!(r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{{"rootUri":"{uri}","capabilities":{{}}}}}}"#));
    send(r#"{"jsonrpc":"2.0","method":"initialized","params":{}}"#.to_owned());
    let text = serde_json::to_string(&std::fs::read_to_string(directory.path().join(file)).expect("a file")).expect("JSON");
    let document = format!(r#"{{"uri":"{uri}/{file}","languageId":"terraform","version":1,"text":{text}}}"#);
    send(format!(r#"{{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{{"textDocument":{document}}}}}"#));
    let mut id = 2;
    let mut change = |typed: &str| {
        let edit = format!(r#"{{"range":{{"start":{{"line":0,"character":0}},"end":{{"line":0,"character":0}}}},"text":"{typed}"}}"#);
        let document = format!(r#"{{"uri":"{uri}/{file}","version":{id}}}"#);
        send(format!(
            r#"{{"jsonrpc":"2.0","method":"textDocument/didChange","params":{{"textDocument":{document},"contentChanges":[{edit}]}}}}"#
        ));
        // The response to any request comes after the diagnostics.
        send(format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"kmslint/nothing"}}"#));
        wait(id);
        id += 1;
    };
    change("");
    bencher.bench_local(|| change(black_box("#\\n")));
    drop(to);
    server.join().expect("the server ends");
}

/// The number of resources in the texts.
const RESOURCES: usize = 200;

fn hcl() -> String {
    let resource = |at| {
        format!(
            r#"# Keys of team {at}
resource "oci_kms_key" "k{at}" {{
  compartment_id      = var.compartment_id
  display_name        = "${{var.prefix}}-{at}"
  management_endpoint = oci_kms_vault.main.management_endpoint
  protection_mode     = var.tier == "gold" && {at} % 2 == 0 ? "HSM" : "SOFTWARE"
  freeform_tags = {{
    team  = upper(var.team)
    index = {at}
  }}
  key_shape {{
    algorithm = "AES"
    length    = 32
  }}
}}
"#
        )
    };
    (0..RESOURCES).map(resource).collect()
}

#[divan::bench]
fn parse_native(bencher: Bencher<'_, '_>) {
    let text = hcl();
    let id = Sources::default().add("main.tf", text.clone());
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| native::parse(id, black_box(&text)));
}

#[divan::bench]
fn parse_json(bencher: Bencher<'_, '_>) {
    let key = |at| {
        format!(
            r#""k{at}": {{"display_name": "${{var.prefix}}-{at}", "protection_mode": "${{var.mode}}", "key_shape": [{{"algorithm": "AES", "length": 32}}]}}"#
        )
    };
    let text = format!(r#"{{"resource": {{"oci_kms_key": {{{}}}}}}}"#, (0..RESOURCES).map(key).collect::<Vec<_>>().join(",\n"));
    let id = Sources::default().add("main.tf.json", text.clone());
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| json::parse(id, black_box(&text)));
}

/// Expressions that are typical of modules.
const EXPRESSIONS: [&str; 6] = [
    r#""${upper("a")}-${format("%04d", 7)}""#,
    r#"{ for n in range(100) : format("key-%03d", n) => { mode = n % 2 == 0 ? "HSM" : "SOFTWARE" } }"#,
    r#"merge({ a = 1, b = [1, 2, 3] }, { b = null, c = "x" })"#,
    r#"flatten([for a in ["x", "y", "z"] : [for b in range(20) : "${a}${b}" if b % 3 == 0]])"#,
    r#"try(lookup({ a = "HSM" }, "b", "SOFTWARE"), null)"#,
    r#"regexall("[a-z]+-([0-9]+)", join(",", formatlist("key-%d", range(50))))"#,
];

#[divan::bench(args = 0..EXPRESSIONS.len())]
fn evaluate(bencher: Bencher<'_, '_>, which: usize) {
    let text = EXPRESSIONS.get(which).copied().unwrap_or_default();
    let id = Sources::default().add("expression", text.to_owned());
    let expr = native::parse_expression(id, text).expect(text);
    assert!(eval_constant(&expr).is_ok(), "{text}");
    bencher.bench_local(|| eval_constant(black_box(&expr)));
}

#[divan::bench]
fn read_root_with_for_each(bencher: Bencher<'_, '_>) {
    let directory = tempfile::tempdir().expect("a directory");
    let text = r#"resource "oci_kms_key" "k" {
  for_each        = { for n in range(1000) : format("key-%04d", n) => { mode = n % 2 == 0 ? "HSM" : "SOFTWARE" } }
  compartment_id  = "c"
  display_name    = each.key
  protection_mode = each.value.mode
}
"#;
    std::fs::write(directory.path().join("main.tf"), text).expect("a file");
    bencher.counter(ItemsCount::new(1000_usize)).bench_local(|| count_keys(directory.path()));
}

#[divan::bench]
fn scan_plan(bencher: Bencher<'_, '_>) {
    let text = plan_text();
    let read = || plan::read("plan.json", std::io::Cursor::new(text.clone().into_bytes()), &plan::PlanOptions::default()).inventory;
    assert_eq!(read().keys.len(), RESOURCES / 20);
    bencher.counter(BytesCount::of_str(&text)).bench_local(read);
}

/// A plan in which one resource in twenty is a key.
fn plan_text() -> String {
    let mut text = r#"{"format_version":"1.2","terraform_version":"1.9.0","resource_changes":["#.to_owned();
    for at in 0..RESOURCES {
        let kind = if at % 20 == 0 { "oci_kms_key" } else { "oci_core_security_list" };
        let comma = if at == 0 { "" } else { "," };
        let rules =
            r#"{"description":"ingress \"web\" traffic","protocol":"6","source":"10.0.0.0/16","tcp_options":[{"min":443,"max":443}]},"#
                .repeat(40);
        let _ = write!(
            text,
            r#"{comma}{{"address":"{kind}.r{at}","mode":"managed","type":"{kind}","name":"r{at}","change":{{"actions":["create"],"before":null,"after":{{"display_name":"r{at}","protection_mode":"HSM","rules":[{rules}{{}}]}},"after_unknown":{{"id":true}}}}}}"#
        );
    }
    text + "]}"
}

#[divan::bench]
fn check_keys(bencher: Bencher<'_, '_>) {
    let inventory = thousand_keys();
    bencher.counter(ItemsCount::new(inventory.keys.len())).with_inputs(|| inventory.clone()).bench_local_values(check);
}

#[divan::bench(args = ["human", "json", "sarif"])]
fn write(bencher: Bencher<'_, '_>, format: &str) {
    let format = report::Format::by_name(format).expect("a format");
    let outcome = check(thousand_keys());
    let sources = Sources::default();
    let context = report::ReportContext {
        sources: &sources,
        screen: &report::Screen { color: false, columns: None, link: None },
        fixable: None,
        has_baseline: false,
        now: jiff::Timestamp::UNIX_EPOCH,
        elapsed: None,
        show_passes: false,
        quiet: false,
        repository_path: &str::to_owned,
        in_repository: &|_| true,
        provenance: None,
        fixes: &|_| Vec::new(),
        include_suppressed: false,
        statistics: false,
        command: "kmslint check",
        files_url: None,
        exit_code: 1,
        verbose: false,
    };
    bencher.counter(ItemsCount::new(outcome.keys.len())).bench_local(|| {
        let mut out = Vec::new();
        report::write(format, &outcome, &context, &mut out).expect("memory");
        out
    });
}

/// A thousand keys of a plan.
fn thousand_keys() -> Inventory {
    let keys = (0..1000).map(|at| format!(r#"{{"address":"oci_kms_key.k[\"{at}\"]","mode":"managed","type":"oci_kms_key","name":"k","index":"{at}","change":{{"actions":["create"],"before":null,"after":{{"display_name":"k{at}","protection_mode":"HSM"}},"after_unknown":{{"id":true}}}}}}"#));
    let text =
        format!(r#"{{"format_version":"1.2","terraform_version":"1.9.0","resource_changes":[{}]}}"#, keys.collect::<Vec<_>>().join(","));
    let inventory = plan::read("plan.json", std::io::Cursor::new(text.into_bytes()), &plan::PlanOptions::default()).inventory;
    assert_eq!(inventory.keys.len(), 1000);
    inventory
}

fn check(inventory: Inventory) -> Outcome {
    let (config, options, repository) = (Config::default(), PolicyOptions::default(), Repository::around(Path::new("/")));
    let decisions =
        Decisions { config: &config, baseline: None, options: &options, now: jiff::Timestamp::UNIX_EPOCH, repository: &repository };
    decide(Input { inventory, ..Input::default() }, &decisions, &Sources::default())
}

fn count_keys(directory: &Path) -> usize {
    let keys = terraform::read(&terraform::ScanRequest::new(directory.to_path_buf(), Vec::new()), &Arc::new(Sources::default())).keys.len();
    assert_eq!(keys, 1000);
    keys
}
