"""Gangs of Kubernetes itself, on the real API server, operator and scheduler.

The machines are pretended: what is looked at is which pods are bound. Jobs here have no
label of the platform's jobs, so that the training service takes no note of them.
"""

import json
import secrets
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
import pytest_asyncio
from kubernetes_asyncio import client, config

from mofang_api.models import Framework, JobSpec, Priority
from mofang_hub.settings import GangSettings
from mofang_jobs.adapters.pod_group_discovery import discover_capabilities
from mofang_jobs.domain.environments import role_disks
from mofang_jobs.domain.gang import Gang, GangPolicy, Owner
from mofang_jobs.domain.models import JobRequest
from mofang_jobs.engines.base import WorkloadKind
from mofang_jobs.engines.kubeflow_v1 import MPI_JOB, PYTORCH_JOB, TF_JOB, XGBOOST_JOB
from mofang_jobs.engines.pod_status import read_pod, strip_pod
from mofang_jobs.engines.rendering import render
from mofang_jobs.scheduling.policy_selection import POD_GROUP_APIS, select_policy
from mofang_kube import names
from mofang_kube.ephemeral_storage import EphemeralStorage
from support import gangs

MERGE = {"Content-Type": "application/merge-patch+json"}
PLAIN = "plain"


@pytest_asyncio.fixture
async def http():
    async with gangs.api_server() as http:
        yield http


@pytest_asyncio.fixture
async def policy():
    """What the training service would choose here."""
    settings = client.Configuration()
    await config.load_kube_config(str(gangs.KUBECONFIG), client_configuration=settings)
    async with client.ApiClient(settings) as api:
        yield select_policy(
            await discover_capabilities(api, POD_GROUP_APIS), GangSettings()
        )


@dataclass(kw_only=True)
class World:
    """A project of its own with two machines of its own, four GPUs each."""

    http: httpx.AsyncClient
    policy: GangPolicy
    project: str
    label: str
    watched_objects: gangs.WatchedObjects

    @property
    def namespace(self) -> str:
        return f"mofang-project-{self.project}"

    @property
    def jobs(self) -> str:
        return f"/apis/kubeflow.org/v1/namespaces/{self.namespace}/pytorchjobs"

    def gang(
        self,
        name: str,
        *,
        replicas: int,
        gpu: int,
        priority: Priority = Priority.NORMAL,
    ) -> Gang:
        spec = JobSpec(
            name=name,
            image="pytorch",
            script="train.py",
            replicas=replicas,
            priority=priority,
            resources={"cpu": "100m", "memory": "64Mi", "gpu": gpu},
        )
        job = JobRequest(
            id=name,
            project=self.project,
            owner="ada",
            spec=spec,
            disks=role_disks(spec, None, EphemeralStorage()),
        )
        return Gang.of(job)

    async def submit(self, gang: Gang) -> dict[str, Any]:
        """Create a suspended PyTorchJob whose pods are marked for their gang."""
        (role,) = gang.roles
        scheduling_metadata = self.policy.scheduling_metadata(gang)
        spec = gangs.pod_spec(
            self.label,
            gpus=role.resources.gpu,
            cores=role.resources.cpu,
            priority=scheduling_metadata.priority_class,
        )
        labels = {**scheduling_metadata.labels, "mofang.dev/role": role.name}
        worker = {
            "replicas": role.replicas,
            "restartPolicy": "Never",
            "template": {"metadata": {"labels": labels}, "spec": spec},
        }
        body = {
            "apiVersion": "kubeflow.org/v1",
            "kind": "PyTorchJob",
            "metadata": {"name": gang.name, "namespace": gang.namespace},
            "spec": {
                "runPolicy": {"suspend": True},
                "pytorchReplicaSpecs": {"Worker": worker},
            },
        }
        return dict(await gangs.post(self.http, self.jobs, body))

    async def submit_as(self, kind: WorkloadKind, job: JobRequest) -> dict[str, Any]:
        """Create what the service renders, for machines of this world."""
        scheduling_metadata = self.policy.scheduling_metadata(Gang.of(job))
        *needs, body = (
            self._moved(each) for each in render(kind, job, [], scheduling_metadata)
        )
        assert not needs, "only kinds that need nothing beforehand are served here"
        path = f"/apis/{kind.group}/{kind.version}/namespaces/{job.namespace}"
        return dict(await gangs.post(self.http, f"{path}/{kind.plural}", body))

    def _moved(self, part: Any) -> Any:
        """A manifest whose pods need no claims and fit this world's machines alone."""
        match part:
            case {"metadata": metadata, "spec": {"containers": [container]} as spec}:
                amounts = container["resources"]["requests"]
                moved = gangs.pod_spec(
                    self.label,
                    gpus=int(amounts.get(gangs.GPU, 0)),
                    cores=amounts["cpu"],
                    priority=spec["priorityClassName"],
                )
                moved["containers"][0]["name"] = container["name"]
                if account := spec.get("serviceAccountName"):
                    moved["serviceAccountName"] = account
                return {"metadata": self._unknown(metadata), "spec": moved}
            case {"metadata": metadata, **others}:
                moved = {key: self._moved(each) for key, each in others.items()}
                return {"metadata": self._unknown(metadata), **moved}
            case dict():
                return {key: self._moved(each) for key, each in part.items()}
            case list():
                return [self._moved(each) for each in part]
        return part

    def _unknown(self, metadata: dict[str, Any]) -> dict[str, Any]:
        """Metadata by which the training service does not know a job of its own."""
        kept = {k: v for k, v in metadata.items() if k not in {"annotations", "labels"}}
        labels = dict(metadata.get("labels", {}))
        labels.pop(names.JOB_LABEL, None)
        return {**kept, "labels": labels}

    async def make_group(self, gang: Gang, job: dict[str, Any]) -> None:
        group = self.policy.build_group(gang, Owner.of(job))
        path = self.policy.api.path_of(gang).rpartition("/")[0]
        await gangs.post(self.http, path, group)

    async def resume(self, gang: Gang, plural: str = "pytorchjobs") -> None:
        path = f"/apis/kubeflow.org/v1/namespaces/{self.namespace}/{plural}"
        answer = await self.http.patch(
            f"{path}/{gang.name}",
            content=json.dumps({"spec": {"runPolicy": {"suspend": False}}}),
            headers=MERGE,
        )
        assert answer.status_code == 200, answer.text

    async def start(self, gang: Gang) -> None:
        """All that the training service does to let a job in."""
        job = await self.submit(gang)
        await self.make_group(gang, job)
        await self.resume(gang)

    async def add_pod(
        self, name: str, *, gpu: int = 0, namespace: str = "", group: str = ""
    ) -> dict[str, Any]:
        """Create a pod that no job has, of the priority of most jobs."""
        spec = gangs.pod_spec(
            self.label, gpus=gpu, cores="100m", priority="mofang-normal"
        )
        labels = {"mofang.dev/pod-group": group} if group else {}
        body = {"metadata": {"name": name, "labels": labels}, "spec": spec}
        path = f"/api/v1/namespaces/{namespace or self.namespace}/pods"
        return dict(await gangs.post(self.http, path, body))

    async def until_bound(self, gang: Gang) -> None:
        def is_whole() -> bool:
            placed = self.watched_objects.verdict(gang.name) == "True"
            return placed and self.watched_objects.bound(gang.name) == gang.count

        await self.watched_objects.until(is_whole)

    async def until_refused(self, gang: Gang) -> None:
        """The scheduler has looked at all of its pods and found no room."""

        def is_refused() -> bool:
            pods = self.watched_objects.of(gang.name)
            return (
                len(pods) == gang.count
                and self.watched_objects.verdict(gang.name) == "False"
                and all(each["status"].get("conditions") for each in pods)
            )

        await self.watched_objects.until(is_refused)

    async def pass_by(self, name: str = PLAIN) -> None:
        """Let a pod without a gang be placed: those before it had their chance."""
        await self.add_pod(name)
        await self.watched_objects.until(
            lambda: bool(
                self.watched_objects.pods.get(name, {}).get("spec", {}).get("nodeName")
            )
        )


@pytest_asyncio.fixture
async def world(http, policy):
    project = f"gangs-{secrets.token_hex(3)}"
    name = f"mofang-project-{project}"
    async with (
        gangs.namespace(http, name, project=project),
        gangs.nodes(http, [project]),
        gangs.watched(http, name) as watched_objects,
    ):
        yield World(
            http=http,
            policy=policy,
            project=project,
            label=project,
            watched_objects=watched_objects,
        )


async def test_this_cluster_has_gangs_of_its_own(policy):
    assert policy.name == "native"


async def test_a_job_with_the_label_is_a_gang(world):
    """The operator knows nothing of groups: the pods join by the admission policy."""
    gang = world.gang("train", replicas=4, gpu=2)
    await world.start(gang)
    await world.until_bound(gang)

    for pod in world.watched_objects.of(gang.name):
        assert pod["spec"]["schedulingGroup"] == {"podGroupName": gang.name}
    group = world.watched_objects.groups[gang.name]
    pods = [read_pod(strip_pod(each)) for each in world.watched_objects.of(gang.name)]
    assert world.policy.pending_reason(gang, group, pods) is None


@pytest.mark.parametrize(
    ("kind", "framework"),
    [
        pytest.param(kind, framework, id=f"{kind.kind} of {framework}")
        for kind in (PYTORCH_JOB, TF_JOB, MPI_JOB, XGBOOST_JOB)
        for framework in kind.roles
        if framework is not Framework.SINGLE
    ],
)
async def test_every_kind_of_job_is_a_gang_of_all_its_replicas(world, kind, framework):
    """No operator holds a replica back until another runs: that would never end."""
    spec = JobSpec(
        name="train",
        image="all",
        framework=framework,
        script="train.py",
        replicas=3,
        resources={"cpu": "100m", "memory": "64Mi", "gpu": 1},
    )
    job = JobRequest(
        id="train",
        project=world.project,
        owner="ada",
        spec=spec,
        disks=role_disks(spec, None, EphemeralStorage()),
    )
    gang = Gang.of(job)
    await world.make_group(gang, await world.submit_as(kind, job))
    await world.resume(gang, kind.plural)
    await world.until_bound(gang)
    await world.pass_by()
    assert len(world.watched_objects.of(gang.name)) == gang.count


async def test_pods_wait_for_a_group_that_is_made_later(world):
    gang = world.gang("train", replicas=2, gpu=1)
    job = await world.submit(gang)
    await world.resume(gang)
    await world.watched_objects.until(
        lambda: len(world.watched_objects.of(gang.name)) == gang.count
    )
    await world.pass_by()
    assert world.watched_objects.bound(gang.name) == 0

    await world.make_group(gang, job)
    await world.until_bound(gang)


async def test_a_gang_too_big_holds_nothing_and_says_what_it_waits_for(world):
    gang = world.gang("big", replicas=3, gpu=3)
    await world.start(gang)
    await world.until_refused(gang)
    await world.pass_by()

    assert world.watched_objects.bound(gang.name) == 0
    group = world.watched_objects.groups[gang.name]
    pods = [read_pod(strip_pod(each)) for each in world.watched_objects.of(gang.name)]
    said = world.policy.pending_reason(gang, group, pods)
    assert said.startswith(
        "Waiting for enough free resources for 3 workers (3 GPUs, 0.1 cores, 64 MiB "
        "of memory each). At the last scheduling attempt there were enough for 2 of "
        "the 3."
    )
    assert "2 have too few free GPUs" in said


async def test_a_group_of_another_priority_than_its_pods_is_an_error_that_is_told(
    world,
):
    """So a PodGroup has to name the class of its pods."""
    gang = world.gang("train", replicas=2, gpu=1)
    job = await world.submit(gang)
    await world.make_group(replace(gang, priority=Priority.HIGH), job)
    await world.resume(gang)
    await world.watched_objects.until(
        lambda: world.watched_objects.verdict(gang.name) == "False"
    )

    group = world.watched_objects.groups[gang.name]
    assert world.policy.pending_reason(gang, group, []).startswith(
        "Kubernetes cannot place its replicas: all pods in a single pod group should "
        "have the same priority"
    )


async def test_a_waiting_gang_starts_when_room_is_made(world):
    first = world.gang("first", replicas=4, gpu=2)
    second = world.gang("second", replicas=3, gpu=2)
    await world.start(first)
    await world.until_bound(first)
    await world.start(second)
    await world.until_refused(second)

    for pod in world.watched_objects.of(first.name):
        path = f"/api/v1/namespaces/{world.namespace}/pods/{pod['metadata']['name']}"
        await gangs.remove(world.http, path)
    await gangs.remove(world.http, f"{world.jobs}/{first.name}")
    await world.until_bound(second)


async def test_a_group_goes_with_its_job(world):
    gang = world.gang("big", replicas=3, gpu=3)
    await world.start(gang)
    await world.until_refused(gang)

    answer = await world.http.request(
        "DELETE", f"{world.jobs}/{gang.name}", json={"propagationPolicy": "Background"}
    )
    assert answer.status_code == 200, answer.text
    await world.watched_objects.until(
        lambda: (
            gang.name not in world.watched_objects.groups
            and not world.watched_objects.of(gang.name)
        )
    )


async def test_no_priority_breaks_a_gang_that_runs(world):
    low = world.gang("low", replicas=4, gpu=2, priority=Priority.LOW)
    high = world.gang("high", replicas=2, gpu=2, priority=Priority.HIGH)
    await world.start(low)
    await world.until_bound(low)
    await world.start(high)
    await world.until_refused(high)
    await world.pass_by()

    assert world.watched_objects.bound(high.name) == 0
    for pod in world.watched_objects.of(low.name):
        assert "deletionTimestamp" not in pod["metadata"]
    assert world.watched_objects.bound(low.name) == low.count


async def test_a_pod_of_another_project_cannot_borrow_a_group(world):
    gang = world.gang("train", replicas=2, gpu=1)
    await world.start(gang)
    await world.until_bound(gang)

    async with (
        gangs.namespace(world.http, f"{world.namespace}-b", project="other") as other,
        gangs.watched(world.http, other) as watched_objects,
    ):
        made = await world.add_pod("thief", namespace=other, group=gang.name)
        await world.add_pod(PLAIN, namespace=other)
        await watched_objects.until(
            lambda: bool(
                watched_objects.pods.get(PLAIN, {}).get("spec", {}).get("nodeName")
            )
        )
        assert made["spec"]["schedulingGroup"] == {"podGroupName": gang.name}
        assert "nodeName" not in watched_objects.pods["thief"]["spec"]


async def test_outside_of_projects_the_label_means_nothing(world):
    async with gangs.namespace(
        world.http, f"{world.namespace}-b", project=None
    ) as other:
        made = await world.add_pod("pod", namespace=other, group="train")
        assert "schedulingGroup" not in made["spec"]
