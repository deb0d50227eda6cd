#!/usr/bin/env bash
# Runs provisioner and the tools that people use instead over the same files, one after the other on the same machine, and prints
# Markdown tables: time, memory, cold start, size. docs/benchmarks.md says what is compared and why that is fair.
#
#   benches/compare.sh              builds the release binary first
#   BINARY=path benches/compare.sh  measures that one
#
# Needs bash 5, git, GNU time and rustc; hyperfine is used where it is installed.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
bed=${PROVISIONER_TESTBED:-$root/target/testbed}
PROVISIONER_TESTBED=$bed "$root/tests/testbed_servers/install.sh"
time=$(type -P time) || { echo 'GNU time is missing' >&2; exit 1; }
if [[ -z ${BINARY:-} ]]; then
    cargo build --release --locked --quiet --manifest-path "$root/Cargo.toml"
    BINARY=${CARGO_TARGET_DIR:-$root/target}/release/provisioner
fi
binary=$(realpath -- "$BINARY")
check_jsonschema=$bed/venv/bin/check-jsonschema
cfn_lint=$bed/venv/bin/cfn-lint

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
cd -- "$work"
# How a person has set up git is not to matter.
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null

rustc --edition 2024 -O -o write "$root/benches/configs/write.rs"
"$binary" schema s3 > schema.json

# row WHAT N RUNS COMMAND...: a line of the table, with the median of the wall times and the largest memory of all runs.
row() {
    local what=$1 count=$2 runs=$3 start stop memory=0 status=0
    local -a walls=()
    shift 3
    for ((run = 0; run < runs; run++)); do
        start=${EPOCHREALTIME/[.,]/}
        "$time" --quiet --output rss --format %M "$@" > output 2>&1 || status=$?
        stop=${EPOCHREALTIME/[.,]/}
        walls+=($((stop - start)))
        if (($(< rss) > memory)); then memory=$(< rss); fi
    done
    if ((status != 0)); then
        tail -n 20 output >&2
        echo "exit code $status: $*" | cut -c 1-200 >&2
        exit 1
    fi
    mapfile -t walls < <(printf '%s\n' "${walls[@]}" | sort -n)
    awk -v what="$what" -v count="$count" -v wall="${walls[runs / 2]}" -v memory="$memory" 'BEGIN {
        printf "| `%s` | %d | %.1f ms | %.1f µs | %.1f MB |\n", what, count, wall / 1000, wall / count, memory / 1024
    }'
}

# configs N: makes ./N, where the first N configs are, and their templates.
configs() {
    ./write "$1/s3/configs" "$1" base
    "$binary" create-prov-template --no-log --format json "$1/s3/configs" > "$1/created.json"
}

# repository N: makes ./repository-N, a repository in which the last commit changes N configs.
repository() {
    local git=(git -C "repository-$1" -c user.name=bench -c user.email=bench@example.com)
    git init --quiet "repository-$1"
    ./write "repository-$1/s3/configs" "$1" base
    "${git[@]}" add . && "${git[@]}" commit --quiet --message base
    ./write "repository-$1/s3/configs" "$1" head
    "${git[@]}" add . && "${git[@]}" commit --quiet --message head
}

# cold NAME COMMAND...: the time that a process needs to say what it can do.
cold() {
    local name=$1 start stop
    shift
    if type -P hyperfine > hyperfine.path; then
        hyperfine --shell none --warmup 3 --runs 50 --export-csv cold.csv "$@" > output 2>&1
        awk -F , -v name="$name" 'NR == 2 { printf "| `%s` | %.1f ms |\n", name, $2 * 1000 }' cold.csv
    else
        for run in 1 2 3; do "$@" > output; done
        start=${EPOCHREALTIME/[.,]/}
        for ((run = 0; run < 50; run++)); do "$@" > output; done
        stop=${EPOCHREALTIME/[.,]/}
        awk -v name="$name" -v all=$((stop - start)) 'BEGIN { printf "| `%s` | %.1f ms |\n", name, all / 50000 }'
    fi
}

for count in 1 10 100 1000 10000; do configs "$count"; done

echo '| configs against the schema | n | wall | per config | max RSS |'
echo '|---|--:|--:|--:|--:|'
for count in 1 100 1000 10000; do
    row 'provisioner validate-config' "$count" 5 "$binary" validate-config --no-log --format json "$count/s3/configs"
done
for count in 1 100 1000; do
    row 'check-jsonschema' "$count" 3 "$check_jsonschema" --schemafile schema.json "$count"/s3/configs/*.yaml
done

echo
echo '| templates against the rules of CloudFormation | n | wall | per template | max RSS |'
echo '|---|--:|--:|--:|--:|'
for count in 1 10 100 1000; do
    row 'provisioner validate-prov-template' "$count" 5 \
        "$binary" validate-prov-template --no-log --format json "$count/s3/configs"
done
for count in 1 10 100; do
    row 'cfn-lint' "$count" 1 "$cfn_lint" --non-zero-exit-code error -- "$count"/s3/templates/*.yaml
done

echo
echo '| a change of n configs, from git to the comment | n | wall | per config | max RSS |'
echo '|---|--:|--:|--:|--:|'
for count in 1 1000 10000; do
    repository "$count"
    row 'provisioner check' "$count" 3 "$binary" check --base HEAD~1 --repository "repository-$count"
done

echo
echo '| cold start | mean of 50 |'
echo '|---|--:|'
cold 'provisioner --help' "$binary" --help
cold 'check-jsonschema --help' "$check_jsonschema" --help
cold 'cfn-lint --help' "$cfn_lint" --help

echo
echo "The binary has $(stat --format %s -- "$binary") bytes. Measured on $(nproc) cores of$(
    awk -F : '/^model name/ { print $2; exit }' /proc/cpuinfo), Linux $(uname -r | cut -d . -f 1-2)."
