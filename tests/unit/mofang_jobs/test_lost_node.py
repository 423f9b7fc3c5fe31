"""What is said of a job on a node that does not answer."""

from datetime import UTC, datetime
from typing import Any

import pytest
from unit.mofang_jobs.conftest import make_observed_job, make_pod, make_spec

from mofang_api.models import JobState, ReplicaState
from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.domain.models import ObservedJob, Outcome, PodPhase
from mofang_jobs.domain.nodes import node_index_keys, strip_node
from mofang_jobs.domain.restart_rules import record_failure
from mofang_jobs.domain.status import StatusInputs, describe_job, job_state
from mofang_kube.watcher import Watcher
from support.eventually import until

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LOST = {"node": "cpu-2", "is_node_lost": True}


def two(**facts: Any) -> ObservedJob:
    return make_observed_job(spec=make_spec(replicas=2), **facts)


def test_its_replica_is_unknown_and_the_job_runs() -> None:
    pods = (
        make_pod(0, node="cpu-1", started=NOW),
        make_pod(1, started=NOW, **LOST),
    )

    job = describe_job(StatusInputs(job=two(), pods=pods, alert="x"), shell=True)

    assert (job.state, job.alert) == (JobState.RUNNING, "x")
    assert [each.state for each in job.replicas] == [
        ReplicaState.RUNNING,
        ReplicaState.UNKNOWN,
    ]
    assert [each.reason for each in job.replicas] == [
        None,
        "Node cpu-2 is not responding.",
    ]
    assert [each.shell_allowed for each in job.replicas] == [True, False]


def test_what_ended_before_stays_as_it_ended() -> None:
    pods = (make_pod(0), make_pod(1, phase=PodPhase.SUCCEEDED, **LOST))

    job = describe_job(StatusInputs(job=two(), pods=pods))

    assert job.replicas[1].state is ReplicaState.SUCCEEDED


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        pytest.param(
            {"is_terminating": True, **LOST}, JobState.CANCELLED, id="nobody will say"
        ),
        pytest.param(LOST, JobState.CANCELLING, id="it is not deleted yet"),
        pytest.param({"is_terminating": True}, JobState.CANCELLING, id="it still ends"),
    ],
)
def test_a_cancelled_job_does_not_wait_for_a_lost_node(
    facts: dict[str, Any], state: JobState
) -> None:
    job = two(cancelled_by="ada", is_suspension_observed=True)

    assert job_state(job, [make_pod(1, **facts)]) is state


def test_a_job_that_failed_with_its_node_says_so() -> None:
    record = record_failure(
        two(outcome=Outcome.FAILED), [make_pod(0), make_pod(1, **LOST)], NOW
    )

    assert record.cause == "Node cpu-2, which ran worker-1, is not responding."
    assert (record.node, record.platform_failure, record.node_excluded) == (
        "cpu-2",
        True,
        True,
    )


async def test_who_follows_jobs_hears_of_a_node_at_once() -> None:
    pods, nodes = (
        Watcher(None, "/pods"),  # type: ignore[arg-type]
        Watcher(None, "/nodes", index=node_index_keys),  # type: ignore[arg-type]
    )
    cache = JobCache({}, pods, nodes)
    metadata = {"name": "p", "namespace": "n", "labels": {"mofang.dev/job": "train"}}
    pods.put({"metadata": metadata, "spec": {"nodeName": "cpu-2"}})
    cache.follow()
    with cache.subscribed(None) as subscription:
        await until(lambda: len(nodes._subscribers) == 1)
        for ready in ("Unknown", "True"):
            conditions = [{"type": "Ready", "status": ready}]
            node = {"metadata": {"name": "cpu-2"}, "status": {"conditions": conditions}}
            nodes.put(strip_node(node))
            assert set(await subscription.wait(5)) == {"train"}
    await cache.stop()
