#!/usr/bin/env bash
# Runs the action inside `act` on this host: no container, nothing downloaded, loopback only.
#
#   tests/act/run.sh EVENT EVENT_FILE WORK
#
#   EVENT        pull_request or merge_group
#   EVENT_FILE   the event's payload, JSON
#   WORK         an empty directory for the run; afterwards it holds
#                  kept/outputs   the action's outputs as a later step saw them, one key=value a line
#                  kept/          beside it, the SARIF file and the report that the outputs named
#                  log            what act printed: one JSON object a line; the job summary is the `content` of the line
#                                 whose `command` is `summary`
#
# From the environment:
#   ACT                  the act program (default: the test bed's)
#   PROVISIONER_BINARY   the binary under test, absolute
#   GITHUB_API_URL       the forge, a loopback address
#   GITHUB_TOKEN         the job's token
#   GITHUB_REPOSITORY    owner/name, as in the event (default: acme/infra)
#   ACT_CONFIGS, ACT_COMMENT   the inputs of the same names; optional
#
# The exit code is 0 when the job succeeded and 1 when it failed; the action's own outcome is in `kept/outputs`.
set -euo pipefail

if [ "$#" -ne 3 ]; then
  printf 'usage: %s EVENT EVENT_FILE WORK\n' "$0" >&2
  exit 2
fi
event=$1
event_file=$(realpath -- "$2")
mkdir -p -- "$3"
work=$(realpath -- "$3")
root=$(realpath -- "$(dirname -- "${BASH_SOURCE[0]}")/../..")
act=${ACT:-$root/target/testbed/venv/bin/act}
: "${PROVISIONER_BINARY:?names the binary under test}" "${GITHUB_API_URL:?names the forge}" "${GITHUB_TOKEN:?is the job token}"
repository=${GITHUB_REPOSITORY:-acme/infra}

# act copies the whole work tree for the job, and `target/` has gigabytes: give it a repository with the two files that
# matter. Its own home keeps the user's ~/.actrc, caches and git configuration out.
tree=$work/tree
home=$work/home
mkdir -p -- "$tree/.github/workflows" "$home/.config/act" "$work/kept" "$work/tmp"
cp -- "$root/action.yml" "$tree/action.yml"
cp -- "$root/tests/act/check.yml" "$tree/.github/workflows/check.yml"
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
git -C "$tree" -c user.name=test -c user.email=test@example.invalid commit -q -m 'The action under test'

# The token goes through the environment, so that no process list shows it.
status=0
TMPDIR=$work/tmp "$act" "$event" \
  --directory "$tree" \
  --workflows .github/workflows/check.yml \
  --eventpath "$event_file" \
  --platform ubuntu-latest=-self-hosted \
  --action-offline-mode \
  --no-cache-server \
  --json \
  --secret GITHUB_TOKEN \
  --env GITHUB_API_URL="$GITHUB_API_URL" \
  --env GITHUB_GRAPHQL_URL="$GITHUB_API_URL/graphql" \
  --env GITHUB_REPOSITORY="$repository" \
  --env ACT_BINARY="$PROVISIONER_BINARY" \
  --env ACT_CONFIGS="${ACT_CONFIGS-}" \
  --env ACT_COMMENT="${ACT_COMMENT-}" \
  --env ACT_KEEP="$work/kept" \
  </dev/null >"$work/log" 2>&1 || status=$?

[ "$status" -eq 0 ] || status=1
exit "$status"
