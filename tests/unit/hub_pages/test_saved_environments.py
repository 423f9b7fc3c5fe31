"""Saving environments by REST: what is written, for whom, and what is refused."""

from copy import deepcopy
from types import SimpleNamespace

import pytest
import pytest_asyncio
from unit.hub_pages.hub import running_hub
from unit.mofang_spawner.conftest import environment_body, project_body
from unit.mofang_spawner.fake_cluster import FakeWatcher

from mofang_hub.auth.scopes import CUSTOM_SCOPES, load_roles
from mofang_hub.saved_environments import MOST_VERSIONS, name_candidates
from mofang_kube.errors import ConflictError
from mofang_kube.names import is_name
from mofang_spawner.environments.catalog import Catalog

PATH = "mofang/environments"
ONE, TWO = "1" * 64, "2" * 64

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Objects:
    """Environments in memory, seen by the catalogue at once."""

    def __init__(self, watcher):
        self.watcher = watcher
        self.conflicts = 0

    def _put(self, body):
        metadata = body["metadata"]
        version = int(metadata.get("resourceVersion", 0)) + 1
        uid = metadata.get("uid") or f"uid-{metadata['name']}"
        body = {
            **body,
            "metadata": {**metadata, "resourceVersion": str(version), "uid": uid},
        }
        self.watcher.put(body)
        return deepcopy(body)

    async def create(self, manifest, **_):
        if manifest["metadata"]["name"] in self.watcher.objects:
            raise ConflictError("It is there.")
        return self._put(deepcopy(manifest))

    async def find(self, manifest, **_):
        return deepcopy(self.watcher.objects.get(manifest["metadata"]["name"]))

    async def merge(self, manifest, change, **_):
        body = await self.find(manifest)
        if self.conflicts:
            self.conflicts -= 1
            self._put(body)
        wanted = change["metadata"]["resourceVersion"]
        body = await self.find(manifest)
        if body["metadata"]["resourceVersion"] != wanted:
            raise ConflictError("It is another version by now.")
        body["spec"]["saved"] |= change["spec"]["saved"]
        return self._put(body)

    async def delete(self, manifest, *, uid, **_):
        body = self.watcher.objects[manifest["metadata"]["name"]]
        assert body["metadata"]["uid"] == uid
        self.watcher.send("DELETED", body)


def members(*names, role="member"):
    return [{"user": name, "role": role} for name in names]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory):
    async def ready():
        pass

    async def create(_username):
        pass

    context = SimpleNamespace(ready=ready, homes=SimpleNamespace(create=create))

    def change(c):
        c.JupyterHub.custom_scopes = CUSTOM_SCOPES
        c.JupyterHub.load_roles = load_roles()
        c.Authenticator.admin_users = {"root"}
        c.JupyterHub.services = [{"name": "training", "api_token": "x" * 32}]
        c.JupyterHub.spawner_class.context = lambda spawner: context

    async with running_hub(tmp_path_factory.mktemp("hub"), change) as hub:
        yield SimpleNamespace(visit=hub.visit, context=context)


@pytest.fixture
def hub(running):
    environments = FakeWatcher([environment_body(), environment_body("xgboost")])
    projects = FakeWatcher(
        [
            project_body(
                members=[*members("ada", "ben"), *members("carla", role="admin")]
            ),
            project_body("speech", members=members("ada", "dora")),
        ]
    )
    running.context.catalog = Catalog(environments, projects, {})
    running.context.objects = running.objects = Objects(environments)
    running.watcher = environments
    return running


def wanted(**given):
    return {
        "title": "My shapes",
        "project": "vision",
        "environment": "pytorch",
        "digest": ONE,
        **given,
    }


async def save(person, **given):
    answer = await person.call("POST", PATH, **wanted(**given))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_what_is_saved_is_an_environment_of_its_owner(hub):
    ada = await hub.visit("ada")
    told = await save(ada, notes=" first ", visibility="project")
    assert (told["name"], told["title"]) == ("my-shapes", "My shapes")
    assert told["usable"] is None
    [version] = told["versions"]
    assert (version["version"], version["notes"]) == (1, "first")
    assert version["phase"] == "Storing"
    spec = hub.watcher.objects["my-shapes"]["spec"]
    assert spec["saved"]["owner"] == spec["saved"]["versions"][0]["user"] == "ada"
    assert spec["saved"]["base"] == "pytorch"
    assert spec["access"] == {"projects": ["vision"]}
    answer = await ada.call("GET", f"{PATH}?project=vision")
    assert [each["name"] for each in answer.json()["environments"]] == ["my-shapes"]


async def test_a_new_version_is_used_from_then_on_and_can_be_undone(hub):
    ada = await hub.visit("ada")
    await save(ada)
    told = await save(ada, name="my-shapes", title="", digest=TWO)
    assert told["current"] == 2
    back = await ada.call("PATCH", f"{PATH}/my-shapes", current=1)
    assert back.json()["current"] == 1
    gone = await ada.call("DELETE", f"{PATH}/my-shapes/versions/1")
    assert gone.json()["current"] == 2
    assert [each["version"] for each in gone.json()["versions"]] == [2]
    last = await ada.call("DELETE", f"{PATH}/my-shapes/versions/2")
    assert last.status_code == 409
    assert (await ada.call("DELETE", f"{PATH}/my-shapes")).status_code == 204
    assert "my-shapes" not in hub.watcher.objects


async def test_somebody_else_was_faster(hub):
    ada = await hub.visit("ada")
    await save(ada)
    hub.objects.conflicts = 2
    told = await save(ada, name="my-shapes", digest=TWO)
    assert told["current"] == 2


async def test_a_title_that_is_taken_gets_another_name(hub):
    ada, ben = await hub.visit("ada"), await hub.visit("ben")
    await save(ada)
    assert (await save(ben))["name"] == "my-shapes-2"
    assert (await save(ada, title="PyTorch"))["name"] == "pytorch-2"


@pytest.mark.parametrize(
    "title", ["Ünïcode 3", "3D", "Ж", "a" * 60, "--x--", "my  shapes!"]
)
async def test_every_title_makes_names(title):
    names = name_candidates(title)
    assert all(map(is_name, names)), names
    assert len(set(names)) == len(names)


async def test_from_a_saved_environment_the_base_is_its_base(hub):
    ada = await hub.visit("ada")
    await save(ada)
    body = hub.watcher.objects["my-shapes"]
    body = {
        **body,
        "status": {"saved": [{"version": 1, "digest": ONE, "phase": "Ready"}]},
    }
    hub.watcher.put(body)
    told = await save(ada, title="Other", environment="my-shapes", digest=TWO)
    assert told["base"] == "pytorch"


@pytest.mark.parametrize(
    ("who", "given", "status", "said"),
    [
        ("ada", {"title": " "}, 422, "needs a title"),
        ("ada", {"environment": "gone"}, 404, "no environment gone"),
        ("ada", {"project": "secret"}, 404, "no project secret"),
        ("dora", {}, 404, "no project vision"),
        ("ada", {"digest": "../../ben"}, 422, "digest"),
        ("ada", {"visibility": "world"}, 422, "visibility"),
        ("ada", {"more": "x"}, 422, "more"),
        ("ada", {"title": 3}, 422, "title"),
        ("ada", {"name": "unknown"}, 404, "no saved environment unknown"),
        ("ada", {"name": "pytorch"}, 404, "no saved environment pytorch"),
        ("ada", {"name": "../x"}, 404, "no saved environment"),
    ],
)
async def test_what_cannot_be_saved_is_told(hub, who, given, status, said):
    person = await hub.visit(who)
    answer = await person.call("POST", PATH, **wanted(**given))
    assert answer.status_code == status, answer.text
    assert said in answer.json()["message"]
    assert set(hub.watcher.objects) == {"pytorch", "xgboost"}


async def test_a_version_stays_with_owner_project_and_base(hub):
    ada, ben = await hub.visit("ada"), await hub.visit("ben")
    await save(ada, visibility="project")
    refused = [
        await ben.call("POST", PATH, **wanted(name="my-shapes", digest=TWO)),
        await ada.call(
            "POST", PATH, **wanted(name="my-shapes", project="speech", digest=TWO)
        ),
        await ada.call(
            "POST", PATH, **wanted(name="my-shapes", environment="xgboost", digest=TWO)
        ),
        await ada.call("POST", PATH, **wanted(name="my-shapes")),
    ]
    assert [each.status_code for each in refused] == [403, 409, 409, 409]
    assert "nothing to save" in refused[-1].json()["message"]


async def test_versions_are_bounded(hub):
    ada = await hub.visit("ada")
    await save(ada)
    for number in range(2, MOST_VERSIONS + 1):
        await save(ada, name="my-shapes", digest=f"{number:064x}")
    answer = await ada.call("POST", PATH, **wanted(name="my-shapes", digest=TWO))
    assert answer.status_code == 409
    assert "Remove one" in answer.json()["message"]


async def test_a_private_one_is_unknown_to_others(hub):
    ada, ben, carla = [await hub.visit(each) for each in ("ada", "ben", "carla")]
    await save(ada)
    for other in (ben, carla):
        listed = await other.call("GET", f"{PATH}?project=vision")
        assert listed.json() == {"environments": []}
        assert (await other.call("GET", f"{PATH}/my-shapes")).status_code == 404
        assert (await other.call("DELETE", f"{PATH}/my-shapes")).status_code == 404
    assert "my-shapes" in hub.watcher.objects


async def test_an_admin_of_the_project_removes_what_is_shared(hub):
    ada, ben, carla = [await hub.visit(each) for each in ("ada", "ben", "carla")]
    await save(ada, visibility="project")
    refused = await ben.call("DELETE", f"{PATH}/my-shapes")
    assert refused.status_code == 403
    assert "ada's" in refused.json()["message"]
    assert (await carla.call("DELETE", f"{PATH}/my-shapes")).status_code == 204


async def test_only_an_administrator_agrees_that_everyone_has_it(hub):
    ada, root = await hub.visit("ada"), await hub.visit("root")
    await save(ada, visibility="everyone")
    refused = await ada.call("PATCH", f"{PATH}/my-shapes", approved=True)
    assert refused.status_code == 403
    agreed = await root.call("PATCH", f"{PATH}/my-shapes", approved=True)
    assert agreed.json()["approved_by"] == "root"
    newer = await save(ada, name="my-shapes", digest=TWO)
    assert newer["approved_by"] == ""


async def test_a_token_without_the_scope_saves_nothing(hub):
    ada = await hub.visit("ada")
    scopes = {"scopes": ["read:users!user"]}
    token = (await ada.call("POST", "users/ada/tokens", **scopes)).json()["token"]
    answer = await ada.http.post(
        f"/hub/api/{PATH}",
        json=wanted(),
        headers={"Authorization": f"token {token}", "Cookie": ""},
    )
    assert answer.status_code == 403
    assert "custom:mofang:environments:write" in answer.json()["message"]
