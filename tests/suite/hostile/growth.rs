//! Large inputs: many keys, long names, many references to one thing. `.ci/scaling` measures their costs; these tests check the output.

use super::{CONTROL_KEY, check, has_problem, keys, kmslint, mode_with_small_limits, rounds, small_limits};
use crate::harness::{inventory, local_reduction, messages, report as report_of, scan_with_limits, scratch};
use kmslint::base::Claim;
use kmslint::eval::{Limits, TOO_LARGE};
use std::os::unix::fs::symlink;

#[test]
fn cost_of_functions_counts_against_the_budget() {
    let (text, yaml) = ("a".repeat(100_000), "- 1\n".repeat(2_000));
    let files = [("text.txt", text.as_str()), ("list.yaml", yaml.as_str()), ("locals.tf", "locals {\n  number = 1e-70000\n}\n")];
    for expensive in [
        "can(yamldecode(\"${file(\"list.yaml\")}]\"))",
        "sha512(file(\"text.txt\"))",
        "strrev(file(\"text.txt\"))",
        "regexall(\"a{1,100}${n[0]}-${n[1]}\", \"aaaa\")",
        "regexall(\"(a|aa)+b\", file(\"text.txt\"))",
        "tostring(tonumber(\"1p${200000 + n[0]}\"))",
        "\"1e-${70000 + n[0]}\" + 0",
        "\"${local.number}\"",
        "{ (local.number) = 1 }",
        "{ for a in [local.number] : a => a }",
        "try([1][local.number], 0)",
        "fileset(\".\", \"**/${n[0]}${n[1]}*${join(\"\", range(200))}\")",
        "can(file(\"missing${n[0]}/${n[1]}/${join(\"/\", range(200))}\"))",
    ] {
        assert_eq!(mode_with_small_limits(&rounds(expensive), &files), TOO_LARGE, "{expensive}");
    }
}

#[test]
fn cheap_functions_in_loops_stay_known() {
    for cheap in ["can(regex(\"^[0-9]+-\", join(\"-\", n)))", "upper(join(\"-\", n))", "{ (join(\"-\", n)) = 1 }"] {
        assert_eq!(mode_with_small_limits(&rounds(cheap), &[]), "SOFTWARE", "{cheap}");
    }
}

#[test]
fn exploding_module_sources_in_many_directories_are_not_followed() {
    let bomb = "module \"m\" {\n  source = \"./${length([for a in range(1000) : [for b in range(1000) : range(1000)]])}\"\n}\n";
    let files: Vec<(String, String)> = (0..40).map(|at| (format!("r{at}/main.tf"), format!("{bomb}{CONTROL_KEY}"))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let inventory = scan_with_limits(&files, small_limits());
    assert_eq!(inventory.keys.len(), 40, "every key is found: {:?}", messages(&inventory));
    assert_eq!(inventory.modules_not_followed.len(), 40, "{:?}", messages(&inventory));
}

#[test]
fn too_many_keys_with_long_names_are_cut_with_a_problem() {
    let text = format!("resource \"oci_kms_key\" \"k{}\" {{\n  count = 5000\n}}\n", "x".repeat(100_000));
    let inventory = scan_with_limits(&[("main.tf", &text)], Limits::default());
    assert!((100..2000).contains(&inventory.keys.len()), "{}", inventory.keys.len());
    assert!(messages(&inventory).iter().any(|message| message.contains("the rest of `.` was not checked")), "{:?}", messages(&inventory));
}

#[test]
fn too_many_keys_with_many_tags_are_cut_with_a_problem() {
    let text =
        "resource \"oci_kms_key\" \"k\" {\n  count = 2000\n  freeform_tags = { for n in range(200) : n => join(\"\", range(400)) }\n}\n";
    let inventory = scan_with_limits(&[("main.tf", text)], Limits::default());
    assert!((100..1500).contains(&inventory.keys.len()), "{}", inventory.keys.len());
    assert!(inventory.keys.iter().all(|key| key.freeform_tags.len() == 200));
    assert!(messages(&inventory).iter().any(|message| message.contains("the rest of `.` was not checked")), "{:?}", messages(&inventory));
}

#[test]
fn state_with_many_instances_of_a_long_name_is_a_problem() {
    let instances = vec!["{\"attributes\":{}}"; 100].join(",");
    let state = format!(
        "{{\"version\": 4, \"serial\": 1, \"resources\": [{{\"mode\": \"managed\", \"type\": \"oci_kms_key\", \"name\": \"k{}\", \"instances\": [{instances}]}}]}}",
        "x".repeat(1 << 20)
    );
    let directory = scratch(&[("main.tf", CONTROL_KEY), ("long.tfstate", &state)]);
    let (output, report) = check(directory.path(), &[".", "long.tfstate"]);
    assert!(has_problem(&output, &report, &["a name that is too long for its number of instances"]), "{}", output.err);
    assert!(output.out.len() < 100_000, "{} bytes", output.out.len());
}

#[test]
fn versions_are_related_to_a_limited_number_of_entries_of_one_key() {
    let key = |at: usize| {
        format!(
            "{{\"address\": \"oci_kms_key.k{at}\", \"mode\": \"managed\", \"type\": \"oci_kms_key\", \"name\": \"k{at}\", \"values\": {{\"id\": \"ocid1.key\", \"protection_mode\": \"SOFTWARE\"}}}}"
        )
    };
    let version = "{\"address\": \"oci_kms_key_version.v\", \"mode\": \"managed\", \"type\": \"oci_kms_key_version\", \"name\": \"v\", \"values\": {\"key_id\": \"ocid1.key\", \"time_created\": \"2026-01-01T00:00:00Z\"}}";
    let resources = (0..40).map(key).chain([version.to_owned()]).collect::<Vec<_>>().join(",");
    let state = format!("{{\"format_version\": \"1.0\", \"values\": {{\"root_module\": {{\"resources\": [{resources}]}}}}}}");
    let directory = scratch(&[("main.tf", CONTROL_KEY), ("state.json", &state)]);
    let (_, report) = check(directory.path(), &[".", "state.json", "--now", "2026-02-01T00:00:00Z"]);
    let related: Vec<usize> = keys(&report).map(|key| key["key_versions"].as_array().map_or(0, Vec::len)).collect();
    assert_eq!(related.iter().sum::<usize>(), 16, "a few represent all of them");
}

#[test]
fn too_many_imports_into_one_block_make_all_its_keys_unknown() {
    let imports = |count: usize| -> String {
        (0..count).map(|at| format!("import {{\n  to = oci_kms_key.k[{at}]\n  id = \"ocid1.key.{at}\"\n}}\n")).collect()
    };
    let key = "resource \"oci_kms_key\" \"k\" {\n  count = 3\n  protection_mode = \"SOFTWARE\"\n}\n";
    let imported = |count: usize| {
        let inventory = scan_with_limits(&[("main.tf", key), ("imports.tf", &imports(count))], Limits::default());
        inventory.keys.iter().map(|key| key.imported.value().copied()).collect::<Vec<_>>()
    };
    assert_eq!(imported(2), [Some(true), Some(true), None]);
    let inventory = scan_with_limits(&[("main.tf", key), ("imports.tf", &imports(1_001))], Limits::default());
    assert!(inventory.keys.iter().all(|key| key.imported.as_unknown().is_some()));
}

#[test]
fn huge_name_is_not_repeated_for_each_key_that_refers_to_it() {
    let name = "v".repeat((1 << 20) / local_reduction(8));
    let text = format!("variable \"{name}\" {{}}\nresource \"oci_kms_key\" \"k\" {{\n  count = 200\n  protection_mode = var.{name}\n}}\n");
    let directory = scratch(&[("main.tf", &text)]);
    let (json, report) = report_of(directory.path(), &["--no-config"]);
    let others = ["human", "sarif"].map(|format| kmslint(directory.path(), &["--no-config", "--format", format]));
    for output in others.iter().chain([&json]) {
        assert!(output.out.len() + output.err.len() < 4 << 20, "{} bytes", output.out.len());
    }
    assert_eq!(keys(&report).count(), 200, "{}", json.err);
    for key in keys(&report) {
        let why = key["protection_mode"]["why"].as_str().expect("a reason");
        assert!(why.starts_with("variable `vvv") && why.ends_with("` has no value") && why.len() < 4_000, "{} bytes", why.len());
    }
}

#[test]
fn exemptions_with_wildcards_cover_the_matching_keys() {
    let key = |name: &str| format!("resource \"oci_kms_key\" \"{name}\" {{\n  protection_mode = \"HSM\"\n}}\n");
    let main: String = ["pci_a", "pci_b", "dev_a", "dev_b", "x_mid_y", "end"].map(key).concat();
    for (pattern, covered) in [
        ("oci_kms_key.pci_*", vec!["oci_kms_key.pci_a", "oci_kms_key.pci_b"]),
        ("*_a", vec!["oci_kms_key.dev_a", "oci_kms_key.pci_a"]),
        ("*d", vec!["oci_kms_key.end"]),
        ("*_mid_*", vec!["oci_kms_key.x_mid_y"]),
        ("?ci_kms_key.dev_b", vec!["oci_kms_key.dev_b"]),
        ("*.end", vec!["oci_kms_key.end"]),
    ] {
        let config = format!("[[exempt]]\nrules = [\"OCI-KMS-004\"]\naddress = \"{pattern}\"\nreason = \"a test\"\n");
        let directory = scratch(&[("main.tf", &main), ("kmslint.toml", &config)]);
        let (output, report) = report_of(directory.path(), &[]);
        let exempted: std::collections::BTreeSet<&str> = report["exempted"]
            .as_array()
            .expect("exempted")
            .iter()
            .flat_map(|one| one["keys"].as_array().expect("keys"))
            .map(|key| key["address"].as_str().expect("text"))
            .collect();
        assert_eq!(exempted.into_iter().collect::<Vec<_>>(), covered, "{pattern}: {output:#?}");
    }
}

#[test]
fn links_to_one_large_file_are_followed_up_to_a_limit() {
    let comments = format!("# {}\n", "-".repeat(10_000)).repeat(102);
    let (large, values) = (format!("{CONTROL_KEY}{comments}"), format!("mode = \"HSM\"\n{comments}"));
    let repository = scratch(&[("shared/large.tf", large.as_str()), ("shared/values.tfvars", values.as_str())]);
    for at in 10..30 {
        let directory = repository.path().join(format!("d{at}"));
        std::fs::create_dir(&directory).expect("a directory");
        symlink("../shared/large.tf", directory.join("main.tf")).expect("a link");
    }
    for at in 10..20 {
        let directory = repository.path().join(format!("e{at}"));
        std::fs::create_dir(&directory).expect("a directory");
        std::fs::write(directory.join("main.tf"), format!("variable \"mode\" {{}}\n{}", CONTROL_KEY.replace("\"HSM\"", "var.mode")))
            .expect("a file");
        symlink("../shared/values.tfvars", directory.join("terraform.tfvars")).expect("a link");
    }
    let read = || {
        let inventory = inventory(repository.path());
        let modes = inventory.keys.iter().filter(|key| matches!(key.protection_mode.claim, Claim::Known(_))).count();
        (inventory.keys.len(), modes, messages(&inventory).into_iter().map(str::to_owned).collect::<Vec<_>>())
    };
    let (keys, modes, problems) = read();
    let rejected = |start: &str| {
        let rejected = problems.iter().filter(|message| message.contains("symbolic links lead to more than 16 MiB of configuration"));
        rejected.filter(|message| message.contains(start)).count()
    };
    // The first directories in order use up the limit, whichever are read first.
    assert_eq!((keys, modes), (1 + 16 + 10, 1 + 16), "{problems:?}");
    assert_eq!((rejected("`d"), rejected("`e")), (4, 10), "{problems:?}");
    assert_eq!(read(), (keys, modes, problems));
}

#[test]
fn objects_that_a_type_makes_too_large_are_not_built() {
    let reading = |attributes: usize, elements: usize, is_inside: bool| {
        let attributes: String = (0..attributes).map(|at| format!("    a{at} = optional(string)\n")).collect();
        let (ty, list) = (format!("list(object({{\n{attributes}  }}))"), format!("[{}]", "{},".repeat(elements)));
        let (ty, default, part) = match is_inside {
            false => (ty, list, ""),
            true => (format!("object({{ list = optional({ty}, {list}) }})"), "{}".to_owned(), ".list"),
        };
        let text = format!(
            "variable \"v\" {{\n  type = {ty}\n  default = {default}\n}}\nresource \"oci_kms_key\" \"k\" {{\n  protection_mode = length(var.v{part}) == 1 ? \"HSM\" : \"SOFTWARE\"\n}}\n"
        );
        let (_, report) = check(scratch(&[("main.tf", CONTROL_KEY), ("k.tf", &text)]).path(), &[]);
        let key = keys(&report).find(|key| key["address"] == "oci_kms_key.k").expect("the key").clone();
        key["protection_mode"]["claim"].as_str().expect("a claim").to_owned()
    };
    // Each object has all attributes of its type, so these would need gigabytes, more than the run may use.
    for is_inside in [false, true] {
        assert_eq!(reading(300, 300, is_inside), "known");
        assert_eq!(reading(12_000, 12_000, is_inside), "unknown");
    }
}
