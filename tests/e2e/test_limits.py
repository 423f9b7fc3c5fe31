"""What the gateway and the services behind it take of those who are not logged in."""

import json
import socket
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from support.eventually import eventually
from support.hub import HubSession
from support.platform import Platform

JOBS = "/services/training/api/projects/vision/jobs"
LOG_IN = "/hub/login"
NAMESPACE = "mofang-project-vision"
SERVER = "vision-base"
MIB = 1024**2


@pytest.mark.parametrize("path", [LOG_IN, JOBS])
@pytest.mark.parametrize("size", [300 * 1024, 2 * MIB])
def test_a_body_that_is_too_long_is_refused_with_what_to_do(
    platform: Platform, path: str, size: int
) -> None:
    with httpx.Client(trust_env=False, timeout=30) as http:
        answer = http.post(f"{platform.url}{path}", content=b"x" * size)

    assert answer.status_code == 413
    assert "KiB" in answer.json()["message"]


@pytest.mark.parametrize("path", [LOG_IN, JOBS])
def test_a_body_of_no_declared_length_is_refused(platform: Platform, path: str) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(8):
            yield b"x" * 64 * 1024

    with httpx.Client(trust_env=False, timeout=30) as http:
        answer = http.post(f"{platform.url}{path}", content=pieces())

    assert answer.status_code == 413


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param("Content-Length: 5000\r\n\r\nhalf of it", id="a body"),
        pytest.param("X-Half: of it", id="headers"),
    ],
)
@pytest.mark.parametrize("path", [LOG_IN, JOBS])
def test_what_does_not_come_in_time_is_refused(
    platform: Platform, path: str, sent: str
) -> None:
    address = urlsplit(platform.url)
    with socket.create_connection((address.hostname, address.port), 60) as client:
        head = f"POST {path} HTTP/1.1\r\nHost: {address.netloc}\r\n{sent}"
        client.sendall(head.encode())
        answer = client.recv(4096)

    assert answer.startswith(b"HTTP/1.1 408 ")


def test_an_upload_to_ones_own_server_may_be_long(
    hub_of: Callable[[str], HubSession],
) -> None:
    session = hub_of("ada")
    session.start(SERVER, {"project": "vision", "environment": "base"})
    session.wait_ready(SERVER)
    body = {"type": "file", "format": "text", "content": "x" * 3 * MIB}
    url = f"{session.server_url(SERVER)}api/contents/home/jovyan/long.txt"
    headers = {"Authorization": f"token {session.token}"}
    with httpx.Client(trust_env=False, timeout=60, headers=headers) as http:
        answer = http.put(url, json=body)
        removed = http.delete(url)
    session.stop(SERVER)

    assert answer.status_code == 201, answer.text
    assert removed.status_code == 204


def test_jobs_of_a_project_are_counted_by_kubernetes(platform: Platform) -> None:
    """Once their operator has been there for a minute."""

    def is_counted() -> bool:
        quota = platform.get("resourcequota", "mofang-jobs", "-n", NAMESPACE)
        status, name = quota.get("status", {}), "count/pytorchjobs.kubeflow.org"
        return name in status.get("hard", {}) and name in status.get("used", {})

    eventually(is_counted, within=180, what="PyTorchJobs are counted", every=2)


def test_a_full_project_says_what_to_do(
    platform: Platform, hub_of: Callable[[str], HubSession]
) -> None:
    test_jobs_of_a_project_are_counted_by_kubernetes(platform)
    session = hub_of("ada")
    spec = {
        "name": "one-of-many",
        "environment_name": "pytorch",
        "command": ["sleep", "600"],
        # It waits, however long: the project has less.
        "resources": {"cpu": "15", "memory": "64Mi"},
    }
    headers = {"Authorization": f"token {session.token}"}
    with httpx.Client(
        base_url=platform.url, headers=headers, trust_env=False, timeout=60
    ) as http:
        maximum = http.get(JOBS, params={"limit": 1}).json()["total"] + 1

        def is_full_with_one_more() -> bool:
            quota = platform.get("resourcequota", "mofang-jobs", "-n", NAMESPACE)
            hard = quota["status"]["hard"]["count/pytorchjobs.kubeflow.org"]
            # With room for next attempts.
            return str(hard) == str(maximum + 10)

        set_quota(platform, jobs=maximum)
        try:
            eventually(is_full_with_one_more, within=120, what="the quota", every=1)
            first, second = (http.post(JOBS, json=spec) for _ in range(2))
            http.delete(f"{JOBS}/{first.json()['id']}")
        finally:
            set_quota(platform, jobs=None)

    assert first.status_code == 201, first.text
    assert second.status_code == 403
    assert "Delete some that nobody needs" in second.json()["message"]


def set_quota(platform: Platform, **quota: int | None) -> None:
    text = json.dumps({"spec": {"quota": quota}})
    platform.kubectl(
        "patch", "project.mofang.dev", "vision", "--type=merge", "-p", text
    )
