"""The network of a job: there before it may run, its own alone, gone when it ended."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override
from unit.mofang_jobs.pretended_cluster import PretendedCluster
from unit.mofang_jobs.world import World, running_world

from mofang_kube.errors import KubernetesUnavailableError
from support.eventually import until

ENDED = {"terminated": {"exitCode": 0, "finishedAt": "2026-11-23T00:01:00Z"}}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as running:
        yield running


def observe(world: World) -> None:
    """Let the watch bring the policies that there are."""
    for body in world.cluster.policies.values():
        metadata = {**body["metadata"], "resourceVersion": "1"}
        world.policies.put({"metadata": metadata})


async def admitted(world: World, **asked: Any) -> dict[str, Any]:
    job = await world.submit(**asked)
    await until(lambda: not is_suspended(world, job))
    return job


def is_suspended(world: World, job: dict[str, Any]) -> bool:
    found = world.cache.find("vision", job["id"])
    return found is None or found.is_suspended


async def test_replicas_reach_those_of_their_job_and_no_others(world: World) -> None:
    job = await admitted(world, replicas=2)

    policy = world.cluster.policies[job["id"]]
    own = {"podSelector": {"matchLabels": {"mofang.dev/job": job["id"]}}}
    assert policy["spec"] == {
        **own,
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [own]}],
        "egress": [{"to": [own]}],
    }
    assert policy["metadata"]["namespace"] == "mofang-project-vision"


async def test_the_policy_goes_with_the_job(world: World) -> None:
    job = await admitted(world, replicas=2)

    [owner] = world.cluster.policies[job["id"]]["metadata"]["ownerReferences"]
    assert owner == {
        "apiVersion": "kubeflow.org/v1",
        "kind": "PyTorchJob",
        "name": job["id"],
        "uid": f"uid-{job['id']}",
    }


async def test_a_single_replica_needs_none(world: World) -> None:
    """Nothing is to be reached, and each policy costs every node of the cluster."""
    await admitted(world, replicas=1)
    await world.networks.reconcile()

    assert not world.cluster.policies


class WithoutPolicies(PretendedCluster):
    """Makes no policies for a while."""

    refuses_policies = True

    @override
    async def create_if_absent(self, body: dict[str, Any]) -> None:
        if self.refuses_policies and body["kind"] == "NetworkPolicy":
            raise KubernetesUnavailableError("Kubernetes does not answer.")
        await super().create_if_absent(body)


async def test_a_job_does_not_run_before_its_policy_is_there(tmp_path: Path) -> None:
    cluster = WithoutPolicies()
    async with running_world(tmp_path, cluster) as world:
        job = await world.submit(replicas=2)
        await world.queue.decide()

        assert cluster.jobs[job["id"]]["spec"]["runPolicy"]["suspend"]
        cluster.refuses_policies = False
        world.wake()
        await world.admit(job)
        assert job["id"] in cluster.policies


async def test_a_policy_that_vanished_is_made_again(world: World) -> None:
    job = await admitted(world, replicas=2)
    world.cluster.policies.clear()

    await world.networks.reconcile()

    assert set(world.cluster.policies) == {job["id"]}


async def test_a_waiting_job_has_none_yet(world: World) -> None:
    """It is made when the job is admitted, so that it is never too late."""
    world.quotas.put(
        {
            "metadata": {"name": "mofang", "namespace": "mofang-project-vision"},
            "status": {"hard": {"pods": "1"}, "used": {"pods": "1"}},
        }
    )
    job = await world.submit(replicas=2)
    await world.queue.decide()
    await world.networks.reconcile()

    assert world.cluster.jobs[job["id"]]["spec"]["runPolicy"]["suspend"]
    assert not world.cluster.policies


async def test_it_stays_until_the_last_replica_has_ended(world: World) -> None:
    """A worker may still tell the others what it found."""
    job = await admitted(world, replicas=2)
    observe(world)
    world.run_pod(job, 0, phase="Succeeded", state=ENDED)
    world.run_pod(job, 1)
    world.fail(job["id"], "Succeeded")

    await world.networks.reconcile()
    assert not world.cluster.removed

    world.run_pod(job, 1, phase="Succeeded", state=ENDED)
    await world.networks.reconcile()
    assert world.cluster.removed == [job["id"]]


async def test_that_of_a_cancelled_job_is_removed(world: World) -> None:
    job = await admitted(world, replicas=2)
    observe(world)
    answer = await world.call("POST", f"{job['id']}/cancel")
    assert answer.is_success, answer.text

    await world.networks.reconcile()

    assert world.cluster.removed == [job["id"]]


async def test_policies_of_unknown_jobs_are_left_to_the_garbage_collector(
    world: World,
) -> None:
    """A copy of the service that has not heard of a job must not cut it off."""
    labels = {"mofang.dev/job": "other-abc123"}
    named = {"name": "other-abc123", "namespace": "mofang-project-vision"}
    world.policies.put({"metadata": {**named, "labels": labels}})

    await world.networks.reconcile()

    assert not world.cluster.removed


async def test_who_does_not_lead_changes_nothing(tmp_path: Path) -> None:
    cluster = PretendedCluster()
    async with running_world(tmp_path, cluster) as world:
        await admitted(world, replicas=2)
    cluster.policies.clear()

    async with running_world(tmp_path, cluster, leads=lambda: False) as world:
        await world.networks.reconcile()

    assert not cluster.policies
