"""An environment whose image is not there yet: shown, refused, and then offered."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import pytest
from playwright.sync_api import Page, expect

from support.eventually import eventually
from support.hub import HubSession
from support.platform import Platform

NAME = "not-there-yet"
SERVER = f"vision-{NAME}"
IMAGE = f"registry.invalid/mofang/{NAME}:1"
BUILDING = "The image is being built: 3 of 9 are ready, about 8 minutes left."
LATER = "The image is being built: 4 of 9 are ready, about 6 minutes left."
REFRESH_MS = 60_000
"""The gallery asks every few seconds; the machine may be busy."""


def set_available(platform: Platform, status: str, reason: str, message: str) -> None:
    """Do as whoever provides images does."""
    condition = {
        "type": "ImageAvailable",
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    patch = json.dumps({"status": {"conditions": [condition]}})
    arguments = ("--subresource=status", "--type=merge", "-p", patch)
    platform.kubectl("patch", "environment.mofang.dev", NAME, *arguments)


@pytest.fixture
def environment(platform: Platform) -> Iterator[None]:
    """An environment whose image is being built."""
    platform.apply(
        {
            "apiVersion": "mofang.dev/v1alpha1",
            "kind": "Environment",
            "metadata": {"name": NAME},
            "spec": {
                "displayName": "Not there yet",
                "image": IMAGE,
                "frameworks": ["single"],
                "access": {"everyone": True},
                "resources": {
                    "cpu": {"default": "0.1"},
                    "memory": {"default": "256Mi"},
                },
            },
        }
    )
    set_available(platform, "False", "Building", BUILDING)
    yield
    platform.kubectl("delete", "environment.mofang.dev", NAME)


def submit(session: HubSession) -> httpx.Response:
    """Send a job of that image to the training service, as a laptop does."""
    return httpx.post(
        f"{session.platform.url}/services/training/api/projects/vision/jobs",
        headers={"Authorization": f"token {session.token}"},
        json={
            "name": NAME,
            "framework": "single",
            "image": IMAGE,
            "command": ["true"],
        },
        timeout=60,
        trust_env=False,
    )


def open_gallery(page: Page) -> None:
    page.get_by_role("button", name=re.compile("sign in|log in", re.IGNORECASE)).click()
    page.get_by_role("radio", name=re.compile("^Vision")).check()


@pytest.mark.usefixtures("environment")
def test_a_card_says_what_it_waits_for_and_can_be_started_once_it_is_there(
    platform: Platform,
    page_of: Callable[[str], Page],
    screenshot: Callable[[Page, str], None],
) -> None:
    page = page_of("ada")
    open_gallery(page)
    card = page.get_by_role("form", name="Not there yet")
    start = card.get_by_role("button", name="Start Not there yet")
    expect(card.get_by_text("Preparing")).to_be_visible()
    expect(start).to_be_disabled()
    expect(start).to_have_accessible_description(BUILDING)
    page.evaluate("window.notReloaded = true")
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    screenshot(page, "environment-preparing-dark")
    page.evaluate("document.documentElement.dataset.bsTheme = 'light'")
    screenshot(page, "environment-preparing")

    set_available(platform, "False", "Building", LATER)
    expect(card.get_by_text(LATER)).to_be_visible(timeout=REFRESH_MS)
    expect(start).to_be_disabled()

    set_available(platform, "True", "Available", "The image is there.")
    expect(start).to_be_enabled(timeout=REFRESH_MS)
    expect(card.get_by_text("Preparing")).to_have_count(0)
    expect(page.get_by_role("status")).to_have_text("Not there yet is available.")
    assert page.evaluate("window.notReloaded"), "the page was loaded again"


@pytest.mark.usefixtures("environment")
def test_a_start_is_refused_with_the_reason(
    platform: Platform, hub_of: Callable[[str], HubSession]
) -> None:
    session = hub_of("ada")
    eventually(
        lambda: BUILDING in session.http.get("/hub/spawn").text,
        within=60,
        what="the hub knows of the environment",
    )

    answer = session.start(SERVER, {"project": "vision", "environment": NAME})

    assert answer.status_code == 422
    assert answer.json()["message"].startswith("Not there yet cannot be started yet.")
    assert not session.server(SERVER)
    pods = platform.get("pods", "-A", "-l", f"mofang.dev/environment={NAME}")
    assert pods["items"] == []


@pytest.mark.usefixtures("environment")
def test_a_job_is_refused_with_the_reason(
    platform: Platform, hub_of: Callable[[str], HubSession]
) -> None:
    session = hub_of("ada")

    def refused() -> httpx.Response | None:
        answer = submit(session)
        return answer if BUILDING in answer.text else None

    answer = eventually(refused, within=60, what="the job is refused")

    assert answer.status_code == 422
    assert list(answer.json()["fields"]) == ["image"]
    assert "Submit the job again when it is" in answer.json()["message"]


@pytest.mark.usefixtures("environment")
def test_a_build_that_failed_is_no_longer_called_preparing(
    platform: Platform, page_of: Callable[[str], Page]
) -> None:
    failed = "It could not be built. An administrator can run `make up` again."
    set_available(platform, "False", "BuildFailed", failed)

    page = page_of("ada")
    open_gallery(page)

    card = page.get_by_role("form", name="Not there yet")
    expect(card.get_by_text("Not available")).to_be_visible(timeout=REFRESH_MS)
    expect(card.get_by_text(failed)).to_be_visible()
    expect(card.get_by_role("button", name="Start Not there yet")).to_be_disabled()
