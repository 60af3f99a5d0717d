//! Fixtures of each rule: `ok_…` must be silent, the others say what `expected.txt` beside them says.

use crate::harness::{expect_file, folders, kmslint, root};

/// Runs one rule alone over each of its fixtures.
fn fixtures(rule: &str, other: &str) {
    let cases = folders(&root().join("testdata/rules").join(rule));
    assert!(cases.len() >= 9, "fixtures of {rule} are missing");
    let mut silent = 0;
    for case in cases {
        let name = case.file_name().expect("a name").to_string_lossy().into_owned();
        let off = format!("{other}=off");
        let said = kmslint(&case, &["--no-config", "--format", "short", "--now", "2026-11-21T00:00:00Z", "--level", &off]);
        if name.starts_with("ok_") {
            assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (0, "", ""), "{rule}/{name} must be silent");
            silent += 1;
        } else {
            assert!(!said.out.is_empty(), "{rule}/{name} says nothing\n{}", said.err);
            expect_file(&case.join("expected.txt"), &format!("{}{}exit {}\n", said.out, said.err, said.code));
        }
    }
    assert!(silent >= 3, "silent fixtures of {rule} are missing");
}

#[test]
fn key_rotation() {
    fixtures("OCI-KMS-001", "OCI-KMS-004");
}

#[test]
fn key_protection_mode() {
    fixtures("OCI-KMS-004", "OCI-KMS-001");
}
