"""The training service: everything wired by constructor arguments, and its end."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from uuid import uuid4

import httpx
import structlog
from tornado.httpserver import HTTPServer
from tornado.web import Application

from mofang_hub.config.settings import Settings
from mofang_jobs.adapters.cache import Board
from mofang_jobs.adapters.engine_discovery import Discovery
from mofang_jobs.adapters.hub_identity import HubIdentity
from mofang_jobs.adapters.job_storage import JobEngine
from mofang_jobs.adapters.log_files import LogStore
from mofang_jobs.adapters.pod_exec import ExecTerminals
from mofang_jobs.adapters.pod_storage import Containers
from mofang_jobs.adapters.quotas import Quotas
from mofang_jobs.adapters.record_files import RecordStore
from mofang_jobs.adapters.sample_files import SampleStore
from mofang_jobs.adapters.service_metrics import Metrics
from mofang_jobs.api.application import build_application
from mofang_jobs.api.service_handler import Services
from mofang_jobs.domain.hang_settings import HangSettings
from mofang_jobs.domain.leadership import Leads, always
from mofang_jobs.logging import configure_logging
from mofang_jobs.scheduling.admitter import Starter
from mofang_jobs.scheduling.pod_group_controller import Gangs
from mofang_jobs.scheduling.queue import JobQueue
from mofang_jobs.services.event_reasons import Notes
from mofang_jobs.services.hang_detector import HangWatch
from mofang_jobs.services.hang_monitor import Hangs
from mofang_jobs.services.job_listing import JobListing
from mofang_jobs.services.job_lookup import JobLookup
from mofang_jobs.services.job_service import JobService
from mofang_jobs.services.job_status import Looks
from mofang_jobs.services.job_validator import Admission
from mofang_jobs.services.log_reader import LogReader
from mofang_jobs.services.restart_controller import Restarts
from mofang_jobs.services.retention import Retention
from mofang_jobs.services.session_registry import Sessions
from mofang_jobs.services.shell_targets import Targets
from mofang_jobs.services.submission import Submissions
from mofang_kube import clients
from mofang_kube.clients import ApiClient
from mofang_kube.leader import Leader
from mofang_spawner.environments.catalog import Catalog
from mofang_spawner.volumes import homes

log = structlog.get_logger(__name__)

PORT = 8080
PREFIX = "/services/training"
LEASE_NAME = "mofang-training"
HUB_SECONDS = 10.0
DRAIN_SECONDS = 5.0
RESTART_SECONDS = 5.0

# What is larger is not even read; handlers refuse what is larger than any job with
# a sentence.
MAX_BODY_BYTES = 1024**2


async def serve(
    settings: Settings,
    api: ApiClient,
    *,
    hub_api: str,
    port: int,
    stop: asyncio.Event,
    leader: Leader | None = None,
) -> None:
    """Serve until told to stop.

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
        application, sessions = await _wired(
            settings, api, http, hub_api, stack, leader
        )
        server = HTTPServer(application, max_body_size=MAX_BODY_BYTES, xheaders=False)
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
        await sessions.stop()
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await server.close_all_connections()
        except TimeoutError:
            log.info("some connections were cut")


async def _wired(
    settings: Settings,
    api: ApiClient,
    http: httpx.AsyncClient,
    hub_api: str,
    stack: AsyncExitStack,
    leader: Leader | None,
) -> tuple[Application, Sessions]:
    board = Board.of_cluster(api)
    board.start()
    stack.push_async_callback(board.stop)
    leads = _leads(leader, board, stack)
    catalog = Catalog(api, settings.image_references)
    stack.push_async_callback(catalog.close)
    quotas = Quotas.of_cluster(api)
    quotas.start()
    stack.push_async_callback(quotas.stop)
    engine, containers = JobEngine(api), Containers(api)
    gangs = Gangs(api, engine, settings.jobs.gang)
    stack.push_async_callback(gangs.stop)
    store = LogStore(settings.storage_root)
    records = RecordStore(settings.storage_root)
    terminals = ExecTerminals(api)
    stack.push_async_callback(terminals.stop)
    keep = timedelta(days=settings.jobs.keep_days)
    metrics = Metrics()
    admission = Admission(catalog, containers, settings.jobs)
    submissions = Submissions(
        board=board,
        engine=engine,
        admission=admission,
        quotas=quotas,
        marks_of=gangs.marks_of,
        homes=settings.storage_root / homes.FOLDER,
    )
    queue = JobQueue(
        board,
        quotas,
        Starter(board, engine, gangs),
        admission,
        patience=timedelta(minutes=settings.jobs.queue_patience_minutes),
        admit_unschedulable=settings.jobs.admit_unschedulable,
        leads=leads,
    )
    restarts = Restarts(board, engine, submissions, leads=leads)

    async def known() -> None:
        await gangs.choose()
        board.has_kinds.set()

    discovery = Discovery(api, lambda kind: board.follow_kind(api, kind), known)
    samples = SampleStore(settings.storage_root)
    progress = settings.jobs.progress
    hangs = Hangs(
        board,
        HangWatch(samples, HangSettings(**progress.model_dump())),
        restarts,
        period_seconds=progress.sample_seconds,
    )
    retention = Retention(board, engine, store, keep=keep, leads=leads)
    for name, work in (
        ("discovery", discovery.run),
        ("hangs", hangs.run),
        ("retention", retention.run),
        ("queue", queue.run),
        ("restarts", restarts.run),
    ):
        _keep_running(name, work, stack)
    looks = Looks(
        board=board,
        notes=Notes(containers),
        queue=queue,
        restarts=restarts,
        records=records,
        gangs=gangs,
        hangs=hangs,
    )
    lookup = JobLookup(board, engine, admission, looks)
    jobs = JobService(
        lookup=lookup,
        board=board,
        engine=engine,
        admission=admission,
        submissions=submissions,
        logs=store,
    )
    sessions = Sessions(terminals, metrics)
    services = Services(
        identity=HubIdentity(http, hub_api),
        lookup=lookup,
        listing=JobListing(lookup, board, looks),
        jobs=jobs,
        metrics=metrics,
    )
    application = build_application(
        PREFIX,
        services,
        reader=LogReader(store, containers),
        records=records,
        samples=samples,
        targets=Targets(lookup, containers),
        sessions=sessions,
    )
    return application, sessions


def _leads(leader: Leader | None, board: Board, stack: AsyncExitStack) -> Leads:
    """Take part in the election, and look at once when it is won."""
    if leader is None:
        return always
    leader.when_gained(board.wake)
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
