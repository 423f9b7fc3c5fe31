"""Training jobs as a notebook's own server submits them."""

from functools import cache
from typing import Any

import httpx

from support.eventually import eventually
from support.hub import HubSession
from support.platform import Platform

SLEEP = "import time\nprint('asleep', flush=True)\ntime.sleep(3600)\n"


def api(
    session: HubSession, server: str, verb: str, path: str, **options: Any
) -> httpx.Response:
    """A call of the training API through the user's Jupyter server."""
    return _client().request(
        verb,
        f"{session.server_url(server)}mofang/training/api/{path}",
        headers={"Authorization": f"token {session.token}"},
        **options,
    )


@cache
def _client() -> httpx.Client:
    """One for all calls and threads: to make a client takes longer than a call."""
    return httpx.Client(timeout=60, trust_env=False)


def close() -> None:
    """Close what the calls have left open for the next one."""
    _client().close()
    _client.cache_clear()


def pytorch_image(platform: Platform) -> str:
    """Full reference of the image that runs pytorch jobs."""
    return str(platform.get("environment.mofang.dev", "pytorch")["spec"]["image"])


def put_script(session: HubSession, server: str, path: str, text: str) -> None:
    """Write a file in the user's home by Jupyter's contents API."""
    answer = httpx.put(
        f"{session.server_url(server)}api/contents/home/jovyan/{path}",
        headers={"Authorization": f"token {session.token}"},
        json={"type": "file", "format": "text", "content": text},
        timeout=30,
        trust_env=False,
    )
    answer.raise_for_status()


def submit(
    session: HubSession,
    server: str,
    *,
    name: str,
    script: str,
    text: str = SLEEP,
    **more: Any,
) -> dict[str, Any]:
    """Write the script into the home and submit it; one replica unless told."""
    put_script(session, server, script.removeprefix("/home/jovyan/"), text)
    spec = {
        "name": name,
        "framework": "pytorch",
        "image": pytorch_image(session.platform),
        "script": script,
        "replicas": 1,
        "resources": {"cpu": "0.1", "memory": "512Mi", "gpu": 0},
        **more,
    }
    answer = api(session, server, "POST", "jobs", json=spec)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def remove_jobs(session: HubSession, server: str) -> None:
    """Delete what the person has in the server's project."""
    for job in api(session, server, "GET", "jobs").json()["jobs"]:
        if job["owner"] == session.name:
            api(session, server, "DELETE", f"jobs/{job['id']}")


def wait_for_state(
    session: HubSession, server: str, job_id: str, state: str, *, within: float = 120
) -> dict[str, Any]:
    def in_state() -> dict[str, Any] | None:
        answer = api(session, server, "GET", f"jobs/{job_id}")
        # Gateways may fail for a moment while one waits.
        job = answer.json() if answer.status_code == 200 else {}
        return job if job.get("state") == state else None

    return eventually(in_state, within=within, what=f"job {job_id} is {state}")
