"""Train with parameter servers: the chief sends workers steps by a coordinator.

TF_CONFIG says which process is which. ``tf.keras`` is the older Keras: run it with
TF_USE_LEGACY_KERAS=1, since the newer one knows no parameter servers.
"""

import tensorflow as tf

WORDS = ("cat", "dog", "fish", "ant", "bee", "cow", "owl", "rat")
ANIMALS_THAT_FLY = ("bee", "owl")


def serve(cluster: tf.distribute.cluster_resolver.TFConfigClusterResolver) -> None:
    """Do what the chief asks, for ever."""
    server = tf.distribute.Server(
        cluster.cluster_spec(),
        job_name=cluster.task_type,
        task_index=cluster.task_id,
        protocol=cluster.rpc_layer or "grpc",
        start=True,
    )
    print(f"{cluster.task_type} {cluster.task_id} serves", flush=True)
    server.join()


def batches(_: tf.distribute.InputContext) -> tf.data.Dataset:
    """Return words by number, and whether the animal flies."""
    numbers = tf.range(len(WORDS), dtype=tf.int64)
    flies = [[float(word in ANIMALS_THAT_FLY)] for word in WORDS]
    data = tf.data.Dataset.from_tensor_slices((numbers, flies))
    return data.shuffle(len(WORDS)).repeat().batch(8)


def train(cluster: tf.distribute.cluster_resolver.TFConfigClusterResolver) -> None:
    """Fit a table of embeddings that is split over the parameter servers."""
    strategy = tf.distribute.ParameterServerStrategy(
        cluster,
        variable_partitioner=(
            tf.distribute.experimental.partitioners.MinSizePartitioner(
                min_shard_bytes=64, max_shards=2
            )
        ),
    )
    coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)
    with strategy.scope():
        model = tf.keras.Sequential(
            [tf.keras.layers.Embedding(len(WORDS), 8), tf.keras.layers.Dense(1)]
        )
        model.build([None])
        optimizer = tf.keras.optimizers.Adam(0.1)
        accuracy = tf.keras.metrics.BinaryAccuracy(threshold=0.0)
    table = model.layers[0].embeddings
    shards = getattr(table, "variables", [table])
    print(f"the embeddings lie in {len(shards)} parts on {shards[0].device}")

    @tf.function
    def step(rows):
        def on_replica(words, flies):
            with tf.GradientTape() as tape:
                scores = model(words, training=True)
                loss = tf.nn.compute_average_loss(
                    tf.nn.sigmoid_cross_entropy_with_logits(flies, scores)[:, 0],
                    global_batch_size=8,
                )
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(
                zip(gradients, model.trainable_variables, strict=True)
            )
            accuracy.update_state(flies, scores)
            return loss

        losses = strategy.run(on_replica, args=next(rows))
        return strategy.reduce(tf.distribute.ReduceOp.SUM, losses, axis=None)

    @tf.function
    def on_workers():
        return strategy.distribute_datasets_from_function(batches)

    rows = iter(coordinator.create_per_worker_dataset(on_workers))
    for epoch in range(4):
        accuracy.reset_states()
        results = [coordinator.schedule(step, args=(rows,)) for _ in range(10)]
        coordinator.join()
        loss = results[-1].fetch()
        print(
            f"epoch {epoch}: loss {loss:.4f}, accuracy {accuracy.result():.3f}",
            flush=True,
        )
    tasks = cluster.cluster_spec()
    print(
        f"trained by {tasks.num_tasks('worker')} workers with "
        f"{tasks.num_tasks('ps')} parameter servers"
    )


def main() -> None:
    """Be what TF_CONFIG says this process is."""
    cluster = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    if cluster.task_type in {"worker", "ps"}:
        serve(cluster)
    else:
        train(cluster)


if __name__ == "__main__":
    main()
