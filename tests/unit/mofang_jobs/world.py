"""The whole service on pretended seams: the cluster's answers and the hub's.

Fakes stand where the constructors take them; nothing of ours is patched.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from tornado.testing import bind_unused_port
from unit.mofang_jobs.conftest import PROJECT
from unit.mofang_jobs.pretended_cluster import PretendedCluster
from unit.mofang_jobs.pretended_exec import PretendedExec

from mofang_audit.address import parse_networks
from mofang_audit.log import AuditLog
from mofang_http.server import BoundedHTTPServer
from mofang_hub.notices.contract import NoticeSender
from mofang_hub.settings import JobSettings, LimitSettings
from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.adapters.hub_identity import KEEP_SECONDS, HubIdentity
from mofang_jobs.adapters.job_conditions import JobConditions
from mofang_jobs.adapters.log_files import LogStorage
from mofang_jobs.adapters.log_usage import LogUsageReader
from mofang_jobs.adapters.quotas import Quotas
from mofang_jobs.adapters.record_files import RecordStorage
from mofang_jobs.adapters.sample_files import SampleStorage
from mofang_jobs.api.application import build_application
from mofang_jobs.api.context import ServiceContext
from mofang_jobs.domain.nodes import node_index_keys
from mofang_jobs.engines.base import WorkloadKind
from mofang_jobs.engines.object_meta import pod_index_keys
from mofang_jobs.engines.object_status import job_index_keys, strip_job
from mofang_jobs.engines.pod_status import strip_pod
from mofang_jobs.engines.registry import KINDS, kind_by_name
from mofang_jobs.factory import Adapters, build_service
from mofang_jobs.scheduling.native import NativePolicy
from mofang_jobs.scheduling.network_policy_controller import (
    NetworkPolicies,
    NetworkPolicyController,
)
from mofang_jobs.scheduling.pod_group_controller import PodGroupController
from mofang_jobs.scheduling.queue import JobQueue
from mofang_jobs.services.hang_monitor import HangMonitor
from mofang_jobs.services.job_listing import JobListing
from mofang_jobs.services.job_service import JobService
from mofang_jobs.services.job_status import JobStatusService
from mofang_jobs.services.notice_controller import NoticeController
from mofang_jobs.services.restart_controller import RestartController
from mofang_jobs.services.restart_state import StatusGracePeriod
from mofang_jobs.services.session_registry import SessionRegistry
from mofang_kube.clock import ClusterClock
from mofang_kube.leader import Leads, always
from mofang_kube.watcher import Watcher
from mofang_spawner.environments.models import Environment, Project
from support.eventually import until

IMAGE = "docker.io/mofang/pytorch:1"
SCOPES = [
    "access:services!service=training",
    "custom:mofang:jobs:read",
    "custom:mofang:jobs:write",
    "custom:mofang:shell",
]
PREFIX = "/services/training"


class PretendedCatalog:
    def __init__(self) -> None:
        self.projects = {"vision": PROJECT}
        self.environments = [
            Environment.model_validate(
                {
                    "name": "pytorch",
                    "displayName": "PyTorch",
                    "image": IMAGE,
                    "frameworks": ["pytorch", "tensorflow", "mpi", "single"],
                    "access": {"everyone": True},
                    "resources": {
                        "cpu": {"default": "1"},
                        "memory": {"default": "1Gi"},
                        "cache": {"default": "7Gi"},
                    },
                }
            )
        ]

    watchers = ()

    async def ready(self) -> None: ...

    def find_project(self, name: str) -> Project | None:
        return self.projects.get(name)

    def find_environment(self, name: str) -> Environment | None:
        return next((each for each in self.environments if each.name == name), None)

    def list_environments(
        self, project: Any, groups: Any, username: str
    ) -> list[Environment]:
        return self.environments


class PretendedHub:
    """Knows everybody; a token is a name, perhaps with a scope that it lacks."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_away = False
        self.revoked: set[str] = set()
        self.groups = {"reader": ["readers"]}
        self.scopes = SCOPES
        self.servers: dict[str, Any] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.is_away:
            return httpx.Response(503)
        name, _, lacks = request.headers["Authorization"][6:].partition("-without-")
        if name == "nobody" or name in self.revoked:
            return httpx.Response(403)
        scopes = [scope for scope in self.scopes if scope != lacks]
        kind = "service" if name == "service" else "user"
        if name == "prometheus":
            kind, scopes = "service", ["read:metrics"]
        groups = self.groups.get(name, [])
        said = {"kind": kind, "name": name, "groups": groups, "scopes": scopes}
        return httpx.Response(200, json={**said, "servers": self.servers})


class AuditedEvents(logging.Handler):
    """Keeps what is recorded in the audit log."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.events.append(json.loads(self.format(record)))


@dataclass(kw_only=True)
class World:
    url: str
    http: httpx.AsyncClient
    cluster: PretendedCluster
    catalog: PretendedCatalog
    hub: PretendedHub
    audited: AuditedEvents
    terminals: PretendedExec
    cache: JobCache
    restarts: RestartController
    pods: Watcher
    quotas: Watcher
    policies: Watcher
    networks: NetworkPolicyController
    storage: Path
    sessions: SessionRegistry
    context: ServiceContext
    work: list[asyncio.Task[None]]
    conditions: JobConditions
    queue: JobQueue
    job_status: JobStatusService
    listing: JobListing
    jobs: JobService
    hang_monitor: HangMonitor
    notices: NoticeController
    nodes: Watcher
    asked: dict[str, Any] = field(default_factory=dict)

    async def kill(self) -> None:
        """End all work in the background at once."""
        for task in self.work:
            task.cancel()
        await asyncio.gather(*self.work, return_exceptions=True)

    async def check(self) -> None:
        """Let all that works in the background look once, and do what is due."""
        await self.queue.decide()
        await self.restarts.reconcile()

    def fail(self, name: str, end: str = "Failed", at: datetime | None = None) -> None:
        """Make a job's object fail, or end otherwise, as the operator would."""
        body = self.cluster.jobs[name]
        time = at.isoformat() if at else None
        now = {"type": end, "status": "True", "lastTransitionTime": time}
        body["status"] = {"conditions": [now]}
        body["metadata"]["resourceVersion"] = str(next(self.cluster.versions))
        self.send(body)

    async def eventually(self, job_id: str, **wanted: Any) -> dict[str, Any]:
        """Return a job once it is described as is wanted."""
        async with asyncio.timeout(30):
            while True:
                found: dict[str, Any] = (await self.call("GET", job_id)).json()
                if all(found.get(name) == value for name, value in wanted.items()):
                    return found
                await asyncio.sleep(0.01)

    def wake(self) -> None:
        """Let the queue look, as a change would."""
        for body in self.cluster.jobs.values():
            metadata = body["metadata"]
            metadata["resourceVersion"] = str(int(metadata["resourceVersion"]) + 500)
            self.send(body)

    async def call(
        self, verb: str, path: str = "", *, user: str = "ada", **more: Any
    ) -> httpx.Response:
        """A call about jobs of the project vision; other paths begin with a slash."""
        start = "" if path.startswith("/") else f"{PREFIX}/api/projects/vision/jobs"
        headers = {"Authorization": f"token {user}"}
        address = f"{self.url}{start}{'/' if path and start else ''}{path}"
        return await self.http.request(verb, address, headers=headers, **more)

    async def submit(self, user: str = "ada", **asked: Any) -> dict[str, Any]:
        spec = {"name": "train", "image": IMAGE, "script": "train.py", **asked}
        answer = await self.call("POST", user=user, json=spec)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def admit(self, job: dict[str, Any]) -> None:
        """Return once the queue has released a job."""
        jobs, name = self.cluster.jobs, job["id"]
        await until(lambda: not jobs[name]["spec"]["runPolicy"]["suspend"])

    def send(self, body: dict[str, Any]) -> None:
        """Let the watch bring a job's object as it is now."""
        self.cache.put(strip_job(kind_by_name(body["kind"]), body))

    def run_pod(
        self, job: dict[str, Any], index: int = 0, **facts: Any
    ) -> dict[str, Any]:
        """Make a replica's pod run, as the operator and the kubelet would."""
        name = f"{job['id']}-worker-{index}"
        template = self.cluster.jobs[job["id"]]["spec"]["pytorchReplicaSpecs"]
        labels = template["Worker"]["template"]["metadata"]["labels"]
        pod = {
            "metadata": {
                "name": name,
                "namespace": "mofang-project-vision",
                "uid": f"uid-{name}",
                "labels": {
                    **labels,
                    "training.kubeflow.org/replica-index": str(index),
                    **facts.get("labels", {}),
                },
                "ownerReferences": [{"uid": facts.get("owner", f"uid-{job['id']}")}],
            },
            "spec": {"nodeName": "cpu-1", "containers": [{"name": "pytorch"}]},
            "status": {
                "phase": facts.get("phase", "Running"),
                "containerStatuses": [
                    {
                        "name": "pytorch",
                        "state": facts.get(
                            "state", {"running": {"startedAt": "2026-11-23T00:00:09Z"}}
                        ),
                    }
                ],
            },
        }
        self.cluster.pods[name] = pod
        self.pods.put(strip_pod(pod))
        return pod

    def log_file(self, job: dict[str, Any], index: int = 0) -> Path:
        """Where the wrapper writes; its folder is made."""
        folder = self.storage / "vision" / job["id"]
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"mofang-job-{job['id']}-worker-{index}.log"


@asynccontextmanager
async def running_world(
    storage: Path,
    cluster: PretendedCluster | None = None,
    *,
    kinds: Iterable[WorkloadKind] = KINDS,
    leads: Leads = always,
    grace_period: StatusGracePeriod | None = None,
    keep_caller_seconds: float = KEEP_SECONDS,
    settings: JobSettings = JobSettings(),  # noqa: B008 - frozen
    limits: LimitSettings = LimitSettings(),  # noqa: B008 - frozen
    trusted_proxies: Iterable[str] = (),
    records: RecordStorage | None = None,
    samples: SampleStorage | None = None,
    now: ClusterClock | None = None,
    notice_senders: Iterable[NoticeSender] = (),
    **given: float,
) -> AsyncIterator[World]:
    """Run the service, perhaps on a cluster that another one has left.

    ``given`` goes to ``build_service``.
    """
    cluster = cluster or PretendedCluster()
    catalog, hub = PretendedCatalog(), PretendedHub()
    terminals, audited = PretendedExec(), AuditedEvents()
    jobs_watched = {
        each.kind: Watcher(None, "/", index=job_index_keys) for each in kinds
    }
    pods = Watcher(None, "/pods", index=pod_index_keys)
    nodes = Watcher(None, "/nodes", index=node_index_keys)
    quotas_watched = Watcher(None, "/quotas")
    policies = Watcher(None, "/networkpolicies")
    for watcher in (*jobs_watched.values(), pods, nodes, quotas_watched, policies):
        watcher.has_synced.set()
    cache = JobCache(jobs_watched, pods, nodes, now=now)
    cache.has_kinds.set()
    cache.follow()
    for body in cluster.jobs.values():
        jobs_watched[body["kind"]].put(strip_job(kind_by_name(body["kind"]), body))
    for body in cluster.pods.values():
        pods.put(strip_pod(body))
    for body in cluster.nodes.values():
        nodes.put(body)
    hub_client = httpx.AsyncClient(transport=httpx.MockTransport(hub))
    service = build_service(
        Adapters(
            cache=cache,
            job_storage=cluster,
            pod_storage=cluster,
            catalog=catalog,
            quotas=Quotas(quotas_watched),
            pod_groups=PodGroupController(
                None, cluster, settings.gang, NativePolicy("v1beta1")
            ),
            network_policies=NetworkPolicies(policies, cluster),
            identity=HubIdentity(
                hub_client,
                "http://hub/hub/api",
                keep_seconds=keep_caller_seconds,
                unknown_per_second=limits.lookups_per_second,
            ),
            terminals=terminals,
            logs=LogStorage(storage),
            log_usage=LogUsageReader(storage),
            records=records or RecordStorage(storage),
            samples=samples or SampleStorage(storage),
            audit=AuditLog(audited),
            trusted_proxies=parse_networks(trusted_proxies),
            notice_senders=list(notice_senders),
        ),
        settings,
        limits,
        leads=leads,
        grace_period=grace_period or StatusGracePeriod(0.0),
        **{"session_check_seconds": 0.2, **given},
    )
    queue, restarts = service.queue, service.restart_controller
    conditions = service.conditions
    background = (queue, restarts, conditions, service.notices)
    work = [asyncio.create_task(each.run()) for each in background]
    sessions = service.context.sessions
    application = build_application(PREFIX, service.context)
    listener, port = bind_unused_port()
    server = BoundedHTTPServer(application, limits=limits.training_server_limits())
    server.add_sockets([listener])
    async with (
        hub_client,
        httpx.AsyncClient(trust_env=False, timeout=30) as http,
    ):
        yield World(
            url=f"http://127.0.0.1:{port}",
            http=http,
            cluster=cluster,
            catalog=catalog,
            hub=hub,
            terminals=terminals,
            audited=audited,
            cache=cache,
            restarts=restarts,
            work=work,
            conditions=conditions,
            queue=queue,
            job_status=service.job_status,
            listing=service.context.listing,
            jobs=service.context.jobs,
            hang_monitor=service.hang_monitor,
            notices=service.notices,
            nodes=nodes,
            pods=pods,
            quotas=quotas_watched,
            policies=policies,
            networks=service.network_policy_controller,
            storage=storage,
            sessions=sessions,
            context=service.context,
        )
    server.stop()
    await sessions.stop()
    await server.close_all_connections()
    for task in work:
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)
    await cache.stop()
