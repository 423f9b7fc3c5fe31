"""A server that was started ahead, on real nodes: it is used at once, or gives way."""

import asyncio
from pathlib import Path

from mofang_kube.names import STARTED_AHEAD_LABEL, UNUSED
from support.ahead import USER, Ahead, ahead_hub
from support.eventually import eventually


def label(hub: Ahead) -> str:
    (pod,) = hub.pods()
    return str(pod["metadata"]["labels"].get(STARTED_AHEAD_LABEL))


def use(hub: Ahead) -> None:
    """Unused it is nobody's, also for a hub that is started anew; a click opens it."""
    session = hub.session
    assert hub.start_ahead() == hub.server
    assert hub.start_ahead() is None, "one is enough"
    hub.wait_answer()
    assert session.server(hub.server) is None
    assert label(hub) == UNUSED

    hub.hub.kill()
    hub.hub.start()
    hub.hub.wait_up()
    assert session.server(hub.server) is None
    (before,) = hub.pods()
    answer = hub.press_start()

    assert f"/user/{USER}/{hub.server}" in answer.headers["Location"]
    hub.wait_answer()
    model = session.server(hub.server)
    assert model is not None
    assert model["ready"]
    (pod,) = hub.pods()
    assert pod["metadata"]["uid"] == before["metadata"]["uid"]
    eventually(lambda: label(hub).isdecimal(), within=60, what="the pod is in use")
    session.stop(hub.server)


def give_way(hub: Ahead) -> None:
    """A start that the quota has no room for gets that of what nobody uses."""
    assert hub.start_ahead() == hub.server
    hub.wait_answer()
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "one-pod", "namespace": hub.hub.project_namespace},
        "spec": {"hard": {"pods": "1"}},
    }
    hub.hub.apply(quota)
    place = ("resourcequota", "one-pod", "-n", hub.hub.project_namespace)

    def is_counted() -> bool:
        used = hub.hub.get(*place).get("status", {}).get("used", {})
        return bool(used.get("pods") == "1")

    eventually(is_counted, within=60, what="the quota is used up")
    (before,) = hub.pods()
    another = f"{hub.hub.project}-xgboost"
    options = {**hub.options, "environment": "xgboost"}

    answer = hub.session.start(another, options)

    assert answer.status_code in {201, 202}, answer.text
    hub.session.wait_ready(another)
    (pod,) = hub.pods()
    assert pod["metadata"]["uid"] != before["metadata"]["uid"]
    hub.session.stop(another)


async def test_a_server_that_was_started_ahead_is_used_or_gives_way(
    tmp_path: Path,
) -> None:
    async with ahead_hub(tmp_path) as hub:
        await asyncio.to_thread(use, hub)
        await asyncio.to_thread(give_way, hub)
