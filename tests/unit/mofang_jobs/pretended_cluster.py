"""A cluster that keeps in memory what the service writes."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

from mofang_jobs.engines.job_manifest import build_cancellation, build_unsuspension
from mofang_jobs.engines.object_status import strip_job
from mofang_jobs.engines.pod_status import strip_pod
from mofang_kube.errors import (
    ConflictError,
    ForbiddenError,
    KubernetesUnavailableError,
)


class PretendedCluster:
    """Keeps jobs and pods as the engine would; tells what it was asked."""

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.pods: dict[str, dict[str, Any]] = {}
        self.output: dict[str, bytes] = {}
        self.said: list[tuple[str, str]] = []
        self.asked_for_events: list[str] = []
        self.answers_events = asyncio.Event()
        """Not set: whoever asks for events waits."""
        self.answers_events.set()
        self.broken_events: set[str] = set()
        """Names of objects whose events cannot be read."""
        self.servers: set[str] = set()
        self.groups: dict[str, dict[str, Any]] = {}
        self.policies: dict[str, dict[str, Any]] = {}
        self.removed: list[str] = []
        self.conflicts = 0
        self.nodes: dict[str, dict[str, Any]] = {}
        self.annotated: list[str] = []
        self.refuses_annotations = False
        self.refused_starts: int | None = None
        self.writes, self.dies_at = 0, 0
        self.versions = itertools.count(1)

    async def create(self, kind: Any, objects: Any) -> dict[str, Any]:
        *_, body = objects
        name = body["metadata"]["name"]
        self.write()
        if name in self.jobs:
            raise ConflictError("It is there already.")
        body["metadata"] |= {
            "uid": f"uid-{name}",
            "creationTimestamp": f"2026-11-23T00:00:{len(self.jobs):02}Z",
            "resourceVersion": str(next(self.versions)),
        }
        self.jobs[name] = body
        return strip_job(kind, body)

    async def create_if_absent(self, body: dict[str, Any]) -> None:
        self.write()
        is_policy = body["kind"] == "NetworkPolicy"
        kept = self.policies if is_policy else self.groups
        kept.setdefault(body["metadata"]["name"], body)

    async def list_unowned(self, resource: Any) -> list[dict[str, Any]]:
        return []

    def write(self) -> None:
        """Count a write; the one that kills us is not done."""
        self.writes += 1
        if self.writes == self.dies_at:
            raise asyncio.CancelledError

    async def find(self, kind: Any, namespace: str, name: str) -> dict[str, Any] | None:
        body = self.jobs.get(name)
        is_there = body and body["metadata"]["namespace"] == namespace
        is_there = is_there and body and body["kind"] == kind.kind
        return strip_job(kind, body) if body and is_there else None

    async def cancel(
        self, kind: Any, current: Any, user: str, at: str
    ) -> dict[str, Any]:
        return self._patch(kind, current, build_cancellation(kind, user, at))

    async def annotate(
        self, kind: Any, current: Any, annotations: Any
    ) -> dict[str, Any]:
        self.annotated.append(current["metadata"]["name"])
        if self.refuses_annotations:
            raise ForbiddenError("No.")
        patch = {"metadata": {"annotations": annotations}}
        return self._patch(kind, current, patch)

    async def unsuspend(self, kind: Any, current: Any) -> dict[str, Any]:
        if self.refused_starts is not None:
            self.refused_starts += 1
            raise KubernetesUnavailableError("Kubernetes does not answer.")
        return self._patch(kind, current, build_unsuspension(kind))

    def _patch(self, kind: Any, current: Any, patch: Any) -> dict[str, Any]:
        self.write()
        body = self.jobs[current["metadata"]["name"]]
        metadata = body["metadata"]
        is_old = current["metadata"]["resourceVersion"] != metadata["resourceVersion"]
        if self.conflicts or is_old:
            self.conflicts = max(self.conflicts - 1, 0)
            raise ConflictError("It has changed.")
        said = patch.get("metadata", {}).get("annotations", {})
        annotations = {**metadata["annotations"], **said}
        metadata["annotations"] = {
            name: text for name, text in annotations.items() if text is not None
        }
        metadata["resourceVersion"] = str(next(self.versions))
        if patch.keys() == {"metadata"}:
            return strip_job(kind, body)
        *path, last = kind.suspend
        held, wanted = body, patch
        for step in path:
            held, wanted = held[step], wanted[step]
        held[last] = wanted[last]
        return strip_job(kind, body)

    async def delete(self, target: Any, namespace: str = "", name: str = "") -> None:
        """Delete a job, as its storage would, or an object that is named whole."""
        if isinstance(target, dict):
            self.removed.append(target["metadata"]["name"])
        else:
            self.jobs.pop(name, None)

    async def find_pod(self, namespace: str, name: str) -> dict[str, Any] | None:
        pod = self.pods.get(name)
        return strip_pod(pod) if pod else None

    async def warnings(self, namespace: str, name: str) -> list[tuple[str, str]]:
        self.asked_for_events.append(name)
        await self.answers_events.wait()
        if name in self.broken_events:
            raise RuntimeError("unexpected")
        return self.said

    async def images_of_servers(self, namespace: str, owner: str) -> set[str]:
        return self.servers

    async def read_output(
        self, namespace: str, pod: str, container: str, *, follow: bool
    ) -> AsyncIterator[bytes]:
        content = self.output[pod]
        for start in range(0, len(content), 1000):
            yield content[start : start + 1000]
