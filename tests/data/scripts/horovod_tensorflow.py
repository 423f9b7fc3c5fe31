"""Learn handwritten digits with TensorFlow and Horovod."""

import argparse
from pathlib import Path

import horovod.tensorflow as hvd
import tensorflow as tf
from sklearn.datasets import load_digits


def main() -> None:
    """Train; the first process keeps a checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("horovod-tensorflow"))
    asked = parser.parse_args()
    hvd.init()
    images, labels = load_digits(return_X_y=True)
    data = tf.data.Dataset.from_tensor_slices((images.astype("float32") / 16, labels))
    data = data.shard(hvd.size(), hvd.rank()).repeat().shuffle(1000).batch(64)
    model = tf.keras.Sequential(
        [
            tf.keras.layers.Input((64,)),
            tf.keras.layers.Dense(64, activation="relu"),
            tf.keras.layers.Dense(10),
        ]
    )
    losses = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = tf.keras.optimizers.Adam(2e-3 * hvd.size())

    @tf.function
    def step(pixels, labels, is_first):
        with tf.GradientTape() as tape:
            scores = model(pixels, training=True)
            loss = losses(labels, scores)
        tape = hvd.DistributedGradientTape(tape)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(
            zip(gradients, model.trainable_variables, strict=True)
        )
        # After the first step, when the optimizer has its variables too.
        if is_first:
            hvd.broadcast_variables(model.variables, root_rank=0)
            hvd.broadcast_variables(optimizer.variables, root_rank=0)
        right = tf.equal(tf.argmax(scores, axis=1), labels)
        return tf.reduce_mean(tf.cast(right, tf.float32))

    for number, (pixels, labels) in enumerate(data.take(150)):
        accuracy = step(pixels, labels, number == 0)
    accuracy = hvd.allreduce(accuracy).numpy()
    print(f"rank {hvd.rank()} of {hvd.size()}: accuracy {accuracy:.3f}")
    if hvd.rank() == 0:
        saved = tf.train.Checkpoint(model=model).save(str(asked.output / "digits"))
        print(f"saved {saved}")


if __name__ == "__main__":
    main()
