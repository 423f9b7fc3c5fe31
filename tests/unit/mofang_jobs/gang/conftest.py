"""Gangs to build groups for, and the definitions that groups are held against.

gang      function: fields of a JobSpec → the gang of such a job
owner     the PyTorchJob of that gang
pod       function: fields of a ObservedPod → a pod of that gang
check     function: which product, a PodGroup → raises where its definition differs
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from mofang_api.models import JobSpec
from mofang_jobs.domain.gang import Gang, Owner
from mofang_jobs.domain.models import ObservedJob, ObservedPod, PodPhase

DEFINITIONS = Path(__file__).parents[3] / "data" / "gangs"


@pytest.fixture
def gang():
    def made(**fields: Any) -> Gang:
        asked = {"name": "train", "image": "pytorch", "script": "train.py", **fields}
        return Gang.of(
            ObservedJob(
                id="train-x1y2z3",
                uid="u-1",
                project="vision",
                owner="ada",
                spec=JobSpec.model_validate(asked),
                created=datetime(2026, 11, 23, tzinfo=UTC),
            )
        )

    return made


@pytest.fixture
def owner():
    labels = {"mofang.dev/job": "train-x1y2z3", "app": "not ours"}
    return Owner.of(
        {
            "apiVersion": "kubeflow.org/v1",
            "kind": "PyTorchJob",
            "metadata": {"name": "train-x1y2z3", "uid": "u-1", "labels": labels},
        }
    )


@pytest.fixture
def pod():
    def made(index: int = 0, **fields: Any) -> ObservedPod:
        return ObservedPod(
            name=f"train-x1y2z3-worker-{index}",
            uid=f"p-{index}",
            role="worker",
            index=index,
            phase=PodPhase.PENDING,
            **fields,
        )

    return made


@pytest.fixture
def check():
    def held_against(product: str, group: dict[str, Any]) -> None:
        definition = yaml.safe_load((DEFINITIONS / f"{product}.yaml").read_text())
        spec = definition["spec"]
        (version,) = spec["versions"]
        assert group["apiVersion"] == f"{spec['group']}/{version['name']}"
        assert group["kind"] == spec["names"]["kind"]
        schema = _strict(version["schema"]["openAPIV3Schema"])
        jsonschema.validate(group, schema)

    return held_against


def _strict(schema: dict[str, Any]) -> dict[str, Any]:
    """Refuse fields that the definition does not have; Kubernetes drops them."""
    strict = dict(schema)
    if properties := schema.get("properties"):
        strict["properties"] = {k: _strict(v) for k, v in properties.items()}
        strict["additionalProperties"] = False
    return strict
