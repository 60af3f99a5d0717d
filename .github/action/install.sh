#!/usr/bin/env bash
# Puts kmslint on the PATH of the steps that follow: a released binary, checked by its SHA-256, or a build of the action's own source.
set -euo pipefail

home=$GITHUB_ACTION_PATH
version=${KMSLINT_VERSION:-$(sed -n 's/^version = "\(.*\)"/\1/p' "$home/Cargo.toml" | head -n 1)}
releases=${KMSLINT_RELEASES:-https://github.com/kmslint/kmslint/releases/download}
bin=${RUNNER_TEMP:?}/kmslint-bin
mkdir -p "$bin"

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

sha256() { if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1; }

# Succeeds only with a binary whose checksum is the published one. A checksum that differs ends the step: it is never built around.
download() {
  local name folder wanted
  name=kmslint-$1.tar.gz
  folder=$(mktemp -d "$RUNNER_TEMP/kmslint.XXXXXX")
  curl --fail --silent --show-error --location --retry 3 --output "$folder/$name" "$releases/v$version/$name" || return 1
  curl --fail --silent --show-error --location --retry 3 --output "$folder/SHA256SUMS" "$releases/v$version/SHA256SUMS" || return 1
  wanted=$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1 }' "$folder/SHA256SUMS")
  if [ -z "$wanted" ] || [ "$(sha256 "$folder/$name")" != "$wanted" ]; then
    echo "::error title=kmslint::The checksum of $name does not match the published one; nothing was installed"
    exit 2
  fi
  tar -xzf "$folder/$name" -C "$bin"
}

if target=$(target) && download "$target"; then
  echo "kmslint $version for $target, checksum verified"
elif command -v cargo >/dev/null; then
  echo "No released binary of kmslint $version for this machine: building it from source"
  cargo install --locked --path "$home" --root "$RUNNER_TEMP/kmslint-build"
  cp "$RUNNER_TEMP/kmslint-build/bin/"kmslint* "$bin/"
else
  echo "::error title=kmslint::There is no released binary of kmslint $version for this machine, and no cargo to build it with"
  exit 2
fi
echo "$bin" >>"$GITHUB_PATH"
