"""Build the services from what reaches the cluster, the hub and the storage."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from mofang_audit.address import Network
from mofang_audit.log import AuditLog
from mofang_hub.notices.contract import NoticeSender
from mofang_hub.settings import JobSettings, LimitSettings
from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.adapters.hub_identity import HubIdentity
from mofang_jobs.adapters.job_conditions import JobConditions
from mofang_jobs.adapters.job_storage import JobStorage
from mofang_jobs.adapters.log_files import LogStorage
from mofang_jobs.adapters.log_usage import LogUsageReader
from mofang_jobs.adapters.pod_exec import PodExec
from mofang_jobs.adapters.pod_storage import PodStorage
from mofang_jobs.adapters.quotas import Quotas
from mofang_jobs.adapters.record_files import RecordStorage
from mofang_jobs.adapters.sample_files import SampleStorage
from mofang_jobs.adapters.service_metrics import ServiceMetrics
from mofang_jobs.api.context import RECOGNISE_SECONDS, ServiceContext
from mofang_jobs.domain.hang_settings import HangSettings
from mofang_jobs.scheduling.admitter import Admitter
from mofang_jobs.scheduling.network_policy_controller import (
    NetworkPolicies,
    NetworkPolicyController,
)
from mofang_jobs.scheduling.pod_group_controller import PodGroupController
from mofang_jobs.scheduling.queue import JobQueue
from mofang_jobs.services.access_policy import AccessPolicy
from mofang_jobs.services.caller_limits import CallerLimits
from mofang_jobs.services.environment_service import EnvironmentService
from mofang_jobs.services.event_reasons import EventReasons
from mofang_jobs.services.hang_detector import HangDetector
from mofang_jobs.services.hang_monitor import HangMonitor
from mofang_jobs.services.job_listing import JobListing
from mofang_jobs.services.job_lookup import JobLookup
from mofang_jobs.services.job_removal import JobRemoval
from mofang_jobs.services.job_service import JobService
from mofang_jobs.services.job_status import MOST_DESCRIBED, JobStatusService
from mofang_jobs.services.job_validator import JobValidator
from mofang_jobs.services.log_reader import LogReader
from mofang_jobs.services.log_usage import LogUsageService
from mofang_jobs.services.notice_controller import GRACE_SECONDS, NoticeController
from mofang_jobs.services.restart_controller import RestartController
from mofang_jobs.services.restart_state import StatusGracePeriod
from mofang_jobs.services.retention import Retention
from mofang_jobs.services.session_registry import CHECK_SECONDS, SessionRegistry
from mofang_jobs.services.shell_targets import ShellTargetService
from mofang_jobs.services.submission import SubmissionService
from mofang_jobs.services.unowned_prerequisites import UnownedPrerequisites
from mofang_kube.leader import Leads, always
from mofang_kube.watcher import Watcher
from mofang_spawner.environments.catalog import Catalog

Work = Callable[[], Awaitable[None]]
"""Something that goes on until it is cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    """What reaches out of the process; made, started and stopped by its owner."""

    cache: JobCache
    job_storage: JobStorage
    pod_storage: PodStorage
    catalog: Catalog
    quotas: Quotas
    pod_groups: PodGroupController
    network_policies: NetworkPolicies
    identity: HubIdentity
    terminals: PodExec
    logs: LogStorage
    log_usage: LogUsageReader
    records: RecordStorage
    """What replicas leave beside their logs."""

    samples: SampleStorage
    """What replicas used."""

    notice_senders: Sequence[NoticeSender] = ()
    """What tells of jobs that have ended or hang."""

    audit: AuditLog = field(default_factory=lambda: AuditLog(None))
    trusted_proxies: Sequence[Network] = ()

    def watchers(self) -> list[Watcher]:
        """All watches of the process."""
        sources = (
            self.cache,
            self.catalog,
            self.quotas,
            self.pod_groups,
            self.network_policies,
        )
        return [each for source in sources for each in source.watchers]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingService:
    """The services of one process, which do nothing until they are asked or run."""

    context: ServiceContext
    """What handlers work with."""

    conditions: JobConditions
    queue: JobQueue
    job_status: JobStatusService
    restart_controller: RestartController
    network_policy_controller: NetworkPolicyController
    hang_monitor: HangMonitor
    notices: NoticeController
    prerequisites: UnownedPrerequisites
    retention: Retention
    removal: JobRemoval

    @property
    def background(self) -> dict[str, Work]:
        """What is to run as long as the process, by name."""
        return {
            "conditions": self.conditions.run,
            "removal": self.removal.run,
            "hangs": self.hang_monitor.run,
            "retention": self.retention.run,
            "queue": self.queue.run,
            "restarts": self.restart_controller.run,
            "prerequisites": self.prerequisites.run,
            "networks": self.network_policy_controller.run,
            "notices": self.notices.run,
        }


def build_service(
    adapters: Adapters,
    settings: JobSettings,
    limit_settings: LimitSettings = LimitSettings(),  # noqa: B008 - frozen
    *,
    leads: Leads = always,
    grace_period: StatusGracePeriod | None = None,
    session_check_seconds: float = CHECK_SECONDS,
    recognise_seconds: float = RECOGNISE_SECONDS,
    most_described: int = MOST_DESCRIBED,
    notice_grace_seconds: float = GRACE_SECONDS,
) -> TrainingService:
    """Wire the services of one process.

    Args:
        adapters: What reaches out of the process.
        settings: What holds for every job.
        limit_settings: What one caller may ask for.
        leads: Says whether this process acts without being asked.
        grace_period: How long a failed job's pods are waited for.
        session_check_seconds: Time between two checks of an open session.
        recognise_seconds: Time between two checks of an open stream's token.
        most_described: How many descriptions of jobs are kept.
        notice_grace_seconds: How long after its end a job counts as failed for good.
    """
    cache, job_storage = adapters.cache, adapters.job_storage
    logs, records, samples = adapters.logs, adapters.records, adapters.samples
    removal = JobRemoval(cache, job_storage, logs)
    metrics = ServiceMetrics()
    access = AccessPolicy(adapters.catalog)
    limits = CallerLimits(limit_settings)
    submissions = SubmissionService(
        cache=cache,
        job_storage=job_storage,
        access=access,
        validator=JobValidator(adapters.catalog, adapters.pod_storage, settings),
        quotas=adapters.quotas,
        pod_groups=adapters.pod_groups,
        settings=settings,
    )
    conditions = JobConditions(cache, job_storage, leads=leads, now=cache.now)
    queue = JobQueue(
        cache,
        adapters.quotas,
        Admitter(
            cache, job_storage, adapters.pod_groups, adapters.network_policies, logs
        ),
        access,
        conditions,
        starvation_timeout=timedelta(minutes=settings.starvation_timeout_minutes),
        starts_per_owner=settings.starts_per_user,
        admit_unschedulable=settings.admit_unschedulable,
        leads=leads,
        metrics=metrics,
        now=cache.now,
    )
    metrics.pending_jobs.follow(queue.pending_counts)
    metrics.watches.follow(adapters.watchers)
    restart_controller = RestartController(
        cache,
        job_storage,
        submissions,
        conditions,
        grace_period=grace_period,
        leads=leads,
        metrics=metrics,
        now=cache.now,
    )
    hang_monitor = HangMonitor(
        cache,
        HangDetector(samples, HangSettings(**settings.progress.model_dump())),
        restart_controller,
        conditions,
        period_seconds=settings.progress.sample_seconds,
        now=cache.now,
    )
    job_status = JobStatusService(
        cache=cache,
        event_reasons=EventReasons(adapters.pod_storage),
        queue=queue,
        restart_controller=restart_controller,
        records=records,
        pod_groups=adapters.pod_groups,
        hang_monitor=hang_monitor,
        most_described=most_described,
    )
    lookup = JobLookup(cache, job_storage, access, job_status, limits)
    context = ServiceContext(
        identity=adapters.identity,
        limits=limits,
        lookup=lookup,
        listing=JobListing(lookup, cache, job_status),
        jobs=JobService(
            lookup=lookup,
            cache=cache,
            job_storage=job_storage,
            environments=EnvironmentService(adapters.catalog, settings),
            submissions=submissions,
            removal=removal,
            now=cache.now,
        ),
        log_reader=LogReader(logs, adapters.pod_storage),
        log_usage=LogUsageService(lookup, cache, adapters.log_usage),
        records=records,
        samples=samples,
        targets=ShellTargetService(lookup, adapters.pod_storage),
        sessions=SessionRegistry(
            adapters.terminals,
            metrics,
            adapters.audit,
            check_seconds=session_check_seconds,
        ),
        metrics=metrics,
        audit=adapters.audit,
        trusted_proxies=adapters.trusted_proxies,
        recognise_seconds=recognise_seconds,
    )
    return TrainingService(
        context=context,
        conditions=conditions,
        queue=queue,
        job_status=job_status,
        restart_controller=restart_controller,
        network_policy_controller=NetworkPolicyController(
            cache, adapters.network_policies, leads=leads
        ),
        hang_monitor=hang_monitor,
        notices=NoticeController(
            cache,
            job_storage,
            job_status,
            conditions,
            adapters.notice_senders,
            minimum=timedelta(minutes=settings.notices.minimum_minutes),
            leads=leads,
            now=cache.now,
            grace_seconds=notice_grace_seconds,
        ),
        removal=removal,
        prerequisites=UnownedPrerequisites(cache, job_storage, leads=leads),
        retention=Retention(
            cache,
            removal,
            logs,
            keep=timedelta(days=settings.ttl_days_after_finished),
            leads=leads,
            now=cache.now,
        ),
    )
