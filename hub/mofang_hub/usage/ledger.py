"""Decide which intervals begin and end, by what is observed of pods. Pure.

A pod has one interval, from when it was bound to its node to when it ended, or several
without a gap, where its requests were changed while it ran. Both times are the pod's
own, so that a ledger that was not running meanwhile finds the same. Only where a pod is
gone that nobody observed to the end, its interval ends when it was last observed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from mofang_hub.usage.intervals import (
    Allocation,
    EndSource,
    Interval,
    OpenInterval,
)
from mofang_hub.usage.pods import ObservedAllocation

CLOCK_TOLERANCE = 120
"""Seconds by which a node's clock may be wrong before it is not believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerChanges:
    """What is to be written: all of it or nothing."""

    opened: Mapping[str, OpenInterval] = field(default_factory=dict)
    """By the pod's UID; takes the place of what was open."""

    ended: Collection[str] = ()
    """UIDs of pods that have no open interval any more."""

    closed: tuple[Interval, ...] = ()
    last_observed: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether no interval has begun or ended."""
        return not (self.opened or self.ended or self.closed)


class Ledger:
    """The intervals that are open, and what has changed since it was last written.

    Args:
        open_intervals: As they were written.
        recorded: UIDs of pods that have ended and whose intervals were written.
        last_observed: Until when pods were observed.
    """

    def __init__(
        self,
        open_intervals: Iterable[OpenInterval] = (),
        recorded: Iterable[str] = (),
        last_observed: int = 0,
    ) -> None:
        self._open = {each.allocation.pod_uid: each for each in open_intervals}
        self._recorded = set(recorded) - self._open.keys()
        self._last_observed = last_observed
        self._opened: set[str] = set()
        self._ended: set[str] = set()
        self._closed: list[Interval] = []

    @property
    def open_intervals(self) -> list[OpenInterval]:
        """What goes on."""
        return list(self._open.values())

    @property
    def last_observed(self) -> int:
        """Until when pods were observed; 0 if they never were."""
        return self._last_observed

    @property
    def unwritten(self) -> list[Interval]:
        """Intervals that have ended and are not written yet."""
        return list(self._closed)

    def observe(self, pod: ObservedAllocation, now: int) -> None:
        """Take in a pod as it is.

        Args:
            pod: What is observed of it.
            now: The time, as the cluster has it.
        """
        uid = pod.allocation.pod_uid
        if uid in self._recorded:
            return
        known = self._open.get(uid)
        if known is None:
            self._put(OpenInterval(allocation=pod.allocation, started=pod.started))
        else:
            self._go_on(known, pod.allocation, now)
        if pod.has_ended:
            self._close(uid, *self._end_of(pod, self._open[uid], now))
            self._recorded.add(uid)

    def delete(self, pod: ObservedAllocation, now: int) -> None:
        """Take in that a pod is gone.

        Args:
            pod: As it was in the end.
            now: The time, as the cluster has it.
        """
        uid = pod.allocation.pod_uid
        # What was short may be gone before anything else is observed of it.
        self.observe(pod, now)
        if uid in self._recorded:
            self._recorded.discard(uid)
            return
        self._close(uid, *self._end_of(pod, self._open[uid], now))

    def reconcile(self, present: Collection[str]) -> None:
        """End what is open of pods that are not there any more.

        Args:
            present: UIDs of all pods that there are.
        """
        for uid in self._open.keys() - set(present):
            self._close(uid, self._last_observed, EndSource.LAST_OBSERVED)
        self._recorded &= set(present)

    def advance(self, observed: int) -> None:
        """Take in until when pods were observed; never goes back.

        Args:
            observed: The time.
        """
        self._last_observed = max(self._last_observed, observed)

    def changes(self) -> LedgerChanges:
        """Return what is to be written; it stays until ``confirm``."""
        return LedgerChanges(
            opened={uid: self._open[uid] for uid in self._opened},
            ended=frozenset(self._ended),
            closed=tuple(self._closed),
            last_observed=self._last_observed,
        )

    def confirm(self, written: LedgerChanges) -> None:
        """Forget changes that were written; those since then stay.

        Args:
            written: What ``changes`` had returned.
        """
        del self._closed[: len(written.closed)]
        self._ended -= set(written.ended)
        self._opened -= {
            uid for uid, each in written.opened.items() if self._open.get(uid) is each
        }

    def _put(self, interval: OpenInterval) -> None:
        uid = interval.allocation.pod_uid
        self._open[uid] = interval
        self._opened.add(uid)
        self._ended.discard(uid)

    def _go_on(self, known: OpenInterval, new: Allocation, now: int) -> None:
        """Go on with an allocation, which may be another one from now on."""
        if not new.gpu_model:
            # The node, and its label with it, may be gone before the pod.
            new = replace(new, gpu_model=known.allocation.gpu_model)
        if known.allocation == new:
            return
        is_resize = _amounts(known.allocation) != _amounts(new)
        if not is_resize or now <= known.started:
            # Of a node whose model was not known yet, or nothing has passed.
            self._put(replace(known, allocation=new))
            return
        self._closed.append(known.closed(now, EndSource.RESIZE))
        self._put(OpenInterval(allocation=new, started=now))

    def _close(self, uid: str, ended: int, source: EndSource) -> None:
        interval = self._open.pop(uid)
        self._closed.append(interval.closed(ended, source))
        self._opened.discard(uid)
        self._ended.add(uid)

    def _end_of(
        self, pod: ObservedAllocation, known: OpenInterval, now: int
    ) -> tuple[int, EndSource]:
        """Return when a pod ended, and from where that is known."""
        # It was still there when it was last observed, and is no more by now.
        observed = min(max(known.started, self._last_observed), now)
        if pod.finished is not None:
            slack = CLOCK_TOLERANCE
            if observed - slack <= pod.finished <= now + slack:
                return min(pod.finished, now), EndSource.STATUS
        elif not pod.has_ended and pod.deleted is not None:
            return min(max(pod.deleted, observed), now), EndSource.DELETION
        return observed, EndSource.LAST_OBSERVED


def _amounts(allocation: Allocation) -> tuple[int, int, int]:
    return allocation.cpu_millicores, allocation.memory_bytes, allocation.gpus
