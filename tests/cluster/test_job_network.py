"""The network and the accounts of real jobs."""

from __future__ import annotations

import pytest
from cluster.test_jobs_world import World, eventually
from kubernetes_asyncio import client

from mofang_api.models import JobState

pytest_plugins = ["cluster.test_jobs_world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

SLEEP = "import time\nprint('here', flush=True)\ntime.sleep(600)"


async def policies_of(world: World, job: str) -> list[str]:
    found = await client.NetworkingV1Api(world.api).list_namespaced_network_policy(
        world.namespace, label_selector=f"mofang.dev/job={job}"
    )
    return [policy.metadata.name for policy in found.items]


async def may_run_commands(world: World, account: str, pod: str) -> bool:
    """Whether an account of the project's namespace may exec into a pod of it."""
    review = await client.AuthorizationV1Api(world.api).create_subject_access_review(
        {
            "spec": {
                "user": f"system:serviceaccount:{world.namespace}:{account}",
                "groups": [
                    "system:serviceaccounts",
                    f"system:serviceaccounts:{world.namespace}",
                    "system:authenticated",
                ],
                "resourceAttributes": {
                    "namespace": world.namespace,
                    "verb": "create",
                    "resource": "pods",
                    "subresource": "exec",
                    "name": pod,
                },
            }
        }
    )
    return bool(review.status.allowed)


async def test_a_job_s_policy_lasts_as_long_as_it_runs(world: World) -> None:
    job = await world.submit(script=world.write("sleep.py", SLEEP), replicas=2)
    await world.until(job, JobState.RUNNING)
    assert await policies_of(world, job.id) == [job.id]

    await client.NetworkingV1Api(world.api).delete_namespaced_network_policy(
        job.id, world.namespace
    )

    async def is_back() -> bool:
        return await policies_of(world, job.id) == [job.id]

    await eventually(is_back)
    answer = await world.call("POST", f"/{job.id}/cancel")
    assert answer.is_success, answer.text

    async def is_gone() -> bool:
        return not await policies_of(world, job.id)

    await eventually(is_gone, within=120)
    # Long before the job itself.
    assert (await world.get(job)).state is JobState.CANCELLED
    await world.call("DELETE", f"/{job.id}")


async def test_a_single_replica_has_none(world: World) -> None:
    job = await world.submit(script=world.write("sleep.py", SLEEP), replicas=1)
    await world.until(job, JobState.RUNNING)

    assert await policies_of(world, job.id) == []
    await world.call("DELETE", f"/{job.id}")


async def test_rights_on_workers_go_to_the_launchers_account_alone(
    world: World,
) -> None:
    """The Training Operator gives them; all other pods run as ``default``."""
    job = await world.submit(
        framework="mpi",
        image=await world.image_of("horovod"),
        script=world.write("sleep.py", SLEEP),
        replicas=1,
    )
    rbac = client.RbacAuthorizationV1Api(world.api)

    async def subjects() -> list[str]:
        found = await rbac.list_namespaced_role_binding(world.namespace)
        return [
            subject.name
            for binding in found.items
            if binding.metadata.name == f"{job.id}-launcher"
            for subject in binding.subjects
        ]

    assert await eventually(subjects) == ["mofang-launcher"]
    worker = f"{job.id}-worker-0"
    assert await may_run_commands(world, "mofang-launcher", worker)
    assert not await may_run_commands(world, "default", worker)
    accounts = await client.CoreV1Api(world.api).list_namespaced_service_account(
        world.namespace
    )
    names = {each.metadata.name for each in accounts.items}
    assert names == {"default", "mofang-launcher"}, "the operator made none"
    await world.call("DELETE", f"/{job.id}")
