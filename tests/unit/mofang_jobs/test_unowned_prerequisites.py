"""What was made before its job gets its owner, or goes; whoever was killed."""

from typing import Any

import pytest
from unit.mofang_jobs.conftest import make_job

from mofang_jobs.adapters.job_storage import JobStorage
from mofang_jobs.domain.models import Manifest, SchedulingMetadata
from mofang_jobs.engines.rendering import render
from mofang_jobs.engines.trainer_v2 import RUNTIME, TRAIN_JOB
from mofang_jobs.services.unowned_prerequisites import (
    WAIT_SECONDS,
    UnownedPrerequisites,
)
from mofang_kube.errors import ConflictError, NotFoundError
from mofang_kube.names import WITHOUT_OWNER_LABEL
from mofang_kube.objects import ObjectStorage


class Killed(BaseException):
    """The process ends here."""


class Objects(ObjectStorage):
    """Objects in memory; the write with a number kills who asks for it."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Manifest] = {}
        self.writes, self.dies_before, self.dies_after = 0, 0, 0

    async def create(
        self, manifest: Manifest, *, verb: str = "", noun: str = ""
    ) -> Manifest:
        key = manifest["kind"], manifest["metadata"]["name"]
        self._begin()
        if key in self.kept:
            raise ConflictError("There is one.")
        uid = f"uid-{len(self.kept)}"
        self.kept[key] = {**manifest, "metadata": {**manifest["metadata"], "uid": uid}}
        self._end()
        return self.kept[key]

    async def merge(self, manifest: Manifest, change: Manifest, **_: Any) -> Manifest:
        self._begin()
        key = manifest["kind"], manifest["metadata"]["name"]
        if key not in self.kept:
            raise NotFoundError("It is gone.")
        metadata = self.kept[key]["metadata"]
        changed = change["metadata"]
        labels = {**metadata["labels"], **changed["labels"]}
        metadata["labels"] = {k: v for k, v in labels.items() if v is not None}
        metadata["ownerReferences"] = changed["ownerReferences"]
        self._end()
        return self.kept[key]

    async def find(self, manifest: Manifest, *, noun: str = "") -> Manifest | None:
        return self.kept.get((manifest["kind"], manifest["metadata"]["name"]))

    async def delete(self, manifest: Manifest, **_: Any) -> None:
        self.kept.pop((manifest["kind"], manifest["metadata"]["name"]), None)

    async def list_objects(
        self, api_version: str, kind: str, *, namespace: str = "", selector: str = ""
    ) -> list[Manifest]:
        return [
            each
            for each in self.kept.values()
            if each["kind"] == kind and selector in each["metadata"]["labels"]
        ]

    def _begin(self) -> None:
        self.writes += 1
        if self.writes == self.dies_before:
            raise Killed

    def _end(self) -> None:
        if self.writes == self.dies_after:
            raise Killed


class ClusterWithTrainJobs:
    """A cluster that runs TrainJobs."""

    kinds = (TRAIN_JOB,)


class Process:
    """One process that settles, on a clock that is moved by hand."""

    def __init__(self, storage: JobStorage, **given: Any) -> None:
        self.now = 0.0
        self._prerequisites = UnownedPrerequisites(
            ClusterWithTrainJobs(), storage, clock=lambda: self.now, **given
        )

    async def pass_time(self, seconds: float) -> None:
        self.now += seconds
        await self._prerequisites.resolve()


def rendered() -> list[Manifest]:
    return render(TRAIN_JOB, make_job(framework="pytorch"), [], SchedulingMetadata())


async def submitted(objects: Objects) -> None:
    with pytest.raises(Killed):
        await JobStorage(objects, pause_seconds=0).create(TRAIN_JOB, rendered())


def runtime(objects: Objects) -> Manifest | None:
    return next((o for k, o in objects.kept.items() if k[0] == RUNTIME.kind), None)


async def test_a_job_owns_its_runtime_and_nothing_is_left_to_settle() -> None:
    objects = Objects()
    created = await JobStorage(objects, pause_seconds=0).create(TRAIN_JOB, rendered())

    metadata = (runtime(objects) or {})["metadata"]
    assert WITHOUT_OWNER_LABEL not in metadata["labels"]
    assert metadata["ownerReferences"][0]["uid"] == created["metadata"]["uid"]


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param({"dies_after": 1}, id="the runtime was made"),
        pytest.param({"dies_before": 2}, id="before the job was"),
    ],
)
async def test_a_runtime_whose_job_never_was_goes(moment: dict[str, int]) -> None:
    objects = Objects()
    vars(objects).update(moment)
    await submitted(objects)
    process = Process(JobStorage(objects))

    await process.pass_time(0)
    await process.pass_time(WAIT_SECONDS - 1)
    assert runtime(objects), "another copy may be about to make its job"
    await process.pass_time(1)

    assert not objects.kept


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param({"dies_after": 2}, id="after the job was made"),
        pytest.param({"dies_before": 3}, id="before the owner was set"),
    ],
)
async def test_a_runtime_whose_job_is_there_gets_its_owner(
    moment: dict[str, int],
) -> None:
    """To remove it would break a job that runs."""
    objects = Objects()
    vars(objects).update(moment)
    await submitted(objects)
    process = Process(JobStorage(objects))

    await process.pass_time(0)
    await process.pass_time(10 * WAIT_SECONDS)

    metadata = (runtime(objects) or {})["metadata"]
    owner = objects.kept[TRAIN_JOB.kind, metadata["name"]]
    assert metadata["ownerReferences"][0]["uid"] == owner["metadata"]["uid"]
    assert WITHOUT_OWNER_LABEL not in metadata["labels"]


async def test_who_does_not_lead_leaves_it() -> None:
    objects = Objects()
    objects.dies_after = 1
    await submitted(objects)
    process = Process(JobStorage(objects), leads=lambda: False)

    await process.pass_time(0)
    await process.pass_time(10 * WAIT_SECONDS)

    assert runtime(objects)


async def test_one_that_is_being_made_here_is_left_however_long_it_takes() -> None:
    class Slow(Objects):
        """Looks for what has no owner while a job is made."""

        async def create(self, manifest: Manifest, **more: Any) -> Manifest:
            if manifest["kind"] == TRAIN_JOB.kind:
                await process.pass_time(0)
                await process.pass_time(10 * WAIT_SECONDS)
            return await super().create(manifest, **more)

    objects = Slow()
    storage = JobStorage(objects, pause_seconds=0)
    process = Process(storage)

    await storage.create(TRAIN_JOB, rendered())

    assert runtime(objects)
