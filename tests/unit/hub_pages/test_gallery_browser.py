"""The gallery in a browser: sizes, actions, and what changes without a reload."""

from datetime import datetime

import pytest
import pytest_asyncio
from playwright.async_api import expect
from unit.hub_pages.hub import JOB, WAIT_MS, running_hub

from mofang_api.models.activity import ResourceUse
from mofang_hub.auth.scopes import CUSTOM_SCOPES, load_roles
from mofang_hub.sizing.samples import SampleTable, ServerRun
from mofang_spawner.resize import NotResizedError
from support.legible import FAINT, LEAST_CONTRAST, TOO_WIDE

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "vision-pytorch"
OPTIONS = {"project": "vision", "environment": "pytorch"}
GIB = 1024**3

expect.set_options(timeout=WAIT_MS)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_hub(tmp_path_factory):
    def change(c):
        c.JupyterHub.custom_scopes = CUSTOM_SCOPES
        c.JupyterHub.load_roles = load_roles()
        c.JupyterHub.services = [{"name": "training", "api_token": "x" * 32}]

    async with running_hub(tmp_path_factory.mktemp("hub"), change) as hub:
        yield hub


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
    await page.get_by_text("1 stopped", exact=True).click()

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
    await page.get_by_text("1 stopped", exact=True).click()
    await button(line(page), "Remove").click()
    know(hub, None)

    await page.get_by_role("dialog").get_by_role("button", name="Remove").click()

    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("was started meanwhile. Stop it before")
    await expect(line(page)).to_contain_text("Running")


def know_many(hub, running, stopped):
    """Servers of Ada's: some that run, and many that looked into jobs and ended."""
    user = hub.hub.users["ada"]
    names = [f"vision-run-{each}" for each in range(running)]
    names += [f"vision-debug-{each}" for each in range(stopped)]
    for name in names:
        user.get_or_create_spawner(name, name)
        job = {} if name in names[:running] else {"job": JOB}
        user.orm_spawners[name].user_options = {**OPTIONS, **job}
        user.orm_spawners[name].started = datetime(2026, 11, 30, 9, 12)  # noqa: DTZ001
    hub.hub.db.commit()
    hub.spawner.now.update(dict.fromkeys(names[:running]))


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (375, 800)])
async def test_cards_are_on_the_first_screen_whatever_has_ended(
    hub, page, width, height
):
    know_many(hub, running=2, stopped=12)
    await page.set_viewport_size({"width": width, "height": height})
    await page.goto("/hub/spawn")

    heading = card(page).get_by_role("heading")
    await expect(heading).to_be_in_viewport(ratio=1)
    await expect(page.get_by_text("12 stopped", exact=True)).to_be_in_viewport()
    lines = page.locator("li.mofang-server:visible")
    await expect(lines).to_have_count(2)
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    main = page.get_by_role("main")
    assert await main.evaluate(TOO_WIDE) == []
    await page.emulate_media(reduced_motion="reduce")
    for theme in ("dark", "light"):
        await page.evaluate("t => document.documentElement.dataset.bsTheme = t", theme)
        assert await main.evaluate(FAINT, LEAST_CONTRAST) == []


async def test_what_is_unfolded_stays_so_when_servers_change(hub, page):
    know_many(hub, running=1, stopped=2)
    await page.goto("/hub/spawn")
    fold = page.locator("#mofang-ended")
    await fold.locator("summary").press("Enter")
    await expect(fold.locator("li").first).to_be_visible()

    hub.spawner.now["vision-debug-0"] = "spawn"

    await expect(page.locator("li.is-starting")).to_be_visible()
    await expect(fold.locator("li")).to_have_count(1)
    await expect(fold.locator("li")).to_be_visible()


async def test_all_stopped_debug_servers_are_removed_by_keys(hub, page):
    know_many(hub, running=1, stopped=3)
    await page.goto("/hub/spawn")
    await page.locator("#mofang-ended summary").press("Enter")

    await button(page, "Remove all 3 stopped debug servers").press("Enter")
    await expect(page.get_by_role("dialog")).to_contain_text("Files and jobs are kept")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Remove").press("Enter")

    await expect(page.locator("#mofang-ended")).to_have_count(0)
    await expect(page.locator("li.is-running")).to_have_count(1)


async def test_nothing_is_wider_than_a_phone(hub, page):
    know(hub, None)
    await page.goto("/hub/spawn")
    await card(page).get_by_text("Change size").count()

    assert await page.evaluate("document.documentElement.scrollWidth") == 375


# -- sizes by what earlier starts used, and of servers that run


def note_starts(hub, gib=1.3):
    """Three starts of Ada's that used so much memory."""
    table = SampleTable(hub.hub.db, keep_days=92)
    for number in range(3):
        run = ServerRun(
            owner="ada",
            server=NAME,
            started=number,
            project="vision",
            environment="pytorch",
            cpu_request_cores=0.5,
            memory_request_bytes=8 * GIB,
        )
        use = ResourceUse(
            seconds=400,
            cpu_seconds=200,
            memory_bytes=int(gib * GIB),
            memory_mean_bytes=int(gib * GIB),
            memory_peak_bytes=int(gib * GIB),
        )
        table.add(run, use, now=1_796_000_000)


async def test_a_suggestion_with_its_reason_is_taken_by_a_click(hub, page):
    note_starts(hub)
    await page.goto("/hub/spawn")
    await card(page).get_by_text("Change size").click()

    reason = "In your last 3 starts the peak was 1.3 GiB."
    await expect(card(page)).to_contain_text(reason)
    await button(card(page), "Use 1.5 GiB of Memory").click()

    number = card(page).get_by_role("spinbutton", name="Memory in GiB")
    await expect(number).to_have_value("1.5")
    await button(card(page), "Start Pytorch").click()
    await page.wait_for_url("**/hub/spawn/**")
    assert hub.spawner.starts[0][2] == {**OPTIONS, "memory": "1.5Gi"}


async def test_a_running_server_is_resized(hub, page):
    know(hub, None)
    await page.goto("/hub/spawn")
    await button(line(page), "Resize…").click()
    dialog = page.get_by_role("dialog", name=f"Resize {NAME}")
    await expect(dialog).to_contain_text("Kernels and terminals go on.")

    await dialog.get_by_role("slider", name="Memory").press("End")
    await dialog.get_by_role("button", name="Resize", exact=True).click()

    await expect(line(page)).to_contain_text("8 GiB memory")
    assert hub.spawner.resizes == [("ada", NAME, {"memory": "8Gi"}, 0)]


async def test_who_changes_nothing_asks_for_nothing(hub, page):
    know(hub, None)
    await page.goto("/hub/spawn")
    await button(line(page), "Resize…").click()

    dialog = page.get_by_role("dialog", name=f"Resize {NAME}")
    await dialog.get_by_role("button", name="Resize", exact=True).click()

    await expect(dialog).to_have_count(0)
    assert hub.spawner.resizes == []


async def test_a_resize_that_is_refused_says_why(hub, page):
    know(hub, None)
    hub.spawner.failure = NotResizedError("Its node has 1 GiB free.")
    await page.goto("/hub/spawn")
    await button(line(page), "Resize…").click()

    dialog = page.get_by_role("dialog", name=f"Resize {NAME}")
    await dialog.get_by_role("spinbutton", name="Memory in GiB").fill("6")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("alert")).to_have_text("Its node has 1 GiB free.")
    await expect(button(line(page), "Resize…")).to_be_enabled()
