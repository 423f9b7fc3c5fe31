"""The hub killed at each of its writes: nothing is left, and nobody else notices."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from support.hub_kills import Action, Case, Killer, Moment, requests_to
from support.own_hub import own_hub

pytestmark = pytest.mark.asyncio(loop_scope="module")

WRITES = {
    "start": [
        "POST pods",
        "POST secrets",
        "POST services",
        "PATCH pods",
        "PATCH virtualservices",
    ],
    "stop": ["DELETE virtualservices", "DELETE pods"],
    "delete": ["DELETE virtualservices", "DELETE pods"],
}
"""In their order; those of Secret and Service go at the same time."""

MOMENTS: tuple[Moment, ...] = ("before", "after")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def case(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Case]:
    """Ann's server, beside Bob's that answers all the while."""
    folder = tmp_path_factory.mktemp("hub")
    async with own_hub(folder, users=("ann", "bob")) as hub:
        killer = Killer(hub)
        ann = await asyncio.to_thread(hub.session, "ann")
        bob = await asyncio.to_thread(hub.session, "bob")
        with ann, bob:
            bobs = Case(hub=hub, session=bob, killer=killer)
            await bobs.prepare("stop")
            async with requests_to(bob, bobs.server) as answers:
                yield Case(hub=hub, session=ann, killer=killer)
            asked = answers()
            assert Counter(asked) == {200: len(asked)}
            assert len(asked) > 10, "somebody asked all the while"


@pytest.mark.parametrize("action", WRITES)
async def test_these_are_the_writes(case: Case, action: Action) -> None:
    assert Counter(await case.record(action)) == Counter(WRITES[action])


@pytest.mark.parametrize("number", [2, 3])
async def test_a_start_that_was_cut_off_leaves_nothing(case: Case, number: int) -> None:
    await case.kill_at("start", number, "after")
    await case.leave()


async def test_a_start_cut_off_before_its_route_is_finished(case: Case) -> None:
    """The user gets what was asked for: all but the route was there."""
    await case.kill_at("start", 4, "before")
    await case.leave()
    await case.use_again()


@pytest.mark.long
@pytest.mark.parametrize("use", ["at once", "later"])
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(
    ("action", "number"),
    [
        pytest.param(action, number, id=f"{action} {number} {write}")
        for action, writes in WRITES.items()
        for number, write in enumerate(writes)
    ],
)
async def test_a_hub_killed_at_any_write(
    case: Case, action: Action, number: int, moment: Moment, use: str
) -> None:
    await case.kill_at(action, number, moment)
    if use == "later":
        await case.leave()
    await case.use_again()
