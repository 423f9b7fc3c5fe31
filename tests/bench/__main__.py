"""``make bench``: every figure beside a bare baseline, in one run.

It runs inside the first node's network, where pods are reached as the hub
reaches them; nothing leaves the machine.
"""

import argparse
import os
import socket
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.eventually import eventually
from support.platform import ARTEFACTS, Platform

BURST = 500
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


def is_open(port: int) -> bool:
    """Whether something listens on this port of the loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def measure(platform: Platform, rounds: int) -> list[str]:
    """All figures, a line each."""
    from bench import (  # noqa: PLC0415
        browser,
        jobs,
        memory,
        routes,
        stock,
        training,
    )
    from bench.servers import OPTIONS, SERVER, Servers  # noqa: PLC0415
    from bench.table import Row, in_turn  # noqa: PLC0415

    lines = [
        Row(name=f"memory when idle: {name}", unit="MiB", ours=[mib]).text()
        for name, mib in memory.parts(platform).items()
    ]
    servers = Servers(platform)
    with stock.StockHub(platform, servers.image) as hub:
        subjects = (servers.ours, servers.bare_pod, hub.start_server)
        in_turn(1, *subjects)
        ours, bare, plain = in_turn(rounds, *subjects)
    name = "start → server ready"
    for what, samples in (("bare pod", bare), ("stock KubeSpawner", plain)):
        row = Row(name=name, unit="s", ours=ours, baseline_name=what, baseline=samples)
        lines.append(row.text())
    with browser.logged_in(platform) as page:
        clicks = [
            browser.click_to_launcher(page, servers.session) for _ in range(rounds)
        ]
    lines.append(
        Row(name="click → launcher in the browser", unit="s", ours=clicks).text()
    )
    found, plain_route = routes.routes(rounds * 4)
    lines.append(
        Row(
            name="route live through the gateway",
            unit="ms",
            ours=found,
            baseline_name="bare VirtualService",
            baseline=plain_route,
        ).text()
    )
    servers.session.start(SERVER, OPTIONS)
    servers.session.wait_ready(SERVER)
    submitted, created = jobs.submissions(platform, servers.session, rounds * 2)
    runs = training.Training(platform, servers.session)
    begun, bare_begun = in_turn(rounds, runs.ours, runs.bare)
    many = training.burst(servers.session, runs.spec, BURST)
    servers.session.stop(SERVER)
    lines.append(
        Row(
            name="submit → job object",
            unit="ms",
            ours=submitted,
            baseline_name="bare create",
            baseline=created,
        ).text()
    )
    lines.append(
        Row(
            name="submit → container runs",
            unit="s",
            ours=begun,
            baseline_name="bare create",
            baseline=bare_begun,
        ).text()
    )
    lines.append(
        Row(
            name="container runs → first step",
            unit="s",
            ours=runs.steps,
            baseline_name="bare create",
            baseline=runs.bare_steps,
        ).text()
    )
    said = ", ".join(f"{name} {value:.0f}" for name, value in many.items())
    lines.append(f"{BURST} jobs at once: {said}")
    return lines


def main() -> None:
    """Measure, print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    enter_network()
    platform = Platform()
    port = platform.url.rpartition(":")[2]
    listen = f"TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr"
    forwarder = subprocess.Popen(["socat", listen, "TCP:10.213.0.2:30080"])
    try:
        eventually(lambda: is_open(int(port)), within=5, what="the way in")
        head = f"minimum / median / maximum of {rounds} or more, taken in turn"
        lines = [head, *measure(platform, rounds)]
    finally:
        forwarder.terminate()
        forwarder.wait(timeout=10)
    ARTEFACTS.mkdir(exist_ok=True)
    (ARTEFACTS / "bench.txt").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
