"""Which of several copies of a process acts: the holder of a Lease.

The rules and times are those of Kubernetes' own components (client-go). The election of
``kubernetes_asyncio`` is not used: it never gives a lease back, ends with the first
request that is not answered while the work it began goes on, sets requests no deadline,
and measures time by a clock that may be set.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from kubernetes_asyncio.client import ApiClient

from mofang_kube.errors import ConflictError, MofangError
from mofang_kube.objects import Manifest, ObjectStorage

__all__ = [
    "LEASE_SECONDS",
    "RENEW_SECONDS",
    "RETRY_SECONDS",
    "Leader",
    "Leads",
    "always",
]

log = logging.getLogger(__name__)

LEASE_SECONDS = 15
"""How long after its last renewal a lease is left to its holder."""

RENEW_SECONDS = 10.0
"""How long after its last renewal its holder acts; less, as clocks run differently."""

RETRY_SECONDS = 2.0
"""How often it is renewed, or tried to get."""

Leads = Callable[[], bool]
"""Says whether this process may act now.

All copies answer requests, and all decide; only the leader writes without being asked.
It asks before each such write.
"""


def always() -> bool:
    """Say that this process may act: there is no other."""
    return True


def _now() -> datetime:
    return datetime.now(UTC)


class Leader:
    """Takes part in the election of the one that acts.

    Args:
        api: The client; shared, not closed here.
        name: Of the Lease, the same in all copies.
        namespace: Of the Lease.
        identity: Of this process alone.
        clock: Steady seconds.
        now: The time, which is written down for people.
    """

    def __init__(
        self,
        api: ApiClient,
        *,
        name: str,
        namespace: str,
        identity: str,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._objects = ObjectStorage(api, field_manager=name)
        self._name = name
        self._lease = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": name, "namespace": namespace},
        }
        self._identity = identity
        self._gained: list[Callable[[], None]] = []
        self._clock = clock
        self._now = now
        self._until = float("-inf")
        self._observed: tuple[str, float] = ("", 0.0)
        """Version of the lease when it last was another, and since when."""

        self._task: asyncio.Task[None] | None = None

    def leads(self) -> bool:
        """Say whether this process may act now.

        It asks nobody and needs no task of ours to run: what is not renewed ends.
        """
        return self._clock() < self._until

    def when_gained(self, callback: Callable[[], None]) -> None:
        """Have somebody told whenever this process begins to lead."""
        self._gained.append(callback)

    def start(self) -> None:
        """Begin to take part; idempotent."""
        if self._task is None:
            self._task = asyncio.create_task(self._take_part(), name="leader election")

    async def stop(self) -> None:
        """Act no more, and leave the lease to whoever comes first; idempotent."""
        self._until = float("-inf")
        if self._task is None:
            return
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self._task = None
        try:
            async with asyncio.timeout(RETRY_SECONDS):
                await self._give_back()
        except (MofangError, TimeoutError) as err:
            log.warning("Lease %s is not given back: %s", self._name, err)

    async def _take_part(self) -> None:
        while True:
            led = self.leads()
            await self.renew()
            if led and not self.leads():
                log.warning("%s does not lead any more", self._identity)
            await asyncio.sleep(RETRY_SECONDS)

    async def renew(self) -> None:
        """Renew the lease, or try to get it, once."""
        led, asked = self.leads(), self._clock()
        left = self._until - asked if led else RENEW_SECONDS
        try:
            async with asyncio.timeout(left):
                is_ours = await self._renewed()
        except ConflictError:
            # Another copy wrote at the same time; the next look tells who leads.
            self._until = float("-inf")
            return
        except (MofangError, TimeoutError) as err:
            log.warning("Lease %s is not renewed: %s", self._name, err)
            return
        except (ValueError, TypeError, LookupError):
            log.exception("Lease %s cannot be read", self._name)
            return
        # Counted from before we asked: others count from when it was written.
        self._until = asked + RENEW_SECONDS if is_ours else float("-inf")
        if is_ours and not led:
            log.info("%s leads by the lease %s", self._identity, self._name)
            for callback in self._gained:
                callback()

    async def _renewed(self) -> bool:
        """Write that the lease is ours if it may be; say whether it is."""
        lease = await self._objects.find(self._lease)
        if lease is None:
            spec = {**self._ours(), "acquireTime": self._time()}
            await self._objects.create({**self._lease, "spec": spec})
            return True
        spec = lease.setdefault("spec", {})
        holder = spec.get("holderIdentity")
        if holder and holder != self._identity and not self._is_over(lease):
            return False
        if holder != self._identity:
            spec["acquireTime"] = self._time()
            spec["leaseTransitions"] = spec.get("leaseTransitions", 0) + 1
        spec |= self._ours()
        await self._objects.replace(lease, verb="renew")
        return True

    def _is_over(self, lease: Manifest) -> bool:
        """Say whether a lease's holder has not renewed it for too long."""
        version, now = lease["metadata"]["resourceVersion"], self._clock()
        if version != self._observed[0]:
            self._observed = version, now
        seconds = lease["spec"].get("leaseDurationSeconds", LEASE_SECONDS)
        return bool(now - self._observed[1] >= seconds)

    def _ours(self) -> Manifest:
        return {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": LEASE_SECONDS,
            "renewTime": self._time(),
        }

    async def _give_back(self) -> None:
        lease = await self._objects.find(self._lease)
        if lease and lease["spec"].get("holderIdentity") == self._identity:
            lease["spec"] |= {"holderIdentity": "", "leaseDurationSeconds": 1}
            await self._objects.replace(lease, verb="give back")
            log.info("%s has given back the lease %s", self._identity, self._name)

    def _time(self) -> str:
        # Kubernetes wants all six digits.
        return self._now().isoformat(timespec="microseconds")
