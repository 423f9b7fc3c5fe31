"""The wire format of training jobs: what is asked, seen and refused.

The only home of these models. The training service imports them, so this package
needs pydantic and nothing else. What users send is closed (an unknown field is
refused); what the service answers is open, so that an older client keeps working.
"""

from __future__ import annotations

from mofang.models.debug import DebugServer
from mofang.models.delivery import CodeSource, Delivery, Input, Output, SecretKey
from mofang.models.environment import (
    Environment,
    EnvironmentList,
    EnvironmentResources,
    GpuBounds,
    QuantityBounds,
)
from mofang.models.job import (
    Job,
    JobEvent,
    JobList,
    JobState,
    QueuePlace,
    Replica,
    ReplicaState,
    RestartRecord,
)
from mofang.models.kinds import Engine, Framework, HangAction, Priority
from mofang.models.metrics import JobMetrics, ReplicaMetrics, Series
from mofang.models.preview import Preview, QuotaCost
from mofang.models.refusal import ErrorBody, field_sentences
from mofang.models.resources import (
    MAX_CPU,
    MAX_GPUS,
    MAX_MEMORY,
    MIN_MEMORY,
    Resources,
)
from mofang.models.roles import MAX_REPLICAS, Role, RoleRule, RoleSpec, role_rules
from mofang.models.spec import MAX_NAME, MAX_SPEC_BYTES, JobSpec, Restart
from mofang.models.stored import StoredSpec, read_spec

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
    "Delivery",
    "Engine",
    "Environment",
    "EnvironmentList",
    "EnvironmentResources",
    "ErrorBody",
    "Framework",
    "GpuBounds",
    "HangAction",
    "Input",
    "Job",
    "JobEvent",
    "JobList",
    "JobMetrics",
    "JobSpec",
    "JobState",
    "Output",
    "Preview",
    "Priority",
    "QuantityBounds",
    "QueuePlace",
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
    "field_sentences",
    "read_spec",
    "role_rules",
]
