"""What keeps a project from being removed, against objects kept in memory."""

from collections.abc import Iterable
from typing import Any

import pytest

from mofang_jobs.engines.registry import KINDS
from mofang_kube.errors import MofangError
from mofang_projects.workloads import Workloads, find_workloads
from support.refusals import refusal

KIND_NAMES = [kind.kind for kind in KINDS]


class Objects:
    """Lists what it was given."""

    def __init__(self, objects: Iterable[dict[str, Any]], refused: str = "") -> None:
        self._objects = list(objects)
        self._refused = refused

    async def list_objects(
        self, _version: str, kind: str, **_: str
    ) -> list[dict[str, Any]]:
        if kind == self._refused:
            raise refusal(403)
        return [each for each in self._objects if each["kind"] == kind]


def made(
    kind: str, name: str = "x", *, job: str = "", owner: str = "", **status: Any
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name}
    if job:
        metadata["labels"] = {"mofang.dev/job": job}
    if owner:
        metadata["ownerReferences"] = [{"kind": owner, "name": "x", "controller": True}]
    return {"kind": kind, "metadata": metadata, "status": status}


def conditions(*names: str) -> list[dict[str, str]]:
    return [{"type": name, "status": "True"} for name in names]


async def found(*objects: dict[str, Any]) -> tuple[int, int]:
    workloads = await find_workloads(Objects(objects), "mofang-project-x")  # type: ignore[arg-type]
    return workloads.servers, workloads.jobs


@pytest.mark.parametrize("kind", KIND_NAMES)
async def test_a_job_of_every_engine_counts(kind: str) -> None:
    assert await found(made(kind, job="train-1")) == (0, 1)


@pytest.mark.parametrize("kind", ["PyTorchJob", "TFJob", "TrainJob", "JobSet"])
@pytest.mark.parametrize("end", ["Succeeded", "Completed", "Complete", "Failed"])
async def test_a_job_that_has_ended_does_not(kind: str, end: str) -> None:
    ended = made(kind, job="train-1", conditions=conditions("Running", end))
    assert await found(ended) == (0, 0)


async def test_pods_of_jobs_whose_engine_nobody_knows_count() -> None:
    pods = [made("Pod", f"p-{n}", job="train-1", phase="Running") for n in range(5)]
    assert await found(*pods) == (0, 1)


async def test_a_job_counts_once_with_its_pods_and_what_its_engine_makes() -> None:
    job = made("TrainJob", job="train-1")
    inner = made("JobSet", job="train-1", owner="TrainJob")
    pod = made("Pod", "p", job="train-1", phase="Pending")
    assert await found(job, inner, pod) == (0, 1)


async def test_jobs_that_others_submitted_count() -> None:
    theirs = made("TrainJob", "sdk")
    inner = made("JobSet", "sdk", owner="TrainJob")
    assert await found(theirs, inner, made("MPIJob", "sdk")) == (0, 2)


@pytest.mark.parametrize(
    ("phase", "servers"),
    [("Pending", 1), ("Running", 1), ("Unknown", 1), ("Succeeded", 0), ("Failed", 0)],
)
async def test_a_server_counts_until_it_has_ended(phase: str, servers: int) -> None:
    assert await found(made("Pod", phase=phase)) == (servers, 0)


@pytest.mark.parametrize("kind", ["Pod", *KIND_NAMES])
async def test_what_may_not_be_listed_is_not_taken_for_nothing(kind: str) -> None:
    with pytest.raises(MofangError):
        await find_workloads(Objects([], refused=kind), "x")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("servers", "jobs", "said"),
    [
        (0, 0, ""),
        (1, 0, "1 server runs"),
        (2, 0, "2 servers run"),
        (0, 1, "1 job runs"),
        (1, 1, "1 server and 1 job run"),
    ],
)
def test_they_are_named(servers: int, jobs: int, said: str) -> None:
    assert Workloads(servers=servers, jobs=jobs).summary() == said
