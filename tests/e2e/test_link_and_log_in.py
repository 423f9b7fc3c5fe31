"""A page that stays open while its log-in or its server ends, and links in full.

Nothing that somebody has typed may be lost, and what they read says what to do.
"""

import re
from collections.abc import Callable
from urllib.parse import quote

from playwright.sync_api import Page, expect

from support.eventually import eventually
from support.hub import HubSession
from support.lab import Lab

PATH = "unsaved.txt"
SIGN_IN = re.compile("sign in|log in", re.IGNORECASE)
FRAGMENT = "#Results%20of%20May"


def write_unsaved(lab: Lab) -> None:
    """Open a text file and type without saving."""
    lab.put_text(PATH, "kept\n")
    lab.open(f"home/jovyan/{PATH}")
    lab.page.locator(".cm-content").first.click()
    lab.page.keyboard.press("Control+Home")
    lab.page.keyboard.type("typed later, ")


def content(lab: Lab) -> str:
    answer = lab.session.user_server(lab.server, f"api/contents/home/jovyan/{PATH}")
    return str(answer.json()["content"])


def test_whoever_logged_out_elsewhere_logs_in_and_saves(
    lab: Lab, screenshot: Callable[[Page, str], None]
) -> None:
    write_unsaved(lab)
    other = lab.page.context.new_page()
    other.goto("/hub/logout")
    expect(other.get_by_role("button", name=SIGN_IN)).to_be_visible()

    lab.page.keyboard.press("Control+S")

    dialog = lab.page.get_by_role("dialog").filter(has_text="You are logged out")
    expect(dialog).to_be_visible()
    screenshot(lab.page, "logged-out")
    dialog.get_by_role("button").last.click()
    with lab.page.context.expect_page() as opened:
        lab.page.get_by_role("button", name="Log in").click()
    login = lab.session.platform.login("ada")
    page = opened.value
    page.get_by_label("Username").fill(login.name)
    page.get_by_label("Password").fill(login.password)
    with page.expect_event("close"):
        page.get_by_role("button", name=SIGN_IN).click()
    expect(lab.page.get_by_role("button", name="Log in")).to_have_count(0)
    screenshot(lab.page, "logged-in-again")
    lab.page.locator(".cm-content").first.click()
    lab.page.keyboard.press("Control+S")

    eventually(
        lambda: content(lab) == "typed later, kept\n",
        within=30,
        what="the text that was typed before the log-out is saved",
    )


def test_saving_after_the_server_was_stopped_offers_a_start(
    lab: Lab, screenshot: Callable[[Page, str], None]
) -> None:
    write_unsaved(lab)
    lab.session.stop(lab.server)

    lab.page.keyboard.press("Control+S")

    dialog = lab.page.get_by_role("dialog").filter(has_text="not running")
    expect(dialog.first).to_be_visible()
    screenshot(lab.page, "server-stopped")
    expect(lab.page.get_by_text("Failed to fetch")).to_have_count(0)
    lab.session.start(lab.server, {"project": "vision", "environment": "pytorch"})
    lab.session.wait_ready(lab.server)


def test_a_link_keeps_its_fragment_through_log_in_and_start(
    page_of: Callable[[str], Page], hub_of: Callable[[str], HubSession]
) -> None:
    """Browsers send the part after # to no server; it names a heading, say."""
    session, server = hub_of("ada"), "vision-pytorch"
    if session.server(server):
        session.stop(server)
    page = page_of("ada")
    login = session.platform.login("ada")
    path = quote("home/jovyan")

    page.goto(f"{session.server_url(server)}lab/tree/{path}{FRAGMENT}")
    page.get_by_label("Username").fill(login.name)
    page.get_by_label("Password").fill(login.password)
    page.get_by_role("button", name=SIGN_IN).click()
    page.get_by_role("link", name="Start").click()
    page.get_by_role("button", name="Start PyTorch", exact=True).click()

    page.wait_for_url(
        re.compile(f"/user/ada/{server}/lab/.*{FRAGMENT}$"), timeout=120_000
    )
