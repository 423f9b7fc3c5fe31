"""The gallery: legible in both themes and on a phone, and what is free in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from e2e.test_jobs_page import PHONE, SIZES, check_appearance, log_in
from playwright.sync_api import Page, expect

from support.hub import HubSession

SERVER = "vision-base"
OPTIONS = {"project": "vision", "environment": "base"}


@pytest.mark.parametrize("size", SIZES)
def test_the_gallery_is_legible_and_says_what_is_free(
    size: Any,
    hub_of: Callable[[str], HubSession],
    page_of: Callable[[str], Page],
    screenshot: Callable[[Page, str], None],
) -> None:
    session = hub_of("ada")
    if not session.server(SERVER):
        session.start(SERVER, OPTIONS)
    session.wait_ready(SERVER)
    page = log_in(page_of("ada"))
    page.set_viewport_size(size)
    page.goto("/hub/spawn")
    page.get_by_role("radio", name="Vision").check()
    line = page.get_by_role("listitem").filter(has_text=SERVER)
    card = page.get_by_role("form", name="PyTorch", exact=True).locator("visible=true")

    expect(line).to_contain_text(re.compile(r"Running since .*node \S+", re.DOTALL))
    expect(card).to_contain_text(re.compile("Available now|Waits for a node|Quota of"))
    expect(card.get_by_role("list", name="Versions")).to_contain_text("PyTorch")
    card.get_by_text("Change size").click()
    expect(card.get_by_role("slider", name="Memory")).to_be_visible()
    kind = "phone" if size == PHONE else "desktop"
    check_appearance(page, screenshot, f"gallery-{kind}")
