"""A list that follows the cluster: one resumable watch per kind.

The first LIST is paged; afterwards only changes come, resumed by resource
version with bookmarks. A full LIST happens again only when the API server has
forgotten our version (410), or when it cannot be known any more what was missed: an
event is older than the one before it, cannot be read, or tells of an error.

Requests after a failure are spread in time: all watches of all programs fail at
once when the API server restarts. A watch that ends at once has failed, whatever its
status. Where the API server says how long to wait, as its priority and fairness does
with 429, no request comes before that.

This is an informer of our own, since no library for asyncio has one:

* ``kubernetes_asyncio.watch`` hands on the events of one kind and keeps no objects. It
  does not list, and most errors end it. The caller would still have to page, to list
  anew after 410 and find what was deleted meanwhile, to pause, and to keep the objects:
  all of this module but the loop over lines.
* kopf's ``@kopf.index`` has objects in memory, but only for handlers of an operator: it
  comes with kopf's own loop, a worker and a queue per object, and its own client. Hub
  and training service are no operators and have loops of their own.

What is relied on here, and has tests:

* bounded memory: objects are trimmed before they are kept, and a slow subscriber holds
  the last change of each object (``changes.CoalescingQueue``);
* ``has_synced``, as client-go's informers have it: nobody takes "not listed yet" for
  "not there";
* after 410 what is gone is told as DELETED, and unchanged objects as nothing. There is
  no periodic resync; who needs one reads ``objects``;
* an object is never replaced by an older version of itself, neither by an event that
  comes late nor by one of before our own write;
* a connection without an end is given up after a silence, without a LIST;
* ``last_event`` and ``relists`` for metrics (``metrics``);
* ``put`` and ``drop``, so that a program sees what it wrote itself at once.
"""

import asyncio
import json
import logging
import random
import time
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    KeysView,
    Mapping,
)
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import aiohttp
from kubernetes_asyncio.client import ApiClient, ApiException

from mofang_kube.changes import Change, ChangeType, CoalescingQueue, Manifest
from mofang_kube.clock import ClusterClock
from mofang_kube.watch_errors import (
    GONE,
    ErrorEvent,
    UnorderedError,
    requires_list,
    retry_after,
    version_of,
)

__all__ = [
    "Change",
    "ChangeType",
    "Manifest",
    "WatchTiming",
    "Watcher",
    "object_key",
]

log = logging.getLogger(__name__)

_PAGE = 500
_WATCH_SECONDS = 300
_LIST_TIMEOUT = aiohttp.ClientTimeout(total=60)
_SHORTEST_PAUSE = 0.1
_LONGEST_LINE = 1 << 25
"""Bytes of one event. etcd takes objects of 1.5 MiB unless it is set otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchTiming:
    """When a watch sends its next request, in seconds."""

    longest_pause: float = 10.0
    """After requests that failed one after the other."""

    silence: float = 75.0
    """After which a connection is given up.

    The API server sends a bookmark each minute. A connection that is silent for longer
    may have no other end any more, and asking anew costs nothing.
    """

    stable: float = 5.0
    """How long a watch must have lasted to count as one that worked."""

    clock: Callable[[], float] = time.monotonic
    """Steady seconds."""

    jitter: Callable[[], float] = random.random
    """Returns which part of a pause is kept, from 0 to 1."""

    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


_TIMING = WatchTiming()


class _Listed(NamedTuple):
    """An object of a LIST."""

    object: Manifest
    """Trimmed."""

    version: int


def object_key(obj: Mapping[str, Any]) -> str:
    """``namespace/name``, or the name alone of a cluster-scoped object."""
    metadata = obj["metadata"]
    namespace = metadata.get("namespace")
    return f"{namespace}/{metadata['name']}" if namespace else str(metadata["name"])


class Watcher:
    """Keeps ``objects`` equal to what the cluster has.

    Args:
        api: The client; shared, not closed here.
        path: Collection path, such as ``/apis/mofang.dev/v1alpha1/projects``.
        label_selector: Which objects, by label.
        trim: Cuts an object to what is needed before it is kept.
        index: Names the groups that an object is found by.
        clock: Hears of the API server's time with each answer.
        timing: When it sends its next request.
    """

    def __init__(
        self,
        api: ApiClient,
        path: str,
        *,
        label_selector: str = "",
        field_selector: str = "",
        trim: Callable[[Manifest], Manifest] = lambda obj: obj,
        index: Callable[[Manifest], Collection[str]] = lambda _: (),
        clock: ClusterClock | None = None,
        timing: WatchTiming = _TIMING,
    ) -> None:
        self._api = api
        self._path = path
        self._selectors = [
            (name, value)
            for name, value in (
                ("labelSelector", label_selector),
                ("fieldSelector", field_selector),
            )
            if value
        ]
        self._trim = trim
        self._index = index
        self._clock = clock or ClusterClock()
        self._timing = timing
        self._groups: dict[str, set[str]] = {}
        self._versions: dict[str, int] = {}
        """Of each object, as far as they are numbers."""

        self._version = ""
        self._reached = 0
        """The newest version that was ever reached, as a number."""

        self._task: asyncio.Task[None] | None = None
        self._subscribers: set[CoalescingQueue] = set()
        self.objects: dict[str, Manifest] = {}
        """``object_key`` → object, trimmed."""
        self.has_synced = asyncio.Event()
        """Set once the first LIST is in ``objects``."""

        self.last_event: float | None = None
        """Unix time of the last event, bookmark or LIST; None before the first."""

        self.relists = 0
        """LISTs after the first: each time the API server has forgotten our version."""

    @property
    def resource(self) -> str:
        """Plural name of what is watched, such as ``pods``."""
        return self._path.rsplit("/", 1)[-1]

    def start(self) -> None:
        """Begin to follow; idempotent."""
        if self._task is None:
            self._task = asyncio.create_task(self._follow(), name=f"watch {self._path}")

    async def stop(self) -> None:
        """End the watch; ``objects`` stays as it was."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def changes(self) -> AsyncGenerator[Change, None]:
        """Changes from now on; what is there already is in ``objects``.

        Who is slow hears the last change of each object only.
        """
        queue = CoalescingQueue()
        self._subscribers.add(queue)
        try:
            while True:
                yield await queue.take()
        finally:
            self._subscribers.discard(queue)

    def indexed(self, group: str) -> list[Manifest]:
        """Objects of a group, in no order; none if there is no such group."""
        keys = self._groups.get(group)
        return [self.objects[key] for key in keys] if keys else []

    def count(self, group: str) -> int:
        """How many objects a group has."""
        return len(self._groups.get(group, ()))

    def groups(self) -> KeysView[str]:
        """Names of all groups that have objects, as they are at any time."""
        return self._groups.keys()

    def put(self, obj: Manifest) -> None:
        """Take in an object that we wrote ourselves, ahead of its event."""
        self._change("MODIFIED", obj, version_of(obj))

    def drop(self, key: str) -> None:
        """Forget an object that we deleted ourselves, ahead of its event."""
        gone = self.objects.get(key)
        if gone is not None:
            self._change("DELETED", gone)

    async def _follow(self) -> None:
        pause, timing = _SHORTEST_PAUSE, self._timing
        while True:
            began = timing.clock()
            try:
                minimum = await self._list_and_watch()
            except aiohttp.SocketTimeoutError:
                # Of a kind that nobody changes this is no fault: no time may be lost.
                log.debug("Watch of %s was silent and is resumed", self._path)
                minimum = pause = 0.0
            if timing.clock() - began >= timing.stable:
                pause = min(pause, _SHORTEST_PAUSE)
            jitter = (1 + timing.jitter()) / 2
            await timing.sleep(minimum + pause * jitter)
            pause = min(max(pause * 2, _SHORTEST_PAUSE), timing.longest_pause)

    async def _list_and_watch(self) -> float:
        """Follow until that ends; return for how long no request may be sent then.

        Raises:
            SocketTimeoutError: The watch was silent.
        """
        try:
            if not self._version:
                await self._list()
            await self._watch()
        except ApiException as err:
            if requires_list(err):
                self._version = ""
            if err.status != GONE:
                log.warning("Watch of %s failed: %s", self._path, err.reason)
            return retry_after(err)
        except aiohttp.SocketTimeoutError:
            raise
        except (aiohttp.ClientError, TimeoutError, OSError) as err:
            log.warning("Watch of %s was cut: %s", self._path, err)
        except UnorderedError as err:
            log.warning("Watch of %s is read anew: %s", self._path, err)
            self._version = ""
        except (ValueError, TypeError, LookupError):
            # One unreadable answer must not end the watch for good.
            log.exception("Watch of %s met what it cannot read", self._path)
            self._version = ""
        return 0.0

    async def _get(
        self, query: Iterable[tuple[str, str]], *, within: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        answer = await self._api.call_api(
            self._path,
            "GET",
            query_params=[*self._selectors, *query],
            header_params={"Accept": "application/json"},
            auth_settings=["BearerToken"],
            _preload_content=False,
            _request_timeout=within,
        )
        response: aiohttp.ClientResponse = answer
        self._clock.observe(response.headers.get("Date"))
        if response.status >= 400:  # noqa: PLR2004 - HTTP's own border
            body = await response.text()
            response.release()
            err = ApiException(status=response.status, reason=body[:500])
            err.headers = response.headers
            raise err
        return response

    async def _list(self) -> None:
        found: dict[str, _Listed] = {}
        token = ""
        while True:
            query = [("limit", str(_PAGE))]
            if token:
                query.append(("continue", token))
            response = await self._get(query, within=_LIST_TIMEOUT)
            page = json.loads(await response.read())
            for obj in page["items"]:
                found[object_key(obj)] = _Listed(self._trim(obj), version_of(obj))
            token = page["metadata"].get("continue", "")
            if not token:
                break
        self._replace(found, version_of(page))
        self._version = page["metadata"]["resourceVersion"]
        self.last_event = time.time()
        if self.has_synced.is_set():
            self.relists += 1
        self.has_synced.set()

    def _replace(self, found: Mapping[str, _Listed], version: int) -> None:
        if version < self._reached:
            # The database was restored: its past is another one.
            self._versions.clear()
        self._reached = version
        for key in self.objects.keys() - found.keys():
            # What we wrote ourselves since the LIST began is not in it.
            if self._versions.get(key, 0) <= version:
                self._change("DELETED", self.objects[key])
        for key, listed in found.items():
            known = self.objects.get(key)
            if known is None or known != listed.object:
                kind: ChangeType = "ADDED" if known is None else "MODIFIED"
                self._change(kind, listed.object, listed.version)

    async def _watch(self) -> None:
        query = [
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", self._version),
            ("timeoutSeconds", str(_WATCH_SECONDS)),
        ]
        within = aiohttp.ClientTimeout(
            total=_WATCH_SECONDS + 30, sock_read=self._timing.silence
        )
        response = await self._get(query, within=within)
        try:
            buffer = bytearray()
            async for chunk in response.content.iter_any():
                buffer += chunk
                if len(buffer) > _LONGEST_LINE:
                    raise ValueError(f"An event has more than {_LONGEST_LINE} bytes.")
                if b"\n" in chunk:
                    *lines, buffer = buffer.split(b"\n")
                    for line in lines:
                        self._event(json.loads(line))
        finally:
            response.close()

    def _event(self, event: Manifest) -> None:
        obj = event["object"]
        if event["type"] == "ERROR":
            raise ErrorEvent.of_status(obj)
        version = version_of(obj)
        if version < self._reached:
            raise UnorderedError(f"version {version} came after {self._reached}")
        self.last_event = time.time()
        if event["type"] != "BOOKMARK":
            self._change(event["type"], self._trim(obj), version)
        # Last: what could not be taken in is not reached.
        self._version, self._reached = obj["metadata"]["resourceVersion"], version

    def _change(self, kind: ChangeType, obj: Manifest, version: int = 0) -> None:
        """Take in a change, unless something newer is known.

        Args:
            kind: What happened.
            obj: The object, trimmed.
            version: Of the object; 0 where it is not known.
        """
        key = object_key(obj)
        if version and version < self._versions.get(key, 0):
            return
        self._versions.pop(key, None)
        before = self.objects.pop(key, None)
        if before is not None:
            self._ungroup(key, before)
        if kind != "DELETED":
            self.objects[key] = obj
            if version:
                self._versions[key] = version
            for group in self._index(obj):
                self._groups.setdefault(group, set()).add(key)
        for queue in self._subscribers:
            queue.put(Change(kind, obj))

    def _ungroup(self, key: str, obj: Manifest) -> None:
        for group in self._index(obj):
            keys = self._groups[group]
            keys.discard(key)
            if not keys:
                del self._groups[group]
