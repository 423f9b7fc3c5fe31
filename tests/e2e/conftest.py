"""Fixtures of the tests on the whole running platform.

platform   its address, log-ins and kubectl
browser    Debian's Chromium, one for all tests
_room      no server and no job runs when a module begins
page_of    a fresh browser page of a user, not yet logged in
hub_of     a user's session with the hub over HTTP
lab        JupyterLab of ada's PyTorch server, its jobs and presets her own
look       writes a screenshot to build/screenshots/
"""

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    expect,
    sync_playwright,
)

from support import jobs
from support.hub import HubSession
from support.jobs import remove_jobs
from support.lab import PRESETS, THEMES, Lab
from support.platform import ARTEFACTS, Platform

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

WAIT_MS = 30_000
"""How long the browser's tests wait for what shall come."""

expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="session")
def platform() -> Platform:
    return Platform()


@pytest.fixture(scope="module", autouse=True)
def _room(platform: Platform) -> None:
    """Each module begins on a machine where no server and no job runs."""
    for project in ("vision", "speech"):
        namespace = f"mofang-project-{project}"
        platform.kubectl("delete", "pytorchjobs", "-n", namespace, "--all")
    for user in ("ada", "ben"):
        with HubSession(platform, platform.login(user)) as session:
            model = session.api("GET", f"/users/{user}").json()
            for server in model.get("servers", {}):
                session.stop(server)


@pytest.fixture(scope="session", autouse=True)
def _connections() -> Iterator[None]:
    """All tests share the connections of ``support.jobs``."""
    yield
    jobs.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=CHROMIUM_FLAGS
        )
        yield browser
        browser.close()


@pytest.fixture
def page_of(browser: Browser, platform: Platform) -> Iterator[Callable[[str], Page]]:
    contexts: list[BrowserContext] = []

    def open_page(user: str) -> Page:
        context = browser.new_context(
            base_url=platform.url, viewport={"width": 1440, "height": 900}
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        login = platform.login(user)
        page.goto("/")
        page.get_by_label("Username").fill(login.name)
        page.get_by_label("Password").fill(login.password)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def hub_of(platform: Platform) -> Iterator[Callable[[str], HubSession]]:
    sessions: list[HubSession] = []

    def open_session(user: str) -> HubSession:
        session = HubSession(platform, platform.login(user))
        sessions.append(session)
        return session

    yield open_session
    for session in sessions:
        session.close()


@pytest.fixture
def lab(
    page_of: Callable[[str], Page], hub_of: Callable[[str], HubSession]
) -> Iterator[Lab]:
    session, server = hub_of("ada"), "vision-pytorch"
    if not session.server(server):
        session.start(server, {"project": "vision", "environment": "pytorch"})
    session.wait_ready(server)
    lab = Lab(page=page_of("ada"), session=session, server=server)

    def tidy() -> None:
        remove_jobs(session, server)
        for plugin in (PRESETS, THEMES):
            lab.set(plugin, {})

    tidy()
    lab.log_in()
    yield lab
    tidy()


@pytest.fixture
def screenshot() -> Callable[[Page, str], None]:
    folder = ARTEFACTS / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str) -> None:
        page.screenshot(path=folder / f"{name}.png")

    return take
