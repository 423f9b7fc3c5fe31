"""Homes as the hub asks for them: the reconciler makes them and answers by a status."""

import asyncio

import pytest
from unit.mofang_spawner.conftest import FakeWatcher

from mofang_kube.names import SNAPSHOT_REQUEST_ANNOTATION
from mofang_spawner.volumes.homes import Homes, HomeUnavailableError, trim_home
from mofang_spawner.volumes.projects import ProjectDirectories
from mofang_spawner.volumes.snapshot_requests import SnapshotUnavailableError

READY = {"phase": "Ready", "message": ""}


class Reconciler:
    """Objects whose writes are answered after a moment, as it does it."""

    def __init__(self, watcher, answer):
        self.watcher = watcher
        self.answer = answer
        self.created = []
        self.tasks = set()

    async def create_if_absent(self, manifest):
        self.created.append(manifest)
        self._later(manifest, self.answer)

    async def merge(self, manifest, change):
        request = change["metadata"]["annotations"][SNAPSHOT_REQUEST_ANNOTATION]
        answer = {"request": request, **self.answer}
        self._later(manifest, {**READY, "requestedSnapshot": answer})

    def _later(self, manifest, status):
        if status is None:
            return

        async def act():
            # The object first, without a status.
            self.watcher.put(trim_home(manifest))
            await asyncio.sleep(0)
            self.watcher.put(trim_home({**manifest, "status": status}))

        self.tasks.add(asyncio.create_task(act()))


@pytest.fixture
def watcher():
    return FakeWatcher()


@pytest.fixture
def homes_with(watcher):
    def make(answer, seconds=5.0):
        reconciler = Reconciler(watcher, answer)
        return Homes(reconciler, watcher, seconds=seconds), reconciler

    return make


async def test_a_home_is_asked_for_and_waited_for(homes_with):
    homes, reconciler = homes_with(READY)

    await homes.ensure("ada@example.org")

    (created,) = reconciler.created
    assert created["metadata"]["name"] == "ada-example-org---cfe00dde"
    assert created["spec"] == {"user": "ada@example.org"}
    assert homes.status("ada@example.org") == READY


async def test_one_that_is_there_is_not_asked_for_again(homes_with):
    homes, reconciler = homes_with(READY)
    await homes.ensure("ada")

    await homes.ensure("ada")
    await homes.create("ada")

    assert len(reconciler.created) == 1


async def test_a_storage_that_refuses_is_reported(homes_with):
    homes, _ = homes_with({"phase": "Failed", "message": "The storage is full."})

    with pytest.raises(HomeUnavailableError, match=r"is full\. Try again"):
        await homes.ensure("ada")


async def test_a_reconciler_that_is_away_is_reported(homes_with):
    homes, _ = homes_with(None, seconds=0.01)

    with pytest.raises(HomeUnavailableError, match="reconciler does not answer"):
        await homes.ensure("ada")


async def test_a_snapshot_is_taken_and_named(homes_with):
    homes, _ = homes_with({"name": "mofang-requested-20261130T041500Z"})

    assert await homes.snapshot("ada") == "mofang-requested-20261130T041500Z"


async def test_why_there_is_no_snapshot_is_said(homes_with):
    homes, _ = homes_with({"name": "", "message": "This file system has none."})

    with pytest.raises(SnapshotUnavailableError, match="This file system has none"):
        await homes.snapshot("ada")


async def test_an_answer_to_another_request_is_none(homes_with, watcher):
    homes, _ = homes_with({"request": "yesterday", "name": "old"}, seconds=0.05)

    with pytest.raises(SnapshotUnavailableError, match="reconciler does not answer"):
        await homes.snapshot("ada")


class AnsweredProjects:
    """Projects in a watch; a request is answered as the reconciler does it."""

    def __init__(self, watcher, answer):
        self.watcher = watcher
        self.answer = answer
        self.changed = []

    async def merge(self, manifest, change):
        self.changed.append((manifest["kind"], manifest["metadata"]["name"], change))
        request = change["metadata"]["annotations"][SNAPSHOT_REQUEST_ANNOTATION]
        answer = {"request": request, **self.answer}
        self.watcher.put({**manifest, "status": {"requestedSnapshot": answer}})


async def test_a_snapshot_of_a_project_is_asked_for_by_its_object(watcher):
    objects = AnsweredProjects(watcher, {"name": "mofang-requested-20261130T041500Z"})

    name = await ProjectDirectories(objects, watcher).snapshot("vision")

    assert name == "mofang-requested-20261130T041500Z"
    ((kind, project, change),) = objects.changed
    assert (kind, project) == ("Project", "vision")
    # Nothing else of it: members and quotas are administrators'.
    assert set(change) == {"metadata"}
    assert set(change["metadata"]) == {"annotations"}


async def test_why_there_is_none_of_a_project_is_said(watcher):
    objects = AnsweredProjects(watcher, {"name": "", "message": "The storage is full."})

    with pytest.raises(SnapshotUnavailableError, match="The storage is full"):
        await ProjectDirectories(objects, watcher).snapshot("vision")
