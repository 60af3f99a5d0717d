//! The language server: no sequence of messages and texts stops it.
#![no_main]

use kmslint::lsp::{Process, serve};
use kmslint::terraform::ScanRequest;
use std::io::Cursor;
use std::path::Path;

/// The separator between two messages.
const SEPARATOR: &str = "\n--\n";

libfuzzer_sys::fuzz_target!(|text: &str| {
    let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a directory");
    let path = directory.path().canonicalize().expect("a path");
    // The first part is the file. Each other part is a message: a line with its method, then its parameters.
    let mut parts = text.split(SEPARATOR);
    let file = parts.next().unwrap_or_default();
    std::fs::write(path.join("main.tf"), file).expect("a file");
    let uri = format!("file://{}", path.display());
    let framed = |text: &str| format!("Content-Length: {}\r\n\r\n{text}", text.len());
    let mut all = framed(&format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{{"rootUri":"{uri}","capabilities":{{"general":{{"positionEncodings":["utf-8"]}}}}}}}}"#
    ));
    all += &framed(r#"{"jsonrpc":"2.0","method":"initialized","params":{}}"#);
    let document = serde_json::json!({ "uri": format!("{uri}/main.tf"), "languageId": "terraform", "version": 1, "text": file });
    let open = serde_json::json!({ "jsonrpc": "2.0", "method": "textDocument/didOpen", "params": { "textDocument": document } });
    all += &framed(&open.to_string());
    for part in parts {
        let (method, params) = part.split_once('\n').unwrap_or((part, "null"));
        let params: serde_json::Value = serde_json::from_str(&params.replace("$URI", &format!("{uri}/main.tf"))).unwrap_or_default();
        let message = serde_json::json!({ "jsonrpc": "2.0", "id": 2, "method": method, "params": params });
        let mut message = message;
        if method.starts_with("textDocument/did") || method.starts_with("workspace/did") {
            message.as_object_mut().expect("an object").remove("id");
        }
        all += &framed(&message.to_string());
    }
    all += &framed(r#"{"jsonrpc":"2.0","id":3,"method":"shutdown"}"#);
    all += &framed(r#"{"jsonrpc":"2.0","method":"exit"}"#);
    // The input itself comes last, without a frame.
    all += text;
    let make = |directory: &Path| ScanRequest::new(directory.to_path_buf(), vec![".".into()]);
    let process = Process { make: Box::new(make), clock: || jiff::Timestamp::UNIX_EPOCH };
    assert!(serve(process, &mut Cursor::new(all), std::io::sink()));
    assert_eq!(std::fs::read_to_string(path.join("main.tf")).expect("a file"), file, "the server must not write files");
});
