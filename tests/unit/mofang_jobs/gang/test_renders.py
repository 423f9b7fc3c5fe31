"""Every pod that an engine makes of a job is one of its gang, which counts no other."""

from collections.abc import Iterator
from typing import Any

import pytest

from mofang_api.models import Framework, JobSpec
from mofang_jobs.domain.environments import role_disks
from mofang_jobs.domain.gang import Gang
from mofang_jobs.domain.models import JobRequest, Manifest
from mofang_jobs.engines.base import WorkloadKind
from mofang_jobs.engines.registry import KINDS
from mofang_jobs.engines.rendering import render
from mofang_jobs.engines.trainer_v2 import TRAIN_JOB
from mofang_jobs.scheduling.coscheduling import CoschedulingPolicy
from mofang_jobs.scheduling.native import NativePolicy
from mofang_jobs.scheduling.volcano import VolcanoPolicy
from mofang_kube.ephemeral_storage import EphemeralStorage

EVERY = [(kind, framework) for kind in KINDS for framework in kind.roles]
NAMES = [f"{kind.kind} of {framework}" for kind, framework in EVERY]


def job_of(framework: Framework) -> JobRequest:
    replicas = 1 if framework is Framework.SINGLE else 3
    spec = JobSpec(
        name="train",
        image="all",
        framework=framework,
        script="train.py",
        replicas=replicas,
    )
    disks = role_disks(spec, None, EphemeralStorage())
    return JobRequest(
        id="train-x1y2z3", project="vision", owner="ada", spec=spec, disks=disks
    )


def pod_templates(part: Any) -> Iterator[Manifest]:
    match part:
        case {"spec": {"containers": _}}:
            yield part
        case dict():
            for each in part.values():
                yield from pod_templates(each)
        case list():
            for each in part:
                yield from pod_templates(each)


def pods_of(kind: WorkloadKind, objects: list[Manifest]) -> int:
    """How many pods the operator makes of the objects."""

    def counted(part: Any, factor: int = 1) -> int:
        match part:
            case {"spec": {"containers": _}}:
                return factor
            case dict():
                if "containers" in (part.get("template") or {}).get("spec", {}):
                    number = part.get("replicas", part.get("parallelism", 1))
                    return factor * number
                return sum(counted(each, factor) for each in part.values())
            case list():
                return sum(counted(each, factor) for each in part)
        return 0

    if kind is TRAIN_JOB:
        return objects[-1]["spec"]["trainer"]["numNodes"]
    return counted(objects)


@pytest.mark.parametrize(("kind", "framework"), EVERY, ids=NAMES)
@pytest.mark.parametrize(
    "policy",
    [NativePolicy("v1beta1"), VolcanoPolicy(), CoschedulingPolicy("gangs")],
    ids=lambda each: each.name,
)
def test_every_pod_is_marked(kind, framework, policy):
    job = job_of(framework)
    scheduling_metadata = policy.scheduling_metadata(Gang.of(job))
    templates = list(pod_templates(render(kind, job, [], scheduling_metadata)))

    assert templates
    for each in templates:
        assert scheduling_metadata.labels.items() <= each["metadata"]["labels"].items()
        annotations = each["metadata"].get("annotations", {})
        assert scheduling_metadata.annotations.items() <= annotations.items()
        assert each["spec"].get("schedulerName", "") == scheduling_metadata.scheduler
        assert each["spec"]["priorityClassName"] == scheduling_metadata.priority_class


@pytest.mark.parametrize(("kind", "framework"), EVERY, ids=NAMES)
def test_a_gang_is_as_great_as_the_pods_that_are_made(kind, framework):
    """A group that waits for a pod nobody makes would wait for ever."""
    job = job_of(framework)
    gang = Gang.of(job)
    objects = render(kind, job, [], NativePolicy("v1beta1").scheduling_metadata(gang))
    assert pods_of(kind, objects) == gang.count
