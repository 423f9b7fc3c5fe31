"""How long starts usually take."""

import pytest

from mofang_spawner.start_history import KEPT, StartHistory


def history(*seconds):
    found = StartHistory()
    for each in seconds:
        found.add("pytorch", each)
    return found


@pytest.mark.parametrize("seconds", [(), (2.0,), (2.0, 3.0)])
def test_too_few_starts_are_not_usual(seconds):
    assert history(*seconds).usual("pytorch") is None


def test_median_and_the_slow_tenth():
    usual = history(*(float(each) for each in range(1, 12))).usual("pytorch")

    assert (usual.median, usual.p90, usual.count) == (6.0, 10.0, 11)


def test_environments_are_apart():
    assert history(1, 2, 3).usual("xgboost") is None


def test_the_newest_count():
    usual = history(*[100.0] * KEPT, *[1.0] * KEPT).usual("pytorch")

    assert (usual.median, usual.p90, usual.count) == (1.0, 1.0, KEPT)


def test_what_is_loaded_counts_and_is_not_kept_again():
    kept = []
    found = StartHistory()
    found.on_add = lambda environment, seconds: kept.append((environment, seconds))

    found.load([("pytorch", 1.0), ("pytorch", 2.0)])
    found.add("pytorch", 3.0)

    assert found.usual("pytorch").median == 2.0
    assert kept == [("pytorch", 3.0)]
