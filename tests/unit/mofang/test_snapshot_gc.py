"""Old copies of code go with a submission; those of unfinished jobs never do."""

import asyncio
import os
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from unit.mofang.fake_service import GIVEN, a_job, refuse

import mofang
from mofang.archives import archive_of, use_snapshot
from mofang.async_client import AsyncClient
from mofang.errors import ConfigurationError
from mofang_api.models import CodeSource, JobList, JobState

OLD = "a" * 64


def inside(settings, home):
    return replace(
        settings, environment="base", shared_directories=(str(home),), user="ada"
    )


@pytest.fixture
def client(client, tmp_path):
    client.settings = inside(client.settings, tmp_path)
    return client


@pytest.fixture
def archive(tmp_path):
    """An old archive that was used in the client's project alone."""
    path = archive_of(OLD, tmp_path)
    path.parent.mkdir(parents=True)
    path.touch()
    use_snapshot(OLD, "vision", tmp_path)
    os.utime(path, (1, 1))
    return path


def used_too_in(project, archive):
    use_snapshot(OLD, project, archive.parents[2])
    os.utime(archive, (1, 1))


def running(code: str):
    source = CodeSource(directory="/home/jovyan", snapshot=code)
    return a_job(spec=a_job().spec.model_copy(update={"code": source}))


def page(*jobs):
    return httpx.Response(200, content=JobList(jobs=jobs).model_dump_json())


def test_old_code_goes_with_the_next_submission_but_not_a_waiting_jobs(
    client, service, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    code = tmp_path / "code"
    code.mkdir()
    taken = []
    for version in range(3):
        (code / "train.py").write_text(str(version))
        job = mofang.submit("code/train.py", client=client, snapshot="code")
        taken.append(archive_of(job.job.spec.code.snapshot, tmp_path))
        os.utime(taken[-1], (1, 1))
        if version == 0:
            service.become(job.id, JobState.SUCCEEDED)
    assert [path.exists() for path in taken] == [False, True, True]


def test_code_goes_when_no_job_needs_it(client, service, archive):
    assert client.collect_snapshots() == 1
    assert not archive.exists()
    assert client.collect_snapshots() == 0
    assert len(service.requests) == 1


def test_code_stays_while_it_is_unknown_who_needs_it(client, service, archive):
    service.answers = [refuse(503, "starting", "The service starts.")]
    assert client.collect_snapshots() == 0
    for number in range(1100):
        service.add(a_job(number))
    assert client.collect_snapshots() == 0
    assert len(service.requests) == 11
    client.settings = replace(client.settings, user="nobody-else")
    assert client.collect_snapshots() == 1
    assert not archive.exists()


def test_code_stays_that_a_job_of_another_project_needs(client, service, archive):
    used_too_in("speech", archive)
    service.answers = [page(running(OLD)), page()]
    assert client.collect_snapshots() == 0
    asked = [request.url.path.split("/")[-2] for request in service.requests]
    assert asked == ["speech", "vision"]
    service.answers = [page(), page()]
    assert client.collect_snapshots() == 1


def test_code_stays_of_a_project_that_cannot_be_seen(client, service, archive):
    used_too_in("speech", archive)
    assert client.collect_snapshots() == 0
    assert archive.exists()


def test_a_project_that_cannot_be_seen_keeps_only_its_own_code(
    client, service, archive, tmp_path
):
    other = archive_of("b" * 64, tmp_path)
    other.touch()
    use_snapshot("b" * 64, "speech", tmp_path)
    os.utime(other, (1, 1))
    assert client.collect_snapshots() == 1
    assert (archive.exists(), other.exists()) == (False, True)


def test_a_submission_in_another_project_is_noted(client, service, archive, tmp_path):
    client.settings = replace(client.settings, project="speech")
    job = running(OLD)
    service.answers = [httpx.Response(201, content=job.model_dump_json())]
    client.submit(job.spec)
    os.utime(archive, (1, 1))
    client.settings = replace(client.settings, project="vision")
    service.answers = [page(job), page()]
    assert client.collect_snapshots() == 0


def test_code_that_is_gone_is_said_before_the_job_is_sent(client, service):
    with pytest.raises(ConfigurationError, match="Copy it anew"):
        client.submit(running(OLD).spec)
    assert service.requests == []


def test_what_no_job_needs_is_told_and_stays(client, service, archive):
    day = timedelta(days=1)
    assert client.unneeded_snapshots(day) == {OLD}
    service.answers = [page(running(OLD))]
    assert client.unneeded_snapshots(day) == set()
    os.utime(archive)
    assert client.unneeded_snapshots(day) == set()
    assert archive.exists()


async def test_a_submission_by_asyncio_tidies_too(service, archive, tmp_path):
    transport = httpx.MockTransport(service)
    async with AsyncClient(transport=transport, **GIVEN) as client:
        client.settings = inside(client.settings, tmp_path)
        new = archive_of("b" * 64, tmp_path)
        await asyncio.to_thread(new.touch)
        service.answers = [
            httpx.Response(201, content=running("b" * 64).model_dump_json()),
            refuse(403, "forbidden", "Not with this token."),
        ]
        await client.submit(running("b" * 64).spec)
        assert archive.exists()
        await client.submit(running("b" * 64).spec)
    assert not archive.exists()
    assert new.exists()
