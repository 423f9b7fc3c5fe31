"""What is asked of an operator again, and what is not."""

import json
from typing import Any

import aiohttp
import pytest
from kubernetes_asyncio.client import ApiException
from unit.mofang_jobs.conftest import make_job

from mofang_jobs.adapters import job_storage as engines
from mofang_jobs.domain.models import Manifest, SchedulingMetadata
from mofang_jobs.engines.kubeflow_v1 import PYTORCH_JOB
from mofang_jobs.engines.rendering import render
from mofang_kube.errors import (
    ClusterError,
    ConflictError,
    KubernetesUnavailableError,
    QuotaError,
)
from mofang_kube.objects import ObjectStorage

AWAY = 'Internal error occurred: failed calling webhook "validator.pytorchjob": EOF'
UNSEEN = "test-1 not found: specified trainingRuntime must be created before the job"
REFUSED = "admission webhook denied the request: numNodes is too large"


class Refusing:
    """A client whose cluster refuses the first tries with a sentence."""

    def __init__(self, message: str, *, times: int, status: int = 500) -> None:
        self.message, self.left, self.asked = message, times, 0
        self.status = status
        self.sent: Manifest = {}

    async def call_api(self, _path: str, verb: str, *, body: Any, **_: Any) -> Any:
        assert verb in ("POST", "PATCH")
        self.asked += 1
        self.sent = body
        if self.left:
            self.left -= 1
            error = ApiException(status=self.status)
            error.body = json.dumps({"message": self.message})
            raise error
        return {**body, "metadata": {**body["metadata"], "uid": "1"}}


class Away(Refusing):
    """A client that loses its connection after the request was sent."""

    async def call_api(self, *_: Any, **__: Any) -> Any:
        self.asked += 1
        raise aiohttp.ServerDisconnectedError


def storage(api: Refusing) -> engines.JobStorage:
    return engines.JobStorage(ObjectStorage(api, field_manager="test"), pause_seconds=0)


@pytest.fixture
def objects() -> list[Manifest]:
    return render(PYTORCH_JOB, make_job(), [], SchedulingMetadata())


async def test_an_annotation_is_set_unless_the_job_has_changed() -> None:
    """Metadata alone: what the operator and the queue write is left alone."""
    cluster = Refusing("", times=0)
    name = {"name": "train", "namespace": "mofang-project-vision"}
    current = {"metadata": {**name, "resourceVersion": "7"}}

    await storage(cluster).annotate(
        PYTORCH_JOB, current, {"mofang.dev/conditions": None}
    )

    annotations = {"mofang.dev/conditions": None}
    assert cluster.sent == {
        "metadata": {"annotations": annotations, "resourceVersion": "7"}
    }


@pytest.mark.parametrize("message", [AWAY, UNSEEN])
async def test_what_an_operator_did_not_know_yet_is_asked_again(
    objects: list[Manifest], message: str
) -> None:
    cluster = Refusing(message, times=2)
    created = await storage(cluster).create(PYTORCH_JOB, objects)
    assert created["metadata"]["uid"] == "1"
    assert cluster.asked == 3


@pytest.mark.parametrize(
    ("message", "asked"), [(REFUSED, 1), (UNSEEN, engines.ATTEMPTS)]
)
async def test_a_refusal_is_told(
    objects: list[Manifest], message: str, asked: int
) -> None:
    cluster = Refusing(message, times=99)
    with pytest.raises(ClusterError, match=message[:20]):
        await storage(cluster).create(PYTORCH_JOB, objects)
    assert cluster.asked == asked


async def test_what_was_not_answered_is_not_sent_twice(objects: list[Manifest]) -> None:
    """It may have been created: a second job would be another one."""
    cluster = Away("", times=0)
    with pytest.raises(KubernetesUnavailableError, match="Could not create job"):
        await storage(cluster).create(PYTORCH_JOB, objects)
    assert cluster.asked == 1


async def test_a_name_that_is_taken_is_told(objects: list[Manifest]) -> None:
    cluster = Refusing("already exists", times=99, status=409)
    with pytest.raises(ConflictError):
        await storage(cluster).create(PYTORCH_JOB, objects)
    assert cluster.asked == 1


async def test_a_project_with_all_the_jobs_it_may_keep_is_told_what_to_do(
    objects: list[Manifest],
) -> None:
    count = "count/pytorchjobs.kubeflow.org"
    message = (
        'pytorchjobs.kubeflow.org "test-1" is forbidden: exceeded quota: mofang-jobs, '
        f"requested: {count}=1, used: {count}=500, limited: {count}=500"
    )
    cluster = Refusing(message, times=99, status=403)
    with pytest.raises(QuotaError, match=r"are 500 jobs .* Delete some"):
        await storage(cluster).create(PYTORCH_JOB, objects)
    assert cluster.asked == 1


async def test_a_quota_of_pods_is_told_as_kubernetes_tells_it(
    objects: list[Manifest],
) -> None:
    message = "exceeded quota: mofang, requested: pods=2, used: pods=9, limited: pods=9"
    cluster = Refusing(message, times=99, status=403)
    with pytest.raises(QuotaError, match="pods=9"):
        await storage(cluster).create(PYTORCH_JOB, objects)


async def test_a_job_waits_until_jobs_of_its_kind_are_counted(
    objects: list[Manifest],
) -> None:
    message = "status unknown for quota: mofang-jobs, resources: count/pytorchjobs"
    cluster = Refusing(message, times=2, status=403)
    assert await storage(cluster).create(PYTORCH_JOB, objects)
    cluster = Refusing(message, times=99, status=403)
    with pytest.raises(KubernetesUnavailableError, match="Try again in a minute"):
        await storage(cluster).create(PYTORCH_JOB, objects)
