"""JupyterLab's static files are fetched once, whichever server shows JupyterLab."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

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


def get(url: str, method: str = "GET") -> Any:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(urllib.request.Request(url, method=method), timeout=30)


@pytest.fixture
def scripts(platform: Platform) -> list[str]:
    """What the hub's pages load ahead."""
    with get(f"{platform.url}/static/preload.json") as answer:
        listed = json.load(answer)["scripts"]
    return [f"{platform.url}/static/{path}" for path in listed]


@pytest.fixture
def page(
    page_of: Callable[[str], Page], hub_of: Callable[[str], HubSession]
) -> Iterator[Page]:
    """The gallery in a browser that was never here; no server runs."""
    session = hub_of("ada")

    def stop() -> None:
        for server in SERVERS.values():
            if session.server(server):
                session.stop(server)

    stop()
    yield page_of("ada")
    stop()


def start(page: Page, title: str) -> None:
    """From the gallery to JupyterLab with all that it begins with."""
    page.goto("/hub/spawn")
    page.get_by_role("button", name=f"Start {title}", exact=True).click()
    expect(page.locator(".jp-LauncherCard, .jp-Notebook").first).to_be_visible(
        timeout=60_000
    )
    page.wait_for_load_state("networkidle")


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
    used = fetched.from_cache(COMMON)
    assert len(used) > 60
    assert own_files(fetched) == []
    later = set(fetched.over_network(COMMON)) - set(ahead)
    # What it asked for on its own, such as a font: little, and not twice.
    assert len(later) < 5
    assert set(fetched.over_network(COMMON).values()) == {1}

    # The files of another environment are the same.
    before = fetched.over_network(COMMON)
    start(page, "PyTorch")
    assert fetched.over_network(COMMON) == before
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
    with get(scripts[0]) as answer:
        headers = answer.headers
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers
    assert "Set-Cookie" not in headers
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["X-Content-Type-Options"] == "nosniff"

    folder = scripts[0].rpartition("/")[0]
    refused = {
        ("PUT", scripts[0]): 405,
        ("POST", scripts[0]): 405,
        ("GET", f"{folder}/index.html"): 404,
        ("GET", f"{folder}/gone.js"): 404,
        ("GET", f"{folder}/%2e%2e/%2e%2e/nginx.conf"): 404,
    }
    for (method, url), status in refused.items():
        with pytest.raises(urllib.request.HTTPError) as error:
            get(url, method)
        assert error.value.code == status, url
        assert error.value.headers["Cache-Control"] == "no-store"

    # Nobody's server answers there, and nothing of it is on anybody's host.
    theirs = scripts[0].replace("//mofang.localhost", "//ada.mofang.localhost")
    with get(theirs) as answer:
        assert answer.url == scripts[0]
