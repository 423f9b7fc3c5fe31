"""What files take and their previous versions, in JupyterLab."""

import os
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from mofang_kube.names import UID
from support.hub import HubSession
from support.platform import Platform

SERVER = "vision-base"
NAME = "versions-of-this.py"


@pytest.fixture
def lab(
    platform: Platform,
    page_of: Callable[[str], Page],
    hub_of: Callable[[str], HubSession],
) -> Page:
    """The project's directory in ada's JupyterLab, with a file."""
    page, session = page_of("ada"), hub_of("ada")
    (platform.storage / "projects" / "vision" / NAME).write_text("print(1)\n")
    if not session.server(SERVER):
        session.start(SERVER, {"project": "vision", "environment": "base"})
    session.wait_ready(SERVER)
    page.get_by_role("button", name=re.compile("sign in|log in", re.IGNORECASE)).click()
    expect(
        page.get_by_role("button", name=re.compile("^(Start|Open) ")).first
    ).to_be_visible()
    page.goto(f"{session.server_url(SERVER)}lab/tree/projects/vision?reset")
    expect(page.locator("#jp-main-dock-panel")).to_be_visible()
    return page


def test_the_home_is_cleaned_up_and_that_is_undone(
    lab: Page, platform: Platform, screenshot: Callable[[Page, str], None]
) -> None:
    """The one-machine platform keeps no snapshots: things are moved to the Trash."""
    cache = platform.storage / "users" / "ada" / ".cache" / "pip" / "of-a-test"
    cache.mkdir(parents=True, exist_ok=True)
    (cache / "wheel").write_bytes(b"x" * 100_000)
    for each in (cache / "wheel", cache, cache.parent, cache.parents[1]):
        os.chown(each, UID, UID)

    lab.get_by_role("button", name=re.compile("^(Home|Project): ")).click()
    table = lab.get_by_role("table", name="What takes the space")
    expect(table.get_by_text("~/.cache/pip")).to_be_visible(timeout=60_000)
    screenshot(lab, "files-1-space")
    lab.get_by_role("button", name="Move to Trash…").click()
    dialog = lab.get_by_role("dialog")
    expect(dialog.get_by_text("~/.cache/pip")).to_be_visible()
    dialog.get_by_role("button", name="Move to Trash").click()
    expect(lab.get_by_text("where it still takes its space").first).to_be_visible()
    assert not cache.exists()

    lab.locator(".mf-Space").get_by_role("button", name="Undo").click()
    expect(lab.get_by_text(re.compile("Put back: ")).first).to_be_visible()
    assert (cache / "wheel").stat().st_size == 100_000


def test_where_there_are_no_snapshots_the_menu_leads_to_a_message(
    lab: Page, screenshot: Callable[[Page, str], None]
) -> None:
    """The one-machine platform keeps files in a directory of this machine."""
    item = lab.get_by_role("listitem", name=re.compile(f"^Name: {NAME}"))
    item.click(button="right")
    lab.get_by_role("menuitem", name="Previous Versions").click()

    expect(lab.get_by_role("heading", name=re.compile(NAME))).to_be_visible()
    expect(lab.get_by_text("This file system keeps no previous")).to_be_visible()
    screenshot(lab, "files-2-versions")
