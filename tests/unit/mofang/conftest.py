"""Fixtures for the client.

``service`` answers like the real one, over ``httpx.MockTransport``; ``client`` is a
client of it, ``mofang`` the command line; ``clock`` makes waiting free and counts it.
``public_client`` is where every user of the machine may read the client.
"""

from __future__ import annotations

import time

import pytest
from click.testing import CliRunner
from unit.mofang.fake_service import FakeService

from mofang.cli import app
from mofang.cli.app import Platform
from support.client_packages import outside, public_client  # noqa: F401 - fixtures
from support.clock import FakeClock


@pytest.fixture
def clock(monkeypatch):
    clock = FakeClock()
    monkeypatch.setattr(time, "sleep", clock.sleep)
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


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
