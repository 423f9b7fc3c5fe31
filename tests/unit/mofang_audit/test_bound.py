"""What a day's audit log may take, and that nobody fills it for the others."""

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest

from mofang_audit.bound import MAX_STRANGERS, PART, STRANGERS_PART, DailyBound
from mofang_audit.event import AuditAction, AuditEvent, AuditOutcome
from mofang_audit.files import SUMMARY_SECONDS, AuditFileHandler
from mofang_audit.log import AuditLog
from mofang_audit.search import Search, search

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
MIB = 1024**2
SIZE_OF_DAY = 16 * MIB
SIZE = 250
"""Of a line."""


class Clock:
    """The time, and what shall be done later."""

    def __init__(self):
        self.now = NOON
        self.due = []

    def __call__(self):
        return self.now

    def later(self, seconds, work):
        entry = (self.now + timedelta(seconds=seconds), work)
        self.due.append(entry)
        return lambda: self.due.remove(entry)

    def advance(self, seconds):
        self.now += timedelta(seconds=seconds)
        ready = [each for each in self.due if each[0] <= self.now]
        self.due = [each for each in self.due if each not in ready]
        for _, work in ready:
            work()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def log_of(tmp_path, clock):
    made = []

    def make(host="a", max_bytes=MIB):
        handler = AuditFileHandler(
            tmp_path,
            "hub",
            keep_days=30,
            max_bytes=max_bytes,
            host=host,
            now=clock,
            later=clock.later,
        )
        log = AuditLog(handler, now=clock)
        made.append(log)
        return log

    yield make
    for each in made:
        each.close()


def event(actor="ben", **fields):
    basis = {"action": AuditAction.CREATE_TOKEN, "outcome": AuditOutcome.SUCCESS}
    return AuditEvent(**{**basis, "actor": actor, **fields})


def size_of(folder):
    return sum(each.stat().st_size for each in folder.iterdir())


def found(folder, **wanted):
    return search(folder, Search(**wanted), limit=100_000).records


def record(actor="ben", action="start", **fields):
    return {"action": action, "outcome": "success", "actor": actor, **fields}


def admitted(bound, made, count):
    return sum(bound.admit(made, SIZE, NOON) for _ in range(count))


def test_a_flood_of_one_person_hides_nothing_that_others_do():
    bound = DailyBound(SIZE_OF_DAY)
    bound.begin_day(0)
    for action in AuditAction:
        admitted(bound, record("ben", action), 400)

    assert bound.left > 0.9 * SIZE_OF_DAY
    assert admitted(bound, record("ada"), 200) == 200


def test_nor_does_it_hide_what_the_same_person_does_besides():
    bound = DailyBound(SIZE_OF_DAY)
    bound.begin_day(0)
    assert admitted(bound, record("ben", "create-token"), 10_000) < 300
    assert admitted(bound, record("ben", "share"), 200) == 200
    refused = record("ben", "create-token", outcome="refused")
    assert admitted(bound, refused, 200) == 200


def test_many_people_together_leave_room_for_one_who_comes_last():
    bound = DailyBound(SIZE_OF_DAY)
    bound.begin_day(0)
    for number in range(20):
        for action in AuditAction:
            admitted(bound, record(f"user-{number}", action), 300)

    assert admitted(bound, record("ada"), 50) == 50


def test_strangers_are_told_apart_up_to_a_number():
    """Addresses are free: the rest of them share one part."""
    bound = DailyBound(SIZE_OF_DAY)
    bound.begin_day(0)

    def knock(number):
        made = {"action": "log-in", "outcome": "refused", "address": f"::{number:x}"}
        return bound.admit(made, SIZE, NOON)

    first = [knock(number) for number in range(MAX_STRANGERS)]
    many = sum(knock(number) for number in range(MAX_STRANGERS, 5 * MAX_STRANGERS))

    assert all(first)
    assert many <= SIZE_OF_DAY / PART / SIZE
    assert len(bound.take_left_out()) == 1
    for number in range(MAX_STRANGERS):
        for _ in range(20):
            knock(number)
    assert bound.left >= SIZE_OF_DAY * (1 - 1 / STRANGERS_PART)
    assert admitted(bound, record("ada"), 180) == 180


def test_strangers_behind_the_gateway_are_told_apart_by_whom_it_names():
    bound = DailyBound(MIB)
    bound.begin_day(0)

    def knock(forwarded):
        made = record("", "log-in", address="10.1.0.7", forwarded_for=forwarded)
        return admitted(bound, made, 50)

    assert 0 < knock("192.0.2.1") < 50
    assert knock("203.0.113.6, 192.0.2.1") == 0
    assert knock("192.0.2.2") > 0


def test_the_size_of_a_day_holds_whoever_writes(log_of, tmp_path, clock):
    log = log_of()
    for number in range(100):
        for action in AuditAction:
            for _ in range(3):
                log.record(event(f"user-{number}", action=action, detail="é" * 256))
        clock.advance(SUMMARY_SECONDS)

    assert 0.9 * MIB < size_of(tmp_path) <= MIB


def test_what_is_left_out_is_counted_by_person_and_action(log_of, tmp_path, clock):
    log = log_of()
    for _ in range(100):
        log.record(event(server="x", address="10.0.0.1"))
    log.record(event("ada", action=AuditAction.SHARE))
    written = len(found(tmp_path, person="ben"))
    assert 0 < written < 100

    clock.advance(SUMMARY_SECONDS)

    summary, *_ = found(tmp_path, person="ben")
    assert summary["count"] == 100 - written
    assert (summary["action"], summary["outcome"]) == ("create-token", "success")
    assert "counted since 2026-11-30T12:00:00+00:00" in summary["detail"]
    assert len(found(tmp_path, person="ada", action="share")) == 1


def test_each_minute_tells_what_it_left_out(log_of, tmp_path, clock):
    log = log_of()
    for _ in range(100):
        log.record(event())
    clock.advance(SUMMARY_SECONDS)
    clock.advance(10 * SUMMARY_SECONDS)
    log.record(event())
    clock.advance(SUMMARY_SECONDS)

    last, first, *_ = (each for each in found(tmp_path) if "count" in each)
    assert last["count"] == 1
    assert last["__timestamp__"] > first["__timestamp__"]
    assert sum(each.get("count", 1) for each in found(tmp_path)) == 101


def test_what_was_counted_is_told_before_the_end(log_of, tmp_path, clock):
    log = log_of()
    for _ in range(100):
        log.record(event())
    log.close()

    assert sum(each.get("count", 1) for each in found(tmp_path)) == 100
    assert clock.due == []


def test_a_program_that_starts_again_goes_on_with_the_day(log_of, tmp_path):
    for host in "abcdefgh":
        log = log_of(host)
        for number in range(300):
            log.record(event(f"{host}-{number}", detail="x" * 256))
        log.close()

    assert size_of(tmp_path) <= MIB


def test_a_new_day_has_room_again(log_of, tmp_path, clock):
    log = log_of()
    for _ in range(100):
        log.record(event())
    clock.advance(24 * 3600)
    log.record(event(detail="tomorrow"))

    [path] = [each for each in tmp_path.iterdir() if "12-01" in each.name]
    *_, last = [json.loads(each) for each in path.read_text().splitlines()]
    assert last["detail"] == "tomorrow"


def test_a_count_for_which_no_room_is_left_is_in_the_programs_log(
    log_of, tmp_path, caplog
):
    (tmp_path / "2026-11-30.hub.before.jsonl").write_bytes(b"\n" * (MIB - 10))
    log = log_of()
    with caplog.at_level(logging.WARNING):
        log.record(event())
        log.close()

    assert "the day's bound is reached" in caplog.text
    assert '"count": 1' in caplog.text
    assert size_of(tmp_path) <= MIB
