#!/usr/bin/env bash
# Runs a workflow inside `act` on this host: no container, nothing downloaded, loopback only.
#
#   tests/act/run.sh WORKFLOW EVENT EVENT_FILE WORK
#
#   WORKFLOW     path of a workflow file
#   EVENT        pull_request, merge_group, issue_comment, push or schedule
#   EVENT_FILE   the event's payload, JSON
#   WORK         an empty directory for the run; afterwards it holds
#                  kept/JOB/     what the program left in that job's temporary directory, and its exit code
#                  uploaded/     what the workflow uploaded, by the artifact's name; the next jobs download it from there
#                  signed/       what it signed
#                  log           what act printed: one JSON object a line; a job summary is the `content` of a line whose
#                                `command` is `summary`, an output the `arg` of one whose `command` is `set-output`
#
# From the environment:
#   ACT                        the act program (default: the test bed's)
#   PROVISIONER_BINARY         the binary under test, absolute
#   RELEASE_URL                where the action finds its release, a loopback address
#   RELEASE_FILE               the file that is released there (default: tests/act/provisioner.sh)
#   GITHUB_API_URL             the forge, a loopback address
#   GITHUB_TOKEN               the job's token
#   GITHUB_REPOSITORY          owner/name, as in the event (default: acme/infra)
#   AWS_ENDPOINT_URL           AWS, a loopback address
#   LOOK_ID_TOKEN_URL, ACT_ID_TOKEN_URL, ID_TOKEN_BEARER
#                              issuers of identity tokens: to jobs without an environment, and to those with one
#
# The exit code is 0 when all jobs succeeded and 1 when one failed.
#
# What differs from the workflow at GitHub, and why:
# - the action is the one of this repository, as the commit of a release whose one file is RELEASE_FILE;
# - `tests/act/build` takes the place of its build and gives out the script that starts the binary under test;
# - other actions would be downloaded: `tests/act/stand-in` and `tests/act/download` take their places, and keep what they are given;
# - `tests/act/known-to-act.sed` deletes the lines that act does not know yet;
# - act has no identity tokens: `tests/act/provisioner.sh` starts the binary with what GitHub would give it.
set -euo pipefail

if [ "$#" -ne 4 ]; then
  printf 'usage: %s WORKFLOW EVENT EVENT_FILE WORK\n' "$0" >&2
  exit 2
fi
workflow=$(realpath -- "$1") event=$2
event_file=$(realpath -- "$3")
mkdir -p -- "$4"
work=$(realpath -- "$4")
root=$(realpath -- "$(dirname -- "${BASH_SOURCE[0]}")/../..")
act=${ACT:-$root/target/testbed/venv/bin/act}
: "${PROVISIONER_BINARY:?names the binary under test}" "${GITHUB_API_URL:?names the forge}" "${GITHUB_TOKEN:?is the job token}"
repository=${GITHUB_REPOSITORY:-acme/infra}

tree=$work/tree home=$work/home
mkdir -p -- "$tree/.github/workflows" "$home/.config/act" "$work/tmp"
sed -f "$root/tests/act/known-to-act.sed" -- "$workflow" > "$tree/.github/workflows/workflow.yml"

# The action of this repository at the commit of a release, with a stand-in for the build.
release=${RELEASE_FILE:-$root/tests/act/provisioner.sh}
mkdir -p -- "$work/action/build" "$work/action/dist"
cp -R -- "$root/action.yml" "$root/action" "$work/action/"
sum=$(sha256sum <"$release")
printf '1.2.3\n' >"$work/action/dist/VERSION"
for name in provisioner-{aarch64,x86_64}-unknown-linux-musl; do
  printf '%s  %s\n' "${sum%% *}" "$name" >>"$work/action/dist/SHA256SUMS"
  printf '%s  %s\n' "$(wc -c <"$release")" "$name" >>"$work/action/dist/SIZES"
done
# As if every `uses` had the input: the mirror of this run.
sed -i "/^  download-url:/,/^  [a-z-]*:\$/s|default: \"\"|default: \"${RELEASE_URL:-}\"|" "$work/action/action.yml"
cp -- "$root/tests/act/build/action.yml" "$work/action/build/"

# Its own home keeps the user's ~/.actrc, caches and git configuration out.
: > "$home/.config/act/actrc" # an empty one answers act's first-run question
export HOME=$home XDG_CONFIG_HOME=$home/.config XDG_CACHE_HOME=$home/.cache
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
# The caller may itself be a job (or a git hook): what it was told must not reach the runner under test.
for name in $(compgen -e); do
  case $name in
    GITHUB_API_URL | GITHUB_TOKEN | GITHUB_REPOSITORY) ;;
    GITHUB_* | RUNNER_* | ACTIONS_* | GIT_DIR | GIT_WORK_TREE | GIT_INDEX_FILE | CI) unset "$name" ;;
  esac
done

# act reads branch and commit from git, and the repository's name from a remote that it never contacts.
git init -q -b main "$tree"
git -C "$tree" remote add origin "https://github.com/$repository"
git -C "$tree" add -A
git -C "$tree" -c user.name=test -c user.email=test@example.invalid commit -q -m 'The workflow under test'

# Every action that the workflow names, from this host.
replaced=()
while read -r uses; do
  case $uses in
    acme/provisioner/build@*) replaced+=(--local-repository "${uses/\/build@/@}=$work/action") ;;
    acme/provisioner@*) replaced+=(--local-repository "$uses=$work/action") ;;
    actions/download-artifact@*) replaced+=(--local-repository "$uses=$root/tests/act/download") ;;
    *) replaced+=(--local-repository "$uses=$root/tests/act/stand-in") ;;
  esac
done < <(sed -n 's/^ *\(- \)\?uses: \([^ #]*\).*/\2/p' "$tree/.github/workflows/workflow.yml" | sort -u)

# The token goes through the environment, so that no process list shows it.
status=0
TMPDIR=$work/tmp "$act" "$event" \
  --directory "$tree" \
  --workflows .github/workflows/workflow.yml \
  --eventpath "$event_file" \
  --platform ubuntu-latest=-self-hosted \
  "${replaced[@]}" \
  --action-offline-mode \
  --no-cache-server \
  --json \
  --secret GITHUB_TOKEN \
  --env GITHUB_API_URL="$GITHUB_API_URL" \
  --env GITHUB_GRAPHQL_URL="$GITHUB_API_URL/graphql" \
  --env GITHUB_REPOSITORY="$repository" \
  --env AWS_ENDPOINT_URL="${AWS_ENDPOINT_URL-}" \
  --env LOOK_ID_TOKEN_URL="${LOOK_ID_TOKEN_URL-}" \
  --env ACT_ID_TOKEN_URL="${ACT_ID_TOKEN_URL-}" \
  --env ID_TOKEN_BEARER="${ID_TOKEN_BEARER-}" \
  --env ACT_WORK="$work" \
  --env ACT_BINARY="$PROVISIONER_BINARY" \
  --env ACT_SCRIPT="$root/tests/act/provisioner.sh" \
  </dev/null >"$work/log" 2>&1 || status=$?

[ "$status" -eq 0 ] || status=1
exit "$status"
