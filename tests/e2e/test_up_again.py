"""`make up` after a stop in the middle, and what people kept is still there."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from support.eventually import eventually
from support.hub import HubSession
from support.jobs import api, submit, wait_for_state
from support.platform import REPOSITORY, Platform

SERVER = "vision-base"
OPTIONS = {"project": "vision", "environment": "base"}
UP = [sys.executable, "-m", "mofang_local", "up"]


def up(platform: Platform) -> list[str]:
    return [*UP, "--port", platform.url.rpartition(":")[2]]


def interrupted_up(platform: Platform, after: str) -> None:
    """Begin `up` and kill it, as a lost terminal would, once it said ``after``."""
    process = subprocess.Popen(
        up(platform),
        cwd=REPOSITORY,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stderr
    with process.stderr:
        seen = next((line for line in process.stderr if after in line), "")
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert after in seen


@pytest.mark.long
def test_up_goes_on_after_a_kill_and_keeps_what_people_have(
    platform: Platform, hub_of: Callable[[str], HubSession]
) -> None:
    session = hub_of("ada")
    session.start(SERVER, OPTIONS)
    session.wait_ready(SERVER)
    job = submit(
        session,
        SERVER,
        name="kept",
        script="/home/jovyan/kept.py",
        text="print('kept in the log', flush=True)\n",
    )
    wait_for_state(session, SERVER, job["id"], "Succeeded")

    subprocess.run(
        [sys.executable, "-m", "mofang_local", "down"], check=True, timeout=120
    )
    interrupted_up(platform, after="control plane")
    again = subprocess.run(
        up(platform),
        cwd=REPOSITORY,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert again.returncode == 0, again.stderr
    assert platform.url in again.stdout
    # A machine switched off ends its servers; one click starts them again.
    eventually(
        lambda: session.start(SERVER, OPTIONS).status_code in (201, 202),
        within=60,
        what="the server may be started again",
        every=1,
    )
    session.wait_ready(SERVER)
    found = api(session, SERVER, "GET", f"jobs/{job['id']}").json()
    assert found["state"] == "Succeeded"
    log = api(session, SERVER, "GET", f"jobs/{job['id']}/logs/worker/0").text
    assert "kept in the log" in log
    assert (platform.storage / "users" / "ada" / "kept.py").exists()
    api(session, SERVER, "DELETE", f"jobs/{job['id']}")
