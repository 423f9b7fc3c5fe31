"""The program ``mofang-training``: connect, serve, and end in order."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from uuid import uuid4

import httpx
import structlog

from mofang_audit.address import parse_networks
from mofang_audit.files import AuditFileHandler
from mofang_audit.log import AuditLog
from mofang_http.server import BoundedHTTPServer
from mofang_hub.notices.senders import build_senders
from mofang_hub.settings import NOTICES_FOLDER, AuditSettings, Secrets, Settings
from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.adapters.engine_discovery import EngineDiscovery
from mofang_jobs.adapters.hub_identity import HubIdentity
from mofang_jobs.adapters.job_storage import JobStorage
from mofang_jobs.adapters.log_files import LogStorage
from mofang_jobs.adapters.log_usage import LogUsageReader
from mofang_jobs.adapters.pod_exec import ApiServerExec
from mofang_jobs.adapters.pod_storage import PodStorage
from mofang_jobs.adapters.quotas import Quotas
from mofang_jobs.adapters.record_files import RecordStorage
from mofang_jobs.adapters.sample_files import SampleStorage
from mofang_jobs.api.application import build_application
from mofang_jobs.factory import Adapters, build_service
from mofang_jobs.logging import configure_logging
from mofang_jobs.scheduling.network_policy_controller import NetworkPolicies
from mofang_jobs.scheduling.pod_group_controller import PodGroupController
from mofang_kube import clients
from mofang_kube.clients import ApiClient
from mofang_kube.leader import Leader, Leads, always
from mofang_kube.objects import ObjectStorage
from mofang_spawner.environments.catalog import Catalog

log = structlog.get_logger(__name__)

PORT = 8080
PREFIX = "/services/training"
LEASE_NAME = "mofang-training"
FIELD_MANAGER = "mofang-training"
HUB_SECONDS = 10.0
DRAIN_SECONDS = 5.0
RESTART_SECONDS = 5.0


async def serve(
    settings: Settings,
    api: ApiClient,
    *,
    hub_api: str,
    port: int,
    stop: asyncio.Event,
    leader: Leader | None = None,
) -> None:
    """Serve until ``stop`` is set.

    Args:
        settings: Of this installation.
        api: Client of the cluster.
        hub_api: Address of the hub's API.
        port: Where to listen.
        stop: Set when it is time to end.
        leader: Says which copy of the service acts without being asked; None where
            there is no other.
    """
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(
            httpx.AsyncClient(timeout=HUB_SECONDS, trust_env=False)
        )
        adapters = _connect(settings, api, http, hub_api, stack)
        service = build_service(
            adapters,
            settings.jobs,
            settings.limits,
            leads=_leads(leader, adapters.cache, stack),
        )
        discovery = EngineDiscovery(
            api, adapters.cache, adapters.pod_groups.select_policy
        )
        for name, work in {"discovery": discovery.run, **service.background}.items():
            _keep_running(name, work, stack)
        application = build_application(PREFIX, service.context)
        server = BoundedHTTPServer(
            application,
            limits=settings.limits.training_server_limits(),
            xheaders=False,
        )
        server.listen(port)
        # What was loaded stays: the collector need not look through it again and again,
        # which would hold up a request by a tenth of a second now and then.
        gc.collect()
        gc.freeze()
        log.info("training service listens", port=port)
        await stop.wait()
        log.info("training service ends")
        if leader is not None:
            # Another copy may act while this one answers its last requests.
            await leader.stop()
        server.stop()
        await service.context.sessions.stop()
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await server.close_all_connections()
        except TimeoutError:
            log.info("some connections were cut")


def _connect(
    settings: Settings,
    api: ApiClient,
    http: httpx.AsyncClient,
    hub_api: str,
    stack: AsyncExitStack,
) -> Adapters:
    """Begin to follow the cluster; the stack ends it."""
    cache = JobCache.of_cluster(api)
    cache.start()
    stack.push_async_callback(cache.stop)
    catalog = Catalog.of_cluster(api, settings.image_references)
    stack.push_async_callback(catalog.close)
    quotas = Quotas.of_cluster(api)
    quotas.start()
    stack.push_async_callback(quotas.stop)
    objects = ObjectStorage(api, field_manager=FIELD_MANAGER)
    pod_groups = PodGroupController(api, objects, settings.jobs.gang)
    stack.push_async_callback(pod_groups.stop)
    network_policies = NetworkPolicies.of_cluster(api, objects)
    network_policies.start()
    stack.push_async_callback(network_policies.stop)
    terminals = ApiServerExec(api)
    stack.push_async_callback(terminals.stop)
    audit = _audit_log(settings.audit, cache.now)
    stack.callback(audit.close)
    return Adapters(
        cache=cache,
        job_storage=JobStorage(objects),
        pod_storage=PodStorage(api),
        catalog=catalog,
        quotas=quotas,
        pod_groups=pod_groups,
        network_policies=network_policies,
        identity=HubIdentity(
            http, hub_api, unknown_per_second=settings.limits.lookups_per_second
        ),
        terminals=terminals,
        logs=LogStorage(settings.logs_root),
        log_usage=LogUsageReader(settings.logs_root),
        records=RecordStorage(settings.logs_root),
        samples=SampleStorage(settings.logs_root),
        notice_senders=build_senders(
            settings.jobs.notices,
            Secrets(NOTICES_FOLDER),
            public_url=settings.public_url,
        ),
        audit=audit,
        trusted_proxies=parse_networks(settings.audit.trusted_proxies),
    )


def _audit_log(settings: AuditSettings, now: Callable[[], datetime]) -> AuditLog:
    if not settings.enabled:
        return AuditLog(None)
    return AuditLog(
        AuditFileHandler(
            settings.folder,
            "training",
            keep_days=settings.retention_days,
            max_bytes=settings.max_bytes_per_day,
            now=now,
        ),
        now=now,
    )


def _leads(leader: Leader | None, cache: JobCache, stack: AsyncExitStack) -> Leads:
    """Take part in the election, and look at once when it is won."""
    if leader is None:
        return always
    leader.when_gained(cache.wake)
    leader.start()
    stack.push_async_callback(leader.stop)
    return leader.leads


def _keep_running(
    name: str, work: Callable[[], Awaitable[None]], stack: AsyncExitStack
) -> None:
    """Do a work without end; what breaks it is logged and it begins again."""

    async def go_on() -> None:
        while True:
            try:
                await work()
            except Exception:
                log.exception("work in the background broke", work=name)
            await asyncio.sleep(RESTART_SECONDS)

    task = asyncio.create_task(go_on(), name=name)

    async def end() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(end)


async def _run() -> None:
    settings = Settings.load()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    api = await clients.load()
    try:
        await serve(
            settings,
            api,
            hub_api=os.environ["JUPYTERHUB_API_URL"],
            port=PORT,
            stop=stop,
            leader=Leader(
                api,
                name=LEASE_NAME,
                namespace=settings.platform_namespace,
                identity=f"{socket.gethostname()}_{uuid4()}",
            ),
        )
    finally:
        await api.close()


def main() -> None:
    """Run the service; the entry point of ``mofang-training``."""
    configure_logging()
    asyncio.run(_run())
