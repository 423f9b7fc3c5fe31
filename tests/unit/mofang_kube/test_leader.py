"""Two copies of a process and one Lease: who acts, and who takes over when."""

import asyncio
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes_asyncio.client import ApiClient, Configuration

from mofang_kube.leader import LEASE_SECONDS, RENEW_SECONDS, Leader
from support.clock import FakeClock
from support.eventually import until

PATH = "/apis/coordination.k8s.io/v1/namespaces/mofang/leases"


class Leases:
    """Keeps one Lease as the API server would; ``refusal`` is its answer while set."""

    def __init__(self) -> None:
        self.lease = None
        self.refusal = None
        self.hangs = asyncio.Event()
        self.hangs.set()
        self.version = 0

    async def answer(self, request: web.Request) -> web.Response:
        await self.hangs.wait()
        if self.refusal:
            return web.Response(status=self.refusal, text="<html>")
        if request.method == "GET":
            if self.lease is None:
                return web.json_response({"code": 404}, status=404)
            return web.json_response(self.lease)
        body = await request.json()
        is_old = self.lease is not None and (
            body["metadata"].get("resourceVersion")
            != self.lease["metadata"]["resourceVersion"]
        )
        if is_old:
            return web.json_response({"code": 409, "message": "changed"}, status=409)
        self.version += 1
        body["metadata"]["resourceVersion"] = str(self.version)
        self.lease = body
        return web.json_response(body)


class World:
    def __init__(self, leases: Leases, api: ApiClient) -> None:
        self.leases = leases
        self.api = api
        self.clock = FakeClock(0.0)
        self.gained: list[str] = []

    def copy(self, name: str) -> Leader:
        made = Leader(
            self.api,
            name="mofang-training",
            namespace="mofang",
            identity=name,
            clock=self.clock,
            now=lambda: datetime(2026, 11, 29, tzinfo=UTC),
        )
        made.when_gained(lambda: self.gained.append(name))
        return made

    @property
    def spec(self):
        return self.leases.lease["spec"]


@pytest.fixture
async def world():
    leases = Leases()
    application = web.Application()
    application.router.add_route("*", PATH, leases.answer)
    application.router.add_route("*", f"{PATH}/mofang-training", leases.answer)
    async with TestServer(application) as server:
        url = str(server.make_url("")).rstrip("/")
        async with ApiClient(Configuration(host=url)) as api:
            yield World(leases, api)


async def test_the_first_leads_and_the_second_does_not(world):
    old, new = world.copy("old"), world.copy("new")

    await old.renew()
    await new.renew()

    assert (old.leads(), new.leads()) == (True, False)
    assert world.spec == {
        "holderIdentity": "old",
        "leaseDurationSeconds": LEASE_SECONDS,
        "acquireTime": "2026-11-29T00:00:00.000000+00:00",
        "renewTime": "2026-11-29T00:00:00.000000+00:00",
    }
    assert world.gained == ["old"]


async def test_who_renews_goes_on_and_is_told_once(world):
    old, new = world.copy("old"), world.copy("new")
    for _ in range(20):
        await old.renew()
        await new.renew()
        world.clock.seconds += RENEW_SECONDS - 1

    assert old.leads()
    assert not new.leads()
    assert world.gained == ["old"]


async def test_a_lease_given_back_is_taken_over_at_the_next_look(world):
    old, new = world.copy("old"), world.copy("new")
    old.start()
    await until(old.leads)
    await new.renew()

    await old.stop()
    await old.stop()
    assert not old.leads()
    await new.renew()

    assert new.leads()
    assert world.gained == ["old", "new"]
    assert world.spec["leaseTransitions"] == 1


async def test_who_died_is_followed_when_the_lease_is_over(world):
    old, new = world.copy("old"), world.copy("new")
    await old.renew()
    await new.renew()

    world.clock.seconds = LEASE_SECONDS - 1
    await new.renew()
    assert not new.leads()
    assert not old.leads(), "it stopped acting before anybody else may begin"
    world.clock.seconds = LEASE_SECONDS
    await new.renew()

    assert new.leads()


async def test_who_cannot_renew_acts_no_more_without_doing_anything(world):
    old = world.copy("old")
    await old.renew()
    world.leases.refusal = 502

    world.clock.seconds = RENEW_SECONDS - 1
    await old.renew()
    assert old.leads(), "one refusal is no loss"
    world.clock.seconds = RENEW_SECONDS
    assert not old.leads()

    world.leases.refusal = None
    await old.renew()
    assert old.leads()
    assert world.gained == ["old", "old"]


async def test_a_request_without_an_answer_is_given_up_in_time(world):
    old = world.copy("old")
    await old.renew()
    world.leases.hangs.clear()
    world.clock.seconds = RENEW_SECONDS - 0.05

    async with asyncio.timeout(30):
        await old.renew()
    world.leases.hangs.set()


async def test_who_finds_another_holder_stops_at_once(world):
    old = world.copy("old")
    await old.renew()
    world.leases.lease["spec"]["holderIdentity"] = "new"
    world.leases.lease["metadata"]["resourceVersion"] = "99"

    await old.renew()

    assert not old.leads()


async def test_of_two_that_come_at_once_one_leads(world):
    one, other = world.copy("one"), world.copy("other")
    await one.renew()
    world.spec["holderIdentity"] = ""

    await asyncio.gather(one.renew(), other.renew())

    leads = {"one": one.leads(), "other": other.leads()}
    assert leads == {name: name == world.spec["holderIdentity"] for name in leads}
