"""From the click on Start to a launcher one can use, in Chromium."""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

from bench.servers import Servers
from bench.table import Row
from support.hub import HubSession
from support.platform import Platform

SERVERS = {"Python": "vision-base", "XGBoost": "vision-xgboost"}
"""Title of a card and its server; of both, JupyterLab's files are the same."""
READING_SECONDS = 5
"""What a person looks at the gallery before the first click."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def logged_in(platform: Platform) -> Iterator[Page]:
    """A page of ada's at the gallery, in a browser that was never used.

    It has a profile, as a person's browser: a private window keeps no compiled code.
    """
    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            profile,
            base_url=platform.url,
            executable_path=shutil.which("chromium"),
            args=FLAGS,
        )
        page = browser.new_page()
        page.goto("/hub/login")
        login = platform.login("ada")
        page.get_by_label("Username").fill(login.name)
        page.locator("input[type=password]").fill(login.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(re.compile("/hub/spawn"))
        yield page
        browser.close()


def wait_visible(page: Page, selector: str, text: str = "") -> None:
    """Wait for an element, with exactly this text if given, asked at every frame.

    A locator asks every half second after the first few, which is what would be
    measured.
    """
    seen = """([selector, text]) => [...document.querySelectorAll(selector)].some(
      each => each.checkVisibility() && (!text || each.textContent === text))"""
    page.wait_for_function(seen, arg=[selector, text], timeout=60_000)


def click_to_launcher(page: Page, session: HubSession, title: str) -> float:
    """Seconds; the server is stopped before and after."""
    server = SERVERS[title]
    if session.server(server):
        session.stop(server)
    # A new user's JupyterLab: what was open last is not opened again.
    home = session.platform.storage / "users" / session.name
    for workspace in (home / ".jupyter" / "lab" / "workspaces").glob("*"):
        workspace.unlink()
    page.goto("/hub/spawn")
    button = page.get_by_role("button", name=f"Start {title}", exact=True)
    page.wait_for_timeout(READING_SECONDS * 1000)
    began = time.monotonic()
    button.click()
    wait_visible(page, ".jp-LauncherCard")
    took = time.monotonic() - began
    session.stop(server)
    return took


@contextmanager
def own_files(session: HubSession) -> Iterator[None]:
    """Let each of the person's servers give JupyterLab's files itself, as upstream."""
    path = session.platform.storage / "users" / session.name / ".jupyter"
    path.mkdir(exist_ok=True)
    config = path / "jupyter_server_config.py"
    config.write_text('import os; os.environ.pop("MOFANG_STATIC_URL", None)')
    for each in (path, config):
        os.chown(each, 1000, 1000)
    try:
        yield
    finally:
        config.unlink()


def rows(platform: Platform, servers: Servers, rounds: int) -> list[Row]:
    """The first start in a browser, then one of another environment."""
    session = servers.session

    def clicks() -> list[float]:
        with logged_in(platform) as page:
            return [click_to_launcher(page, session, title) for title in SERVERS]

    ours, plain, starts = [], [], []
    for _ in range(rounds):
        starts.append(servers.ours())
        ours.append(clicks())
        with own_files(session):
            plain.append(clicks())
    name = "click → launcher in the browser"
    return [
        Row(
            name=name,
            unit="s",
            ours=[took for took, *_ in ours],
            baseline_name="server ready",
            baseline=starts,
        )
    ] + [
        Row(
            name=each,
            unit="s",
            ours=[took[number] for took in ours],
            baseline_name="files of the server itself",
            baseline=[took[number] for took in plain],
        )
        for number, each in enumerate([name, f"{name}, another environment"])
    ]
