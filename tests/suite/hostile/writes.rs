//! Writes are complete or did not happen: killed at any step, on a full disk, into a read-only folder, into a closed pipe.

use super::{HONEST, kmslint, shell, unguarded};
use crate::harness::scratch;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Many keys, so that what is written is much.
fn many() -> String {
    (0..300).map(|n| HONEST.replace("honest", &format!("k{n}"))).collect()
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut list: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    list.sort();
    list
}

#[test]
fn a_reader_that_goes_away_is_no_trouble() {
    let folder = scratch(&[("main.tf", &many())]);
    for format in ["human", "short", "json", "sarif", "junit"] {
        let said = shell(folder.path(), "{ \"$KMSLINT\" --no-config --format \"$1\"; echo \"code $?\" >&2; } | head -c 10", &[format]);
        assert!(said.err.contains("code 1"), "{format}: {said:#?}");
        assert!(!said.err.contains("pipe"), "{format}: {said:#?}");
    }
    let said = shell(folder.path(), "{ \"$KMSLINT\" explain OCI-KMS-001; echo \"code $?\" >&2; } | true", &[]);
    assert!(said.err.contains("code 0"), "{said:#?}");
    let said = shell(folder.path(), "\"$KMSLINT\" --no-config --format short >&-; echo \"code $?\" >&2", &[]);
    assert!(said.err.contains("code "), "{said:#?}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told() {
    let folder = scratch(&[("main.tf", &many())]);
    for format in ["human", "short", "json", "sarif", "gitlab"] {
        let said = kmslint(folder.path(), &["--no-config", "--format", &format!("{format}=/dev/full")]);
        assert!(said.code == 2 && said.err.contains("/dev/full") && said.err.contains("space"), "{format}: {said:#?}");
        let said = shell(folder.path(), "exec \"$KMSLINT\" --no-config --format \"$1\" >/dev/full", &[format]);
        assert!(said.code == 2 && said.err.contains("space"), "{format}: {said:#?}");
    }
    // Standard error being full keeps nobody from the report.
    let said = shell(folder.path(), "exec \"$KMSLINT\" --no-config --format short 2>/dev/full", &[]);
    assert!(said.code == 1 && said.out.contains("OCI-KMS-004"), "{said:#?}");
}

#[test]
fn a_place_that_cannot_be_written_is_told() {
    let folder = scratch(&[("main.tf", HONEST)]);
    for arguments in [
        vec!["--format", "json=no/such/folder/x.json"],
        vec!["--format", "json=main.tf/x.json"],
        vec!["--write-baseline", "no/such/folder/x.json"],
        vec!["--write-baseline", "main.tf/x.json"],
        vec!["--format", "sarif=."],
    ] {
        let said = kmslint(folder.path(), &[&["--no-config"], arguments.as_slice()].concat());
        let path = arguments[1].rsplit('=').next().expect("a path");
        assert!(said.code == 2 && said.err.contains(path), "{arguments:?}: {said:#?}");
    }
    assert_eq!(names(folder.path()), ["main.tf"]);
    // Nothing is closed to root, so root becomes somebody else.
    let script = "chmod -R a+rX,go-w .; if [ \"$(id -u)\" = 0 ]; then cp \"$KMSLINT\" ./kmslint; set -- setpriv --reuid 65534 --regid 65534 --clear-groups ./kmslint \"$@\"; else chmod a-w .; set -- \"$KMSLINT\" \"$@\"; fi; exec \"$@\"";
    for arguments in [
        ["--no-config", "--fix", "--unsafe-fixes"].as_slice(),
        &["--no-config", "--format", "json=report.json"],
        &["--no-config", "--write-baseline", "baseline.json"],
    ] {
        let said = shell(folder.path(), script, arguments);
        shell(folder.path(), "chmod u+w .", &[]);
        assert!(said.code == 2, "{arguments:?}: {said:#?}");
        assert_eq!(fs::read_to_string(folder.path().join("main.tf")).expect("it is there"), HONEST);
        assert!(
            names(folder.path()).iter().all(|name| name == "main.tf" || name == "kmslint"),
            "{arguments:?}: {:?}",
            names(folder.path())
        );
    }
}

/// What `--fix`, `--write-baseline` and a report make of the folder when nothing disturbs them.
fn undisturbed(files: &[(&str, &str)], arguments: &[&str], written: &str) -> String {
    let folder = scratch(files);
    let said = kmslint(folder.path(), arguments);
    assert!(said.code <= 1, "{said:#?}");
    fs::read_to_string(folder.path().join(written)).expect("it is written")
}

#[test]
fn what_is_written_is_whole_or_not_there() {
    let old = many();
    let files = [("main.tf", old.as_str()), ("report.json", "old"), ("baseline.json", "{}")];
    for (arguments, written) in [
        (vec!["--no-config", "--fix", "--unsafe-fixes"], "main.tf"),
        (vec!["--no-config", "--format", "json=report.json"], "report.json"),
        (vec!["--no-config", "--write-baseline", "baseline.json"], "baseline.json"),
    ] {
        let before = files.iter().find(|(name, _)| *name == written).expect("it is among the files").1;
        let after = undisturbed(&files, &arguments, written);
        assert!(after != before, "{arguments:?} writes {written}");

        // A limit on the size of files ends the process in the midst of the first write, or fails the write where the signal is ignored.
        for blocks in [0, 1, 8] {
            let folder = scratch(&files);
            unguarded(folder.path(), &format!("ulimit -f {blocks}; exec \"$KMSLINT\" \"$@\""), &arguments);
            assert_eq!(
                fs::read_to_string(folder.path().join(written)).expect("it is there"),
                before,
                "{arguments:?}, killed after {blocks} blocks"
            );
            let folder = scratch(&files);
            let said = shell(folder.path(), &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$KMSLINT\" \"$@\""), &arguments);
            assert!(said.code == 2 && said.err.contains(written), "{arguments:?}, {blocks} blocks: {said:#?}");
            assert_eq!(
                fs::read_to_string(folder.path().join(written)).expect("it is there"),
                before,
                "{arguments:?}, failed after {blocks} blocks"
            );
            assert_eq!(names(folder.path()), ["baseline.json", "main.tf", "report.json"], "{arguments:?} leaves nothing behind");
        }

        // Killed after ever longer: whichever step that hits, the file is one or the other.
        let mut delay = Duration::ZERO;
        for _ in 0..40 {
            let folder = scratch(&files);
            let mut child = Command::new(env!("CARGO_BIN_EXE_kmslint"))
                .args(&arguments)
                .current_dir(folder.path())
                .env_clear()
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("kmslint starts");
            let begun = std::time::Instant::now();
            while begun.elapsed() < delay && child.try_wait().expect("a child").is_none() {
                std::hint::spin_loop();
            }
            let _ = child.kill();
            child.wait().expect("a child");
            let now = fs::read_to_string(folder.path().join(written)).expect("it is there");
            assert!(now == before || now == after, "{arguments:?} killed after {delay:?} leaves a part");
            delay = delay * 5 / 4 + Duration::from_micros(200);
        }
    }
}
