"""Cleaning projects up by REST: by role, for members alone, and not without end."""

from types import SimpleNamespace

import pytest
import pytest_asyncio
from unit.hub_pages.hub import running_hub
from unit.mofang_spawner.conftest import a_catalog, project_body

from mofang_hub.auth.scopes import CUSTOM_SCOPES, load_roles
from mofang_hub.pages import snapshot_handler
from mofang_spawner.volumes.snapshot_requests import SnapshotUnavailableError

NAME = "mofang-requested-20261130T041500Z"
ROLES = {"ada": "admin", "ben": "member", "eve": "viewer"}
PROJECTS = [
    project_body(members=[{"user": name, "role": role} for name, role in ROLES.items()])
]

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Directories:
    def __init__(self):
        self.asked = []
        self.failure = None

    async def snapshot(self, project):
        self.asked.append(project)
        if self.failure:
            raise SnapshotUnavailableError(self.failure)
        return NAME


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory):
    directories = Directories()

    async def ready():
        pass

    def change(c):
        c.JupyterHub.custom_scopes = CUSTOM_SCOPES
        c.JupyterHub.load_roles = load_roles()
        # The training service's scope needs the service.
        c.JupyterHub.services = [{"name": "training", "api_token": "x" * 32}]
        c.Authenticator.admin_users = {"root"}
        context = SimpleNamespace(
            ready=ready,
            catalog=a_catalog(PROJECTS, []),
            project_directories=directories,
        )
        c.JupyterHub.spawner_class.context = lambda spawner: context

    async with running_hub(tmp_path_factory.mktemp("hub"), change) as hub:
        yield SimpleNamespace(visit=hub.visit, directories=directories)


@pytest.fixture
def hub(running):
    snapshot_handler._taken.clear()
    running.directories.asked.clear()
    running.directories.failure = None
    return running


def path(what, project="vision"):
    return f"mofang/projects/{project}/{what}"


@pytest.mark.parametrize(
    ("name", "role"), [*ROLES.items(), ("root", "admin")], ids=[*ROLES, "hub admin"]
)
async def test_who_belongs_to_a_project_is_told_their_role(hub, name, role):
    answer = await (await hub.visit(name)).call("GET", path("role"))

    assert answer.json() == {"role": role}


@pytest.mark.parametrize(
    ("name", "project"),
    [("mallory", "vision"), ("ada", "speech"), ("root", "speech"), ("ada", "..%2f")],
)
async def test_a_project_of_others_is_as_one_that_is_not_there(hub, name, project):
    person = await hub.visit(name)
    answers = [
        await person.call("GET", path("role", project)),
        await person.call("POST", path("snapshots", project)),
    ]

    for answer in answers:
        assert answer.status_code == 404
        assert "that you belong to" in answer.json()["message"]
    assert hub.directories.asked == []


@pytest.mark.parametrize("name", ["ada", "ben", "root"])
async def test_members_get_a_snapshot(hub, name):
    answer = await (await hub.visit(name)).call("POST", path("snapshots"))

    assert (answer.status_code, answer.json()) == (201, {"name": NAME})
    assert hub.directories.asked == ["vision"]


async def test_viewers_get_none(hub):
    answer = await (await hub.visit("eve")).call("POST", path("snapshots"))

    assert answer.status_code == 403
    assert "Viewers" in answer.json()["message"]
    assert hub.directories.asked == []


async def test_a_member_pushes_nobody_elses_snapshots_out(hub):
    """Few are kept, and those of a project are its members' together."""
    ada, ben = await hub.visit("ada"), await hub.visit("ben")
    assert (await ben.call("POST", path("snapshots"))).status_code == 201

    again = await ben.call("POST", path("snapshots"))
    soon = await ada.call("POST", path("snapshots"))

    assert (again.status_code, soon.status_code) == (429, 429)
    assert int(again.headers["Retry-After"]) > 500
    assert "Try again in 10 minutes" in again.json()["message"]
    # Those that are refused keep nobody else waiting.
    assert 1 <= int(soon.headers["Retry-After"]) <= 5
    assert hub.directories.asked == ["vision"]


async def test_a_token_without_the_scope_gets_nothing(hub):
    ada = await hub.visit("ada")
    scopes = {"scopes": ["custom:mofang:home:snapshot"]}
    token = (await ada.call("POST", "users/ada/tokens", **scopes)).json()["token"]
    headers = {"Authorization": f"token {token}", "Cookie": ""}

    answers = [
        await ada.http.get(f"/hub/api/{path('role')}", headers=headers),
        await ada.http.post(f"/hub/api/{path('snapshots')}", headers=headers),
    ]

    for answer in answers:
        assert answer.status_code == 403
        assert "custom:mofang:project:clean" in answer.json()["message"]
    assert hub.directories.asked == []


async def test_a_service_belongs_to_no_project(hub):
    ada = await hub.visit("ada")

    answer = await ada.http.post(
        f"/hub/api/{path('snapshots')}",
        headers={"Authorization": f"token {'x' * 32}", "Cookie": ""},
    )

    assert answer.status_code == 403


async def test_why_there_is_none_is_said(hub):
    hub.directories.failure = "No snapshot was taken. The storage is full."

    answer = await (await hub.visit("ada")).call("POST", path("snapshots"))

    assert answer.status_code == 503
    assert answer.json()["message"] == hub.directories.failure
