"""The ledger neither loses nor doubles an interval, killed whenever it may be."""

from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.pool import StaticPool
from unit.hub_usage.allocations import a_pod, all_of, an_allocation

from mofang_hub.usage.intervals import DAY, EndSource
from mofang_hub.usage.ledger import CLOCK_TOLERANCE, Ledger
from mofang_hub.usage.storage import LedgerStorage


def memory_storage():
    storage = LedgerStorage(
        "sqlite://",
        poolclass=StaticPool,
        connect_args={"check_same_thread": False},
    )
    storage.create()
    return storage


def only(ledger):
    [found] = ledger.unwritten
    return found


def test_an_interval_is_from_the_node_to_the_end_of_the_containers():
    ledger = Ledger()
    ledger.observe(a_pod(started=1000), now=1005)
    ledger.observe(a_pod(started=1000, has_ended=True, finished=4000), now=4003)

    found = only(ledger)

    assert (found.started, found.ended) == (1000, 4000)
    assert found.end_source is EndSource.STATUS
    assert not ledger.open_intervals


def test_a_pod_that_ended_is_counted_once_until_it_is_gone():
    ledger = Ledger()
    ended = a_pod(has_ended=True, finished=4000)
    for now in (4001, 4002, 5000):
        ledger.observe(ended, now)
    ledger.delete(ended, now=6000)

    assert only(ledger).ended == 4000


def test_a_pod_of_which_only_the_deletion_is_heard_counts():
    """A slow subscriber hears the last change of each pod only."""
    ledger = Ledger()
    ledger.delete(a_pod(started=1000, finished=1500), now=1600)

    assert only(ledger).seconds == 500


def test_a_pod_that_was_removed_by_force_ends_when_it_was():
    ledger = Ledger()
    ledger.observe(a_pod(started=1000), now=1000)
    ledger.advance(1900)
    ledger.delete(a_pod(started=1000, deleted=2000), now=2001)

    found = only(ledger)

    assert (found.ended, found.end_source) == (2000, EndSource.DELETION)


def test_a_pod_that_hangs_in_its_deletion_counts_as_long_as_it_is_there():
    """Its node is lost, and the scheduler leaves its resources to it."""
    ledger = Ledger()
    ledger.observe(a_pod(started=1000, deleted=2000), now=2000)
    ledger.advance(9000)
    ledger.delete(a_pod(started=1000, deleted=2000), now=9010)

    assert only(ledger).ended == 9000


def test_a_pod_that_is_gone_ends_when_it_was_last_observed():
    ledger = Ledger()
    ledger.observe(a_pod("a", started=1000), now=1000)
    ledger.observe(a_pod("b", started=1000), now=1000)
    ledger.advance(3000)
    ledger.reconcile(present={"b"})

    found = only(ledger)

    assert found.allocation.pod_uid == "a"
    assert (found.ended, found.end_source) == (3000, EndSource.LAST_OBSERVED)


def test_a_resize_begins_another_interval_without_a_gap():
    ledger = Ledger()
    ledger.observe(a_pod(started=1000), now=1000)
    more = an_allocation(memory_bytes=8 * 1024**3)
    ledger.observe(a_pod(started=1000, allocation=more), now=1600)
    ledger.observe(
        a_pod(started=1000, allocation=more, has_ended=True, finished=2000), now=2001
    )

    before, after = ledger.unwritten

    assert (before.started, before.ended) == (1000, 1600)
    assert before.end_source is EndSource.RESIZE
    assert (after.started, after.ended) == (1600, 2000)
    assert after.allocation.memory_bytes == 8 * 1024**3


def test_a_model_that_is_known_later_changes_no_time():
    ledger = Ledger()
    one = an_allocation(gpus=1)
    ledger.observe(a_pod(started=1000, allocation=one), now=1000)
    known = replace(one, gpu_model="H100")
    ledger.observe(a_pod(started=1000, allocation=known), now=1600)

    [found] = ledger.open_intervals

    assert (found.started, found.allocation.gpu_model) == (1000, "H100")
    assert not ledger.unwritten


def test_a_model_stays_known_when_the_node_is_gone():
    ledger = Ledger()
    known = an_allocation(gpus=1, gpu_model="H100")
    ledger.observe(a_pod(allocation=known), now=1000)
    ledger.delete(
        a_pod(allocation=replace(known, gpu_model=""), deleted=2000), now=2000
    )

    assert only(ledger).allocation == known


@pytest.mark.parametrize(
    "finished",
    [
        pytest.param(50_000 + CLOCK_TOLERANCE + 1, id="ahead"),
        pytest.param(48_000 - CLOCK_TOLERANCE - 1, id="behind"),
    ],
)
def test_the_clock_of_a_node_that_is_wrong_is_not_believed(finished):
    ledger = Ledger()
    ledger.observe(a_pod(started=1000), now=1000)
    ledger.advance(48_000)
    ledger.observe(a_pod(started=1000, has_ended=True, finished=finished), now=50_000)

    found = only(ledger)

    assert (found.ended, found.end_source) == (48_000, EndSource.LAST_OBSERVED)


def test_what_is_not_confirmed_is_written_again():
    ledger, storage = Ledger(), memory_storage()
    ledger.observe(a_pod(started=1000), now=1000)
    ledger.observe(a_pod(started=1000, has_ended=True, finished=3 * DAY), now=3 * DAY)
    changes = ledger.changes()
    storage.write(changes)
    storage.write(changes)

    assert (
        sum(each.seconds for each in storage.intervals(all_of(0, 9))) == 3 * DAY - 1000
    )


def test_what_happens_while_it_is_written_is_written_next():
    ledger, storage = Ledger(), memory_storage()
    ledger.observe(a_pod("a"), now=1000)
    changes = ledger.changes()
    ledger.observe(a_pod("a", has_ended=True, finished=1500), now=1600)
    ledger.observe(a_pod("b"), now=1600)
    storage.write(changes)
    ledger.confirm(changes)

    storage.write(ledger.changes())

    loaded = storage.load(present={"a", "b"})
    assert [each.allocation.pod_uid for each in loaded.open_intervals] == ["b"]
    assert [each.seconds for each in storage.intervals(all_of(0, 0))] == [500]


# -- a cluster, a ledger that is killed now and then, and what was true


@dataclass(frozen=True, kw_only=True)
class Life:
    """One pod, from its node to its removal."""

    uid: str
    started: int
    ended: int
    gone: int
    """When its object is removed; with its end where it is removed by force."""

    @property
    def is_forced(self):
        return self.gone == self.ended

    def at(self, now):
        """The pod as it is at a time; None if it is not there."""
        if not self.started <= now < self.gone:
            return None
        if now < self.ended:
            return a_pod(self.uid, self.started)
        return a_pod(self.uid, self.started, has_ended=True, finished=self.ended)

    @property
    def last(self):
        if self.is_forced:
            return a_pod(self.uid, self.started, deleted=self.ended)
        return a_pod(self.uid, self.started, has_ended=True, finished=self.ended)


END = 4 * DAY


@st.composite
def lives(draw):
    found = []
    for number in range(draw(st.integers(1, 8))):
        started = draw(st.integers(0, END - 10))
        ended = draw(st.integers(started + 1, END - 5))
        gone = draw(st.integers(ended, END - 1))
        found.append(Life(uid=f"pod-{number}", started=started, ended=ended, gone=gone))
    return found


@st.composite
def outages(draw):
    borders = sorted(draw(st.lists(st.integers(1, END), unique=True, max_size=6)))
    pairs = zip(borders[::2], borders[1::2], strict=False)
    return list(pairs)


class World:
    """Drives ledgers over one storage, through outages."""

    def __init__(self, pods, gaps, writes, jump=lambda now: now):
        self.pods, self.gaps, self.jump = pods, gaps, jump
        self.writes = iter(writes)
        self.storage = memory_storage()
        self.ledger = None

    def run(self):
        times = {0, END}
        for each in self.pods:
            times |= {each.started, each.ended, each.gone}
        for start, end in self.gaps:
            times |= {start, end}
        # Heartbeats.
        times |= set(range(0, END, DAY // 8))
        for now in sorted(times):
            self.step(now)
        self.write()
        return self.storage.intervals(all_of(0, END // DAY + 1))

    def step(self, now):
        if any(start <= now < end for start, end in self.gaps):
            # Killed: what was not written is lost.
            self.ledger = None
            return
        told = self.jump(now)
        present = [pod for each in self.pods if (pod := each.at(now))]
        if self.ledger is None:
            uids = {each.allocation.pod_uid for each in present}
            self.ledger = self.storage.load(uids)
            for each in present:
                self.ledger.observe(each, told)
            self.ledger.reconcile(uids)
        else:
            for each in self.pods:
                if each.gone == now:
                    self.ledger.delete(each.last, told)
            for each in present:
                self.ledger.observe(each, told)
        self.ledger.advance(told)
        if next(self.writes, True):
            self.write()

    def write(self):
        changes = self.ledger.changes()
        self.storage.write(changes)
        self.ledger.confirm(changes)


def of_pod(intervals, life):
    own = [each for each in intervals if each.allocation.pod_uid == life.uid]
    return sorted(own, key=lambda each: (each.started, each.ended))


@settings(deadline=None, max_examples=60)
@given(lives())
def test_a_ledger_that_lives_has_every_second(pods):
    found = World(pods, [], []).run()

    for life in pods:
        own = of_pod(found, life)
        assert sum(each.seconds for each in own) == life.ended - life.started
        assert all(each.end_source is not EndSource.LAST_OBSERVED for each in own)


@settings(deadline=None, max_examples=120)
@given(lives(), outages(), st.lists(st.booleans(), max_size=60))
def test_a_ledger_that_is_killed_doubles_nothing_and_loses_what_nobody_saw(
    pods, gaps, writes
):
    found = World(pods, gaps, writes).run()

    for life in pods:
        own = of_pod(found, life)
        assert all(a.ended <= b.started for a, b in pairwise(own))
        counted = sum(each.seconds for each in own)
        truth = life.ended - life.started
        assert counted <= truth
        if own:
            assert own[0].started == life.started
            assert own[-1].ended <= life.ended
        is_exact = counted == truth
        is_marked = bool(own) and own[-1].end_source is EndSource.LAST_OBSERVED
        assert is_exact or is_marked or not own


@settings(deadline=None, max_examples=60)
@given(lives(), outages())
def test_who_is_there_after_an_outage_has_its_real_end(pods, gaps):
    """Whatever the ledger missed, a pod that can still be read says it."""
    found = World(pods, gaps, []).run()

    for life in pods:
        is_missed = any(start <= life.gone <= end for start, end in gaps)
        if not is_missed:
            own = of_pod(found, life)
            assert sum(each.seconds for each in own) == life.ended - life.started


@settings(deadline=None, max_examples=60)
@given(
    lives(),
    outages(),
    st.lists(st.integers(-DAY, DAY), min_size=8, max_size=8),
)
def test_a_clock_that_jumps_makes_no_second_twice(pods, gaps, jumps):
    def jump(now):
        return max(0, now + jumps[now * len(jumps) // (END + 1)])

    found = World(pods, gaps, [], jump).run()

    for life in pods:
        own = of_pod(found, life)
        assert all(each.seconds >= 0 for each in own)
        assert all(a.ended <= b.started for a, b in pairwise(own))
