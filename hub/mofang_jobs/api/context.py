"""What handlers work with: one for the whole process."""

from __future__ import annotations

from dataclasses import dataclass

from mofang_jobs.adapters.hub_identity import HubIdentity
from mofang_jobs.adapters.record_files import RecordStore
from mofang_jobs.adapters.sample_files import SampleStore
from mofang_jobs.adapters.service_metrics import Metrics
from mofang_jobs.services.job_listing import JobListing
from mofang_jobs.services.job_lookup import JobLookup
from mofang_jobs.services.job_service import JobService
from mofang_jobs.services.log_reader import LogReader
from mofang_jobs.services.session_registry import Sessions
from mofang_jobs.services.shell_targets import Targets


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceContext:
    """The services of the process, made by ``factory``."""

    identity: HubIdentity
    lookup: JobLookup
    listing: JobListing
    jobs: JobService
    log_reader: LogReader
    records: RecordStore
    """What replicas leave beside their logs."""

    samples: SampleStore
    """What replicas used."""

    targets: Targets
    """Finds containers for shells and SSH."""

    sessions: Sessions
    metrics: Metrics
