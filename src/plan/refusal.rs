//! Files that users mistake for plans or states: what each of them is, and what to pass instead.

/// Why a file that was recognized cannot be checked, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnsupportedDocument {
    /// What it is, as a clause: "this is a binary plan file".
    pub what: &'static str,
    /// What to do, as one sentence without a period.
    pub help: &'static str,
}

impl UnsupportedDocument {
    /// Whether the file is empty.
    #[must_use]
    pub fn is_empty_file(&self) -> bool {
        *self == EMPTY
    }
}

pub(super) const BINARY: UnsupportedDocument = UnsupportedDocument {
    what: "this is a binary plan file, which only the Terraform that created it can read",
    help: "Run `terraform show -json FILE > plan.json` (or `tofu show -json`) where the plan was created, and pass that file to kmslint",
};

pub(super) const STACK: UnsupportedDocument = UnsupportedDocument {
    what: "this is a zip archive of configuration, for example a Resource Manager stack",
    help: "Unpack it and pass the directory to kmslint",
};

pub(super) const ARCHIVE: UnsupportedDocument = UnsupportedDocument {
    what: "this is an archive, not a plan or a state",
    help: "Unpack it and pass the JSON in it; for a plan file, pass the output of `terraform show -json FILE`",
};

pub(super) const COMPRESSED: UnsupportedDocument = UnsupportedDocument {
    what: "this file is compressed in a format that kmslint does not read (it reads gzip)",
    help: "Unpack it (`unxz`, `zstd -d`, `bunzip2`) and pass the JSON to kmslint",
};

pub(super) const STREAM: UnsupportedDocument = UnsupportedDocument {
    what: "this is the message stream of `terraform plan -json`, which does not contain the planned values",
    help: "Run `terraform plan -out=plan.bin`, then `terraform show -json plan.bin > plan.json`, and pass that file to kmslint",
};

pub(super) const TEXT: UnsupportedDocument = UnsupportedDocument {
    what: "this is the text that Terraform prints for people, not JSON",
    help: "Run `terraform plan -out=plan.bin`, then `terraform show -json plan.bin > plan.json`, and pass that file to kmslint",
};

pub(super) const MESSAGE: UnsupportedDocument = UnsupportedDocument {
    what: "this is an error message, not JSON: the command that should have written the plan or state failed",
    help: "Fix the error, run `terraform show -json plan.bin > plan.json` again, and pass that file to kmslint",
};

pub(super) const EMPTY: UnsupportedDocument = UnsupportedDocument {
    what: "this file is empty",
    help: "The command that should have written it probably failed; run `terraform show -json plan.bin > plan.json` again",
};

pub(super) const WRAPPED: UnsupportedDocument = UnsupportedDocument {
    what: "the first line is a `[command]` line of the setup-terraform action's wrapper, so this is not JSON",
    help: "Set `terraform_wrapper: false` in the `hashicorp/setup-terraform` step, or remove the lines around the JSON",
};

pub(super) const PREFIXED: UnsupportedDocument = UnsupportedDocument {
    what: "there is other text before the JSON",
    help: "Keep only the JSON: write standard output of `terraform show -json plan.bin` to a file, without standard error and without a wrapper",
};

pub(super) const COLORED: UnsupportedDocument = UnsupportedDocument {
    what: "this JSON is mixed with color codes for terminals",
    help: "Write it without colors: `jq -M`, `NO_COLOR=1`, or `terraform show -json plan.bin > plan.json`",
};

pub(super) const QUOTED: UnsupportedDocument = UnsupportedDocument {
    what: "this is a JSON string that contains the plan or state as text",
    help: "Unquote it (`jq -r . FILE > plan.json`, `fromJSON` in a workflow), and pass that file to kmslint",
};

pub(super) const SEVERAL: UnsupportedDocument = UnsupportedDocument {
    what: "this is a JSON array of plans or states",
    help: "Pass one file for each plan, for example `jq -c '.[0]' FILE > plan.json`",
};

pub(super) const CONCATENATED: UnsupportedDocument = UnsupportedDocument {
    what: "another JSON document follows the first one",
    help: "Pass one file for each plan, for example `jq -s '.[0]' FILE > plan.json`",
};

pub(super) const PART: UnsupportedDocument = UnsupportedDocument {
    what: "this is a part of a plan or a state: keys and values are missing",
    help: "Pass the complete output of `terraform show -json`, without a `jq` filter",
};

pub(super) const CUT: UnsupportedDocument = UnsupportedDocument {
    what: "this plan was cut down: it does not contain the changes of the resources that it plans",
    help: "Pass the complete output of `terraform show -json PLANFILE`, without a `jq` filter",
};

pub(super) const REMOTE: UnsupportedDocument = UnsupportedDocument {
    what: "this is a saved plan of HCP Terraform: it only names the run and does not contain the plan",
    help: "Run `terraform show -json FILE > plan.json` in the directory where the plan was created, logged in to HCP Terraform, and pass that file to kmslint",
};

pub(super) const REDACTED: UnsupportedDocument = UnsupportedDocument {
    what: "this is a redacted plan of HCP Terraform, in which values are omitted",
    help: "Download the complete plan (`/api/v2/plans/PLAN_ID/json-output`), or run `terraform show -json PLANFILE`, and pass that file to kmslint",
};

pub(super) const API: UnsupportedDocument = UnsupportedDocument {
    what: "this is a response of the HCP Terraform API about a plan, run or state, not the document itself",
    help: "Download the plan (`/api/v2/plans/PLAN_ID/json-output`) or the state (`hosted-state-download-url`), and pass that file to kmslint",
};

pub(super) const ENCRYPTED: UnsupportedDocument = UnsupportedDocument {
    what: "this state or plan is encrypted by OpenTofu",
    help: "Run `tofu show -json > state.json` with the encryption configuration, and pass that file to kmslint",
};

pub(super) const OLD_STATE: UnsupportedDocument = UnsupportedDocument {
    what: "this is a state of Terraform 0.11 or older",
    help: "Let a newer Terraform upgrade it, or run `terraform state pull` with one and pass its output to kmslint",
};

pub(super) const BACKEND: UnsupportedDocument = UnsupportedDocument {
    what: "this file only records which backend is in use; the state is in the backend",
    help: "Run `terraform state pull > state.json` and pass that file to kmslint",
};

pub(super) const OTHER: UnsupportedDocument = UnsupportedDocument {
    what: "not a Terraform or OpenTofu plan or state",
    help: "Pass the output of `terraform show -json`, or a state of version 4",
};
