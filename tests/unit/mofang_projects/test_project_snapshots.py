"""Snapshots of projects' directories that are asked for: taken once, and answered."""

import asyncio
from types import SimpleNamespace

import pytest
from unit.mofang_projects.test_homes import FakeStorage, settings

from mofang_kube.names import SNAPSHOT_REQUEST_ANNOTATION, UID
from mofang_projects.directories import Directories
from mofang_projects.namespaces import Phase, ProjectState
from mofang_projects.reconciler import ProjectReconciler, _write
from mofang_projects.settings import NamespaceSettings
from mofang_storage.plain import PlainStorage


def project_body(request="now", name="vision", **metadata):
    annotations = {SNAPSHOT_REQUEST_ANNOTATION: request} if request else {}
    return {
        "metadata": {"name": name, "annotations": annotations, **metadata},
        "spec": {"displayName": "Vision"},
    }


def reconciler_on(storage):
    given = NamespaceSettings.model_construct(storage=settings(), storage_root=None)
    return ProjectReconciler(given, directories=Directories(storage, settings()))


async def answered(reconciler, body, event="MODIFIED"):
    """Let an event come; return what is written to the status."""
    patch = SimpleNamespace(status={})
    await reconciler._answer_project_request(
        event={"type": event}, body=body, name=body["metadata"]["name"], patch=patch
    )
    return patch.status


@pytest.fixture
def storage():
    return FakeStorage()


async def test_a_request_is_answered_with_the_name_of_the_snapshot(storage):
    status = await answered(reconciler_on(storage), project_body())

    (name,) = storage.snapshots["projects/vision"]
    answer = {"request": "now", "name": name, "message": ""}
    assert status == {"requestedSnapshot": answer}


async def test_events_of_one_request_take_one_snapshot(storage):
    reconciler = reconciler_on(storage)
    events = (answered(reconciler, project_body()) for _ in range(3))

    first, *others = await asyncio.gather(*events)

    assert len(storage.snapshots["projects/vision"]) == 1
    assert all(each == first for each in others)


@pytest.mark.parametrize(
    ("body", "event"),
    [
        pytest.param(project_body(""), "MODIFIED", id="nobody asks"),
        pytest.param(
            project_body() | {"status": {"requestedSnapshot": {"request": "now"}}},
            None,
            id="it is answered",
        ),
        pytest.param(project_body(), "DELETED", id="the project is gone"),
        pytest.param(
            project_body(deletionTimestamp="2026-11-30T00:00:00Z"),
            "MODIFIED",
            id="the project goes",
        ),
        pytest.param(project_body(name=".."), "MODIFIED", id="it has no name of ours"),
    ],
)
async def test_otherwise_none_is_taken(storage, body, event):
    assert await answered(reconciler_on(storage), body, event) == {}
    assert storage.snapshots == {}


async def test_where_there_are_none_the_status_says_so(tmp_path):
    (tmp_path / "projects" / "vision").mkdir(parents=True)
    reconciler = reconciler_on(PlainStorage(tmp_path, UID))

    status = await answered(reconciler, project_body())

    assert status["requestedSnapshot"]["name"] == ""
    assert "has no snapshots" in status["requestedSnapshot"]["message"]


def test_what_else_is_said_of_a_project_keeps_the_answer():
    """It may have been written since the project was read."""
    body = project_body() | {"status": {"requestedSnapshot": {"request": "before"}}}
    patch = SimpleNamespace(status={})
    state = ProjectState(phase=Phase.READY, message="Servers can be started.")

    _write(state, body, patch)

    assert patch.status["phase"] == "Ready"
    assert "requestedSnapshot" not in patch.status
