"""The hub's page of jobs: a job is watched, read and cancelled while no server runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from support.hub import HubSession
from support.jobs import pytorch_image
from support.legible import broken_rules, faint, too_wide, unnamed
from support.platform import Platform

PHONE = {"width": 360, "height": 740}
SIZES = [
    pytest.param({"width": 1440, "height": 900}, id="desktop"),
    pytest.param(PHONE, id="phone"),
]
STARTED_MS = 120_000

COUNTING = "for i in $(seq 3000); do echo epoch $i; sleep 0.1; done"


@pytest.fixture
def job(
    platform: Platform, hub_of: Callable[[str], HubSession]
) -> Iterator[dict[str, Any]]:
    """A job of ada's that runs and writes; she has no server."""
    session = hub_of("ada")
    assert session.server("vision-pytorch") is None
    url = f"{platform.url}/services/training/api/projects/vision/jobs"
    options: dict[str, Any] = {
        "headers": {"Authorization": f"token {session.token}"},
        "timeout": 60,
        "trust_env": False,
    }
    spec = {
        "name": "counting",
        "framework": "pytorch",
        "image": pytorch_image(platform),
        "command": ["bash", "-c", COUNTING],
        "working_directory": "/home/jovyan",
        "replicas": 2,
        "resources": {"cpu": "0.1", "memory": "256Mi", "gpu": 0},
    }
    answer = httpx.post(url, json=spec, **options)
    assert answer.status_code == 201, answer.text
    found = dict(answer.json())
    yield found
    httpx.delete(f"{url}/{found['id']}", **options)


def log_in(page: Page) -> Page:
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Jobs", exact=True)).to_be_attached()
    return page


def check_appearance(page: Page, take: Callable[[Page, str], None], name: str) -> None:
    """Readable in both themes, named, and not wider than the window."""
    main = page.get_by_role("main")
    # Colours of another theme come at once.
    page.emulate_media(reduced_motion="reduce")
    for theme in ("dark", "light"):
        page.evaluate(
            "theme => document.documentElement.dataset.bsTheme = theme", theme
        )
        assert faint(main) == []
        assert broken_rules(page) == []
        take(page, f"{name}-{theme}")
    assert unnamed(main) == []
    assert too_wide(main) == []
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


def row_of(page: Page, job: dict[str, Any]) -> Locator:
    link = page.locator(f'a[href$="/{job["id"]}"]')
    return page.get_by_role("listitem").filter(has=link)


@pytest.mark.parametrize("size", SIZES)
def test_a_job_is_followed_and_cancelled_without_a_server(
    size: Any,
    job: dict[str, Any],
    page_of: Callable[[str], Page],
    screenshot: Callable[[Page, str], None],
) -> None:
    page = log_in(page_of("ada"))
    page.set_viewport_size(size)
    kind = "phone" if size == PHONE else "desktop"
    page.goto("/hub/jobs/vision?mine=")
    row = row_of(page, job)
    expect(row).to_contain_text("Running", timeout=STARTED_MS)
    expect(row).to_contain_text("pytorch · ada · 2 replicas · running for")
    check_appearance(page, screenshot, f"jobs-page-{kind}")

    row.get_by_role("link", name="counting").press("Enter")
    log = page.get_by_role("log")
    expect(log).to_contain_text(re.compile("epoch [0-9]+"))
    lines = log.locator(".mf-LogLine")
    before = lines.count()
    expect(lines.nth(before + 5)).to_be_attached()
    page.get_by_role("button", name="Log of worker-1").press("Enter")
    expect(page.get_by_label("Replica", exact=True)).to_have_value("worker-1")
    expect(page).to_have_url(re.compile(r"/hub/jobs/vision/[a-z0-9-]+\?replica="))
    expect(log).to_be_focused()
    expect(log).to_contain_text(re.compile("epoch [0-9]+"))
    page.get_by_label("Follow").uncheck()
    check_appearance(page, screenshot, f"job-page-{kind}")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == f"mofang-job-{job['id']}-worker-1.log"
    assert b"epoch 1\n" in download.value.path().read_bytes()

    page.get_by_role("button", name="Cancel job…").press("Enter")
    dialogue = page.get_by_role("dialog", name="Cancel “counting”?")
    # What does no harm has the focus, and Escape leaves everything as it is.
    expect(dialogue.get_by_role("button", name="Keep running")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialogue).to_be_hidden()
    page.get_by_role("button", name="Cancel job…").press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    state = page.locator("#mofang-job-state")
    expect(state).to_have_text("Cancelled", timeout=STARTED_MS)
    expect(page.locator("#mofang-news")).to_have_text("counting: Cancelled")
    expect(page.get_by_role("button", name="Delete job…")).to_be_visible()


def test_the_service_of_others_projects_stays_closed(
    job: dict[str, Any], page_of: Callable[[str], Page]
) -> None:
    """The hub asks in the person's own name, and in no other."""
    page = log_in(page_of("ada"))
    page.goto("/hub/jobs/speech")
    expect(page.get_by_role("alert")).to_contain_text("not a member of it")
    for project, status in (("vision", 200), ("speech", 404)):
        asked = page.request.get(f"/hub/jobs/{project}/mofang/training/api/jobs")
        assert asked.status == status, job["id"]
