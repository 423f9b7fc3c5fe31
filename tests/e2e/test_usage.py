"""The page of usage, as a member and an admin of the hub see it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from support.hub import HubSession
from support.legible import broken_rules, faint, too_wide, unnamed

PHONE = ViewportSize(width=360, height=740)


@pytest.fixture
def page(page_of: Callable[[str], Page]) -> Page:
    page = page_of("admin")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Usage").click()
    expect(page.get_by_role("heading", name="Usage", exact=True)).to_be_visible()
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_the_page(
    page: Page, scheme: str, screenshot: Callable[[Page, str], None]
) -> None:
    page.set_viewport_size(PHONE)
    page.emulate_media(reduced_motion="reduce")
    page.evaluate("scheme => document.documentElement.dataset.bsTheme = scheme", scheme)
    main = page.get_by_role("main")

    assert faint(main) == []
    assert unnamed(main) == []
    # Tables are regions of their own that are scrolled, by keys too; the page is not.
    assert {each.split()[0] for each in too_wide(main)} <= {"mofang-table"}
    width = "document.documentElement.scrollWidth"
    assert page.evaluate(width) <= PHONE["width"]
    assert broken_rules(page) == []
    screenshot(page, f"usage-{scheme}")


def test_a_period_is_chosen_by_the_keyboard(page: Page) -> None:
    period = page.get_by_role("combobox", name="Period")
    period.focus()
    page.keyboard.type("week")
    page.get_by_role("button", name="Show").press("Enter")

    expect(period).to_have_value("week")
    page.get_by_role("link", name="Before").press("Enter")
    expect(page.get_by_role("link", name="After")).to_be_visible()


def test_a_member_sees_nodes_and_their_own(hub_of: Callable[[str], HubSession]) -> None:
    answer = hub_of("ada").http.get("/hub/usage")

    assert answer.status_code == 200
    assert "You see what you reserve" in answer.text
