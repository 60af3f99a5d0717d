#!/usr/bin/env python3
"""Compares kmslint with Oracle's Python SDK: both list the same tenancy from the test server, with the same credentials.

The server verifies every signature; requests signed by another user are rejected for both. Needs cargo, and PyPI for the package
`oci`, which is installed in a separate directory ($SDK_ENV, or oci-sdk in the user's cache); `--install` only installs it.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest.mock
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
VECTORS = ROOT / "testdata" / "live" / "vectors"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
SDK = pathlib.Path(os.environ.get("SDK_ENV") or CACHE / "oci-sdk")
TENANCY, USER = "ocid1.tenancy.oc1..aaaatenancy", "ocid1.user.oc1..aaaauser"
HOME_REGION = "eu-frankfurt-1"


def in_sdk():
    """Installs the SDK if needed, and runs this file again with its interpreter."""
    python = SDK / "bin" / "python"
    if pathlib.Path(sys.prefix).resolve() == SDK.resolve():
        return
    if not python.exists():
        venv.create(SDK, with_pip=True)
    if subprocess.run([python, "-c", "import oci"], stderr=subprocess.DEVNULL).returncode:
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "oci"], check=True)
    os.execv(python, [str(python), *sys.argv])


# The executables, by target name.
BUILT = {}


def build():
    """Builds kmslint and its test server, with the profile in `KMSLINT_CI_PROFILE` or the test profile."""
    command = ["cargo", "test", "--locked", "--quiet", "--no-run", "--test", "suite", "--message-format", "json"]
    command += ["--profile", os.environ.get("KMSLINT_CI_PROFILE", "test")]
    lines = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    made = [message for message in map(json.loads, lines) if message.get("executable")]
    BUILT.update({message["target"]["name"]: message["executable"] for message in made})
    assert BUILT.keys() >= {"kmslint", "suite"}, BUILT


def config(user=USER):
    return {
        "user": user,
        "tenancy": TENANCY,
        "fingerprint": (VECTORS / "fingerprint.txt").read_text().strip(),
        "key_file": str(VECTORS / "pkcs8.pem"),
        "region": HOME_REGION,
    }


def seen_by_sdk(base, settings, signer=None):
    """Keys by OCID, with their facts and the OCIDs of their versions, without replicas and wrapping keys."""
    import oci

    def client(kind, endpoint):
        return kind(settings, service_endpoint=endpoint, **({"signer": signer} if signer else {}))

    def list_all(call, *arguments, **options):
        return oci.pagination.list_call_get_all_results(call, *arguments, **options).data

    identity = client(oci.identity.IdentityClient, f"{base}/{HOME_REGION}/identity")
    regions = [one.region_name for one in identity.list_region_subscriptions(TENANCY).data]
    listed = list_all(identity.list_compartments, TENANCY, compartment_id_in_subtree=True, lifecycle_state="ACTIVE")
    compartments = [TENANCY, *(one.id for one in listed)]
    keys = {}
    for region in regions:
        vaults = client(oci.key_management.KmsVaultClient, f"{base}/{region}/kms")
        for summary in (vault for compartment in compartments for vault in list_all(vaults.list_vaults, compartment)):
            vault = vaults.get_vault(summary.id).data
            if summary.lifecycle_state == "PENDING_DELETION" or not vault.is_primary:
                continue
            management = client(oci.key_management.KmsManagementClient, summary.management_endpoint)
            for key in (key for compartment in compartments for key in list_all(management.list_keys, compartment)):
                if key.id == vault.wrappingkey_id:
                    continue
                details = management.get_key(key.id).data
                schedule = details.auto_key_rotation_details
                keys[key.id] = {
                    "region": region,
                    "vault": key.vault_id,
                    "display_name": key.display_name,
                    "compartment_id": key.compartment_id,
                    "time_created": key.time_created.timestamp(),
                    "is_auto_rotation_enabled": details.is_auto_rotation_enabled,
                    "rotation_interval_in_days": schedule and schedule.rotation_interval_in_days,
                    "versions": sorted(version.id for version in list_all(management.list_key_versions, key.id)),
                }
    return keys


def kmslint(base, environment, directory, *arguments):
    """Runs `kmslint live` with these variables and no other variables of OCI."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OCI_", "KUBERNETES_"))}
    environment = {**inherited, **environment, "OCI_CLI_SUPPRESS_FILE_PERMISSIONS_WARNING": "True", "HOME": str(directory)}
    command = [BUILT["kmslint"], "live", "--all-regions", "--no-config", "--rps", "1000", "--endpoint", base + "/{region}/{service}", *arguments]
    return subprocess.run(command, env=environment, cwd=directory, capture_output=True, text=True)


def of_user(settings):
    """The environment variables for an API key."""
    names = {"OCI_CLI_USER": "user", "OCI_CLI_TENANCY": "tenancy", "OCI_CLI_FINGERPRINT": "fingerprint", "OCI_CLI_KEY_FILE": "key_file", "OCI_CLI_REGION": "region"}
    return {name: settings[key] for name, key in names.items()}


def seen_by_kmslint(base, environment, directory):
    import datetime

    evidence = pathlib.Path(directory) / "evidence.json"
    run = kmslint(base, environment, directory, "--format", "json", "--save", str(evidence))
    assert run.returncode == 1, (run.returncode, run.stderr)
    reported = {key["address"] for key in json.loads(run.stdout)["keys"]}
    saved = json.loads(evidence.read_text())["keys"]
    assert reported == {key["ocid"] for key in saved}, "the report and the evidence hold different keys"
    names = ["region", "vault", "display_name", "compartment_id", "is_auto_rotation_enabled", "rotation_interval_in_days"]
    return {
        key["ocid"]: {
            **{name: key[name] for name in names},
            "time_created": datetime.datetime.fromisoformat(key["time_created"].replace("Z", "+00:00")).timestamp(),
            "versions": sorted(version["id"] for version in key["versions"]),
        }
        for key in saved
    }


class Served:
    """A running test server, for one kind of credentials."""

    def __init__(self, kind):
        command = [BUILT["suite"], "--ignored", "--exact", "live::sdk::serve", "--nocapture"]
        environment = {**os.environ, "KMSLINT_CREDENTIALS": kind}
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.startswith("facts "):
                self.facts = json.loads(line.removeprefix("facts "))
            if line.startswith("serving "):
                self.base = line.split()[1]
                return
        sys.exit("the server did not start")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.stdin.close()
        rest = self.process.stdout.read()
        self.process.wait()
        self.refused = rest.partition("refused ")[2].partition("\n")[0]


def credentials(kind, served, directory):
    """The variables that kmslint reads, and the SDK's signer for the same credentials."""
    import oci

    key = str(VECTORS / "pkcs8.pem")
    private = oci.signer.load_private_key_from_file(key)
    base, token, resource = served.base, served.facts.get("token"), served.facts.get("resource")
    token_file = pathlib.Path(directory) / "token"
    # The SDK uses the tokens of resources and pods exactly as in the file, including a trailing newline.
    token_file.write_text(token + ("" if kind in ("2.2", "3.0", "workload") else "\n"))
    federation = f"{base}/{HOME_REGION}/auth/v1/x509"
    principal = {
        "VERSION": kind,
        "RPT_ENDPOINT": base,
        "RPST_ENDPOINT": base,
        "RESOURCE_ID": resource,
        "TENANCY_ID": TENANCY,
        "PRIVATE_PEM": key,
        "REGION": HOME_REGION,
    }
    if kind == "2.1.2":
        principal["SECURITY_CONTEXT"] = "context"
    if kind == "2.2":
        principal["RPST"] = str(token_file)
    if kind == "3.0":
        leaf = {"VERSION": "2.2", "RPST": str(token_file), "PRIVATE_PEM": key, "REGION": HOME_REGION}
        principal = {f"{name}_FOR_LEAF_RESOURCE": value for name, value in leaf.items()}
        principal |= {"VERSION": "3.0", "RPT_URL_FOR_PARENT_RESOURCE": base, "RPST_ENDPOINT_FOR_PARENT_RESOURCE": base}
    principal = {f"OCI_RESOURCE_PRINCIPAL_{name}": value for name, value in principal.items()}
    metadata = {"OCI_METADATA_BASE_URL": f"{base}/opc/v2"}
    if kind == "api_key":
        return of_user(config()), None
    if kind == "session":
        session = {"OCI_CLI_SECURITY_TOKEN_FILE": str(token_file), "OCI_CLI_KEY_FILE": key, "OCI_CLI_TENANCY": TENANCY, "OCI_CLI_REGION": HOME_REGION}
        return session, oci.auth.signers.SecurityTokenSigner(token, private)
    if kind == "instance":
        os.environ |= metadata
        signer = oci.auth.signers.InstancePrincipalsSecurityTokenSigner(federation_endpoint=federation)
        return {**metadata, "OCI_CLI_AUTH": "instance_principal"}, signer
    if kind == "delegation":
        os.environ |= metadata
        # The profile of a Cloud Shell, which both clients read.
        profile = pathlib.Path(directory) / "config"
        profile.write_text(f"[DEFAULT]\nauthentication_type=instance_principal\ndelegation_token_file={token_file}\ntenancy={TENANCY}\nregion={HOME_REGION}\n")
        signer = oci.auth.signers.InstancePrincipalsDelegationTokenSigner(delegation_token=token, federation_endpoint=federation)
        return {**metadata, "OCI_CLI_CONFIG_FILE": str(profile)}, signer
    if kind == "workload":
        certificate = pathlib.Path(directory) / "ca.crt"
        certificate.write_text(served.facts["certificate"])
        variables = {
            "KUBERNETES_SERVICE_HOST": served.facts["host"],
            "OCI_KUBERNETES_SERVICE_ACCOUNT_CERT_PATH": str(certificate),
            "OCI_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH": str(token_file),
            "OCI_RESOURCE_PRINCIPAL_REGION": HOME_REGION,
            "OCI_CLI_CERT_BUNDLE": str(certificate),
        }
        os.environ |= {**variables, "REQUESTS_CA_BUNDLE": str(certificate)}
        signer = oci.auth.signers.get_oke_workload_identity_resource_principal_signer(service_account_token_path=str(token_file))
        return {**variables, "OCI_CLI_AUTH": "oke_workload_identity"}, signer
    os.environ |= principal
    signer = oci.auth.signers.get_resource_principals_signer()
    return {**principal, "OCI_CLI_AUTH": "resource_principal"}, signer


# The SDK rejects endpoints of resource principals that have a path, so 3.0 is compared with a resource at the root.
KINDS = ["api_key", "session", "instance", "delegation", "2.1", "2.1.1", "2.1.2", "2.2", "3.0", "workload"]


def compare(kind):
    """Lists the tenancy with both clients and the same credentials; returns the keys."""
    with tempfile.TemporaryDirectory() as directory, Served(kind) as served, unittest.mock.patch.dict(os.environ):
        environment, signer = credentials(kind, served, directory)
        settings = config() if signer is None else {"region": HOME_REGION}
        theirs = seen_by_sdk(served.base, settings, signer)
        ours = seen_by_kmslint(served.base, environment, directory)
    assert len(theirs) >= 9, f"only {len(theirs)} keys: the comparison says nothing"
    for ocid in sorted(ours.keys() | theirs.keys()):
        assert ours.get(ocid) == theirs.get(ocid), f"{kind}: {ocid}\n  kmslint: {ours.get(ocid)}\n  oci SDK: {theirs.get(ocid)}"
    assert not served.refused, f"{kind}: {served.refused}"
    return theirs


def check_that_wrong_signatures_are_rejected():
    """The requests of another user are rejected for both clients, which shows that the server verifies signatures."""
    import oci

    stranger = config(user="ocid1.user.oc1..somebodyelse")
    with tempfile.TemporaryDirectory() as directory, Served("api_key") as served:
        refused = kmslint(served.base, of_user(stranger), directory)
        assert refused.returncode == 2 and "401 NotAuthenticated" in refused.stderr, (refused.returncode, refused.stderr)
        try:
            seen_by_sdk(served.base, stranger)
            sys.exit("a wrongly signed request of the SDK was not refused")
        except oci.exceptions.ServiceError as error:
            assert error.status == 401, error
    assert served.refused.count(" | ") == 1, served.refused


def main():
    in_sdk()
    import oci

    if sys.argv[1:] == ["--install"]:
        return
    kinds = sys.argv[1:] or KINDS
    build()
    seen = [compare(kind) for kind in kinds]
    check_that_wrong_signatures_are_rejected()
    versions = sum(len(key["versions"]) for key in seen[0].values())
    print(f"kmslint and oci {oci.__version__} see the same {len(seen[0])} keys with {versions} versions, with credentials of {len(kinds)} kinds: {', '.join(kinds)}; requests of another user are rejected for both")


if __name__ == "__main__":
    main()
