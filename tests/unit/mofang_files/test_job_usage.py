"""What jobs take, as the server of one person says it."""

import threading

import pytest
from unit.mofang_files.conftest import API

from mofang_files.job_usage import JobUsageReader

LOGS = {"bytes": 9, "limit": 10, "own_bytes": 4, "own_jobs": 1}


@pytest.fixture
def home(tmp_path):
    code = tmp_path / "home" / ".mofang" / "code"
    code.mkdir(parents=True)
    (code / f"{'a' * 64}.tar").write_bytes(b"x" * (1 << 20))
    return tmp_path / "home"


async def test_logs_and_code_are_told_apart(home):
    found = await JobUsageReader(home, find_log_usage=lambda: LOGS).read()

    assert found["logs"] == LOGS
    assert 1 << 20 <= found["code_bytes"] < 2 << 20


async def test_without_an_answer_the_code_is_told_all_the_same(home):
    answered = threading.Event()

    def ask():
        assert answered.wait(60)
        return LOGS

    reader = JobUsageReader(home, find_log_usage=ask, seconds=0.1)
    found = await reader.read()
    answered.set()

    assert found["logs"] is None
    assert found["code_bytes"]


async def test_a_link_in_the_place_of_the_code_is_not_followed(home, tmp_path):
    code = home / ".mofang" / "code"
    code.rename(tmp_path / "elsewhere")
    code.symlink_to(tmp_path / "elsewhere")

    found = await JobUsageReader(home, find_log_usage=lambda: None).read()

    assert found == {"logs": None, "code_bytes": 0}


async def test_off_the_platform_nobody_is_asked(server, monkeypatch):
    """A server that Mofang has not started knows no training service."""
    monkeypatch.delenv("MOFANG_API_URL", raising=False)
    async with server.client() as http:
        answer = await http.get(f"{API}/jobs")

    assert (answer.status_code, answer.json()) == (
        200,
        {"logs": None, "code_bytes": 0},
    )
