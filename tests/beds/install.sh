#!/bin/sh
# Installs the servers and published contracts that the tests run against into $PROVISIONER_TESTBED (default:
# target/testbed of this repository). Does nothing when they are there already, so every test run may call it.
set -eu

beds=$(cd -- "$(dirname -- "$0")" && pwd)
bed=${PROVISIONER_TESTBED:-$beds/../../target/testbed}
mkdir -p "$bed"
bed=$(cd -- "$bed" && pwd)

# The stamp holds the checksum of all inputs and is written last: an interrupted installation starts again.
stamp() {
    for input in install.sh package.json package-lock.json .npmrc requirements.txt; do
        if [ -f "$beds/$input" ]; then
            echo "$input"
            cat "$beds/$input"
        fi
    done | sha256sum | cut -d ' ' -f 1
}

wanted=$(stamp)
if [ "$(cat "$bed/.stamp" 2>/dev/null || true)" = "$wanted" ]; then
    exit 0
fi
rm -f "$bed/.stamp"

cp "$beds/package.json" "$beds/package-lock.json" "$beds/.npmrc" "$bed/"
(cd "$bed" && npm ci --ignore-scripts --no-audit --no-fund) >&2

if [ -f "$beds/requirements.txt" ]; then
    rm -rf "$bed/venv"
    python3 -m venv "$bed/venv"
    "$bed/venv/bin/pip" install --quiet --disable-pip-version-check -r "$beds/requirements.txt" >&2
fi

echo "$wanted" > "$bed/.stamp"
