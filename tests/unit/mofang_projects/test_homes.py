"""A home is made with its quota, and its status says what it takes."""

import os
import stat
from datetime import UTC, datetime

import pytest

from mofang_kube.names import SNAPSHOT_REQUEST_ANNOTATION, UID
from mofang_kube.quantities import readable_size
from mofang_projects.directories import Directories
from mofang_projects.homes import HomeController, HomeUnmadeError, failed_status
from mofang_projects.models import Home, Project
from mofang_projects.settings import StorageSettings
from mofang_projects.snapshot_requests import asks_for_snapshot
from mofang_projects.usage import UsageReader
from mofang_storage.base import DirectoryError, Quota, Snapshot, Storage, Usage
from mofang_storage.plain import PlainStorage
from mofang_storage.snapshot_names import read_snapshot

GIB = 2**30


def home_body(name="ada", user="ada", request="", **spec):
    annotations = {SNAPSHOT_REQUEST_ANNOTATION: request} if request else {}
    return {
        "metadata": {"name": name, "generation": 2, "annotations": annotations},
        "spec": {"user": user, **spec},
    }


def settings(**given):
    source = {"hostPath": {"path": "/srv"}}
    return StorageSettings.model_validate({"persistentVolume": source, **given})


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


class FakeStorage(Storage):
    """Has all that a storage may have, in memory."""

    kind = "fake"
    enforces_quotas = keeps_snapshots = counts_usage = True

    def __init__(self):
        self.quotas = {}
        self.snapshots = {}
        self.failure = None
        self.reads = 0

    def ensure(self, directory, quota=None):
        if self.failure:
            raise self.failure
        self.quotas[str(directory)] = quota

    def usage(self, directory):
        self.reads += 1
        if str(directory).endswith("/away"):
            raise TimeoutError
        return Usage(bytes=5 * GIB, files=70)

    def snapshot(self, directory, name):
        self.snapshots.setdefault(str(directory), []).append(name)

    def list(self, directory):
        found = self.snapshots.get(str(directory), [])
        return [read_snapshot(name) for name in found]

    def restore(self, directory, snapshot, path, new_name):
        raise AssertionError("not reached by these tests")

    def remove(self, directory, snapshot):
        self.snapshots[str(directory)].remove(snapshot)


@pytest.fixture
def storage():
    return FakeStorage()


@pytest.fixture
def controller(storage):
    directories = Directories(storage, settings(quotas={"home": {"storage": "10Gi"}}))
    return HomeController(directories, UsageReader(storage, 60))


async def test_a_home_is_made_and_its_status_says_what_it_takes(controller, storage):
    status = await controller.reconcile(home_body())

    assert storage.quotas == {"users/ada": Quota(bytes=10 * GIB)}
    assert status == {
        "phase": "Ready",
        "message": "",
        "usage": {"bytes": 5 * GIB, "files": 70, "complete": True},
        "quota": {"bytes": 10 * GIB, "enforced": True},
        "used": "5.0 GiB",
        "limit": "10.0 GiB",
        "snapshots": True,
        "requestedSnapshot": {},
        "observedGeneration": 2,
    }


@pytest.mark.parametrize(
    ("spec", "quotas", "expected"),
    [
        pytest.param({}, {}, Quota(), id="no limit"),
        pytest.param(
            {},
            {"home": {"storage": "1k", "files": 9}},
            Quota(bytes=1000, files=9),
            id="all",
        ),
        pytest.param(
            {},
            {"home": {"storage": "1k", "files": 9}, "users": {"ada": {"files": 5}}},
            Quota(bytes=1000, files=5),
            id="a person's value goes before that of all",
        ),
        pytest.param(
            {"quota": {"storage": 1}},
            {"home": {"storage": "1k"}, "users": {"ada": {"storage": "2k"}}},
            Quota(bytes=1),
            id="the Home goes before both",
        ),
        pytest.param(
            {}, {"users": {"ben": {"storage": "2k"}}}, Quota(), id="another person's"
        ),
    ],
)
async def test_which_quota_holds(storage, spec, quotas, expected):
    directories = Directories(storage, settings(quotas=quotas))
    controller = HomeController(directories, UsageReader(storage, 60))

    await controller.reconcile(home_body(**spec))

    assert storage.quotas["users/ada"] == expected


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (home_body(name="ben"), "The home of ada is called ada, not ben"),
        (home_body(name="..", user=".."), "is called"),
        (home_body(quota={"storage": "much"}), "quota.storage"),
        (home_body(quota={"storage": "0"}), "leave it out for none"),
        (home_body(quota={"files": 0}), "quota.files"),
    ],
)
async def test_a_home_that_cannot_be_is_told_why_and_makes_nothing(
    controller, storage, body, says
):
    status = await controller.reconcile(body)

    assert status["phase"] == "Failed"
    assert says in status["message"]
    assert storage.quotas == {}


@pytest.mark.parametrize(
    ("failure", "says"),
    [
        (OSError(28, "No space left on device"), "The storage is full"),
        (TimeoutError(), "does not answer"),
        (OSError(5, "Input/output error"), "Input/output error"),
    ],
)
async def test_a_storage_that_fails_is_worth_another_try(
    controller, storage, failure, says
):
    before = await controller.reconcile(home_body())
    storage.failure = failure

    with pytest.raises(HomeUnmadeError, match=says) as caught:
        await controller.reconcile(home_body())

    status = failed_status(caught.value, home_body() | {"status": before})
    assert status["phase"] == "Failed"
    assert status["usage"] == before["usage"]


async def test_a_home_of_somebody_else_is_used_and_named(controller, storage):
    storage.failure = DirectoryError("It belongs to user 0.")

    status = await controller.reconcile(home_body())

    assert (status["phase"], status["message"]) == ("Ready", "It belongs to user 0.")


async def test_a_snapshot_that_is_asked_for_is_taken_once(controller, storage):
    body = home_body(request="now")
    for _ in range(2):
        status = await controller.reconcile(body)
        body["status"] = status

    (name,) = storage.snapshots["users/ada"]
    assert status["requestedSnapshot"] == {
        "request": "now",
        "name": name,
        "message": "",
    }


async def test_an_event_before_its_status_takes_no_second_snapshot(controller, storage):
    first = await controller.reconcile(home_body(request="now"))
    second = await controller.reconcile(home_body(request="now"))

    assert len(storage.snapshots["users/ada"]) == 1
    assert first["requestedSnapshot"] == second["requestedSnapshot"]


@pytest.mark.parametrize(
    ("request_text", "status", "expected"),
    [
        ("", {}, False),
        ("now", {}, True),
        ("now", {"requestedSnapshot": {"request": "before"}}, True),
        ("now", {"requestedSnapshot": {"request": "now", "name": ""}}, False),
    ],
)
def test_a_snapshot_is_asked_for_until_the_status_answers(
    request_text, status, expected
):
    body = home_body(request=request_text) | {"status": status}

    assert asks_for_snapshot(body) is expected


async def test_where_there_are_none_the_status_says_so(tmp_path):
    (tmp_path / "users").mkdir()
    plain = PlainStorage(tmp_path, UID)
    controller = HomeController(Directories(plain, settings()), UsageReader(plain, 60))

    status = await controller.reconcile(home_body(request="now"))

    assert status["quota"] == {"enforced": False}
    assert not status["snapshots"]
    assert "has no snapshots" in status["requestedSnapshot"]["message"]
    home = tmp_path / "users" / "ada"
    assert stat.S_IMODE(home.stat().st_mode) == 0o770
    if os.geteuid() == 0:
        assert home.stat().st_uid == UID


async def test_snapshots_of_homes_projects_and_global_are_kept(storage):
    directories = Directories(storage, settings(snapshots={"hourly": 2, "daily": 1}))
    for hour in range(5):
        await directories.keep_snapshots(datetime(2026, 11, 30, hour, 30, tzinfo=UTC))

    assert set(storage.snapshots) == {"users", "projects", "global"}
    assert storage.snapshots["users"] == [
        "mofang-daily-20261130T003000Z",
        "mofang-hourly-20261130T033000Z",
        "mofang-hourly-20261130T043000Z",
    ]


async def test_requested_snapshots_are_bounded(storage):
    directories = Directories(storage, settings(snapshots={"requested": 1}))
    controller = HomeController(directories, UsageReader(storage, 60))
    old = "mofang-requested-20200101T000000Z"
    daily = "mofang-daily-20200101T000000Z"
    storage.snapshots["users/ada"] = [old, daily]

    await controller.reconcile(home_body(request="now"))

    kept = storage.snapshots["users/ada"]
    assert old not in kept
    assert len(kept) == 2
    assert daily in kept


async def test_usage_is_read_no_more_often_than_it_may(storage):
    clock = Clock()
    reader = UsageReader(storage, 60, clock=clock)
    home = Directories(storage, settings())
    controller = HomeController(home, reader)

    for clock.now in (0.0, 30.0, 59.0, 61.0):
        await controller.reconcile(home_body())

    assert storage.reads == 2


def test_quotas_of_a_project_go_before_those_of_all(storage):
    directories = Directories(
        storage,
        settings(
            quotas={"project": {"storage": "2k", "files": 7}, "logs": {"storage": "1k"}}
        ),
    )
    body = {"metadata": {"name": "vision"}, "spec": {"displayName": "Vision"}}
    plain = Project.parse(body)
    body["spec"]["quota"] = {"storage": "3k", "logs": "4k"}
    own = Project.parse(body)

    assert directories.project_quota(plain) == Quota(bytes=2000, files=7)
    assert directories.logs_quota(plain) == Quota(bytes=1000)
    assert directories.project_quota(own) == Quota(bytes=3000, files=7)
    assert directories.logs_quota(own) == Quota(bytes=4000)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1536, "1.5 KiB"),
        (2**60, "1024.0 PiB"),
    ],
)
def test_sizes_are_said_as_people_say_them(size, text):
    assert readable_size(size) == text


def test_a_home_is_read_as_kubernetes_gives_it():
    home = Home.parse(home_body(quota={"storage": 1000}))

    assert home.quota.quota == Quota(bytes=1000)
    assert isinstance(read_snapshot("mofang-daily-20261130T000000Z"), Snapshot)
