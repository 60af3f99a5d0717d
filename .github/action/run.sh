#!/usr/bin/env bash
# Runs kmslint with annotations, step summary and SARIF. The step ends with kmslint's exit code.
set -uo pipefail

# The output quotes text from the repository, even in error messages, so the runner must not read commands in it until the end.
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$token"
exec 2>&1

kmslint=${KMSLINT_BIN:-kmslint}
directory=$(mktemp -d "${RUNNER_TEMP:?}/kmslint.XXXXXX")

# `sarif-file` is relative to the workspace, where upload-sarif looks for it, whatever the working directory is.
sarif=${KMSLINT_SARIF:-}
case $sarif in
  "" | /* | [A-Za-z]:*) written=$sarif ;;
  *) written=$GITHUB_WORKSPACE/$sarif ;;
esac

options=(--format "human=$directory/human.txt" --format "json=$directory/report.json" --format "markdown=$directory/summary.md")
[ -n "$written" ] && options+=(--format "sarif=$directory/kmslint.sarif" --format "sarif=$written")
[ "${KMSLINT_ANNOTATIONS:-true}" = true ] && options+=(--format "github=$directory/annotations.txt")
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

[ -f "$directory/human.txt" ] && cat "$directory/human.txt"
[ -f "$directory/summary.md" ] && cat "$directory/summary.md" >>"$GITHUB_STEP_SUMMARY"

# If kmslint refused to write the file, a file at this path is not its report: a pull request may have committed it.
if [ -n "$written" ] && ! cmp -s "$directory/kmslint.sarif" "$written"; then
  echo "error: there is no SARIF of this run in \`$sarif\`"
  sarif=
fi

# total NAME: a number from the report's summary, which is its last object.
total() { sed -n "s/^    \"$1\": \([0-9]*\),\{0,1\}\$/\1/p" "$directory/report.json" 2>/dev/null | tail -n 1; }
# A line break in an input would begin another output.
{
  echo "sarif-file=${sarif//[$'\r\n']/}"
  echo "findings=$(total findings)"
  echo "violations=$(total violations)"
  echo "undetermined=$(total undetermined)"
  echo "exit-code=$code"
} >>"$GITHUB_OUTPUT"

# The annotations are commands. kmslint writes them itself and escapes quoted text.
echo
echo "::$token::"
[ -f "$directory/annotations.txt" ] && cat "$directory/annotations.txt"
exit "$code"
