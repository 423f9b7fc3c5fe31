"""Count words on the cluster that SPARK_MASTER_URL names, or in this process."""

import argparse
import os
import socket

from pyspark.sql import SparkSession

LINES = [
    "the quick brown fox jumps over the lazy dog",
    "the dog sleeps",
    "a fox is no dog",
]


def open_session() -> SparkSession:
    """Connect to the cluster; the executors call back by address, not by name."""
    return (
        SparkSession.builder.appName("word count")
        .master(os.environ.get("SPARK_MASTER_URL", "local[1]"))
        .config("spark.driver.host", socket.gethostbyname(socket.gethostname()))
        .config("spark.driver.bindAddress", "0.0.0.0")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .getOrCreate()
    )


def main() -> None:
    """Count, and print the words that come most often."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=100, help="times the text comes")
    asked = parser.parse_args()
    session = open_session()
    lines = session.sparkContext.parallelize(LINES * asked.epochs, numSlices=4)
    hosts = set(lines.mapPartitions(lambda _: [socket.gethostname()]).collect())
    counts = (
        lines.flatMap(str.split)
        .map(lambda word: (word, 1))
        .reduceByKey(lambda one, other: one + other)
        .collect()
    )
    for word, count in sorted(counts, key=lambda each: (-each[1], each[0]))[:3]:
        print(f"{word}: {count}")
    total = sum(count for _, count in counts)
    print(f"counted {total} words, {len(counts)} different, on {len(hosts)} hosts")
    session.stop()


if __name__ == "__main__":
    main()
