"""Waiting for images before an upgrade, against an API server that is made up."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes_asyncio.client import ApiClient, Configuration

from mofang_hub.image_awaiter import progress, wait


def daemon_set(ready=0, *, desired=3, observed=1):
    status = {"desiredNumberScheduled": desired, "numberReady": ready}
    return {
        "metadata": {"name": "puller", "generation": 1},
        "spec": {"selector": {"matchLabels": {"a": "1", "b": "2"}}},
        "status": status | {"observedGeneration": observed},
    }


def pod(scheduled="True"):
    return {"status": {"conditions": [{"type": "PodScheduled", "status": scheduled}]}}


@pytest.mark.parametrize(
    ("found", "pods", "done"),
    [
        pytest.param(daemon_set(3), [], True, id="every node has them"),
        pytest.param(daemon_set(2), [], False, id="one pulls still"),
        pytest.param(daemon_set(0, desired=0), [], True, id="there is no node"),
        pytest.param(
            daemon_set(0, desired=0, observed=0),
            [],
            False,
            id="nobody looked at it yet",
        ),
        pytest.param(
            daemon_set(2), [pod(), pod(), pod("False")], True, id="a node is full"
        ),
    ],
)
def test_how_far_the_nodes_are(found, pods, done):
    assert progress(found, pods, scheduling_is_over=True).is_done is done


def test_a_pod_has_some_time_to_find_room():
    found = progress(daemon_set(2), [pod("False")], scheduling_is_over=False)
    assert not found.is_done
    assert str(found) == "2 of 3 nodes have all images."


@pytest.fixture
async def api():
    """A client of a server that answers what it is given, in order."""
    answers, asked = [], []

    async def answer(request):
        asked.append(request.path_qs)
        if request.path.endswith("/pods"):
            return web.json_response({"items": []})
        found = answers.pop(0)
        if isinstance(found, int):
            return web.json_response({"message": "etcd is away"}, status=found)
        return web.json_response(found)

    application = web.Application()
    application.router.add_get("/{tail:.*}", answer)
    async with TestServer(application) as server:
        client = ApiClient(Configuration(host=str(server.make_url("")).rstrip("/")))
        client.answers, client.asked = answers, asked
        async with client:
            yield client


async def test_it_waits_until_all_nodes_have_the_images(api, capsys):
    api.answers += [daemon_set(1), 500, daemon_set(1), daemon_set(3)]
    await wait(api, "mofang", "puller", scheduling_seconds=0, pause_seconds=0)

    assert capsys.readouterr().out.splitlines() == [
        "1 of 3 nodes have all images.",
        "Could not read daemonset puller: etcd is away",
        "1 of 3 nodes have all images.",
        "3 of 3 nodes have all images.",
    ]
    assert api.asked[1] == "/api/v1/namespaces/mofang/pods?labelSelector=a%3D1,b%3D2"
