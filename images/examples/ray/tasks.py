"""Spread tasks over the nodes of the Ray cluster this process is on."""

import argparse
import socket
import sys

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy


@ray.remote(num_cpus=0.1)
def sum_of_squares(begin: int, end: int) -> tuple[str, int]:
    """Return where this ran, and the sum."""
    return socket.gethostname(), sum(number * number for number in range(begin, end))


def main() -> None:
    """Compute on every node, and add up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=10, help="tasks")
    asked = parser.parse_args()
    try:
        ray.init(address="auto")
    except ConnectionError as err:
        sys.exit(f"No Ray cluster is running here: {err}")
    nodes = [node["NodeID"] for node in ray.nodes() if node["Alive"]]
    print(f"the cluster has {len(nodes)} nodes", flush=True)
    shares = []
    for n in range(asked.epochs):
        # Tasks as short as these would all fit on the first node.
        place = NodeAffinitySchedulingStrategy(nodes[n % len(nodes)], soft=True)
        task = sum_of_squares.options(scheduling_strategy=place)
        shares.append(task.remote(n * 1000, (n + 1) * 1000))
    done = ray.get(shares)
    hosts = {host for host, _ in done}
    total = sum(number for _, number in done)
    print(f"sum of squares: {total} by {len(done)} tasks on {len(hosts)} nodes")
    ray.shutdown()


if __name__ == "__main__":
    main()
