"""What somebody installed, saved for a colleague: started from, and used by a job."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from e2e.test_packages import PIP, in_terminal, ready_server, undo

from mofang_kube.names import server_name
from support.eventually import eventually
from support.hub import HubSession
from support.jobs import api, put_script, wait_for_state
from support.platform import Platform
from support.wheels import build_wheel

SERVER = "vision-base"
USE = "python -c 'import mofangcubes; print(mofangcubes.version)'"


@pytest.fixture
def ada(
    hub_of: Callable[[str], HubSession], platform: Platform
) -> Iterator[HubSession]:
    """Ada with a package of her own in her server."""
    session = hub_of("ada")
    folder = platform.storage / "users" / "ada" / "test-wheels"
    build_wheel(folder, "mofangcubes", "1.0")
    ready_server(session, SERVER, "base")
    in_terminal(platform, "base", f"{PIP} mofangcubes")
    yield session
    undo(session, SERVER)
    _remove(folder)


def _remove(folder: Path) -> None:
    for each in folder.iterdir():
        each.unlink()
    folder.rmdir()


def save(session: HubSession) -> dict[str, Any]:
    """Save what the server has; return how that ended."""
    wanted = {"title": "Cubes", "notes": "With cubes.", "visibility": "project"}
    answer = api(session, SERVER, "POST", "packages/saving", json=wanted)
    assert answer.status_code == 202, answer.text

    def ended() -> dict[str, Any] | None:
        state = api(session, SERVER, "GET", "packages/saving").json()
        assert state["state"] != "failed", state
        return state if state["state"] == "saved" else None

    return eventually(ended, within=180, what="the environment is saved")


def test_what_one_person_saved_another_starts_from(
    platform: Platform, ada: HubSession, hub_of: Callable[[str], HubSession]
) -> None:
    preview = api(ada, SERVER, "GET", "packages/preview").json()
    assert [each["name"] for each in preview["packages"]] == ["mofangcubes"]

    name = save(ada)["name"]
    ben, server = hub_of("ben"), server_name("vision", name)
    try:
        ready_server(ben, server, name)
        pods = platform.get(
            *("pods", "-n", "mofang-project-vision"),
            *("-l", f"mofang.dev/owner=ben,mofang.dev/environment={name}"),
        )["items"]
        shell = ["bash", "-lc", USE]
        pod = pods[0]["metadata"]["name"]
        exec_in = ("exec", "-n", "mofang-project-vision", pod, "--")
        assert platform.kubectl(*exec_in, *shell).strip() == "1.0"

        text = "import mofangcubes; print('has', mofangcubes.version)"
        put_script(ben, server, "cubes.py", text)
        spec = {
            "name": "cubes",
            "framework": "single",
            "environment": name,
            "script": "/home/jovyan/cubes.py",
            "resources": {"cpu": "0.1", "memory": "512Mi", "gpu": 0},
        }
        submitted = api(ben, server, "POST", "jobs", json=spec)
        assert submitted.status_code == 201, submitted.text
        job_id = submitted.json()["id"]
        job = wait_for_state(ben, server, job_id, "Succeeded", within=300)
        log = api(ben, server, "GET", f"jobs/{job['id']}/logs/worker/0").text
        assert "has 1.0" in log
        api(ben, server, "DELETE", f"jobs/{job['id']}")
    finally:
        ben.remove(server)
        removed = ada.api("DELETE", f"/mofang/environments/{name}")
    assert removed.status_code == 204, removed.text
