//! Writes are atomic: if killed at any step, on a full disk, in a read-only directory, into a closed pipe.

use super::{CONTROL_KEY, kmslint, shell, shell_without_limits};
use crate::harness::{command, local_reduction, report, scratch, with_tested_rules};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Many keys, for a large output.
fn many_keys() -> String {
    keys(300)
}

fn keys(count: usize) -> String {
    (0..count).map(|n| CONTROL_KEY.replace("control", &format!("k{n}"))).collect()
}

/// The names in a directory, sorted.
fn names(directory: &Path) -> Vec<String> {
    let mut list: Vec<_> = fs::read_dir(directory)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    list.sort();
    list
}

#[test]
fn closed_pipe_is_not_an_error() {
    let directory = scratch(&[("main.tf", &many_keys())]);
    for format in ["human", "short", "json", "sarif", "junit"] {
        let output = shell(directory.path(), "{ \"$KMSLINT\" --no-config --format \"$1\"; echo \"code $?\" >&2; } | head -c 10", &[format]);
        assert!(output.err.contains("code 1"), "{format}: {output:#?}");
        assert!(!output.err.contains("pipe"), "{format}: {output:#?}");
    }
    let output = shell(directory.path(), "{ \"$KMSLINT\" explain OCI-KMS-001; echo \"code $?\" >&2; } | true", &[]);
    assert!(output.err.contains("code 0"), "{output:#?}");
    for command in ["--no-config --unsafe-fixes --diff", "completions bash", "eval 'range(1000)'"] {
        let output = shell(directory.path(), &format!("{{ \"$KMSLINT\" {command}; echo \"code $?\" >&2; }} | head -c 10"), &[]);
        assert!(output.out.len() == 10 && (output.err.contains("code 0") || output.err.contains("code 1")), "{command}: {output:#?}");
        assert!(!output.err.contains("pipe"), "{command}: {output:#?}");
    }
    // A report file that is not read to its end is incomplete, which is an error.
    let script = "mkfifo pipe; head -c 10 pipe & \"$KMSLINT\" --no-config --format json=pipe; code=$?; wait; exit $code";
    let output = shell(directory.path(), script, &[]);
    assert!(output.code == 2 && output.err.contains("cannot write the report `pipe`"), "{output:#?}");
    let output = shell(directory.path(), "\"$KMSLINT\" --no-config --format short >&-; echo \"code $?\" >&2", &[]);
    assert!(output.err.contains("code "), "{output:#?}");
}

#[test]
#[cfg(target_os = "linux")]
fn full_disk_is_an_error() {
    let directory = scratch(&[("main.tf", &many_keys())]);
    for format in ["human", "short", "json", "sarif", "gitlab"] {
        let output = kmslint(directory.path(), &["--no-config", "--format", &format!("{format}=/dev/full")]);
        assert!(output.code == 2 && output.err.contains("/dev/full") && output.err.contains("space"), "{format}: {output:#?}");
        let output = shell(directory.path(), "exec \"$KMSLINT\" --no-config --format \"$1\" >/dev/full", &[format]);
        assert!(output.code == 2 && output.err.contains("space"), "{format}: {output:#?}");
    }
    // If standard error is full, the report is still written.
    let output = shell(directory.path(), "exec \"$KMSLINT\" --no-config --format short 2>/dev/full", &[]);
    assert!(output.code == 1 && output.out.contains("OCI-KMS-004"), "{output:#?}");
}

#[test]
fn unwritable_path_is_an_error() {
    let directory = scratch(&[("main.tf", CONTROL_KEY)]);
    for arguments in [
        vec!["--format", "json=no/such/directory/x.json"],
        vec!["--format", "json=main.tf/x.json"],
        vec!["--write-baseline", "no/such/directory/x.json"],
        vec!["--write-baseline", "main.tf/x.json"],
        vec!["--format", "sarif=."],
    ] {
        let output = kmslint(directory.path(), &[&["--no-config"], arguments.as_slice()].concat());
        let path = arguments[1].rsplit('=').next().expect("a path");
        assert!(output.code == 2 && output.err.contains(path), "{arguments:?}: {output:#?}");
    }
    assert_eq!(names(directory.path()), ["main.tf"]);
    // Permissions do not apply to root, so root switches to another user.
    let script = "chmod -R a+rX,go-w .; if [ \"$(id -u)\" = 0 ]; then cp \"$KMSLINT\" ./kmslint; set -- setpriv --reuid 65534 --regid 65534 --clear-groups ./kmslint \"$@\"; else chmod a-w .; set -- \"$KMSLINT\" \"$@\"; fi; exec \"$@\"";
    for arguments in [
        ["--no-config", "--fix", "--unsafe-fixes"].as_slice(),
        &["--no-config", "--format", "json=report.json"],
        &["--no-config", "--write-baseline", "baseline.json"],
    ] {
        let output = shell(directory.path(), script, arguments);
        shell(directory.path(), "chmod u+w .", &[]);
        assert!(output.code == 2, "{arguments:?}: {output:#?}");
        assert_eq!(fs::read_to_string(directory.path().join("main.tf")).expect("an existing file"), CONTROL_KEY);
        assert!(
            names(directory.path()).iter().all(|name| name == "main.tf" || name == "kmslint"),
            "{arguments:?}: {:?}",
            names(directory.path())
        );
    }
}

/// The commands that write a file: the arguments, and the file.
const WRITES: [(&[&str], &str); 3] = [
    (&["--no-config", "--fix", "--unsafe-fixes"], "main.tf"),
    (&["--no-config", "--format", "json=report.json"], "report.json"),
    (&["--no-config", "--write-baseline", "baseline.json"], "baseline.json"),
];

/// Enough keys for outputs of more than 8 KiB, see [`contents_before_and_after`].
const KEY_COUNT: usize = 150;

/// A directory in which each of [`WRITES`] overwrites a file.
fn directory_to_overwrite() -> TempDir {
    scratch(&[("main.tf", &keys(KEY_COUNT)), ("report.json", "old"), ("baseline.json", "{}")])
}

fn text(directory: &Path, name: &str) -> String {
    fs::read_to_string(directory.join(name)).expect("an existing file")
}

/// The contents of a file before and after a complete run.
fn contents_before_and_after(arguments: &[&str], written: &str) -> (String, String) {
    let directory = directory_to_overwrite();
    let before = text(directory.path(), written);
    let output = kmslint(directory.path(), arguments);
    assert!(output.code <= 1, "{output:#?}");
    let after = text(directory.path(), written);
    assert!(after != before && after.len() > 8 << 10, "{arguments:?} must write {written}");
    assert_eq!(names(directory.path()), ["baseline.json", "main.tf", "report.json"], "{arguments:?} must leave no other files behind");
    (before, after)
}

/// The temporary files in a directory, and their sizes.
fn temporary_files(directory: &Path) -> Vec<(String, u64)> {
    let list = fs::read_dir(directory).expect("a directory").filter_map(Result::ok);
    let list = list.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.metadata().ok()?.len())));
    list.filter(|(name, _)| name.starts_with(".kmslint-")).collect()
}

#[test]
fn interrupted_write_changes_nothing() {
    for (arguments, written) in WRITES {
        let (before, after) = contents_before_and_after(arguments, written);
        // A limit on the file size, in blocks of 512 or 1024 bytes, kills the process during the write, or makes the write fail if the
        // signal is ignored.
        let last = (after.len() - 1) / 1024;
        for blocks in [last / 2, 0, 1, last].into_iter().take(4 / local_reduction(4)) {
            let directory = directory_to_overwrite();
            shell_without_limits(directory.path(), &format!("ulimit -f {blocks}; exec \"$KMSLINT\" \"$@\""), arguments);
            assert_eq!(text(directory.path(), written), before, "{arguments:?}, killed after {blocks} blocks");
            // The temporary file of a killed process is not read as configuration and does not affect later runs.
            let left = temporary_files(directory.path());
            assert!(matches!(left.as_slice(), [(_, size)] if *size < after.len() as u64), "{arguments:?}, {blocks} blocks: {left:?}");
            let (_, report) = report(directory.path(), &["--no-config"]);
            assert_eq!(report["keys"].as_array().map(Vec::len), Some(KEY_COUNT), "{arguments:?}: each key must be read once");
            assert!(kmslint(directory.path(), arguments).code <= 1);
            assert_eq!(text(directory.path(), written), after, "{arguments:?}: the next run must write it");
            assert_eq!(temporary_files(directory.path()), left, "{arguments:?}: and leave no other files behind");
            let directory = directory_to_overwrite();
            let output = shell(directory.path(), &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$KMSLINT\" \"$@\""), arguments);
            assert!(output.code == 2 && output.err.contains(written), "{arguments:?}, {blocks} blocks: {output:#?}");
            assert_eq!(text(directory.path(), written), before, "{arguments:?}, failed after {blocks} blocks");
            assert_eq!(
                names(directory.path()),
                ["baseline.json", "main.tf", "report.json"],
                "{arguments:?} must leave no other files behind"
            );
        }
    }
}

#[test]
fn fixes_change_all_files_or_none() {
    let (short, long) = (CONTROL_KEY.replace("control", "a"), many_keys());
    let files = [("a.tf", short.as_str()), ("b.tf", long.as_str())];
    let arguments = ["--no-config", "--fix", "--unsafe-fixes"];
    // The first file is below the limit, the second is not.
    let directory = scratch(&files);
    let output = shell(directory.path(), "trap '' XFSZ; ulimit -f 8; exec \"$KMSLINT\" \"$@\"", &arguments);
    assert!(output.code == 2 && output.err.contains("b.tf") && output.err.contains("no file was changed"), "{output:#?}");
    assert_eq!((text(directory.path(), "a.tf"), text(directory.path(), "b.tf")), (short.clone(), long.clone()));
    assert_eq!(names(directory.path()), ["a.tf", "b.tf"]);
    // If it is killed there, it cannot restore the first file; but each file is complete.
    let directory = scratch(&files);
    shell_without_limits(directory.path(), "ulimit -f 8; exec \"$KMSLINT\" \"$@\"", &arguments);
    assert_eq!(text(directory.path(), "b.tf"), long);
    assert!(text(directory.path(), "a.tf") != short && kmslint(directory.path(), &["--no-config", "a.tf"]).code == 1);
}

/// Kills a run as soon as its temporary file has this size. Returns false if the run ended before.
fn kill_at(directory: &Path, arguments: &[&str], size: u64) -> bool {
    let mut child =
        command(directory).args(with_tested_rules(arguments)).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("kmslint starts");
    loop {
        if temporary_files(directory).iter().any(|(_, length)| *length >= size) {
            child.kill().expect("a child process");
            return child.wait().expect("a child").code().is_none();
        }
        if child.try_wait().expect("a child").is_some() {
            return false;
        }
    }
}

#[test]
fn file_of_a_killed_run_is_the_old_or_the_new_one() {
    for (arguments, written) in WRITES {
        let (before, after) = contents_before_and_after(arguments, written);
        // The temporary file is created but empty; started; complete but not yet renamed.
        for size in [0, 1, after.len() as u64] {
            // The process may write more until the signal arrives; the assertion allows for that.
            for _ in 0..2 / local_reduction(2) {
                let directory = directory_to_overwrite();
                let killed = kill_at(directory.path(), arguments, size);
                let now = text(directory.path(), written);
                assert!(now == after || killed && now == before, "{arguments:?} killed at {size} bytes leaves {} bytes", now.len());
            }
        }
    }
}

#[test]
fn read_only_file_is_not_overwritten() {
    for (arguments, written) in WRITES {
        let directory = directory_to_overwrite();
        let before = text(directory.path(), written);
        assert!(Command::new("chmod").args(["a-w", written]).current_dir(directory.path()).status().expect("chmod").success());
        let output = kmslint(directory.path(), arguments);
        assert!(output.code == 2 && output.err.contains(written) && output.err.contains("permission"), "{arguments:?}: {output:#?}");
        assert_eq!(text(directory.path(), written), before, "{arguments:?}");
        assert_eq!(names(directory.path()), ["baseline.json", "main.tf", "report.json"], "{arguments:?} must leave no other files behind");
    }
}
