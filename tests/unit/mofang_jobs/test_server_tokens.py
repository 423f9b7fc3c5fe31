"""A server's token is good for the project of the server; a person's own for all."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from unit.mofang_jobs.world import IMAGE, SCOPES, World, running_world

from mofang_jobs.adapters.hub_identity import HubIdentity
from mofang_jobs.domain.errors import HubUnavailableError

SPEECH = {"speech-base": {"user_options": {"project": "speech"}}}
VISION = {"vision-base": {"user_options": {"project": "vision"}}}
WIDE = ["access:servers!user=ada"]


def bound_to(*servers: str) -> list[str]:
    return [f"access:servers!server=ada/{name}" for name in servers]


READS = "read:servers!server=ada/vision-base"


async def projects(answer: dict[str, Any]) -> frozenset[str] | None:
    body = {"kind": "user", "name": "ada", **answer}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
    async with httpx.AsyncClient(transport=transport) as http:
        caller = await HubIdentity(http, "http://hub/hub/api").identify("token x")
    return caller.projects


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param({"scopes": []}, None, id="a token of few scopes"),
        pytest.param(
            {"scopes": WIDE, "servers": VISION}, None, id="a person's own token"
        ),
        pytest.param(
            {"scopes": [*bound_to("vision-base"), *WIDE], "servers": VISION},
            None,
            id="one for all servers",
        ),
        pytest.param(
            {"scopes": bound_to("vision-base"), "servers": VISION},
            {"vision"},
            id="a server's",
        ),
        pytest.param(
            {"scopes": bound_to("vision-base"), "servers": VISION | SPEECH},
            {"vision"},
            id="not by other servers",
        ),
        pytest.param({"scopes": bound_to("vision-base")}, set(), id="server untold"),
        pytest.param(
            {
                "scopes": bound_to("vision-base"),
                "servers": {"vision-base": {"user_options": None}},
            },
            set(),
            id="server without options",
        ),
        pytest.param(
            {
                "scopes": bound_to("vision-base"),
                "servers": {"vision-base": {"user_options": {"project": 7}}},
            },
            set(),
            id="a project that is no name",
        ),
    ],
)
async def test_what_a_token_is_good_for(
    answer: dict[str, Any], expected: set[str] | None
) -> None:
    assert await projects(answer) == expected


async def test_a_hub_that_has_not_looked_after_its_servers_yet_is_asked_again() -> None:
    """Right after its start: a refusal would cut streams that are in order."""
    scopes = [*bound_to("vision-base"), READS]
    with pytest.raises(HubUnavailableError, match="Try again in a moment"):
        await projects({"scopes": scopes, "servers": {}})

    assert await projects({"scopes": scopes, "servers": VISION}) == {"vision"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as running:
        yield running


@pytest.mark.parametrize(
    ("verb", "path", "body"),
    [
        ("GET", "", None),
        ("GET", "watch", None),
        ("POST", "", {"name": "x", "image": IMAGE, "script": "train.py"}),
        ("GET", "train-abc123", None),
        ("POST", "train-abc123/cancel", None),
        ("DELETE", "train-abc123", None),
    ],
)
async def test_that_of_another_project_s_server_is_refused(
    world: World, verb: str, path: str, body: Any
) -> None:
    world.hub.servers = SPEECH
    world.hub.scopes = [*SCOPES, *bound_to("speech-base")]

    answer = await world.call(verb, path, json=body)

    assert answer.status_code == 403, answer.text
    assert "Use a server of vision, or a token of your own" in answer.json()["message"]
    assert not world.cluster.jobs


async def test_that_of_the_project_s_own_server_is_taken(world: World) -> None:
    world.hub.servers = VISION
    world.hub.scopes = [*SCOPES, *bound_to("vision-base")]

    assert await world.submit()
