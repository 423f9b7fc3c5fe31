"""The training service in this process, on the real cluster; the hub is pretended.

Other modules of jobs import the fixtures from here.
"""

import asyncio
import json
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import pytest_asyncio
import tornado.web
from kubernetes_asyncio import client, config
from tornado.httpserver import HTTPServer

from mofang_api.models import Job, JobState
from mofang_api.quantities import read_quantity
from mofang_hub.settings import JobSettings
from mofang_jobs.adapters.engine_discovery import discover_kinds
from mofang_jobs.app import serve
from mofang_kube.names import JOB_LABEL, UID, user_slug
from mofang_projects.directories import home_directory
from mofang_storage.plain import PlainStorage
from support.platform import state_folder
from support.ports import free_port
from support.training_process import training_settings

T = TypeVar("T")

# People of this run alone: homes go with the module that used them.
RUN = secrets.token_hex(2)
OWNER, COLLEAGUE, VIEWER, ADMIN = (
    f"jt-{RUN}-{name}" for name in ("ada", "ben", "eve", "root")
)
SCOPES = [
    "access:services!service=training",
    "custom:mofang:jobs:read",
    "custom:mofang:jobs:write",
    "custom:mofang:shell",
]
STORAGE = state_folder() / "data" / "storage"
KUBECONFIG = state_folder() / "kubeconfig"


async def eventually(check: Callable[[], Awaitable[T]], *, within: float = 60) -> T:
    """The first true answer of ``check``."""
    async with asyncio.timeout(within):
        while True:
            if answer := await check():
                return answer
            await asyncio.sleep(0.2)


class PretendedHub(tornado.web.RequestHandler):
    """Knows the tests' users; the token of each is their name."""

    def get(self) -> None:
        name = self.request.headers["Authorization"].removeprefix("token ")
        if name not in {OWNER, COLLEAGUE, VIEWER, ADMIN, "stranger"}:
            self.set_status(403)
            return
        self.finish({"kind": "user", "name": name, "groups": [], "scopes": SCOPES})


@dataclass(kw_only=True)
class World:
    """What a test of jobs works with."""

    url: str
    http: httpx.AsyncClient
    api: client.ApiClient
    image: str
    cores: Decimal
    """What a node without GPUs has for pods: a job that asks for all of it is admitted,
    and stays Pending beside the platform's own pods."""

    project: str
    """Made for one module, so that nothing is left over from another."""

    @property
    def jobs(self) -> str:
        return f"{self.url}/api/projects/{self.project}/jobs"

    @property
    def namespace(self) -> str:
        return f"mofang-project-{self.project}"

    async def call(
        self, verb: str, path: str = "", *, user: str = OWNER, **more: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"token {user}"}
        return await self.http.request(
            verb, f"{self.jobs}{path}", headers=headers, **more
        )

    def write(self, name: str, text: str) -> str:
        """A script in the owner's home; returns its path in the container."""
        (STORAGE / "users" / OWNER / name).write_text(text)
        return f"/home/jovyan/{name}"

    async def image_of(self, environment: str) -> str:
        """The image of one of the platform's environments."""
        where = ("mofang.dev", "v1alpha1", "environments")
        objects = client.CustomObjectsApi(self.api)
        found = await objects.get_cluster_custom_object(*where, environment)
        return str(found["spec"]["image"])

    async def submit(self, **asked: Any) -> Job:
        spec = {
            "name": "test",
            "image": self.image,
            "resources": {"cpu": "100m", "memory": "512Mi", "gpu": 0},
            **asked,
        }
        answer = await self.call("POST", json=spec)
        assert answer.status_code == 201, answer.text
        return Job.model_validate_json(answer.content)

    async def get(self, job: Job) -> Job:
        answer = await self.call("GET", f"/{job.id}")
        assert answer.status_code == 200, answer.text
        return Job.model_validate_json(answer.content)

    async def until(self, job: Job, *states: JobState, within: float = 120) -> Job:
        async with asyncio.timeout(within):
            while (seen := await self.get(job)).state not in states:
                if seen.state.is_final:
                    raise AssertionError(f"{seen.state}: {seen.reason}")
                await asyncio.sleep(0.2)
        return seen

    async def end(self, job: Job) -> None:
        """Delete a job and wait until its pods are gone."""
        await self.call("DELETE", f"/{job.id}")

        async def is_gone() -> bool:
            pods = await client.CoreV1Api(self.api).list_namespaced_pod(
                self.namespace, label_selector=f"{JOB_LABEL}={job.id}"
            )
            return not pods.items

        await eventually(is_gone, within=60)

    async def bind_to_pool(self, pool: str) -> None:
        """Let the project's jobs run on the nodes of a pool alone."""
        # Twice what a job asks for: a lost node's pods count until their grace is over.
        quota = {"cpu": "128", "gpu": 64, "pods": 64}
        await client.CustomObjectsApi(self.api).patch_cluster_custom_object(
            "mofang.dev",
            "v1alpha1",
            "projects",
            self.project,
            {"spec": {"pool": pool, "quota": quota}},
            _content_type="application/merge-patch+json",
        )

        async def is_known() -> bool:
            spec = {"name": "x", "image": self.image, "script": "x.py"}
            found = await self.call("POST", "/preview", json=spec)
            return pool in found.json()["manifest"]

        await eventually(is_known)


async def _cores(api: client.ApiClient) -> Decimal:
    nodes = await client.CoreV1Api(api).list_node(
        label_selector="mofang.dev/node-type=cpu"
    )
    return max(read_quantity(node.status.allocatable["cpu"]) for node in nodes.items)


async def make_project(api: client.ApiClient, name: str, cores: Decimal) -> str:
    objects = client.CustomObjectsApi(api)
    where = ("mofang.dev", "v1alpha1")
    body = {
        "apiVersion": "mofang.dev/v1alpha1",
        "kind": "Project",
        "metadata": {"name": name},
        "spec": {
            "displayName": "Tests of jobs",
            "members": [
                {"user": OWNER, "role": "member"},
                {"user": COLLEAGUE, "role": "member"},
                {"user": VIEWER, "role": "viewer"},
                {"user": ADMIN, "role": "admin"},
            ],
            # Tests use it as anybody.
            "highPriority": "member",
            # One job that asks for a whole node and small ones, and no second such.
            "quota": {"cpu": str(cores + 1), "memory": "8Gi", "gpu": 4, "pods": 20},
        },
    }
    await objects.create_cluster_custom_object(*where, "projects", body)
    async with asyncio.timeout(60):
        while True:
            project = await objects.get_cluster_custom_object(*where, "projects", name)
            if project.get("status", {}).get("phase") == "Ready":
                break
            await asyncio.sleep(0.2)
    environment = await objects.get_cluster_custom_object(
        *where, "environments", "pytorch"
    )
    return str(environment["spec"]["image"])


async def remove_project(api: client.ApiClient, name: str) -> None:
    objects = client.CustomObjectsApi(api)
    for kind in await discover_kinds(api):
        where = (kind.group, kind.version, f"mofang-project-{name}", kind.plural)
        await objects.delete_collection_namespaced_custom_object(*where)
    await objects.delete_cluster_custom_object(
        "mofang.dev", "v1alpha1", "projects", name
    )
    homes = (f"users/{each}" for each in (OWNER, COLLEAGUE, ADMIN))
    for folder in (f"projects/{name}", f"logs/{name}", *homes):
        shutil.rmtree(STORAGE / folder, ignore_errors=True)


async def _answers(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(f"{url}/api/health")).is_success
    except httpx.ConnectError:
        return False


async def the_configuration() -> client.Configuration:
    """How the real API server is reached."""
    if not KUBECONFIG.exists():
        raise RuntimeError(f"{KUBECONFIG} is not there: run `make up` first")
    configuration = client.Configuration()
    await config.load_kube_config(str(KUBECONFIG), client_configuration=configuration)
    return configuration


@asynccontextmanager
async def running_world(by_service: client.Configuration) -> AsyncIterator[World]:
    """A project, and a service that reaches the API server its own way."""
    hub_port, port, stop = free_port(), free_port(), asyncio.Event()
    hub = HTTPServer(tornado.web.Application([("/hub/api/user", PretendedHub)]))
    hub.listen(hub_port, "127.0.0.1")
    async with (
        client.ApiClient(await the_configuration()) as api,
        client.ApiClient(by_service) as service_api,
    ):
        for name in (OWNER, COLLEAGUE, ADMIN):
            # In the platform, the hub does when it adds a user.
            PlainStorage(STORAGE, UID).ensure(home_directory(user_slug(name)))
        project = f"jt-{secrets.token_hex(4)}"
        cores = await _cores(api)
        image = await make_project(api, project, cores)
        serving = asyncio.create_task(
            serve(
                training_settings(
                    jobs=JobSettings(), logs_root=Path(STORAGE) / "logs", port=port
                ),
                service_api,
                hub_api=f"http://127.0.0.1:{hub_port}/hub/api",
                port=port,
                stop=stop,
            )
        )
        url = f"http://127.0.0.1:{port}/services/training"
        async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
            await eventually(lambda: _answers(http, url))
            yield World(
                url=url, http=http, api=api, image=image, cores=cores, project=project
            )
        stop.set()
        try:
            await serving
        finally:
            await remove_project(api, project)
    hub.stop()
    await hub.close_all_connections()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world() -> AsyncIterator[World]:
    async with running_world(await the_configuration()) as running:
        yield running


@pytest.mark.asyncio(loop_scope="module")
async def test_the_service_answers_on_the_real_cluster(world: World) -> None:
    answer = await world.call("GET")

    assert answer.status_code == 200, answer.text
    assert json.loads(answer.content)["next"] is None
