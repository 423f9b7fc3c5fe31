"""What earlier starts suggest for the next one."""

from decimal import Decimal

import pytest
from unit.mofang_spawner.conftest import an_environment

from mofang_hub.sizing.correction import SizeCorrector
from mofang_hub.sizing.recommender import StartPeaks, suggest
from mofang_hub.sizing.settings import SizingSettings
from mofang_spawner.options import ServerOptions

GIB = 1024**3
SETTINGS = SizingSettings()


def peaks(*gib, cpu=0.4, limit=8):
    return [
        StartPeaks(
            memory_bytes=int(each * GIB),
            cpu_cores=cpu,
            memory_limit_bytes=limit * GIB,
        )
        for each in gib
    ]


def test_the_highest_peak_counts_with_a_margin():
    found = suggest(peaks(1.3, 1.3, 1.3), SETTINGS)

    # 1.3 GiB and 10 % are 1.43.
    assert found.memory_gib == Decimal("1.5")
    assert found.cpu_cores == Decimal("0.5")
    assert found.starts == 3
    assert found.peak_memory_bytes == int(1.3 * GIB)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_starts_suggest_nothing(count):
    assert suggest(peaks(*[1.3] * count), SETTINGS) is None


def test_only_the_newest_starts_count():
    """What somebody needed once, long ago, is not kept for ever."""
    found = suggest(peaks(*[1] * 12, 7), SETTINGS)

    assert found.memory_gib == Decimal("1.25")
    assert found.starts == 12


def test_peaks_that_differ_get_more_room():
    steady, varied = (
        suggest(peaks(2, 2, 2), SETTINGS),
        suggest(peaks(2, 1, 1.5), SETTINGS),
    )

    assert varied.memory_gib > steady.memory_gib


def test_a_start_that_came_to_its_limit_might_have_used_more():
    found = suggest(peaks(2, 2, 2, limit=2), SETTINGS)

    assert found.memory_gib > Decimal(2) * Decimal("1.2")


def test_nothing_used_suggests_a_little():
    found = suggest(peaks(0, 0, 0, cpu=0), SETTINGS)

    assert (found.memory_gib, found.cpu_cores) == (Decimal("0.25"), Decimal("0.25"))


# -- corrected starts

ENVIRONMENT = an_environment()
"""From 0.25 to 2 CPU, 0.5 as a rule; from 1 to 8 GiB, 2 as a rule."""


def corrected(found, **asked):
    correct = SizeCorrector(lambda user, environment: found)
    options = ServerOptions(project="vision", environment="pytorch", **asked)
    return correct(options, ENVIRONMENT, "ada")


def test_who_asks_for_far_more_gets_what_is_suggested_and_is_told_why():
    options, reason = corrected(suggest(peaks(1.3, 1.3, 1.3), SETTINGS), memory="8Gi")

    assert options.memory == "1536Mi"
    assert options.cpu is None
    assert reason == (
        "The server gets 1.5 GiB of memory (the peak was 1.3 GiB), as your last 3 "
        "starts of Pytorch suggest. It can get more while it runs."
    )


def test_cpu_is_corrected_likewise():
    options, reason = corrected(suggest(peaks(1.7, 1.7, 1.7), SETTINGS), cpu="2")

    assert (options.cpu, options.memory) == ("0.5", None)
    assert "0.5 CPU" in reason


@pytest.mark.parametrize(
    ("found", "asked"),
    [
        pytest.param(None, {"memory": "8Gi"}, id="no history"),
        pytest.param(
            suggest(peaks(5, 5, 5), SETTINGS), {"memory": "2Gi"}, id="asks for less"
        ),
        pytest.param(
            suggest(peaks(1.3, 1.3, 1.3), SETTINGS), {"memory": "1.8Gi"}, id="nearly"
        ),
        pytest.param(
            suggest(peaks(0.1, 0.1, 0.1, cpu=0), SETTINGS),
            {"memory": "1Gi", "cpu": "0.25"},
            id="the least there is",
        ),
    ],
)
def test_what_is_not_far_off_stays(found, asked):
    options, reason = corrected(found, **asked)

    assert reason == ""
    assert options.memory == asked.get("memory")


def test_nobody_gets_less_than_the_environments_least():
    found = suggest(peaks(0.1, 0.1, 0.1, cpu=0), SETTINGS)

    options, _ = corrected(found, memory="8Gi", cpu="2")

    assert (options.memory, options.cpu) == ("1024Mi", "0.25")
