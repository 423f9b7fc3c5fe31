"""Projects, environments and choices as tests need them."""

import json
import os
from pathlib import Path

import pytest
import yaml

from mofang_kube.watcher import Watcher
from mofang_spawner.environments.catalog import Catalog
from mofang_spawner.environments.models import Environment, Project
from mofang_spawner.options import ServerOptions
from mofang_spawner.plan import resolve

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
            "resources": RESOURCES,
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


class FakeWatcher(Watcher):
    """A watch without a cluster: what is put is seen."""

    def __init__(self, bodies=()):
        super().__init__(None, "/fake")
        for body in bodies:
            self.put(body)
        self.has_synced.set()

    def start(self):
        self.started = True

    def send(self, kind, obj):
        self._change(kind, obj)


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
