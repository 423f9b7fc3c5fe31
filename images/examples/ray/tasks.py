"""Spread tasks over the nodes of the Ray cluster this process is on."""

import argparse
import socket
import sys

import ray


@ray.remote(num_cpus=0.1, scheduling_strategy="SPREAD")
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
    nodes = sum(node["Alive"] for node in ray.nodes())
    print(f"the cluster has {nodes} nodes", flush=True)
    shares = [
        sum_of_squares.remote(n * 1000, (n + 1) * 1000) for n in range(asked.epochs)
    ]
    done = ray.get(shares)
    hosts = {host for host, _ in done}
    total = sum(number for _, number in done)
    print(f"sum of squares: {total} by {len(done)} tasks on {len(hosts)} nodes")
    ray.shutdown()


if __name__ == "__main__":
    main()
