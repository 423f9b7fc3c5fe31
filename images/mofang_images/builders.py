"""Speak to the program that builds images: buildah, docker or podman."""

import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from mofang_images.commands import CommandLog, output, succeeds
from mofang_images.errors import HostError
from mofang_images.sources import Variant
from mofang_images.store import Store

COMPRESSION = ("--compression-format", "zstd", "--compression-level", "1")
"""For layers in archives: read faster than gzip, and written faster, too."""

LEFTOVERS_KEPT = 16
"""Stages of builds that stay: two for each image that has any, with room to spare."""


_LIST = (
    "dpkg-query",
    "--show",
    "--showformat=${Package} ${Version} ${Architecture}\\n",
)
"""What lists the packages of the Debian it runs in, sorted by name."""

_OF_A_BUILD = re.compile(r".+-working-container(-\d+)?")
"""What buildah calls the containers that it builds in."""


class BuilderKind(StrEnum):
    """The programs we know."""

    BUILDAH = "buildah"
    DOCKER = "docker"
    PODMAN = "podman"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """One image to build, with all it needs on disk."""

    ref: str
    tag: str
    parent_ref: str
    variant: Variant

    context: Path
    """The Dockerfile and every file it copies."""

    host: Path
    """What is mounted at /run/host; see the module ``host``."""


class Builder(Protocol):
    """A program that turns a context into an image, and an image into an archive."""

    def has(self, ref: str) -> bool:
        """Tell whether the program holds an image."""

    def import_root(self, ref: str, root: Path, log: CommandLog) -> None:
        """Make an image of one layer from an archive of files.

        Args:
            ref: Reference, with a tag.
            root: Archive that becomes the only layer.
            log: Runs commands; their output goes to its file.
        """

    def build(self, request: BuildRequest, log: CommandLog) -> None:
        """Build an image."""

    def packages(self, ref: str, log: CommandLog) -> str:
        """List the Debian packages of an image: name, version, architecture a line.

        Args:
            ref: Reference, with a tag.
            log: Runs commands; their output goes to its file.
        """

    def save(
        self, ref: str, archive: Path, log: CommandLog, without: Sequence[str] = ()
    ) -> None:
        """Write an image to an OCI archive that names it.

        ``without``: hashes of unpacked layers that it need not hold. What it says of
        those that it leaves out is of no use.

        Args:
            ref: Reference, with a tag.
            archive: The file to write.
            log: Runs commands; their output goes to its file.
            without: Digests of layers to leave out.
        """

    def load(self, ref: str, layout: Path) -> bool:
        """Take an image from an OCI layout; tell whether that succeeded."""

    def forget(self, ref: str) -> None:
        """Remove an image that nobody will ask for again."""

    def tidy(self) -> None:
        """Bound what builds leave behind besides images."""


def choose_builder(kind: BuilderKind | None, store: Store) -> Builder:
    """Return the program asked for, or the first that is installed.

    Raises:
        HostError: There is none.
    """
    if kind is None:
        kind = next((each for each in BuilderKind if shutil.which(each)), None)
    if kind is None or not shutil.which(kind):
        raise HostError(
            f"No {kind or 'program that builds images'} is installed; "
            "on Debian: apt-get install buildah debootstrap."
        )
    match kind:
        case BuilderKind.BUILDAH:
            return Buildah(storage=store.storage())
        case BuilderKind.DOCKER | BuilderKind.PODMAN:
            return Engine(kind=kind)


def _build_options(request: BuildRequest) -> list[str]:
    """Return the options that every program understands alike."""
    return [
        *("--network", "host"),
        *("--build-context", f"host={request.host}"),
        *("--build-arg", f"BASE_IMAGE={request.parent_ref}"),
        *("--build-arg", f"MOFANG_TAG={request.tag}"),
        *("--build-arg", f"VARIANT={request.variant}"),
        *("--tag", request.ref),
        str(request.context),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Buildah:
    """buildah with a storage of its own, so that nobody's pruning hits ours."""

    storage: Path

    def _command(self, *arguments: str | Path) -> list[str | Path]:
        # Mounts are noted in the run root, which must not outlive a reboot.
        run_root = Path(tempfile.gettempdir()) / f"mofang-images-{os.getuid()}"
        # Builds cache gigabytes of packages, which belong with its other files.
        scratch = self.storage.with_name("scratch")
        scratch.mkdir(parents=True, exist_ok=True)
        buildah = ["env", f"TMPDIR={scratch}", "buildah"]
        return [*buildah, "--root", self.storage, "--runroot", run_root, *arguments]

    def has(self, ref: str) -> bool:
        """Tell whether the program holds an image."""
        return succeeds(self._command("inspect", "--type", "image", ref))

    def import_root(self, ref: str, root: Path, log: CommandLog) -> None:
        """Make an image of one layer from an archive of files."""
        container = f"mofang-root-{os.getpid()}"
        what = "make an image of the Debian root"
        log.run(what, self._command("from", "--name", container, "scratch"))
        try:
            log.run(what, self._command("add", "--quiet", container, root, "/"))
            log.run(what, self._command("config", "--cmd", "/bin/bash", container))
            log.run(what, self._command("commit", "--quiet", container, ref))
        finally:
            log.run(what, self._command("rm", container))

    def build(self, request: BuildRequest, log: CommandLog) -> None:
        """Build an image."""
        # Full isolation needs a newer cgroup layout than many machines have; the
        # commands that run here are those of our own Dockerfiles.
        options = [
            "--isolation",
            "chroot",
            "--layers",
            "--force-rm",
            *_build_options(request),
        ]
        log.run(f"build {request.ref}", self._command("bud", *options))

    def packages(self, ref: str, log: CommandLog) -> str:
        """List the Debian packages of an image: name, version, architecture a line."""
        container = f"mofang-packages-{os.getpid()}-working-container"
        what = f"list the packages of {ref}"
        log.run(what, self._command("from", "--pull-never", "--name", container, ref))
        try:
            command = ("run", "--isolation", "chroot", container, "--", *_LIST)
            return output(self._command(*command))
        finally:
            log.run(what, self._command("rm", container))

    def save(
        self, ref: str, archive: Path, log: CommandLog, without: Sequence[str] = ()
    ) -> None:
        """Write an image to an OCI archive that names it.

        buildah writes no layer that is in the target by its name already, so an empty
        file in the place of each keeps it from compressing them once more.
        """
        layout = archive.with_name(f"{archive.name}.layout")
        blobs = layout / "blobs" / "sha256"
        blobs.mkdir(parents=True)
        present = [blobs / digest.removeprefix("sha256:") for digest in without]
        for each in present:
            each.touch()
        what = f"write {ref} to an archive"
        push = self._command(
            "push", "--quiet", *COMPRESSION, ref, f"oci:{layout}:{ref}"
        )
        log.run(what, push)
        for each in present:
            each.unlink()
        log.run(what, ["tar", "-C", layout, "-cf", archive, "."])
        shutil.rmtree(layout)

    def load(self, ref: str, layout: Path) -> bool:
        """Take an image from an OCI layout; tell whether that succeeded."""
        # buildah calls it like the folder, whose own name may be none for an image.
        link = Path(tempfile.gettempdir()) / f"mofang-layout-{os.getpid()}"
        link.unlink(missing_ok=True)
        link.symlink_to(layout)
        try:
            pulled = output(self._command("pull", "--quiet", f"oci:{link}:{ref}"))
        finally:
            link.unlink()
        if not pulled.strip() or not succeeds(
            self._command("tag", pulled.strip(), ref)
        ):
            return False
        succeeds(self._command("rmi", f"localhost{link}"))
        return True

    def forget(self, ref: str) -> None:
        """Remove an image that nobody will ask for again."""
        succeeds(self._command("rmi", ref))

    def tidy(self) -> None:
        """Remove the leftovers of older builds; the newest speed up the next.

        Builds that were interrupted leave their containers, too.
        """
        for name in output(
            self._command("containers", "--format", "{{.ContainerName}}")
        ).split():
            if _OF_A_BUILD.fullmatch(name):
                succeeds(self._command("rm", name))
        listed = output(
            self._command(
                "images", "--quiet", "--no-trunc", "--filter", "dangling=true"
            )
        )
        newest_first = list(dict.fromkeys(listed.split()))
        for leftover in newest_first[LEFTOVERS_KEPT:]:
            succeeds(self._command("rmi", leftover))


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """docker or podman, which share these commands."""

    kind: BuilderKind

    def has(self, ref: str) -> bool:
        """Tell whether the program holds an image."""
        return succeeds([self.kind, "image", "inspect", ref])

    def import_root(self, ref: str, root: Path, log: CommandLog) -> None:
        """Make an image of one layer from an archive of files."""
        log.run("make an image of the Debian root", [self.kind, "import", root, ref])

    def build(self, request: BuildRequest, log: CommandLog) -> None:
        """Build an image."""
        log.run(f"build {request.ref}", [self.kind, "build", *_build_options(request)])

    def packages(self, ref: str, log: CommandLog) -> str:  # noqa: ARG002 - one command.
        """List the Debian packages of an image: name, version, architecture a line."""
        program, *rest = _LIST
        options = ["--rm", "--network", "none", "--entrypoint", program]
        return output([self.kind, "run", *options, ref, *rest])

    def save(
        self,
        ref: str,
        archive: Path,
        log: CommandLog,
        without: Sequence[str] = (),  # noqa: ARG002 - these write images whole.
    ) -> None:
        """Write an image to an OCI archive that names it."""
        form = ["--format", "oci-archive"] if self.kind is BuilderKind.PODMAN else []
        command: list[str | Path] = [self.kind, "save", *form, "--output", archive, ref]
        log.run(f"write {ref} to an archive", command)

    def load(self, ref: str, layout: Path) -> bool:  # noqa: ARG002 - see below.
        """Say that it is built again: not every version reads layouts."""
        return False

    def tidy(self) -> None:
        """Leave the cache to the engine, which bounds it by itself."""

    def forget(self, ref: str) -> None:
        """Remove an image that nobody will ask for again."""
        succeeds([self.kind, "image", "rm", ref])
