"""Install the packages of a requirements file for this job alone.

They go into an environment on the scratch disk that stands on the image's: what the
image has is not installed again, and what is newer here wins, by PYTHONPATH.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import sysconfig
import venv
from pathlib import Path

from mofang.run.child import run_child
from mofang.run.endings import CANNOT_EXECUTE, NOT_FOUND, RefusalError, StoppedError
from mofang.run.output import MarkedOutput
from mofang.run.preparation.snapshot import Relocation
from mofang.run.program import check_script, has_package
from mofang.run.replica import Replica


def install_requirements(replica: Replica, relocation: Relocation) -> None:
    """Install what the job asks for, unless a container before us in this pod did.

    Raises:
        RefusalError: The file is not there, or its packages cannot be installed.
        StoppedError: A signal came meanwhile.
    """
    named = replica.settings.requirements
    if named is None:
        return
    file = relocation.moved(named)
    target = Path(replica.settings.cache, "packages", _digest(file))
    if not target.is_dir():
        _install(replica, file, target)
    _add_path(replica, _site_packages(target))


def _digest(file: str) -> str:
    check_script(file)
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()[:32]


def _install(replica: Replica, file: str, target: Path) -> None:
    say = replica.output.say
    draft = target.with_name(f".draft-{target.name}")
    try:
        shutil.rmtree(str(draft), ignore_errors=True)
        python = _make_environment(draft)
        say(f"Installing the packages of {file}.")
        code = _run(replica, _installer(python, file, draft))
        if code:
            raise RefusalError(
                f"The packages of {file} could not be installed; the lines above say "
                "why. Correct the file, and submit the job again.",
                CANNOT_EXECUTE,
            )
        os.rename(str(draft), str(target))  # noqa: PTH104
    except OSError as error:
        raise RefusalError(
            f"The packages of {file} could not be installed: {error}.", CANNOT_EXECUTE
        ) from error
    finally:
        shutil.rmtree(str(draft), ignore_errors=True)
    say(f"Installed the packages of {file}.")


def _make_environment(root: Path) -> Path:
    """Make an environment that sees our packages, and return its Python."""
    venv.create(str(root), system_site_packages=True, symlinks=True)
    # Ours may be an environment itself, of which another one knows nothing.
    ours = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    parent = "".join(f"{path}\n" for path in sorted(ours))
    (_site_packages(root) / "mofang-image.pth").write_text(parent)
    return root / "bin" / "python"


def _site_packages(root: Path) -> Path:
    major, minor = sys.version_info[:2]
    return root / "lib" / f"python{major}.{minor}" / "site-packages"


def _installer(python: Path, file: str, root: Path) -> list[str]:
    if has_package("pip"):
        return [
            *(str(python), "-m", "pip", "install", "--no-input"),
            *("--disable-pip-version-check", "--no-warn-script-location"),
            *("--progress-bar", "off", "-r", file),
        ]
    uv = _find_uv()
    if uv is None:
        raise RefusalError(
            f"The packages of {file} cannot be installed: {sys.executable} has neither "
            "pip nor uv. Choose an image that has one of them.",
            NOT_FOUND,
        )
    # uv does not see the image's packages, so it installs all that is depended on.
    return [
        *(*uv, "pip", "install", "--no-progress", "--python", str(python)),
        *("--cache-dir", str(root.parent / ".uv"), "-r", file),
    ]


def _find_uv() -> list[str] | None:
    found = shutil.which("uv")
    if found:
        return [found]
    if has_package("uv"):
        return [sys.executable, "-m", "uv"]
    return None


def _run(replica: Replica, arguments: list[str]) -> int:
    output = MarkedOutput(replica.output, "pip")
    status = run_child(arguments, replica.environment, replica.signals, output)
    output.flush()
    number = replica.signals.stopped_by
    if number is not None:
        raise StoppedError(number)
    return status


def _add_path(replica: Replica, path: Path) -> None:
    before = replica.environment.get("PYTHONPATH")
    replica.environment["PYTHONPATH"] = os.pathsep.join(
        [str(path), *([before] if before else [])]
    )
