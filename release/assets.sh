#!/usr/bin/env bash
# Completes a release folder that holds the binaries `provisioner-TARGET`: bills of materials, completions and manual pages, the
# documentation as a site, sums and sizes.
#
#     release/assets.sh FOLDER RUNNABLE      RUNNABLE: a binary that runs on this machine
set -euo pipefail

if [ $# -ne 2 ]; then
  printf 'usage: release/assets.sh FOLDER RUNNABLE\n' >&2
  exit 2
fi
folder=$(cd -- "$1" && pwd)
runnable=$(realpath -- "$2")
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH LC_ALL=C

for binary in "$folder"/provisioner-*; do
  target=${binary##*/provisioner-}
  case $target in
    *-linux-*) release/sbom.py "$target" --binary "$binary" > "$folder/$target.cdx.json" ;;
    *-darwin) release/sbom.py "$target" > "$folder/$target.cdx.json" ;;
  esac
done

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
mkdir "$work/completions"
"$runnable" man "$work/man"
for shell in bash elvish fish powershell zsh; do
  "$runnable" completions "$shell" > "$work/completions/provisioner.$shell"
done
cp LICENSE "$work"
make --silent site >&2
# GNU tar: names in order, one time, no owner.
archive() {
  local folder=$1 archive=$2
  shift 2
  tar --create --directory "$folder" --format ustar --sort name --mtime "@$SOURCE_DATE_EPOCH" --owner 0 --group 0 --numeric-owner \
    --mode 'u=rwX,go=rX' "$@" | gzip --no-name --best > "$archive"
}
archive "$work" "$folder/shell-files.tar.gz" LICENSE completions man
archive "${CARGO_TARGET_DIR:-target}/site" "$folder/docs.tar.gz" .

cd -- "$folder"
rm -f SHA256SUMS SIZES
files=(*)
sha256sum -- "${files[@]}" > "$work/sums"
stat --format '%s  %n' -- "${files[@]}" > "$work/sizes"
cp "$work/sums" SHA256SUMS
cp "$work/sizes" SIZES
