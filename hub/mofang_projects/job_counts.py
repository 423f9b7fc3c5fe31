"""Which kinds of jobs the quota of a project counts.

Kubernetes counts only kinds that are served, and learns of a new one within half a
minute. A quota that names a kind before that lets no object of it be created: its
"status is unknown", and it is not looked at again for minutes.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from cachetools import TTLCache

from mofang_jobs.engines.registry import KINDS
from mofang_kube.objects import Manifest, ObjectStorage
from mofang_projects.quotas import count_name

GRACE_SECONDS = 60.0
"""A kind that has been served for so long is known to Kubernetes' own controllers."""

_POLL_SECONDS = 10.0


class JobCounts:
    """Follows which kinds are served.

    Args:
        objects: The cluster.
        clock: Seconds that only grow.
    """

    def __init__(
        self, objects: ObjectStorage, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._objects = objects
        self._clock = clock
        self._served_since: dict[str, float] = {}
        self._polled: TTLCache[str, bool] = TTLCache(1, ttl=_POLL_SECONDS, timer=clock)

    async def countable(self, quota: Manifest | None) -> list[str]:
        """Return the resources that a project's quota of jobs may name now.

        Args:
            quota: As it is; None where there is none yet.

        Raises:
            MofangError: Kubernetes does not tell what it serves.
        """
        if "all" not in self._polled:
            await self._poll()
            self._polled["all"] = True
        status = (quota or {}).get("status") or {}
        hard, used = status.get("hard") or {}, status.get("used") or {}
        found = []
        for resource, since in self._served_since.items():
            name = count_name(resource)
            # Named and not counted: it is left out once, so that it is looked at anew.
            is_known = self._clock() - since >= GRACE_SECONDS and name not in hard
            if name in used or is_known:
                found.append(resource)
        return found

    async def _poll(self) -> None:
        since, now = self._served_since, self._clock()
        versions = {kind.api_version for kind in KINDS}
        served = {each: await self._objects.list_resources(each) for each in versions}
        self._served_since = {
            name: since.get(name, now)
            for kind in KINDS
            if kind.plural in served[kind.api_version]
            for name in [f"{kind.plural}.{kind.group}"]
        }
