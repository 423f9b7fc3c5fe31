"""Learn handwritten digits with workers that share their gradients, by Model.fit.

TF_CONFIG says which process is which. ``tf.keras`` is the older Keras: run it with
TF_USE_LEGACY_KERAS=1, since the newer one knows no strategy of several workers.
"""

import argparse
from pathlib import Path

import tensorflow as tf
from sklearn.datasets import load_digits

PER_WORKER = 64


def digits(batch: int) -> tf.data.Dataset:
    """Return images of 8 by 8 pixels, and what they show."""
    images, labels = load_digits(return_X_y=True)
    data = tf.data.Dataset.from_tensor_slices((images.astype("float32") / 16, labels))
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.DATA
    )
    return data.shuffle(len(labels), seed=1).repeat().batch(batch).with_options(options)


def build() -> tf.keras.Model:
    """Return a small network, ready to fit."""
    model = tf.keras.Sequential(
        [
            tf.keras.layers.Dense(64, activation="relu", input_shape=(64,)),
            tf.keras.layers.Dense(10),
        ]
    )
    model.compile(
        loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=tf.keras.optimizers.Adam(3e-3),
        metrics=["accuracy"],
    )
    return model


def main() -> None:
    """Fit, and save from the first worker."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("multi-worker"))
    asked = parser.parse_args()
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    workers = strategy.num_replicas_in_sync
    cluster = strategy.cluster_resolver
    with strategy.scope():
        model = build()
    fitted = model.fit(
        digits(PER_WORKER * workers),
        epochs=6,
        steps_per_epoch=20,
        verbose=2,
        callbacks=[
            tf.keras.callbacks.BackupAndRestore(
                str(asked.output / f"backup-{cluster.task_id}")
            )
        ],
    )
    accuracy = fitted.history["accuracy"][-1]
    print(
        f"{cluster.task_type} {cluster.task_id} of {workers}: accuracy {accuracy:.3f}"
    )
    # All save, since all must agree on the variables; only the first one's counts.
    is_first = cluster.task_id == 0
    name = "model.keras" if is_first else f"unused-{cluster.task_id}.keras"
    model.save(asked.output / name)
    if is_first:
        loaded = tf.keras.models.load_model(asked.output / name)
        print(f"saved and loaded {loaded.count_params()} parameters")


if __name__ == "__main__":
    main()
