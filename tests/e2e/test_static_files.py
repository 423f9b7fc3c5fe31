"""JupyterLab's static files are fetched once, whichever server shows JupyterLab."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from support.eventually import eventually
from support.fetched import Fetched
from support.hub import HubSession
from support.platform import Platform

COMMON = "/static/lab"
OWN = ("/static/lab/", "/lab/extensions/")
"""Where a server has the same files."""
SERVERS = {"Python": "vision-base", "PyTorch": "vision-pytorch"}


def ask(url: str, method: str = "GET") -> httpx.Response:
    """Ask as nobody."""
    with httpx.Client(trust_env=False, timeout=30) as client:
        return client.request(method, url)


@pytest.fixture
def scripts(platform: Platform) -> list[str]:
    """What the hub's pages load ahead."""
    listed = ask(f"{platform.url}/static/preload.json").json()["scripts"]
    return [f"{platform.url}/static/{path}" for path in listed]


@pytest.fixture
def page(
    platform: Platform,
    page_of: Callable[[str], Page],
    hub_of: Callable[[str], HubSession],
) -> Iterator[Page]:
    """The gallery in a browser that was never here; no server runs."""
    session = hub_of("ada")

    def stop() -> None:
        for server in SERVERS.values():
            if session.server(server):
                session.stop(server)

    stop()
    # Without a layout of before, JupyterLab begins with the launcher.
    settings = platform.storage / "users" / "ada" / ".jupyter" / "lab"
    for workspace in (settings / "workspaces").glob("*"):
        workspace.unlink()
    yield page_of("ada")
    stop()


def start(page: Page, title: str) -> None:
    """From the gallery to JupyterLab with all that it begins with."""
    page.goto("/hub/spawn")
    page.get_by_role("button", name=f"Start {title}", exact=True).click()
    expect(page.locator(".jp-LauncherCard, .jp-Notebook").first).to_be_visible(
        timeout=60_000
    )


def own_files(fetched: Fetched) -> list[str]:
    """What was taken from a server that the common address has."""
    everything = [*fetched.network, *fetched.cached]
    return [
        url
        for url in everything
        if any(
            f"/user/ada/{name}{each}" in url
            for name in SERVERS.values()
            for each in OWN
        )
    ]


def test_the_gallery_loads_ahead_and_nothing_is_fetched_twice(
    page: Page, scripts: list[str]
) -> None:
    fetched = Fetched(page)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/hub/spawn")

    # Nobody has clicked yet.
    eventually(
        lambda: page.evaluate("0") == 0 and set(scripts) <= set(fetched.network),
        within=60,
        what="all scripts in the cache",
    )
    ahead = dict(fetched.over_network(COMMON))
    assert set(ahead) == set(scripts)
    assert len(scripts) > 60

    start(page, "Python")
    # The launcher is there before the last extensions are.
    eventually(
        lambda: page.evaluate("0") == 0 and len(fetched.from_cache(COMMON)) > 60,
        within=60,
        what="most scripts come from the cache",
    )
    assert own_files(fetched) == []
    later = set(fetched.over_network(COMMON)) - set(ahead)
    # What it asked for on its own, such as a font: little, and not twice.
    assert len(later) < 5
    assert set(fetched.over_network(COMMON).values()) == {1}

    # The files of another environment are the same.
    start(page, "PyTorch")
    assert set(fetched.over_network(COMMON)) - set(ahead) <= later
    assert set(fetched.over_network(COMMON).values()) == {1}
    assert own_files(fetched) == []
    assert "/vision-pytorch/" in page.url


def test_jupyterlab_works_without_the_common_address(page: Page) -> None:
    gone: list[str] = []

    def refuse(route: Route) -> None:
        gone.append(route.request.url)
        route.abort()

    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/hub/spawn")
    page.route(lambda url: "//mofang.localhost" in url and COMMON in url, refuse)

    start(page, "Python")

    assert any("/main." in url for url in gone)
    page.locator(".jp-LauncherCard", has_text="Python 3").first.click()
    expect(page.locator(".jp-Notebook")).to_be_visible()


def test_it_gives_public_files_alone(platform: Platform, scripts: list[str]) -> None:
    main = next(each for each in scripts if "/main." in each)
    headers = ask(main).headers
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers
    assert "Set-Cookie" not in headers
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Encoding"] in ("br", "gzip")

    folder = main.rpartition("/")[0]
    refused = {
        ("PUT", main): 405,
        ("POST", main): 405,
        ("GET", f"{folder}/index.html"): 404,
        ("GET", f"{folder}/gone.js"): 404,
        ("GET", f"{folder}/%2e%2e/%2e%2e/nginx.conf"): 404,
    }
    for (method, url), status in refused.items():
        answer = ask(url, method)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (
            status,
            "no-store",
        ), url

    # Nobody's server answers there, and nothing of it is on anybody's host.
    theirs = main.replace("//mofang.localhost", "//ada.mofang.localhost")
    answer = ask(theirs)
    assert (answer.status_code, answer.headers["Location"]) == (302, main)
