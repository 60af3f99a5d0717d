#!/bin/sh
# Times kmslint beside jq and Python on the same plan: whole process, best of three, wall clock and peak memory.
#
#     benches/plans.sh [SIZE...]        sizes as make_plan.py takes them; default 10M 200M
#
# jq selects the keys, Python only loads the document: both do less than kmslint. Needs jq, python3 and a release build.
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- 10M 200M
kmslint=${KMSLINT:-${CARGO_TARGET_DIR:-target}/release/kmslint}
[ -x "$kmslint" ] || cargo build --release
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for size in "$@"; do
    plan=$folder/plan-$size.json
    python3 benches/make_plan.py "$size" "$plan"
    cat "$plan" >/dev/null
    python3 benches/measure.py "$plan" \
        "kmslint" "$kmslint --no-config --fail-on never --format json $plan" \
        "jq" "jq -c '.resource_changes[] | select(.type == \"oci_kms_key\")' $plan" \
        "Python json.load" "python3 -c 'import json, sys; json.load(open(sys.argv[1]))' $plan"
    rm "$plan"
done
