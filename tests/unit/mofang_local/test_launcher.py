"""The launcher's pure parts; the cluster itself is tried by starting it."""

import json
import os
import tarfile
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from mofang_images.file_images import FileImage, write_file_image
from mofang_local import (
    cleanup,
    loading,
    nodes,
    platform,
    preflight,
)
from mofang_local.__main__ import parser
from mofang_local.errors import LauncherError
from mofang_local.images import PlannedImage
from mofang_local.local_paths import LocalPaths
from mofang_local.network import CPU_NODE, GPU_NODE, NODES
from mofang_local.processes import Program, Supervisor, start_time


@pytest.fixture
def paths(tmp_path: Path) -> LocalPaths:
    return LocalPaths(
        repository=Path(__file__).parents[3],
        cache=tmp_path / "cache",
        state=tmp_path / "state",
    )


GOOD = preflight.Host(
    system="linux",
    is_root=True,
    free_disk=preflight.DISK_BYTES,
    memory=preflight.MEMORY_BYTES,
    missing_tools=(),
)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param({"system": "darwin"}, "Linux", id="not Linux"),
        pytest.param({"is_root": False}, "as root", id="not root"),
        pytest.param({"free_disk": 1}, "make room", id="disk full"),
        pytest.param({"memory": preflight.GIB}, "1 GiB of memory", id="little memory"),
        pytest.param({"missing_tools": ("go",)}, "install it from go.dev", id="no Go"),
    ],
)
def test_an_unmet_need_says_what_to_do(change, says):
    assert preflight.unmet(GOOD, already_built=False) == []
    messages = preflight.unmet(replace(GOOD, **change), already_built=False)
    assert len(messages) == 1
    assert says in messages[0]


def test_a_built_machine_needs_less_disk():
    some = replace(GOOD, free_disk=preflight.DISK_BYTES // 2)
    assert preflight.unmet(some, already_built=True) == []


def test_an_archive_is_an_image_containerd_can_name(tmp_path):
    program = tmp_path / "program"
    program.write_text("#!/bin/true")
    program.chmod(0o755)
    image = FileImage(
        name="docker.io/mofang/thing",
        files={"/usr/bin/thing": program},
        entrypoint=("/usr/bin/thing",),
    )

    archive = write_file_image(image, tmp_path / "images")

    with tarfile.open(archive) as packed:
        index = json.load(packed.extractfile("index.json"))
        digest = index["manifests"][0]["digest"].removeprefix("sha256:")
        manifest = json.load(packed.extractfile(f"blobs/sha256/{digest}"))
        layer = manifest["layers"][0]["digest"].removeprefix("sha256:")
        with tarfile.open(
            fileobj=packed.extractfile(f"blobs/sha256/{layer}")
        ) as inside:
            found = inside.getmember("usr/bin/thing")
    name = index["manifests"][0]["annotations"]["io.containerd.image.name"]
    assert name == image.reference
    assert found.mode == 0o755


def test_an_image_s_tag_follows_its_files(tmp_path):
    program = tmp_path / "program"
    program.write_text("1")
    image = FileImage(name="a/b", files={"/b": program}, entrypoint=("/b",))
    before = image.tag
    program.write_text("2")
    assert image.tag != before


def test_only_the_newest_archive_of_an_image_is_kept(tmp_path):
    program = tmp_path / "program"
    folder = tmp_path / "images"
    kept = []
    for text in ("1", "2"):
        program.write_text(text)
        for name in ("a/b", "a/b-c"):
            image = FileImage(name=name, files={"/b": program}, entrypoint=("/b",))
            kept.append(write_file_image(image, folder))
    assert sorted(folder.iterdir()) == sorted(kept[2:])


def test_users_images_are_on_every_node_and_others_on_one():
    assert loading.nodes_of("pytorch") == NODES
    assert loading.nodes_of("hub") == (CPU_NODE,)


def test_what_the_operator_puts_into_jobs_is_where_jobs_run():
    """Nothing can be pulled: a launcher would wait for its first image for ever."""
    for name in ("await-name", "kubectl-delivery"):
        assert loading.nodes_of(name) == NODES


def test_a_recorded_pid_that_was_given_to_another_is_not_ours(tmp_path):
    """Only a process with the recorded start time may be signalled."""
    supervisor = Supervisor(tmp_path, tmp_path)
    record = {"pid": os.getpid(), "started": "1"}
    (tmp_path / "etcd.pid").write_text(json.dumps(record))
    assert supervisor.pid("etcd") is None
    supervisor.stop("etcd")
    assert start_time(os.getpid())


def test_a_program_is_started_once_and_ended(tmp_path):
    supervisor = Supervisor(tmp_path / "run", tmp_path / "logs")
    program = Program(name="sleeper", command=("sleep", "60"))
    supervisor.start(program)
    first = supervisor.pid("sleeper")
    supervisor.start(program)
    assert supervisor.pid("sleeper") == first
    assert supervisor.names() == ["sleeper"]
    supervisor.stop("sleeper")
    assert supervisor.pid("sleeper") is None


def test_every_program_has_a_place_in_the_stopping_order(paths):
    """What is forgotten there would be ended in any order."""
    started = {
        program.name for node in NODES for program in nodes.programs(paths, node)
    }
    assert started <= set(cleanup.STOP_ORDER)


def test_containerd_s_configuration_is_toml_with_folders_of_its_node(paths):
    config = tomllib.loads(nodes.containerd_config(paths, GPU_NODE, "pause:1"))
    assert config["version"] == 3
    assert "gpu-1" in config["root"]
    assert "gpu-1" in config["grpc"]["address"]


def test_only_the_gpu_node_repels_pods(paths):
    kubelets = {
        node.name: yaml.safe_load(nodes.kubelet_config(paths, node)) for node in NODES
    }
    assert "registerWithTaints" not in kubelets["cpu-1"]
    assert kubelets["gpu-1"]["registerWithTaints"][0]["key"] == "nvidia.com/gpu"
    assert kubelets["cpu-1"]["cgroupRoot"] != kubelets["gpu-1"]["cgroupRoot"]


def test_passwords_are_made_once_and_are_private(paths):
    first = platform.passwords(paths)
    assert platform.passwords(paths) == first
    assert len(first["admin"]) >= 32
    mode = (paths.state / "passwords.json").stat().st_mode
    assert mode & 0o077 == 0


def test_values_name_images_and_folders(paths):
    image = PlannedImage(name="hub", reference="docker.io/mofang/hub:abc", built=True)
    values = platform.values(paths, {"hub": image}, "http://127.0.0.1:8080")
    assert values["images"]["hub"] == {
        "repository": "docker.io/mofang/hub",
        "tag": "abc",
    }
    volume = values["storage"]["persistentVolume"]["hostPath"]
    assert volume["path"].endswith("/storage/$(category)")


def test_values_for_the_platform_of_this_machine_are_refused():
    options = parser().parse_args(["up", "--values", "my-values.yaml"])
    with pytest.raises(LauncherError, match="VALUES goes with CLUSTER=current"):
        options.work(options)
