"""Killing the hub interrupts nobody: servers answer, jobs go on, all is found again."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from support.eventually import eventually
from support.hub import HubSession
from support.jobs import api, submit, wait_for_state
from support.platform import Platform

SERVER = "vision-base"
OPTIONS = {"project": "vision", "environment": "base"}


@pytest.fixture
def ada(hub_of: Callable[[str], HubSession]) -> Iterator[HubSession]:
    session = hub_of("ada")
    if not session.server(SERVER):
        session.start(SERVER, OPTIONS)
    session.wait_ready(SERVER)
    yield session
    session.stop(SERVER)


def kill_hub(platform: Platform) -> None:
    """End the hub without a word of warning, as a lost machine would."""
    platform.kubectl(
        "delete",
        "pod",
        "-n",
        "mofang",
        "-l",
        "app.kubernetes.io/component=hub",
        "--grace-period=0",
        "--force",
    )


def ready_hubs(platform: Platform) -> set[str]:
    """UIDs of the pods that answer as the hub."""
    listed = platform.get(
        "pods", "-n", "mofang", "-l", "app.kubernetes.io/component=hub"
    )
    return {
        pod["metadata"]["uid"]
        for pod in listed["items"]
        if any(each["ready"] for each in pod["status"].get("containerStatuses", []))
    }


def hub_answers(platform: Platform) -> bool:
    try:
        answer = httpx.get(f"{platform.url}/hub/health", trust_env=False)
    except httpx.TransportError:
        return False
    return answer.status_code == 200


@pytest.mark.long
def test_the_hub_killed_while_a_server_and_a_job_run(
    platform: Platform, ada: HubSession
) -> None:
    job = submit(ada, SERVER, name="goes-on", script="/home/jovyan/sleep.py")
    wait_for_state(ada, SERVER, job["id"], "Running")
    before = ada.server(SERVER)
    assert before

    killed = ready_hubs(platform)
    kill_hub(platform)

    statuses: list[int] = []

    def back() -> bool:
        # Jupyter's own API asks the hub who this is once per token and keeps the
        # answer; `api/kernelspecs` needs the log-in, so it proves both.
        statuses.append(ada.user_server(SERVER, "api/kernelspecs").status_code)
        return bool(ready_hubs(platform) - killed) and hub_answers(platform)

    eventually(back, within=120, what="the hub answers again")
    assert set(statuses) == {200}

    after = eventually(
        lambda: ada.server(SERVER), within=30, what="the new hub knows the server"
    )
    assert after["ready"]
    assert after["started"] == before["started"]
    found = api(ada, SERVER, "GET", f"jobs/{job['id']}").json()
    assert found["state"] == "Running"
    assert api(ada, SERVER, "DELETE", f"jobs/{job['id']}").status_code == 204
