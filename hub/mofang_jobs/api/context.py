"""What handlers work with: one for the whole process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mofang_audit.address import Network
from mofang_audit.log import AuditLog
from mofang_jobs.adapters.hub_identity import HubIdentity
from mofang_jobs.adapters.record_files import RecordStorage
from mofang_jobs.adapters.sample_files import SampleStorage
from mofang_jobs.adapters.service_metrics import ServiceMetrics
from mofang_jobs.services.caller_limits import CallerLimits
from mofang_jobs.services.job_listing import JobListing
from mofang_jobs.services.job_lookup import JobLookup
from mofang_jobs.services.job_service import JobService
from mofang_jobs.services.log_reader import LogReader
from mofang_jobs.services.log_usage import LogUsageService
from mofang_jobs.services.session_registry import SessionRegistry
from mofang_jobs.services.shell_targets import ShellTargetService

RECOGNISE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceContext:
    """The services of the process, made by ``factory``."""

    identity: HubIdentity
    limits: CallerLimits
    lookup: JobLookup
    listing: JobListing
    jobs: JobService
    log_reader: LogReader
    log_usage: LogUsageService
    records: RecordStorage
    """What replicas leave beside their logs."""

    samples: SampleStorage
    """What replicas used."""

    targets: ShellTargetService
    """Finds containers for shells and SSH."""

    sessions: SessionRegistry
    metrics: ServiceMetrics
    audit: AuditLog
    trusted_proxies: Sequence[Network] = ()
    """Whose word is taken for from where a request came."""

    recognise_seconds: float = RECOGNISE_SECONDS
    """Time between two checks of an open stream's token."""
