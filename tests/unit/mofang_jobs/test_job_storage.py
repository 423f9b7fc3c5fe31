"""What is asked of an operator again, and what is not."""

import json
from typing import Any
from unittest.mock import Mock

import pytest
from kubernetes_asyncio.client import ApiClient, ApiException
from unit.mofang_jobs.conftest import make_job

from mofang_jobs.adapters import job_storage as engines
from mofang_jobs.domain.models import Manifest, SchedulingMetadata
from mofang_jobs.engines.kubeflow_v1 import PYTORCH_JOB
from mofang_jobs.engines.rendering import render
from mofang_kube.errors import ClusterError

AWAY = 'Internal error occurred: failed calling webhook "validator.pytorchjob": EOF'
UNSEEN = "test-1 not found: specified trainingRuntime must be created before the job"
REFUSED = "admission webhook denied the request: numNodes is too large"


class Refusing(engines.JobStorage):
    """An engine whose cluster refuses the first tries with a sentence."""

    def __init__(self, sentence: str, *, times: int) -> None:
        super().__init__(Mock(spec=ApiClient), pause_seconds=0)
        self.sentence, self.left, self.asked = sentence, times, 0
        self.sent: Manifest = {}

    async def _call(self, *_: Any, body: Manifest, **__: Any) -> Any:
        self.asked += 1
        self.sent = body
        if self.left:
            self.left -= 1
            error = ApiException(status=500)
            error.body = json.dumps({"message": self.sentence})
            raise error
        return {**body, "metadata": {**body["metadata"], "uid": "1"}}


@pytest.fixture
def objects() -> list[Manifest]:
    return render(PYTORCH_JOB, make_job(), [], SchedulingMetadata())


async def test_an_annotation_is_set_unless_the_job_has_changed() -> None:
    """Metadata alone: what the operator and the queue write is left alone."""
    engine = Refusing("", times=0)
    name = {"name": "train", "namespace": "mofang-project-vision"}
    current = {"metadata": {**name, "resourceVersion": "7"}}

    await engine.annotate(PYTORCH_JOB, current, {"mofang.dev/conditions": None})

    annotations = {"mofang.dev/conditions": None}
    assert engine.sent == {
        "metadata": {"annotations": annotations, "resourceVersion": "7"}
    }


@pytest.mark.parametrize("sentence", [AWAY, UNSEEN])
async def test_what_an_operator_did_not_know_yet_is_asked_again(
    objects: list[Manifest], sentence: str
) -> None:
    engine = Refusing(sentence, times=2)
    created = await engine.create(PYTORCH_JOB, objects)
    assert created["metadata"]["uid"] == "1"
    assert engine.asked == 3


@pytest.mark.parametrize(
    ("sentence", "asked"), [(REFUSED, 1), (UNSEEN, engines.ATTEMPTS)]
)
async def test_a_refusal_is_told(
    objects: list[Manifest], sentence: str, asked: int
) -> None:
    engine = Refusing(sentence, times=99)
    with pytest.raises(ClusterError, match=sentence[:20]):
        await engine.create(PYTORCH_JOB, objects)
    assert engine.asked == asked
