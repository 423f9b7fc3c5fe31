"""What scripts leave beside their logs, however they mean it."""

import asyncio
import errno
import json
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override
from unit.mofang_jobs.world import SCOPES, World, running_world

from mofang_jobs.adapters.record_files import RecordStorage, RetainedReplica
from mofang_jobs.domain.log_paths import LogName
from mofang_jobs.domain.models import Caller


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
    real, failed = os.open, list[int]()

    for code in (errno.EACCES, errno.EIO):

        def fail(path: Any, *args: Any, code: int = code, **more: Any) -> int:
            if str(path).endswith((".held.json", "result.json")):
                failed.append(code)
                raise OSError(code, os.strerror(code))
            return real(path, *args, **more)

        monkeypatch.setattr(os, "open", fail)
        assert (await world.call("GET", job["id"])).status_code == 200
        assert (await world.call("GET", f"{job['id']}/result")).json() == {}
        listed = (await world.call("GET")).json()["jobs"]
        assert {each["id"] for each in listed} == {job["id"], other["id"]}
    assert set(failed) == {errno.EACCES, errno.EIO}


class FaultyRecords(RecordStorage):
    @override
    async def retained(
        self, names: Iterable[LogName]
    ) -> dict[tuple[str, int], RetainedReplica]:
        raise RecursionError


async def test_one_job_s_fault_does_not_end_the_watch_of_others(tmp_path: Path) -> None:
    async with running_world(tmp_path, records=FaultyRecords(tmp_path)) as world:
        job = await world.submit(hold_on_failure_minutes=30)
        world.run_pod(job)

        ada = Caller(name="ada", scopes=frozenset(SCOPES))
        changes = world.listing.watch(ada, "vision", poll_seconds=0.01)
        async with aclosing(changes), asyncio.timeout(30):
            assert await anext(changes) is None
            other = await world.submit(name="other")
            while (change := await anext(changes)) is None or (
                change.job.job.id != other["id"]
            ):
                pass

        assert change.type == "added"
        assert len((await world.call("GET")).json()["jobs"]) == 2
