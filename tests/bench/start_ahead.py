"""From the click on Start to a server that answers, which was started ahead or not."""

import asyncio
import tempfile
import time
from pathlib import Path

from bench.table import Row, in_turn
from mofang_local.network import CPU_NODE
from support.ahead import Ahead, ahead_hub


def rows(rounds: int) -> list[Row]:
    """On a hub of its own, since the platform's starts nothing ahead."""

    async def measure() -> list[Row]:
        with tempfile.TemporaryDirectory() as folder:
            async with ahead_hub(Path(folder), proxy_host=CPU_NODE.address) as hub:
                return await asyncio.to_thread(_rows, hub, rounds)

    return asyncio.run(measure())


def _rows(hub: Ahead, rounds: int) -> list[Row]:
    def click() -> float:
        began = time.monotonic()
        hub.press_start()
        hub.wait_answer()
        took = time.monotonic() - began
        hub.session.stop(hub.server)
        return took

    def started_ahead() -> float:
        assert hub.start_ahead() == hub.server
        hub.wait_answer()
        return click()

    ours, plain = in_turn(rounds, started_ahead, click)
    return [
        Row(
            name="click → server answers, started ahead",
            unit="s",
            ours=ours,
            baseline_name="not started ahead",
            baseline=plain,
        )
    ]
