"""How long jobs take to run beside the same resource made by hand; many at once."""

import asyncio
import copy
import re
import secrets
import time
from typing import Any

from kubernetes_asyncio.client import CustomObjectsApi

from bench.table import Row, in_turn
from mofang_kube import clients
from support.eventually import eventually
from support.hub import HubSession
from support.jobs import api, put_script, pytorch_image
from support.platform import Platform

SERVER = "vision-base"
NAMESPACE = "mofang-project-vision"
SCRIPT = "/home/jovyan/bench_step.py"
WORKERS = 2

# Kubernetes tells whole seconds only, so the container tells when it began to run.
STEP = """
import os, pathlib, time

ticks = int(pathlib.Path("/proc/1/stat").read_text().rpartition(")")[2].split()[19])
up = float(pathlib.Path("/proc/uptime").read_text().split()[0])
runs = time.time() - up + ticks / os.sysconf("SC_CLK_TCK")

import torch
import torch.distributed as dist

dist.init_process_group("gloo")
dist.all_reduce(torch.ones(1))
print(f"runs {runs} step {time.time()} end", flush=True)
"""

# Debian's torchrun reads its own default for what to redirect wrongly.
BY_HAND = (
    "exec python3 -m torch.distributed.run --nnodes 2 --nproc_per_node 1"
    " --node_rank $RANK --master_addr $MASTER_ADDR --master_port $MASTER_PORT"
    f" --monitor_interval 0.5 --redirects 9:1 --tee 9:1 {SCRIPT}"
)


class Training:
    """Runs one step of a tiny gang again and again, ours and by hand."""

    def __init__(self, platform: Platform, session: HubSession) -> None:
        self._platform = platform
        self._session = session
        put_script(session, SERVER, SCRIPT.rpartition("/")[2], STEP)
        self.spec: dict[str, Any] = {
            "name": "bench",
            "framework": "pytorch",
            "image": pytorch_image(platform),
            "script": SCRIPT,
            "roles": {"worker": {"replicas": WORKERS}},
            "resources": {"cpu": "100m", "memory": "512Mi"},
        }
        self.steps: list[float] = []
        self.bare_steps: list[float] = []
        self.pattern: dict[str, Any] = {}
        """The job's object as the platform made it last."""

    def ours(self) -> float:
        """Seconds from the submission until all containers run."""
        began = time.time()
        made = api(self._session, SERVER, "POST", "jobs", json=self.spec)
        assert made.status_code == 201, made.text
        name = made.json()["id"]
        self.pattern = self._platform.get("pytorchjob", name, "-n", NAMESPACE)
        pods = [f"{name}-worker-{index}" for index in range(WORKERS)]
        running, step = self._times(pods)
        self.steps.append(step - running)
        api(self._session, SERVER, "DELETE", f"jobs/{name}")
        return running - began

    def bare(self) -> float:
        """The same of a master and a worker that run torchrun, and no gang."""
        name = f"bench-{secrets.token_hex(3)}"
        body = by_hand(self.pattern, name)
        began = asyncio.run(_create(body))
        running, step = self._times([f"{name}-master-0", f"{name}-worker-0"])
        self.bare_steps.append(step - running)
        self._platform.kubectl("delete", "pytorchjob", name, "-n", NAMESPACE)
        return running - began

    def _times(self, pods: list[str]) -> tuple[float, float]:
        """When the last container began to run, and when the last had its step."""
        figures = [
            eventually(lambda p=p: self._read_figures(p), within=90, what=p)
            for p in pods
        ]
        return max(runs for runs, _ in figures), max(step for _, step in figures)

    def _read_figures(self, pod: str) -> tuple[float, float] | None:
        try:
            said = self._platform.kubectl("logs", pod, "-n", NAMESPACE)
        except RuntimeError:
            return None
        found = re.search(r"runs (\S+) step (\S+) end", said)
        return (float(found[1]), float(found[2])) if found else None


def by_hand(pattern: dict[str, Any], name: str) -> dict[str, Any]:
    """A PyTorchJob of the same containers as a person would write it."""
    body = copy.deepcopy(pattern)
    body["metadata"] = {"name": name, "namespace": NAMESPACE}
    body.pop("status", None)
    body["spec"]["runPolicy"]["suspend"] = False
    worker = body["spec"]["pytorchReplicaSpecs"]["Worker"]
    worker["replicas"] = 1
    template = worker["template"]
    del template["metadata"]["labels"]["mofang.dev/pod-group"]
    container = template["spec"]["containers"][0]
    container["command"], container["args"] = ["sh", "-c", BY_HAND], []
    body["spec"]["pytorchReplicaSpecs"] = {
        "Master": copy.deepcopy(worker),
        "Worker": worker,
    }
    return body


async def _create(body: dict[str, Any]) -> float:
    """Create the resource; returns when that was asked."""
    client = await clients.load()
    began = time.time()
    await CustomObjectsApi(client).create_namespaced_custom_object(
        "kubeflow.org", "v1", NAMESPACE, "pytorchjobs", body
    )
    await client.close()
    return began


def rows(runs: Training, rounds: int) -> list[Row]:
    """Until a gang of two runs, and until it has done its first step."""
    in_turn(1, runs.ours, runs.bare)
    runs.steps.clear()
    runs.bare_steps.clear()
    begun, bare_begun = in_turn(rounds, runs.ours, runs.bare)
    return [
        Row(
            name="submit → both workers run",
            unit="s",
            ours=begun,
            baseline_name="bare create",
            baseline=bare_begun,
        ),
        Row(
            name="both run → first all-reduce",
            unit="s",
            ours=runs.steps,
            baseline_name="bare create",
            baseline=runs.bare_steps,
        ),
    ]
