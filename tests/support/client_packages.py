"""The client's three packages for processes that tests start; a clean environment."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

import mofang
import mofang_api
import mofang_run

PACKAGES = tuple(
    Path(package.__file__).parent for package in (mofang_api, mofang, mofang_run)
)

PYTHONPATH = os.pathsep.join(str(package.parent) for package in PACKAGES)
"""Of a process that has all three."""

RUNNER = str(PACKAGES[-1].parent)
"""Likewise, of one that has nothing but ``mofang_run``."""


@pytest.fixture(autouse=True)
def outside(monkeypatch, tmp_path):
    """No setting of the machine that runs the tests reaches them."""
    for name in (
        "MOFANG_API_URL",
        "MOFANG_PROJECT",
        "MOFANG_IMAGE",
        "MOFANG_ENVIRONMENT",
        "JUPYTERHUB_API_TOKEN",
        "JUPYTERHUB_USER",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture(scope="session")
def public_client():
    """A copy of the packages that every user of the machine may read.

    Plain users may enter neither the checkout below root's home nor pytest's folders.
    """
    folder = Path(tempfile.mkdtemp(prefix="mofang-client-", dir="/tmp"))
    folder.chmod(0o755)
    ignored = shutil.ignore_patterns("__pycache__")
    for package in PACKAGES:
        shutil.copytree(package, folder / package.name, ignore=ignored)
    yield folder
    shutil.rmtree(folder)
