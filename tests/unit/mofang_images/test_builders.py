from pathlib import Path

import pytest

from mofang_images.builders import (
    Buildah,
    BuilderKind,
    BuildRequest,
    Engine,
    choose_builder,
)
from mofang_images.errors import HostError
from mofang_images.sources import Variant

REQUEST = BuildRequest(
    ref="docker.io/mofang/base:1",
    tag="1",
    variant=Variant.GPU,
    parent_ref="debian:trixie",
    context=Path("/context"),
    host=Path("/host"),
)
COMMON = (
    "--network host --build-context host=/host --build-arg BASE_IMAGE=debian:trixie "
    "--build-arg MOFANG_TAG=1 --build-arg VARIANT=gpu "
    "--tag docker.io/mofang/base:1 /context"
)


class RecordingLog:
    def __init__(self):
        self.commands = []

    def run(self, what, command, **_):
        self.commands.append(" ".join(str(word) for word in command))


@pytest.fixture
def log():
    return RecordingLog()


@pytest.fixture
def folder(tmp_path_factory):
    """Where buildah keeps its files."""
    return tmp_path_factory.mktemp("images")


@pytest.mark.parametrize("kind", [BuilderKind.DOCKER, BuilderKind.PODMAN])
def test_docker_and_podman_build_alike(kind, log):
    Engine(kind=kind).build(REQUEST, log)

    assert log.commands == [f"{kind} build {COMMON}"]


def test_buildah_builds_apart_from_the_machines_own_images(log, folder):
    Buildah(storage=folder / "storage").build(REQUEST, log)

    (command,) = log.commands
    scratch, storage = folder / "scratch", folder / "storage"
    assert command.startswith(
        f"env TMPDIR={scratch} buildah --root {storage} --runroot "
    )
    assert scratch.is_dir()
    assert "--isolation chroot" in command
    assert command.endswith(COMMON)


def test_archives_are_oci_archives_that_name_the_image(log, tmp_path, folder):
    archive = tmp_path / "archive.tar"
    Buildah(storage=folder / "storage").save(REQUEST.ref, archive, log)
    Engine(kind=BuilderKind.PODMAN).save(REQUEST.ref, archive, log)

    push, tar, podman = log.commands
    assert push.endswith(f"{REQUEST.ref} oci:{archive}.layout:{REQUEST.ref}")
    assert tar == f"tar -C {archive}.layout -cf {archive} ."
    assert podman.endswith(f"--format oci-archive --output {archive} {REQUEST.ref}")
    assert list(tmp_path.iterdir()) == []


def test_packages_are_those_of_the_image(monkeypatch, tmp_path, folder, log):
    for name in ("buildah", "podman"):
        program = tmp_path / name
        program.write_text(
            f"#!/bin/sh\nprintf '%s\\n' \"$*\" >> {tmp_path}/calls\necho bash 5 amd64\n"
        )
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    builders = Buildah(storage=folder / "storage"), Engine(kind=BuilderKind.PODMAN)

    assert {each.packages(REQUEST.ref, log) for each in builders} == {"bash 5 amd64\n"}

    buildah, podman = (tmp_path / "calls").read_text().splitlines()
    assert " run --isolation chroot mofang-packages-" in buildah
    assert podman.startswith(
        "run --rm --network none --entrypoint dpkg-query docker.io"
    )
    assert all("${Package} ${Version}" in each for each in (buildah, podman))
    made, removed = log.commands
    assert "from --pull-never --name mofang-packages-" in made
    assert " rm mofang-packages-" in removed


def test_buildah_compresses_no_layer_that_is_archived_already(tmp_path, folder):
    """It takes a layer whose name is in the target for one that was written."""
    seen = {}

    class ListingLog:
        def run(self, what, command):
            seen[command[0]] = {each.name for each in tmp_path.rglob("*/sha256/*")}

    Buildah(storage=folder / "storage").save(
        REQUEST.ref, tmp_path / "archive.tar", ListingLog(), without=["sha256:abc"]
    )

    assert seen == {"env": {"abc"}, "tar": set()}


def test_containers_of_interrupted_builds_are_removed(monkeypatch, tmp_path, folder):
    """Those that a person made, to look into an image, are left alone."""
    program = tmp_path / "buildah"
    program.write_text(
        "#!/bin/sh\n"
        f'echo "$*" >> {tmp_path}/calls\n'
        'case "$*" in *containers*) printf "%s\\n" '
        "a1-working-container hub-working-container-2 mine ;; esac\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    Buildah(storage=folder / "storage").tidy()

    calls = (tmp_path / "calls").read_text().splitlines()
    removed = [call.split(" rm ")[1] for call in calls if " rm " in call]
    assert removed == ["a1-working-container", "hub-working-container-2"]


def test_a_machine_without_builders_is_told_what_to_install(monkeypatch, store):
    monkeypatch.setenv("PATH", "")

    with pytest.raises(HostError, match="apt-get install buildah debootstrap"):
        choose_builder(None, store)
