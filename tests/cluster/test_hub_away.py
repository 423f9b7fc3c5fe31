"""The hub's connection to the API server goes away for minutes and comes back."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from mofang_kube.names import server_name
from support.api_proxy import ApiRequest
from support.hub import HubSession
from support.hub_kills import Case, Killer, requests_to
from support.own_hub import OwnHub, own_hub

pytestmark = pytest.mark.long

AWAY_SECONDS = 600
CONVERGED_SECONDS = 15


@contextmanager
def api_server_away(hub: OwnHub) -> Iterator[None]:
    """End all the hub's connections to the API server, and answer no other."""
    before = hub.proxy.before

    async def refuse(_: ApiRequest) -> None:
        raise ConnectionError

    hub.proxy.before = refuse
    hub.proxy.cut()
    try:
        yield
    finally:
        hub.proxy.before = before


async def delete_pod(case: Case) -> None:
    """Remove a server's pod, as one goes whose machine is lost."""
    path = f"/api/v1/namespaces/{case.hub.project_namespace}/pods/{case.pod}"
    answer = await asyncio.to_thread(case.hub.api.delete, path)
    assert answer.status_code == 200, answer.text


def start_another(session: HubSession, project: str) -> httpx.Response:
    choice = {"project": project, "environment": "pytorch"}
    return session.start(server_name(project, "pytorch"), choice)


async def test_a_hub_outlives_minutes_without_the_api_server(tmp_path: Path) -> None:
    """Running servers answer all the while; what went meanwhile is known soon after."""
    async with own_hub(tmp_path, users=("ann", "bob")) as hub:
        killer = Killer(hub)
        ann = await asyncio.to_thread(hub.session, "ann")
        bob = await asyncio.to_thread(hub.session, "bob")
        with ann, bob:
            anns = Case(hub=hub, session=ann, killer=killer)
            bobs = Case(hub=hub, session=bob, killer=killer)
            for case in (anns, bobs):
                await case.prepare("stop")
            async with requests_to(bob, bobs.server) as answers:
                with api_server_away(hub):
                    refused = await asyncio.to_thread(start_another, bob, hub.project)
                    assert refused.status_code in {502, 503, 504}, refused.text
                    assert "try again" in refused.json()["message"].lower()
                    await delete_pod(anns)
                    await asyncio.sleep(AWAY_SECONDS)
                    assert not hub.is_dead
                    seen = await asyncio.to_thread(bob.server, bobs.server)
                    assert seen is not None
                    assert seen["ready"]
                for case in (anns, bobs):
                    await case.leave(within=CONVERGED_SECONDS)
                assert await asyncio.to_thread(ann.server, anns.server) is None
                await anns.use_again()
            asked = answers()
        assert Counter(asked) == {200: len(asked)}
        assert len(asked) > AWAY_SECONDS, "somebody asked all the while"
