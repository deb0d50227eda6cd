#!/usr/bin/env bash
# Cuts a release into target/release-dry-run, as far as that needs no account: the commits and the tags are made in a clone, only this
# machine's architecture is built, and the images go to a registry on loopback. Prints what it took and what came out.
#
#     release/dry-run.sh [VERSION] [--again]      --again: build a second time, in another folder, and compare
#
# Needs skopeo, umoci, bwrap, docker-registry and busybox-static (all Debian packages). Nothing is fetched besides crates and tools.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

version='' again=''
for word in "$@"; do
  case $word in
    --again) again=1 ;;
    *) version=$word ;;
  esac
done
current=$(sed -n '/^\[package\]/,/^\[dep/s/^version = "\(.*\)"$/\1/p' Cargo.toml)
version=${version:-${current%.*}.$((${current##*.} + 1))}

target=$(uname -m)-unknown-linux-musl
case $(uname -m) in x86_64) architecture=amd64 ;; *) architecture=arm64 ;; esac
missing=''
for tool in skopeo umoci bwrap docker-registry busybox objcopy; do
  command -v "$tool" >/dev/null || missing+=" $tool"
done
if [ -n "$missing" ]; then
  printf 'error: not installed:%s\n' "$missing" >&2
  exit 1
fi

work=${PROVISIONER_DRY_RUN:-$PWD/target/release-dry-run}
testbed=$PWD/target/testbed
rm -rf -- "$work/source" "$work/assets" "$work/images" "$work/again"
mkdir -p "$work/assets"
export PROVISIONER_RELEASE_TOOLS=${PROVISIONER_RELEASE_TOOLS:-$PWD/target/release-tools}
exec 3>&1
table=''

# step NAME COMMAND… runs a command, and remembers how long it took.
step() {
  local name=$1 start=$SECONDS
  shift
  printf '\n=== %s\n' "$name" >&3
  "$@"
  table+=$(printf '%-46s %5d s' "$name" "$((SECONDS - start))")$'\n'
}

# The clone has what is committed, as the release will.
prepare() {
  git clone --quiet --no-hardlinks . "$work/source"
  cd "$work/source"
  git config user.name "${GIT_AUTHOR_NAME:-Dry run}"
  git config user.email "${GIT_AUTHOR_EMAIL:-dry-run@example.com}"
  # Once for the commit, once for the tag.
  release/prepare.sh "$version"
  if ! git rev-parse --quiet --verify "build-$version" >/dev/null; then release/prepare.sh "$version"; fi
}

build() { CARGO_TARGET_DIR=$work/target release/build.sh "$target" "$work/assets/provisioner-$target"; }

rebuild() {
  git clone --quiet --no-hardlinks "$work/source" "$work/again/elsewhere"
  (cd "$work/again/elsewhere" && CARGO_TARGET_DIR=$work/again/target release/build.sh "$target" "$work/again/provisioner")
  cmp "$work/again/provisioner" "$work/assets/provisioner-$target"
  rm -rf -- "$work/again/target"
  printf 'the same bytes\n'
}

assets() { release/assets.sh "$work/assets" "$work/assets/provisioner-$target"; }

notes() {
  "$testbed/venv/bin/python" release/notes.py "$version" --new "$work/assets/provisioner-$target" \
    ${OLD:+--old "$OLD"} --differences "$work/differences" > "$work/notes.md"
}

images() {
  SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) release/image.py "$1" --version "$version" --revision "$(git rev-parse HEAD)" \
    --binary "$architecture=$work/assets/provisioner-$target" --busybox "$architecture=$(command -v busybox)" \
    --applets "$(command -v busybox)"
}

images_twice() {
  images "$work/images" | tee "$work/digests"
  images "$work/again/images" | cmp - "$work/digests"
}

registry() {
  local port=$((20000 + RANDOM % 20000)) digest variant found pid
  printf 'version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: "127.0.0.1:%d"}\n' \
    "$work/again/registry" "$port" > "$work/again/registry.yml"
  docker-registry serve "$work/again/registry.yml" > "$work/again/registry.log" 2>&1 &
  pid=$!
  for _ in $(seq 100); do
    if (: < "/dev/tcp/127.0.0.1/$port") 2>/dev/null; then break; fi
    sleep 0.1
  done
  while read -r digest variant; do
    skopeo copy --quiet --all --preserve-digests --dest-tls-verify=false "oci:$work/images/$variant:$version" "docker://127.0.0.1:$port/provisioner:$version-$variant"
    found=$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://127.0.0.1:$port/provisioner:$version-$variant")
    if [ "$found" != "$digest" ]; then
      kill "$pid"
      printf 'error: the registry has %s instead of %s\n' "$found" "$digest" >&2
      return 1
    fi
    printf '%s  %s\n' "$found" "$version-$variant"
  done < "$work/digests"
  kill "$pid"
}

# The commit with the sums, its tag, and what somebody who pinned it does with them.
verify() {
  local commit
  commit=$(release/sums-commit.sh "build-$version^{commit}" "$version" "$work/assets")
  git tag "v$version" "$commit"
  test "$(git diff --name-only "build-$version" "v$version" | tr '\n' ' ')" = 'dist/SHA256SUMS dist/SIZES dist/VERSION '
  test "$(git show "v$version:dist/VERSION")" = "$version"
  git show "v$version:dist/SHA256SUMS" | (cd "$work/assets" && sha256sum --check --strict --quiet)
  mkdir "$work/again/root"
  cp "$work/assets/provisioner-$target" "$work/again/root/provisioner"
  # Nothing else is there: no library, no shell.
  bwrap --ro-bind "$work/again/root" / --clearenv -- /provisioner --version
  if strings -a "$work/assets/provisioner-$target" | grep -F -e "${CARGO_HOME:-$HOME/.cargo}" -e "$work"; then
    printf 'error: the binary has paths of this machine\n' >&2
    return 1
  fi
}

step 'commit and tag in a clone' prepare
cd "$work/source"
step "build $target" build
mkdir -p "$work/again"
if [ -n "$again" ]; then step 'build again, in another folder' rebuild; fi
step 'bill of materials, shell files, sums' assets
step 'notes' notes
step 'images, twice' images_twice
step 'registry on loopback' registry
step 'tests of the image' tests/image/run.py "$work/images" "$testbed"
step 'commit with sums, tag, verification' verify
rm -rf -- "$work/again"

printf '\n%s\n' "$table"
awk '{ printf "%-46s %8.2f MB\n", $2, $1 / 1e6 }' "$work/assets/SIZES"
for variant in minimal ci; do
  printf '%-46s %8.2f MB compressed\n' "image $variant" "$(du -sb "$work/images/$variant/blobs" | awk '{ print $1 / 1e6 }')"
done
printf '\n%s: %s\n' "$version" "$work"
