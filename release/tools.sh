#!/usr/bin/env bash
# Installs what a release is built with into target/release-tools (once), and prints that folder. Nothing of it is shipped.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

AUDITABLE=0.7.7
tools=${PROVISIONER_RELEASE_TOOLS:-$PWD/target/release-tools}
wanted=$(sha256sum release/tools.sh release/requirements.txt | sha256sum)
if [ "$(cat "$tools/stamp" 2>/dev/null || true)" != "$wanted" ]; then
  rm -rf -- "$tools"
  mkdir -p "$tools"
  {
    python3 -m venv "$tools/venv"
    "$tools/venv/bin/pip" install --quiet --disable-pip-version-check -r release/requirements.txt
    # Writes the list of crates into the binary.
    cargo install --quiet --locked --root "$tools" --target-dir "$tools/build" "cargo-auditable@$AUDITABLE"
    rm -rf -- "$tools/build"
  } >&2
  printf '%s\n' "$wanted" > "$tools/stamp"
fi
printf '%s\n' "$tools"
