"""What servers used, in the hub's database."""

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from mofang_api.models.activity import ResourceUse
from mofang_hub.sizing.observer import ResourceObserver
from mofang_hub.sizing.samples import DAY, SAMPLES, SampleTable, ServerRun
from mofang_hub.sizing.settings import SizingSettings
from support.clock import FakeClock

GIB = 1024**3
START = 1_790_000_000
DAY_BEGINS = START // DAY * DAY


@pytest.fixture
def db(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'hub.sqlite'}")
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def table(db):
    return SampleTable(db, keep_days=92)


def a_run(started=START, **change):
    run = {
        "owner": "ada",
        "server": "vision-pytorch",
        "started": started,
        "project": "vision",
        "environment": "pytorch",
        "cpu_request_cores": 0.5,
        "memory_request_bytes": 4 * GIB,
    }
    return ServerRun(**{**run, **change})


def a_use(seconds=300, memory=GIB, cpu=60, peak=None):
    return ResourceUse(
        seconds=seconds,
        cpu_seconds=cpu,
        memory_bytes=memory,
        memory_mean_bytes=memory,
        memory_peak_bytes=peak or memory,
    )


def count(db):
    return db.execute(select(func.count()).select_from(SAMPLES)).scalar_one()


def test_reports_of_one_start_are_one_row_a_day(table, db):
    for second, peak in ((0, GIB), (300, 3 * GIB), (600, 2 * GIB)):
        table.add(a_run(), a_use(peak=peak), DAY_BEGINS + second)
    table.add(a_run(), a_use(cpu=300), DAY_BEGINS + DAY)

    assert count(db) == 2
    (peaks,) = table.find_peaks("ada", "pytorch", 12)
    assert peaks.memory_bytes == 3 * GIB
    assert peaks.cpu_cores == 1.0
    (first,) = table.sum_used(DAY_BEGINS // DAY, DAY_BEGINS // DAY)
    assert (first.seconds, first.cpu_seconds) == (900, 180)
    assert first.memory_byte_seconds == 900 * GIB
    assert first.cpu_reserved_seconds == 450
    assert first.memory_reserved_byte_seconds == 900 * 4 * GIB


def test_starts_are_found_by_person_and_environment_the_newest_first(table):
    for number in range(5):
        run = a_run(started=START + number)
        table.add(run, a_use(memory=(number + 1) * GIB), DAY_BEGINS)
    table.add(a_run(owner="ben"), a_use(memory=9 * GIB), DAY_BEGINS)
    table.add(a_run(environment="xgboost", started=1), a_use(), DAY_BEGINS)

    found = [each.memory_bytes // GIB for each in table.find_peaks("ada", "pytorch", 3)]

    assert found == [5, 4, 3]


def test_a_start_that_was_hardly_measured_does_not_count(table):
    table.add(a_run(), a_use(seconds=299), DAY_BEGINS)

    assert table.find_peaks("ada", "pytorch", 12) == []


def test_what_is_old_goes(table, db):
    table.add(a_run(), a_use(), DAY_BEGINS)

    table.add(a_run(started=START + 1), a_use(), DAY_BEGINS + 92 * DAY)
    assert count(db) == 2
    table.add(a_run(started=START + 2), a_use(), DAY_BEGINS + 93 * DAY)

    assert count(db) == 2


def test_a_table_that_is_there_is_used(table, db):
    table.add(a_run(), a_use(), DAY_BEGINS)

    assert len(SampleTable(db, 92).find_peaks("ada", "pytorch", 12)) == 1


# -- what reports are believed


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def observer(table, clock):
    return ResourceObserver(
        table, SizingSettings(), steady=clock, now=lambda: DAY_BEGINS
    )


def test_a_server_counts_for_the_time_that_has_passed(observer, table, clock):
    """And for no more memory than it has, whatever it says."""
    observer.observe(a_run(), a_use())
    clock.advance(100)
    observer.observe(a_run(), a_use(seconds=3600, cpu=3600, peak=50 * GIB))

    (row,) = table.sum_used(0, DAY_BEGINS)
    assert row.seconds == 300 + 160
    assert row.cpu_seconds == pytest.approx(60 + 160)
    (peaks,) = table.find_peaks("ada", "pytorch", 12)
    assert peaks.memory_bytes == 4 * GIB


def test_what_is_in_use_is_known_for_some_minutes(observer, clock):
    observer.observe(a_run(), a_use(memory=3 * GIB))
    found = observer.current_use("ada", "vision-pytorch")
    assert (found.memory_bytes, found.cpu_cores) == (3 * GIB, 0.2)
    assert observer.current_use("ben", "vision-pytorch") is None

    clock.advance(600)

    assert observer.current_use("ada", "vision-pytorch") is None


def test_a_person_gets_suggestions_by_their_own_starts(observer, clock):
    for number in range(3):
        clock.advance(300)
        observer.observe(a_run(started=START + number), a_use(memory=2 * GIB))

    found = observer.suggest("ada", "pytorch")

    assert (found.starts, str(found.memory_gib)) == (3, "2.25")
    assert observer.suggest("ben", "pytorch") is None


def test_a_database_that_fails_stops_no_report(observer, db, caplog):
    SAMPLES.drop(db.get_bind())

    observer.observe(a_run(), a_use())

    assert "What vision-pytorch used is not kept" in caplog.text
    assert observer.suggest("ada", "pytorch") is None
