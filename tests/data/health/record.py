"""Record what the wrapper samples of a workload, for ``tests/unit/mofang_jobs/hang``.

    unshare --net sh -c 'ip link set lo up; python record.py distributed 80'

writes ``distributed.jsonl.gz`` here: the wrapper's own lines, unchanged. The network is
one of its own, since outside of a container the counters of ``eth0`` are the machine's.
"""

import gzip
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PERIOD_SECONDS = "0.2"

SCRIPTS = {"stuck": "distributed"}
TORCHRUN = {"distributed", "stuck"}


def record(name: str, arguments: list[str], limit_seconds: float | None) -> None:
    script = HERE / "workloads" / f"{SCRIPTS.get(name, name)}.py"
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "job.log")
        framework = "pytorch" if name in TORCHRUN else "single"
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "mofang_run.main", "--framework", framework),
                *("--", str(script), *arguments),
            ],
            env={
                **os.environ,
                "MOFANG_PROCESSES_PER_REPLICA": "2",
                "MOFANG_SAMPLE_SECONDS": PERIOD_SECONDS,
                "MOFANG_LOG_FILE": str(log),
                "MOFANG_WORKING_DIRECTORY": folder,
                "MOFANG_TERMINATION_LOG": os.devnull,
            },
            stdout=subprocess.DEVNULL,
        )
        try:
            process.wait(limit_seconds)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait()
        content = log.with_suffix(".samples.jsonl").read_bytes()
    # Without a time, the same content is the same file.
    (HERE / f"{name}.jsonl.gz").write_bytes(gzip.compress(content, 9, mtime=0))


if __name__ == "__main__":
    # A workload that hangs is ended after its limit.
    limit = float(sys.argv[3]) + 60 if sys.argv[1] == "stuck" else None
    record(sys.argv[1], sys.argv[2:], limit)
