#!/usr/bin/env bash
#SBATCH --job-name=canary-rollout
#SBATCH --array=0-39
#SBATCH --cpus-per-task=4
#SBATCH --mem=512M
#SBATCH --time=01:00:00
#SBATCH --requeue
#
# A study as an array of Slurm: 40 tasks, each with a part of the seeds.
#
#   mkdir -p rows
#   array=$(sbatch --parsable examples/cluster/slurm.sh policy.json)
#   sbatch --dependency="afterok:$array" --wrap 'canary-rollout combine rows/*.ndjson > report.json'
#
# A task that is requeued goes on where it stopped. If combine names missing shards, run them
# by number: sbatch --array=8,16 --export=ALL,SHARD_OF=40 examples/cluster/slurm.sh policy.json
set -euo pipefail

config=${1:?a configuration}
runs=${RUNS:-1e9}
rows=${ROWS:-rows}
program=${CANARY_ROLLOUT:-canary-rollout}

shard=auto/40
if [ -n "${SHARD_OF:-}" ]; then
  shard=$((SLURM_ARRAY_TASK_ID + 1))/$SHARD_OF
fi
"$program" study "$config" --runs "$runs" --threads "${SLURM_CPUS_PER_TASK:-1}" \
  --rows "$rows/$SLURM_ARRAY_TASK_ID.ndjson" --shard "$shard"
