"""A server that its project's quota does not hold waits for one that ends."""

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from mofang_kube.quantities import parse_quantity
from support.eventually import eventually
from support.own_hub import OwnHub, own_hub

FIRST, SECOND = "queue-first", "queue-second"
ENVIRONMENT = "base"
CPU = "0.5"


@pytest.mark.long
async def test_the_second_waits_until_the_first_is_stopped(tmp_path: Path) -> None:
    """Whoever waited while the hub was killed reads so, and queues again."""
    async with own_hub(tmp_path, users=(FIRST, SECOND)) as hub:
        await asyncio.to_thread(wait_in_turn, hub)


def wait_in_turn(hub: OwnHub) -> None:
    server = f"{hub.project}-{ENVIRONMENT}"
    options = {"project": hub.project, "environment": ENVIRONMENT, "cpu": CPU}
    set_quota(hub)
    with hub.session(FIRST) as first, hub.session(SECOND) as second:
        first.start(server, options)
        first.wait_ready(server)
        answer = second.start(server, options)
        assert answer.status_code == 202, answer.text
        wait_for_page(hub, "Waiting in the queue of A test, 1 of 1: A test uses 0.5 of")
        assert len(hub.objects().pods) == 1

        hub.kill()
        hub.start()
        hub.wait_up()

        wait_for_page(hub, "was waiting in the queue when the hub was restarted")
        second.start(server, options)
        events: list[dict[str, Any]] = []
        following = threading.Thread(
            target=lambda: events.extend(second.follow_start(server))
        )
        following.start()
        wait_for_page(hub, "Waiting in the queue of")
        first.stop(server)
        second.wait_ready(server)
        following.join(timeout=120)

    queued = [each["message"] for each in events if each.get("queued")]
    assert queued, events
    assert "CPU, and this server asks for 0.5" in queued[0]
    assert events[-1].get("ready"), events


def wait_for_page(hub: OwnHub, text: str) -> None:
    """Wait until the second one's gallery says something."""
    with hub.session(SECOND) as session:
        eventually(
            lambda: text in session.http.get("/hub/spawn").text,
            within=60,
            what=f"the gallery says: {text}",
        )


def set_quota(hub: OwnHub) -> None:
    """Let the project have room for one of the two, and for half of the other."""
    text = json.dumps({"spec": {"quota": {"cpu": "0.75"}}})
    hub.kubectl("patch", "project.mofang.dev", hub.project, "--type=merge", "-p", text)

    def is_set() -> bool:
        quota = hub.get("resourcequota", "mofang", "-n", hub.project_namespace)
        found = quota.get("status", {}).get("hard", {}).get("requests.cpu")
        return found is not None and parse_quantity(found) == parse_quantity("0.75")

    eventually(is_set, within=60, what="the quota")
