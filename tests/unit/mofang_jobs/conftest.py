"""Builders of jobs, pods and projects; the comparison with reviewed files."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from mofang_api.models import JobSpec
from mofang_jobs.domain.environments import role_disks
from mofang_jobs.domain.models import JobRequest, ObservedJob, ObservedPod, PodPhase
from mofang_kube.ephemeral_storage import EphemeralStorage
from mofang_spawner.environments.models import Project
from mofang_spawner.volumes.grants import grants

DATA = Path(__file__).parents[2] / "data" / "jobs"
UPDATE = "MOFANG_UPDATE_TEST_DATA"

PROJECT = Project.model_validate(
    {
        "name": "vision",
        "displayName": "Vision",
        "members": [
            {"user": "ada", "role": "member"},
            {"user": "ben", "role": "member"},
            {"user": "eve", "role": "viewer"},
            {"user": "root", "role": "admin"},
            {"group": "readers", "role": "viewer"},
        ],
        "quota": {"cpu": "8", "memory": "16Gi", "gpu": 4, "pods": 10},
        "phase": "Ready",
    }
)


def make_spec(**asked: Any) -> JobSpec:
    image = "docker.io/mofang/pytorch:1"
    resources = {"cpu": "1", **asked.pop("resources", {})}
    basis = {"name": "train", "image": image, "script": "train.py"}
    return JobSpec(**{**basis, "resources": resources, **asked})


def make_job(
    *,
    owner: str = "ada",
    pool: str = "",
    storage: EphemeralStorage = EphemeralStorage(),  # noqa: B008 - frozen
    **asked: Any,
) -> JobRequest:
    spec = make_spec(**asked)
    return JobRequest(
        id="train-abc123",
        project="vision",
        owner=owner,
        spec=spec,
        disks=role_disks(spec, None, storage),
        pool=pool,
        grants=grants(PROJECT, owner),
    )


def make_observed_job(**facts: Any) -> ObservedJob:
    return ObservedJob(
        **{
            "id": "train-abc123",
            "uid": "job-uid",
            "project": "vision",
            "owner": "ada",
            "spec": make_spec(),
            "created": datetime(2026, 11, 23, tzinfo=UTC),
            **facts,
        }
    )


def make_pod(index: int = 0, **facts: Any) -> ObservedPod:
    return ObservedPod(
        **{
            "name": f"train-abc123-worker-{index}",
            "uid": f"pod-{index}",
            "role": "worker",
            "index": index,
            "phase": PodPhase.RUNNING,
            "image": "docker.io/mofang/pytorch:1",
            **facts,
        }
    )


@pytest.fixture
def golden() -> Callable[[Any, str], None]:
    """Compare an object with a file of ``tests/data/jobs``.

    With MOFANG_UPDATE_TEST_DATA=1 the file is rewritten: review the difference.
    """

    def check(found: Any, name: str) -> None:
        path = DATA / name
        if os.environ.get(UPDATE):
            path.write_text(yaml.safe_dump(found, sort_keys=False))
        assert found == yaml.safe_load(path.read_text())

    return check
