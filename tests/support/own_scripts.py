"""Our own scripts in ``data/scripts``, each with its right result."""

from __future__ import annotations

from collections.abc import Mapping

from support.script_jobs import Line, Own, ScriptJob

LEGACY_KERAS = {"env": {"TF_USE_LEGACY_KERAS": "1"}}


def on_both(pattern: str, minimum: float | None = None) -> tuple[Line, ...]:
    """A line of each of two workers; ``{}`` in it stands for the rank."""
    return tuple(
        Line(f"worker/{rank}", pattern.replace("{}", str(rank)), minimum)
        for rank in (0, 1)
    )


def torch(name: str, *lines: Line, **more: object) -> ScriptJob:
    """Two replicas, which torchrun starts."""
    return ScriptJob(
        source=Own(name),
        environment="pytorch",
        framework="pytorch",
        replicas=2,
        lines=lines,
        **more,
    )


TORCH_JOBS = {
    "minimal DDP": torch(
        "minimal_ddp.py",
        *on_both(r"^rank {} of 2 on cpu with torch 2\."),
        *on_both(r"^rank {}: slope 2\.0\d\d, offset -(?:3\.0|2\.9)\d\d"),
        *on_both(r"^rank {}: weights differ by 0\.0000"),
    ),
    "sharded checkpoint": torch(
        "sharded_checkpoint.py",
        *on_both(r"^rank {} of 2 holds \(32, 8\) of \(64, 8\)"),
        *on_both(r"^rank {}: loaded weights are the saved ones: True"),
        Line("worker/0", r"fell to (\d+\.\d+)", 0, 1),
        leaves=("checkpoint/.metadata", "checkpoint/__0_0.distcp"),
    ),
    "shared memory of a DataLoader": ScriptJob(
        source=Own("shared_memory_loader.py"),
        environment="pytorch",
        framework="pytorch",
        lines=(Line("worker/0", r"^12 batches of 40 MiB, sum (\d+)", 276, 276),),
    ),
    "Lightning": torch(
        "lightning_fit.py",
        *on_both(r"^rank {} of 2 has fitted"),
        Line("worker/0", r"^best accuracy (0\.\d+), width 64", 0.85),
        arguments=("--num-nodes", "2"),
        leaves=("lightning/best.ckpt",),
    ),
    "transformers Trainer": torch(
        "transformers_trainer.py",
        *on_both(r"^rank {} of 2: accuracy (\d\.\d+)", 0.9),
        Line("worker/0", r"^saved and loaded (\d+) parameters", 5000),
        leaves=("transformer/model.safetensors", "transformer/checkpoint-*"),
    ),
}


def tensorflow(
    name: str, *lines: Line, roles: Mapping[str, object] | None = None, **more: object
) -> ScriptJob:
    """Two workers that TF_CONFIG introduces to each other."""
    return ScriptJob(
        source=Own(name),
        environment="tensorflow",
        framework="tensorflow",
        replicas=2,
        lines=lines,
        more={**LEGACY_KERAS, "roles": dict(roles or {})},
        **more,
    )


TENSORFLOW_JOBS = {
    "parameter servers": tensorflow(
        "parameter_server.py",
        Line("chief/0", r"^the embeddings lie in (\d) parts on /job:ps", 2, 2),
        Line("chief/0", r"^epoch 3: loss \S+, accuracy (\d\.\d+)", 0.99),
        Line("chief/0", r"^trained by 2 workers with 2 parameter servers"),
        roles={"ps": {"replicas": 2}},
    ),
    "MultiWorkerMirroredStrategy": tensorflow(
        "multi_worker.py",
        *on_both(r"^worker {} of 2: accuracy (0\.\d+)", 0.85),
        Line("worker/0", r"^saved and loaded (\d+) parameters", 4810, 4810),
        leaves=("multi-worker/model.keras",),
    ),
}


def horovod(script: str, *patterns: str, leaves: str) -> ScriptJob:
    """A job of two ranks, each of which prints an accuracy that a pattern finds."""
    return ScriptJob(
        source=Own(script),
        environment="horovod",
        framework="horovod",
        replicas=2,
        lines=tuple(Line("launcher/0", each, 0.85) for each in patterns),
        leaves=(leaves,),
    )


HOROVOD_JOBS = {
    "Horovod with PyTorch": horovod(
        "horovod_torch.py",
        r"rank 0 of 2: accuracy (0\.\d+), met \[0, 1\]",
        r"rank 1 of 2: accuracy (0\.\d+), met \[0, 1\]",
        leaves="horovod.pt",
    ),
    "Horovod with TensorFlow": horovod(
        "horovod_tensorflow.py",
        r"rank 0 of 2: accuracy (\d\.\d+)",
        r"rank 1 of 2: accuracy (\d\.\d+)",
        leaves="horovod-tensorflow/digits-1.index",
    ),
}

XGBOOST_JOBS = {
    "XGBoost's collective": ScriptJob(
        source=Own("xgboost_collective.py"),
        environment="xgboost",
        framework="xgboost",
        lines=(
            Line(
                "master/0",
                r"^rank 0 of 2: 285 of 569 rows, auc (\d\.\d+), .*same model: True",
                0.98,
            ),
            Line(
                "worker/0",
                r"^rank 1 of 2: 284 of 569 rows, auc (\d\.\d+), .*same model: True",
                0.98,
            ),
        ),
        leaves=("trees.json",),
    ),
}

OWN = {**TORCH_JOBS, **TENSORFLOW_JOBS, **HOROVOD_JOBS, **XGBOOST_JOBS}
