#!/usr/bin/env bash
# Puts kmslint on the PATH of the following steps: a released binary, verified by its SHA-256, or a build from the action's source.
set -euo pipefail

home=$GITHUB_ACTION_PATH
temp=${RUNNER_TEMP:?}
# Git Bash on Windows: its tools need POSIX paths, the runner needs Windows paths.
if command -v cygpath >/dev/null; then home=$(cygpath -u "$home") temp=$(cygpath -u "$temp"); fi
own=$(sed -n 's/^version = "\(.*\)"/\1/p' "$home/Cargo.toml" | head -n 1)
wanted=${KMSLINT_VERSION:-}
wanted=${wanted#v}
version=${wanted:-$own}
releases=${KMSLINT_RELEASES:-https://github.com/kmslint/kmslint/releases/download}
repository=kmslint/kmslint
bin=$temp/kmslint-bin
mkdir -p "$bin"

fail() {
  echo "::error title=kmslint::$1"
  exit 2
}

case $version in
  *[!0-9A-Za-z.+-]*) fail "The input \`version\` is not a version; expected a release such as $own" ;;
esac

target() {
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) echo x86_64-unknown-linux-musl ;;
    Linux-aarch64 | Linux-arm64) echo aarch64-unknown-linux-musl ;;
    Darwin-x86_64) echo x86_64-apple-darwin ;;
    Darwin-arm64) echo aarch64-apple-darwin ;;
    MINGW*-x86_64 | MSYS*-x86_64) echo x86_64-pc-windows-msvc ;;
    *) return 1 ;;
  esac
}

sha256() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1; }

# fetch NAME: downloads a file of the release. Returns 1 if there is none; any other failure ends the step.
fetch() {
  local status code=0
  status=$(curl --silent --show-error --location --retry 3 --output "$directory/$1" --write-out '%{http_code}' "$releases/v$version/$1") || code=$?
  case $code-$status in
    0-200) return 0 ;;
    0-404) return 1 ;;
    0-*) fail "The download of kmslint $version failed: $releases/v$version/$1 answered with HTTP status $status" ;;
    *) fail "The download of kmslint $version failed: curl could not reach $releases/v$version/$1 (exit code $code)" ;;
  esac
}

# download TARGET: downloads and unpacks the binary. Returns 1 if the release has none. If the checksum or the attestation is wrong, the step
# fails; it does not fall back to a build from source.
download() {
  local name=kmslint-$1.tar.gz expected got
  directory=$(mktemp -d "$temp/kmslint.XXXXXX")
  fetch "$name" || return 1
  expected=${KMSLINT_CHECKSUM:-}
  if [ -z "$expected" ]; then
    fetch SHA256SUMS || fail "The release $version of kmslint has no SHA256SUMS; nothing was installed"
    expected=$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1 }' "$directory/SHA256SUMS")
  fi
  got=$(sha256 <"$directory/$name")
  [ "$got" = "$expected" ] || fail "The checksum of $name is $got and not ${expected:-listed}; nothing was installed"
  verified="checksum verified"
  # A checksum in the workflow needs no attestation. The published checksums come from the same place as the archive.
  if [ -z "${KMSLINT_CHECKSUM:-}" ] && [ -n "${GH_TOKEN:-}" ] && gh attestation verify --help >/dev/null 2>&1; then
    gh attestation verify "$directory/$name" --repo "$repository" >"$directory/attestation" 2>&1 || {
      cat "$directory/attestation"
      fail "$name has no valid attestation of $repository; nothing was installed"
    }
    verified="checksum and attestation verified"
  fi
  # From standard input, because GNU tar treats an archive name with a colon as a remote host.
  tar -xz -C "$bin" <"$directory/$name"
}

if ! machine=$(target); then
  reason="there is no released binary for $(uname -s) on $(uname -m)"
elif download "$machine"; then
  reason=
  echo "kmslint $version for $machine, $verified"
else
  reason="there is no release $version with a binary for $machine"
fi

if [ -n "$reason" ]; then
  # Only the action's own version can be built: the sources of other versions are not available.
  [ "$version" = "$own" ] || fail "Cannot install kmslint $version: $reason"
  [ -z "${KMSLINT_CHECKSUM:-}" ] || fail "Cannot install kmslint $version: $reason, and a build from source has no checksum"
  command -v cargo >/dev/null || fail "Cannot install kmslint $version: $reason, and there is no cargo to build it with"
  echo "Building kmslint $version from source: $reason"
  # Not in the checkout, because cargo and rustup read `.cargo/config.toml` and `rust-toolchain.toml` from the working directory.
  (cd "$home" && cargo install --locked --path "$home" --root "$temp/kmslint-build")
  cp "$temp/kmslint-build/bin/"kmslint* "$bin/"
fi

if command -v cygpath >/dev/null; then bin=$(cygpath -w "$bin") home=$(cygpath -w "$home"); fi
echo "$bin" >>"$GITHUB_PATH"
# Later steps that run `kmslint --format short` get annotations too.
echo "::add-matcher::$home/.github/action/matcher.json"
