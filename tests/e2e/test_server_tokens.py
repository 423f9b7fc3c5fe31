"""The token of a server is good for the project of the server, as the hub says it."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from support.hub import HubSession
from support.kernels import running_kernel

SERVER = "speech-base"
OPTIONS = {"project": "speech", "environment": "base"}
ASK = """
import json, os, urllib.error, urllib.request

def ask(project):
    base = os.environ["MOFANG_API_URL"]
    request = urllib.request.Request(
        f"{base}/api/projects/{project}/jobs",
        headers={"Authorization": "token " + os.environ["JUPYTERHUB_API_TOKEN"]},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())["message"]

print(json.dumps({each: ask(each) for each in ("speech", "vision")}))
"""


@pytest.fixture
def ben(hub_of: Callable[[str], HubSession]) -> Iterator[HubSession]:
    """A member of both projects, with a server of one."""
    session = hub_of("ben")
    if not session.server(SERVER):
        answer = session.start(SERVER, OPTIONS)
        assert answer.status_code in {201, 202}, answer.text
    session.wait_ready(SERVER)
    yield session
    session.stop(SERVER)


def jobs_of(session: HubSession, project: str) -> httpx.Response:
    """A project's jobs, asked for with a token of the person's own."""
    return httpx.get(
        f"{session.platform.url}/services/training/api/projects/{project}/jobs",
        headers={"Authorization": f"token {session.token}"},
        timeout=30,
        trust_env=False,
    )


def test_it_opens_its_own_project_and_no_other(ben: HubSession) -> None:
    with running_kernel(ben, SERVER) as kernel:
        answers: dict[str, Any] = json.loads(kernel.run(ASK))

    assert answers["speech"] == [200, ""]
    code, message = answers["vision"]
    assert code == 403
    assert "a server of speech, and good for nothing in vision" in message


def test_a_token_of_one_s_own_opens_all_projects(ben: HubSession) -> None:
    assert {each: jobs_of(ben, each).status_code for each in ("speech", "vision")} == {
        "speech": 200,
        "vision": 200,
    }
