"""Back-up and restore by the commands of the administrators' page, on the platform.

The Secret cannot be restored here, where it exists, nor the namespace: what is saved of
them is compared instead.
"""

import base64
import json
import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from mofang_local.local_paths import paths
from support import markdown
from support.eventually import eventually
from support.hub import HubSession
from support.platform import Platform

PAGE = markdown.PAGES / "administrators" / "backup.md"
SERVER = "vision-base"
OPTIONS = {"project": "vision", "environment": "base"}
UID = 1000


class Administrator:
    """Types what the page shows, in a folder of her own."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        self.platform = platform
        self.folder = folder
        path = f"{paths().programs}:{os.environ['PATH']}"
        self._environment = {
            **os.environ,
            "KUBECONFIG": platform.kubeconfig,
            "PATH": path,
        }

    def types(self, section: str, *, containing: str) -> None:
        """Run the one block of commands of a section that contains some words."""
        shown = markdown.section_blocks(PAGE, section, "sh")
        (text,) = (each for each in shown if containing in each)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"

    def saved(self, name: str) -> dict:
        return json.loads((self.folder / name).read_text())


@pytest.fixture
def administrator(platform: Platform, tmp_path: Path) -> Iterator[Administrator]:
    yield Administrator(platform, tmp_path)
    # Whatever failed, the tests that follow need a hub.
    platform.kubectl("delete", "pod", "restore", "-n", "mofang", "--ignore-not-found")
    platform.kubectl("scale", "deployment", "hub", "-n", "mofang", "--replicas", "1")
    eventually(
        lambda: answers(f"{platform.url}/hub/health"),
        within=300,
        what="the hub answers again",
    )


@pytest.fixture
def ada(
    administrator: Administrator, hub_of: Callable[[str], HubSession]
) -> Iterator[HubSession]:
    session = hub_of("ada")
    if not session.server(SERVER):
        session.start(SERVER, OPTIONS)
    session.wait_ready(SERVER)
    home = administrator.platform.storage / "users" / "ada"
    # Other tests put files there as root, which her own tar could not replace.
    for path in home.rglob("*"):
        os.chown(path, UID, UID, follow_symlinks=False)
    yield session
    session.stop(SERVER)


def answers(url: str, token: str = "") -> bool:
    headers = {"Authorization": f"token {token}"} if token else {}
    try:
        answer = httpx.get(url, headers=headers, timeout=10, trust_env=False)
    except httpx.TransportError:
        return False
    return answer.status_code == 200


class File:
    """A file in ada's home, by her own server."""

    def __init__(self, session: HubSession, name: str) -> None:
        self._session = session
        self._path = f"api/contents/home/jovyan/{name}"

    def _request(self, verb: str, **options: object) -> httpx.Response:
        return httpx.request(
            verb,
            self._session.server_url(SERVER) + self._path,
            headers={"Authorization": f"token {self._session.token}"},
            timeout=60,
            trust_env=False,
            **options,
        )

    def write(self, content: str) -> None:
        model = {"type": "file", "format": "text", "content": content}
        self._request("PUT", json=model).raise_for_status()

    def delete(self) -> None:
        self._request("DELETE").raise_for_status()

    def content(self) -> str | None:
        answer = self._request("GET")
        if answer.status_code == 404:
            return None
        return str(answer.raise_for_status().json()["content"])


def check_secret_and_resources(
    platform: Platform, administrator: Administrator
) -> None:
    """What another cluster needs is saved, and nothing that it would refuse."""
    secret = administrator.saved("mofang-hub-secret.json")
    live = platform.get("secret", "mofang-hub", "-n", "mofang")
    assert secret["data"] == live["data"]
    assert secret["metadata"]["labels"] == live["metadata"]["labels"]
    assert base64.b64decode(secret["data"]["crypt-key"])
    items = administrator.saved("mofang-resources.json")["items"]
    names = {(each["kind"], each["metadata"]["name"]) for each in items}
    assert {("Project", "vision"), ("Environment", "base")} <= names
    for each in (secret, *items):
        assert not {"uid", "resourceVersion"} & set(each["metadata"])
        assert "status" not in each
    file = str(administrator.folder / "mofang-resources.json")
    platform.kubectl("apply", "--dry-run=server", "-f", file)


@pytest.mark.long
def test_what_was_saved_comes_back(
    platform: Platform,
    administrator: Administrator,
    ada: HubSession,
    hub_of: Callable[[str], HubSession],
) -> None:
    admin = hub_of("admin")
    user = f"restored-{uuid.uuid4().hex[:6]}"
    assert admin.api("POST", f"/users/{user}").status_code == 201
    made = ada.api("POST", "/users/ada/tokens", json={"note": "restored"}).json()
    token, hub_user = made["token"], f"{platform.url}/hub/api/user"
    assert answers(hub_user, token)
    file = File(ada, f"{user}.txt")
    file.write("of Monday")
    before = ada.server(SERVER)
    assert before

    administrator.types("Back up", containing="sqlite3")
    eventually(
        lambda: saved_home(administrator), within=120, what="no file changes meanwhile"
    )
    check_secret_and_resources(platform, administrator)

    file.delete()
    assert file.content() is None
    gone = ada.api("DELETE", f"/users/ada/tokens/{made['id']}")
    assert gone.status_code == 204
    assert not answers(hub_user, token)
    assert admin.api("DELETE", f"/users/{user}").status_code == 204
    assert admin.api("GET", f"/users/{user}").status_code == 404

    (pod,) = markdown.section_blocks(PAGE, "Restore", "yaml")
    (administrator.folder / "restore.yaml").write_text(pod)
    administrator.types("Restore", containing="--replicas 0")
    # The server goes on without a hub.
    assert answers(ada.server_url(SERVER) + "api", ada.token)
    administrator.types("Restore", containing="--replicas 1")
    administrator.types("One person's files", containing="tar -C /home/jovyan -xf")

    eventually(
        lambda: answers(hub_user, token), within=60, what="the token is valid again"
    )
    assert admin.api("GET", f"/users/{user}").status_code == 200
    assert admin.api("DELETE", f"/users/{user}").status_code == 204
    ada.api("DELETE", f"/users/ada/tokens/{made['id']}")
    after = ada.wait_ready(SERVER)
    assert after["started"] == before["started"]
    assert file.content() == "of Monday"
    file.delete()


def saved_home(administrator: Administrator) -> bool:
    """Save ada's home; false where a file changed while tar read it."""
    try:
        administrator.types("One person's files", containing="tar -C /home/jovyan -cf")
    except AssertionError as refused:
        if "file changed as we read it" not in str(refused):
            raise
        return False
    return True
