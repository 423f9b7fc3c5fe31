"""Build the services from what reaches the cluster, the hub and the storage."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from mofang_hub.config.settings import JobSettings
from mofang_jobs.adapters.cache import Board
from mofang_jobs.adapters.hub_identity import HubIdentity
from mofang_jobs.adapters.job_storage import JobEngine
from mofang_jobs.adapters.log_files import LogStore
from mofang_jobs.adapters.pod_exec import Terminals
from mofang_jobs.adapters.pod_storage import Containers
from mofang_jobs.adapters.quotas import Quotas
from mofang_jobs.adapters.record_files import RecordStore
from mofang_jobs.adapters.sample_files import SampleStore
from mofang_jobs.adapters.service_metrics import Metrics
from mofang_jobs.api.context import ServiceContext
from mofang_jobs.domain.hang_settings import HangSettings
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
from mofang_jobs.services.restart_state import Settling
from mofang_jobs.services.retention import Retention
from mofang_jobs.services.session_registry import CHECK_SECONDS, Sessions
from mofang_jobs.services.shell_targets import Targets
from mofang_jobs.services.submission import Submissions
from mofang_kube.leader import Leads, always
from mofang_spawner.environments.catalog import Catalog
from mofang_spawner.volumes import homes

Work = Callable[[], Awaitable[None]]
"""Something that goes on until it is cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    """What reaches out of the process; made, started and stopped by its owner."""

    board: Board
    engine: JobEngine
    containers: Containers
    catalog: Catalog
    quotas: Quotas
    gangs: Gangs
    identity: HubIdentity
    terminals: Terminals
    storage_root: Path
    """Where the shared storage is mounted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingService:
    """The services of one process, which do nothing until they are asked or run."""

    context: ServiceContext
    """What handlers work with."""

    queue: JobQueue
    restarts: Restarts
    hangs: Hangs
    retention: Retention

    @property
    def background(self) -> dict[str, Work]:
        """What is to run as long as the process, by name."""
        return {
            "hangs": self.hangs.run,
            "retention": self.retention.run,
            "queue": self.queue.run,
            "restarts": self.restarts.run,
        }


def build_service(
    adapters: Adapters,
    settings: JobSettings,
    *,
    leads: Leads = always,
    settling: Settling | None = None,
    session_check_seconds: float = CHECK_SECONDS,
) -> TrainingService:
    """Wire the services of one process.

    Args:
        adapters: What reaches out of the process.
        settings: What holds for every job.
        leads: Says whether this process acts without being asked.
        settling: How long a failed job's pods are waited for.
        session_check_seconds: Time between two checks of an open session.
    """
    board, engine = adapters.board, adapters.engine
    logs = LogStore(adapters.storage_root)
    records = RecordStore(adapters.storage_root)
    samples = SampleStore(adapters.storage_root)
    metrics = Metrics()
    admission = Admission(adapters.catalog, adapters.containers, settings)
    submissions = Submissions(
        board=board,
        engine=engine,
        admission=admission,
        quotas=adapters.quotas,
        gangs=adapters.gangs,
        homes=adapters.storage_root / homes.FOLDER,
    )
    queue = JobQueue(
        board,
        adapters.quotas,
        Starter(board, engine, adapters.gangs),
        admission,
        patience=timedelta(minutes=settings.queue_patience_minutes),
        admit_unschedulable=settings.admit_unschedulable,
        leads=leads,
    )
    restarts = Restarts(board, engine, submissions, settling=settling, leads=leads)
    hangs = Hangs(
        board,
        HangWatch(samples, HangSettings(**settings.progress.model_dump())),
        restarts,
        period_seconds=settings.progress.sample_seconds,
    )
    looks = Looks(
        board=board,
        notes=Notes(adapters.containers),
        queue=queue,
        restarts=restarts,
        records=records,
        gangs=adapters.gangs,
        hangs=hangs,
    )
    lookup = JobLookup(board, engine, admission, looks)
    context = ServiceContext(
        identity=adapters.identity,
        lookup=lookup,
        listing=JobListing(lookup, board, looks),
        jobs=JobService(
            lookup=lookup,
            board=board,
            engine=engine,
            admission=admission,
            submissions=submissions,
            logs=logs,
        ),
        log_reader=LogReader(logs, adapters.containers),
        records=records,
        samples=samples,
        targets=Targets(lookup, adapters.containers),
        sessions=Sessions(
            adapters.terminals, metrics, check_seconds=session_check_seconds
        ),
        metrics=metrics,
    )
    return TrainingService(
        context=context,
        queue=queue,
        restarts=restarts,
        hangs=hangs,
        retention=Retention(
            board, engine, logs, keep=timedelta(days=settings.keep_days), leads=leads
        ),
    )
