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

    def __init__(self, message: str, *, times: int) -> None:
        super().__init__(Mock(spec=ApiClient))
        self.message, self.left, self.asked = message, times, 0

    async def _call(self, *_: Any, body: Manifest, **__: Any) -> Any:
        self.asked += 1
        if self.left:
            self.left -= 1
            error = ApiException(status=500)
            error.body = json.dumps({"message": self.message})
            raise error
        return {**body, "metadata": {**body["metadata"], "uid": "1"}}


@pytest.fixture
def objects(monkeypatch: pytest.MonkeyPatch) -> list[Manifest]:
    monkeypatch.setattr(engines, "PAUSE_SECONDS", 0)
    return render(PYTORCH_JOB, make_job(), [], SchedulingMetadata())


@pytest.mark.parametrize("message", [AWAY, UNSEEN])
async def test_what_an_operator_did_not_know_yet_is_asked_again(
    objects: list[Manifest], message: str
) -> None:
    engine = Refusing(message, times=2)
    created = await engine.create(PYTORCH_JOB, objects)
    assert created["metadata"]["uid"] == "1"
    assert engine.asked == 3


@pytest.mark.parametrize(
    ("message", "asked"), [(REFUSED, 1), (UNSEEN, engines.ATTEMPTS)]
)
async def test_a_refusal_is_told(
    objects: list[Manifest], message: str, asked: int
) -> None:
    engine = Refusing(message, times=99)
    with pytest.raises(ClusterError, match=message[:20]):
        await engine.create(PYTORCH_JOB, objects)
    assert engine.asked == asked
