"""Fixtures for the client.

``service`` answers like the real one, over ``httpx.MockTransport``; ``client`` is a
client of it, ``mofang`` the command line; ``clock`` makes waiting free and counts it.
``public_client`` is where every user of the machine may read the client.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from unit.mofang.fake_service import Clock, FakeService

import mofang as package
from mofang.cli import app
from mofang.cli.app import Platform


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(time, "sleep", clock.sleep)
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    return clock


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
    """A copy of the client: plain users may not enter the checkout below root's home.

    Neither may they enter pytest's own folders.
    """
    folder = Path(tempfile.mkdtemp(prefix="mofang-client-", dir="/tmp"))
    folder.chmod(0o755)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(
        Path(package.__file__).parent, folder / package.__name__, ignore=ignored
    )
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def service():
    return FakeService()


@pytest.fixture
def client(service):
    with service.connect() as client:
        yield client


@pytest.fixture
def mofang(service):
    """Run the command line against the service, as ``mofang("jobs", "--mine")``."""

    def run(*arguments: str, **options):
        platform = Platform(connect=service.connect)
        return CliRunner().invoke(app, arguments, obj=platform, **options)

    return run
