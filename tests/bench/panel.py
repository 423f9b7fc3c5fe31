"""The side panel over a project with thousands of finished jobs, in Chromium."""

import asyncio
import datetime
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kubernetes_asyncio.client import ApiClient, CustomObjectsApi
from playwright.sync_api import Page

from bench import browser
from bench.many import together
from bench.table import Row
from bench.training import NAMESPACE, Training
from mofang_kube import clients
from support.eventually import eventually
from support.hub import HubSession
from support.jobs import api
from support.platform import Platform

SERVER = "vision-base"
_API = ("kubeflow.org", "v1", NAMESPACE, "pytorchjobs")

# The longest time between two frames while the list goes by.
SCROLL = """async list => {
  let worst = 0, last = await new Promise(requestAnimationFrame);
  for (let frame = 0; frame < 120; frame++) {
    list.scrollTop += 1500;
    const now = await new Promise(requestAnimationFrame);
    worst = Math.max(worst, now - last);
    last = now;
  }
  return worst;
}"""


@contextmanager
def finished(pattern: dict[str, Any], count: int) -> Iterator[str]:
    """As many jobs that ended well, and the id of one in the middle."""
    names = [f"bench-{secrets.token_hex(4)}" for _ in range(count)]
    try:
        asyncio.run(_create(pattern, names))
        yield names[count // 2]
    finally:
        asyncio.run(_delete())


async def _create(pattern: dict[str, Any], names: list[str]) -> None:
    old, now = str(pattern["metadata"]["name"]), datetime.datetime.now(datetime.UTC)
    ended = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    condition = {
        "type": "Succeeded",
        "status": "True",
        "reason": "PyTorchJobSucceeded",
        "message": "",
        "lastTransitionTime": ended,
        "lastUpdateTime": ended,
    }
    status = {
        "conditions": [condition],
        "startTime": ended,
        "completionTime": ended,
        "replicaStatuses": {"Worker": {"succeeded": 2}},
    }

    async with await clients.load() as client:
        objects = CustomObjectsApi(client)

        async def create(name: str) -> None:
            body = json.loads(json.dumps(pattern).replace(old, name))
            for key in ("uid", "resourceVersion", "creationTimestamp", "generation"):
                body["metadata"].pop(key, None)
            body.pop("status", None)
            body["spec"]["runPolicy"]["suspend"] = True
            # Nobody's queue and no gang: they have ended.
            made = await objects.create_namespaced_custom_object(*_API, body)
            made["status"] = status
            await _set_status(client, made)

        await together(create, names)


async def _set_status(client: ApiClient, made: dict[str, Any]) -> None:
    name = made["metadata"]["name"]
    patch = [{"op": "add", "path": "/status", "value": made["status"]}]
    await CustomObjectsApi(client).patch_namespaced_custom_object_status(
        *_API, name, patch, _content_type="application/json-patch+json"
    )


async def _delete() -> None:
    async with await clients.load() as client:
        await CustomObjectsApi(client).delete_collection_namespaced_custom_object(*_API)


def _open(page: Page, lab: str) -> float:
    """Milliseconds from the click to the first rows."""
    page.goto(f"{lab}workspaces/bench-{secrets.token_hex(3)}")
    tab = page.get_by_role("tab", name="Training jobs")
    tab.wait_for(timeout=60_000)
    page.wait_for_timeout(3000)
    began = time.monotonic()
    tab.click()
    browser.wait_visible(page, ".mf-JobList li")
    return (time.monotonic() - began) * 1000


def _search(page: Page, name: str) -> float:
    """Milliseconds from the last key to a list of the one job."""
    field = page.get_by_label("Search jobs by name or id")
    field.fill(name[:-1])
    page.get_by_text("1 job", exact=True).wait_for()
    page.wait_for_timeout(1000)
    field.fill("")
    page.get_by_text("1 job", exact=True).wait_for(state="hidden")
    began = time.monotonic()
    field.fill(name)
    browser.wait_visible(page, ".mf-Count [role=status]", "1 job")
    took = (time.monotonic() - began) * 1000
    field.fill("")
    page.get_by_text("1 job", exact=True).wait_for(state="hidden")
    return took


def rows(
    platform: Platform, session: HubSession, runs: Training, rounds: int, count: int
) -> list[Row]:
    """Until one sees, finds and scrolls them."""
    opens, finds, frames = [], [], []
    with finished(runs.pattern, count) as name, browser.logged_in(platform) as page:

        def are_listed() -> bool:
            query = {"limit": 1, "state": "Succeeded"}
            listed = api(session, SERVER, "GET", "jobs", params=query).json()
            return bool(listed["total"] >= count)

        eventually(are_listed, within=120, what="all are listed", every=1)
        for _ in range(rounds):
            opens.append(_open(page, f"{session.server_url(SERVER)}lab/"))
            finds.append(_search(page, name))
            frames.append(page.locator(".mf-PanelList").evaluate(SCROLL))
    many = f"panel with {count:,} finished jobs"
    return [
        Row(name=f"{many}: click → rows", unit="ms", ours=opens),
        Row(name=f"{many}: key → found", unit="ms", ours=finds),
        Row(name=f"{many}: longest frame scrolling", unit="ms", ours=frames),
    ]
