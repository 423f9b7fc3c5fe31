"""Suggestions on a generated trace: how much is reserved in vain, how many starts die.

Sources. Slack of limits that people choose by hand, 46 %, and with Autopilot, 23 %:
Rzadca and others, "Autopilot: workload autoscaling at Google", EuroSys 2020. From them
come what people ask for here, and the goal of 25 %. Peaks of different people are
lognormal, and so are those of one person's starts around their own, as is usual for the
memory of programs. How much the starts of one person differ is not taken from a source:
the test says up to where the goal holds, and what becomes of it beyond.

Nobody can do better than a limit at the quantile of 99.9 % of a known lognormal, which
wastes 1 - exp(-3.1 s) of itself: 25 % are reached up to s = 0.09 at the most.
"""

import random
from statistics import mean

import pytest

from mofang_hub.sizing.recommender import StartPeaks, suggest
from mofang_hub.sizing.settings import SizingSettings

GIB = 1024**3
PEOPLE, STARTS = 250, 40
BY_HAND = 0.46
"""Of what is asked for, in vain."""


def replay(spread, seed):
    """Return slack by hand, slack as suggested, and the share of starts that die."""
    chance = random.Random(seed)
    by_hand, suggested, died = [], [], 0
    for _ in range(PEOPLE):
        usual = chance.lognormvariate(1.4, 0.7)
        asked = usual / (1 - BY_HAND)
        window = []
        for _ in range(STARTS):
            peak = usual * chance.lognormvariate(0, spread)
            found = suggest(window, SizingSettings())
            limit = float(found.memory_gib) if found else asked
            by_hand.append(1 - peak / asked)
            if peak > limit:
                died += found is not None
                peak = limit
            if found:
                suggested.append(1 - peak / limit)
            start = StartPeaks(
                memory_bytes=int(peak * GIB),
                cpu_cores=1,
                memory_limit_bytes=int(limit * GIB),
            )
            window.insert(0, start)
    return mean(by_hand), mean(suggested), died / len(suggested)


@pytest.mark.parametrize("spread", [0.01, 0.03, 0.05])
def test_a_quarter_is_in_vain_and_one_start_in_a_thousand_dies_at_the_most(spread):
    by_hand, slack, died = replay(spread, seed=7)

    assert by_hand == pytest.approx(BY_HAND, abs=0.02)
    assert slack <= 0.25
    assert died <= 0.001


@pytest.mark.parametrize("spread", [0.1, 0.2])
def test_starts_that_differ_more_waste_less_than_by_hand_and_die_seldom(spread):
    """What is missing then is given while they run."""
    by_hand, slack, died = replay(spread, seed=7)

    assert slack < by_hand
    assert died <= 0.01
