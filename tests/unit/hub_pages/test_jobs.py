"""The page of jobs, and what the hub asks the training service for it."""

import asyncio
import re

import httpx
import pytest
import pytest_asyncio
from unit.hub_pages.hub import FakeSpawner, running_hub
from unit.hub_pages.training_service import running_service
from unit.mofang_spawner.conftest import a_catalog, project_body

from mofang_hub.auth.scopes import CUSTOM_SCOPES, load_roles
from mofang_hub.pages.jobs import AWAY, LOG_IN, RELOAD

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTILE = "<script>alert(1)</script>"
API = "/hub/jobs/vision/mofang/training/api/jobs"


def with_roles(c):
    c.JupyterHub.custom_scopes = CUSTOM_SCOPES
    c.JupyterHub.load_roles = load_roles()
    c.JupyterHub.services = [{"name": "training", "api_token": "x" * 32}]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service():
    async with running_service() as service:
        yield service


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory, service):
    def change(c):
        with_roles(c)
        c.JupyterHub.tornado_settings = {"mofang_training_url": service.url}

    async with running_hub(tmp_path_factory.mktemp("hub"), change) as hub:
        yield hub


@pytest_asyncio.fixture(loop_scope="module")
async def ada(hub, service):
    service.reset()
    return await hub.visit("ada")


@pytest.fixture
def projects(hub):
    def use(*bodies):
        hub.spawner.catalog = a_catalog(list(bodies), [])

    yield use
    hub.spawner.catalog = FakeSpawner.catalog


async def ask(browser, verb="GET", path="", **options):
    """A request of the page's script, with the token against forged ones."""
    headers = {
        "X-XSRFToken": browser.xsrf,
        "Sec-Fetch-Mode": "cors",
        **options.pop("headers", {}),
    }
    return await browser.http.request(verb, API + path, headers=headers, **options)


async def whose(browser, token):
    """What the hub says of a token."""
    return await bare(browser, "GET", "/hub/api/user", Authorization=f"token {token}")


async def bare(browser, verb, path, **headers):
    """A request without cookies."""
    url = browser.http.base_url
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        return await http.request(verb, path, headers=headers)


async def test_the_page_has_all_projects_of_a_person(ada, projects):
    viewer = {"user": "ada", "role": "viewer"}
    projects(
        project_body("vision", displayName=HOSTILE),
        project_body("speech", members=[viewer]),
        project_body("other", members=[{"user": "ben", "role": "member"}]),
    )
    page = await ada.open("/hub/jobs")
    assert page.status_code == 200
    assert re.findall(r'<option value="(\w+)">', page.text)[:2] == ["vision", "speech"]
    assert "other" not in page.text
    assert HOSTILE not in page.text


async def test_an_address_names_project_and_job(ada):
    page = await ada.open("/hub/jobs/vision/digits-x1y2z3")
    assert 'data-project="vision" data-job="digits-x1y2z3"' in page.text
    assert "All jobs of Vision" in page.text


async def test_a_project_of_others_looks_as_if_there_was_none(ada, projects):
    projects(
        project_body(),
        project_body("other", members=[{"user": "ben", "role": "admin"}]),
    )
    for name in ("other", "nothing"):
        page = await ada.open(f"/hub/jobs/{name}/digits-x1y2z3")
        assert page.status_code == 404
        assert f"There is no project {name}, or you are not a member" in page.text
        assert 'data-project=""' in page.text


async def test_who_is_in_no_project_is_reported_what_to_do(ada, projects):
    projects()
    page = await ada.open("/hub/jobs")
    assert "Ask an admin of a project to add you" in page.text


async def test_what_is_no_name_is_no_address(ada):
    for path in ("/hub/jobs/%3Cscript%3E", "/hub/jobs/vision/..%2f..", f"{API}/A%20b"):
        assert (await ada.open(path)).status_code == 404


async def test_the_page_asks_strangers_to_log_in(ada):
    answer = await bare(ada, "GET", "/hub/jobs/vision")
    assert answer.status_code == 302
    assert "/hub/login" in answer.headers["Location"]


async def test_jobs_are_asked_for_in_the_name_of_who_is_logged_in(ada, service):
    service.body = b'{"jobs": [], "next": null, "total": 0}'
    answer = await ask(ada, path="?state=Running&state=Failed&limit=5&evil=1")
    assert (answer.status_code, answer.json()["total"]) == (200, 0)
    assert service.last.path == "/services/training/api/projects/vision/jobs"
    assert service.last.query == "limit=5&state=Running&state=Failed"
    told = (await whose(ada, service.token)).json()
    assert (told["name"], told["kind"]) == ("ada", "user")


async def test_the_token_is_good_for_jobs_alone(ada, service):
    await ask(ada)
    scopes = set((await whose(ada, service.token)).json()["scopes"])
    assert {"custom:mofang:jobs:read", "custom:mofang:jobs:write"} < scopes
    assert "access:services!service=training" in scopes
    kept = {each.partition("!")[0] for each in scopes}
    assert kept <= {
        "access:services",
        "custom:mofang:jobs:read",
        "custom:mofang:jobs:write",
        "read:users:groups",
        "read:users:name",
    }


async def test_no_browser_sees_the_token(ada, service):
    answer = await ask(ada)
    told = f"{answer.text}{answer.headers}{ada.http.cookies}"
    assert service.token not in told


async def test_one_token_serves_a_session(hub, ada, service):
    await ask(ada)
    first = service.token
    await ask(ada, path="/digits-x1y2z3")
    assert service.token == first
    elsewhere = await hub.visit("ada")
    await ask(elsewhere)
    assert service.token != first


async def test_a_log_out_ends_the_token(hub, service):
    eve = await hub.visit("eve")
    await ask(eve)
    token = service.token
    await eve.open("/hub/logout")
    assert (await whose(eve, token)).status_code == 403
    answer = await eve.open(API)
    assert (answer.status_code, answer.json()["message"]) == (403, LOG_IN)


async def test_a_token_that_was_revoked_is_made_anew(ada, service):
    await ask(ada)
    service.refused_tokens.add(service.token)
    asked = len(service.asked)
    assert (await ask(ada)).status_code == 200
    assert len(service.asked) == asked + 2


async def test_a_service_that_takes_no_token_is_believed(ada, service):
    service.status, service.body = 401, b'{"message": "Unknown token."}'
    answer = await ask(ada)
    assert answer.status_code == 401
    assert answer.json()["message"] == "Unknown token."


async def test_a_session_that_the_hub_never_named_gets_no_token(ada, service):
    ada.http.cookies.delete("jupyterhub-session-id")
    ada.http.cookies.set("jupyterhub-session-id", "x" * 300)
    # By the rules of a browser that sends no Sec-Fetch-Mode, as by HTTP.
    answer = await ada.http.get(API)
    assert (answer.status_code, answer.json()["message"]) == (403, LOG_IN)
    assert not service.asked


async def test_strangers_and_tokens_reach_nothing(ada, service):
    """A token that may read would otherwise cancel here."""
    made = await ada.call("POST", "users/ada/tokens", scopes=["access:servers!user"])
    token = made.json()["token"]
    for headers in ({}, {"Authorization": f"token {token}"}):
        for verb, path in (("GET", API), ("POST", f"{API}/digits-x1y2z3/cancel")):
            answer = await bare(ada, verb, path, **headers)
            assert (answer.status_code, answer.json()["message"]) == (403, LOG_IN)
    assert not service.asked


@pytest.mark.parametrize(
    ("verb", "path"),
    [("POST", "/digits-x1y2z3/cancel"), ("DELETE", "/digits-x1y2z3")],
)
async def test_other_sites_end_nobodys_job(ada, service, verb, path):
    for headers in ({}, {"X-XSRFToken": "guess"}, {"Sec-Fetch-Mode": "navigate"}):
        answer = await ada.http.request(verb, API + path, headers=headers)
        assert (answer.status_code, answer.json()["message"]) == (403, RELOAD)
    assert not service.asked

    service.status = 204 if verb == "DELETE" else 200
    answer = await ask(ada, verb, path)
    assert answer.status_code == service.status
    sent = service.last
    assert (sent.method, sent.path.removeprefix("/services/training")) == (
        verb,
        f"/api/projects/vision/jobs{path}",
    )


async def test_refusals_of_the_service_arrive_as_they_are(ada, service):
    service.status = 429
    service.headers = {"Content-Type": "application/json", "Retry-After": "5"}
    service.body = b'{"error": "too_many", "message": "Wait a second."}'
    answer = await ask(ada)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "5"
    assert answer.json()["message"] == "Wait a second."


async def test_parts_of_a_log_say_where_they_are(ada, service):
    service.headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "X-Log-Next": "9",
        "X-Log-Size": "9",
        "X-Log-Complete": "true",
        "Set-Cookie": "evil=1",
    }
    service.body = b"last line"
    answer = await ask(ada, path="/digits-x1y2z3/logs/worker/0?offset=-9&limit=9")
    assert answer.content == b"last line"
    assert answer.headers["X-Log-Complete"] == "true"
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "evil" not in str(answer.headers)
    assert service.last.query == "offset=-9&limit=9"


async def test_a_log_is_never_a_page(ada, service):
    service.headers = {"Content-Type": "text/html"}
    service.body = HOSTILE.encode()
    answer = await ask(ada, path="/digits-x1y2z3/logs/worker/0")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


async def test_events_come_as_they_happen(ada, service):
    service.headers = {"Content-Type": "text/event-stream"}
    service.pieces = asyncio.Queue()
    headers = {"X-XSRFToken": ada.xsrf}
    async with ada.http.stream("GET", f"{API}/watch", headers=headers) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        pieces = answer.aiter_bytes()
        for text in (b"event: job\n\n", b": nothing new\n\n"):
            service.pieces.put_nowait(text)
            assert await asyncio.wait_for(anext(pieces), 30) == text
    # Who leaves is followed no longer.
    await asyncio.wait_for(service.left.wait(), 30)


async def test_the_service_learns_for_whom_the_hub_speaks(ada, service):
    await ask(ada, headers={"X-Forwarded-For": "203.0.113.5"})
    assert service.last.headers["X-Forwarded-For"] == "203.0.113.5, 127.0.0.1"


async def test_a_service_that_is_away_is_a_sentence(tmp_path, unused_tcp_port):
    def change(c):
        with_roles(c)
        url = f"http://127.0.0.1:{unused_tcp_port}/services/training"
        c.JupyterHub.tornado_settings = {"mofang_training_url": url}

    async with running_hub(tmp_path, change) as hub:
        ada = await hub.visit("ada")
        assert (await ada.open("/hub/jobs/vision")).status_code == 200
        answer = await ask(ada)
    assert (answer.status_code, answer.json()["message"]) == (502, AWAY)


async def test_every_page_leads_to_the_jobs(ada):
    assert 'href="/hub/jobs">Jobs</a>' in (await ada.open("/hub/token")).text
