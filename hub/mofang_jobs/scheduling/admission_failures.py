"""Why jobs that may run could not be let in, until they are."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from mofang_jobs.domain.termination_message import shortened
from mofang_kube.errors import ClusterAwayError, MofangError

RETRY_SECONDS = 15.0
"""How long after a refusal a job is not tried again: most of them last until somebody
does something about them."""

_UNKNOWN = "the training service failed at it, and its log says why."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    sentence: str
    until: float


class Refusals:
    """The last refusal of each waiting job.

    Args:
        clock: Steady seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last: dict[str, _Refusal] = {}

    def note(self, uid: str, error: Exception) -> None:
        """Remember why a job was refused.

        Who did not reach Kubernetes was not refused and may be tried again at once.
        """
        cause = shortened(error.message) if isinstance(error, MofangError) else _UNKNOWN
        is_away = isinstance(error, ClusterAwayError)
        self._last[uid] = _Refusal(
            sentence=(
                f"It could not be started yet: {cause} This is tried again by itself. "
                "If it stays so, show this to an administrator."
            ),
            until=self._clock() + (0 if is_away else RETRY_SECONDS),
        )

    def sentence(self, uid: str) -> str | None:
        """Return why a job was refused when it was last tried; None if it was not."""
        found = self._last.get(uid)
        return found.sentence if found else None

    def standing(self) -> dict[str, str]:
        """Return the sentences of jobs, by uid, that are not tried again yet."""
        now = self._clock()
        return {
            uid: each.sentence for uid, each in self._last.items() if now < each.until
        }

    def forget(self, uid: str) -> None:
        """Forget a job that was let in."""
        self._last.pop(uid, None)

    def keep(self, uids: Collection[str]) -> None:
        """Forget all other jobs."""
        self._last = {uid: each for uid, each in self._last.items() if uid in uids}
