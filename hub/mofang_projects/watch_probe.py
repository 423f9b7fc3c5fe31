"""Whether the operator's watch of projects still brings what the API server has.

kopf's own liveness says that its loop turns. A watch that never comes back, such as
after refusals in a row, would leave the loop turning and new projects unmade. So each
minute the projects are listed, and one that has changed without an event for too long
makes the probe fail: Kubernetes starts the operator anew, which begins with a list.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable

from mofang_kube.errors import MofangError
from mofang_kube.objects import Manifest
from mofang_kube.watch_errors import version_of

log = logging.getLogger(__name__)

CHECK_SECONDS = 60.0
BEHIND_SECONDS = 180.0
"""How long an event may take. kopf retries a refused watch for a minute, and obeys the
API server where that wants no request for two."""


class WatchBehindError(Exception):
    """The watch has missed a change."""


class WatchProbe:
    """Compares what events have told with a list.

    Args:
        list_projects: Returns all projects as the API server has them.
        clock: Steady seconds.
    """

    def __init__(
        self,
        list_projects: Callable[[], Awaitable[list[Manifest]]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._list_projects = list_projects
        self._clock = clock
        self._observed: dict[str, int] = {}
        self._behind: dict[str, tuple[int, float]] = {}
        """Version that no event has told of, and since when that is known."""

        self._checked = float("-inf")

    def observe(self, project: Manifest, *, is_gone: bool = False) -> None:
        """Take in an event."""
        name, version = project["metadata"]["name"], version_of(project)
        if is_gone:
            self._observed.pop(name, None)
            self._behind.pop(name, None)
            return
        self._observed[name] = version
        if name in self._behind and version >= self._behind[name][0]:
            del self._behind[name]

    async def check(self) -> None:
        """List if it is time, and see whether an event is overdue.

        Raises:
            WatchBehindError: One is.
        """
        now = self._clock()
        if now - self._checked >= CHECK_SECONDS:
            self._checked = now
            await self._compare(now)
        late = [
            name for name, (_, at) in self._behind.items() if now - at >= BEHIND_SECONDS
        ]
        if late:
            message = f"No event has told of changes of {', '.join(sorted(late))}."
            log.error("%s The operator is to be started anew.", message)
            raise WatchBehindError(message)

    async def _compare(self, now: float) -> None:
        try:
            projects = await self._list_projects()
        except (MofangError, TimeoutError) as err:
            # That nobody answers is not the watch's fault, and no restart helps.
            log.warning("The watch of projects is not checked: %s", err)
            return
        versions = {each["metadata"]["name"]: version_of(each) for each in projects}
        self._behind = {
            name: self._behind.get(name, (version, now))
            for name, version in versions.items()
            if self._observed.get(name, -1) < version
        }
