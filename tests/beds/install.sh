#!/bin/sh
# Installs the servers, linters and published contracts that the tests run against into $PROVISIONER_TESTBED (default:
# target/testbed of this repository). Does nothing when they are there already, so every test run may call it.
set -eu

beds=$(cd -- "$(dirname -- "$0")" && pwd)
bed=${PROVISIONER_TESTBED:-$beds/../../target/testbed}
mkdir -p "$bed"
bed=$(cd -- "$bed" && pwd)

# install PART INPUT… makes one part of the bed from its inputs, by the function of its name. Its stamp holds their checksum and is
# written last: an interrupted installation starts again, and a changed input renews only its own part.
install() {
    part=$1
    shift
    wanted=$(cd -- "$beds" && sha256sum install.sh "$@" | sha256sum | cut -d ' ' -f 1)
    if [ "$(cat "$bed/.stamp-$part" 2>/dev/null || true)" != "$wanted" ]; then
        rm -f "$bed/.stamp-$part"
        "$part" >&2
        echo "$wanted" > "$bed/.stamp-$part"
    fi
}

node() {
    cp "$beds/package.json" "$beds/package-lock.json" "$beds/.npmrc" "$bed/"
    (cd "$bed" && npm ci --ignore-scripts --no-audit --no-fund)
}

# virtual_environment FOLDER REQUIREMENTS
virtual_environment() {
    rm -rf "${bed:?}/$1"
    python3 -m venv "$bed/$1"
    "$bed/$1/bin/pip" install --quiet --disable-pip-version-check -r "$beds/$2"
}

venv() { virtual_environment venv requirements.txt; }

aws() { virtual_environment aws aws/requirements.txt; }

install node package.json package-lock.json .npmrc
install venv requirements.txt
install aws aws/requirements.txt
