#!/usr/bin/env bash
# A study on all cores, or on several machines, with GNU parallel.
# Usage: parallel.sh CONFIG RUNS SHARDS [DIRECTORY]
#
# Run it again after an interruption: what DIRECTORY has is not simulated again. On several
# machines: give parallel --sshlogin or --sshloginfile and a DIRECTORY that all of them share.
set -euo pipefail

config=${1:?a configuration, such as twice-the-errors}
runs=${2:?a number of runs, such as 1e8}
shards=${3:?a number of shards, such as 40}
rows=${4:-rows}
program=${CANARY_ROLLOUT:-canary-rollout}

mkdir -p "$rows"
seq "$shards" | parallel --halt soon,fail=1 --retries 3 \
  "$program" study "$config" --runs "$runs" --threads 1 --quiet \
  --rows "$rows/{}.ndjson" --shard "{}/$shards"
"$program" combine "$rows"/*.ndjson
