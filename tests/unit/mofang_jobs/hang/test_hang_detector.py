from __future__ import annotations

import dataclasses

import pytest
from unit.mofang_jobs.hang.conftest import Part, line_of, name_of, samples_of

from mofang_jobs.adapters.sample_files import SampleStorage, sample_parts
from mofang_jobs.domain.hang_rule import Health
from mofang_jobs.domain.samples import SampledReplica
from mofang_jobs.services.hang_detector import HangDetector

REPLICA = SampledReplica(name=name_of())
HUNG = samples_of(Part(60, talks=True), Part(120))


class Scene:
    """A file that grows while our clock goes on."""

    def __init__(self, root):
        self.now = 1000.0
        self.path = root.joinpath(*sample_parts(name_of()))
        self.path.parent.mkdir(parents=True)
        self.watch = HangDetector(SampleStorage(root), now=lambda: self.now)

    async def check(self, attempt=1):
        return await self.watch.check([REPLICA], attempt)

    def write(self, samples):
        self.path.write_bytes(b"".join(map(line_of, samples)))


@pytest.fixture
def scene(tmp_path):
    return Scene(tmp_path)


async def test_a_hang_is_found_at_the_second_look(scene):
    """At the first it could be the file of a machine that died an hour ago."""
    scene.write(HUNG[:-6])
    first = await scene.check()
    scene.write(HUNG)
    scene.now += 60
    second = await scene.check()

    assert first.health is Health.UNKNOWN
    assert second.health is Health.HUNG


async def test_a_file_that_does_not_grow_is_never_a_hang(scene):
    scene.write(HUNG)
    found = []
    for _ in range(20):
        found.append(await scene.check())
        scene.now += 30

    assert {each.health for each in found} == {Health.UNKNOWN}
    assert "no new sample" in found[-1].message


async def test_a_hang_whose_samples_stop_is_not_known_any_more(scene):
    scene.write(HUNG[:-1])
    await scene.check()
    scene.write(HUNG)
    scene.now += 10
    assert (await scene.check()).health is Health.HUNG
    scene.now += 600

    assert (await scene.check()).health is Health.UNKNOWN


async def test_samples_of_an_earlier_attempt_do_not_count(scene):
    scene.write(HUNG[:-1])
    await scene.check(attempt=2)
    scene.write(HUNG)
    scene.now += 10

    verdict = await scene.check(attempt=2)

    assert verdict.health is Health.UNKNOWN
    assert "has left no samples" in verdict.message


async def test_a_restarted_container_is_not_as_quiet_as_the_one_before(scene):
    again = [dataclasses.replace(each, run="again") for each in HUNG[-3:]]
    scene.write(HUNG)
    await scene.check()
    scene.write([*HUNG, *again])
    scene.now += 60

    assert (await scene.check()).health is Health.ALIVE


async def test_a_job_that_is_forgotten_begins_anew(scene):
    scene.write(HUNG[:-1])
    await scene.check()
    scene.watch.forget("nlp", "train-x1y2z3")
    scene.write(HUNG)

    assert (await scene.check()).health is Health.UNKNOWN
