"""The kubelet bounds the processes and threads of a pod, and its neighbours go on."""

import asyncio
import json
import re

import pytest
from cluster.test_jobs_world import World, eventually

from mofang_api.models import JobState
from support.platform import Platform

pytest_plugins = ["cluster.test_jobs_world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

# Threads count as processes do, and cost less memory than those.
BOMB = """
import os, threading
ended = threading.Event()
threading.stack_size(65536)
count = 0
try:
    while True:
        threading.Thread(target=ended.wait, daemon=True).start()
        count += 1
except RuntimeError as err:
    print(f"refused after {count}: {err}", flush=True)
try:
    os.fork()
except BlockingIOError as err:
    print(f"fork: {err.strerror}", flush=True)
while not os.path.exists("/home/jovyan/bomb-ends"):
    ended.wait(0.2)
ended.set()
"""


async def test_a_fork_bomb_stays_in_its_pod(world: World) -> None:
    script = world.write("bomb.py", BOMB)
    resources = {"cpu": "500m", "memory": "2Gi", "gpu": 0}
    bomb = await world.submit(script=script, resources=resources)

    async def refusal() -> re.Match[str] | None:
        log = await world.call("GET", f"/{bomb.id}/logs/worker/0")
        # Python warns of a fork beside threads in between.
        said = re.search(r"refused after (\d+): (?:.*\n)+?fork: (.+)", log.text)
        return said if log.is_success else None

    try:
        said = await eventually(refusal, within=120)
    except TimeoutError:
        log = await world.call("GET", f"/{bomb.id}/logs/worker/0")
        raise AssertionError(f"{await world.get(bomb)}\n{log.text}") from None
    assert said is not None
    node = (await world.get(bomb)).replicas[0].node
    raw = await asyncio.to_thread(
        Platform().kubectl, "get", "--raw", f"/api/v1/nodes/{node}/proxy/configz"
    )
    bound = json.loads(raw)["kubeletconfig"]["podPidsLimit"]
    # Those of the container itself count, and of the pod's pause container.
    assert bound - 100 < int(said[1]) < bound
    assert said[2] == "Resource temporarily unavailable"

    # While it holds all that it may have, a neighbour of the same node starts.
    script = world.write("neighbour.py", "import os; print('pid', os.fork() >= 0)")
    neighbour = await world.submit(script=script)
    await world.until(neighbour, JobState.SUCCEEDED)

    world.write("bomb-ends", "")
    await world.until(bomb, JobState.SUCCEEDED)
