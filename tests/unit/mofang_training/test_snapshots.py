"""Copies of code are made, checked and let go in this server's home."""

import asyncio
import json
import os
from pathlib import Path

import pytest
from unit.mofang_training.conftest import Upstream
from unit.mofang_training.notebook import Notebook

from mofang.archives import archive_of, use_snapshot
from mofang_api.models import JobList

OLD, KEPT = "a" * 64, "b" * 64


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return home


def an_archive(home: Path, snapshot: str) -> Path:
    path = archive_of(snapshot, home)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    use_snapshot(snapshot, "vision", home)
    os.utime(path, (1, 1))
    return path


def a_body(snapshot: object) -> bytes:
    return json.dumps({"code": {"directory": "/c", "snapshot": snapshot}}).encode()


async def test_a_copy_is_noted_for_the_project(notebook: Notebook, home: Path) -> None:
    (home / "code").mkdir()
    body = json.dumps({"directory": str(home / "code")})
    async with notebook.client() as client:
        answer = await client.post("mofang/training/api/snapshots", content=body)
    assert answer.status_code == 201
    archive = archive_of(answer.json()["snapshot"], home)
    assert archive.is_file()
    assert archive.with_name(f"{archive.stem}.used-in.vision").is_file()


async def test_a_kept_copy_that_is_gone_is_said_before_the_job_is_sent(
    notebook: Notebook, upstream: Upstream
) -> None:
    async with notebook.client() as client:
        answer = await client.post("mofang/training/api/jobs", content=a_body(KEPT))
    assert answer.status_code == 422
    assert "not kept in your home" in answer.json()["fields"]["code"]
    assert upstream.asked == []


async def test_a_submission_with_code_lets_go_of_what_nobody_needs(
    notebook: Notebook, upstream: Upstream, home: Path
) -> None:
    old, kept = an_archive(home, OLD), an_archive(home, KEPT)
    upstream.status = 201
    upstream.answer = JobList(jobs=[]).model_dump_json().encode()
    async with notebook.client() as client:
        answer = await client.post("mofang/training/api/jobs", content=a_body(KEPT))
    assert answer.status_code == 201
    assert kept.exists()
    assert kept.stat().st_mtime > 1
    # It is done after the answer.
    for _ in range(100):
        if not old.exists():
            break
        await asyncio.sleep(0.05)
    assert not old.exists()


@pytest.mark.parametrize(
    "body", [b"{}", b"?", b'{"code": 1}', a_body(1), a_body("../../x")]
)
async def test_what_names_no_copy_is_the_services_to_judge(
    notebook: Notebook, upstream: Upstream, home: Path, body: bytes
) -> None:
    old = an_archive(home, OLD)
    async with notebook.client() as client:
        await client.post("mofang/training/api/jobs", content=body)
    assert [asked[3] for asked in upstream.asked] == [body]
    assert old.exists()
