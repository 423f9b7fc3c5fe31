"""Watch running jobs for progress: tell of those that hang, or restart them (H1)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from mofang.models import HangAction, RestartRecord
from mofang.quantities import parse_quantity
from mofang_jobs.adapters.cache import Board
from mofang_jobs.domain.hang_rule import Health, Verdict
from mofang_jobs.domain.log_paths import LogName
from mofang_jobs.domain.models import JobSeen, PodPhase
from mofang_jobs.domain.restart_rules import may_restart
from mofang_jobs.domain.samples import SampledReplica
from mofang_jobs.services.hang_detector import HangWatch
from mofang_jobs.services.restart_controller import Restarts

log = structlog.get_logger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class Hangs:
    """Judges running jobs again and again.

    Args:
        board: What is there.
        watch: Knows the rule.
        restarter: Starts jobs again that ask for it.
        period_seconds: How often each job is judged.
        now: The time.
    """

    def __init__(
        self,
        board: Board,
        watch: HangWatch,
        restarter: Restarts,
        *,
        period_seconds: float,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._board = board
        self._watch = watch
        self._restarter = restarter
        self._period = period_seconds
        self._now = now
        self._hung: dict[str, str] = {}
        self._looked: dict[str, JobSeen] = {}

    def alert(self, seen: JobSeen) -> str | None:
        """Return what is wrong with a running job; None if nothing is known."""
        return self._hung.get(seen.uid)

    async def run(self) -> None:
        """Judge until cancelled."""
        await self._board.synced()
        while True:
            await self.look()
            await asyncio.sleep(self._period)

    async def look(self) -> None:
        """Judge every running job once."""
        running = {
            seen.uid: seen
            for seen in self._board.list_unfinished()
            if not seen.is_held and seen.spec.hang is not HangAction.OFF
        }
        for uid in self._looked.keys() - running.keys():
            gone = self._looked.pop(uid)
            self._hung.pop(uid, None)
            self._watch.forget(gone.project, gone.id)
        for seen in running.values():
            self._looked[seen.uid] = seen
            await self._judge(seen)

    async def _judge(self, seen: JobSeen) -> None:
        running = {
            (pod.role, pod.index)
            for pod in self._board.pods_of(seen)
            if pod.phase is PodPhase.RUNNING
        }
        replicas = [
            each
            for each in sampled(seen)
            if (each.name.role, each.name.index) in running
        ]
        if not replicas:
            return
        verdict = await self._watch.look(replicas, seen.attempt)
        if verdict.health is not Health.HUNG:
            self._hung.pop(seen.uid, None)
            return
        if seen.uid not in self._hung:
            log.info("job hangs", job=seen.id, project=seen.project)
        self._hung[seen.uid] = verdict.sentence
        if seen.spec.hang is HangAction.RESTART:
            await self._restart(seen, verdict)

    async def _restart(self, seen: JobSeen, verdict: Verdict) -> None:
        record = RestartRecord(
            attempt=seen.attempt,
            at=self._now(),
            cause=verdict.sentence,
            by_platform=True,
        )
        if may_restart(seen, record):
            await self._restarter.restart(seen, record)


def sampled(seen: JobSeen) -> list[SampledReplica]:
    """Return the replicas of a job, with what they were given."""
    return [
        SampledReplica(
            name=LogName(
                project=seen.project, job=seen.id, role=role.name, index=index
            ),
            memory_bytes=int(parse_quantity(role.resources.memory)),
            gpus=role.resources.gpu,
        )
        for role in seen.spec.settled_roles()
        for index in range(role.replicas)
    ]
