"""Intervals are cut without losing or doubling a second."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.hub_usage.allocations import an_interval

from mofang_hub.usage.intervals import DAY, HOUR

times = st.integers(min_value=0, max_value=60 * DAY)


@given(times, times, st.sampled_from([HOUR, DAY]))
def test_parts_are_the_whole(one, other, seconds):
    whole = an_interval(min(one, other), max(one, other))

    parts = list(whole.split(seconds))

    assert parts[0].started == whole.started
    assert parts[-1].ended == whole.ended
    assert all(a.ended == b.started for a, b in pairwise(parts))
    assert all(a.ended % seconds == 0 for a in parts[:-1])
    assert all(
        a.started // seconds == (a.ended - 1) // seconds for a in parts if a.seconds
    )


@given(times, times, times, times)
def test_what_is_cut_off_is_outside(one, other, first, last):
    whole = an_interval(min(one, other), max(one, other))
    start, end = min(first, last), max(first, last)

    inside = whole.clip(start, end)

    common = max(0, min(whole.ended, end) - max(whole.started, start))
    assert (inside.seconds if inside else 0) == common


@given(times, times)
def test_days_of_two_months_share_no_second(one, other):
    whole = an_interval(min(one, other), max(one, other))
    border = 31 * DAY

    months = [whole.clip(0, border), whole.clip(border, 61 * DAY)]

    assert sum(each.seconds for each in months if each) == whole.seconds


def test_an_interval_does_not_end_before_it_starts():
    with pytest.raises(ValueError, match="before"):
        an_interval(10, 9)
