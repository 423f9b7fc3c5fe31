"""The gallery in a browser: sizes, actions, and what changes without a reload."""

from datetime import datetime

import pytest
from playwright.async_api import expect
from unit.hub_pages.hub import WAIT_MS

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "vision-pytorch"
OPTIONS = {"project": "vision", "environment": "pytorch"}
expect.set_options(timeout=WAIT_MS)


def know(hub, pending="stopped"):
    """Make Ada's server known: stopped, running (None), or as JupyterHub says."""
    user = hub.hub.users["ada"]
    user.get_or_create_spawner(NAME, NAME)
    row = user.orm_spawners[NAME]
    row.user_options = dict(OPTIONS)
    row.started = datetime(2026, 11, 30, 9, 12)  # noqa: DTZ001 - as the database
    hub.hub.db.commit()
    if pending != "stopped":
        hub.spawner.now[NAME] = pending


def line(page):
    return page.locator(f'li[data-server="{NAME}"]')


def card(page):
    return page.get_by_role("form", name="Pytorch")


def button(part, name):
    return part.get_by_role("button", name=name)


async def test_slider_number_and_what_is_sent_are_one(hub, page):
    await page.goto("/hub/spawn")
    await card(page).get_by_text("Change size").click()
    slider = card(page).get_by_role("slider", name="Memory")
    number = card(page).get_by_role("spinbutton", name="Memory in GiB")
    await expect(number).to_have_value("2")

    await slider.press("ArrowRight")
    await expect(number).to_have_value("3")
    await expect(slider).to_have_attribute("aria-valuetext", "3 GiB")
    await slider.press("End")
    await expect(number).to_have_value("8")
    await number.fill("4.5")
    await expect(slider).to_have_attribute("aria-valuetext", "4.5 GiB")
    await button(card(page), "Start Pytorch").click()

    await page.wait_for_url("**/hub/spawn/**")
    assert hub.spawner.starts[0][2] == {**OPTIONS, "memory": "4.5Gi"}


async def test_what_is_left_at_the_default_is_not_sent(hub, page):
    """So that a default that an administrator changes counts."""
    await page.goto("/hub/spawn")
    await card(page).get_by_text("Change size").click()
    slider = card(page).get_by_role("slider", name="CPU")
    await slider.press("ArrowRight")
    await slider.press("ArrowLeft")

    # Twice: a person's double click is one start.
    await button(card(page), "Start Pytorch").dblclick()

    await page.wait_for_url("**/hub/spawn/**")
    assert [each[2] for each in hub.spawner.starts] == [OPTIONS]


async def test_a_start_elsewhere_is_seen_without_a_reload(hub, page):
    await page.goto("/hub/spawn")
    await expect(button(card(page), "Start Pytorch")).to_be_enabled()

    know(hub, "spawn")
    await expect(line(page)).to_contain_text("Starting…")
    await expect(card(page)).to_contain_text("Show progress")
    know(hub, None)
    await expect(line(page)).to_contain_text("Running since")
    await expect(card(page).get_by_role("link", name="Open Pytorch")).to_be_visible()


async def test_a_name_is_given_and_shown(hub, page):
    know(hub, None)
    await page.goto("/hub/spawn")

    await button(line(page), "Rename").click()
    await page.get_by_role("textbox", name="Name").fill("Night run")
    await page.keyboard.press("Enter")

    await expect(line(page).locator("strong")).to_have_text("Night run")


async def test_enter_in_a_question_answers_yes_and_escape_no(hub, page):
    know(hub)
    await page.goto("/hub/spawn")

    await button(line(page), "Remove").click()
    await expect(page.get_by_role("dialog")).to_contain_text("Files are kept")
    await page.keyboard.press("Escape")
    await expect(line(page)).to_be_visible()
    await button(line(page), "Remove").click()
    await page.get_by_role("dialog").get_by_role("button", name="Remove").click()

    await expect(line(page)).to_have_count(0)


async def test_a_page_that_is_older_than_the_server_says_so_and_catches_up(hub, page):
    know(hub)
    await page.goto("/hub/spawn")
    await button(line(page), "Remove").click()
    know(hub, None)

    await page.get_by_role("dialog").get_by_role("button", name="Remove").click()

    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("was started meanwhile. Stop it before")
    await expect(line(page)).to_contain_text("Running")


async def test_nothing_is_wider_than_a_phone(hub, page):
    know(hub, None)
    await page.goto("/hub/spawn")
    await card(page).get_by_text("Change size").count()

    assert await page.evaluate("document.documentElement.scrollWidth") == 375
