"""Sums are whole numbers: of projects and people they are the cluster's, exactly."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from unit.hub_usage.allocations import GIB, all_of, an_interval
from unit.hub_usage.test_ledger import memory_storage

from mofang_hub.usage.intervals import DAY, HOUR
from mofang_hub.usage.ledger import LedgerChanges
from mofang_hub.usage.query import UsageKey, UsageQuery, UsageViewer
from mofang_hub.usage.totals import records_of, sum_by, total

SPAN = 40 * DAY


@st.composite
def intervals(draw):
    found = []
    for number in range(draw(st.integers(0, 12))):
        started = draw(st.integers(0, SPAN))
        gpus = draw(st.sampled_from([0, 0, 1, 8]))
        found.append(
            an_interval(
                started,
                started + draw(st.integers(0, 3 * DAY)),
                uid=f"pod-{number}",
                project=draw(st.sampled_from(["vision", "nlp", "audio"])),
                owner=draw(st.sampled_from(["ada", "ben", "eve"])),
                cpu_millicores=draw(st.integers(0, 64_000)),
                memory_bytes=draw(st.integers(0, 2**42)),
                gpus=gpus,
                gpu_model=draw(st.sampled_from(["A100", "H100"])) if gpus else "",
            )
        )
    return found


def second_by_second(found, start, end):
    """The same, by what each interval says, without records."""
    cpu = memory = gpus = 0
    for each in found:
        seconds = max(0, min(each.ended, end) - max(each.started, start))
        cpu += seconds * each.allocation.cpu_millicores
        memory += seconds * each.allocation.memory_bytes
        gpus += seconds * each.allocation.gpus
    return cpu, memory, gpus


def group(record):
    return record.project, record.owner, record.period, record.workload_type


def of(totals):
    return (
        totals.cpu_millicore_seconds,
        totals.memory_byte_seconds,
        sum(totals.gpu_seconds.values()),
    )


@settings(deadline=None)
@given(
    intervals(), st.integers(0, 30), st.integers(0, 12), st.sampled_from([HOUR, DAY])
)
def test_projects_and_people_are_the_cluster(found, first, days, seconds):
    query = all_of(first, first + days)
    records = records_of(found, query, *UsageKey, seconds=seconds)

    whole = of(total(records))

    assert whole == second_by_second(found, query.start, query.end)
    for key in (
        lambda each: each.project,
        lambda each: (each.project, each.owner),
        lambda each: each.period,
    ):
        parts = [of(each) for each in sum_by(records, key).values()]
        assert tuple(map(sum, zip(*parts, strict=True))) == (whole if parts else ())


@settings(deadline=None, max_examples=40)
@given(intervals(), st.integers(0, 30), st.integers(0, 12))
def test_the_database_sums_alike(found, first, days):
    storage, query = memory_storage(), all_of(first, first + days)
    storage.write(LedgerChanges(closed=tuple(found)))

    for keys in ((), (UsageKey.OWNER,), (UsageKey.PERIOD,), tuple(UsageKey)):
        records = storage.records(query, *keys)

        assert of(total(records)) == second_by_second(found, query.start, query.end)
        expected = sum_by(records_of(found, query, *keys), group)
        expected = {key: of(each) for key, each in expected.items()}
        assert {
            key: of(each) for key, each in sum_by(records, group).items()
        } == expected


@settings(deadline=None, max_examples=40)
@given(intervals(), st.sampled_from(["ada", "ben", ""]), st.sampled_from(["", "nlp"]))
def test_the_database_shows_what_somebody_may_see(found, owner, project):
    viewer = UsageViewer(owner=owner, administered=frozenset({"vision"}))
    query = UsageQuery(first=0, last=50, viewer=viewer, project=project)
    storage = memory_storage()
    storage.write(LedgerChanges(closed=tuple(found)))

    records = storage.records(query, UsageKey.OWNER)

    assert all(query.includes(each.project, each.owner) for each in records)
    assert of(total(records)) == of(total(records_of(found, query)))


def test_hours_are_of_amounts():
    gpus = an_interval(
        0, 2 * HOUR, cpu_millicores=1500, memory_bytes=3 * GIB, gpus=4, gpu_model="A100"
    )

    found = total(records_of([gpus], all_of(0, 0)))

    assert found.cpu_hours == Decimal(3)
    assert found.gib_hours == Decimal(6)
    assert found.gpu_hours == Decimal(8)
    assert found.gpu_hours_of("A100") == Decimal(8)
    assert found.gpu_hours_of("H100") == 0


def test_a_month_of_terabytes_does_not_overflow():
    """Byte seconds of one large pod are more than 64 bits have."""
    storage = memory_storage()
    huge = an_interval(0, 31 * DAY, memory_bytes=24 * 1024**4)
    storage.write(LedgerChanges(closed=(huge,)))

    found = total(storage.records(all_of(0, 30)))

    assert found.memory_byte_seconds == 24 * 1024**4 * 31 * DAY > 2**63
