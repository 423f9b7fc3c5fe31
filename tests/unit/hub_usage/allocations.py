"""Pods and intervals as tests of the ledger need them."""

from mofang_hub.usage.intervals import (
    Allocation,
    EndSource,
    Interval,
    WorkloadType,
)
from mofang_hub.usage.pods import ObservedAllocation
from mofang_hub.usage.query import UsageQuery, UsageViewer

GIB = 1024**3
EVERYBODY = UsageViewer(owner="", sees_all=True)


def an_allocation(uid="a", project="vision", owner="ada", **other):
    given = {
        "workload_type": WorkloadType.SERVER,
        "workload": f"server-{uid}",
        "node": "node-1",
        "cpu_millicores": 500,
        "memory_bytes": 2 * GIB,
        **other,
    }
    return Allocation(pod_uid=uid, project=project, owner=owner, **given)


def a_pod(uid="a", started=1000, allocation=None, **state):
    return ObservedAllocation(
        allocation=allocation or an_allocation(uid), started=started, **state
    )


def an_interval(started, ended, uid="a", source=EndSource.STATUS, **other):
    return Interval(
        allocation=an_allocation(uid, **other),
        started=started,
        ended=ended,
        end_source=source,
    )


def all_of(first, last):
    """Everybody's, of some days."""
    return UsageQuery(first=first, last=last, viewer=EVERYBODY)
