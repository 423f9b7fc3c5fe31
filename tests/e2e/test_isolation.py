"""Two members of one project cannot reach what is the other's alone."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from support.hub import HubSession
from support.jobs import api, submit, wait_for_state
from support.platform import Platform

OPTIONS = {"project": "vision", "environment": "base"}
SERVER = "vision-base"


@pytest.fixture
def two_people(
    hub_of: Callable[[str], HubSession],
) -> tuple[HubSession, HubSession]:
    sessions = hub_of("ada"), hub_of("ben")
    for session in sessions:
        if not session.server(SERVER):
            answer = session.start(SERVER, OPTIONS)
            assert answer.status_code in (201, 202), answer.text
        session.wait_ready(SERVER)
    return sessions


def in_server(platform: Platform, user: str, command: str) -> str:
    """What a command says in a user's own running server."""
    pods = platform.get(
        "pods",
        "-n",
        "mofang-project-vision",
        "-l",
        f"mofang.dev/owner={user},mofang.dev/environment=base",
    )["items"]
    running = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    return platform.kubectl(
        "exec",
        "-n",
        "mofang-project-vision",
        running[0]["metadata"]["name"],
        "--",
        "bash",
        "-c",
        command,
    )


def test_homes_are_private_and_the_project_is_shared(
    platform: Platform, two_people: tuple[HubSession, HubSession]
) -> None:
    in_server(platform, "ada", "echo hers > ~/diary; echo ours > /projects/vision/note")

    found = in_server(
        platform, "ben", "find / -name diary -not -path '/proc/*' 2>/dev/null; true"
    )
    note = in_server(platform, "ben", "cat /projects/vision/note")

    assert found == ""
    assert note == "ours\n"


def test_no_kubernetes_rights_in_a_server(
    platform: Platform, two_people: tuple[HubSession, HubSession]
) -> None:
    token = in_server(platform, "ada", "ls /var/run/secrets/kubernetes.io 2>&1; true")

    assert "No such file" in token


def test_global_directory_is_read_only_but_for_its_editors(
    platform: Platform, two_people: tuple[HubSession, HubSession]
) -> None:
    said = in_server(platform, "ben", "touch /global/x 2>&1; true")

    assert "Read-only file system" in said


def test_the_other_s_server_answers_only_its_owner(
    platform: Platform, two_people: tuple[HubSession, HubSession]
) -> None:
    ada, ben = two_people

    mine = ada.user_server(SERVER, "api/status")
    answer = ben.http.get(
        f"{ada.server_url(SERVER)}api/status",
        headers={"Authorization": f"token {ben.token}"},
    )

    assert mine.status_code == 200
    assert answer.status_code == 403


def test_the_other_s_shell_stays_shut(
    platform: Platform, two_people: tuple[HubSession, HubSession]
) -> None:
    """A colleague of the same project sees the job and its log, not its shell."""
    ada, ben = two_people
    job = submit(ada, SERVER, name="hers", script="/home/jovyan/sleep.py")
    try:
        wait_for_state(ada, SERVER, job["id"], "Running")
        path = f"mofang/cloudshell/terminals/websocket/{job['id']}:worker:0"

        assert open_shell(ada, path)
        assert not open_shell(ben, path)
        seen = api(ben, SERVER, "GET", f"jobs/{job['id']}")
        assert seen.status_code == 200
        cancel = api(ben, SERVER, "POST", f"jobs/{job['id']}/cancel")
        assert cancel.status_code == 403
    finally:
        api(ada, SERVER, "DELETE", f"jobs/{job['id']}")


def open_shell(session: HubSession, path: str) -> bool:
    """Whether the shell printed what only a program in the container can."""
    url = session.server_url(SERVER).replace("http", "ws", 1)
    try:
        shell = connect(
            url + path,
            additional_headers={"Authorization": f"token {session.token}"},
        )
    except InvalidStatus as refusal:
        if refusal.response.status_code != 403:
            raise
        return False
    said = ""
    with shell:
        shell.send('["stdin", "echo $((6 * 7))-in-shell\\n"]')
        with suppress(ConnectionClosed, TimeoutError):
            for _ in range(100):
                said += str(shell.recv(timeout=20))
                if "42-in-shell" in said:
                    return True
    return False
