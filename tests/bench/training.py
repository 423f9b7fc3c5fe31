"""How long jobs take to run beside the same resource made by hand; many at once."""

import asyncio
import calendar
import copy
import secrets
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from kubernetes_asyncio.client import CustomObjectsApi

from mofang_kube import clients
from support.eventually import eventually
from support.hub import HubSession
from support.jobs import api, put_script
from support.platform import Platform

SERVER = "vision-base"
NAMESPACE = "mofang-project-vision"
SCRIPT = "/home/jovyan/bench_step.py"
STEP = "import time\nprint('first step at', time.time(), flush=True)\n"
TOGETHER = 20


class Training:
    """Runs one tiny job again and again, ours and by hand."""

    def __init__(self, platform: Platform, session: HubSession) -> None:
        self._platform = platform
        self._session = session
        put_script(session, SERVER, SCRIPT.rpartition("/")[2], STEP)
        image = platform.get("environment.mofang.dev", "base")["spec"]["image"]
        self.spec: dict[str, Any] = {
            "name": "bench",
            "framework": "single",
            "image": str(image),
            "script": SCRIPT,
            "resources": {"cpu": "100m", "memory": "256Mi"},
        }
        self.steps: list[float] = []
        self.bare_steps: list[float] = []
        self._pattern: dict[str, Any] = {}

    def ours(self) -> float:
        """Seconds from the submission until the container runs."""
        began = time.time()
        made = api(self._session, SERVER, "POST", "jobs", json=self.spec).json()
        name = made["id"]
        self._pattern = self._platform.get("pytorchjob", name, "-n", NAMESPACE)
        running, step = self._times(f"{name}-worker-0")
        self.steps.append(step - running)
        api(self._session, SERVER, "DELETE", f"jobs/{name}")
        return running - began

    def bare(self) -> float:
        """The same of the same resource, created by hand and not held back."""
        body = copy.deepcopy(self._pattern)
        name = f"bench-{secrets.token_hex(3)}"
        body["metadata"] = {"name": name, "namespace": NAMESPACE}
        body.pop("status", None)
        body["spec"]["runPolicy"]["suspend"] = False
        worker = body["spec"]["pytorchReplicaSpecs"]["Worker"]["template"]
        del worker["metadata"]["labels"]["mofang.dev/pod-group"]
        began = asyncio.run(_create(body))
        running, step = self._times(f"{name}-worker-0")
        self.bare_steps.append(step - running)
        self._platform.kubectl("delete", "pytorchjob", name, "-n", NAMESPACE)
        return running - began

    def _times(self, pod: str) -> tuple[float, float]:
        """When the pod's first line could be written at all, and when it was.

        Kubernetes tells whole seconds only, so the container's start is read from
        the wrapper's first own line: no image's process could write sooner.
        """

        def look() -> str | None:
            try:
                said = self._platform.kubectl(
                    "logs", pod, "-n", NAMESPACE, "--timestamps"
                )
            except RuntimeError:
                return None
            return said if "first step at" in said else None

        lines = eventually(look, within=60, what=f"{pod} runs").splitlines()
        first = lines[0].split()[0]
        step = next(each for each in lines if "first step at" in each)
        return _seconds(first), float(step.rsplit(maxsplit=1)[1])


async def _create(body: dict[str, Any]) -> float:
    """Create the resource; returns when that was asked."""
    client = await clients.load()
    began = time.time()
    await CustomObjectsApi(client).create_namespaced_custom_object(
        "kubeflow.org", "v1", NAMESPACE, "pytorchjobs", body
    )
    await client.close()
    return began


def _seconds(stamp: str) -> float:
    whole, _, rest = stamp.rstrip("Z").partition(".")
    parsed = time.strptime(whole, "%Y-%m-%dT%H:%M:%S")
    return calendar.timegm(parsed) + float(f"0.{rest or 0}")


def burst(session: HubSession, spec: dict[str, Any], count: int) -> dict[str, float]:
    """Submit many jobs at once, of which most must wait; seconds and numbers."""
    waiting = {**spec, "resources": {"cpu": "3", "memory": "256Mi"}}
    times: list[float] = []

    def submit(_: int) -> str:
        began = time.monotonic()
        made = api(session, SERVER, "POST", "jobs", json=waiting)
        times.append(time.monotonic() - began)
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    began = time.monotonic()
    with ThreadPoolExecutor(TOGETHER) as pool:
        ids = list(pool.map(submit, range(count)))
    took = time.monotonic() - began

    def all_placed() -> bool:
        query = {"limit": 500, "state": "Queued"}
        jobs = api(session, SERVER, "GET", "jobs", params=query).json()["jobs"]
        placed = [job for job in jobs if job["queue"] and job["id"] in set(ids)]
        return len(placed) >= count * 0.9

    eventually(all_placed, within=60, what="waiting jobs know their place")
    began = time.monotonic()
    api(session, SERVER, "GET", "jobs", params={"limit": 100})
    listed = time.monotonic() - began
    with ThreadPoolExecutor(TOGETHER) as pool:
        list(pool.map(lambda each: api(session, SERVER, "DELETE", f"jobs/{each}"), ids))
    ordered = sorted(times)
    return {
        "submitted in s": took,
        "p50 ms": statistics.median(ordered) * 1000,
        "p99 ms": ordered[int(len(ordered) * 0.99) - 1] * 1000,
        "a page of 100 in ms": listed * 1000,
    }
