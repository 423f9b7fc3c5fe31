"""The wire format of training jobs.

Requests are closed (an unknown field is an error); responses are open, so that an
older client keeps working. The body of errors is in ``mofang_api.errors``.
"""

from __future__ import annotations

from mofang_api.declarations import MAX_REPLICAS, FrameworkDeclaration, RoleRule
from mofang_api.models.debug import DebugServer
from mofang_api.models.delivery import CodeSource, Input, Output, PassAs, SecretKey
from mofang_api.models.enums import Engine, Framework, HangPolicy, Priority
from mofang_api.models.environment import (
    Environment,
    EnvironmentList,
    EnvironmentResources,
    GpuBounds,
    QuantityBounds,
)
from mofang_api.models.job import (
    Job,
    JobEvent,
    JobList,
    JobState,
    QueuePosition,
    Replica,
    ReplicaState,
    RestartRecord,
)
from mofang_api.models.log_usage import LogUsage
from mofang_api.models.metrics import JobMetrics, ReplicaMetrics, Series
from mofang_api.models.preview import Preview, QuotaCost
from mofang_api.models.resources import (
    MAX_CPU,
    MAX_GPUS,
    MAX_MEMORY,
    MIN_MEMORY,
    Resources,
)
from mofang_api.models.roles import Role, RoleSpec, role_rules
from mofang_api.models.spec import MAX_NAME, MAX_SPEC_BYTES, JobSpec, Restart
from mofang_api.models.stored import StoredSpec, read_spec

__all__ = [
    "MAX_CPU",
    "MAX_GPUS",
    "MAX_MEMORY",
    "MAX_NAME",
    "MAX_REPLICAS",
    "MAX_SPEC_BYTES",
    "MIN_MEMORY",
    "CodeSource",
    "DebugServer",
    "Engine",
    "Environment",
    "EnvironmentList",
    "EnvironmentResources",
    "Framework",
    "FrameworkDeclaration",
    "GpuBounds",
    "HangPolicy",
    "Input",
    "Job",
    "JobEvent",
    "JobList",
    "JobMetrics",
    "JobSpec",
    "JobState",
    "LogUsage",
    "Output",
    "PassAs",
    "Preview",
    "Priority",
    "QuantityBounds",
    "QueuePosition",
    "QuotaCost",
    "Replica",
    "ReplicaMetrics",
    "ReplicaState",
    "Resources",
    "Restart",
    "RestartRecord",
    "Role",
    "RoleRule",
    "RoleSpec",
    "SecretKey",
    "Series",
    "StoredSpec",
    "read_spec",
    "role_rules",
]
