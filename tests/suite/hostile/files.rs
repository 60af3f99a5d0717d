//! Hostile directory entries: links, pipes, devices, strange names, too many and too large files.

use super::{CONTROL_KEY, check, has_problem, keys, kmslint, shell};
use crate::harness::{formats, local_reduction, root, scratch};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

/// Creates a FIFO.
fn create_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo").success());
}

/// Atomically replaces a file by a hard link to another. Tests do so in a loop: new files each time would slow down all other tests, because
/// file systems search long for free inodes after many deletions.
fn replace_by_link(source: &Path, target: &Path) {
    let next = target.with_file_name("next");
    // It is still there if the target was a link to the same file.
    let _ = fs::remove_file(&next);
    fs::hard_link(source, &next).and_then(|()| fs::rename(&next, target)).expect("a link");
}

#[test]
fn cyclic_links_are_not_followed_forever() {
    let directory = scratch(&[("main.tf", CONTROL_KEY), ("a/b/c/other.tf", "locals {}\n")]);
    symlink("..", directory.path().join("a/up")).expect("a link");
    symlink(".", directory.path().join("here")).expect("a link");
    symlink(directory.path(), directory.path().join("a/b/c/top")).expect("a link");
    let (output, _) = check(directory.path(), &[]);
    assert_eq!(output.code, 1, "{output:#?}");
    symlink("self.tf", directory.path().join("self.tf")).expect("a link");
    let (output, report) = check(directory.path(), &[]);
    assert!(has_problem(&output, &report, &["self.tf"]), "{output:#?}");
}

#[test]
fn links_out_of_the_repository_disclose_nothing() {
    let outside =
        scratch(&[("secret.txt", "the-secret { of = \n the-house\n"), ("module/main.tf", "resource \"oci_kms_key\" \"theirs\" {}\n")]);
    let directory = scratch(&[("main.tf", CONTROL_KEY), (".git/HEAD", "")]);
    symlink(outside.path().join("secret.txt"), directory.path().join("notes.tf")).expect("a link");
    symlink(outside.path().join("module"), directory.path().join("walked")).expect("a link");
    symlink("/", directory.path().join("everything")).expect("a link");
    let (_, report) = check(directory.path(), &[]);
    assert_eq!(keys(&report).count(), 1, "links to directories are not followed: {report:#}");
    for format in ["human", "short", "json", "sarif", "github", "markdown"] {
        let output = kmslint(directory.path(), &["--no-config", "--format", format]);
        assert!(!output.out.contains("the-secret") && !output.err.contains("the-secret"), "{format}: {output:#?}");
    }
}

#[test]
fn file_functions_do_not_read_outside_of_the_repository() {
    let outside = scratch(&[("secret.txt", "HSM-the-secret")]);
    let path = outside.path().join("secret.txt");
    let reading = |expression: &str| format!("resource \"oci_kms_key\" \"k\" {{\n  protection_mode = {expression}\n}}\n");
    let directory = scratch(&[("main.tf", CONTROL_KEY), (".git/HEAD", "")]);
    symlink(&path, directory.path().join("inside.txt")).expect("a link");
    for expression in [
        format!("file(\"{}\")", path.display()),
        "file(\"inside.txt\")".to_owned(),
        "templatefile(\"${path.module}/inside.txt\", {})".to_owned(),
        "file(\"/etc/passwd\")".to_owned(),
        "file(\"../../../../../../../etc/passwd\")".to_owned(),
        "file(\"/dev/zero\")".to_owned(),
    ] {
        fs::write(directory.path().join("reading.tf"), reading(&expression)).expect("a file");
        let (output, report) = check(directory.path(), &[]);
        let key = keys(&report).find(|key| key["address"] == "oci_kms_key.k").expect("the key");
        assert_eq!(key["protection_mode"]["claim"], "unknown", "{expression}: {output:#?}");
        assert!(!output.out.contains("the-secret") && !output.out.contains("root:"), "{expression}: {output:#?}");
    }
}

#[test]
fn pipes_and_devices_do_not_block_a_run() {
    let directory = scratch(&[("main.tf", CONTROL_KEY), ("other/main.tf", "locals {}\n"), (".terraform/modules/keep", "")]);
    create_pipe(&directory.path().join("pipe.tf"));
    symlink("/dev/zero", directory.path().join("zero.tf")).expect("a link");
    fs::create_dir(directory.path().join("directory.tf")).expect("a directory");
    let (output, report) = check(directory.path(), &[]);
    assert!(has_problem(&output, &report, &["pipe.tf", "regular file"]), "{output:#?}");
    assert!(has_problem(&output, &report, &["zero.tf"]), "{output:#?}");
    for name in ["pipe.tf", "zero.tf"] {
        fs::remove_file(directory.path().join(name)).expect("an existing file");
    }
    for name in
        ["terraform.tfvars", "x.auto.tfvars", ".terraform/modules/modules.json", ".terraform/environment", "pipe.tf.json", "notes.json"]
    {
        create_pipe(&directory.path().join(name));
        check(directory.path(), &[]);
        fs::remove_file(directory.path().join(name)).expect("an existing file");
    }
    create_pipe(&directory.path().join("kmslint.toml"));
    let output = kmslint(directory.path(), &[]);
    assert!(output.code == 2 && output.err.contains("kmslint.toml"), "{output:#?}");
}

#[test]
fn plan_is_read_from_a_passed_pipe() {
    let plan = root().join("testdata/plans/create/plan.json");
    let script = "cat \"$1\" | \"$KMSLINT\" --no-config --format short /dev/stdin";
    let output = shell(plan.parent().expect("a directory"), script, &[plan.to_str().expect("UTF-8")]);
    assert!(output.code == 1 && output.out.contains("OCI-KMS-004"), "{output:#?}");
}

#[test]
fn unreadable_files_and_directories_are_problems() {
    let directory = scratch(&[("main.tf", CONTROL_KEY), ("secret.tf", "locals {}\n"), ("closed/main.tf", CONTROL_KEY)]);
    let readable = Command::new("chmod").args(["-R", "go+rX"]).arg(directory.path()).status().expect("chmod");
    assert!(readable.success());
    for name in ["secret.tf", "closed"] {
        assert!(Command::new("chmod").arg("000").arg(directory.path().join(name)).status().expect("chmod").success());
    }
    // Permissions do not apply to root, so root switches to another user.
    let script = "if [ \"$(id -u)\" = 0 ]; then cp \"$KMSLINT\" ./kmslint; set -- setpriv --reuid 65534 --regid 65534 --clear-groups ./kmslint \"$@\"; else set -- \"$KMSLINT\" \"$@\"; fi; exec \"$@\"";
    let output = shell(directory.path(), script, &["--no-config", "--format", "short"]);
    assert!(Command::new("chmod").args(["-R", "700"]).arg(directory.path()).status().expect("chmod").success());
    assert_eq!(output.code, 2, "{output:#?}");
    assert!(output.out.contains("main.tf:1") || output.out.contains("main.tf:2"), "{output:#?}");
    assert!(output.err.contains("secret.tf") && output.err.contains("closed"), "{output:#?}");
}

#[test]
fn concurrent_creation_and_removal_of_files_is_harmless() {
    let directory = scratch(&[("main.tf", CONTROL_KEY)]);
    let (stop, here) = (AtomicBool::new(false), directory.path());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let sources = scratch(&[("other/a.tf", &"locals {}\n".repeat(500)), ("b.tf", &"locals {}\n".repeat(3))]);
            let (from, to) = (sources.path().join("other"), here.join("other"));
            while !stop.load(Ordering::Relaxed) {
                fs::rename(&from, &to).expect("a directory");
                fs::hard_link(sources.path().join("b.tf"), here.join("b.tf")).expect("a link");
                fs::remove_file(here.join("b.tf")).expect("a link");
                fs::rename(&to, &from).expect("a directory");
            }
        });
        let runs = std::panic::catch_unwind(|| (0..20).for_each(|_| drop(check(here, &[]))));
        stop.store(true, Ordering::Relaxed);
        runs.expect("every run succeeds");
    });
}

#[test]
fn passed_and_referenced_pipes_and_sockets_do_not_block_a_run() {
    let directory = scratch(&[("main.tf", CONTROL_KEY), ("reading.tf", "")]);
    create_pipe(&directory.path().join("pipe"));
    let _socket = UnixListener::bind(directory.path().join("socket.tf")).expect("a socket");
    let (output, report) = check(directory.path(), &[]);
    assert!(has_problem(&output, &report, &["socket.tf", "regular file"]), "{output:#?}");
    for arguments in [["--var-file", "pipe"], ["--baseline", "pipe"]] {
        let (output, report) = check(directory.path(), &arguments);
        assert!(has_problem(&output, &report, &["pipe", "regular file"]), "{arguments:?}: {output:#?}");
    }
    let output = kmslint(directory.path(), &["--config", "pipe"]);
    assert!(output.code == 2 && output.err.contains("pipe") && output.err.contains("regular file"), "{output:#?}");
    for text in [
        "resource \"oci_kms_key\" \"k\" {\n  protection_mode = file(\"pipe\")\n}\n",
        "resource \"oci_kms_key\" \"k\" {\n  protection_mode = templatefile(\"socket.tf\", {})\n}\n",
        "resource \"oci_kms_key\" \"k\" {\n  protection_mode = fileexists(\"pipe\") ? \"HSM\" : file(\"pipe\")\n}\n",
    ] {
        fs::write(directory.path().join("reading.tf"), text).expect("a file");
        let (output, report) = check(directory.path(), &[]);
        let key = keys(&report).find(|key| key["address"] == "oci_kms_key.k").expect("the key");
        assert_eq!(key["protection_mode"]["claim"], "unknown", "{text}: {output:#?}");
    }
    fs::write(directory.path().join("reading.tf"), "module \"m\" {\n  source = \"./pipe\"\n}\n").expect("a file");
    let (output, report) = check(directory.path(), &[]);
    assert!(has_problem(&output, &report, &["pipe"]), "{output:#?}");
}

/// `/dev/shm` holds files, although `/dev` holds devices and the pipes of the shell.
#[cfg(target_os = "linux")]
#[test]
fn pipe_in_shared_memory_does_not_block_a_run() {
    let directory = tempfile::tempdir_in("/dev/shm").expect("a directory in shared memory");
    fs::write(directory.path().join("main.tf"), CONTROL_KEY).expect("a file");
    create_pipe(&directory.path().join("pipe"));
    let (output, report) = check(directory.path(), &["--baseline", "pipe"]);
    assert!(has_problem(&output, &report, &["pipe", "regular file"]), "{output:#?}");
}

#[test]
fn file_replaced_during_a_run_is_read_completely() {
    let old = CONTROL_KEY.replace("control", "k") + &"# old\n".repeat(20_000);
    let new = old.replace("HSM", "SOFTWARE").replace("old", "new");
    let directory = scratch(&[("main.tf", CONTROL_KEY), ("k.tf", &old)]);
    let versions = scratch(&[("old", &old), ("new", &new)]);
    let (stop, here) = (AtomicBool::new(false), directory.path());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for version in ["new", "old"].into_iter().cycle() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                replace_by_link(&versions.path().join(version), &here.join("k.tf"));
            }
        });
        let runs = std::panic::catch_unwind(|| {
            for _ in 0..20 / local_reduction(2) {
                let (output, report) = check(here, &[]);
                let key = keys(&report).find(|key| key["address"] == "oci_kms_key.k").expect("the key");
                assert!(matches!(key["protection_mode"]["value"].as_str(), Some("HSM" | "SOFTWARE")), "{output:#?}");
            }
        });
        stop.store(true, Ordering::Relaxed);
        runs.expect("every run succeeds");
    });
}

#[test]
fn pipe_that_replaces_a_file_does_not_block_a_run() {
    let names: Vec<String> = (0..20).map(|at| format!("f{at}.tf")).collect();
    let directory = scratch(&[("main.tf", CONTROL_KEY)]);
    let (stop, here) = (AtomicBool::new(false), directory.path());
    let sources = scratch(&[("file", "locals {}\n")]);
    create_pipe(&sources.path().join("pipe"));
    let change = |name: &str, is_pipe: bool| {
        replace_by_link(&sources.path().join(if is_pipe { "pipe" } else { "file" }), &here.join(name));
    };
    names.iter().for_each(|name| change(name, false));
    // Each file is a pipe at times: when the directory is listed, when the file is opened, or at neither time.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for (at, name) in names.iter().cycle().enumerate() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                change(name, at % 3 != 0);
            }
        });
        let runs = std::panic::catch_unwind(|| {
            (0..30 / local_reduction(3)).for_each(|_| drop(check(here, &["--var-file", "f0.tf"])));
        });
        stop.store(true, Ordering::Relaxed);
        runs.expect("every run succeeds");
    });
}

#[test]
fn file_names_are_not_printed_as_commands() {
    let directory = scratch(&[("main.tf", CONTROL_KEY)]);
    let names: [&[u8]; 6] = [
        b"a\n::warning::owned.tf",
        b"\x1b[31mred\x1b]0;title\x07.tf",
        b"c\r::error file=x::owned.tf",
        b"d`$(touch owned)`<script>|table|.tf",
        b"e\xff\xfe.tf",
        "f\u{202e}ft.oci\u{2028}.tf".as_bytes(),
    ];
    for (number, name) in names.into_iter().enumerate() {
        let text = CONTROL_KEY.replace("control", &format!("k{number}"));
        let below = directory.path().join(OsStr::from_bytes(&name[..name.len() - 3]));
        fs::create_dir(&below).expect("a directory");
        fs::write(below.join("main.tf"), &text).expect("a file");
        fs::write(directory.path().join(OsStr::from_bytes(name)), text).expect("a file");
    }
    let (output, report) = check(directory.path(), &[]);
    // A file whose name is not Unicode is a problem; a directory with such a name is read.
    assert_eq!(keys(&report).count(), 12, "{output:#?}");
    assert!(has_problem(&output, &report, &["not Unicode"]), "{output:#?}");
    for format in formats() {
        let output = kmslint(directory.path(), &["--no-config", "--verbose", "--format", format]);
        for text in [&output.out, &output.err] {
            assert!(!text.contains(['\u{1b}', '\u{7}']), "{format}: {output:#?}");
            assert!(
                !text.split(['\n', '\r']).any(|line| line.trim_start().starts_with("::") && line.contains("::owned")),
                "{format}: {output:#?}"
            );
        }
        assert!(!output.out.is_empty(), "{format}");
    }
    for format in formats() {
        let output = kmslint(directory.path(), &["--no-config", "--format", format]);
        assert!(
            !output.out.contains(['\u{202e}', '\u{2028}']) && !output.err.contains(['\u{202e}', '\u{2028}']),
            "bidirectional overrides and Unicode line separators must be escaped, {format}: {output:#?}"
        );
    }
}

#[test]
fn strings_in_the_configuration_are_not_printed_as_commands() {
    let directory = scratch(&[
        ("main.tf", CONTROL_KEY),
        (
            "keys.tf",
            "resource \"oci_kms_key\" \"k\" {\n  for_each        = toset([\"a\\n::warning::owned\", \"\\u001b[31mred\"])\n  display_name    = each.key\n  protection_mode = each.key\n}\n",
        ),
        ("broken.tf", "# \u{1b}[31m\nresource \"a\u{1b}[0m\n::warning::owned\n"),
    ]);
    for format in formats() {
        let output = kmslint(directory.path(), &["--no-config", "--format", format]);
        for text in [&output.out, &output.err] {
            assert!(!text.contains('\u{1b}'), "{format}: {output:#?}");
            assert!(!text.split(['\n', '\r']).any(|line| line.starts_with("::warning::owned")), "{format}: {output:#?}");
        }
        assert!(!output.out.is_empty(), "{format}");
    }
}

#[test]
fn modules_json_does_not_cause_a_walk_outside() {
    let call = "module \"m\" {\n  source = \"example.com/acme/keys/oci\"\n}\n";
    for modules in [
        r#"{"Modules":[{"Key":"m","Source":"example.com/acme/keys/oci","Dir":"/"}]}"#,
        r#"{"Modules":[{"Key":"m","Source":"example.com/acme/keys/oci","Dir":".."}]}"#,
        r#"{"Modules":[{"Key":"m","Source":"example.com/acme/keys/oci","Dir":"../../../../../../../../../../.."}]}"#,
        r#"{"Modules":[{"Key":"m","Source":"example.com/acme/keys/oci","Dir":"."}]}"#,
        r#"{"Modules":[{"Key":"m","Source":"example.com/acme/keys/oci","Dir":"/dev"}]}"#,
        r#"{"Modules":[{"Key":"m","Source":"example.com/acme/keys/oci","Dir":"\u0000"}]}"#,
        r#"{"Modules":[{"Key":"m","Dir":7}]}"#,
        r#"{"Modules":{"Key":"m"}}"#,
        "[[[[",
        "",
    ] {
        let directory = scratch(&[("a/main.tf", CONTROL_KEY), ("a/call.tf", call), ("a/.terraform/modules/modules.json", modules)]);
        let output = kmslint(&directory.path().join("a"), &["--no-config", "--format", "json"]);
        let report: serde_json::Value = serde_json::from_str(&output.out).expect("a report");
        assert!(keys(&report).any(|key| key["address"] == "oci_kms_key.control"), "{modules}: {output:#?}");
        assert!(keys(&report).count() <= 100, "{modules}: {} keys", keys(&report).count());
    }
}

#[test]
fn huge_file_is_rejected_without_reading_it() {
    let directory = scratch(&[("main.tf", CONTROL_KEY)]);
    for name in ["huge.tf", "huge.tf.json", "huge.auto.tfvars"] {
        // The file is sparse and takes no space on the disk.
        let path = directory.path().join(name);
        File::create(&path).and_then(|file| file.set_len(2 << 30)).expect("a sparse file");
        let (output, report) = check(directory.path(), &[]);
        assert!(has_problem(&output, &report, &[name, "larger than"]), "{name}: {output:#?}");
        fs::remove_file(path).expect("an existing file");
    }
    let path = directory.path().join("plan.json");
    File::create(&path).and_then(|file| file.set_len(2 << 30)).expect("a sparse file");
    let output = kmslint(directory.path(), &["--no-config", "plan.json"]);
    assert!(output.code == 2 && output.err.contains("plan.json"), "{output:#?}");
}

#[test]
fn directory_with_very_many_files_is_read() {
    let counting =
        "resource \"oci_kms_key\" \"k\" {\n  protection_mode = length(fileset(path.module, \"**\")) > 1 ? \"HSM\" : \"SOFTWARE\"\n}\n";
    let directory = scratch(&[("main.tf", CONTROL_KEY), ("counting.tf", counting), ("first", "locals {}\n")]);
    // Hard links are fast to create; only the number of names matters.
    let first = directory.path().join("first");
    for number in 0..2_000 {
        fs::hard_link(&first, directory.path().join(format!("n{number}.tf"))).expect("a name");
    }
    let is_exhaustive = local_reduction(2) == 1;
    for number in 0..if is_exhaustive { 60_000 } else { 6_000 } {
        fs::hard_link(&first, directory.path().join(format!("n{number}.txt"))).expect("a name");
    }
    let (output, report) = check(directory.path(), &[]);
    assert_eq!(output.code, 1, "{output:#?}");
    let key = keys(&report).find(|key| key["address"] == "oci_kms_key.k").expect("the key");
    if is_exhaustive {
        let why = key["protection_mode"]["why"].as_str().unwrap_or_default();
        assert!(why.contains("there are more than 50000 files"), "{why}: {output:#?}");
    } else {
        assert_eq!(key["protection_mode"]["value"], "HSM", "{output:#?}");
    }
}

#[test]
fn long_names_and_deep_directories_are_read() {
    let directory = scratch(&[("main.tf", CONTROL_KEY)]);
    fs::write(directory.path().join(format!("{}.tf", "é".repeat(126))), "locals {}\n").expect("a file");
    let mut deep = directory.path().to_path_buf();
    while deep.as_os_str().len() < 3_800 {
        deep.push("d".repeat(100));
    }
    fs::create_dir_all(&deep).expect("a deep directory");
    fs::write(deep.join("main.tf"), CONTROL_KEY.replace("control", "deep")).expect("a file");
    let (output, report) = check(directory.path(), &[]);
    assert!(output.code == 1 && keys(&report).any(|key| key["address"] == "oci_kms_key.deep"), "{output:#?}");
    let mut narrow = directory.path().to_path_buf();
    while narrow.as_os_str().len() < 3_000 / local_reduction(3) {
        narrow.push("n");
    }
    fs::create_dir_all(&narrow).expect("a deeper directory");
    check(directory.path(), &[]);
}
