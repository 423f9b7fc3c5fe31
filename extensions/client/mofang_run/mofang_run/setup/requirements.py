"""Install the packages of a requirements file for this job alone.

They go into a virtual environment on the scratch disk that stands on the job's Python:
what that has is not installed again, and what is newer here wins. The environment's
own Python runs the job, so that packages installed in place and programs are found.
"""

from __future__ import annotations

import hashlib
import shutil
import venv
from dataclasses import replace
from pathlib import Path

from mofang_run.environments.activation import activate
from mofang_run.environments.image import Image
from mofang_run.job.interpreter import Interpreter
from mofang_run.job.program import check_script
from mofang_run.job.replica import ReplicaContext
from mofang_run.process.child import run_child
from mofang_run.process.exit_codes import (
    CANNOT_EXECUTE,
    NOT_FOUND,
    RefusalError,
    StoppedError,
)
from mofang_run.process.output import MarkedOutput
from mofang_run.setup.snapshot import Relocation

COMPLETE = ".mofang-complete"
"""A file in an environment that holds all that was asked for."""


def install_requirements(
    replica: ReplicaContext, relocation: Relocation, interpreter: Interpreter
) -> Interpreter:
    """Install what the job asks for, unless a container before us in this pod did.

    Args:
        replica: This container; its environment is added to.
        relocation: Where the snapshot was unpacked.
        interpreter: Python of the job.

    Returns:
        The Python that has it; the given one if nothing is asked for.

    Raises:
        RefusalError: The file is not there, or its packages cannot be installed.
        StoppedError: A signal came meanwhile.
    """
    named = replica.settings.requirements
    if named is None:
        return interpreter
    file = relocation.moved(replica.settings.at_home(named))
    target = Path(replica.settings.cache, "packages", _digest(file))
    if not (target / COMPLETE).is_file():
        _install(replica, file, target, interpreter)
    replica.environment.update(activate(replica.environment, target))
    return replace(
        interpreter,
        executable=str(target / "bin" / "python"),
        sites=(str(target / Image.running().site_folder), *interpreter.sites),
    )


def _digest(file: str) -> str:
    check_script(file)
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()[:32]


def _install(
    replica: ReplicaContext, file: str, target: Path, interpreter: Interpreter
) -> None:
    say = replica.output.say
    mark = target / COMPLETE
    try:
        # Programs name the place of their Python, so it is made where it stays.
        shutil.rmtree(str(target), ignore_errors=True)
        python = _make_environment(target, interpreter)
        say(f"Installing the packages of {file}.")
        code = _run(replica, _installer(python, file, target, interpreter), target)
        if code:
            raise RefusalError(
                f"The packages of {file} could not be installed; the lines above say "
                "why. Correct the file, and submit the job again.",
                CANNOT_EXECUTE,
            )
        mark.touch()
    except OSError as error:
        raise RefusalError(
            f"The packages of {file} could not be installed: {error}.", CANNOT_EXECUTE
        ) from error
    finally:
        if not mark.is_file():
            shutil.rmtree(str(target), ignore_errors=True)
    say(f"Installed the packages of {file}.")


def _make_environment(root: Path, interpreter: Interpreter) -> Path:
    """Make an environment that sees the packages of another, and return its Python."""
    image = Image.running()
    # A person's directory holds all of the image's packages that are not removed.
    is_image = str(image.sites[0]) in interpreter.sites
    venv.create(str(root), system_site_packages=is_image, symlinks=True)
    # A virtual environment may be below, of which another one knows nothing. Its own
    # .pth files count too: so are packages found that were installed in place.
    lines = [
        "import sys, site",
        *(f"site.addsitedir({place!r})" for place in interpreter.sites),
    ]
    site_packages = root / image.site_folder
    (site_packages / "mofang-image.pth").write_text("; ".join(lines) + "\n")
    return root / "bin" / "python"


def _installer(
    python: Path, file: str, root: Path, interpreter: Interpreter
) -> list[str]:
    if interpreter.find_package("pip") is not None:
        return [
            *(str(python), "-m", "pip", "install", "--no-input"),
            *("--disable-pip-version-check", "--no-warn-script-location"),
            # Whatever pip is configured to do for the person, here it installs for
            # the job.
            *("--no-user", "--target=", "--root=/", f"--prefix={root}"),
            *("--progress-bar", "off", "-r", file),
        ]
    uv = _find_uv(interpreter)
    if uv is None:
        raise RefusalError(
            f"The packages of {file} cannot be installed: {interpreter.executable} has "
            "neither pip nor uv. Choose an image that has one of them.",
            NOT_FOUND,
        )
    # uv does not see the packages below, so it installs all that is depended on.
    return [
        *(*uv, "pip", "install", "--no-progress", "--python", str(python)),
        *("--cache-dir", str(root.parent / ".uv"), "-r", file),
    ]


def _find_uv(interpreter: Interpreter) -> list[str] | None:
    found = shutil.which("uv")
    if found:
        return [found]
    if interpreter.find_package("uv") is not None:
        return interpreter.module("uv")
    return None


def _run(replica: ReplicaContext, arguments: list[str], root: Path) -> int:
    output = MarkedOutput(replica.output, "pip")
    environment = activate(replica.environment, root)
    status = run_child(arguments, environment, replica.signals, output)
    output.flush()
    number = replica.signals.stopped_by
    if number is not None:
        raise StoppedError(number)
    return status
