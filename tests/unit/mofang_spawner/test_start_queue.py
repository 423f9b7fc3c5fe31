"""Who starts next in a project, and what the others read meanwhile."""

import asyncio
from contextlib import ExitStack
from decimal import Decimal

import pytest
from unit.mofang_spawner.conftest import a_project

from mofang_kube.errors import QuotaError
from mofang_kube.free_capacity import FreeCapacity
from mofang_spawner.environments.quota import QuotaBalance
from mofang_spawner.start_queue.decisions import PendingStart, decide
from mofang_spawner.start_queue.interface import StartRequest
from mofang_spawner.start_queue.node_queue import describe_position
from mofang_spawner.start_queue.project_queue import ProjectStartQueue
from mofang_spawner.start_queue.quota_refusal import QuotaRefusal
from support.clock import FakeClock
from support.eventually import until

GIB = 1024**3
GPU = "nvidia.com/gpu"
BEHIND = "a server of the project that asks for more has been waiting longer"


def amounts(**given):
    return {name.replace("gpu", GPU): Decimal(each) for name, each in given.items()}


def balance(held=0, limit=4):
    return QuotaBalance(limits=amounts(cpu=limit), held=amounts(cpu=held))


def pending(key, cpu, *, since=0.0, refusal=""):
    return PendingStart(key=key, since=since, amounts=amounts(cpu=cpu), refusal=refusal)


def decided(starts, quota, now=0.0):
    return decide(starts, quota, project="Vision", now=now, starvation_seconds=600)


# -- the rules


def test_the_oldest_goes_first_and_what_it_takes_is_gone():
    found = decided([pending(2, 3, since=20), pending(1, 2, since=10)], balance())

    assert found[1] is None
    assert found[2].position == found[2].length == 1
    assert found[2].reason == ("Vision uses 2 of 4 CPU, and this server asks for 3")


def test_a_smaller_one_may_go_first_for_a_while():
    starts = [pending(1, 4, since=0), pending(2, 1, since=10)]

    early = decided(starts, balance(held=2), now=599)
    late = decided(starts, balance(held=2), now=600)

    assert early[2] is None
    assert late[2].reason.startswith(BEHIND)
    assert (late[1].position, late[2].position) == (1, 2)
    assert late[1].length == 2


def test_one_that_was_just_refused_keeps_its_place_and_holds_up_nobody():
    found = decided([pending(1, 1, refusal="refused"), pending(2, 1)], balance())

    assert (found[1].reason, found[1].position) == ("refused", 1)
    assert found[2] is None


def test_what_the_quota_does_not_name_is_not_limited():
    asked = PendingStart(key=1, since=0, amounts=amounts(cpu=1, memory=GIB, gpu=8))

    assert decided([asked], balance())[1] is None


def test_all_that_is_lacking_is_said():
    quota = QuotaBalance(
        limits=amounts(memory=8 * GIB, gpu=2), held=amounts(memory=7 * GIB, gpu=2)
    )
    asked = PendingStart(key=1, since=0, amounts=amounts(memory=2 * GIB, gpu=1))

    assert decided([asked], quota)[1].reason == (
        "Vision uses 7.0 GiB of 8.0 GiB memory and 2 of 2 GPUs, and this server asks "
        "for 2.0 GiB and 1"
    )


# -- the queue


class Cluster:
    """A project's pods, as the watch would have them."""

    def __init__(self):
        self.pods = {}

    def free(self):
        return FreeCapacity([], self.pods.values())

    def put(self, uid, cpu):
        metadata = {"namespace": "mofang-project-vision", "uid": uid}
        self.pods[uid] = {
            "metadata": metadata,
            "node": "",
            "requests": amounts(cpu=cpu),
        }


class Line:
    """A queue, and those who stand in it."""

    def __init__(self, cluster, stack):
        self.clock = FakeClock()
        self.queue = ProjectStartQueue(
            cluster.free, now=self.clock, poll_seconds=0.02, refusal_seconds=10
        )
        self.stack = stack
        self.heard = {}
        self.tasks = {}
        self.entries = {}
        self.contexts = {}

    def enter(self, name, cpu, project="vision", quota="4"):
        request = StartRequest(
            project=a_project(project, quota={"cpu": quota}), amounts=amounts(cpu=cpu)
        )
        context = self.queue.enter(request)
        self.entries[name] = entry = context.__enter__()
        self.contexts[name] = context
        self.stack.callback(self.leave, name)
        self.follow(name)
        return entry

    def follow(self, name):
        self.heard[name] = []

        async def hear():
            async for each in self.entries[name].positions():
                self.heard[name].append(each)

        self.tasks[name] = asyncio.create_task(hear())

    def leave(self, name):
        if context := self.contexts.pop(name, None):
            self.tasks[name].cancel()
            context.__exit__(None, None, None)

    async def admitted(self, name):
        async with asyncio.timeout(30):
            await self.tasks[name]

    async def waits(self, name, position=1):
        await until(
            lambda: self.heard[name] and self.heard[name][-1].position == position
        )
        assert not self.tasks[name].done()


@pytest.fixture
def cluster():
    return Cluster()


@pytest.fixture
def line(cluster):
    with ExitStack() as stack:
        yield Line(cluster, stack)


async def test_who_fits_is_admitted_at_once(line):
    line.enter("ada", 4)

    await line.admitted("ada")

    assert line.heard["ada"] == []


async def test_the_next_starts_when_the_pod_before_has_gone(line, cluster):
    cluster.put("first", 4)
    line.enter("ada", 2)
    line.enter("ben", 3)
    await line.waits("ada")
    await line.waits("ben", 2)

    del cluster.pods["first"]

    await line.admitted("ada")
    await line.waits("ben", 1)
    assert line.heard["ben"][-1].reason.startswith("Vision uses 2 of 4 CPU")


async def test_what_was_admitted_is_reserved_until_its_pod_counts(line, cluster):
    first = line.enter("ada", 3)
    await line.admitted("ada")
    line.enter("ben", 2)
    await line.waits("ben")

    first.record_pod("uid")
    cluster.put("uid", 3)
    await until(lambda: len(line.queue._entries["vision"]) == 1)

    assert not line.tasks["ben"].done()
    del cluster.pods["uid"]
    await line.admitted("ben")


async def test_who_leaves_gives_back_what_was_reserved(line):
    line.enter("ada", 3)
    await line.admitted("ada")
    line.enter("ben", 3)
    await line.waits("ben")

    line.leave("ada")

    await line.admitted("ben")


async def test_a_start_that_failed_after_its_pod_was_made_holds_nothing(line):
    line.enter("ada", 3).record_pod("uid")
    await line.admitted("ada")
    line.enter("ben", 3)
    await line.waits("ben")

    line.leave("ada")

    await line.admitted("ben")


async def test_who_leaves_while_waiting_moves_up_those_behind(line, cluster):
    cluster.put("other", 4)
    line.enter("ada", 1)
    line.enter("ben", 1)
    await line.waits("ben", 2)

    line.leave("ada")

    await line.waits("ben", 1)
    assert line.heard["ben"][-1].length == 1


async def test_one_whose_pod_was_refused_is_tried_again_in_its_turn(line):
    """The quota counts a pod for seconds after it has gone."""
    entry = line.enter("ada", 2)
    await line.admitted("ada")

    entry.refuse("Vision uses 10 of 10 pods, and this server asks for 1")
    line.follow("ada")
    await line.waits("ada")
    assert line.heard["ada"][-1].reason.startswith("Vision uses 10 of 10 pods")
    line.clock.advance(10)

    await line.admitted("ada")


async def test_a_project_holds_up_no_other(line, cluster):
    cluster.put("other", 4)
    for number in range(50):
        line.enter(f"storm-{number}", 4)
    line.enter("ben", 4, project="speech")

    await line.admitted("ben")

    await line.waits("storm-49", 50)


async def test_more_than_the_whole_quota_is_refused_at_once(line):
    with pytest.raises(QuotaError) as caught:
        line.enter("ada", 5)

    assert caught.value.message == (
        "The server asks for 5 CPU, and the quota of Vision is 4 in all. Choose a "
        "smaller size, or ask an administrator for a larger quota."
    )


async def test_nobody_is_left_in_memory(line, cluster):
    for number in range(3):
        line.enter(f"ada-{number}", 1).record_pod(f"uid-{number}")
        await line.admitted(f"ada-{number}")
        cluster.put(f"uid-{number}", 1)
    for number in range(3):
        line.leave(f"ada-{number}")

    assert not line.queue._entries


# -- what Kubernetes says

REFUSED = (
    'Could not start server x: pods "x" is forbidden: exceeded quota: mofang, '
    "requested: limits.memory=2Gi,requests.cpu=1, used: limits.memory=8Gi,"
    "requests.cpu=4, limited: limits.memory=8Gi,requests.cpu=4"
)


def test_a_refusal_of_the_api_server_is_read():
    found = QuotaRefusal.parse(REFUSED)

    assert found.describe("Vision") == (
        "Vision uses 8.0 GiB of 8.0 GiB memory and 4 of 4 CPU, and this server asks "
        "for 2.0 GiB and 1"
    )
    assert found.describe_never("Vision") == ""


def test_a_refusal_that_would_last_for_ever_is_found():
    found = QuotaRefusal.parse(REFUSED.replace("requests.cpu=1,", "requests.cpu=9,"))

    assert found.describe_never("Vision").startswith("The server asks for 9 CPU, and")


@pytest.mark.parametrize(
    "message",
    [
        "pods is forbidden: exceeded quota: mofang",
        "exceeded quota: mofang, requested: pods=x, used: pods=1, limited: pods=1",
        "no right",
    ],
)
def test_what_is_no_refusal_by_amounts_is_not_read(message):
    assert QuotaRefusal.parse(message) is None


# -- nodes


def a_pod(name, created, *, gpu=0, message="0/2 nodes: 2 Insufficient cpu.", **more):
    requests = {"cpu": "1", GPU: str(gpu)}
    condition = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": message,
        **more,
    }
    return {
        "metadata": {"name": name, "uid": name, "creationTimestamp": created},
        "spec": {
            "containers": [{"name": "notebook", "resources": {"requests": requests}}]
        },
        "status": {"phase": "Pending", "conditions": [condition]},
    }


def test_the_older_of_those_who_want_the_same_come_first():
    mine = a_pod("mine", "2026-01-01T00:00:02Z")
    others = [
        a_pod("older", "2026-01-01T00:00:01Z"),
        a_pod("newer", "2026-01-01T00:00:03Z"),
        a_pod("gpu", "2026-01-01T00:00:00Z", gpu=1),
        a_pod("gated", "2026-01-01T00:00:00Z", reason="SchedulingGated"),
        a_pod("bound", "2026-01-01T00:00:00Z", status="True"),
    ]

    found = describe_position(mine, [mine, *others], amounts(cpu=1))

    assert found == "Waiting for a node, 2 of 3: no node has 1 CPU free."


def test_gpus_are_said_by_their_number():
    mine = a_pod("mine", "x", gpu=2, message=f"0/2: 2 Insufficient {GPU}.")

    found = describe_position(mine, [mine], amounts(cpu=1, gpu=2))

    assert found == "Waiting for a node, 1 of 1: no node has 2 GPUs free."


def test_another_reason_is_no_lack_of_anything():
    mine = a_pod("mine", "x", message="2 node(s) had untolerated taint {x: y}.")

    found = describe_position(mine, [mine], amounts(cpu=1))

    assert found == "Waiting for a node, 1 of 1: no node has room."
