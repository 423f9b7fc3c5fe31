"""Files of the audit log: by day, by process, kept for a time, and found again."""

import json
import logging
import stat
from datetime import UTC, date, datetime, timedelta

import pytest
from jupyter_events import EventLogger

from mofang_audit.event import SCHEMA_FILE, AuditAction, AuditEvent, AuditOutcome
from mofang_audit.files import AuditFileHandler, remove_expired
from mofang_audit.log import AuditLog
from mofang_audit.search import Search, search

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Clock:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def log_of(tmp_path, clock):
    """Logs of services; those that were made are closed."""
    made = []

    def make(service="training", host="a"):
        handler = AuditFileHandler(
            tmp_path,
            service,
            keep_days=30,
            max_bytes=64 * 1024**2,
            host=host,
            now=clock,
        )
        log = AuditLog(handler, now=clock)
        made.append(log)
        return log

    yield make
    for each in made:
        each.close()


def event(**fields):
    basis = {
        "action": AuditAction.SUBMIT,
        "outcome": AuditOutcome.SUCCESS,
        "actor": "ada",
    }
    return AuditEvent(**{**basis, **fields})


def found(folder, **wanted):
    return [each.get("job") for each in search(folder, Search(**wanted)).records]


def test_each_process_has_a_file_a_day_that_it_alone_reads(log_of, tmp_path, clock):
    log = log_of()
    log.record(event())
    log_of(host="b").record(event())
    clock.now += timedelta(days=1)
    log.record(event())

    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "2026-11-30.training.a.jsonl",
        "2026-11-30.training.b.jsonl",
        "2026-12-01.training.a.jsonl",
    ]
    for each in tmp_path.iterdir():
        assert stat.S_IMODE(each.stat().st_mode) == 0o600


def test_days_that_are_over_for_long_are_removed(log_of, tmp_path, clock):
    log = log_of()
    log.record(event())
    clock.now += timedelta(days=30)
    log.record(event())
    assert len(list(tmp_path.iterdir())) == 2
    clock.now += timedelta(days=1)
    log.record(event())
    assert sorted(each.name[:10] for each in tmp_path.iterdir()) == [
        "2026-12-30",
        "2026-12-31",
    ]


def test_only_files_of_the_log_are_removed(tmp_path):
    for name in ("notes.txt", "2020-13-41.training.a.jsonl", "2020-01-01.jsonl"):
        (tmp_path / name).touch()
    remove_expired(tmp_path, date(2026, 11, 30), 1)
    assert len(list(tmp_path.iterdir())) == 3


def test_what_cannot_be_written_is_in_the_programs_own_log(log_of, tmp_path, caplog):
    tmp_path.chmod(0o700)
    log = log_of()
    target = tmp_path / "2026-11-30.training.a.jsonl"
    target.mkdir()
    with caplog.at_level(logging.WARNING):
        log.record(event(job="train-x1y2z3"))
    assert "train-x1y2z3" in caplog.text
    target.rmdir()
    log.record(event(job="train-a1b2c3"))
    assert found(tmp_path) == ["train-a1b2c3"]


def test_a_link_in_place_of_the_file_is_not_followed(log_of, tmp_path, caplog):
    outside = tmp_path / "outside"
    outside.touch()
    (tmp_path / "2026-11-30.training.a.jsonl").symlink_to(outside)
    log_of().record(event())
    assert outside.read_text() == ""
    assert "could not be written" in caplog.text


def test_lines_are_those_of_jupyters_event_log(log_of, tmp_path):
    """The hub writes by it: both are one log."""
    full = event(
        owner="ben",
        project="vision",
        server="vision-pytorch",
        job="train-x1y2z3",
        replica="worker-0",
        session="ab12",
        seconds=1.5,
        status=201,
        request="POST /services/training/api",
        address="10.0.0.1",
        forwarded_for="10.0.0.2",
        detail="x",
    )
    lines = []

    class Keep(logging.Handler):
        def emit(self, record):
            lines.append(json.loads(self.format(record)))

    logger = EventLogger(handlers=[Keep()])
    logger.register_event_schema(SCHEMA_FILE)
    logger.emit(schema_id="urn:mofang:events:audit", data=full.content())
    log_of().record(full)
    [own] = search(tmp_path, Search()).records
    [theirs] = lines

    for each in (own, theirs):
        assert each.pop("__timestamp__")
    theirs.pop("message", None)
    theirs.pop("taskName", None)
    assert own == theirs


def test_long_texts_are_cut():
    assert len(event(detail="x" * 10_000).content()["detail"]) == 256


def test_searches_find_by_person_project_action_and_time(log_of, tmp_path, clock):
    log = log_of()
    log.record(event(job="first", project="vision"))
    clock.now += timedelta(hours=1)
    log_of("hub").record(event(job="second", actor="ben", owner="ada"))
    clock.now += timedelta(days=1)
    log.record(event(job="third", actor="ben", action=AuditAction.SHELL))

    assert found(tmp_path) == ["third", "second", "first"]
    assert found(tmp_path, person="ada") == ["second", "first"]
    assert found(tmp_path, project="vision") == ["first"]
    assert found(tmp_path, action="shell") == ["third"]
    assert found(tmp_path, first=date(2026, 12, 1)) == ["third"]
    assert found(tmp_path, last=date(2026, 11, 30)) == ["second", "first"]


def test_pages_go_on_where_the_last_one_ended(log_of, tmp_path, clock):
    log = log_of()
    for number in range(250):
        log.record(event(job=str(number)))
        clock.now += timedelta(minutes=13)

    shown, before = [], ""
    while True:
        page = search(tmp_path, Search(before=before))
        assert len(page.records) <= 100
        shown += [each["job"] for each in page.records]
        if not page.has_more:
            break
        before = page.records[-1]["__timestamp__"]

    assert shown == [str(number) for number in reversed(range(250))]


def test_lines_that_are_no_events_are_passed_over(log_of, tmp_path):
    log_of().record(event(job="good"))
    with (tmp_path / "2026-11-30.hub.x.jsonl").open("wb") as file:
        file.write(b'{"__schema__": "other"}\n[1]\n{"cut": "' + b"x" * 200_000)
    assert found(tmp_path) == ["good"]


def test_a_clock_that_jumps_removes_nothing_at_once(log_of, tmp_path, clock, caplog):
    log = log_of()
    log.record(event(job="train-x1y2z3"))
    clock.now += timedelta(days=365)
    log.record(event(job="train-a1b2c3"))
    assert found(tmp_path) == ["train-a1b2c3", "train-x1y2z3"]
    assert "is the clock right?" in caplog.text

    clock.now += timedelta(days=1)
    log.record(event(job="train-d1e2f3"))
    assert found(tmp_path) == ["train-d1e2f3", "train-a1b2c3"]
