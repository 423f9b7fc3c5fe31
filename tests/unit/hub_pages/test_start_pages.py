"""Links, forms and stale pages around a start, asked of the hub's own handlers."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from jupyterhub.handlers.pages import SpawnHandler, SpawnPendingHandler
from unit.hub_pages.hub import DEBUG_SERVER, JOB, values

from mofang_kube.errors import ConflictError, QuotaError
from mofang_spawner.failures import start_failed
from mofang_spawner.pod_phase import StartFailed
from mofang_spawner.server_start import SpawnFailedError

CARD = {"project": "vision", "environment": "pytorch"}
QUERY = "project=vision&environment=pytorch"
SERVER = "/hub/spawn/ada/vision-pytorch"


pytestmark = pytest.mark.asyncio(loop_scope="module")


# -- links


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(f"{SERVER}?{QUERY}", id="a bookmark"),
        pytest.param(
            f"{SERVER}?opt-project=vision&opt-environment=pytorch", id="JupyterHub's"
        ),
        pytest.param(f"/hub/spawn?{QUERY}", id="without the server's name"),
        pytest.param(f"/hub/spawn/ada?{QUERY}", id="with the user's name"),
        pytest.param(SERVER, id="without a query"),
        pytest.param(f"/hub/spawn/ada/any-name?{QUERY}", id="another name"),
    ],
)
async def test_a_link_chooses_and_starts_nothing(hub, ada, path):
    page = await ada.open(path, **{"Sec-Fetch-Site": "cross-site"})

    assert page.status_code == 200
    assert f'action="{SERVER}"' in page.text
    assert values(page).items() >= CARD.items()
    assert page.text.count('<form class="mofang-card"') == 1
    assert hub.spawner.starts == []
    assert ada.known_servers() == set(), "a link leaves no server behind"


async def test_a_debug_link_chooses_the_jobs_server(hub, ada):
    page = await ada.open(f"/hub/spawn/ada/{DEBUG_SERVER}?{QUERY}&job={JOB}")

    assert f'action="/hub/spawn/ada/{DEBUG_SERVER}"' in page.text
    assert values(page)["job"] == JOB
    assert hub.spawner.starts == []


async def test_sizes_of_a_link_are_filled_in_and_shown(ada):
    page = await ada.open(f"{SERVER}?{QUERY}&cpu=2&memory=4Gi")

    assert (values(page)["cpu"], values(page)["memory"]) == ("2", "4Gi")
    assert "<details open>" in page.text


async def test_a_link_into_a_file_leads_there_after_the_start(ada):
    page = await ada.open(f"{SERVER}?next=%2Fhub%2Fuser%2Fada%2Fvision-pytorch%2Flab")

    (action,) = [
        line.split('action="')[1].split('"')[0]
        for line in page.text.splitlines()
        if 'class="mofang-card"' in line
    ]
    assert parse_qs(urlsplit(action).query) == {
        "next": ["/hub/user/ada/vision-pytorch/lab"]
    }


async def test_a_link_to_what_is_not_there_shows_the_gallery_and_says_so(ada):
    page = await ada.open("/hub/spawn?project=vision&environment=<i>gone")

    assert "does not exist, or is not open to you" in page.text
    assert "<i>gone" not in page.text
    assert page.text.count('<form class="mofang-card"') == 2


async def test_a_link_cannot_name_a_server_in_the_form_of_a_job(ada):
    page = await ada.open(f"/hub/spawn?{QUERY}&job=../../x")

    assert f'action="{SERVER}"' in page.text


@pytest.mark.parametrize("path", [f"{SERVER}?{QUERY}", SERVER])
async def test_a_link_to_a_running_server_leads_into_it(hub, ada, path):
    know(hub, "ada", "vision-pytorch", None)

    answer = await ada.open(path)

    assert answer.status_code == 302
    assert answer.headers["location"].startswith("/user/ada/vision-pytorch/")


async def test_a_link_to_a_starting_server_leads_to_its_progress(hub, ada):
    know(hub, "ada", "vision-pytorch", "spawn")

    answer = await ada.open(SERVER)

    assert answer.headers["location"] == "/hub/spawn-pending/ada/vision-pytorch"


async def test_somebody_elses_pages_are_not_shown(hub, ada):
    await hub.visit("ben")

    assert (await ada.open("/hub/spawn/ben/vision-pytorch")).status_code == 404
    assert (await ada.send("/hub/spawn/ben/vision-pytorch", **CARD)).status_code == 404


async def test_who_is_not_logged_in_gets_to_the_link_afterwards(hub):
    ada = await hub.visit()
    ada.http.cookies.clear()

    answer = await ada.open(f"{SERVER}?{QUERY}")

    assert answer.status_code == 302
    assert answer.headers["location"].startswith("/hub/login?next=")


# -- forms


async def test_the_form_starts_the_server(hub, ada):
    await ada.send(SERVER, **CARD, cpu="2")

    assert hub.spawner.starts == [("ada", "vision-pytorch", {**CARD, "cpu": "2"})]


async def test_the_form_of_a_debug_link_starts_the_jobs_server(hub, ada):
    await ada.send(f"/hub/spawn/ada/{DEBUG_SERVER}", **CARD, job=JOB)

    assert hub.spawner.starts == [("ada", DEBUG_SERVER, {**CARD, "job": JOB})]


async def test_a_form_without_the_hubs_token_starts_nothing(hub, ada):
    answer = await ada.http.post(SERVER, data=CARD)

    assert answer.status_code == 403
    assert hub.spawner.starts == []


async def test_a_refused_form_keeps_its_values_and_says_why_at_the_field(hub, ada):
    page = await ada.send(SERVER, **CARD, cpu="99", memory="4Gi")

    assert page.status_code == 422
    assert "CPU: 99 is outside what this environment allows" in page.text
    assert "SpawnException" not in page.text
    assert (values(page)["cpu"], values(page)["memory"]) == ("99", "4Gi")
    assert 'class="mofang-fault">Must be from 0.25 to 2.</small>' in page.text
    assert "<details open>" in page.text
    assert hub.spawner.starts == []
    assert ada.known_servers() == set(), "a refusal leaves no server behind"


async def test_a_start_that_fails_at_once_says_why_and_keeps_its_values(hub, ada):
    hub.spawner.failure = QuotaError("The quota of <b>Vision</b> is used up.")

    page = await ada.send(SERVER, **CARD, cpu="2")

    assert page.status_code == 403
    assert "The quota of &lt;b&gt;Vision&lt;/b&gt; is used up." in page.text
    assert "SpawnException" not in page.text
    assert values(page)["cpu"] == "2"


def exited():
    """A start that was begun, and whose container ended."""
    verdict = StartFailed(reason="exit", message="The server exited.")
    return start_failed(
        SpawnFailedError(verdict, "Preferred directory <b>not</b> found")
    )


async def test_a_failed_start_is_repeated_with_its_values(hub, ada):
    hub.spawner.failure = exited()
    await ada.send(f"/hub/spawn/ada/{DEBUG_SERVER}", **CARD, job=JOB, cpu="2")

    page = await ada.open(f"/hub/spawn/ada/{DEBUG_SERVER}")

    assert values(page).items() >= {**CARD, "job": JOB, "cpu": "2"}.items()


async def test_the_progress_of_a_failed_start_is_the_bare_sentence(hub, ada):
    hub.spawner.failure = exited()
    await ada.send(SERVER, **CARD)

    events = await ada.open("/hub/api/users/ada/servers/vision-pytorch/progress")
    page = await ada.open("/hub/spawn-pending/ada/vision-pytorch")

    assert '"message": "Spawn failed: The server exited. If a file' in events.text
    assert '<p data-failure="exit">The server exited.</p>' in page.text
    assert "StartError" not in page.text + events.text


async def test_after_an_exit_safe_mode_is_one_click_away(hub, ada):
    """From the form's page, from the progress and from its own page alike."""
    hub.spawner.failure = exited()
    form = await ada.send(SERVER, **CARD, cpu="2")

    page = await ada.open("/hub/spawn-pending/ada/vision-pytorch")

    assert '<details class="mofang-safe-mode" open>' in form.text
    assert "Preferred directory &lt;b&gt;not&lt;/b&gt; found" in form.text
    assert f'<form id="mofang-safe-mode" method="post" action="{SERVER}"' in page.text
    assert hidden(page).items() >= {**CARD, "cpu": "2"}.items()
    hub.spawner.failure = None
    await ada.send(SERVER, **CARD, safe_mode="true")
    assert hub.spawner.starts[-1][2] == {**CARD, "safe_mode": True}


def hidden(page):
    """The fields of the form of safe mode."""
    form = page.text.partition('id="mofang-safe-mode"')[2].partition("</form>")[0]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


@pytest.mark.parametrize(
    ("reason", "label", "fields"),
    [
        pytest.param("memory", "Restart with 4 GiB", {"memory": "4Gi"}, id="memory"),
        pytest.param("cache", "Start with an empty /cache", {}, id="a full disk"),
        pytest.param("evicted", "Start again", {}, id="evicted"),
        pytest.param("image", "Choose another environment", None, id="image"),
    ],
)
async def test_after_a_failure_the_button_that_helps_is_there(
    hub, ada, reason, label, fields
):
    """On the page of the start and on the gallery alike; other buttons are hidden."""
    verdict = StartFailed(reason=reason, message=f"It failed: {reason}.")
    hub.spawner.failure = start_failed(SpawnFailedError(verdict))
    await ada.send(SERVER, **CARD, cpu="2")

    page = await ada.open("/hub/spawn-pending/ada/vision-pytorch")
    whole = await ada.open("/hub/spawn")

    (shown,) = re.findall(r'<div data-remedy="(\w+)">(.*?)</div>', page.text, re.DOTALL)
    assert shown[0] == reason
    assert f">{label}<" in shown[1]
    assert f">{label}<" in whole.text
    assert f"It failed: {reason}." in whole.text
    if fields is None:
        assert 'href="/hub/spawn"' in shown[1]
        return
    found = dict(re.findall(r'name="(\w+)" value="([^"]*)"', shown[1]))
    found.pop("_xsrf")
    assert found == {**CARD, "cpu": "2", **fields}
    hub.spawner.failure = None
    await ada.send(SERVER, **found)
    assert hub.spawner.starts[-1][2] == found


async def test_the_page_of_a_start_has_the_buttons_before_it_fails(hub, ada):
    know(hub, "ada", "vision-pytorch", "spawn")
    row = hub.hub.users["ada"].orm_spawners["vision-pytorch"]
    row.user_options = dict(CARD)
    hub.hub.users["ada"].spawners["vision-pytorch"].user_options = dict(CARD)

    page = await ada.open("/hub/spawn-pending/ada/vision-pytorch")

    hidden_ones = re.findall(r'<div data-remedy="(\w+)" hidden>', page.text)
    assert set(hidden_ones) == {
        *("memory", "cache", "evicted", "image", "quota_exceeded", "timeout"),
        *("queue_timeout", "interrupted"),
    }


async def test_the_clock_of_a_start_goes_on_after_a_reload(hub, ada):
    know(hub, "ada", "vision-pytorch", "spawn")
    row = hub.hub.users["ada"].orm_spawners["vision-pytorch"]
    row.user_options = dict(CARD)
    row.started = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=75)
    hub.hub.db.commit()
    hub.spawner.history.load([("pytorch", 3.0)] * 3)

    page = await ada.open("/hub/spawn-pending/ada/vision-pytorch")

    (elapsed,) = re.findall(r'data-elapsed="(\d+)"', page.text)
    assert 75 <= int(elapsed) < 75 + 60
    assert "Usually ready in 3 s" in page.text


async def test_a_size_is_remembered_for_the_next_start(hub, ada):
    know(hub, "ada", "vision-pytorch", "spawn")
    hub.spawner.now.clear()
    row = hub.hub.users["ada"].orm_spawners["vision-pytorch"]
    row.user_options = {**CARD, "memory": "4Gi"}
    hub.hub.db.commit()

    page = await ada.open("/hub/spawn")

    assert "0.5 cores · 4 GiB memory" in page.text
    assert 'name="memory" value="4Gi"' in page.text


async def test_a_page_that_has_not_changed_has_no_body(hub, ada):
    """Pages ask for it again as long as they are looked at."""
    first = await ada.open("/hub/spawn")
    again = await ada.open("/hub/spawn", **{"If-None-Match": first.headers["etag"]})
    know(hub, "ada", "vision-pytorch", None)
    changed = await ada.open("/hub/spawn", **{"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200


async def test_after_another_failure_there_is_no_such_button(hub, ada):
    verdict = StartFailed(reason="image", message="The image cannot be pulled.")
    hub.spawner.failure = start_failed(SpawnFailedError(verdict))
    await ada.send(SERVER, **CARD)

    page = await ada.open("/hub/spawn-pending/ada/vision-pytorch")

    assert "The image cannot be pulled." in page.text
    assert '<form id="mofang-safe-mode"' not in page.text


async def test_a_link_to_safe_mode_chooses_it_and_starts_nothing(hub, ada):
    page = await ada.open(f"{SERVER}?{QUERY}&safe_mode=true")

    assert '<details class="mofang-safe-mode" open>' in page.text
    assert hub.spawner.starts == []


# -- what a refusal leaves behind


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(QuotaError("The quota is used up."), id="by the quota"),
        pytest.param(ConflictError("Not now."), id="for another reason"),
    ],
)
@pytest.mark.parametrize("way", ["form", "REST"])
async def test_a_refused_start_leaves_no_server_behind(hub, ada, failure, way):
    hub.spawner.failure = failure

    if way == "form":
        await ada.send(SERVER, **CARD)
    else:
        await ada.call("POST", "users/ada/servers/vision-pytorch", **CARD)

    assert hub.spawner.starts, "it was refused after our own check"
    assert ada.known_servers() == set()


@pytest.mark.parametrize("way", ["form", "REST"])
async def test_a_refused_start_keeps_a_server_that_was_there_before(hub, ada, way):
    hub.spawner.failure = exited()
    await ada.send(SERVER, **CARD)
    hub.spawner.failure = QuotaError("The quota is used up.")

    if way == "form":
        await ada.send(SERVER, **CARD)
    else:
        await ada.call("POST", "users/ada/servers/vision-pytorch", **CARD)

    assert ada.known_servers() == {"vision-pytorch"}


@pytest.mark.parametrize("way", ["form", "REST"])
async def test_too_many_starts_at_once_are_told_in_a_sentence(
    hub, ada, way, monkeypatch
):
    settings = hub.hub.tornado_application.settings
    monkeypatch.setitem(settings, "active_server_limit", 1)
    monkeypatch.setattr(
        type(hub.hub.users),
        "count_active_users",
        lambda self: {"active": 1, "spawn_pending": 0, "proxy_pending": 0},
    )

    answer = await (
        ada.send(SERVER, **CARD)
        if way == "form"
        else ada.call("POST", "users/ada/servers/vision-pytorch", **CARD)
    )

    assert answer.status_code == 429
    assert "Too many servers are starting now. Try again in a minute." in answer.text
    assert "HTTP 429" not in answer.text
    assert ada.known_servers() == set()


# -- REST


@pytest.mark.parametrize(
    ("pending", "says"),
    [
        pytest.param("stop", "is still stopping. Start it again", id="it is stopping"),
        pytest.param(None, "is already running. Open it, or stop", id="it is running"),
    ],
)
async def test_rest_tells_what_a_server_does_and_what_to_do(hub, ada, pending, says):
    know(hub, "ada", "vision-pytorch", pending)

    answer = await ada.call("POST", "users/ada/servers/vision-pytorch", **CARD)

    assert answer.status_code == 400
    assert f"vision-pytorch {says}" in answer.json()["message"]


async def test_rest_stops_no_server_that_is_not_there(ada):
    answer = await ada.call("DELETE", "users/ada/servers/vision-pytorch")

    assert answer.status_code == 404
    assert answer.json()["message"].startswith("There is no server vision-pytorch:")


async def test_rest_asks_for_safe_mode(hub, ada):
    await ada.call("POST", "users/ada/servers/vision-pytorch", **CARD, safe_mode=True)

    assert hub.spawner.starts[0][2] == {**CARD, "safe_mode": True}


async def test_rest_of_somebody_else_is_refused_as_before(hub, ada):
    await hub.visit("ben")

    for verb in ("POST", "DELETE"):
        answer = await ada.call(verb, "users/ben/servers/vision-pytorch")
        assert answer.status_code == 404


# -- pages that are older than the server's state


def know(hub, name, server, pending):
    """Make a server known that is running, or in the middle of something."""
    user = hub.hub.users[name]
    user.get_or_create_spawner(server, server)
    hub.spawner.now[server] = pending


@pytest.mark.parametrize(
    ("pending", "says"),
    [
        pytest.param("stop", "is still stopping", id="it is stopping"),
        pytest.param(None, "is already running", id="it is running"),
    ],
)
async def test_a_start_too_early_or_too_late_shows_the_page_with_a_sentence(
    hub, ada, pending, says
):
    know(hub, "ada", "vision-pytorch", pending)

    page = await ada.send(SERVER, **CARD)

    assert page.status_code == 409
    assert f"vision-pytorch {says}" in page.text
    assert "All environments" in page.text
    assert hub.spawner.starts == []


async def test_a_second_click_on_start_leads_to_the_progress(hub, ada):
    know(hub, "ada", "vision-pytorch", "spawn")

    answer = await ada.send(SERVER, **CARD)

    assert answer.headers["location"] == "/hub/spawn-pending/ada/vision-pytorch"


async def test_a_stopping_server_is_not_offered_to_be_started(hub, ada):
    know(hub, "ada", "vision-pytorch", "stop")

    page = await ada.open(SERVER)

    assert "vision-pytorch is stopping." in page.text
    assert "data-unavailable" in page.text
    assert "Show progress" not in page.text


@pytest.mark.parametrize("pending", ["absent", "stop"])
async def test_progress_of_what_does_not_start_leads_to_the_gallery(hub, ada, pending):
    if pending != "absent":
        know(hub, "ada", "vision-pytorch", pending)

    answer = await ada.open("/hub/spawn-pending/ada/vision-pytorch?next=%2Fx")
    page = await ada.open(answer.headers["location"])

    assert answer.status_code == 302
    assert "is not running" in page.text or "is stopping" in page.text
    assert "next=%2Fx" in page.text
    assert f'action="{SERVER}' in page.text


async def test_progress_is_jupyterhubs_while_there_is_some(hub, ada):
    know(hub, "ada", "vision-pytorch", "spawn")

    page = await ada.open("/hub/spawn-pending/ada/vision-pytorch")

    assert page.status_code == 200
    assert 'role="progressbar"' in page.text


async def test_the_one_home_page_is_the_gallery(ada):
    answer = await ada.open("/hub/home")

    assert answer.headers["location"] == "/hub/spawn"


async def test_who_may_not_see_a_start_gets_a_page_that_says_so(hub):
    ben = await hub.visit("ben")

    page = await ben.open("/hub/spawn-pending/ada/vision-pytorch")

    assert page.status_code == 404
    assert "<html" in page.text


async def test_an_error_page_leads_back(ada):
    page = await ada.open("/hub/no-such-page")

    assert page.status_code == 404
    assert 'href="/hub/spawn">Back to the environments</a>' in page.text


async def test_jupyterhub_still_asks_the_methods_that_are_ours():
    """Were they renamed there, its own would answer: links would start servers."""
    for name in ("_get", "_post", "_render_form", "_get_pending_url"):
        assert callable(getattr(SpawnHandler, name))
    assert callable(SpawnPendingHandler.get)
