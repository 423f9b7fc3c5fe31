"""Let waiting jobs in, one project at a time, whenever something has changed.

What is decided here is a patch of the job's object each; nothing else is remembered
that a fresh process would miss.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from mofang.models import QueuePlace
from mofang_jobs.adapters.cache import Board
from mofang_jobs.adapters.quotas import Quotas
from mofang_jobs.domain.models import JobSeen, PodSeen
from mofang_jobs.domain.queue_decisions import Room, Stuck, Verdict, Waiting, judge
from mofang_jobs.domain.resource_requests import add, asks_gpu, demand_of
from mofang_jobs.scheduling.admitter import Starter
from mofang_jobs.scheduling.queue_state import (
    SETTLE_SECONDS,
    KnownNodes,
    Refusals,
    Reservations,
    StuckJobs,
)
from mofang_kube.errors import ClusterAwayError, ClusterError, MofangError
from mofang_kube.leader import Leads, always

log = structlog.get_logger(__name__)

LOOK_SECONDS = 5.0
RETRY_SECONDS = 1.0

_BROKEN = (
    "The project's queue stands still: its quota or one of its jobs cannot be read. "
    "Show this to an administrator; the log of the training service says more."
)


class Pools(Protocol):
    """Where a project's pool is looked up."""

    async def ready(self) -> None:
        """Return once projects are known.

        Raises:
            ClusterAwayError: Kubernetes did not answer in time.
        """

    def pool_of(self, project: str) -> str:
        """Return the name of the project's pool; empty for none."""


def _now() -> datetime:
    return datetime.now(UTC)


class JobQueue:
    """Decides when waiting jobs run.

    Args:
        board: What is there.
        quotas: What projects may use.
        releaser: Lets jobs run.
        pools: Projects' pools.
        patience: How long a job may be passed by smaller ones.
        admit_unschedulable: Whether jobs are admitted that no node could take.
        leads: Says whether this process acts; else it judges and lets nobody in.
        now: The time.
        clock: Steady seconds, by which what we saw ourselves is timed.
    """

    def __init__(
        self,
        board: Board,
        quotas: Quotas,
        releaser: Starter,
        pools: Pools,
        *,
        patience: timedelta,
        admit_unschedulable: bool = False,
        leads: Leads = always,
        now: Callable[[], datetime] = _now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._board = board
        self._quotas = quotas
        self._releaser = releaser
        self._pools = pools
        self._patience = patience
        self._leads = leads
        self._now = now
        self._verdicts: dict[str, dict[str, Verdict]] = {}
        self._nodes = KnownNodes(admit_unschedulable=admit_unschedulable)
        self._stuck = StuckJobs(pools.pool_of, patience=patience, clock=clock)
        self._reservations = Reservations(clock)
        self._refusals = Refusals(clock)
        self._pods: Mapping[str, Sequence[PodSeen]] = {}

    def place(self, seen: JobSeen) -> tuple[QueuePlace | None, str | None]:
        """Return a waiting job's place and why it waits; None where unknown."""
        verdicts = self._verdicts.get(seen.project, {})
        verdict = verdicts.get(seen.id)
        if verdict is None or not seen.is_waiting:
            return None, None
        length = sum(1 for each in verdicts.values() if each.reason)
        place = QueuePlace(position=verdict.position, length=max(length, 1))
        return place, verdict.reason or self._refusals.sentence(seen.uid)

    async def run(self) -> None:
        """Decide whenever something changes, until cancelled."""
        await self._board.synced()
        await self._board.nodes_synced()
        await self._quotas.ready()
        await self._pools_known()
        with self._board.subscribed(None) as subscription:
            follower = asyncio.create_task(self._wake_on_quota(subscription.wake))
            try:
                while True:
                    await self.decide()
                    is_settling = self._reservations.is_settling
                    pause = SETTLE_SECONDS if is_settling else LOOK_SECONDS
                    await subscription.take(pause)
            finally:
                follower.cancel()
                await asyncio.gather(follower, return_exceptions=True)

    async def _pools_known(self) -> None:
        """Return once projects are known, however long that takes."""
        while True:
            try:
                await self._pools.ready()
            except ClusterError as err:
                log.warning("projects are not known yet", error=str(err))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def _wake_on_quota(self, wake: Callable[[], None]) -> None:
        async for _ in self._quotas.changes():
            wake()

    async def decide(self) -> None:
        """Decide once for all projects."""
        running: dict[str, list[JobSeen]] = defaultdict(list)
        waiting: dict[str, list[JobSeen]] = defaultdict(list)
        for seen in self._board.list_unfinished():
            (waiting if seen.is_waiting else running)[seen.project].append(seen)
        let_in = [each for jobs in running.values() for each in jobs]
        self._pods = {each.uid: self._board.pods_of(each) for each in let_in}
        self._reservations.look(self._pods)
        self._nodes.look(self._board.nodes)
        stuck = self._stuck.among(let_in, self._pods, self._nodes.alike)
        uids = {each.uid for jobs in waiting.values() for each in jobs}
        self._nodes.keep(uids)
        self._refusals.keep(uids)
        self._verdicts = {
            project: verdicts
            for project, verdicts in self._verdicts.items()
            if project in waiting
        }
        await asyncio.gather(
            *(
                self._decide_of(project, jobs, running[project], stuck)
                for project, jobs in waiting.items()
            )
        )

    async def _decide_of(
        self,
        project: str,
        jobs: list[JobSeen],
        running: list[JobSeen],
        stuck: list[Stuck],
    ) -> None:
        # What breaks one project's queue is nothing to the others.
        try:
            await self._let_in(project, jobs, running, stuck)
        except Exception:
            log.exception("queue of a project broke", project=project)
            ordered = sorted(jobs, key=lambda each: each.created)
            self._verdicts[project] = {
                each.id: Verdict(position=number, reason=_BROKEN)
                for number, each in enumerate(ordered, 1)
            }

    async def _let_in(
        self,
        project: str,
        jobs: list[JobSeen],
        running: list[JobSeen],
        stuck: list[Stuck],
    ) -> None:
        """Let in who may; what the refused would have taken is left to the next."""
        begun: dict[str, JobSeen] = {}
        refused = self._refusals.standing()
        while True:
            left = [each for each in jobs if each.uid not in begun]
            taking = [*running, *begun.values()]
            verdicts = self._judge(project, left, taking, stuck, refused)
            self._verdicts[project] = verdicts
            ready = [each for each in left if verdicts[each.id].reason is None]
            if not self._leads():
                return
            errors = await asyncio.gather(*map(self._release, ready))
            for each, error in zip(ready, errors, strict=True):
                if error is None:
                    begun[each.uid] = each
                else:
                    refused[each.uid] = self._refusals.sentence(each.uid) or ""
            is_away = any(isinstance(error, ClusterAwayError) for error in errors)
            if is_away or not any(errors):
                return

    def _judge(
        self,
        project: str,
        jobs: list[JobSeen],
        running: list[JobSeen],
        stuck: list[Stuck],
        refused: dict[str, str],
    ) -> dict[str, Verdict]:
        pool = self._pools.pool_of(project)
        used = self._quotas.used(project)
        add(used, self._reservations.missing(running, self._pods))
        return judge(
            [self._waiting(each, pool) for each in jobs],
            Room(
                hard=self._quotas.hard(project),
                used=used,
                settling=self._reservations.settling(running),
            ),
            stuck=stuck,
            refused={
                each.id: refused[each.uid] for each in jobs if each.uid in refused
            },
            now=self._now(),
            patience=self._patience,
        )

    def _waiting(self, seen: JobSeen, pool: str) -> Waiting:
        return Waiting(
            job=seen.id,
            rank=seen.spec.priority.rank,
            submitted=seen.created,
            demand=demand_of(seen.spec),
            asks_gpu=asks_gpu(seen.spec),
            pool=pool,
            unschedulable=self._nodes.unschedulable(seen, pool),
        )

    async def _release(self, seen: JobSeen) -> Exception | None:
        """Let a job run; return what was in the way."""
        try:
            await self._releaser.release(seen)
        except Exception as err:
            # It still waits, and a later look tries again.
            if isinstance(err, MofangError):
                log.warning("job is not let in", job=seen.id, error=str(err))
            else:
                log.exception("letting a job in broke", job=seen.id)
            self._refusals.note(seen.uid, err)
            return err
        self._refusals.forget(seen.uid)
        log.info("job let in", project=seen.project, job=seen.id)
        return None
