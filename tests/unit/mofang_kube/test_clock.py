"""The cluster's time, on a node whose own clock is wrong or is set meanwhile."""

import asyncio
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from mofang_kube.clock import ClusterClock
from support.clock import FakeClock

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize("wrong_by", [DAY, -DAY], ids=["a day ahead", "a day behind"])
def test_the_api_server_is_believed(wrong_by, caplog):
    steady = FakeClock()
    clock = ClusterClock(local=lambda: NOON + wrong_by, steady=steady)
    assert clock() == NOON + wrong_by, "nobody has answered yet"

    for _ in range(3):
        clock.observe(format_datetime(NOON, usegmt=True))
    assert clock() == NOON
    steady.advance(90)
    assert clock() == NOON + timedelta(seconds=90)
    assert len(caplog.records) == 1, "it is said once"
    assert "Set the node's clock" in caplog.text


def test_a_clock_that_is_set_meanwhile_changes_nothing():
    local, steady = [NOON], FakeClock()
    clock = ClusterClock(local=lambda: local[0], steady=steady)
    clock.observe(format_datetime(NOON, usegmt=True))
    local[0] += DAY
    steady.advance(1)

    assert clock() == NOON + timedelta(seconds=1)


@pytest.mark.parametrize("date", [None, "", "soon", "Mon, 99 Nov 2026 99:00:00 GMT"])
def test_what_is_no_date_changes_nothing(date):
    clock = ClusterClock(local=lambda: NOON)

    clock.observe(date)

    assert clock() == NOON


SCRIPT = """
import asyncio, datetime, json, sys, time
from kubernetes_asyncio.client import ApiClient, Configuration
from mofang_kube.clock import ClusterClock
from mofang_kube.leader import RENEW_SECONDS, Leader
from mofang_kube.watcher import Watcher

async def main():
    clock = ClusterClock()
    async with ApiClient(Configuration(host=sys.argv[1])) as api:
        watcher = Watcher(api, "/objects", clock=clock)
        watcher.start()
        await watcher.has_synced.wait()
        leader = Leader(api, name="l", namespace="n", identity="me")
        leader._until = time.monotonic() + RENEW_SECONDS
        before = clock(), datetime.datetime.now(datetime.UTC), leader.leads()
        if len(sys.argv) > 2:
            open(sys.argv[2], "w").write(sys.argv[3])
            await asyncio.sleep(0.1)
        after = clock(), datetime.datetime.now(datetime.UTC), leader.leads()
        await watcher.stop()
    found = [[a.isoformat(), b.isoformat(), c] for a, b, c in (before, after)]
    print(json.dumps(found))

asyncio.run(main())
"""


@pytest.fixture
async def api_server():
    async def answer(request):
        if request.query.get("watch"):
            return web.Response(body=b"")
        return web.json_response({"metadata": {"resourceVersion": "1"}, "items": []})

    app = web.Application()
    app.router.add_get("/objects", answer)
    async with TestServer(app, shutdown_timeout=0) as running:
        yield str(running.make_url("")).rstrip("/")


@pytest.mark.parametrize(
    ("start", "set_to"),
    [
        pytest.param("+1d", None, id="a day ahead"),
        pytest.param("-1d", None, id="a day behind"),
        pytest.param("+0", "+1d", id="set a day ahead meanwhile"),
        pytest.param("+0", "-1d", id="set a day back meanwhile"),
    ],
)
async def test_a_program_whose_clock_is_wrong(api_server, tmp_path, start, set_to):
    """A real process, under libfaketime: its watch, its loop and its lease go on."""
    offsets = tmp_path / "offset"
    offsets.write_text(start)
    command = ["faketime", "-f", start, sys.executable, "-c", SCRIPT, api_server]
    environment = {**os.environ, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    if set_to:
        command = [*command[:-1], api_server, str(offsets), set_to]
        environment |= {
            "LD_PRELOAD": libfaketime(),
            "FAKETIME_TIMESTAMP_FILE": str(offsets),
            "FAKETIME_NO_CACHE": "1",
        }
        command = command[3:]
    began = time.time()

    done = await run(command, environment)

    (cluster, local, leads), (cluster_after, local_after, leads_after) = done
    if not set_to:
        assert abs(_seconds(local) - began) > DAY.total_seconds() / 2
    else:
        moved = _seconds(local_after) - _seconds(local)
        assert abs(moved) > DAY.total_seconds() / 2
    for each in (cluster, cluster_after):
        assert began - 2 <= _seconds(each) <= time.time() + 2
    assert leads
    assert leads_after


def libfaketime():
    """As the command itself sets it."""
    shown = subprocess.run(
        ["faketime", "-f", "+0", sys.executable, "-c", _SHOW],
        capture_output=True,
        text=True,
        check=True,
    )
    return shown.stdout.strip()


_SHOW = "import os; print(os.environ['LD_PRELOAD'])"


async def run(command, environment):
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(out)


def _seconds(text):
    return datetime.fromisoformat(text).timestamp()
