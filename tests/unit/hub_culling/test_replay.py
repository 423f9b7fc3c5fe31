"""How many idle GPU-hours come back, on generated servers; none is stopped at work."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from unit.hub_culling.trace import (
    HOUR,
    PAUSE_MEDIAN,
    TASK_MEDIAN,
    TASK_UPPER_QUARTILE,
    Session,
    Task,
    generate_sessions,
)

from mofang_api.models.activity import CullingAction
from mofang_hub.culling.decision import decide
from mofang_hub.culling.policy import (
    CullingSettings,
    ServerIdentity,
    resolve_policy,
)
from mofang_training.activity.rule import ActivityState, classify_activity
from mofang_training.activity.samples import ActivitySample

SAMPLE_SECONDS = 30.0
IDENTITY = ServerIdentity("ada", "vision-pytorch", "vision", "pytorch")
POLICY = resolve_policy(CullingSettings(enabled=True), IDENTITY)


@pytest.fixture(scope="module")
def sessions():
    return generate_sessions(60, seed=20261130)


def share(values, bound):
    return sum(each <= bound for each in values) / len(values)


def test_the_generated_servers_are_as_published(sessions):
    tasks = [task for each in sessions for task in each.tasks]
    lengths = [task.end - task.start for task in tasks]
    pauses = [
        after.start - before.end
        for each in sessions
        for before, after in zip(each.tasks, each.tasks[1:], strict=False)
    ]
    used = [each.gpu_seconds / each.life for each in sessions]
    held = sum(each.life for each in sessions)

    assert share(lengths, TASK_MEDIAN) == pytest.approx(0.5, abs=0.03)
    assert share(lengths, TASK_UPPER_QUARTILE) == pytest.approx(0.75, abs=0.03)
    assert share(pauses, PAUSE_MEDIAN) == pytest.approx(0.5, abs=0.05)
    assert share(used, 0.0) == pytest.approx(0.7, abs=0.1)
    assert share(used, 0.05) >= 0.7
    assert 1 - sum(each.gpu_seconds for each in sessions) / held > 0.81


@dataclass
class Outcome:
    """Of one session under the policy."""

    freed_seconds: float = 0.0
    stops: int = 0
    busy_stops: int = 0


def replay(session: Session) -> Outcome:
    """Sample, classify and decide, as server and hub do.

    Who comes back to a server that was stopped starts it again.
    """
    outcome = Outcome()
    at, tasks = 0.0, list(session.tasks)
    while at < session.life:
        stopped = _run_server(session, tasks, at)
        if stopped is None:
            break
        outcome.stops += 1
        running = next((task for task in tasks if task.end > stopped), None)
        if running is not None and running.start <= stopped:
            outcome.busy_stops += 1
        at = session.life if running is None else max(running.start, stopped)
        outcome.freed_seconds += at - stopped
    return outcome


def _run_server(session: Session, tasks: list[Task], start: float) -> float | None:
    """Return when a server that starts is stopped; None if it never is."""
    activity, samples = ActivityState(), []
    noticed_at, report_at, now = None, start, start
    position = 0
    while now < session.life:
        while position < len(tasks) and tasks[position].end < now:
            position += 1
        is_busy = position < len(tasks) and tasks[position].start <= now
        done = sum((task.end for task in tasks[:position][-1:]), 0.0)
        samples = [
            *samples[-6:],
            ActivitySample(
                at=now,
                busy_kernels=("train.ipynb",) if is_busy else (),
                events=frozenset({("kernel", f"{done}")}),
            ),
        ]
        activity = classify_activity(samples, before=activity)
        if activity.is_active:
            noticed_at = None
        if now >= report_at:
            decision = decide(
                POLICY,
                idle=timedelta(seconds=activity.idle_seconds(now)),
                noticed=(
                    None if noticed_at is None else timedelta(seconds=now - noticed_at)
                ),
            )
            report_at = now + decision.report_in.total_seconds()
            if decision.action is CullingAction.STOP:
                return now
            if decision.action is CullingAction.KEEP:
                noticed_at = None
            elif noticed_at is None:
                noticed_at = now
        now += SAMPLE_SECONDS
    return None


def test_half_of_the_idle_gpu_hours_come_back_and_no_busy_server_is_stopped(
    sessions, record_property
):
    idle = sum(each.life - each.gpu_seconds for each in sessions)

    outcomes = [replay(each) for each in sessions]

    freed = sum(each.freed_seconds for each in outcomes)
    stops = sum(each.stops for each in outcomes)
    record_property("idle_gpu_hours", round(idle / HOUR))
    record_property("freed_gpu_hours", round(freed / HOUR))
    print(
        f"{idle / HOUR:.0f} idle GPU-hours of {len(sessions)} servers, "
        f"{freed / HOUR:.0f} freed ({freed / idle:.0%}) by {stops} stops"
    )
    assert sum(each.busy_stops for each in outcomes) == 0
    assert freed / idle >= 0.5
