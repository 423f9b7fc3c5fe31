"""Which snapshots are taken and kept: rules, without any file system."""

from datetime import UTC, datetime, timedelta

import pytest

from mofang_storage.base import Snapshot
from mofang_storage.retention import SnapshotRetention, plan_snapshots
from mofang_storage.snapshot_names import (
    SnapshotReason,
    is_snapshot_name,
    read_snapshot,
    reason_of,
    snapshot_name,
)

NOW = datetime(2026, 11, 30, 4, 15, tzinfo=UTC)
HOURLY, DAILY = SnapshotReason.HOURLY, SnapshotReason.DAILY


def taken(reason, **ago):
    time = NOW - timedelta(**ago)
    return Snapshot(name=snapshot_name(reason, time), taken=time)


@pytest.mark.parametrize(
    ("found", "due"),
    [
        pytest.param([], {HOURLY, DAILY}, id="the first ones"),
        pytest.param(
            [taken(HOURLY, minutes=10), taken(DAILY, hours=3)], set(), id="none is due"
        ),
        pytest.param(
            [taken(HOURLY, minutes=20), taken(DAILY, hours=3)], {HOURLY}, id="next hour"
        ),
        pytest.param(
            [taken(HOURLY, minutes=1), taken(DAILY, hours=5)], {DAILY}, id="next day"
        ),
        pytest.param(
            [taken(HOURLY, days=30), taken(DAILY, days=30)],
            {HOURLY, DAILY},
            id="one of each after a long absence",
        ),
        pytest.param(
            [taken(HOURLY, minutes=-5), taken(DAILY, minutes=-5)],
            set(),
            id="a clock that was ahead by minutes",
        ),
        pytest.param(
            [taken(HOURLY, days=-400), taken(DAILY, days=-400)],
            {HOURLY, DAILY},
            id="a clock that was ahead by a year",
        ),
    ],
)
def test_one_is_due_in_each_hour_and_on_each_day(found, due):
    plan = plan_snapshots(found, SnapshotRetention(), NOW)

    assert {reason_of(each) for each in plan.make} == due
    assert plan.remove == ()


def test_as_many_stay_as_are_kept_the_new_one_included():
    found = [taken(HOURLY, hours=each) for each in range(1, 30)]
    found += [taken(DAILY, days=each) for each in range(1, 20)]

    plan = plan_snapshots(found, SnapshotRetention(hourly=24, daily=14), NOW)

    assert len(plan.make) == 2
    removed = set(plan.remove)
    assert len(removed) == (29 - 23) + (19 - 13)
    assert found[0].name not in removed
    assert found[28].name in removed


def test_those_of_a_clock_that_was_ahead_push_out_no_others():
    ahead = [taken(HOURLY, days=-400, hours=each) for each in range(4)]
    found = [taken(HOURLY, minutes=1), taken(HOURLY, hours=1), *ahead]

    plan = plan_snapshots(found, SnapshotRetention(hourly=3, daily=0), NOW)

    assert set(plan.remove) < {each.name for each in ahead}
    assert len(plan.remove) == 3


def test_none_is_made_and_all_are_removed_where_none_is_kept():
    found = [taken(HOURLY, hours=2), taken(DAILY, days=2)]

    plan = plan_snapshots(found, SnapshotRetention(hourly=0, daily=0), NOW)

    assert plan.make == ()
    assert set(plan.remove) == {each.name for each in found}


def test_requested_ones_are_only_bounded():
    found = [taken(SnapshotReason.REQUESTED, minutes=each) for each in range(8)]
    recent = [taken(HOURLY, minutes=1), taken(DAILY, minutes=1)]

    plan = plan_snapshots([*found, *recent], SnapshotRetention(requested=5), NOW)

    assert plan.make == ()
    assert set(plan.remove) == {each.name for each in found[5:]}


def test_snapshots_of_others_and_of_directories_above_stay():
    other = Snapshot(name="by-hand", taken=NOW - timedelta(days=400))
    above = read_snapshot("_mofang-daily-20200101T000000Z_1099511627776")

    plan = plan_snapshots([other, above], SnapshotRetention(hourly=0, daily=0), NOW)

    assert plan.remove == ()


@pytest.mark.parametrize(
    "name", ["", "..", "mofang-daily-20261399T000000Z", "mofang-x"]
)
def test_what_is_not_ours_is_not_read(name):
    assert not is_snapshot_name(name)
    assert read_snapshot(name) is None
