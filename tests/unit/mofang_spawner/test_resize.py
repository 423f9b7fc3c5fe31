"""A running server gets another size, or goes on as it was and says why."""

import asyncio
from decimal import Decimal

import pytest
from kubernetes_asyncio.client import ApiException
from unit.mofang_spawner.conftest import a_plan
from unit.mofang_spawner.fake_cluster import NAMESPACE, POD

from mofang_kube.errors import ConflictError, InvalidError, QuotaError
from mofang_kube.free_capacity import FreeCapacity, strip_requests
from mofang_spawner.pods import resources
from mofang_spawner.resize import NotResizedError, find_refusal, resized
from support.eventually import until

OPTIONS = {"project": "vision", "environment": "pytorch", "memory": "2Gi"}
GIB = 1024**3


def a_container(**options):
    return {"name": "notebook", "resources": resources(a_plan(**options), {})}


@pytest.fixture
async def running(spawner, context):
    """A server that runs with 0.5 CPU, which may borrow up to 2, and 2 GiB."""
    spawner.user_options = dict(OPTIONS)
    spawner.orm_spawner.user_options = dict(OPTIONS)
    spawner.orm_spawner.state = {}
    spawner.namespace, spawner.pod_name = NAMESPACE, POD
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": POD}}
    pod["spec"] = {"containers": [a_container()], "nodeName": "cpu-1"}
    await context.core.create(pod, verb="start", noun="server")
    report(context)
    return spawner


def report(context, conditions=()):
    """What the kubelet makes of the pod, unless it refuses."""
    (container,) = context.core.objects["pod", POD]["spec"]["containers"]
    done = [] if conditions else [container["resources"]]
    before = getattr(report, "last", None)
    report.last = done[0] if done else before
    context.core.put_pod(
        phase="Running",
        conditions=list(conditions),
        containerStatuses=[{"name": "notebook", "resources": report.last}],
    )


def asked_of(context):
    (container,) = context.core.objects["pod", POD]["spec"]["containers"]
    found = container["resources"]
    return [
        (found[kind]["cpu"], found[kind]["memory"]) for kind in ("requests", "limits")
    ]


async def resize_until_asked(spawner, context, **sizes):
    """Begin; returns once Kubernetes was asked."""
    resizing = asyncio.ensure_future(spawner.resize(sizes))
    await until(lambda: ("resize", "pod") in context.core.writes or resizing.done())
    return resizing


async def test_memory_grows_and_the_record_follows(running, context):
    resizing = await resize_until_asked(running, context, memory="6Gi")
    assert not resizing.done(), "the kubelet has not answered"
    report(context)
    await resizing

    assert asked_of(context) == [("0.5", "6Gi"), ("2", "6Gi")]
    assert running.orm_spawner.user_options == {**OPTIONS, "memory": "6Gi"}
    assert running.user_options["memory"] == "6Gi"
    assert running.mem_limit == 6 * GIB


@pytest.mark.parametrize(
    ("kind", "reason", "said"),
    [
        ("PodResizePending", "Infeasible", "can never give that much"),
        ("PodResizePending", "Deferred", "has no room for that now"),
    ],
)
async def test_what_the_kubelet_does_not_do_is_taken_back(
    running, context, kind, reason, said
):
    before = asked_of(context)
    resizing = await resize_until_asked(running, context, memory="6Gi")
    condition = {"type": kind, "status": "True", "reason": reason, "message": "Why."}
    report(context, [condition])

    with pytest.raises(NotResizedError, match=f"{said} .Why.") as refused:
        await resizing

    assert "goes on with the size that it had" in refused.value.message
    assert asked_of(context) == before
    assert running.orm_spawner.user_options == OPTIONS
    assert running.user_options == OPTIONS


async def test_what_went_wrong_is_tried_again_by_the_kubelet(running, context):
    """It does not know at once what a container uses, and shrinks none before."""
    resizing = await resize_until_asked(running, context, memory="1Gi")
    error = {"type": "PodResizeInProgress", "status": "True", "reason": "Error"}
    report(context, [error])
    await asyncio.sleep(0)
    assert not resizing.done()
    report(context)
    await resizing

    assert running.user_options["memory"] == "1Gi"


async def test_what_goes_on_to_go_wrong_is_taken_back(running, context):
    running.resize_seconds = 0.5
    before = asked_of(context)
    resizing = await resize_until_asked(running, context, memory="1Gi")
    error = {
        "type": "PodResizeInProgress",
        "status": "True",
        "reason": "Error",
        "message": "below current usage",
    }
    report(context, [error])

    with pytest.raises(
        NotResizedError, match=r"could not do it \(below current usage\)"
    ):
        await resizing

    assert asked_of(context) == before


async def test_what_kubernetes_itself_refuses_is_told(running, context):
    refusal = ApiException(status=403, reason="Forbidden")
    refusal.body = '{"message": "node did not have enough: memory"}'
    context.core.failures["resize", "pod"] = refusal

    with pytest.raises(NotResizedError, match=r"\(node did not have enough: memory\)"):
        await running.resize({"memory": "6Gi"})

    assert running.orm_spawner.user_options == OPTIONS


async def test_a_kubelet_that_does_not_answer_is_not_waited_for(running, context):
    running.resize_seconds = 0.2
    before = asked_of(context)

    with pytest.raises(NotResizedError, match="has not answered"):
        await running.resize({"memory": "6Gi"})

    assert asked_of(context) == before


async def test_what_was_said_of_an_earlier_resize_does_not_count():
    condition = {
        "type": "PodResizePending",
        "status": "True",
        "reason": "Deferred",
        "observedGeneration": 2,
    }
    pod = {"status": {"conditions": [condition]}}

    assert find_refusal(pod, 3) is None
    assert "no room" in find_refusal(pod, 2).reason


async def test_a_server_that_ends_meanwhile_is_a_sentence(running, context):
    resizing = await resize_until_asked(running, context, memory="6Gi")
    context.core.lose_pod()

    with pytest.raises(NotResizedError, match="has ended meanwhile"):
        await resizing


async def test_one_who_is_cut_off_leaves_the_server_as_it_was(running, context):
    before = asked_of(context)
    resizing = await resize_until_asked(running, context, memory="6Gi")
    resizing.cancel()
    await asyncio.gather(resizing, return_exceptions=True)

    assert asked_of(context) == before
    assert running.user_options == OPTIONS


async def test_the_quota_is_told_in_a_sentence(running, context):
    refusal = ApiException(status=403, reason="Forbidden")
    refusal.body = '{"message": "exceeded quota: mofang, requested: memory=4Gi"}'
    context.core.failures["resize", "pod"] = refusal

    with pytest.raises(QuotaError, match="the quota of its project does not leave"):
        await running.resize({"memory": "6Gi"})

    assert running.orm_spawner.user_options == OPTIONS


async def test_a_node_without_room_is_not_asked(running, context):
    allocatable = {"cpu": "4", "memory": "4Gi"}
    node = {
        "metadata": {"name": "cpu-1", "labels": {}},
        "spec": {},
        "status": {"allocatable": allocatable, "capacity": allocatable},
    }
    pod = context.core.objects["pod", POD]
    context.free = FreeCapacity([node], [strip_requests(pod)])

    with pytest.raises(
        NotResizedError, match=r"4.0 GiB more .* cpu-1 has 2.0 GiB free"
    ):
        await running.resize({"memory": "6Gi"})

    assert ("resize", "pod") not in context.core.writes
    assert context.free.free_on("cpu-1")["memory"] == Decimal(2 * GIB)
    assert context.free.free_on("gone") is None


async def test_memory_in_use_is_not_taken_away(running, context):
    with pytest.raises(NotResizedError, match=r"uses 1.5 GiB of memory now"):
        await running.resize({"memory": "1Gi"}, used_bytes=3 * GIB // 2)

    assert ("resize", "pod") not in context.core.writes


async def test_bounds_hold_while_it_runs(running, context):
    with pytest.raises(InvalidError, match="Memory: 9Gi is outside"):
        await running.resize({"memory": "9Gi"})

    assert ("resize", "pod") not in context.core.writes


async def test_the_size_that_it_has_asks_for_nothing(running, context):
    await running.resize({"memory": "2048Mi"})

    assert ("resize", "pod") not in context.core.writes


async def test_two_at_a_time_are_one_and_a_sentence(running, context):
    first = await resize_until_asked(running, context, memory="6Gi")

    with pytest.raises(ConflictError, match="being resized already"):
        await running.resize({"memory": "4Gi"})

    report(context)
    await first


@pytest.mark.parametrize(
    ("had", "cpu", "requests", "limit"),
    [
        pytest.param("0.5", "2", "1999m", "2", id="borrows: stays below its limit"),
        pytest.param("2", "1", "1", "1", id="does not borrow: its limit moves, too"),
        pytest.param("0.5", "1", "1", "2", id="borrows: up to the same limit"),
    ],
)
def test_a_pod_keeps_its_class_of_service(had, cpu, requests, limit):
    """Kubernetes refuses a resize that changes it."""
    before = a_container(cpu=had)["resources"]

    after = resized(before, a_plan(cpu=cpu).sizes)

    assert after["requests"]["cpu"] == requests
    assert after["limits"]["cpu"] == limit
    kept = {name: each for name, each in before["limits"].items() if name != "cpu"}
    assert {**after["limits"], "cpu": ""} == {**kept, "cpu": ""}


# -- starts that are corrected


async def start_options(spawner, correct):
    spawner.context().correct_sizes = correct
    asked = {**OPTIONS, "memory": "8Gi", "safe_mode": True}
    await spawner._apply(asked)
    return spawner.orm_spawner.user_options


async def test_a_start_gets_what_is_suggested_and_its_page_says_why(spawner):
    def correct(options, environment, username):
        assert (environment.name, username) == ("pytorch", "ada")
        return options.model_copy(update={"memory": "1536Mi"}), "The peak was 1.3 GiB."

    kept = await start_options(spawner, correct)

    assert kept == {**OPTIONS, "memory": "1536Mi"}
    assert spawner._plan.sizes.memory == "1536Mi"
    assert spawner._plan.safe_mode
    spawner._start_log = None
    starting = asyncio.ensure_future(asyncio.wait_for(spawner.start(), 30))
    await until(lambda: spawner._start_log is not None)
    step = await anext(aiter(spawner.progress()))
    assert step["message"] == "The peak was 1.3 GiB."
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)


async def test_where_nothing_is_corrected_a_start_gets_what_it_asks_for(spawner):
    kept = await start_options(spawner, None)

    assert kept == {**OPTIONS, "memory": "8Gi"}
    assert spawner._plan.sizes.memory == "8Gi"
