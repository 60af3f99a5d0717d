#!/usr/bin/env bash
# One run of kmslint: annotations, step summary and SARIF. The step ends with kmslint's own exit code.
set -uo pipefail

# What this step prints quotes the repository, error messages included: until the end, none of it is read as a command.
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$token"
exec 2>&1

kmslint=${KMSLINT_BIN:-kmslint}
folder=$(mktemp -d "${RUNNER_TEMP:?}/kmslint.XXXXXX")

# `sarif-file` is relative to the workspace, where upload-sarif looks for it, whatever the working directory is.
sarif=${KMSLINT_SARIF:-}
case $sarif in
  "" | /* | [A-Za-z]:*) written=$sarif ;;
  *) written=$GITHUB_WORKSPACE/$sarif ;;
esac

options=(--format "human=$folder/human.txt" --format "json=$folder/report.json" --format "markdown=$folder/summary.md")
[ -n "$written" ] && options+=(--format "sarif=$folder/kmslint.sarif" --format "sarif=$written")
[ "${KMSLINT_ANNOTATIONS:-true}" = true ] && options+=(--format "github=$folder/annotations.txt")
[ -n "${KMSLINT_FAIL_ON:-}" ] && options+=(--fail-on "$KMSLINT_FAIL_ON")
[ "${KMSLINT_STRICT:-false}" = true ] && options+=(--strict)
[ -n "${KMSLINT_CONFIG:-}" ] && options+=(--config "$KMSLINT_CONFIG")
[ "${KMSLINT_NO_CONFIG:-false}" = true ] && options+=(--no-config)
[ "${KMSLINT_CONFINED:-true}" = true ] && options+=(--confined)
while IFS= read -r line; do [ -n "$line" ] && options+=("$line"); done <<<"${KMSLINT_ARGS:-}"
# An empty `paths` means no paths: a run that checks only a plan.
paths=()
while IFS= read -r line; do [ -n "$line" ] && paths+=("$line"); done <<<"${KMSLINT_PATHS-.}"
while IFS= read -r line; do [ -n "$line" ] && paths+=("$line"); done <<<"${KMSLINT_PLAN:-}"

code=0
if [ "${#paths[@]}" = 0 ]; then
  echo "error: there is nothing to check: the inputs \`paths\` and \`plan\` are both empty"
  code=2
else
  "$kmslint" check "${options[@]}" -- "${paths[@]}" || code=$?
fi

[ -f "$folder/human.txt" ] && cat "$folder/human.txt"
[ -f "$folder/summary.md" ] && cat "$folder/summary.md" >>"$GITHUB_STEP_SUMMARY"

# A file that kmslint refused to write is not its report: a pull request may have brought it along.
if [ -n "$written" ] && ! cmp -s "$folder/kmslint.sarif" "$written"; then
  echo "error: there is no SARIF of this run in \`$sarif\`"
  sarif=
fi

# A number of the report's summary, which is its last object.
total() { sed -n "s/^    \"$1\": \([0-9]*\),\{0,1\}\$/\1/p" "$folder/report.json" 2>/dev/null | tail -n 1; }
# A line feed in an input would begin another output.
{
  echo "sarif-file=${sarif//[$'\r\n']/}"
  echo "findings=$(total findings)"
  echo "violations=$(total violations)"
  echo "undetermined=$(total undetermined)"
  echo "exit-code=$code"
} >>"$GITHUB_OUTPUT"

# The annotations are commands, of kmslint's own making: it escapes what it quotes in them.
echo
echo "::$token::"
[ -f "$folder/annotations.txt" ] && cat "$folder/annotations.txt"
exit "$code"
