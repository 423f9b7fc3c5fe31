"""Environments of the Kubeflow SDKs, one each: their pins are not ours.

``python -m tests.support.sdk`` makes those that are missing.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from mofang_local.local_paths import paths

PACKAGES = {"kubeflow": "0.5.0", "kubeflow-training": "1.9.4"}


def _folder(package: str) -> Path:
    return paths().cache / "kubeflow-sdk" / f"{package}-{PACKAGES[package]}"


def _is_complete(package: str) -> bool:
    folder = _folder(package)
    # Its Python is a link, and may lead to one that is no more.
    return (folder / ".complete").exists() and (folder / "bin" / "python").exists()


def interpreter(package: str) -> Path:
    """The Python of an SDK's environment.

    Raises:
        RuntimeError: It was not made yet.
    """
    if not _is_complete(package):
        raise RuntimeError(f"{package} is not installed: run `make test-programs`")
    return _folder(package) / "bin" / "python"


def install(package: str) -> None:
    """Make the environment of an SDK anew."""
    folder = _folder(package)
    shutil.rmtree(folder, ignore_errors=True)
    uv = str(Path(sys.executable).with_name("uv"))
    pinned = f"{package}=={PACKAGES[package]}"
    python = str(folder / "bin" / "python")
    into = ("pip", "install", "--quiet", "--python", python, pinned)
    for command in (("venv", "--quiet", "--python", "3.11", str(folder)), into):
        subprocess.run([uv, *command], check=True)
    (folder / ".complete").touch()


if __name__ == "__main__":
    for name, version in PACKAGES.items():
        if not _is_complete(name):
            print(f"Installing {name} {version} for the tests", flush=True)
            install(name)
