#!/usr/bin/env bash
# Runs provisioner in a job: the binary that the input `binary` names, or the released one of this commit. Never builds.
#
# action.yml passes every input as an environment variable. The program writes outputs, job summary and annotations itself, and its
# exit code is the step's. Exit codes of this script: 2 for a refusal, 31 if the download server does not answer.
# shellcheck disable=SC2016 # backticks are Markdown
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=action/release.sh
. "$here/release.sh"

if [ ! -d "${RUNNER_TEMP:-}" ] || [ ! -w "${RUNNER_TEMP:-}" ]; then
  refuse 'Job folder' "RUNNER_TEMP is not a folder that this job can write to: \"$(text "${RUNNER_TEMP:-}")\". Correct the runner."
fi
command -v sha256sum >/dev/null || command -v shasum >/dev/null ||
  refuse 'Binary refused' 'Neither sha256sum nor shasum was found on this runner. Install one of them.'
given=${PROVISIONER_BINARY:-}
expected=${PROVISIONER_BINARY_SHA256:-}
if [ -z "$given" ]; then
  if [ -n "$expected" ]; then
    refuse 'Binary refused' 'The input `binary-sha256` is set, and the input `binary` is empty. Pass the path of the binary too, or neither.'
  fi
  get_release "$here/../dist"
else
  case $given in
    /*) binary=$given ;;
    *) binary=$PWD/$given ;;
  esac
  [ -f "$binary" ] || refuse 'Binary refused' "The input \`binary\` names no file: $(text "$given"). Correct the path."
  if [ -n "$expected" ]; then
    expected=$(printf '%s' "$expected" | tr -d '[:space:]' | LC_ALL=C tr 'A-F' 'a-f')
    matches '[0-9a-f]{64}' "$expected" ||
      refuse 'Binary refused' "The input \`binary-sha256\` is not a SHA-256 of 64 hexadecimal digits: $(text "$expected"). Pass the output \`sha256\` of the job that built the binary."
    [ -r "$binary" ] || refuse 'Binary refused' "The binary cannot be read: $(text "$given"). Let the job's user read it."
    found=$(sha256 "$binary")
    if [ "$found" != "$expected" ]; then
      refuse 'Binary refused' "The binary does not have the digest of the input \`binary-sha256\`: expected $expected, found $found. Re-run all jobs, the build too."
    fi
  elif [ -n "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ]; then
    refuse 'Binary refused' 'This job can request an identity token, and the input `binary-sha256` is empty. Pass the output `sha256` of the job that built the binary.'
  fi
fi

# An artifact does not keep the permission.
[ -x "$binary" ] || chmod +x -- "$binary" 2>/dev/null ||
  refuse 'Binary refused' "The binary is not executable, and this job cannot change that: $(text "$binary"). Make it executable."
# Read from the shell, not from the `runner` context: inside a job container the two name different directories.
export PROVISIONER_SARIF_FILE="${PROVISIONER_SARIF_FILE:-$RUNNER_TEMP/provisioner.sarif}"
# The forge counts the download too.
export PROVISIONER_SPENT_SECONDS=$SECONDS
# The runner signals this process alone: with `exec` it is the program, which then takes back what it began.
command=ci
[ "${PROVISIONER_DOCTOR:-}" != true ] || command=doctor
exec "$binary" "$command"
