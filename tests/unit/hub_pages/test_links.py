"""Links that name a repository or a file, asked of the hub's own handlers."""

import re
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.async_api import expect
from unit.hub_pages.hub import values

from mofang_hub.pages.confirmed_links import LINKS, ConfirmedLinks
from mofang_hub.pages.linked_content import LinkedContent

pytestmark = pytest.mark.asyncio(loop_scope="module")

REPOSITORY = "https://github.com/jupyter/notebook"
CARD = {"project": "vision", "environment": "pytorch"}
NAME = "vision-pytorch"
CONTENT = {"repository": REPOSITORY, "branch": "main", "path": "docs/a.ipynb"}
LINK = f"/hub/spawn?{urlencode({**CARD, **CONTENT})}"
NEXT = f"/hub/user/ada/{NAME}/lab?" + urlencode(
    {f"mofang-{name}": text for name, text in CONTENT.items()}
)


def know(hub, pending):
    user = hub.hub.users["ada"]
    user.get_or_create_spawner(NAME, NAME)
    user.orm_spawners[NAME].user_options = dict(CARD)
    hub.hub.db.commit()
    hub.spawner.now[NAME] = pending


def action(page):
    """Where the only card's form is sent to."""
    card = page.text.partition('<form class="mofang-card"')[2]
    return unescape(re.search(r'action="([^"]*)"', card)[1])


async def ask(ada, user="ada", **content):
    """Ask as the server does."""
    return await ada.http.post(
        f"/hub/api/mofang/users/{user}/servers/{NAME}/link",
        headers={"X-XSRFToken": ada.xsrf},
        json={**CONTENT, **content},
    )


async def test_the_page_says_what_the_link_would_do_and_nothing_is_done(hub, ada):
    page = await ada.open(LINK, **{"Sec-Fetch-Site": "cross-site"})
    text = re.sub(r"<[^>]+>", "", page.text)

    assert page.status_code == 200
    assert "Start Pytorch in Vision." in text
    assert f"Clone {REPOSITORY}, branch main, from github.com into ~/notebook" in text
    assert "Open docs/a.ipynb of it." in text
    assert ">Start, clone and open</button>" in page.text
    assert values(page).items() >= CARD.items()
    assert hub.spawner.starts == []
    assert ada.known_servers() == set()


async def test_the_button_starts_and_leads_to_the_clone(hub, ada):
    page = await ada.open(LINK)

    await ada.send(action(page), **values(page))

    assert parse_qs(urlsplit(action(page)).query)["next"] == [NEXT]
    assert hub.spawner.starts == [("ada", NAME, CARD)]


async def test_a_server_is_told_once_that_its_person_has_agreed(hub, ada):
    page = await ada.open(LINK)
    know(hub, None)

    before = await ask(ada)
    answer = await ada.send(action(page), **values(page))
    other = await ask(ada, branch="other")
    first, second = await ask(ada), await ask(ada)

    told = {"host": "github.com", "directory": "notebook"}
    assert before.json() == {"confirmed": False, **told}
    assert answer.status_code == 302
    path = urlsplit(answer.headers["location"])
    assert path.path == f"/user/ada/{NAME}/lab"
    assert parse_qs(path.query)["mofang-repository"] == [REPOSITORY]
    assert other.json()["confirmed"] is False
    assert (first.json()["confirmed"], second.json()["confirmed"]) == (True, False)


async def test_a_form_without_the_hubs_token_agrees_to_nothing(hub, ada):
    page = await ada.open(LINK)
    know(hub, None)

    answer = await ada.http.post(action(page), data=CARD)

    assert answer.status_code == 403
    assert (await ask(ada)).json()["confirmed"] is False


@pytest.mark.parametrize("pending", [None, "spawn"])
async def test_a_link_to_a_server_that_is_there_opens_nothing_by_itself(
    hub, ada, pending
):
    know(hub, pending)

    page = await ada.open(LINK)

    assert page.status_code == 200
    assert ">Clone and open</button>" in page.text
    assert "Use your server" in page.text


async def test_a_link_to_a_file_shows_it_first_and_opens_it_after_the_start(hub, ada):
    page = await ada.open(f"/hub/spawn?{urlencode(CARD)}&path=projects/vision/a.ipynb")

    assert "<code>/projects/vision/a.ipynb</code>" in page.text
    assert ">Start and open</button>" in page.text
    query = parse_qs(urlsplit(action(page)).query)
    assert query["next"] == [f"/hub/user/ada/{NAME}/lab/tree/projects/vision/a.ipynb"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"repository": "https://evil.example/a"}, "Allowed hosts: github.com."),
        ({"repository": "http://github.com/a/b"}, "not an HTTPS address"),
        ({"path": "../../etc/passwd"}, "not one below a directory"),
        ({"branch": "main"}, "needs the repository"),
    ],
)
async def test_a_link_that_may_not_be_followed_says_why(hub, ada, content, says):
    query = urlencode({**CARD, **content})
    page = await ada.open(f"/hub/spawn?{query}")
    sent = await ada.send(f"/hub/spawn/ada/{NAME}?{query}", **CARD)

    assert says in page.text
    assert "This link asks for" not in page.text
    assert sent.status_code == 422
    assert says in sent.text
    assert hub.spawner.starts == []


async def test_markup_of_a_link_is_text(ada):
    page = await ada.open(f"/hub/spawn?{urlencode(CARD)}&path=<i>a</i>.ipynb")

    assert "<i>a" not in page.text


async def test_a_link_without_an_environment_says_that_it_does_nothing(hub, ada):
    page = await ada.open(f"/hub/spawn?{urlencode(CONTENT)}")

    assert "The link names no environment" in page.text


async def test_a_refused_start_keeps_what_the_link_asked_for(hub, ada):
    first = await ada.open(LINK)

    page = await ada.send(action(first), **CARD, cpu="99")

    assert page.status_code == 422
    assert action(page) == action(first)
    assert REPOSITORY in page.text


@pytest.mark.parametrize("repository", ["https://evil.example/a", "", "--x"])
async def test_a_server_gets_no_leave_for_what_links_may_not_name(hub, ada, repository):
    know(hub, None)

    answer = await ask(ada, repository=repository)

    assert 400 <= answer.status_code < 500
    assert answer.json()["message"].endswith(".")


async def test_nobody_asks_for_servers_of_others(hub, ada):
    await hub.visit("ben")

    answer = await ask(ada, "ben")

    assert answer.status_code == 404


async def test_an_agreement_ends_after_an_hour():
    now = [0.0]
    links = ConfirmedLinks(("github.com",), lambda: now[0])
    content = LinkedContent.check(REPOSITORY, "", "", links.hosts)
    links.confirm("ada", NAME, content)
    now[0] = 3601

    assert not links.take("ada", NAME, content)


async def test_the_page_of_a_link_is_used_by_keys_on_a_phone(hub, page):
    await page.goto(LINK)
    button = page.get_by_role("button", name="Start, clone and open")

    await expect(button).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == 375
    await button.press("Enter")
    await page.wait_for_url("**/hub/spawn/**")

    assert hub.spawner.starts == [("ada", NAME, CARD)]
    assert hub.hub.tornado_application.settings[LINKS].take(
        "ada", NAME, LinkedContent.check(**CONTENT, hosts=("github.com",))
    )
