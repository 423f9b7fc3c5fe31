"""No gang ever holds machines while part of it waits, whatever the order of things.

MOFANG_GANG_SEED repeats a run.
"""

import os
import secrets

import pytest

from support import gangs
from support.gang_trials import run_trials

COUNTS = [
    pytest.param(50, id="50"),
    pytest.param(1000, id="1000", marks=pytest.mark.long),
]
SEED = int(os.environ.get("MOFANG_GANG_SEED") or secrets.randbelow(10**9))
AT_ONCE = 8
WITHOUT = 16


@pytest.mark.parametrize("count", COUNTS)
async def test_no_gang_is_ever_placed_in_part(count):
    async with gangs.api_server() as http:
        tally = await run_trials(
            http, count=count, at_once=AT_ONCE, seed=SEED, is_project=True
        )
    print(f"{tally}; seed {SEED}")

    assert tally.trials == count
    assert not tally.partial, f"seed {SEED}"
    assert not tally.lost, f"seed {SEED}"
    assert not tally.undecided, f"seed {SEED}"
    # There was something to decide: in most trials some were placed and some not.
    assert tally.contested > count / 2, tally


async def test_without_groups_the_same_trials_place_gangs_in_part():
    """The trials above could fail."""
    async with gangs.api_server() as http:
        tally = await run_trials(
            http, count=WITHOUT, at_once=AT_ONCE, seed=SEED, is_project=False
        )
    print(f"{tally}; seed {SEED}")

    assert tally.trials == WITHOUT
    assert len(tally.partial) > WITHOUT / 2, tally
