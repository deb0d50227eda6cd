#!/usr/bin/env bash
# Counts instructions instead of time: the same on a busy machine as on an idle one. Each figure is the difference between a run
# over 1 config and one over 201, divided by 200, so that what a process pays once is not in it.
#
#   benches/instructions.sh              builds the release binary first
#   BINARY=path benches/instructions.sh  measures that one
#
# Needs git, rustc and valgrind.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
if [[ -z ${BINARY:-} ]]; then
    cargo build --release --locked --quiet --manifest-path "$root/Cargo.toml"
    BINARY=${CARGO_TARGET_DIR:-$root/target}/release/provisioner
fi
binary=$(realpath -- "$BINARY")
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
cd -- "$work"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
rustc --edition 2024 -O -o write "$root/benches/configs/write.rs"

for count in 1 201; do
    git=(git -C "$count" -c user.name=bench -c user.email=bench@example.com)
    git init --quiet "$count"
    ./write "$count/s3/configs" "$count" base
    "${git[@]}" add . && "${git[@]}" commit --quiet --message base
    ./write "$count/s3/configs" "$count" head
    "${git[@]}" add . && "${git[@]}" commit --quiet --message head
    "$binary" create-prov-template --no-log --format json "$count/s3/configs" > output
done

# instructions COMMAND...: how many were executed, on one thread. What git executes is not counted.
instructions() {
    RAYON_NUM_THREADS=1 valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" > output 2> log ||
        { cat log >&2; return 1; }
    awk '/Collected/ { print $NF }' log
}

# row NAME ARGUMENT...: a line of the table; `%` in an argument stands for the number of configs.
row() {
    local name=$1 one many
    shift
    one=$(instructions "$binary" "${@//%/1}")
    many=$(instructions "$binary" "${@//%/201}")
    printf '| %s | %d | %d |\n' "$name" "$(((many - one) / 200))" "$one"
}

echo '| command | instructions per config | of a run over one config |'
echo '|---|--:|--:|'
row validate-config validate-config --no-log --format json %/s3/configs
row create-prov-template create-prov-template --no-log --format json %/s3/configs
row validate-prov-template validate-prov-template --no-log --format json %/s3/configs
row check check --format json --base HEAD~1 --repository %
