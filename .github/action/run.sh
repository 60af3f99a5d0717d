#!/usr/bin/env bash
# One run of kmslint: annotations, step summary and SARIF. The step ends with kmslint's own exit code.
set -uo pipefail

# What this step prints quotes the repository, error messages included: until the end, none of it is read as a command.
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$token"
exec 2>&1

kmslint=${KMSLINT_BIN:-kmslint}
folder=$(mktemp -d "${RUNNER_TEMP:?}/kmslint.XXXXXX")
options=(--format "human=$folder/human.txt" --format "json=$folder/report.json" --format "markdown=$folder/summary.md")
[ -n "${KMSLINT_SARIF:-}" ] && options+=(--format "sarif=$KMSLINT_SARIF")
[ "${KMSLINT_ANNOTATIONS:-true}" = true ] && options+=(--format "github=$folder/annotations.txt")
[ -n "${KMSLINT_FAIL_ON:-}" ] && options+=(--fail-on "$KMSLINT_FAIL_ON")
[ "${KMSLINT_STRICT:-false}" = true ] && options+=(--strict)
[ -n "${KMSLINT_CONFIG:-}" ] && options+=(--config "$KMSLINT_CONFIG")
[ "${KMSLINT_NO_CONFIG:-false}" = true ] && options+=(--no-config)
[ "${KMSLINT_CONFINED:-true}" = true ] && options+=(--confined)
while IFS= read -r line; do [ -n "$line" ] && options+=("$line"); done <<<"${KMSLINT_ARGS:-}"
paths=()
while IFS= read -r line; do [ -n "$line" ] && paths+=("$line"); done <<<"${KMSLINT_PATHS:-.}"
while IFS= read -r line; do [ -n "$line" ] && paths+=("$line"); done <<<"${KMSLINT_PLAN:-}"

code=0
"$kmslint" check "${options[@]}" -- "${paths[@]}" || code=$?

[ -f "$folder/human.txt" ] && cat "$folder/human.txt"
[ -f "$folder/summary.md" ] && cat "$folder/summary.md" >>"$GITHUB_STEP_SUMMARY"

total() { sed -n "s/^    \"$1\": \([0-9]*\),\{0,1\}\$/\1/p" "$folder/report.json" 2>/dev/null | tail -n 1; }
# A line feed in an input would begin another output.
{
  sarif=${KMSLINT_SARIF:-}
  echo "sarif-file=${sarif//[$'\r\n']/}"
  echo "findings=$(total violations)"
  echo "undetermined=$(total undetermined)"
  echo "exit-code=$code"
} >>"$GITHUB_OUTPUT"

# The annotations are commands, of kmslint's own making: it escapes what it quotes in them.
echo
echo "::$token::"
[ -f "$folder/annotations.txt" ] && cat "$folder/annotations.txt"
exit "$code"
