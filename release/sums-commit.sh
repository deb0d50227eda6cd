#!/usr/bin/env bash
# Makes the commit that the release's tag stands on: the commit that was built, and dist/ with the sums and sizes of what was built
# from it. Prints its id; changes no branch and no file of the work tree.
#
#     release/sums-commit.sh COMMIT VERSION FOLDER
set -euo pipefail

commit=$1 version=$2 folder=$3
index=$(mktemp -u)
trap 'rm -f -- "$index"' EXIT
export GIT_INDEX_FILE=$index
git read-tree "$commit"
printf '%s\n' "$version" > "$folder/VERSION"
for name in SHA256SUMS SIZES VERSION; do
  git update-index --add --cacheinfo "100644,$(git hash-object -w -- "$folder/$name"),dist/$name"
done
rm -- "$folder/VERSION"
git commit-tree "$(git write-tree)" -p "$commit" -m "chore(release): add the sums of $version"
