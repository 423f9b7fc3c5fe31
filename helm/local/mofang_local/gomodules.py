"""Our Go modules: their folders, Go's settings, and the sources that they require."""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from mofang_local.errors import BuildError, last_lines
from mofang_local.local_paths import LocalPaths

TAGS = "no_btrfs no_devmapper no_zfs disable_pgv"
"""containerd without file systems that are not used here; Istio without the generated
validation of Envoy's API."""

_COLLECTOR_PERCENT = "400"
"""GOGC of the compiler, which handles one package and ends: collecting seldom pays."""
_FLAGS = ("-mod=readonly", "-buildvcs=false", "-gcflags=all=-dwarf=false")
"""What is built does not depend on the checkout's commit. The linker strips debugging
information, so the compiler need not write it: 9 % less CPU for CoreDNS."""
_MEMORY_SHARE = 4
"""From this part of the machine's memory on, a compiler or linker collects as usual."""


def module_path(paths: LocalPaths, module: str) -> Path:
    """The folder of one of our Go modules."""
    return paths.local / "components" / module


def cache_path(paths: LocalPaths) -> Path:
    """Where Go keeps what it compiled, until every component is built."""
    return paths.cache / "go-build"


def environment(paths: LocalPaths) -> dict[str, str]:
    """The environment of every Go command that compiles, or lists what it would."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        **os.environ,
        "CGO_ENABLED": "0",
        "GOGC": _COLLECTOR_PERCENT,
        "GOMEMLIMIT": f"{memory // _MEMORY_SHARE}B",
        "GOFLAGS": " ".join(_FLAGS),
        "GOCACHE": str(cache_path(paths)),
    }


def _run(
    command: Iterable[str], folder: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the command is ours
        ["go", *command],  # noqa: S607 - the person's own Go
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def version(folder: Path) -> str:
    """Which Go compiles there, as it prints itself.

    Raises:
        BuildError: Go does not run.
    """
    done = _run(["version"], folder)
    if done.returncode:
        raise BuildError(f"Go does not run:\n{last_lines(done.stderr)}")
    return done.stdout


def stale_packages(
    paths: LocalPaths, folder: Path, packages: Iterable[str]
) -> list[str]:
    """What is still to be compiled for some packages, themselves included.

    Args:
        paths: Directories of the one-machine platform.
        folder: Directory of the Go module.
        packages: Import paths to check.

    Raises:
        BuildError: Go cannot tell, for want of a module, say.
    """
    command = ["list", "-deps", "-tags", TAGS]
    command += ["-f", "{{if .Stale}}{{.ImportPath}}{{end}}", *packages]
    done = _run(command, folder, environment(paths))
    if done.returncode:
        raise BuildError(
            f"Go cannot list the packages of {folder}:\n{last_lines(done.stderr)}"
        )
    return done.stdout.split()


def download(paths: LocalPaths, folder: Path) -> None:
    """Bring the sources of every module that ``folder`` requires onto this machine.

    Raises:
        BuildError: One could not be had.
    """
    done = _run(["mod", "download"], folder, environment(paths))
    if done.returncode:
        raise BuildError(
            f"The Go modules of {folder} could not be downloaded:\n"
            + last_lines(done.stderr)
        )


def module_folder(folder: Path, module: str) -> Path:
    """Where Go keeps the sources of a module that ``folder`` requires.

    Raises:
        BuildError: The module cannot be had.
    """
    command = ["list", "-m", "-f", "{{.Dir}}", module]
    done = _run(command, folder)
    if not done.stdout.strip():
        _run(["mod", "download", module], folder)
        done = _run(command, folder)
    if not done.stdout.strip():
        raise BuildError(
            f"The sources of {module} are not there:\n{last_lines(done.stderr)}"
        )
    return Path(done.stdout.strip())
