"""What scripts leave beside their logs, however they mean it."""

import asyncio
import errno
import json
import os
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
from unit.mofang_jobs.world import SCOPES, World, running_world

from mofang_jobs.adapters import record_files
from mofang_jobs.adapters.record_files import RecordStorage
from mofang_jobs.domain.models import Caller
from mofang_jobs.services import job_listing


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as found:
        yield found


async def test_a_script_reports_values(world: World) -> None:
    job = await world.submit()
    assert (await world.call("GET", f"{job['id']}/result")).json() == {}
    path = world.log_file(job).with_name("result.json")
    path.write_text('{"accuracy": 0.93, "note": "fine"}')

    answer = await world.call("GET", f"{job['id']}/result", user="eve")

    assert answer.json() == {"accuracy": 0.93, "note": "fine"}


@pytest.mark.parametrize(
    "content",
    [b"[1, 2]", b"{", b"\xff\xfe", b"[" * 60_000, b'{"a": "' + b"x" * 70_000 + b'"}'],
)
async def test_what_is_no_result_is_none(world: World, content: bytes) -> None:
    job = await world.submit()
    world.log_file(job).with_name("result.json").write_bytes(content)

    answer = await world.call("GET", f"{job['id']}/result")

    assert (answer.status_code, answer.json()) == (200, {})


async def test_a_link_leads_nowhere(world: World, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text('{"password": 1}')
    job = await world.submit()
    world.log_file(job).with_name("result.json").symlink_to(secret)

    assert (await world.call("GET", f"{job['id']}/result")).json() == {}


async def test_a_failed_replica_that_is_kept_says_until_when(world: World) -> None:
    job = await world.submit(hold_on_failure_minutes=30)
    world.run_pod(job)
    record = {
        "exit_code": 3,
        "ended": "2033-05-18T03:03:20Z",
        "held_until": "2033-05-18T03:33:20Z",
        "termination_message": "Traceback:\nValueError: no.\n",
    }
    path = world.log_file(job)
    path.with_name(f"{path.stem}.held.json").write_text(json.dumps(record))

    (replica,) = (await world.call("GET", job["id"])).json()["replicas"]

    assert replica["held_until"] == "2033-05-18T03:33:20Z"
    assert "exit code 3: ValueError: no." in replica["reason"]
    assert replica["shell_allowed"] is True, "which is what it is kept for"


async def test_outsiders_see_no_result(world: World) -> None:
    job = await world.submit()
    answer = await world.call("GET", f"{job['id']}/result", user="mallory")
    assert answer.status_code == 404


async def test_what_cannot_be_read_is_no_record_and_no_fault(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job is shown, and so are the others of its project."""
    job = await world.submit(hold_on_failure_minutes=30)
    other = await world.submit()
    world.run_pod(job)
    path = world.log_file(job)
    path.with_name(f"{path.stem}.held.json").write_text("{}")
    path.with_name("result.json").write_text("{}")

    for code in (errno.EACCES, errno.EIO):

        def fail(*_: object, code: int = code) -> int:
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(record_files, "open_file", fail)
        assert (await world.call("GET", job["id"])).status_code == 200
        assert (await world.call("GET", f"{job['id']}/result")).json() == {}
        listed = (await world.call("GET")).json()["jobs"]
        assert {each["id"] for each in listed} == {job["id"], other["id"]}


async def test_one_job_s_fault_does_not_end_the_watch_of_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await world.submit(hold_on_failure_minutes=30)
    world.run_pod(job)

    async def fail(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(RecordStorage, "retained", fail)
    monkeypatch.setattr(job_listing, "POLL_SECONDS", 0.01)
    ada = Caller(name="ada", scopes=frozenset(SCOPES))
    changes = world.listing.watch(ada, "vision")
    async with aclosing(changes), asyncio.timeout(30):
        assert await anext(changes) is None
        other = await world.submit(name="other")
        while (change := await anext(changes)) is None or (
            change.job.job.id != other["id"]
        ):
            pass

    assert change.type == "added"
    assert len((await world.call("GET")).json()["jobs"]) == 2
