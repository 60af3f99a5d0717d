#!/usr/bin/env bash
# One run of kmslint: annotations, step summary and SARIF. The step ends with kmslint's own exit code.
set -uo pipefail

kmslint=${KMSLINT_BIN:-kmslint}
folder=$(mktemp -d "${RUNNER_TEMP:?}/kmslint.XXXXXX")
options=(--format "human=$folder/human.txt" --format "json=$folder/report.json" --format "markdown=$folder/summary.md")
[ -n "${KMSLINT_SARIF:-}" ] && options+=(--format "sarif=$KMSLINT_SARIF")
[ "${KMSLINT_ANNOTATIONS:-true}" = true ] && options+=(--format github)
[ -n "${KMSLINT_FAIL_ON:-}" ] && options+=(--fail-on "$KMSLINT_FAIL_ON")
[ "${KMSLINT_STRICT:-false}" = true ] && options+=(--strict)
[ -n "${KMSLINT_CONFIG:-}" ] && options+=(--config "$KMSLINT_CONFIG")
while IFS= read -r line; do [ -n "$line" ] && options+=("$line"); done <<<"${KMSLINT_ARGS:-}"
paths=()
while IFS= read -r line; do [ -n "$line" ] && paths+=("$line"); done <<<"${KMSLINT_PATHS:-.}"
while IFS= read -r line; do [ -n "$line" ] && paths+=("$line"); done <<<"${KMSLINT_PLAN:-}"

code=0
"$kmslint" check "${options[@]}" -- "${paths[@]}" || code=$?

# What the report quotes from the repository must not be read as commands.
if [ -f "$folder/human.txt" ]; then
  token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  echo "::stop-commands::$token"
  cat "$folder/human.txt"
  echo "::$token::"
fi
[ -f "$folder/summary.md" ] && cat "$folder/summary.md" >>"$GITHUB_STEP_SUMMARY"

total() { sed -n "s/^    \"$1\": \([0-9]*\),\{0,1\}\$/\1/p" "$folder/report.json" 2>/dev/null | tail -n 1; }
{
  echo "sarif-file=${KMSLINT_SARIF:-}"
  echo "findings=$(total violations)"
  echo "undetermined=$(total undetermined)"
  echo "exit-code=$code"
} >>"$GITHUB_OUTPUT"
exit "$code"
