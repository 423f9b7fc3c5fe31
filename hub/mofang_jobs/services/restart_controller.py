"""Make the next attempt of jobs that failed, and remove what it takes the place of.

Each step is one write, and a fresh process takes up wherever one was left: the next
attempt has a name of its own, so that two can't make it twice, and the attempt before
is removed once the next one is there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from mofang.models import RestartRecord
from mofang_jobs.adapters.cache import Board
from mofang_jobs.adapters.job_storage import JobEngine
from mofang_jobs.domain.models import JobSeen, Outcome
from mofang_jobs.domain.restart_rules import (
    TOO_LATE,
    is_too_late,
    may_restart,
    record_failure,
    record_loss,
)
from mofang_jobs.engines.object_status import read_job
from mofang_jobs.services.restart_state import Losses, Refusals, Settling, is_lasting
from mofang_jobs.services.submission import Submissions
from mofang_jobs.services.superseded_attempts import EarlierAttempts
from mofang_kube.errors import MofangError
from mofang_kube.leader import Leads, always

log = structlog.get_logger(__name__)

LOOK_SECONDS = 5.0


def _now() -> datetime:
    return datetime.now(UTC)


class Restarts:
    """Restarts jobs by their rules.

    Args:
        board: What is there.
        engine: Removes earlier attempts.
        submissions: Makes next ones.
        losses: For how long machines are lost; asks the board by default.
        settling: How long pods are waited for.
        leads: Says whether this process acts; else it only says what is coming.
        now: The time.
    """

    def __init__(
        self,
        board: Board,
        engine: JobEngine,
        submissions: Submissions,
        *,
        losses: Losses | None = None,
        settling: Settling | None = None,
        leads: Leads = always,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._board = board
        self._earlier = EarlierAttempts(board, engine)
        self._submissions = submissions
        self._leads = leads
        self._now = now
        self._losses = losses or Losses(board.lost_machines)
        self._settling = settling or Settling()
        self._refusals = Refusals(board)

    def is_coming(self, seen: JobSeen) -> bool:
        """Say whether a failed job will be restarted."""
        if seen.outcome is not Outcome.FAILED or self._refusals.find(seen):
            return False
        record = self._record(seen)
        return may_restart(seen, record) and not self._is_too_late(seen, record)

    def refusal(self, seen: JobSeen) -> str | None:
        """Return why a job could not be restarted although its rules say so."""
        return self._refusals.find(seen)

    def loss(self, seen: JobSeen) -> str | None:
        """Return a sentence if a running job has lost a machine."""
        record = self._loss(seen)
        return record.cause if record else None

    async def run(self) -> None:
        """Restart what fails, until cancelled."""
        await self._board.synced()
        with self._board.subscribed(None) as subscription:
            for seen in self._board.list_all():
                subscription.mark(seen.id)
            while True:
                await self._look()
                await subscription.take(LOOK_SECONDS)

    async def _look(self) -> None:
        failed = self._board.list_failed()
        self._settling.keep([obj["metadata"]["uid"] for obj in failed])
        for obj in failed:
            seen = read_job(obj)
            if seen and seen.spec.restart:
                await self._judge(seen)
        if self._losses.look():
            for seen in self._board.list_unfinished():
                lost = self._loss(seen)
                if lost and may_restart(seen, lost):
                    await self.restart(seen, lost)
        for obj in self._board.list_returned():
            # Whoever was asked to delete the job knows of it, and nobody else does.
            await self._earlier.take_back(obj)
        for obj in self._board.list_superseded():
            if self._leads():
                await self._earlier.remove(obj)

    async def _judge(self, seen: JobSeen) -> None:
        """Restart a failed job if its rules say so, or note why not."""
        record = self._record(seen)
        if self._refusals.find(seen) or not may_restart(seen, record):
            return
        if self._is_too_late(seen, record):
            self._refusals.note(seen, TOO_LATE)
            log.info("job failed too long ago to be restarted", job=seen.id)
            return
        if self._settling.is_over(seen, self._board.pods_of(seen)):
            await self.restart(seen, record)

    def _record(self, seen: JobSeen) -> RestartRecord:
        return record_failure(seen, self._board.pods_of(seen), self._now())

    def _is_too_late(self, seen: JobSeen, record: RestartRecord) -> bool:
        return is_too_late(seen, record, self._now())

    def _loss(self, seen: JobSeen) -> RestartRecord | None:
        if seen.outcome or seen.is_held:
            return None
        lost = self._losses.look()
        if not lost:
            return None
        return record_loss(seen, self._board.pods_of(seen), lost, self._now())

    async def restart(self, seen: JobSeen, record: RestartRecord) -> None:
        """Make the next attempt of a job, unless it is no longer as it was seen."""
        if not self._leads() or not self._is_current(seen, record):
            return
        try:
            made = await self._submissions.resubmit(seen, record)
        except MofangError as err:
            # What may pass is tried again by the next look, or the watch will tell
            # that another copy of this service was faster.
            if is_lasting(err):
                self._refusals.note(seen, str(err))
            log.warning("job is not restarted", job=seen.id, error=str(err))
            return
        self._board.put(made)
        if self._board.is_deleted(seen.project, seen.id):
            await self._earlier.take_back(made)
            return
        log.info("job restarted", job=seen.id, attempt=seen.attempt + 1)

    def _is_current(self, seen: JobSeen, record: RestartRecord) -> bool:
        """Say whether what was seen some time ago still asks for a restart."""
        last = self._board.find(seen.project, seen.id)
        if last is None or self._board.is_deleted(seen.project, seen.id):
            return False
        if self._refusals.find(seen):
            return False
        is_same = last.uid == seen.uid and last.outcome is seen.outcome
        return is_same and may_restart(last, record)
