"""One page of hundreds of running jobs where nodes are many, right after a change.

The nodes are fake (kwok) and a pool of their own; all else is real: submission, queue,
operator, scheduler. Beside it the API server lists the same objects.
"""

import asyncio
import gc
import json
import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from kubernetes_asyncio.client import CoreV1Api, CustomObjectsApi

from bench.many import TOGETHER
from bench.table import Row
from bench.training import NAMESPACE, SERVER, WORKERS, Training
from mofang_api.quantities import read_quantity
from mofang_kube import clients
from support.eventually import eventually
from support.hub import HubSession
from support.jobs import api
from support.nodes import fake_nodes
from support.platform import Platform

PROJECT = "vision"
NODES = 1000
JOBS = 500
UNCHANGED_SECONDS = 10
_KIND = ("kubeflow.org", "v1", NAMESPACE, "pytorchjobs")


def rows(
    platform: Platform, session: HubSession, runs: Training, rounds: int
) -> list[Row]:
    """The panel's page and the API server's own, each after one pod has changed."""
    pool = f"bench-{secrets.token_hex(3)}"
    with (
        fake_nodes(NODES, pool=pool, within=900),
        _roomy(platform, pool),
        asyncio.Runner() as runner,
        _running(session, runs, pool, runner),
    ):
        client = runner.run(clients.load())
        try:
            runner.run(_unchanged(client))
            pages = _Pages(session, client, runner)
            # Not in turn: the API server is busy for a while after its own list.
            ours = [pages.ours() for _ in range(rounds)]
            bare = [pages.bare() for _ in range(rounds)]
        finally:
            runner.run(client.close())
    name = f"page of {JOBS} running jobs, {NODES:,} nodes"
    beside = "API server's list"
    return [
        Row(name=name, unit="ms", ours=ours, baseline_name=beside, baseline=bare),
        Row(
            name=f"{name}: p95",
            unit="ms",
            ours=[_p95(ours)],
            baseline_name=beside,
            baseline=[_p95(bare)],
        ),
    ]


def _p95(samples: list[float]) -> float:
    return sorted(samples)[int(len(samples) * 0.95)]


class _Pages:
    """Asks for a page, each time right after something has changed."""

    def __init__(
        self, session: HubSession, client: clients.ApiClient, runner: asyncio.Runner
    ) -> None:
        self._session = session
        self._pods = CoreV1Api(client)
        self._objects = CustomObjectsApi(client)
        self._runner = runner
        listed = self._pods.list_namespaced_pod(
            NAMESPACE, label_selector="mofang.dev/job", limit=1
        )
        self._pod = runner.run(listed).items[0].metadata.name

    def ours(self) -> float:
        """Milliseconds for the page as the panel asks for it."""

        def ask() -> bytes:
            query = {"limit": JOBS}
            return api(self._session, SERVER, "GET", "jobs", params=query).content

        return self._after_a_change(ask, "jobs")

    def bare(self) -> float:
        """Milliseconds for the list of the same objects."""

        async def read() -> bytes:
            answer = await self._objects.list_namespaced_custom_object(
                *_KIND, limit=JOBS, _preload_content=False
            )
            return await answer.read()

        return self._after_a_change(lambda: self._runner.run(read()), "items")

    def _after_a_change(self, ask: Callable[[], bytes], name: str) -> float:
        """Milliseconds until the last byte; what the bench does with it is not in it.

        Args:
            ask: Returns JSON.
            name: Of the list in it.
        """
        change = {"metadata": {"annotations": {"bench": secrets.token_hex(4)}}}
        self._runner.run(self._pods.patch_namespaced_pod(self._pod, NAMESPACE, change))
        gc.disable()
        try:
            began = time.monotonic()
            body = ask()
            milliseconds = (time.monotonic() - began) * 1000
        finally:
            gc.enable()
        assert len(json.loads(body)[name]) == JOBS, body[:500]
        return milliseconds


@contextmanager
def _roomy(platform: Platform, pool: str) -> Iterator[None]:
    """Give the project the pool, and quota for all of the jobs."""
    before = platform.get("project.mofang.dev", PROJECT)["spec"]
    quota = {"cpu": "1000", "memory": "4Ti", "gpu": 4, "pods": 4 * JOBS}
    _patch(platform, {"pool": pool, "quota": quota})
    try:
        eventually(
            lambda: _hard(platform) == quota["pods"], within=60, what="the quota"
        )
        yield
    finally:
        _patch(platform, {"pool": before.get("pool", ""), "quota": before["quota"]})


def _patch(platform: Platform, spec: dict[str, Any]) -> None:
    text = json.dumps({"spec": spec})
    platform.kubectl("patch", "project.mofang.dev", PROJECT, "--type=merge", "-p", text)


def _hard(platform: Platform) -> Decimal:
    """Pods that the quota allows; the API server writes 2000 as 2k."""
    quota = platform.get("resourcequota", "mofang", "-n", NAMESPACE)
    return read_quantity(quota["spec"]["hard"]["pods"])


@contextmanager
def _running(
    session: HubSession, runs: Training, pool: str, runner: asyncio.Runner
) -> Iterator[None]:
    """Submit the jobs, and wait until every replica of each runs."""

    def knows_the_pool() -> bool:
        found = api(session, SERVER, "POST", "jobs/preview", json=runs.spec)
        return pool in found.json()["manifest"]

    def submit(_: int) -> None:
        made = api(session, SERVER, "POST", "jobs", json=runs.spec)
        assert made.status_code == 201, made.text

    def all_run() -> bool:
        query = {"limit": 1, "state": "Running"}
        answer = api(session, SERVER, "GET", "jobs", params=query)
        # Until a thousand pods are placed, the machine may be too busy to answer.
        return answer.is_success and bool(answer.json()["total"] >= JOBS)

    eventually(knows_the_pool, within=60, what="the pool is known", every=1)
    try:
        with ThreadPoolExecutor(TOGETHER) as together:
            list(together.map(submit, range(JOBS)))
        what = f"{JOBS} jobs of {WORKERS} replicas run"
        eventually(all_run, within=900, what=what, every=5)
        yield
    finally:
        runner.run(_delete())


async def _unchanged(client: clients.ApiClient) -> None:
    """Return when no job and no pod of theirs has changed for a while.

    What follows the start of a thousand pods is not what a page is asked beside.
    """
    objects, pods = CustomObjectsApi(client), CoreV1Api(client)
    known: set[tuple[str, str]] = set()
    async with asyncio.timeout(600):
        while True:
            jobs = (await objects.list_namespaced_custom_object(*_KIND))["items"]
            found = {
                (e["metadata"]["uid"], e["metadata"]["resourceVersion"]) for e in jobs
            }
            for pod in (await pods.list_namespaced_pod(NAMESPACE)).items:
                found.add((pod.metadata.uid, pod.metadata.resource_version))
            if found == known:
                return
            known = found
            await asyncio.sleep(UNCHANGED_SECONDS)


async def _delete() -> None:
    async with await clients.load() as client:
        await CustomObjectsApi(client).delete_collection_namespaced_custom_object(
            *_KIND
        )
