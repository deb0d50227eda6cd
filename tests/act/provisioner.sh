#!/usr/bin/env bash
# Starts the binary under test inside `act` as a job of GitHub would, and keeps what it leaves: `tests/act/run.sh` says where.
set -euo pipefail

# GitHub makes a token's subject from the job's `environment`. Which of two issuers a job is sent to stands for that.
if [ -n "$PROVISIONER_ENVIRONMENT" ]; then
  job=$GITHUB_JOB-$PROVISIONER_ENVIRONMENT url=$ACT_ID_TOKEN_URL
else
  job=$GITHUB_JOB url=$LOOK_ID_TOKEN_URL
fi
if [ -n "$url" ]; then
  export ACTIONS_ID_TOKEN_REQUEST_URL=$url ACTIONS_ID_TOKEN_REQUEST_TOKEN=$ID_TOKEN_BEARER
fi

status=0
"$ACT_BINARY" "$@" || status=$?

# The runner's temporary directory goes with the job.
kept=$ACT_WORK/kept/$job
mkdir -p -- "$kept"
printf '%s\n' "$status" > "$kept/status"
for left in "$RUNNER_TEMP"/provisioner*; do
  if [ -e "$left" ]; then cp -R -- "$left" "$kept/"; fi
done
exit "$status"
