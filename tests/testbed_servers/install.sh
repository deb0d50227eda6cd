#!/bin/sh
# Installs the servers, linters and published contracts that the tests run against into $PROVISIONER_TESTBED (default:
# target/testbed of this repository). Does nothing when they are there already, so every test run may call it.
#
#     install.sh               what `make test` needs
#     install.sh localstack    what `make test-emulator` needs besides
#     install.sh site          what `make site` needs
#     install.sh browser       what `make test-site` needs besides; the browser is the machine's
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

# virtual_environment PYTHON PART REQUIREMENTS
virtual_environment() {
    rm -rf "${bed:?}/$2"
    "$1" -m venv "$bed/$2"
    "$bed/$2/bin/pip" install --quiet --disable-pip-version-check -r "$beds/$3"
}

venv() { virtual_environment python3 venv requirements.txt; }

aws() { virtual_environment python3 aws aws/requirements.txt; }

localstack() {
    python=${PYTHON313:-python3.13}
    if ! "$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))'; then
        echo 'LocalStack needs Python 3.13: set PYTHON313 to its path'
        exit 1
    fi
    virtual_environment "$python" localstack localstack/requirements.txt
}

site() { virtual_environment python3 site site/requirements.txt; }

browser() {
    mkdir -p "$bed/browser"
    cp "$beds/site/package.json" "$beds/site/package-lock.json" "$beds/.npmrc" "$bed/browser/"
    (cd "$bed/browser" && npm ci --ignore-scripts --no-audit --no-fund)
}

case ${1:-} in
    localstack) install localstack localstack/requirements.txt ;;
    site) install site site/requirements.txt ;;
    browser) install browser site/package.json site/package-lock.json .npmrc ;;
    *)
        install node package.json package-lock.json .npmrc
        install venv requirements.txt
        install aws aws/requirements.txt
        ;;
esac
