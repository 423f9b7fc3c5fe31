"""Fit a line whose weights live on parameter servers.

The chief schedules steps, workers compute them, parameter servers hold the weights.
Workers and parameter servers serve until the job's operator removes them.
"""

import argparse
import os

import tensorflow as tf
from cluster import line, read_cluster

import mofang


def serve(cluster: tf.distribute.cluster_resolver.TFConfigClusterResolver) -> None:
    """Do what the chief asks, for ever."""
    server = tf.distribute.Server(
        cluster.cluster_spec(),
        job_name=cluster.task_type,
        task_index=cluster.task_id,
        protocol="grpc",
    )
    print(f"{cluster.task_type} {cluster.task_id} serves", flush=True)
    server.join()


def train(
    cluster: tf.distribute.cluster_resolver.TFConfigClusterResolver,
    epochs: int,
    learning_rate: float,
) -> None:
    """Send the workers steps to do, and report."""
    strategy = tf.distribute.ParameterServerStrategy(cluster)
    coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)
    with strategy.scope():
        slope, offset = tf.Variable(0.0), tf.Variable(0.0)
    print(f"the slope lives on {slope.device}", flush=True)

    def batches() -> tf.data.Dataset:
        return tf.data.Dataset.from_tensor_slices(line(512, seed=1)).repeat().batch(64)

    @tf.function
    def step(rows):
        x, y = next(rows)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((slope * x + offset - y) ** 2)
        gradients = tape.gradient(loss, [slope, offset])
        for weight, gradient in zip([slope, offset], gradients, strict=True):
            weight.assign_sub(learning_rate * gradient)
        return loss

    rows = iter(coordinator.create_per_worker_dataset(batches))
    directory = os.environ.get("TRAIN_URL")
    scalars = tf.summary.create_file_writer(directory) if directory else None
    for epoch in range(epochs):
        losses = [coordinator.schedule(step, args=(rows,)) for _ in range(20)]
        coordinator.join()
        loss = sum(each.fetch() for each in losses) / len(losses)
        print(f"epoch {epoch}: loss {loss:.4f}", flush=True)
        if scalars:
            with scalars.as_default(step=epoch):
                tf.summary.scalar("loss", loss)
            scalars.flush()
    workers = cluster.cluster_spec().num_tasks("worker")
    servers = cluster.cluster_spec().num_tasks("ps")
    # Shown where jobs are compared.
    mofang.report(loss=float(loss))
    found = f"fitted y = {slope.numpy():.1f} x + {offset.numpy():.1f}"
    print(f"{found} with {workers} workers and {servers} parameter servers")


def main() -> None:
    """Be what TF_CONFIG says this process is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--learning-rate", type=float, default=0.05)
    asked = parser.parse_args()
    cluster = read_cluster()
    if cluster.task_type in {"worker", "ps"}:
        serve(cluster)
    else:
        train(cluster, asked.epochs, asked.learning_rate)


if __name__ == "__main__":
    main()
