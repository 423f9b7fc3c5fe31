"""The rule on real processes, sampled by the real wrapper with a short period."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from unit.mofang_jobs.hang.conftest import name_of

from mofang_jobs.adapters.sample_files import SampleStorage
from mofang_jobs.domain.hang_rule import HangVerdict, Health
from mofang_jobs.domain.hang_settings import HangSettings
from mofang_jobs.domain.samples import SampledReplica
from mofang_jobs.services.hang_detector import HangDetector
from support.client_packages import PYTHONPATH

PERIOD = 0.2
SETTINGS = HangSettings(
    sample_seconds=PERIOD, idle_periods=10, gpu_window=5, stale_periods=50
)

IN_A_LOCK = """
import threading
lock = threading.Lock()
lock.acquire()
lock.acquire()
"""

COMPUTING = "while True: pass"

DOING_IO = """
import time
while True:
    open(__file__).read()
    time.sleep(0.02)
"""

ONE_OF_MANY_LIVES = """
import os, time, threading
def hang():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()
for _ in range(4):
    if not os.fork():
        hang()
alive = os.fork()
if not alive:
    end = time.monotonic() + 4
    file = os.open(os.devnull, os.O_WRONLY)
    while time.monotonic() < end:
        os.write(file, b".")
        time.sleep(0.02)
    os._exit(0)
hang()
"""


class Job:
    """Replicas under the wrapper, and what is said of them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._running: list[subprocess.Popen[bytes]] = []
        self._replicas: list[SampledReplica] = []
        self._watch = HangDetector(SampleStorage(root), SETTINGS)

    def start(self, script: str, gpus: int = 0, path: str = "") -> None:
        name = name_of(f"worker-{len(self._replicas)}")
        log = self._root.joinpath(*name.parts)
        file = self._root / f"{log.stem}.py"
        file.write_text(script)
        output = [sys.executable, "-m", "mofang_run.main", "--framework", "single"]
        process = subprocess.Popen(
            [*output, "--", str(file)],
            env={
                "PATH": path + os.environ["PATH"],
                "PYTHONPATH": PYTHONPATH,
                "MOFANG_LOG_FILE": str(log),
                "MOFANG_SAMPLE_SECONDS": str(PERIOD),
                "MOFANG_TERMINATION_LOG": os.devnull,
            },
            stdout=subprocess.DEVNULL,
        )
        self._running.append(process)
        self._replicas.append(SampledReplica(name=name, gpus=gpus))

    async def check(self) -> HangVerdict:
        await asyncio.sleep(PERIOD)
        return await self._watch.check(self._replicas, attempt=1)

    async def verdicts_until(
        self, wanted: Health, seconds: float = 30
    ) -> list[HangVerdict]:
        """Look again and again until the verdict comes; return all."""
        found, end = [await self.check()], time.monotonic() + seconds
        while found[-1].health is not wanted:
            assert time.monotonic() < end, found[-1]
            found.append(await self.check())
        return found

    async def verdicts_for(self, seconds: float) -> list[HangVerdict]:
        found, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            found.append(await self.check())
        return found

    def stop(self) -> None:
        for process in self._running:
            process.send_signal(signal.SIGTERM)
        for process in self._running:
            process.wait(30)


@pytest.fixture
def job(tmp_path):
    made = Job(tmp_path)
    yield made
    made.stop()


async def test_a_process_that_sleeps_in_a_lock_hangs(job):
    job.start(IN_A_LOCK)

    verdict = (await job.verdicts_until(Health.HUNG))[-1]

    assert verdict.quiet_seconds >= SETTINGS.quiet_seconds(PERIOD)
    assert "it uses no CPU" in verdict.message


async def test_a_process_that_computes_without_io_does_not_hang(job):
    job.start(COMPUTING)
    await job.verdicts_until(Health.ALIVE)

    found = await job.verdicts_for(4)

    assert Health.HUNG not in {each.health for each in found}
    assert "computes" in found[-1].message
    assert found[-1].quiet_seconds >= SETTINGS.quiet_seconds(PERIOD)


async def test_a_process_that_does_io_does_not_hang(job):
    job.start(DOING_IO)
    await job.verdicts_until(Health.ALIVE)

    found = await job.verdicts_for(4)

    assert Health.HUNG not in {each.health for each in found}
    assert "read or write" in found[-1].message


async def test_one_live_process_of_a_tree_keeps_it_alive_until_it_ends(job):
    job.start(ONE_OF_MANY_LIVES)

    found = await job.verdicts_until(Health.HUNG)

    # The live one has written for four seconds, twice the quiet time.
    alive = [each for each in found if each.health is Health.ALIVE]
    assert len(alive) * PERIOD > 1


async def test_one_live_replica_keeps_the_hung_one_alive(job):
    job.start(IN_A_LOCK)
    job.start(COMPUTING)
    await job.verdicts_until(Health.ALIVE)

    found = await job.verdicts_for(4)

    assert Health.HUNG not in {each.health for each in found}
    assert found[-1].replicas == ("worker-1",)


@pytest.mark.parametrize(
    ("percent", "health"),
    [("echo 100", Health.HUNG), ("echo $((RANDOM % 40 + 60))", Health.ALIVE)],
    ids=["spinning at 100 %", "wavering"],
)
async def test_a_spinning_wait_is_told_from_work_by_its_gpu(
    job, tmp_path, percent, health
):
    """The process is busy in both; a stand-in for nvidia-smi tells the utilisation."""
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/bash\necho "0, $({percent}), 30000, 81559, 60, 300, 700"\n'
    )
    program.chmod(0o755)
    job.start(COMPUTING, gpus=1, path=f"{program.parent}:")
    first = (await job.verdicts_until(health))[-1]
    if health is Health.HUNG:
        assert "its GPUs stay at 100 %" in first.message
        return

    found, end = await job.verdicts_for(3), time.monotonic() + 30
    # On a busy machine it takes long until the process only computes.
    while found[-1].quiet_seconds < SETTINGS.quiet_seconds(PERIOD):
        assert time.monotonic() < end, found[-1]
        found.append(await job.check())

    assert Health.HUNG not in {each.health for each in found}
