#!/usr/bin/env python3
"""Compares kmslint with Oracle's own client: both list the same tenancy from the server of the tests, with the same credentials.

The server verifies every signature; a request signed by somebody else is refused to both. Needs cargo, and PyPI for the package
`oci`, which goes into a folder of its own ($SDK_ENV, or oci-sdk below the user's cache).
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
VECTORS = ROOT / "testdata" / "live" / "vectors"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
SDK = pathlib.Path(os.environ.get("SDK_ENV") or CACHE / "oci-sdk")
TENANCY, USER = "ocid1.tenancy.oc1..aaaatenancy", "ocid1.user.oc1..aaaauser"
HOME_REGION = "eu-frankfurt-1"


def in_sdk():
    """Runs this file again with the SDK's own interpreter, after it is installed."""
    python = SDK / "bin" / "python"
    if pathlib.Path(sys.prefix).resolve() == SDK.resolve():
        return
    if not python.exists():
        venv.create(SDK, with_pip=True)
    if subprocess.run([python, "-c", "import oci"], stderr=subprocess.DEVNULL).returncode:
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "oci"], check=True)
    os.execv(python, [str(python), *sys.argv])


def config(user=USER):
    return {
        "user": user,
        "tenancy": TENANCY,
        "fingerprint": (VECTORS / "fingerprint.txt").read_text().strip(),
        "key_file": str(VECTORS / "pkcs8.pem"),
        "region": HOME_REGION,
    }


def seen_by_sdk(base, settings):
    """Keys by OCID: their facts and the OCIDs of their versions, replicas and wrapping keys left out."""
    import oci

    def every(call, *arguments, **options):
        return oci.pagination.list_call_get_all_results(call, *arguments, **options).data

    identity = oci.identity.IdentityClient(settings, service_endpoint=f"{base}/{HOME_REGION}/identity")
    regions = [one.region_name for one in identity.list_region_subscriptions(TENANCY).data]
    listed = every(identity.list_compartments, TENANCY, compartment_id_in_subtree=True, lifecycle_state="ACTIVE")
    compartments = [TENANCY, *(one.id for one in listed)]
    keys = {}
    for region in regions:
        vaults = oci.key_management.KmsVaultClient(settings, service_endpoint=f"{base}/{region}/kms")
        for summary in (vault for compartment in compartments for vault in every(vaults.list_vaults, compartment)):
            vault = vaults.get_vault(summary.id).data
            if summary.lifecycle_state == "PENDING_DELETION" or not vault.is_primary:
                continue
            management = oci.key_management.KmsManagementClient(settings, summary.management_endpoint)
            for key in (key for compartment in compartments for key in every(management.list_keys, compartment)):
                if key.id == vault.wrappingkey_id:
                    continue
                whole = management.get_key(key.id).data
                schedule = whole.auto_key_rotation_details
                keys[key.id] = {
                    "region": region,
                    "vault": key.vault_id,
                    "display_name": key.display_name,
                    "compartment_id": key.compartment_id,
                    "time_created": key.time_created.timestamp(),
                    "is_auto_rotation_enabled": whole.is_auto_rotation_enabled,
                    "rotation_interval_in_days": schedule and schedule.rotation_interval_in_days,
                    "versions": sorted(version.id for version in every(management.list_key_versions, key.id)),
                }
    return keys


def kmslint(base, settings, folder, *arguments):
    """Runs `kmslint live`."""
    names = {"OCI_CLI_USER": "user", "OCI_CLI_TENANCY": "tenancy", "OCI_CLI_FINGERPRINT": "fingerprint", "OCI_CLI_KEY_FILE": "key_file", "OCI_CLI_REGION": "region"}
    environment = {**os.environ, **{name: settings[key] for name, key in names.items()}, "OCI_CLI_SUPPRESS_FILE_PERMISSIONS_WARNING": "True"}
    command = ["cargo", "run", "--quiet", "--manifest-path", str(ROOT / "Cargo.toml"), "--", "live", "--all-regions", "--no-config"]
    command += ["--rps", "1000", "--endpoint", base + "/{region}/{service}", *arguments]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)


def seen_by_kmslint(base, settings, folder):
    import datetime

    evidence = pathlib.Path(folder) / "evidence.json"
    run = kmslint(base, settings, folder, "--format", "json", "--save", str(evidence))
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


def serve():
    """Starts the server of the tests; gives the process and its address."""
    command = ["cargo", "test", "--quiet", "--test", "suite", "--", "--ignored", "--exact", "live::sdk::serve", "--nocapture"]
    server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    for line in server.stdout:
        if line.startswith("serving "):
            return server, line.split()[1]
    sys.exit("the server did not start")


def main():
    in_sdk()
    import oci

    server, base = serve()
    try:
        with tempfile.TemporaryDirectory() as folder:
            ours, theirs = seen_by_kmslint(base, config(), folder), seen_by_sdk(base, config())
            assert len(theirs) >= 9, f"only {len(theirs)} keys: the comparison says nothing"
            for ocid in sorted(ours.keys() | theirs.keys()):
                assert ours.get(ocid) == theirs.get(ocid), f"{ocid}\n  kmslint: {ours.get(ocid)}\n  oci SDK: {theirs.get(ocid)}"
            stranger = config(user="ocid1.user.oc1..somebodyelse")
            refused = kmslint(base, stranger, folder)
            assert refused.returncode == 2 and "401 NotAuthenticated" in refused.stderr, (refused.returncode, refused.stderr)
            try:
                seen_by_sdk(base, stranger)
                sys.exit("a wrongly signed request of the SDK was not refused")
            except oci.exceptions.ServiceError as error:
                assert error.status == 401, error
    finally:
        server.stdin.close()
        rest = server.stdout.read()
        server.wait()
    assert "refused 2" in rest, rest
    versions = sum(len(key["versions"]) for key in theirs.values())
    print(f"kmslint and oci {oci.__version__} see the same {len(theirs)} keys with {versions} versions; a stranger is refused to both")


if __name__ == "__main__":
    main()
