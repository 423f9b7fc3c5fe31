"""Homes are asked for with their users: jobs may come before the first server."""

from types import SimpleNamespace

import pytest
from unit.hub_pages.hub import running_hub

from mofang_kube.errors import KubernetesUnavailableError
from mofang_spawner.start_choices import StartChoices
from mofang_spawner.start_history import StartHistory
from support.eventually import until

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Homes:
    def __init__(self):
        self.asked = []

    async def create(self, username):
        self.asked.append(username)
        if username == "ben":
            raise KubernetesUnavailableError("Kubernetes does not answer.")


def context_with(homes):
    async def ready():
        pass

    return SimpleNamespace(
        homes=homes, ready=ready, starts=StartHistory(), choices=StartChoices()
    )


async def test_who_logs_in_gets_a_home_before_any_server(tmp_path):
    """A log-in does not fail with Kubernetes; and known users get theirs anew."""
    homes, later = Homes(), Homes()

    def see_homes(c):
        c.MofangSpawner.context = lambda: context_with(homes)

    def see_later(c):
        c.MofangSpawner.context = lambda: context_with(later)

    async with running_hub(tmp_path, see_homes) as hub:
        await hub.visit("ben")
        await hub.visit("ada")
        await until(lambda: {"ada", "ben"} <= set(homes.asked))
    async with running_hub(tmp_path, see_later):
        await until(lambda: {"ada", "ben"} <= set(later.asked))
