"""``make bench``: every figure beside a bare baseline, in one run.

It runs inside the first node's network, where pods are reached as the hub
reaches them; nothing leaves the machine.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.table import Row
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


def measure(platform: Platform, rounds: int) -> Iterator[str]:
    """All figures, a line each, as they are measured."""
    from bench import (  # noqa: PLC0415
        jobs,
        many,
        memory,
        panel,
        routes,
        running,
        servers,
        training,
    )

    def lines(rows: Iterable[Row]) -> Iterator[str]:
        return (row.text() for row in rows)

    yield f"minimum / median / maximum of {rounds} or more, taken in turn"
    subjects = servers.Servers(platform)
    session = subjects.session
    yield from lines(memory.rows())
    yield from lines(servers.rows(platform, subjects, rounds))
    yield from lines(routes.rows(rounds * 4))
    session.start(servers.SERVER, servers.OPTIONS)
    session.wait_ready(servers.SERVER)
    runs = training.Training(platform, session)
    yield from lines(jobs.rows(platform, session, rounds * 2))
    yield from lines(training.rows(runs, rounds))
    yield from lines(many.rows(session, runs, BURST))
    yield from lines(panel.rows(platform, session, runs, rounds, FINISHED))
    yield from lines(running.rows(platform, session, runs, rounds * 8))
    session.stop(servers.SERVER)


def main() -> None:
    """Measure, print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    enter_network()
    ARTEFACTS.mkdir(exist_ok=True)
    platform = Platform()
    port = platform.url.rpartition(":")[2]
    listen = f"TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr"
    forwarder = subprocess.Popen(["socat", listen, "TCP:10.213.0.2:30080"])
    try:
        eventually(lambda: is_open(int(port)), within=5, what="the way in")
        with (ARTEFACTS / "bench.txt").open("w") as kept:
            for line in measure(platform, rounds):
                print(line, flush=True)
                kept.write(line + "\n")
    finally:
        forwarder.terminate()
        forwarder.wait(timeout=10)


if __name__ == "__main__":
    main()
