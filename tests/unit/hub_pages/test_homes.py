"""Homes are made with their users: jobs may come before the first server."""

import stat
from types import SimpleNamespace

import pytest
from unit.hub_pages.hub import running_hub

from support.eventually import until

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_who_logs_in_has_a_home_before_any_server(tmp_path):
    """And a home that an earlier version left open is closed at the hub's start."""
    users = tmp_path / "users"
    (users / "ben").mkdir(parents=True)
    (users / "ben").chmod(0o777)

    def see_homes(c):
        c.MofangSpawner.context = lambda: SimpleNamespace(homes=users)

    def mode_of(name):
        return stat.S_IMODE((users / name).stat().st_mode)

    async with running_hub(tmp_path, see_homes) as hub:
        await hub.visit("ada")

        assert mode_of("ada") == 0o770
        await until(lambda: mode_of("ben") == 0o770)
