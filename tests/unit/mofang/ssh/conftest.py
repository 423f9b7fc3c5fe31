"""``ssh_service`` is a training service on a real port; see ``bridge``."""

from __future__ import annotations

import pytest
from unit.mofang.ssh.bridge import running_service


@pytest.fixture
async def ssh_service():
    async with running_service() as service:
        yield service
