"""What one caller may have at a time, and that the others notice nothing of it."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from typing_extensions import override
from unit.mofang_jobs.pretended_cluster import PretendedCluster
from unit.mofang_jobs.world import IMAGE, World, running_world

from mofang_hub.settings import JobSettings, LimitSettings
from mofang_jobs.adapters.record_files import RecordStorage, RetainedReplica
from mofang_jobs.adapters.sample_files import SampleFile, SampleStorage
from mofang_jobs.domain.errors import TooManyError
from mofang_jobs.domain.log_paths import LogName
from mofang_jobs.domain.models import Caller
from mofang_jobs.engines.registry import KINDS
from mofang_jobs.services.caller_limits import MOST_DELAYED, CallerLimits
from support.eventually import until

SPEC = {"name": "train", "image": IMAGE, "script": "train.py"}


def assert_must_wait(answer: httpx.Response, seconds: int | None) -> None:
    """A refusal that says what there is too much of, and when to come back."""
    assert answer.status_code == 429, answer.text
    body = answer.json()
    assert body["error"] == "too_many_requests"
    assert body["message"].endswith(".")
    wanted = None if seconds is None else str(seconds)
    assert answer.headers.get("Retry-After") == wanted


async def test_requests_of_one_person_have_a_rate(tmp_path: Path) -> None:
    limits = LimitSettings(requests_per_second=2)
    async with running_world(tmp_path, limits=limits) as world:
        answers = [await world.call("GET", "absent") for _ in range(12)]
        refused = [each for each in answers if each.status_code == 429]

        # Four seconds' worth at once, and what a slow machine adds.
        assert answers[7].status_code == 404
        assert refused
        assert_must_wait(refused[-1], 1)
        assert (await world.call("GET", user="ben")).status_code == 200


@pytest.mark.parametrize(
    ("limit", "passes"),
    [("100", 8), ("500", 1), ("101", 4), ("999999999999", 1), ("-1", 8), ("", 8)],
)
async def test_long_pages_count_as_several_requests(
    tmp_path: Path, limit: str, passes: int
) -> None:
    limits = LimitSettings(requests_per_second=2)
    async with running_world(tmp_path, limits=limits) as world:
        calls = (world.call("GET", params={"limit": limit}) for _ in range(40))
        statuses = [each.status_code for each in await asyncio.gather(*calls)]

        passed = [each for each in statuses if each != 429]
        assert passes <= len(passed) < 40


async def admitted(settings: LimitSettings, cost: int) -> int:
    """Requests at once that a caller may send."""
    limits, caller = CallerLimits(settings), Caller(name="ada", scopes=frozenset())
    for number in range(100):
        try:
            await limits.admit(caller, cost)
        except TooManyError:
            return number
    raise AssertionError("there is no limit")


async def test_requests_count_for_what_they_cost() -> None:
    settings = LimitSettings(requests_per_second=2)

    assert await admitted(settings, 1) == 8
    assert await admitted(settings, 5) == 1


async def test_a_request_that_counts_for_more_than_there_is_passes_alone() -> None:
    assert await admitted(LimitSettings(requests_per_second=1), 100) == 1


async def test_refusals_wait_unless_too_many_do() -> None:
    limits = CallerLimits(LimitSettings())
    waiting = [asyncio.create_task(limits.delay_refusal()) for _ in range(MOST_DELAYED)]
    await asyncio.sleep(0)
    await limits.delay_refusal()
    assert not any(each.done() for each in waiting), "it did not wait as they do"
    await asyncio.gather(*waiting)


async def test_requests_that_are_being_answered_have_a_number(tmp_path: Path) -> None:
    limits = LimitSettings(requests_at_once=3)
    async with running_world(tmp_path, limits=limits) as world:
        goes_on = asyncio.Event()
        asked = 0

        async def slow(*_: Any) -> set[str]:
            nonlocal asked
            asked += 1
            await goes_on.wait()
            return set()

        world.cluster.images_of_servers = slow
        spec = {**SPEC, "image": "other:1"}
        waiting = [
            asyncio.create_task(world.call("POST", "preview", json=spec))
            for _ in range(3)
        ]
        await until(lambda: asked == 3)

        assert_must_wait(await world.call("GET"), 1)
        assert (await world.call("GET", user="ben")).status_code == 200

        goes_on.set()
        assert {each.status_code for each in await asyncio.gather(*waiting)} == {200}
        assert (await world.call("GET")).status_code == 200, (
            "they are not counted twice"
        )


async def test_submissions_of_one_person_wait_for_each_other(tmp_path: Path) -> None:
    """What each costs would otherwise be in everybody's way at once."""
    limits = LimitSettings(submissions_at_once=2)
    async with running_world(tmp_path, limits=limits) as world:
        goes_on, asked = asyncio.Event(), Counter[str]()

        async def slow(namespace: str, user: str) -> set[str]:
            asked[user] += 1
            await goes_on.wait()
            return {"other:1"}

        world.cluster.images_of_servers = slow
        spec = {**SPEC, "image": "other:1"}
        waiting = [
            asyncio.create_task(world.call("POST", path, json=spec, user=user))
            for user in ("ada", "ben")
            for path in ("", "preview", "")
        ]
        turns = world.context.limits._submission_turns
        await until(
            lambda: (
                asked == {"ada": 2, "ben": 2}
                and [each.users for each in turns._turns.values()] == [3, 3]
            )
        )
        goes_on.set()
        codes = Counter(each.status_code for each in await asyncio.gather(*waiting))
        assert codes == {200: 2, 201: 4}
        assert asked == {"ada": 3, "ben": 3}
        assert len(turns) == 0


async def test_who_has_all_jobs_allowed_is_told_before_anything_is_looked_up(
    tmp_path: Path,
) -> None:
    settings = JobSettings(limit_per_user=1)
    async with running_world(tmp_path, settings=settings) as world:
        await world.submit()
        asked = 0

        async def count(namespace: str, user: str) -> set[str]:
            nonlocal asked
            asked += 1
            return set()

        world.cluster.images_of_servers = count
        answer = await world.call("POST", json={**SPEC, "image": "other:1"})
        assert answer.status_code == 429
        assert asked == 0


async def test_refused_requests_are_not_counted_as_being_answered(
    tmp_path: Path,
) -> None:
    limits = LimitSettings(requests_at_once=2)
    async with running_world(tmp_path, limits=limits) as world:
        for _ in range(5):
            assert (await world.call("POST", json={})).status_code == 422
            assert (await world.call("GET", "absent-abc123")).status_code == 404

        assert (await world.call("GET")).status_code == 200


async def test_streams_of_one_person_have_a_number(tmp_path: Path) -> None:
    limits = LimitSettings(streams_per_user=2)
    async with running_world(tmp_path, limits=limits) as world:
        job = await world.submit()
        world.log_file(job).write_text("line\n")
        url = f"{world.url}/services/training/api/projects/vision/jobs"
        headers = {"Authorization": "token ada"}
        async with AsyncExitStack() as stack:
            for path in ("watch", f"{job['id']}/logs/worker/0?follow=true"):
                stream = world.http.stream("GET", f"{url}/{path}", headers=headers)
                answer = await stack.enter_async_context(stream)
                assert answer.status_code == 200

            follow = f"{job['id']}/logs/worker/0"
            assert_must_wait(await world.call("GET", "watch"), 5)
            assert_must_wait(
                await world.call("GET", follow, params={"follow": "true"}), 5
            )
            part = await world.call("GET", follow)
            assert part.text == "line\n", "a part of a log is no stream"
            watch = world.http.stream(
                "GET", f"{url}/watch", headers={"Authorization": "token ben"}
            )
            assert (await stack.enter_async_context(watch)).status_code == 200

        def has_room() -> bool:
            return not world.context.limits._streams

        await until(has_room)


class SlowSamples(SampleStorage):
    """Reads nothing before it is told to go on; counts what is read at once."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.goes_on, self.reads, self.together = asyncio.Event(), 0, 0

    @override
    async def read(self, name: LogName) -> SampleFile:
        self.reads += 1
        self.together = max(self.together, self.reads)
        await self.goes_on.wait()
        self.reads -= 1
        return await super().read(name)


async def test_charts_are_made_one_at_a_time_and_few_for_one_person(
    tmp_path: Path,
) -> None:
    limits, samples = LimitSettings(charts_per_user=2), SlowSamples(tmp_path)
    async with running_world(tmp_path, limits=limits, samples=samples) as world:
        job = await world.submit()
        path = f"{job['id']}/metrics"
        users = ("ada", "ada", "ben")
        waiting = [
            asyncio.create_task(world.call("GET", path, user=user)) for user in users
        ]
        limits_now = world.context.limits
        everybody = {"ada": 2, "ben": 1}
        await until(lambda: limits_now._charts == everybody and samples.reads == 1)

        assert_must_wait(await world.call("GET", path), 5)

        samples.goes_on.set()
        assert {each.status_code for each in await asyncio.gather(*waiting)} == {200}
        assert samples.together == 1
        assert not limits_now._chart_turns


class CountingCluster(PretendedCluster):
    """Writes down which jobs are looked up."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    @override
    async def find(self, kind: Any, namespace: str, name: str) -> dict[str, Any] | None:
        self.asked.append(name)
        return await super().find(kind, namespace, name)


async def test_jobs_that_do_not_exist_are_looked_up_once(tmp_path: Path) -> None:
    """Each look costs Kubernetes as many requests as there are kinds of jobs."""
    limits, cluster = LimitSettings(lookups_per_second=1), CountingCluster()
    async with running_world(tmp_path, cluster, limits=limits) as world:
        for _ in range(10):
            answer = await world.call("GET", "absent-abc123")
            assert answer.status_code == 404
        assert cluster.asked == ["absent-abc123"] * len(KINDS)

        answers = [
            await world.call("GET", f"absent-abc12{number}") for number in range(4, 9)
        ]
        refused = [each for each in answers if each.status_code == 429]
        assert refused
        assert_must_wait(refused[-1], 1)
        assert len(cluster.asked) <= 5 * len(KINDS)
        elsewhere = await world.call("GET", "absent-xyz123", user="ben")
        assert elsewhere.status_code == 404


async def test_unfinished_jobs_of_one_person_have_a_number(tmp_path: Path) -> None:
    settings = JobSettings(limit_per_user=3)
    async with running_world(tmp_path, settings=settings) as world:
        answers = await asyncio.gather(
            *(world.call("POST", json=SPEC) for _ in range(8))
        )
        statuses = sorted(each.status_code for each in answers)
        assert statuses == [201] * 3 + [429] * 5, "at once, too"
        refused = next(each for each in answers if each.status_code == 429)
        assert_must_wait(refused, None)
        assert "3 are allowed" in refused.json()["message"]
        assert len(world.cluster.jobs) == 3

        await world.submit(user="ben")
        first = next(each.json() for each in answers if each.status_code == 201)
        world.fail(first["id"], "Succeeded")
        await world.submit()


async def test_a_project_may_allow_another_number_of_jobs(tmp_path: Path) -> None:
    settings = JobSettings(limit_per_user=3)
    async with running_world(tmp_path, settings=settings) as world:
        project = world.catalog.projects["vision"]
        quota = {**project.quota, "jobsPerUser": 1}
        world.catalog.projects["vision"] = project.model_copy(update={"quota": quota})
        await world.submit()

        answer = await world.call("POST", json=SPEC)

        assert answer.status_code == 429
        assert "1 are allowed" in answer.json()["message"]


async def test_a_project_keeps_a_number_of_jobs(tmp_path: Path) -> None:
    settings = JobSettings(limit_per_project=3, limit_per_user=2)
    async with running_world(tmp_path, settings=settings) as world:
        first = await world.submit()
        world.fail(first["id"], "Succeeded")
        answers = await asyncio.gather(
            *(
                world.call("POST", json=SPEC, user=user)
                for user in ("ada", "ada", "ben", "ben")
            )
        )

        assert sorted(each.status_code for each in answers) == [201, 201, 403, 403]
        refused = next(each for each in answers if each.status_code == 403)
        assert refused.json()["error"] == "quota_exceeded"
        assert "keeps 3 jobs" in refused.json()["message"]

        await world.call("DELETE", first["id"])
        await world.submit(user="root")


async def test_a_job_starts_again_although_its_project_is_full(tmp_path: Path) -> None:
    settings = JobSettings(limit_per_project=1, limit_per_user=1)
    async with running_world(tmp_path, settings=settings) as world:
        job = await world.submit(restart={"limit": 2, "include_script_failures": True})
        await world.admit(job)
        world.fail(job["id"])

        await world.eventually(job["id"], attempt=2)


class UnreadableRecords(RecordStorage):
    """Fails at records of a job that is named bad; counts how often."""

    failed = 0

    @override
    async def retained(
        self, names: Iterable[LogName]
    ) -> dict[tuple[str, int], RetainedReplica]:
        names = list(names)
        if any(each.job.startswith("bad-") for each in names):
            self.failed += 1
            raise PermissionError("no")
        return await super().retained(names)


async def test_one_job_that_cannot_be_looked_at_ends_no_watch(tmp_path: Path) -> None:
    records = UnreadableRecords(tmp_path)
    async with running_world(tmp_path, records=records) as world:
        bad = await world.submit(name="bad", hold_on_failure_minutes=30)
        good = await world.submit(name="good")
        world.run_pod(bad)
        headers = {"Authorization": "token ada"}
        address = f"{world.url}/services/training/api/projects/vision/jobs/watch"
        async with world.http.stream("GET", address, headers=headers) as answer:
            lines = answer.aiter_lines()
            assert (await anext(lines)).startswith(":")
            world.fail(good["id"], "Succeeded")
            async with asyncio.timeout(20):
                async for line in lines:
                    if good["id"] in line and '"Succeeded"' in line:
                        break
                else:
                    pytest.fail("The watch has ended.")
        assert records.failed


async def flood(world: World, count: int, **headers: str) -> list[int]:
    """Send requests with tokens that nobody has seen, each a new one."""
    address = f"{world.url}/services/training/api/projects/vision/jobs"
    return [
        (
            await world.http.get(
                address,
                headers={"Authorization": f"token nobody-without-{number}", **headers},
            )
        ).status_code
        for number in range(count)
    ]


async def test_unknown_tokens_from_one_address_have_a_rate(tmp_path: Path) -> None:
    limits = LimitSettings(lookups_per_second=2)
    async with running_world(tmp_path, limits=limits, keep_caller_seconds=0.0) as world:
        assert (await world.call("GET")).status_code == 200
        before = world.hub.asked
        statuses = await flood(world, 14, **{"X-Forwarded-For": "192.0.2.1"})

        assert statuses[0] == 401
        assert 429 in statuses
        assert world.hub.asked - before == statuses.count(401)
        assert (await world.call("GET")).status_code == 200, "who is known is heard"
        others = await flood(world, 1, **{"X-Forwarded-For": "192.0.2.1, 192.0.2.2"})
        assert others == [401]


async def test_a_forged_address_does_not_help_for_long(tmp_path: Path) -> None:
    """Pods reach the service without the gateway, and may say what they like."""
    limits = LimitSettings(lookups_per_second=1)
    async with running_world(tmp_path, limits=limits) as world:
        address = f"{world.url}/services/training/api/projects/vision/jobs"

        async def ask(number: int) -> int:
            headers = {
                "Authorization": f"token nobody-without-{number}",
                "X-Forwarded-For": f"192.0.2.{number}",
            }
            return (await world.http.get(address, headers=headers)).status_code

        # Many at once: on a slow machine a few would be within the rate.
        statuses = await asyncio.gather(*(ask(number) for number in range(90)))

        assert 429 in statuses
        assert world.hub.asked == statuses.count(401)


async def test_a_token_that_was_refused_is_not_asked_for_again(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world:
        for _ in range(5):
            assert (await world.call("GET", user="nobody")).status_code == 401

        assert world.hub.asked == 1
