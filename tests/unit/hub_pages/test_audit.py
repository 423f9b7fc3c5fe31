"""What the hub records, who reads it, and what its admins may not do."""

import httpx
import pytest
import pytest_asyncio
from jupyterhub import orm
from jupyterhub.auth import DummyAuthenticator
from unit.hub_pages.hub import running_hub

from mofang_audit.search import Search, search
from mofang_hub.audit import find_action
from mofang_hub.auth.scopes import CUSTOM_SCOPES, load_roles
from mofang_hub.settings import AuditSettings

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVER = "vision-pytorch"


class PasswordAuthenticator(DummyAuthenticator):
    """Everybody's password is that of the pretended browser."""

    async def authenticate(self, handler, data):
        return data["username"] if data["password"] == "x" else None


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("audit")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory, folder):
    def audited(c):
        c.JupyterHub.tornado_settings = {"mofang_audit": AuditSettings(folder=folder)}
        c.JupyterHub.custom_scopes = CUSTOM_SCOPES
        user = next(each for each in load_roles() if each["name"] == "user")
        own = [each for each in user["scopes"] if "service=training" not in each]
        c.JupyterHub.load_roles = [user | {"scopes": own}]
        c.JupyterHub.authenticator_class = PasswordAuthenticator
        c.Authenticator.admin_users = {"root"}

    async with running_hub(tmp_path_factory.mktemp("hub"), audited) as hub:
        yield hub


@pytest_asyncio.fixture(loop_scope="module")
async def ada(hub):
    return await hub.visit("ada")


@pytest_asyncio.fixture(loop_scope="module")
async def root(hub):
    return await hub.visit("root")


@pytest.fixture
def last(folder):
    def of(action):
        return search(folder, Search(action=action)).records[0]

    return of


async def api(browser, verb, path, **options):
    """A request of a page's script, with the token against forged ones."""
    return await browser.http.request(
        verb, f"/hub/api{path}", headers={"X-XSRFToken": browser.xsrf}, **options
    )


async def test_log_ins_are_recorded(ada, last):
    found = last("log-in")
    assert (found["actor"], found["outcome"]) == ("ada", "success")
    assert found["address"] == "127.0.0.1"


async def test_failed_log_ins_name_whom_somebody_wanted_to_be(ada, last):
    async with httpx.AsyncClient(base_url=ada.http.base_url, trust_env=False) as http:
        await http.get("/hub/login")
        token = next(each.value for each in http.cookies.jar if each.name == "_xsrf")
        guess = {"username": "root", "password": "secret-guess", "_xsrf": token}
        await http.post("/hub/login", data=guess)
    found = last("log-in")
    assert (found["owner"], found["outcome"]) == ("root", "refused")
    assert "actor" not in found
    assert "secret-guess" not in str(found)


async def test_log_outs_are_recorded(hub, last, folder):
    eve = await hub.visit("eve")
    assert (await eve.open("/hub/logout")).status_code == 302
    found = last("log-out")
    assert (found["actor"], found["outcome"]) == ("eve", "success")
    await eve.open("/hub/logout")
    assert len(search(folder, Search(action="log-out", person="eve")).records) == 1


async def test_an_address_that_a_client_invents_stands_beside_its_own(ada, last):
    await ada.http.post(
        "/hub/api/users/ada/tokens",
        headers={"X-XSRFToken": ada.xsrf, "X-Forwarded-For": "203.0.113.5"},
        json={},
    )
    found = last("create-token")
    assert (found["address"], found["forwarded_for"]) == ("127.0.0.1", "203.0.113.5")


async def test_starts_and_stops_are_recorded(ada, last):
    await api(ada, "POST", f"/users/ada/servers/{SERVER}", json={"project": "vision"})
    found = last("start")
    assert (found["actor"], found["owner"], found["server"]) == ("ada", "ada", SERVER)
    await api(ada, "DELETE", f"/users/ada/servers/{SERVER}")
    assert last("stop")["actor"] == "ada"


async def test_tokens_are_recorded_without_what_they_are(ada, last, folder):
    answer = await api(ada, "POST", "/users/ada/tokens", json={"note": "x"})
    token = answer.json()
    assert last("create-token")["owner"] == "ada"
    await api(ada, "DELETE", f"/users/ada/tokens/{token['id']}")
    assert last("revoke-token")["actor"] == "ada"
    written = "".join(each.read_text() for each in folder.iterdir())
    assert token["token"] not in written


async def test_what_admins_change_is_recorded(root, last):
    await api(root, "POST", "/users/eve")
    found = last("administer")
    assert (found["actor"], found["owner"]) == ("root", "eve")
    assert found["request"] == "POST /hub/api/users/eve"


async def test_admins_make_no_tokens_of_other_users(root, ada, last):
    """With one they would be in the other's servers."""
    answer = await api(root, "POST", "/users/ada/tokens", json={})
    assert answer.status_code == 403
    assert last("create-token")["outcome"] == "refused"
    assert (await api(root, "GET", "/users/ada/tokens")).status_code == 200
    assert (await api(root, "POST", "/users/root/tokens", json={})).status_code == 201


async def scopes(browser):
    return set((await api(browser, "GET", "/user")).json()["scopes"])


async def test_admins_enter_no_servers_but_their_own(root):
    held = await scopes(root)
    assert "admin:servers" in held
    entering = {each for each in held if each.startswith("access:servers")}
    assert entering == {"access:servers!user=root"}


async def test_who_owns_a_server_lets_an_admin_in_and_out(hub, root, ada, last):
    # As if it had been started once.
    owner = hub.hub.users["ada"].orm_user
    hub.hub.db.add(orm.Spawner(user=owner, name=SERVER))
    hub.hub.db.commit()
    of_server = f"access:servers!server=ada/{SERVER}"

    refused = await api(root, "POST", f"/share-codes/ada/{SERVER}", json={})
    assert refused.status_code in {403, 404}
    code = (await api(ada, "POST", f"/share-codes/ada/{SERVER}", json={})).json()
    assert (last("share")["actor"], last("share")["server"]) == ("ada", SERVER)
    accepted = await root.send("/hub/accept-share", code=code["code"])
    assert accepted.status_code == 302, accepted.text
    assert last("share")["actor"] == "root"
    assert of_server in await scopes(root)

    ended = await api(ada, "DELETE", f"/shares/ada/{SERVER}")
    assert ended.status_code == 204, ended.text
    assert last("unshare")["actor"] == "ada"
    assert of_server not in await scopes(root)


async def test_the_page_shows_events_to_admins(root, ada):
    page = await root.open("/hub/audit?person=ada")
    assert page.status_code == 200, page.text
    assert "<th scope=" in page.text
    assert "log-in" in page.text
    assert (await ada.open("/hub/audit")).status_code == 403
    assert "Audit log" not in (await ada.open("/hub/token")).text


async def test_the_page_says_what_is_wrong_with_a_search(root):
    page = await root.open("/hub/audit?first=yesterday&action=dance")
    assert page.status_code == 200
    assert "Write a day as 2026-11-30." in page.text
    assert "Choose one of the list." in page.text


async def test_what_is_searched_for_is_text(root):
    page = await root.open("/hub/audit?person=<script>alert(1)</script>")
    assert "<script>alert(1)" not in page.text


@pytest.mark.parametrize(
    ("request_line", "action"),
    [
        ("POST /spawn/ada/x", "start"),
        ("POST /api/users/ada/activity", None),
        ("POST /api/mofang/users/ada/servers/vision-pytorch/activity", None),
        ("GET /api/users/ada", None),
        ("GET /logout", "log-out"),
        ("POST /api/shares/ada/x", "share"),
        ("DELETE /api/shares/ada/x", "unshare"),
        ("POST /api/share-codes/ada/x", "share"),
        ("POST /accept-share", "share"),
        ("DELETE /api/users/ada", "administer"),
        ("POST /api/groups/a/users", "administer"),
        ("POST /api/shutdown", "administer"),
        ("GET /oauth_callback", "log-in"),
    ],
)
async def test_every_request_that_changes_something_has_an_action(request_line, action):
    method, path = request_line.split()
    found = find_action(method, path)
    assert (found[0] if found else None) == action
