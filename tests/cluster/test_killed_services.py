"""The training service killed at each of its writes: what was promised comes to be."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
import pytest_asyncio
import tornado.web
from cluster.test_jobs_world import (
    OWNER,
    STORAGE,
    PretendedHub,
    eventually,
    make_project,
    remove_project,
    the_configuration,
)
from kubernetes_asyncio import client
from tornado.httpserver import HTTPServer

from mofang_kube.names import JOB_LABEL, UID, WITHOUT_OWNER_LABEL, user_slug
from mofang_projects.directories import home_directory
from mofang_storage.plain import PlainStorage
from support.api_proxy import running_proxy
from support.locked_out import locked_out
from support.ports import free_port
from support.service_kills import Killer, Moment, Write, lock_out, probe
from support.training_process import TrainingProcess

# Each kill waits for what is left to be removed.
pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="module")]

Action = Literal["submit", "cancel", "delete"]

WRITES: dict[Action, set[str]] = {
    "submit": {
        "POST trainingruntimes",
        "POST trainjobs",
        "PATCH trainingruntimes",
        "POST podgroups",
        "POST networkpolicies",
        "PATCH trainjobs spec",
    },
    "cancel": {"PATCH trainjobs spec", "DELETE networkpolicies"},
    "delete": {"DELETE trainjobs"},
}
MOMENTS: tuple[Moment, ...] = ("before", "after")
ORPHANS_SECONDS = 60
KINDS = (
    ("trainer.kubeflow.org", "v1alpha1", "trainjobs"),
    ("trainer.kubeflow.org", "v1alpha1", "trainingruntimes"),
    ("scheduling.k8s.io", "v1beta1", "podgroups"),
    ("networking.k8s.io", "v1", "networkpolicies"),
)

JobObjects = dict[str, dict[str, dict[str, Any]]]


@dataclass(kw_only=True)
class Case:
    """A project with a service of its own, and what was promised there."""

    project: str
    image: str
    script: str
    service: TrainingProcess
    killer: Killer
    http: httpx.AsyncClient
    objects: client.CustomObjectsApi
    submitted: dict[str, bool] = field(default_factory=dict)
    """By name of the job: whether it was answered."""
    cancelled: dict[str, bool] = field(default_factory=dict)
    """By id: whether it was answered."""
    deleted: set[str] = field(default_factory=set)
    """Ids; answered or begun."""

    @property
    def path(self) -> str:
        return f"/api/projects/{self.project}/jobs"

    async def call(self, verb: str, path: str = "", **more: Any) -> httpx.Response:
        return await self.http.request(
            verb,
            f"{self.service.url}{self.path}{path}",
            headers={"Authorization": f"token {OWNER}"},
            **more,
        )

    async def start(self) -> None:
        self.service.start()
        await self.service.wait_up(self.path, OWNER)

    async def submit(self) -> str:
        """Ask for a job that no node can take; return its id, if it was answered."""
        name = f"k{secrets.token_hex(3)}"
        self.submitted[name] = False
        spec = {
            "name": name,
            "image": self.image,
            "script": self.script,
            # The engine with most objects of ours beside the job.
            "engine": "trainer-v2",
            "replicas": 2,
            "resources": {"cpu": "250", "memory": "128Mi", "gpu": 0},
        }
        answer = await self.call("POST", json=spec)
        assert answer.status_code == 201, answer.text
        self.submitted[name] = True
        return str(answer.json()["id"])

    async def cancel(self, job: str) -> None:
        self.cancelled[job] = False
        answer = await self.call("POST", f"/{job}/cancel")
        assert answer.status_code == 200, answer.text
        self.cancelled[job] = True

    async def delete(self, job: str) -> None:
        self.deleted.add(job)
        answer = await self.call("DELETE", f"/{job}")
        assert answer.status_code == 204, answer.text

    async def list_objects(self) -> JobObjects:
        """Objects of jobs by kind and by job, as the API server has them."""
        found: JobObjects = {}
        for group, version, plural in KINDS:
            answer = await self.objects.list_namespaced_custom_object(
                group,
                version,
                f"mofang-project-{self.project}",
                plural,
                label_selector=JOB_LABEL,
            )
            found[plural] = {
                each["metadata"]["labels"][JOB_LABEL]: each for each in answer["items"]
            }
            assert len(found[plural]) == len(answer["items"]), "one of each"
        return found

    async def admitted(self, job: str) -> bool:
        there = await self.list_objects()
        found = there["trainjobs"].get(job)
        return bool(found) and not found["spec"].get("suspend")

    async def prepare(self, action: Action) -> str:
        """Have a job that was admitted, or none for a submission."""
        self.killer.arm()
        if action == "submit":
            return ""
        job = await self.submit()
        await eventually(lambda: self.admitted(job))
        return job

    async def do(self, action: Action, job: str) -> str:
        """Do it; return the id of the job."""
        if action == "submit":
            return await self.submit()
        await (self.cancel if action == "cancel" else self.delete)(job)
        return job

    async def kill_at(self, action: Action, what: str, moment: Moment) -> None:
        """Do it, and kill the service at a write; it is back afterwards."""
        job = await self.prepare(action)
        self.killer.arm(Write(what=what), moment)
        asked = asyncio.create_task(self.do(action, job))
        try:
            await self.killer.died()
        finally:
            with suppress(httpx.TransportError):
                await asked
            self.killer.arm()
        await self.start()

    async def check(self) -> None:
        """Wait until all is as it was promised, and nothing is left without its job."""
        seen: list[str] = []

        async def is_right() -> bool:
            seen[:] = await self._faults()
            return not seen

        try:
            await eventually(is_right, within=ORPHANS_SECONDS)
        except TimeoutError:
            said = self.service.said
            raise AssertionError(f"after {ORPHANS_SECONDS} s: {seen}\n{said}") from None

    async def _faults(self) -> list[str]:
        there = await self.list_objects()
        jobs = there["trainjobs"]
        answer = await self.call("GET", "?limit=200")
        listed = {each["id"]: each for each in answer.json()["jobs"]}
        names = [each["spec"]["name"] for each in listed.values()]
        faults = [f"{job} is not listed" for job in jobs.keys() - listed.keys()]
        faults += [f"{job} has no object" for job in listed.keys() - jobs.keys()]
        for plural in ("trainingruntimes", "podgroups", "networkpolicies"):
            faults += [f"{plural} of {job}" for job in there[plural].keys() - jobs]
        faults += [
            f"{job}'s runtime has no owner"
            for job, each in there["trainingruntimes"].items()
            if WITHOUT_OWNER_LABEL in each["metadata"]["labels"]
        ]
        deleted_names = {job.rpartition("-")[0] for job in self.deleted}
        for name, answered in self.submitted.items():
            most, least = 1, int(answered)
            if name in deleted_names:
                most = least = 0
            if not least <= names.count(name) <= most:
                faults.append(f"{names.count(name)} jobs {name}, {answered=}")
        faults += [f"{job} is not deleted" for job in self.deleted & listed.keys()]
        for job, each in listed.items():
            is_cancelled = each["state"] == "Cancelled"
            if self.cancelled.get(job) and not is_cancelled:
                faults.append(f"{job} is {each['state']}, not Cancelled")
            if is_cancelled and job in there["networkpolicies"]:
                faults.append(f"network of {job}, which was cancelled")
            if not is_cancelled and jobs.get(job, {}).get("spec", {}).get("suspend"):
                faults.append(f"{job} was not admitted")
            if not is_cancelled:
                dependents = ("trainingruntimes", "podgroups", "networkpolicies")
                faults += [
                    f"{job} has no {p}" for p in dependents if job not in there[p]
                ]
        folder = self.service.logs / self.project
        left = {each.name for each in folder.iterdir()} if folder.exists() else set()
        return faults + [f"directory {each}" for each in left - listed.keys()]


@asynccontextmanager
async def pretended_hub() -> AsyncIterator[str]:
    port = free_port()
    hub = HTTPServer(tornado.web.Application([("/hub/api/user", PretendedHub)]))
    hub.listen(port, "127.0.0.1")
    try:
        yield f"http://127.0.0.1:{port}/hub/api"
    finally:
        hub.stop()
        await hub.close_all_connections()


async def allow_many_jobs(api: client.ApiClient, project: str) -> None:
    """Let every job be admitted, and wait for a node that is not there."""
    quota = {"memory": "100Gi", "pods": 1000}
    await client.CustomObjectsApi(api).patch_cluster_custom_object(
        "mofang.dev",
        "v1alpha1",
        "projects",
        project,
        {"spec": {"quota": quota}},
        _content_type="application/merge-patch+json",
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def case(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Case]:
    project = f"jk-{secrets.token_hex(4)}"
    configuration = await the_configuration()
    PlainStorage(STORAGE, UID).ensure(home_directory(user_slug(OWNER)))
    (STORAGE / "users" / OWNER / "killed.py").write_text("print('done')")
    async with client.ApiClient(configuration) as api:
        try:
            image = await make_project(api, project, Decimal(100_000))
            await allow_many_jobs(api, project)
            async with (
                locked_out(
                    lock_out(f"test-killed-{project}", f"mofang-project-{project}"),
                    probe(f"mofang-project-{project}"),
                    said="has the namespace to itself",
                ),
                pretended_hub() as hub_api,
                running_proxy(configuration) as proxy,
                httpx.AsyncClient(timeout=60, trust_env=False) as http,
            ):
                service = TrainingProcess(
                    Path(tmp_path_factory.mktemp("service")),
                    api_server=proxy.url,
                    hub_api=hub_api,
                    port=free_port(),
                )
                made = Case(
                    project=project,
                    image=image,
                    script="/home/jovyan/killed.py",
                    service=service,
                    killer=Killer(service, proxy, project),
                    http=http,
                    objects=client.CustomObjectsApi(api),
                )
                try:
                    await made.start()
                    yield made
                    assert not made.killer.strays
                finally:
                    service.kill()
        finally:
            await remove_project(api, project)


async def test_these_are_the_writes(case: Case) -> None:
    """The kinds of writes that the other tests kill at are all that there are."""
    for action, expected in WRITES.items():
        job = await case.prepare(action)
        case.killer.arm()
        job = await case.do(action, job)

        async def all_made(wanted: set[str] = expected) -> bool:
            return wanted <= {each.what for each in case.killer.writes}

        try:
            await eventually(all_made, within=60)
        except TimeoutError:
            made = [str(each) for each in case.killer.writes]
            raise AssertionError(
                f"{action}: {made}, strays {case.killer.strays}\n{case.service.said}"
            ) from None
        if action == "submit":
            await eventually(lambda of=job: case.admitted(of))
        seen = {each.what for each in case.killer.writes}
        # What it notes on a job by and by may come at any time.
        assert seen - {"PATCH trainjobs notes"} == expected


@pytest.mark.parametrize(
    ("action", "what", "moment"),
    [("submit", "POST trainjobs", "after"), ("delete", "DELETE trainjobs", "before")],
)
async def test_what_was_begun_is_finished(
    case: Case, action: Action, what: str, moment: Moment
) -> None:
    await case.kill_at(action, what, moment)


async def test_nothing_is_left(case: Case) -> None:
    """After all the kills before it."""
    await case.check()


@pytest.mark.long
@pytest.mark.parametrize("action", WRITES)
async def test_a_service_killed_at_any_write(case: Case, action: Action) -> None:
    for what in sorted(WRITES[action]):
        for moment in MOMENTS:
            await case.kill_at(action, what, moment)
    await case.check()
