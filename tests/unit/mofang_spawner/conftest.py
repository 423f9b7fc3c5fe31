"""Projects, environments and choices as tests need them."""

import json
import os
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from kubespawner import KubeSpawner
from unit.mofang_spawner.fake_cluster import FakeApi, FakeCore, FakeWatcher

from mofang_kube.ephemeral_storage import EphemeralStorage
from mofang_kube.free_capacity import FreeCapacity, strip_requests
from mofang_kube.placement import strip_node
from mofang_spawner.context import SpawnContext
from mofang_spawner.environments.catalog import Catalog
from mofang_spawner.environments.models import Environment, Project
from mofang_spawner.options import ServerOptions
from mofang_spawner.plan import resolve
from mofang_spawner.pod_ends import PodEnds
from mofang_spawner.spawner import MofangSpawner
from mofang_spawner.start_choices import StartChoices
from mofang_spawner.start_history import StartHistory
from mofang_spawner.start_queue.project_queue import ProjectStartQueue

GOLDEN = Path(__file__).resolve().parents[2] / "data" / "servers"
RESOURCES = {
    "cpu": {"default": "0.5", "min": "0.25", "max": "2"},
    "memory": {"default": "2Gi", "min": "1Gi", "max": "8Gi"},
    "cache": {"default": "5Gi", "max": "50Gi"},
}


def project_body(name="vision", status=None, **spec):
    members = [{"user": "ada", "role": "member"}]
    return {
        "metadata": {"name": name},
        "spec": {"displayName": name.title(), "members": members, **spec},
        "status": {"phase": "Ready"} if status is None else status,
    }


def environment_body(name="pytorch", **spec):
    return {
        "metadata": {"name": name},
        "spec": {
            "displayName": name.title(),
            "image": f"docker.io/mofang/{name}:1",
            "access": {"everyone": True},
            "resources": deepcopy(RESOURCES),
            **spec,
        },
    }


BUILDING = "The image is being built: 3 of 9 are ready, about 8 minutes left."


def without_image(body, **condition):
    """The environment while its image is being built."""
    found = {
        "type": "ImageAvailable",
        "status": "False",
        "reason": "Building",
        "message": BUILDING,
        **condition,
    }
    return {**body, "status": {"conditions": [found]}}


def a_project(name="vision", **spec):
    return Project.parse(project_body(name, **spec))


def an_environment(name="pytorch", **spec):
    return Environment.parse(environment_body(name, **spec))


def a_catalog(projects=None, environments=None, images=()):
    return Catalog(
        FakeWatcher([environment_body()] if environments is None else environments),
        FakeWatcher([project_body()] if projects is None else projects),
        dict(images),
    )


def a_plan(*, username="ada", groups=(), project=None, environment=None, **options):
    projects = [project_body(**(project or {}))]
    environments = [environment_body(**(environment or {}))]
    names = {
        "project": projects[0]["metadata"]["name"],
        "environment": environments[0]["metadata"]["name"],
    }
    return resolve(
        ServerOptions(**names, **options),
        a_catalog(projects, environments),
        username=username,
        groups=set(groups),
        server=f"{names['project']}-{names['environment']}",
    )


@pytest.fixture
def golden():
    """Compare an object with its reviewed file.

    ``UPDATE_TEST_DATA=1`` writes the files anew; read the difference.
    """

    def check(found, name):
        path = GOLDEN / name
        if os.environ.get("UPDATE_TEST_DATA"):
            path.parent.mkdir(parents=True, exist_ok=True)
            # Through JSON, so that what is shared is written out in full.
            plain = json.loads(json.dumps(found))
            path.write_text(yaml.safe_dump(plain, sort_keys=False), encoding="utf-8")
        assert found == yaml.safe_load(path.read_text(encoding="utf-8"))

    return check


class FakeHomes:
    """Writes down for whom a home was asked."""

    def __init__(self):
        self.asked = []
        self.failure = None

    async def ensure(self, username):
        self.asked.append(username)
        if self.failure:
            raise self.failure

    async def create(self, username):
        """Ask for one at a log-in."""


class FakeContext:
    training_url = "http://training"
    static_url = ""
    hub = "mofang"
    limit_per_user = 0
    ephemeral_storage = EphemeralStorage()
    hdfs = None
    correct_sizes = None
    free = None
    nodes = ()
    find_pod = SpawnContext.find_pod
    is_node_lost = SpawnContext.is_node_lost
    until_node_lost = SpawnContext.until_node_lost
    _connected = True

    def __init__(self):
        self._nodes = FakeWatcher()
        self.core = self.objects = FakeCore()
        self.api = FakeApi()
        self.pods = self.core.pods
        self.pod_ends = PodEnds()
        self.starts = StartHistory()
        self.choices = StartChoices()
        self.make_room = self._give_way
        self.asked_for_room = []
        self.gives_way = lambda: False
        self.catalog = a_catalog()
        self.homes = FakeHomes()
        self.failure = None
        self.node_bodies = []
        """None that are known: nobody knows what is free."""
        self.start_queue = ProjectStartQueue(
            self.free_capacity, poll_seconds=0.02, refusal_seconds=0.05
        )

    def free_capacity(self):
        if self.free is not None or not self.node_bodies:
            return self.free
        nodes = [strip_node(each) for each in self.node_bodies]
        pods = [strip_requests(each) for each in self.pods.objects.values()]
        return FreeCapacity(nodes, pods)

    async def ready(self):
        if self.failure:
            raise self.failure

    async def pods_known(self):
        await self.pods.has_synced.wait()

    async def _give_way(self, plan, lacks_quota):
        self.asked_for_room.append((plan.project.name, lacks_quota))
        return self.gives_way()


class PlainSpawner(MofangSpawner):
    """Has an address of its own, and no variables but those that are configured."""

    server = SimpleNamespace(base_url="/user/ada/vision-pytorch/")

    def get_env(self):
        return self.environment


@pytest.fixture
def context():
    return FakeContext()


@pytest.fixture
def spawner(context, monkeypatch):
    # KubeSpawner connects as it is made.
    monkeypatch.setattr("kubespawner.spawner.load_config", lambda **_: None)
    monkeypatch.setattr("kubespawner.spawner.shared_client", lambda *_: None)
    user = SimpleNamespace(
        id=1,
        name="ada",
        url="/user/ada",
        groups=[SimpleNamespace(name="team")],
        spawners={},
    )
    row = SimpleNamespace(
        name="vision-pytorch", server=None, last_activity=None, user_options={}
    )
    spawner = PlainSpawner(_mock=True, user=user, orm_spawner=row)
    spawner.context = lambda: context
    return spawner


@pytest.fixture
def starting(spawner, monkeypatch):
    """A settled spawner; of KubeSpawner's pod only the name is of interest."""

    async def pod(self):
        return {
            "metadata": {"name": self.pod_name},
            "spec": {"containers": [{"name": "notebook", "args": ["mofang-start"]}]},
        }

    monkeypatch.setattr(KubeSpawner, "get_pod_manifest", pod)
    spawner._plan = a_plan()
    spawner.api_token = "very-private"
    spawner.port = 8888
    return spawner
