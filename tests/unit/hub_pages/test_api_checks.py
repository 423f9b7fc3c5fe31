"""What JupyterHub's REST API answers with 500 is refused, with what is wrong."""

from types import SimpleNamespace

import httpx
import pytest
import pytest_asyncio
from jupyterhub.app import JupyterHub
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from unit.hub_pages.hub import running_hub

from mofang_hub.auth.scopes import CUSTOM_SCOPES, load_roles
from mofang_hub.pages.api_checks import CheckedHandler, with_checks
from support.hub_openapi import api_handlers

BEYOND = 2**63
SERVER = "users/ada/servers/mine"
TOKENS = "users/ada/tokens"
OBJECT = "Send a JSON object"

FINDINGS = [
    pytest.param("GET", f"users?offset={BEYOND}", None, 400, "offset", id="offset"),
    pytest.param(
        "GET", f"groups?offset=-{BEYOND}", None, 400, "offset", id="offset of groups"
    ),
    pytest.param(
        "GET", f"shares/ada?offset={BEYOND}", None, 400, "offset", id="of shares"
    ),
    pytest.param(
        "GET", "authorizations/token", None, 404, "/hub/api/user", id="no token"
    ),
    pytest.param(
        "POST", "authorizations/token/x", {}, 404, "removed", id="token of old"
    ),
    pytest.param(
        "GET", f"{TOKENS}/a{BEYOND}", None, 404, "No such token", id="id of a token"
    ),
    pytest.param(
        "DELETE",
        f"share-codes/ada/mine?id=sc_{BEYOND}",
        *(None, 404, "No code"),
        id="id of a share code",
    ),
    pytest.param("POST", "shares/ada/mine", ["a"], 400, OBJECT, id="share: a list"),
    pytest.param("POST", "share-codes/ada/mine", "a", 400, OBJECT, id="code: a text"),
    pytest.param("DELETE", SERVER, ["a"], 400, OBJECT, id="stop: a list"),
    pytest.param("PATCH", SERVER, ["a"], 400, OBJECT, id="server: a list"),
    pytest.param(
        "POST",
        "shares/ada/mine",
        {"user": "ben", "scopes": ["none"]},
        *(400, "there is no scope 'none'"),
        id="a scope that is none",
    ),
    pytest.param(
        "PATCH",
        "shares/ada/mine",
        {"user": "ben", "scopes": ["read:users!x=y"]},
        *(400, "there is no scope"),
        id="a filter that is none",
    ),
    pytest.param(
        "POST",
        "share-codes/ada/mine",
        {"scopes": ["none"]},
        *(400, "there is no scope"),
        id="a scope of a code",
    ),
    pytest.param(
        "POST", "shares/ada/mine", {"user": ""}, 400, "user:", id="share: no name"
    ),
    pytest.param(
        "POST",
        TOKENS,
        {"expires_in": 10**30},
        *(400, "expires_in: Input should be less than"),
        id="expiry beyond all years",
    ),
    pytest.param(
        "POST", TOKENS, {"note": {"a": 1}}, 400, "note:", id="a note that is no text"
    ),
    pytest.param(
        "PATCH", SERVER, {"name": ["a"]}, 400, "name:", id="name that is no text"
    ),
    pytest.param(
        "PATCH",
        SERVER,
        {"name": "b", "display_name": 5},
        *(400, "display_name:"),
        id="title that is no text",
    ),
    pytest.param(
        "PATCH", SERVER, {"owner": "a"}, 400, "owner: Extra", id="unknown field"
    ),
    pytest.param(
        "POST",
        "users/ada/activity",
        {"last_activity": "0001-01-01T00:00:00+14:00"},
        *(400, "last_activity: write a time"),
        id="time before all years",
    ),
    pytest.param("POST", "users", {"usernames": 5}, 400, "usernames:", id="users"),
    pytest.param(
        "POST", "users", {"usernames": [5]}, 400, "usernames.0:", id="name of a user"
    ),
    pytest.param(
        "POST",
        "users/ada/servers/mine",
        b'{"user_options": {"a": ["\\udfff"]}}',
        *(400, "surrogate"),
        id="options of a server",
    ),
    pytest.param(
        "PATCH", "users/ben", {"groups": ["a"]}, 400, "groups: Extra", id="groups"
    ),
    pytest.param(
        "PATCH",
        "users/ben",
        {"auth_state": {}},
        *(400, "auth_state: the hub has no key"),
        id="state of a log-in, without a key",
    ),
    pytest.param("POST", "groups", {"groups": 5}, 400, "groups:", id="new groups"),
    pytest.param(
        "POST", "groups", {"groups": [{}]}, 400, "groups.0:", id="name of a group"
    ),
    pytest.param(
        "POST", "groups/new", {"users": [5]}, 400, "users.0:", id="user of a group"
    ),
    pytest.param("PATCH", "proxy", b"[" * 100_000, 400, "not JSON", id="deep body"),
    pytest.param("POST", "shutdown", {"proxy": []}, 400, "proxy:", id="no boolean"),
]

OTHERS = [
    pytest.param("GET", "users/%00", None, 400, "NUL", id="NUL in a path"),
    pytest.param("GET", "users?name_filter=%00", None, 400, "NUL", id="NUL in a query"),
    pytest.param("POST", TOKENS, {"note": "\0"}, 400, "NUL", id="NUL in a body"),
    pytest.param("POST", f"groups/{'a' * 256}", {}, 400, "255", id="long name"),
    pytest.param("POST", TOKENS, {"note": "a" * 1024}, 400, "1023", id="long note"),
    pytest.param(
        "POST", TOKENS, b'{"note": "\\ud800"}', 400, "surrogate", id="half a character"
    ),
]
"""SQLite keeps these and PostgreSQL does not, but for the last, which neither does."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory):
    """An admin's and ada's calls, of our hub and of JupyterHub's own handlers."""

    def change(c):
        c.JupyterHub.custom_scopes = CUSTOM_SCOPES
        c.JupyterHub.load_roles = load_roles()
        c.Authenticator.admin_users = {"root"}
        # What breaks is written down there.
        c.JupyterHub.log_level = 50

    async with running_hub(tmp_path_factory.mktemp("hub"), change) as running:
        ada, _, _ = [await running.visit(name) for name in ("ada", "ben", "root")]
        app = running.hub
        user = app.users["ada"]
        user.get_or_create_spawner("mine", "mine")
        app.db.commit()
        tokens = {
            name: app.users[name].orm_user.new_api_token() for name in ("ada", "root")
        }
        JupyterHub.init_handlers(app)
        app.init_tornado_application()
        sockets = bind_sockets(0, "127.0.0.1")
        plain = HTTPServer(app.tornado_application)
        plain.add_sockets(sockets)
        urls = {
            "ours": str(ada.http.base_url),
            "plain": f"http://127.0.0.1:{sockets[0].getsockname()[1]}",
        }

        async def call(verb, path, body, *, whose="ours"):
            of_ada = path.startswith(("users/ada/", "shares/", "share-codes/"))
            token = tokens["ada" if of_ada else "root"]
            content = body if isinstance(body, bytes) else None
            async with httpx.AsyncClient(trust_env=False) as http:
                return await http.request(
                    verb,
                    f"{urls[whose]}/hub/api/{path}",
                    headers={"Authorization": f"token {token}"},
                    content=content,
                    json=None if content is not None else body,
                )

        yield SimpleNamespace(call=call, app=app)
        plain.stop()


@pytest.mark.parametrize(
    ("verb", "path", "body", "status", "said"), [*FINDINGS, *OTHERS]
)
async def test_it_is_refused_with_what_is_wrong(hub, verb, path, body, status, said):
    answer = await hub.call(verb, path, body)

    assert answer.status_code == status, answer.text
    assert said in answer.json()["message"]


@pytest.mark.parametrize(("verb", "path", "body", "status", "said"), FINDINGS)
async def test_jupyterhub_itself_breaks(hub, verb, path, body, status, said):
    """Else the check can go."""
    answer = await hub.call(verb, path, body, whose="plain")

    assert answer.status_code == 500, answer.text


async def test_half_a_character_breaks_the_next_request_of_jupyterhub(hub):
    """Whoever sends that: the session of the database is one for all."""
    body = b'{"note": "\\ud800"}'
    statuses = []
    for whose in ("ours", "plain"):
        await hub.call("POST", TOKENS, body, whose=whose)
        answer = await hub.call("GET", "users", None, whose=whose)
        statuses.append(answer.status_code)

    assert statuses == [200, 403]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(b"\xff\xfe{}", "not UTF-8", id="UTF-16"),
        pytest.param(b'{"note": "\xff"}', "not UTF-8", id="Latin 1"),
        pytest.param(b"{", "not JSON", id="cut off"),
        pytest.param(b"[" * 100_000, "not JSON", id="deep"),
        pytest.param(b'{"note": NaN}', "not JSON", id="not a number"),
        pytest.param(b"9" * 5000, "not JSON", id="a number of 5000 digits"),
        pytest.param(b"5", "not an object", id="a number"),
        pytest.param(b"[]", "not an object", id="a list"),
    ],
)
async def test_a_body_is_an_object(hub, body, said):
    answer = await hub.call("POST", TOKENS, body)

    assert answer.status_code == 400
    assert said in answer.json()["message"]


@pytest.mark.parametrize(
    ("verb", "path", "body", "status"),
    [
        pytest.param("GET", "users?offset=1&limit=2", None, 200, id="a page"),
        pytest.param("POST", TOKENS, None, 201, id="a token"),
        pytest.param(
            "POST",
            TOKENS,
            {"note": "n", "expires_in": 60, "scopes": ["self"]},
            201,
            id="a token with everything",
        ),
        pytest.param("POST", TOKENS, {"expires_in": None}, 201, id="without expiry"),
        pytest.param("PUT", "users/ada/servers/new", {}, 201, id="a server"),
        pytest.param("PATCH", SERVER, {"display_name": "Mine"}, 200, id="a title"),
        pytest.param(
            "PATCH", SERVER, {"user_options": {"project": "a"}}, 200, id="options"
        ),
        pytest.param(
            "DELETE", "users/ada/servers/new", {"remove": True}, 204, id="removed"
        ),
        pytest.param(
            "POST", "share-codes/ada/mine", {"expires_in": 60}, 200, id="a code"
        ),
        pytest.param(
            "DELETE", "share-codes/ada/mine?id=sc_99", None, 404, id="no such code"
        ),
        pytest.param("DELETE", "share-codes/ada/mine", None, 204, id="all codes"),
        pytest.param(
            "POST",
            "users/ada/activity",
            {"servers": {"mine": {"last_activity": "2026-01-01T00:00:00Z"}}},
            200,
            id="activity",
        ),
        pytest.param("POST", "groups/new", {"users": ["ben"]}, 201, id="a group"),
        pytest.param("POST", "groups/new/users", {"users": ["ada"]}, 200, id="a user"),
        pytest.param("PUT", "groups/new/properties", {"a": [1]}, 200, id="properties"),
        pytest.param("DELETE", "groups/new", None, 204, id="no group"),
        pytest.param("PATCH", "users/ben", {"admin": False}, 200, id="no admin"),
        pytest.param("POST", "users", {"usernames": ["eve"]}, 201, id="users"),
    ],
)
async def test_what_was_right_is_done(hub, verb, path, body, status):
    answer = await hub.call(verb, path, body)

    assert answer.status_code == status, answer.text


async def test_who_may_not_learns_nothing_of_a_body(hub):
    answer = await hub.call("POST", "shares/root/any", ["a"])

    assert answer.status_code in (403, 404)


async def test_every_handler_of_the_api_is_checked():
    checked = with_checks(api_handlers())

    unchecked = [
        pattern for pattern, kind in checked if not issubclass(kind, CheckedHandler)
    ]
    assert len(checked) > 20
    # A page for browsers, which reads no JSON.
    assert unchecked == ["/api/oauth2/authorize"]
