#!/usr/bin/env bash
# Builds the released binary of one target. One commit gives the same bytes in any folder and for any user:
#
#     release/build.sh TARGET OUTPUT
#
# Linux binaries are static, and zig compiles and links their C code. macOS binaries are built on macOS with its own compiler.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

if [ $# -ne 2 ]; then
  printf 'usage: release/build.sh TARGET OUTPUT\n' >&2
  exit 2
fi
target=$1 output=$2
tools=$(release/tools.sh)
export PATH="$tools/bin:$tools/venv/bin:$PATH"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
# mimalloc keeps the time of its compilation. One time for all commits: neither cargo nor zig compiles C again when it changes.
export SOURCE_DATE_EPOCH=315532800 ZIG_GLOBAL_CACHE_DIR=$CARGO_TARGET_DIR/zig

# Paths of this machine stay out of the binary, those of Rust and of C.
cargo_home=${CARGO_HOME:-$HOME/.cargo}
# A panic ends the program, so no tables for unwinding are asked for.
rust=(-Cforce-unwind-tables=no) c=(-fno-asynchronous-unwind-tables -fno-unwind-tables)
for map in "$PWD=/provisioner" "$CARGO_TARGET_DIR=/target" "$cargo_home=/cargo"; do
  rust+=("--remap-path-prefix=$map")
  c+=("-ffile-prefix-map=$map")
done
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f'; printf '%s' "${rust[*]}")
export CARGO_ENCODED_RUSTFLAGS
export "CFLAGS_${target//-/_}=${c[*]}"

# Settings of the user or of other projects change the bytes.
unset RUSTFLAGS CFLAGS CXXFLAGS LDFLAGS CARGO_BUILD_TARGET
case $target in
  *-linux-musl) build=zigbuild ;;
  *) build=build ;;
esac
cargo auditable "$build" --profile dist --locked --bin provisioner --target "$target"
mkdir -p -- "$(dirname -- "$output")"
install -m 755 -- "$CARGO_TARGET_DIR/$target/dist/provisioner" "$output"
