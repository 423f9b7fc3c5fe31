"""``make bench``: every figure beside a bare baseline, in one run.

It runs inside the first node's network, where pods are reached as the hub
reaches them; nothing leaves the machine.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import gateway
from bench.table import Row
from mofang_local import forwarder
from support.eventually import eventually
from support.platform import ARTEFACTS, Platform
from support.ports import is_open

BURST = 500
FINISHED = 5000
NETWORK = "/run/netns/mofang-cpu-1"


def enter_network() -> None:
    """Begin again inside the node's network, with its own way to the gateway."""
    if os.environ.get("MOFANG_BENCH_INSIDE"):
        return
    environment = {
        **os.environ,
        "MOFANG_BENCH_INSIDE": "1",
        "KUBECONFIG": Platform().kubeconfig,
    }
    command = ["nsenter", f"--net={NETWORK}", sys.executable, "-m", "tests.bench"]
    command += sys.argv[1:]
    sys.exit(subprocess.run(command, env=environment, check=False).returncode)


def measure(platform: Platform, rounds: int, only: Collection[str]) -> Iterator[str]:
    """Figures, a line each, as they are measured; of some groups, or of all."""
    from bench import (  # noqa: PLC0415
        browser,
        hostile,
        jobs,
        many,
        memory,
        panel,
        routes,
        running,
        servers,
        start_ahead,
        storage,
        training,
    )
    from bench.many_jobs import many_jobs_allowed  # noqa: PLC0415

    yield f"minimum / median / maximum of {rounds} or more, taken in turn"
    subjects = servers.Servers(platform)
    session = subjects.session
    before: dict[str, Callable[[], Iterable[Row]]] = {
        "memory": memory.rows,
        "servers": lambda: servers.rows(platform, subjects, rounds),
        "browser": lambda: browser.rows(platform, subjects, rounds),
        "routes": lambda: routes.rows(rounds * 4),
        "storage": lambda: storage.rows(platform, subjects, rounds),
    }
    for name, rows in before.items():
        if not only or name in only:
            yield from (row.text() for row in rows())
    session.start(servers.SERVER, servers.OPTIONS)
    session.wait_ready(servers.SERVER)
    runs = training.Training(platform, session)
    # Later ones need an object that the platform made of a job.
    runs.ours()
    with_jobs: dict[str, Callable[[], Iterable[Row]]] = {
        "jobs": lambda: jobs.rows(platform, session, rounds * 2),
        "training": lambda: training.rows(runs, rounds),
        "many": lambda: many.rows(session, runs, BURST),
        "panel": lambda: panel.rows(platform, session, runs, rounds, FINISHED),
        "running": lambda: running.rows(platform, session, runs, rounds * 20),
    }
    # What people may have, before it is more for the rest.
    if not only or "hostile" in only:
        yield from (row.text() for row in hostile.rows(platform, session))
    with many_jobs_allowed(platform):
        for name, rows in with_jobs.items():
            if not only or name in only:
                yield from (row.text() for row in rows())
    session.stop(servers.SERVER)
    if not only or "start_ahead" in only:
        yield from (row.text() for row in start_ahead.rows(rounds))


def main() -> None:
    """Measure, print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--only", nargs="+", default=(), metavar="GROUP", help="a module of tests/bench"
    )
    options = parser.parse_args()
    enter_network()
    ARTEFACTS.mkdir(exist_ok=True)
    platform = Platform()
    port = platform.url.rpartition(":")[2]
    forwarding = subprocess.Popen(
        forwarder.command(int(port), gateway.HOST, gateway.PORT)
    )
    try:
        eventually(lambda: is_open(int(port)), within=5, what="the way in")
        with (ARTEFACTS / "bench.txt").open("w") as kept:
            for line in measure(platform, options.rounds, options.only):
                print(line, flush=True)
                kept.write(line + "\n")
    finally:
        forwarding.terminate()
        forwarding.wait(timeout=10)


if __name__ == "__main__":
    main()
