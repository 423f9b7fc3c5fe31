"""A server that its project's quota does not hold waits for one that ends."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

from mofang_kube.quantities import parse_quantity
from support.eventually import eventually
from support.hub import HubSession
from support.platform import Platform

NAMESPACE = "mofang-project-vision"
SERVER = "vision-base"
OPTIONS = {"project": "vision", "environment": "base", "cpu": "0.5"}
ASKED = Decimal("0.5")


def test_the_second_waits_until_the_first_is_stopped(
    platform: Platform, hub_of: Callable[[str], HubSession]
) -> None:
    ada, ben = hub_of("ada"), hub_of("ben")
    for each in (ada, ben):
        if each.server(SERVER):
            each.stop(SERVER)
    with room_for(platform, ASKED):
        ada.start(SERVER, OPTIONS)
        ada.wait_ready(SERVER)
        answer = ben.start(SERVER, OPTIONS)
        assert answer.status_code == 202, answer.text
        events: list[dict[str, object]] = []
        following = threading.Thread(
            target=lambda: events.extend(ben.follow_start(SERVER))
        )
        following.start()
        eventually(
            lambda: "Waiting in the queue of" in gallery(ben),
            within=60,
            what="ben waits in the queue",
        )

        ada.stop(SERVER)

        ben.wait_ready(SERVER)
        following.join(timeout=120)
    ben.stop(SERVER)

    queued = [each["message"] for each in events if each.get("queued")]
    assert queued, events
    assert "CPU, and this server asks for 0.5" in str(queued[0])
    assert events[-1].get("ready"), events


def gallery(session: HubSession) -> str:
    return session.http.get("/hub/spawn").text


@contextmanager
def room_for(platform: Platform, cpu: Decimal) -> Iterator[None]:
    """Leave the project so much CPU and hardly more, as long as it lasts."""
    usual = platform.get("project.mofang.dev", "vision")["spec"]["quota"]["cpu"]
    status = platform.get("resourcequota", "mofang", "-n", NAMESPACE)["status"]
    used = parse_quantity(status["used"]["requests.cpu"])
    limit = str(used + cpu + Decimal("0.25"))
    try:
        set_cpu(platform, limit)
        yield
    finally:
        set_cpu(platform, usual)


def set_cpu(platform: Platform, cpu: str) -> None:
    text = json.dumps({"spec": {"quota": {"cpu": cpu}}})
    platform.kubectl(
        "patch", "project.mofang.dev", "vision", "--type=merge", "-p", text
    )

    def is_set() -> bool:
        hard = platform.get("resourcequota", "mofang", "-n", NAMESPACE)["status"]
        found = hard["hard"]["requests.cpu"]
        return parse_quantity(found) == parse_quantity(cpu)

    eventually(is_set, within=60, what="the quota")
