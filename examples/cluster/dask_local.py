"""A study on Dask: each task is the command line on a shard of the seeds.

    python examples/cluster/dask_local.py CONFIG [--runs 1000000] [--shards 40] [--workers 4]

It starts a cluster on this machine. On a cluster of machines, give its address:
--scheduler tcp://HOST:8786; canary-rollout must be in the path of the workers.
"""

import argparse
import os
import subprocess
import sys
import time

from dask.distributed import Client, LocalCluster, as_completed

PROGRAM = os.environ.get("CANARY_ROLLOUT", "canary-rollout")


def rows(config: str, runs: str, shard: int, of: int) -> str:
    """The rows of a shard, as text. `config` is the text of the configuration."""
    command = [PROGRAM, "study", "-", "--runs", runs, "--threads", "1", "--quiet"]
    command += ["--rows", "-", "--shard", f"{shard}/{of}"]
    done = subprocess.run(command, input=config, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return done.stdout


def main() -> int:
    options = argparse.ArgumentParser(description="A study on Dask.")
    options.add_argument("config", help="a file, or the name of a preset")
    options.add_argument("--runs", default="1000000")
    options.add_argument("--shards", type=int, default=40)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--scheduler", help="the address of a cluster, in place of a local one")
    given = options.parse_args()
    if os.path.exists(given.config):
        with open(given.config, encoding="utf-8") as file:
            config = file.read()
    else:
        preset = [PROGRAM, "presets", given.config]
        config = subprocess.run(preset, check=True, capture_output=True, text=True).stdout

    cluster = given.scheduler or LocalCluster(
        n_workers=given.workers, threads_per_worker=1, dashboard_address=None
    )
    with Client(cluster) as client:
        started = time.perf_counter()
        # Not pure: a shard is never taken from another study's cache.
        tasks = [
            client.submit(rows, config, given.runs, shard, given.shards, pure=False, retries=3)
            for shard in range(1, given.shards + 1)
        ]
        # In the order in which they end: the order of rows does not matter.
        combine = subprocess.Popen(
            [PROGRAM, "combine", "-"], stdin=subprocess.PIPE, encoding="utf-8"
        )
        for _, text in as_completed(tasks, with_results=True):
            combine.stdin.write(text)
        seconds = time.perf_counter() - started
        print(f"{given.shards} shards in {seconds:.2f} s", file=sys.stderr)
    combine.stdin.close()
    return combine.wait()


if __name__ == "__main__":
    sys.exit(main())
