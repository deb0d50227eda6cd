#!/usr/bin/env bash
# Prepares a release. Run it on the default branch:
#
#     release/prepare.sh VERSION
#
# If Cargo.toml has another version, it commits the new version and its section of CHANGELOG.md on a branch `release-VERSION`. If
# Cargo.toml has this version, it tags the commit `build-VERSION`: pushing that tag starts the release.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

fail() {
  printf 'error: %s\n' "$1" >&2
  exit 1
}

version=${1:-}
[[ $version =~ ^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?$ ]] || fail "not a version such as 1.2.3: \`$version\`"
[ -z "$(git status --porcelain)" ] || fail 'the work tree has changes: commit or stash them'
for tag in "v$version" "build-$version"; do
  ! git rev-parse --quiet --verify "refs/tags/$tag" >/dev/null || fail "the tag exists: \`$tag\`"
done

current=$(sed -n '/^\[package\]/,/^\[dep/s/^version = "\(.*\)"$/\1/p' Cargo.toml)
if [ "$current" = "$version" ] && grep -q "^## \[$version\]" CHANGELOG.md; then
  git tag --annotate --message "Build $version" "build-$version"
  printf 'tagged %s as build-%s. To release it:\n\n  git push origin build-%s\n' "$(git rev-parse --short HEAD)" "$version" "$version"
  exit
fi

[ "$(printf '%s\n' "$current" "$version" | sort --version-sort | tail -n 1)" = "$version" ] || fail "older than the version in Cargo.toml, $current: \`$version\`"
date=$(date -u +%F)
python3 - "$version" "$date" <<'PYTHON'
import pathlib, re, sys

version, date = sys.argv[1:]
changelog = pathlib.Path("CHANGELOG.md")
text = changelog.read_text()
head, mark, rest = text.partition("## [Unreleased]\n")
section = re.split(r"^## \[", rest, maxsplit=1, flags=re.MULTILINE)[0]
if not mark or not section.strip():
    sys.exit("error: nothing below `## [Unreleased]` in CHANGELOG.md")
changelog.write_text(f"{head}{mark}\n## [{version}] - {date}\n{rest}")
for file, pattern in (
    ("Cargo.toml", r'(\[package\]\nname = "provisioner"\nversion = )".*"'),
    ("Cargo.lock", r'(name = "provisioner"\nversion = )".*"'),
):
    path = pathlib.Path(file)
    text, count = re.subn(pattern, rf'\1"{version}"', path.read_text(), count=1)
    if count != 1:
        sys.exit(f"error: no version of provisioner in {file}")
    path.write_text(text)
PYTHON
git switch --quiet --create "release-$version"
git commit --quiet --message "chore(release): $version" -- Cargo.toml Cargo.lock CHANGELOG.md
printf 'committed %s on the branch release-%s. Merge it by a pull request, and run this again on the default branch.\n' "$(git rev-parse --short HEAD)" "$version"
