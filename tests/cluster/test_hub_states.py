"""A hub among people and faults, step by step: what holds at any time, and soon after.

A failure names the steps and the seed, which ``MOFANG_SEED`` repeats.
"""

import os
import secrets
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from support.hub_states import HubStates, hub_states


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> Iterator[type[HubStates]]:
    with hub_states(tmp_path_factory.mktemp("hub")) as found:
        yield found


def explore(states: type[HubStates], number: int, *, runs: int, steps: int) -> None:
    """Do so many steps in each of so many runs, and in the simplest beside each.

    Hypothesis repeats runs and compares what they draw. Real processes are not as quick
    the next time, which it calls flaky: that ends a search, and is no failure unless
    some run failed.
    """
    print(f"MOFANG_SEED={number}")
    chosen = settings(
        max_examples=2,
        stateful_step_count=steps,
        database=None,
        deadline=None,
        # Each step takes real time: a run that failed is told, not made shorter.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    states.steps.clear()
    for offset in range(runs):
        try:
            run_state_machine_as_test(seed(number + offset)(states), settings=chosen)
        except Flaky as flaky:
            for failure in states.failures:
                raise failure from flaky
    print(dict(states.steps))


def test_servers_stay_whole_among_faults(states: type[HubStates]) -> None:
    explore(states, 1, runs=3, steps=16)

    assert states.steps["start"], "somebody started a server"
    assert sum(states.steps.values()) >= 20


@pytest.mark.long
def test_servers_stay_whole_among_many_faults(states: type[HubStates]) -> None:
    number = int(os.environ.get("MOFANG_SEED") or secrets.randbelow(2**32))
    explore(states, number, runs=12, steps=40)

    assert states.steps.total() >= 300
    kinds = {"start", "stop", "kill", "kill at a write", "fail writes", "delete pod"}
    assert kinds | {"ask for another's"} <= states.steps.keys()
