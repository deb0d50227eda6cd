#!/usr/bin/env bash
# Checks a sample pull request in a scratch repository, as CI would. Prints the comment, and writes it as pages in the looks of two
# forges. No account, no network.
#
#     demo.sh [FOLDER]     the folder of the pages [default: target/demo]
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
binary=${PROVISIONER_BINARY:-$target/debug/provisioner}
page=$target/debug/examples/comment-page
pages=${1:-$target/demo}
repository=$(mktemp -d)
trap 'rm -rf -- "$repository"' EXIT

# The caller's git configuration (hooks, signing) has no part in this.
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=demo GIT_AUTHOR_EMAIL=demo@example.com GIT_COMMITTER_NAME=demo GIT_COMMITTER_EMAIL=demo@example.com
export GIT_AUTHOR_DATE=2026-01-01T00:00:00Z GIT_COMMITTER_DATE=2026-01-01T00:00:00Z
git() { command git -C "$repository" "$@"; }

git init --quiet --initial-branch=main
mkdir -p "$repository/s3"
cp -r "$root/examples/s3/configs" "$repository/s3/"
configs=$repository/s3/configs

# What is deployed today: the two examples, and a config that will be removed.
sed -e 's/prod/staging/; s/b001/b002/' "$configs/edge-prod-b001-us-west-1-s3.yaml" >"$configs/edge-staging-b002-us-west-1-s3.yaml"
git add . && git commit --quiet --message 'Deployed'

# The pull request: another lifecycle, a renamed bucket, a new tenant, a removed config, and one with mistakes.
git switch --quiet --create pull-request
sed -i.bak -e 's/ml-optimized/compliance/; s/- demand-forecasting/&\n    - fraud-detection/' "$configs/edge-prod-b001-us-west-1-s3.yaml"
sed -i.bak -e 's/edge-recommendation-engine-data/edge-recommender/' "$configs/edge-prod-b001-us-west-1-recommendation-engine-s3.yaml"
cat >"$configs/edge-test-b003-eu-central-1-s3.yaml" <<'YAML'
client: { company_name: Edge Corporation, company_prefix: edge, account_id: "123456789012", tenant_id: "b003" }
environment: { env: test, region: eu-central-1 }
s3: { versioning: false }
YAML
cat >"$configs/edge-dev-b004-us-west-1-s3.yaml" <<'YAML'
client:
  company_name: Edge Corporation
  company_prefix: edge
  account_id: 012345678901
  tenant_id: "b004"
environment:
  env: devel
  region: us-west-1
s3:
  versionning: true
  route_table_ids: rtb-0a1b2c3d
YAML
rm "$configs"/*.bak
git rm --quiet s3/configs/edge-staging-b002-us-west-1-s3.yaml
git add . && git commit --quiet --message 'Change'

mkdir -p -- "$pages"
status=0
"$binary" check --repository "$repository" --base main >"$pages/comment.md" || status=$?
# 10 says that there are config errors: the demo has some on purpose.
[ "$status" -eq 10 ] || { echo "expected exit status 10, got $status" >&2; exit 1; }

printf '%s\n\n' 'The comment that this pull request gets:'
cat -- "$pages/comment.md"
printf '\n%s\n' 'The same as a page, in the looks of two forges:'
for forge in github gitlab; do
  "$page" "$forge" "$pages/comment.md" "$pages/$forge.html"
  printf '  %s\n' "$(cd -- "$pages" && pwd)/$forge.html"
done
