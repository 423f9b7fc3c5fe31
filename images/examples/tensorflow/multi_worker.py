"""Fit a line with workers that each hold the weights and share their gradients."""

import argparse
import os

import tensorflow as tf
from cluster import line, read_cluster

import mofang


def build_step(strategy, rows, weights, learning_rate):
    """Return a function that takes one step on every worker, and its mean loss."""
    (x, y), (slope, offset) = rows, weights

    def on_replica():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((slope * x + offset - y) ** 2)
        gradients = tape.gradient(loss, weights)
        shared = tf.distribute.get_replica_context().all_reduce(
            tf.distribute.ReduceOp.MEAN, gradients
        )
        for weight, gradient in zip(weights, shared, strict=True):
            weight.assign_sub(learning_rate * gradient)
        return loss

    return tf.function(
        lambda: strategy.reduce(
            tf.distribute.ReduceOp.MEAN, strategy.run(on_replica), axis=None
        )
    )


def position_in(cluster) -> int:
    """Return this worker's number among all; a chief comes before the others."""
    if cluster.task_type == "chief":
        return 0
    chiefs = "chief" in cluster.cluster_spec().jobs
    return cluster.task_id + int(chiefs)


def main() -> None:
    """Train; the first worker reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--learning-rate", type=float, default=0.1)
    asked = parser.parse_args()

    cluster = read_cluster()
    strategy = tf.distribute.MultiWorkerMirroredStrategy(cluster_resolver=cluster)
    size, position = strategy.num_replicas_in_sync, position_in(cluster)
    is_first = position == 0
    with strategy.scope():
        weights = [tf.Variable(0.0), tf.Variable(0.0)]
    # Every worker has rows of its own: the seed says which.
    rows = line(512, seed=position + 1)
    step = build_step(strategy, rows, weights, asked.learning_rate)

    @tf.function
    def summed(number):
        each = strategy.run(lambda: tf.identity(number))
        return strategy.reduce(tf.distribute.ReduceOp.SUM, each, axis=None)

    total = summed(tf.constant(float(position)))
    if is_first:
        print(f"all-reduce over {size} replicas: {total.numpy()}", flush=True)
    directory = os.environ.get("TRAIN_URL") if is_first else None
    scalars = tf.summary.create_file_writer(directory) if directory else None
    for epoch in range(asked.epochs):
        loss = step()
        if scalars:
            with scalars.as_default(step=epoch):
                tf.summary.scalar("loss", loss)
        if is_first and epoch % 5 == 0:
            print(f"epoch {epoch}: loss {loss:.4f}", flush=True)
    if scalars:
        scalars.close()
    if is_first:
        slope, offset = (each.numpy() for each in weights)
        # Shown where jobs are compared.
        mofang.report(loss=float(loss))
        print(f"fitted y = {slope:.1f} x + {offset:.1f} with {size} workers")


if __name__ == "__main__":
    main()
