"""The audit log as an admin of the hub reads it, and nobody else."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from support.hub import HubSession
from support.legible import faint, unnamed
from support.platform import Platform

SERVER = "vision-pytorch"


@pytest.fixture
def page(page_of: Callable[[str], Page]) -> Page:
    """The admin's page, logged in by the keyboard."""
    page = page_of("admin")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Audit log")).to_be_visible()
    return page


def test_an_admin_finds_what_a_person_did(
    page: Page,
    hub_of: Callable[[str], HubSession],
    screenshot: Callable[[Page, str], None],
) -> None:
    ada = hub_of("ada")
    # Unknown to every project: refused, and recorded as that.
    ada.start("vision-nothing", {"project": "vision", "environment": "nothing"})

    page.get_by_role("link", name="Audit log").click()
    page.get_by_label("Person").focus()
    page.keyboard.type("ada")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Action")).to_be_focused()
    page.get_by_label("Action").select_option("start")
    page.get_by_role("button", name="Show").press("Enter")

    expect(page.get_by_role("status")).to_contain_text("the newest first")
    row = page.get_by_role("row").nth(1)
    expect(row).to_contain_text("ada")
    expect(row).to_contain_text("start")
    expect(row).to_contain_text("refused")
    expect(row).to_contain_text("vision-nothing")
    expect(page.get_by_label("Person")).to_have_value("ada")
    screenshot(page, "audit-log")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_the_page(page: Page, scheme: str) -> None:
    page.goto("/hub/audit")
    page.evaluate("scheme => document.documentElement.dataset.bsTheme = scheme", scheme)
    main = page.get_by_role("main")
    assert faint(main) == []
    assert unnamed(main) == []


def test_a_wrong_search_is_told_at_its_field(page: Page) -> None:
    page.goto("/hub/audit?first=yesterday")
    field = page.get_by_label("From")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description("Write a day as 2026-11-30.")


def test_members_do_not_read_it(hub_of: Callable[[str], HubSession]) -> None:
    answer = hub_of("ada").http.get("/hub/audit")
    assert answer.status_code == 403
    assert "open to admins of the hub" in answer.text


def test_an_admin_enters_a_server_only_when_let_in(
    hub_of: Callable[[str], HubSession], platform: Platform
) -> None:
    ada, admin = hub_of("ada"), hub_of("admin")
    if not ada.server(SERVER):
        ada.start(SERVER, {"project": "vision", "environment": "pytorch"})
    ada.wait_ready(SERVER)
    address = f"{platform.user_url('ada')}/user/ada/{SERVER}/api/status"

    def status() -> int:
        # Servers keep for minutes what the hub said of a token.
        made = admin.api("POST", "/users/admin/tokens", json={"note": "tests"})
        answer = httpx.get(
            address,
            headers={"Authorization": f"token {made.json()['token']}"},
            timeout=60,
            trust_env=False,
        )
        return answer.status_code

    assert status() == 403
    path = f"/share-codes/ada/{SERVER}"
    assert admin.api("POST", path, json={}).status_code in {403, 404}
    code = ada.api("POST", path, json={}).json()["code"]
    form = {"code": code, "_xsrf": admin.xsrf}
    accepted = admin.http.post("/hub/accept-share", data=form, follow_redirects=False)
    assert accepted.status_code == 302, accepted.text
    try:
        assert status() == 200
    finally:
        assert ada.api("DELETE", f"/shares/ada/{SERVER}").status_code == 204
