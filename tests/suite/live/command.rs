//! `kmslint live` from the command line: exit codes, reports, saved inventories, drift.

use super::server::{Behavior, FINGERPRINT, Fault, Faults, KEY_PEM, Server, TENANCY, USER};
use super::tenancy::{A, B, C, FRA, IAD, KEYS, PRIVATE, SmallTenancy, ocid};
use super::trial::healthy;
use crate::harness::{Output, command, output_of, with_tested_rules};
use jiff::Timestamp;
use kmslint::report::Format;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};

fn serve(faults: Faults) -> Server {
    Server::start(SmallTenancy::at(Timestamp::now()), Behavior { faults, ..Behavior::default() })
}

fn live(server: &Server, directory: &Path, arguments: &[&str]) -> Output {
    output_of(&mut live_command(server, directory, arguments))
}

fn live_command(server: &Server, directory: &Path, arguments: &[&str]) -> Command {
    let mut command = regional_command(server, directory, &["--all-regions"]);
    command.args(arguments);
    command
}

/// The command for an audit of the regions in the arguments.
fn regional_command(server: &Server, directory: &Path, arguments: &[&str]) -> Command {
    let mut command = command(directory);
    command
        .env("OCI_CLI_USER", USER)
        .env("OCI_CLI_TENANCY", TENANCY)
        .env("OCI_CLI_FINGERPRINT", FINGERPRINT.trim())
        .env("OCI_CLI_KEY_CONTENT", KEY_PEM)
        .env("OCI_CLI_REGION", FRA)
        .args(with_tested_rules(&["live", "--rps", "10000", "--endpoint", &server.endpoint()]))
        .args(arguments);
    command
}

fn json_of(output: &Output) -> Value {
    serde_json::from_str(&output.out).unwrap_or_else(|error| panic!("{error}\n{}\n{}", output.out, output.err))
}

/// Rule, kind and the key's name of every violation.
fn violations(report: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["verdict"] == "violation");
    let mut list: Vec<_> = findings
        .flat_map(|finding| {
            let addresses = finding["addresses"].as_array().unwrap();
            addresses.iter().map(|address| {
                let name = text(address).rsplit('.').next().unwrap_or_default().to_owned();
                (text(&finding["rule"]), text(&finding["kind"]), name)
            })
        })
        .collect();
    list.sort();
    list
}

#[test]
fn live_keys_are_checked_by_the_same_two_rules() {
    let directory = tempfile::tempdir().unwrap();
    let server = serve(healthy());
    let output = live(&server, directory.path(), &["--format", "json", "--verbose"]);
    assert_eq!(output.code, 1, "{}", output.err);
    let report = json_of(&output);
    assert_eq!(report["keys"].as_array().unwrap().len(), KEYS.len());
    assert!(report["keys"].as_array().unwrap().iter().all(|key| key["input"] == "live"));
    let expected = [
        ("OCI-KMS-001", "rotation-failed", "failed"),
        ("OCI-KMS-001", "too-old", "odd"),
        ("OCI-KMS-001", "too-old", "stale"),
        ("OCI-KMS-004", "hsm", "scheduled"),
        ("OCI-KMS-004", "hsm", "stale"),
    ];
    let found = violations(&report);
    let found: Vec<_> = found.iter().map(|(rule, kind, name)| (rule.as_str(), kind.as_str(), name.as_str())).collect();
    assert_eq!(found, expected);
    assert!(output.err.contains("35 requests"), "{}", output.err);
    // An unknown protection mode is undetermined: the service may add modes that this version does not know.
    let odd = report["findings"].as_array().unwrap().iter().find(|finding| {
        finding["rule"] == "OCI-KMS-004" && finding["verdict"] == "undetermined" && finding.to_string().contains("fra.odd")
    });
    assert!(odd.unwrap()["message"].as_str().unwrap().contains("kmslint does not know the protection mode `QUANTUM` of the service"));
    assert!(output.err.contains("keys in HSM clusters of Dedicated KMS are not audited"), "{}", output.err);
    assert!(
        output.err.contains("note: 46 HSM key versions in 2 vaults; SOFTWARE keys in place of those reported would save "),
        "{}",
        output.err
    );
    assert!(output.err.contains("  ocid1.vault.oc1.fra.private in eu-frankfurt-1: 23 HSM key versions, "), "{}", output.err);
    assert_eq!(*server.rejected.lock().unwrap(), [] as [&str; 0]);
}

#[test]
fn hsm_key_versions_are_counted_by_vault_in_json_markdown_and_html() {
    let directory = tempfile::tempdir().unwrap();
    let server = serve(healthy());
    let mut arguments = vec!["--save", "evidence.json"];
    arguments.extend(["--format", "json", "--format", "markdown=report.md", "--format", "html=report.html"]);
    let output = live(&server, directory.path(), &arguments);
    let text = |name: &str| std::fs::read_to_string(directory.path().join(name)).unwrap();
    let vaults = json_of(&output)["hsm_vaults"].clone();
    let expected = |vault: &str, versions: usize| {
        let ocid = format!("ocid1.vault.oc1.fra.{vault}");
        json!({"vault": ocid, "region": FRA, "hsm_key_versions": 23, "reported_keys": 1, "reported_key_versions": versions})
    };
    assert_eq!(vaults, json!([expected("private", 2), expected("virtual", 1)]), "{}", output.err);
    let sentence = "46 HSM key versions in 2 vaults; SOFTWARE keys in place of those reported would save 3";
    for (name, cell) in [
        ("report.md", "| `ocid1.vault.oc1.fra.private` | `eu-frankfurt-1` | 23 | 2 in 1 key |"),
        (
            "report.html",
            "<code>ocid1.vault.oc1.fra.private</code></div></td><td>eu-frankfurt-1</td><td class=\"number\">23</td><td>2 in 1 key</td>",
        ),
    ] {
        assert!(text(name).contains(sentence) && text(name).contains(cell), "{name}: {}", text(name));
    }
    // Checking the saved inventory has the same result.
    let again = crate::harness::kmslint(directory.path(), &["check", "evidence.json", "--format", "json"]);
    assert!(output.err.contains(sentence) && again.err.contains(sentence), "{}\n{}", output.err, again.err);
    assert_eq!(json_of(&again)["hsm_vaults"], vaults);
}

#[test]
fn saved_inventory_has_the_same_findings() {
    let directory = tempfile::tempdir().unwrap();
    let server = serve(healthy());
    let now = Timestamp::now().to_string();
    let first = live(&server, directory.path(), &["--format", "json", "--save", "evidence.json", "--now", &now]);
    let again = crate::harness::kmslint(directory.path(), &["check", "evidence.json", "--format", "json", "--now", &now]);
    assert_eq!((first.code, again.code), (1, 1), "{}\n{}", first.err, again.err);
    let (first, again) = (json_of(&first), json_of(&again));
    assert_eq!(first["findings"], again["findings"]);
    assert_eq!(first["keys"], again["keys"]);
    assert!(!violations(&first).is_empty());
}

#[test]
fn denied_compartment_is_exit_code_2_and_other_keys_are_still_checked() {
    let directory = tempfile::tempdir().unwrap();
    let denied = Fault::Status(404, "NotAuthorizedOrNotFound");
    let server = serve(Box::new(move |call, _| (call.path.ends_with("/keys") && call.get("compartmentId") == C).then_some(denied)));
    let output = live(&server, directory.path(), &["--format", "json"]);
    assert_eq!(output.code, 2, "{}", output.err);
    assert!(output.err.contains(&format!("not audited: compartment {C} in {FRA}")), "{}", output.err);
    assert!(output.err.contains(&format!("Allow group GROUP to inspect keys in compartment id {C}")), "{}", output.err);
    let report = json_of(&output);
    assert_eq!(report["not_audited"].as_array().unwrap().len(), 3);
    assert_eq!(report["keys"].as_array().unwrap().len(), KEYS.len() - 3);
}

#[test]
fn reports_name_live_keys_and_do_not_mention_files() {
    let directory = tempfile::tempdir().unwrap();
    let server = serve(healthy());
    let stale = ocid("stale");
    for (format, expected) in [
        ("human", format!("warning[OCI-KMS-004]: `stale` ({stale}): ")),
        ("short", format!("{stale}: warning OCI-KMS-004 stale ({stale}): ")),
        ("markdown", format!("| warning | OCI-KMS-004 | `stale ({stale})` |")),
    ] {
        let output = live(&server, directory.path(), &["--format", format]);
        assert!(output.out.contains(&expected), "{expected}\n{}", output.out);
        assert!(!output.out.contains("files") && !output.err.contains("files"), "{}{}", output.out, output.err);
    }
}

#[test]
fn help_for_a_replica_without_its_primary_refers_to_the_primary_key() {
    let directory = tempfile::tempdir().unwrap();
    let server = serve(healthy());
    let audit = |format: &str| output_of(&mut regional_command(&server, directory.path(), &["--region", IAD, "--format", format]));
    let json = audit("json");
    assert_eq!(json.code, 1, "{}", json.err);
    let report = json_of(&json);
    let expected = [("OCI-KMS-001", "rotation-failed", "failed"), ("OCI-KMS-004", "hsm", "scheduled")];
    let found = violations(&report);
    assert_eq!(found.iter().map(|(rule, kind, name)| (&**rule, &**kind, &**name)).collect::<Vec<_>>(), expected);
    let help = |rule: &str| {
        let mut findings = report["findings"].as_array().unwrap().iter();
        findings.find(|finding| finding["rule"] == rule && finding["verdict"] == "violation").unwrap()["help"].as_str().unwrap()
    };
    let rotate = "This key is a replica: rotate the primary key, in the region of its vault, and the replica follows.";
    assert_eq!(help("OCI-KMS-001"), rotate);
    assert!(help("OCI-KMS-004").starts_with("This key is a replica, which has the mode of its primary key"), "{}", help("OCI-KMS-004"));
    // A replica cannot be changed, so no report has a command for it. SARIF is excluded: it contains the documents of the rules.
    for format in Format::ALL.iter().filter(|format| format.name != "sarif") {
        let out = audit(format.name).out;
        assert!(!out.contains("oci kms") && !out.contains("Rotate it"), "{}: {out}", format.name);
    }
    assert_eq!(*server.rejected.lock().unwrap(), [] as [&str; 0]);
}

#[test]
fn drift_between_code_and_service_is_reported() {
    let directory = tempfile::tempdir().unwrap();
    let key = |name: &str, attributes: Value| {
        let mut all = json!({"id": ocid(name), "display_name": name, "compartment_id": A, "vault_id": PRIVATE, "state": "ENABLED",
            "time_created": "2023-05-24 10:25:53.87 +0000 UTC"});
        all.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
        json!({"mode": "managed", "type": "oci_kms_key", "name": name, "provider": "provider[\"registry.terraform.io/oracle/oci\"]",
            "instances": [{"schema_version": 0, "attributes": all}]})
    };
    let state = json!({"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "x", "outputs": {}, "resources": [
        key("scheduled", json!({"protection_mode": "HSM", "is_auto_rotation_enabled": true,
            "auto_key_rotation_details": [{"rotation_interval_in_days": 60}]})),
        key("gone", json!({"protection_mode": "SOFTWARE"})),
    ]});
    std::fs::write(directory.path().join("terraform.tfstate"), state.to_string()).unwrap();
    let server = serve(healthy());
    let output = live(&server, directory.path(), &["--format", "json", "--against", "terraform.tfstate"]);
    assert_eq!(output.code, 1, "{}", output.err);
    let report = json_of(&output);
    let mut drift: Vec<(String, String)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["rule"] == "OCI-KMS-DRIFT")
        .map(|finding| (finding["kind"].as_str().unwrap().to_owned(), finding["message"].as_str().unwrap().to_owned()))
        .collect();
    drift.sort();
    let kinds: Vec<&str> = drift.iter().map(|(kind, _)| kind.as_str()).collect();
    assert!(kinds.contains(&"changed") && kinds.contains(&"missing") && kinds.contains(&"unmanaged"), "{drift:?}");
    assert!(
        drift.iter().any(|(_, message)| message.contains("`rotation_interval_in_days` is `60` in the code and `90` in the service")),
        "{drift:?}"
    );
    // SARIF describes the drift rule.
    let log = json_of(&live(&server, directory.path(), &["--format", "sarif", "--against", "terraform.tfstate"]));
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let reported = run["results"].as_array().unwrap().iter().filter(|result| result["ruleId"] == "OCI-KMS-DRIFT").count();
    assert_eq!(reported, drift.len());
    let rule = rules.iter().find(|rule| rule["id"] == "OCI-KMS-DRIFT").expect("SARIF describes the drift rule");
    assert!(rule["help"]["text"].as_str().unwrap().contains("apply the code"), "{rule:#}");
}

#[test]
fn several_roots_are_compared_with_their_own_inputs() {
    let tree = tempfile::tempdir().unwrap();
    let root = |directory: &str, name: &str| {
        let code = format!(
            "variable \"mode\" {{}}\nresource \"oci_kms_key\" \"k\" {{\n  compartment_id = \"{}\"\n  display_name = \"{name}\"\n  \
             management_endpoint = \"https://x-management.kms.eu-frankfurt-1.oraclecloud.com\"\n  protection_mode = var.mode\n  \
             key_shape {{\n    algorithm = \"AES\"\n    length = 32\n  }}\n}}\n",
            if name == "stale" { B } else { A }
        );
        std::fs::create_dir_all(tree.path().join(directory)).unwrap();
        std::fs::write(tree.path().join(directory).join("main.tf"), code).unwrap();
    };
    root("net", "scheduled");
    root("app", "stale");
    std::fs::write(tree.path().join("app/prod.tfvars"), "mode = \"SOFTWARE\"\n").unwrap();
    std::fs::write(tree.path().join("net/terraform.tfvars"), "mode = \"SOFTWARE\"\n").unwrap();
    let server = serve(healthy());
    let output = live(&server, tree.path(), &["--format", "json", "--against", "net", "app", "app/prod.tfvars"]);
    assert_eq!(output.code, 1, "{}", output.err);
    let report = json_of(&output);
    let drift = |name: &str| {
        report["findings"].as_array().unwrap().iter().any(|finding| {
            finding["kind"] == "changed"
                && finding["message"].as_str().unwrap().contains("`protection_mode` is `SOFTWARE` in the code and `HSM` in the service")
                && finding.to_string().contains(name)
        })
    };
    assert!(drift("net") && drift("app"), "{:#}", report["findings"]);
}

#[test]
fn print_policy_needs_no_call() {
    let directory = tempfile::tempdir().unwrap();
    let output = crate::harness::kmslint(directory.path(), &["live", "--print-policy"]);
    assert_eq!(output.code, 0);
    assert_eq!(output.out.lines().count(), 4);
    assert!(output.out.contains("Allow group GROUP to read keys in tenancy\n"));
}

#[test]
fn missing_credentials_are_exit_code_2() {
    let directory = tempfile::tempdir().unwrap();
    let output = crate::harness::kmslint(directory.path(), &["live"]);
    assert_eq!(output.code, 2);
    assert!(output.err.contains("there are no credentials"), "{}", output.err);
}

/// Runs `kmslint live` against a server that stalls one call, and sends signals while it waits.
#[cfg(unix)]
fn interrupt_with_signal(directory: &Path, signal: &str, times: usize) -> (Output, Server) {
    let (sender, receiver) = std::sync::mpsc::channel();
    let sender = std::sync::Mutex::new(sender);
    let stalled: Faults = Box::new(move |call, before| {
        let is_stalled_call = before == 0 && call.path.ends_with("/keys") && call.service == PRIVATE && call.get("compartmentId") == C;
        is_stalled_call.then(|| {
            sender.lock().unwrap().send(()).unwrap();
            Fault::Stall
        })
    });
    let server = serve(stalled);
    let mut command = live_command(&server, directory, &["--format", "json", "--save", "evidence.json"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    receiver.recv().unwrap();
    for _ in 0..times {
        assert!(Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap().success());
    }
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (Output { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }, server)
}

#[cfg(unix)]
#[test]
fn signal_ends_the_audit_with_a_report_and_a_resumable_inventory() {
    for signal in ["INT", "TERM"] {
        let directory = tempfile::tempdir().unwrap();
        let (first, server) = interrupt_with_signal(directory.path(), signal, 1);
        assert_eq!(first.code, 2, "{}", first.err);
        assert!(first.err.contains("the audit was interrupted"), "{}", first.err);
        assert!(first.err.contains("Continue with `--resume` and the saved inventory"), "{}", first.err);
        assert!(first.err.contains("not audited: "), "{}", first.err);
        let keys = json_of(&first)["keys"].as_array().unwrap().len();
        assert!(keys < KEYS.len());
        // Checking the saved inventory has the same result, and is as incomplete.
        let again = crate::harness::kmslint(directory.path(), &["check", "evidence.json", "--format", "json"]);
        assert_eq!((again.code, json_of(&again)["keys"].as_array().unwrap().len()), (2, keys), "{}", again.err);
        let before = server.calls();
        let second = live(&server, directory.path(), &["--format", "json", "--resume", "evidence.json"]);
        assert_eq!(second.code, 1, "{}", second.err);
        assert_eq!(json_of(&second)["keys"].as_array().unwrap().len(), KEYS.len());
        assert!(server.calls() - before < 40, "the resumed audit does not read the same objects again");
        let complete = crate::harness::kmslint(directory.path(), &["check", "evidence.json", "--format", "json"]);
        assert_eq!((complete.code, &json_of(&complete)["findings"]), (1, &json_of(&second)["findings"]), "{}", complete.err);
    }
}

#[test]
fn invalid_save_resume_and_time_options_are_errors_before_any_call() {
    let directory = tempfile::tempdir().unwrap();
    let server = serve(healthy());
    std::fs::write(directory.path().join("junk.json"), "{}").unwrap();
    for (arguments, words) in [
        (["--save", "nosuch/evidence.json"], "cannot save the inventory to"),
        (["--resume", "nosuch.json"], "cannot resume `nosuch.json`: no such file or directory"),
        (["--resume", "junk.json"], "cannot resume `junk.json`: it is not an inventory of `kmslint live --save`"),
        (["--deadline", "0"], "expected a duration such as `90s`, `15m` or `2h`"),
        (["--timeout", "soon"], "expected a duration such as `90s`, `15m` or `2h`"),
    ] {
        let output = live(&server, directory.path(), &arguments);
        assert_eq!(output.code, 2);
        assert!(output.err.contains(words), "{words}: {}", output.err);
    }
    assert_eq!(server.calls(), 0);
}

#[test]
fn invalid_regions_and_compartments_are_reported_before_missing_credentials() {
    let directory = tempfile::tempdir().unwrap();
    for (arguments, words) in [
        (["--region", "eu frankfurt"], "`eu frankfurt` is not the name of a region"),
        (["--compartment", "prod"], "`--compartment prod` is not a compartment's OCID"),
        (["--compartment", "ocid1.compartment.oc1"], "`--compartment ocid1.compartment.oc1` is not a compartment's OCID"),
    ] {
        let output = crate::harness::kmslint(directory.path(), &[&["live"], &arguments[..]].concat());
        assert_eq!(output.code, 2);
        assert!(output.err.contains(words) && !output.err.contains("credentials"), "{}", output.err);
    }
}

#[test]
fn first_retry_is_reported_while_the_audit_runs() {
    let directory = tempfile::tempdir().unwrap();
    let once: Faults =
        Box::new(|call, before| (call.path.ends_with("/compartments") && before == 0).then_some(Fault::RetryAfter(503, "0")));
    let server = serve(once);
    let output = live(&server, directory.path(), &["--format", "json"]);
    assert_eq!(output.code, 1, "{}", output.err);
    assert!(output.err.starts_with("warning: the service answered 503 TooManyRequests"), "{}", output.err);
    assert!(
        output.err.contains("trying again in 1 s (attempt 2 of 8)\n  = help: See https://ocistatus.oraclecloud.com if this persists.\n"),
        "{}",
        output.err
    );
}

#[test]
fn gaps_with_the_same_reason_are_listed_together() {
    let directory = tempfile::tempdir().unwrap();
    let server = serve(Box::new(|call, _| call.path.contains("/keys/").then_some(Fault::Html)));
    let output = live(&server, directory.path(), &["--format", "json", "--save", "evidence.json"]);
    assert_eq!(output.code, 2);
    let lines: Vec<&str> = output.err.lines().filter(|line| line.starts_with("not audited: ")).collect();
    assert!(
        lines.iter().any(|line| line.contains("not audited: 8 keys ") && line.contains(" and 5 more in eu-frankfurt-1: ")),
        "{lines:#?}"
    );
    assert_eq!(json_of(&output)["not_audited"].as_array().unwrap().len(), 18);
}
