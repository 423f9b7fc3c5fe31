"""TensorBoard on a job's output: in one click, behind the server's authorisation."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from unit.mofang_tensorboard.conftest import write_run

from support.eventually import eventually
from support.hub import HubSession
from support.platform import Platform

SERVER = "vision-base"
RUNS = "tensorboard-runs"


@pytest.fixture
def runs(platform: Platform) -> Path:
    """Curves of two runs, as jobs leave them in the project's directory."""
    folder = platform.storage / "projects" / "vision" / RUNS
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("small", "large"):
        write_run(folder / name, tag=f"loss/{name}")
    return folder


def open_lab(page: Page, session: HubSession, path: str) -> None:
    """Log in and open the server's JupyterLab with the file browser at a path."""
    if not session.server(SERVER):
        session.start(SERVER, {"project": "vision", "environment": "base"})
    session.wait_ready(SERVER)
    page.get_by_role("button", name=re.compile("sign in|log in", re.IGNORECASE)).click()
    expect(
        page.get_by_role("button", name=re.compile("^(Start|Open) ")).first
    ).to_be_visible()
    page.goto(f"{session.server_url(SERVER)}lab/tree/{path}?reset")
    expect(page.locator("#jp-main-dock-panel")).to_be_visible()


def test_curves_are_one_click_away_and_come_back_after_a_reload(
    platform: Platform,
    runs: Path,
    page_of: Callable[[str], Page],
    hub_of: Callable[[str], HubSession],
    screenshot: Callable[[Page, str], None],
) -> None:
    page, session = page_of("ada"), hub_of("ada")
    open_lab(page, session, f"projects/vision/{RUNS}")

    item = page.get_by_role("listitem", name=re.compile("^Name: small"))
    item.click(button="right")
    page.get_by_role("menuitem", name="Open TensorBoard here").click()
    board = page.frame_locator('iframe[title="TensorBoard · small"]')
    expect(board.get_by_text("loss/small").first).to_be_visible(timeout=60_000)
    screenshot(page, "tensorboard-1-open")

    page.reload()
    expect(board.get_by_text("loss/small").first).to_be_visible(timeout=60_000)

    page.get_by_role("button", name="Stop TensorBoard").click()
    expect(page.get_by_text("TensorBoard is stopped.")).to_be_visible()
    page.get_by_role("button", name="Start again").click()
    expect(board.get_by_text("loss/small").first).to_be_visible(timeout=60_000)
    screenshot(page, "tensorboard-2-again")


def test_curves_appear_with_the_first_output_of_a_job(
    platform: Platform,
    runs: Path,
    page_of: Callable[[str], Page],
    hub_of: Callable[[str], HubSession],
) -> None:
    """Nobody needs to reload a page that was opened too early."""
    page, session = page_of("ada"), hub_of("ada")
    (runs / "young").mkdir()
    open_lab(page, session, f"projects/vision/{RUNS}")
    page.get_by_role("listitem", name=re.compile("^Name: young")).click(button="right")
    page.get_by_role("menuitem", name="Open TensorBoard here").click()
    board = page.frame_locator('iframe[title="TensorBoard · young"]')
    expect(board.get_by_text("No dashboards are active")).to_be_visible(timeout=60_000)

    write_run(runs / "young", tag="loss/young")

    expect(board.get_by_text("loss/young").first).to_be_visible(timeout=60_000)


def test_nobody_else_reaches_a_persons_tensorboard(
    platform: Platform,
    runs: Path,
    page_of: Callable[[str], Page],
    hub_of: Callable[[str], HubSession],
) -> None:
    """Not even another member of the project who knows its address."""
    page, ada, ben = page_of("ada"), hub_of("ada"), hub_of("ben")
    open_lab(page, ada, f"projects/vision/{RUNS}")
    page.get_by_role("listitem", name=re.compile("^Name: large")).click(button="right")
    page.get_by_role("menuitem", name="Open TensorBoard here").click()
    frame = page.locator('iframe[title="TensorBoard · large"]')
    expect(frame).to_be_visible(timeout=60_000)
    address = (frame.get_attribute("src") or "").split("?")[0]

    own = page.request.get(f"{address}data/runs")
    assert own.status == 200

    def is_read() -> bool:
        return list(page.request.get(f"{address}data/runs").json()) == ["."]

    eventually(is_read, within=30, what="the run is read")
    assert ben.http.get(f"{address}data/runs").status_code in (403, 404)
    stranger = page_of("ben")
    answer = stranger.request.get(f"{address}data/runs")
    assert answer.status in (200, 403)
    assert "sign in" in answer.text().lower() or answer.status == 403


def test_a_directory_that_is_gone_is_told_and_can_be_tried_again(
    platform: Platform,
    runs: Path,
    page_of: Callable[[str], Page],
    hub_of: Callable[[str], HubSession],
    screenshot: Callable[[Page, str], None],
) -> None:
    page, session = page_of("ada"), hub_of("ada")
    open_lab(page, session, f"projects/vision/{RUNS}")
    away = runs.with_name(f"{RUNS}-away")
    shutil.rmtree(away, ignore_errors=True)
    item = page.get_by_role("listitem", name=re.compile("^Name: small"))
    expect(item).to_be_visible()
    runs.rename(away)

    item.click(button="right")
    page.get_by_role("menuitem", name="Open TensorBoard here").click()
    said = f"There is no directory /projects/vision/{RUNS}/small."
    expect(page.get_by_role("alert").filter(has_text=said)).to_be_visible()
    screenshot(page, "tensorboard-3-gone")

    away.rename(runs)
    page.get_by_role("button", name="Try again").click()
    board = page.frame_locator('iframe[title="TensorBoard · small"]')
    expect(board.get_by_text("loss/small").first).to_be_visible(timeout=60_000)
