"""A hub that is started anew knows which servers were started ahead."""

import pytest
from unit.hub_pages.hub import running_hub
from unit.hub_pages.pod_spawner import (
    PodSpawner,
    ahead,
    configure,
    pods,
    spawner_of,
    want,
)

from mofang_hub.pages.start_ahead import START_AHEAD

pytestmark = pytest.mark.asyncio


async def test_a_hub_that_is_started_anew_goes_on(tmp_path):
    async with pods():
        async with running_hub(tmp_path, configure) as hub:
            ada = await hub.visit("ada")
            want(hub)
            await ahead(ada)
            since = spawner_of(hub).started_ahead
        async with running_hub(tmp_path, configure) as hub:
            found = spawner_of(hub)
            assert (found.is_unused, found.started_ahead) == (True, since)
            service = hub.hub.tornado_settings[START_AHEAD]
            assert service.unused() == [found]
            await service.stop(found, "expired")
            assert PodSpawner.pods == set()
    PodSpawner.starts.clear()
