"""What the launcher writes about images into the status of environments."""

import json
import sys
from types import SimpleNamespace

import pytest
from unit.mofang_spawner.conftest import environment_body

from mofang_local.availability import (
    AVAILABLE,
    BUILD_FAILED,
    building,
    loading,
    write_availability,
    write_image_availability,
)
from mofang_local.errors import StartError
from mofang_local.kubernetes import Kubectl
from mofang_spawner.environments.models import Environment

SERVER = (
    f"#!{sys.executable}"
    """
# Answers as kubectl does, from a file of environments; notes what is applied.
import json, pathlib, sys, yaml
folder = pathlib.Path(__file__).parent
path = folder / "environments.json"
bodies = json.loads(path.read_text())
if "get" in sys.argv:
    print(json.dumps({"items": list(bodies.values())}))
else:
    with (folder / "calls").open("a") as calls:
        calls.write(json.dumps(sys.argv[1:]) + "\\n")
    for each in yaml.safe_load_all(sys.stdin):
        name = each["metadata"]["name"]
        if name not in bodies:
            sys.exit(f"environments {name} not found")
        bodies[name]["status"] = each["status"]
    path.write_text(json.dumps(bodies))
"""
)


class Cluster:
    """Environments behind the launcher's own ``Kubectl``."""

    def __init__(self, folder):
        self._folder = folder
        self._file = folder / "environments.json"
        program = folder / "kubectl"
        program.write_text(SERVER)
        program.chmod(0o755)
        bodies = {}
        for name in ("pytorch", "pytorch-gpu", "ray"):
            body = environment_body(name)
            body["spec"]["image"] = f"docker.io/mofang/{name.removesuffix('-gpu')}:1"
            body["metadata"]["generation"] = 1
            bodies[name] = body
        self._file.write_text(json.dumps(bodies))
        paths = SimpleNamespace(programs=folder, kubeconfig=folder / "kubeconfig")
        self.kubectl = Kubectl(paths)

    def write(self, **wanted):
        named = {name.replace("_", "-"): each for name, each in wanted.items()}
        return write_availability(self.kubectl, named)

    @property
    def calls(self):
        path = self._folder / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def condition(self, name="pytorch"):
        (found,) = json.loads(self._file.read_text())[name]["status"]["conditions"]
        return found

    def unavailable(self, name="pytorch"):
        """As the hub reads it."""
        body = json.loads(self._file.read_text())[name]
        return Environment.parse(body).unavailable

    def change(self, name, **more):
        """Change a specification, or the condition beneath our hands."""
        bodies = json.loads(self._file.read_text())
        if "generation" in more:
            bodies[name]["metadata"]["generation"] = more.pop("generation")
        if more:
            bodies[name]["status"]["conditions"][0].update(more)
        self._file.write_text(json.dumps(bodies))


@pytest.fixture
def cluster(tmp_path):
    return Cluster(tmp_path)


def test_the_hub_reads_what_the_launcher_writes(cluster):
    cluster.write(pytorch=building(3, 9, 8), ray=AVAILABLE)

    found = cluster.unavailable()
    assert found.reason == "Building"
    assert found.message == (
        "The image is being built on this machine: 3 of 9 are ready, about 8 minutes "
        "left."
    )
    assert cluster.unavailable("ray") is None
    assert cluster.unavailable("pytorch-gpu") is None, "nothing was said of it"


def test_a_failed_build_is_told_without_paths(cluster):
    cluster.write(pytorch=BUILD_FAILED)

    found = cluster.unavailable()
    assert found.is_failed
    assert "`make up` again" in found.message
    assert "/" not in found.message


def test_the_condition_is_complete(cluster):
    """Kubernetes refuses one that lacks a field."""
    cluster.write(pytorch=loading())

    condition = cluster.condition()
    assert set(condition) == {
        "type",
        "status",
        "observedGeneration",
        "lastTransitionTime",
        "reason",
        "message",
    }
    assert (condition["type"], condition["status"]) == ("ImageAvailable", "False")


def test_all_environments_are_written_in_one_call_to_their_status(cluster):
    changed = cluster.write(pytorch=loading(), pytorch_gpu=loading(), ray=AVAILABLE)

    assert changed == ["pytorch", "pytorch-gpu", "ray"]
    (call,) = cluster.calls
    assert "--subresource=status" in json.loads(call)
    assert "--server-side" in json.loads(call)


def test_what_is_written_already_is_not_written_again(cluster):
    cluster.write(pytorch=building(3, 9))
    before = cluster.condition()

    assert cluster.write(pytorch=building(3, 9)) == []
    assert len(cluster.calls) == 1
    assert cluster.condition() == before


def test_the_time_is_that_of_the_last_change_of_status(cluster):
    cluster.write(pytorch=building(3, 9))
    cluster.change("pytorch", lastTransitionTime="2026-01-01T00:00:00Z")

    cluster.write(pytorch=building(4, 9))
    assert cluster.condition()["lastTransitionTime"] == "2026-01-01T00:00:00Z"
    assert "4 of 9" in cluster.condition()["message"]

    cluster.write(pytorch=AVAILABLE)
    assert cluster.condition()["lastTransitionTime"] > "2026-01-01T00:00:00Z"


def test_another_image_is_judged_anew(cluster):
    cluster.write(pytorch=building(3, 9))
    cluster.change("pytorch", generation=2)
    assert cluster.unavailable() is None

    assert cluster.write(pytorch=building(3, 9)) == ["pytorch"]
    assert cluster.condition()["observedGeneration"] == 2
    assert cluster.unavailable()


def test_environments_that_are_not_installed_are_left_out(cluster):
    assert cluster.write(spark=loading()) == []
    assert cluster.calls == []


def test_a_refusal_of_kubectl_is_told(cluster, tmp_path):
    (tmp_path / "kubectl").write_text("#!/bin/sh\necho no such server >&2; exit 1\n")

    with pytest.raises(StartError, match="no such server"):
        cluster.write(pytorch=loading())


@pytest.mark.parametrize(
    ("minutes", "end"),
    [
        (None, "3 of 9 are ready."),
        (0, "3 of 9 are ready, about 1 minute left."),
        (1, "3 of 9 are ready, about 1 minute left."),
        (12, "3 of 9 are ready, about 12 minutes left."),
    ],
)
def test_the_estimate_is_said_where_there_is_one(minutes, end):
    assert building(3, 9, minutes).message.endswith(end)


def test_an_image_may_be_that_of_several_environments(cluster):
    wanted = {
        "docker.io/mofang/pytorch:1": loading(),
        "docker.io/mofang/hub:1": loading(),
    }

    assert write_image_availability(cluster.kubectl, wanted) == [
        "pytorch",
        "pytorch-gpu",
    ]
    assert cluster.unavailable("pytorch-gpu").reason == "Loading"
    assert cluster.unavailable("ray") is None
