"""What the writer of objects asks of the API server, and what it makes of answers."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes_asyncio.client import ApiClient, Configuration

from mofang_jobs.engines.registry import ENGINES
from mofang_kube.errors import (
    ClusterError,
    ConflictError,
    KubernetesUnavailableError,
    MofangError,
    NotFoundError,
    QuotaError,
    is_permanent,
)
from mofang_kube.objects import ObjectStorage, object_path
from support.ports import free_port

JOB = {
    "apiVersion": "kubeflow.org/v1",
    "kind": "PyTorchJob",
    "metadata": {"name": "train-1", "namespace": "mofang-vision"},
}
PATH = "/apis/kubeflow.org/v1/namespaces/mofang-vision/pytorchjobs"


class Server:
    """Answers each request by ``status`` and ``body``, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], str, Any]] = []
        self.status, self.body = 200, {"metadata": {"uid": "1"}}
        self.cuts = False

    async def answer(self, request: web.Request) -> web.Response:
        sent = await request.text()
        self.asked.append(
            (
                request.method,
                request.path,
                dict(request.query),
                request.headers.get("Content-Type", ""),
                json.loads(sent) if sent else None,
            )
        )
        if self.cuts:
            assert request.transport is not None
            request.transport.close()
        return web.json_response(self.body, status=self.status)


@pytest.fixture
def server():
    return Server()


@pytest.fixture
async def objects(server):
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", server.answer)
    async with TestServer(application) as running:
        url = str(running.make_url("")).rstrip("/")
        async with ApiClient(Configuration(host=url)) as api:
            yield ObjectStorage(api, field_manager="mofang-test")


# -- what is asked


async def test_a_desired_state_is_applied_on_the_server(objects, server):
    assert await objects.apply(JOB) == server.body

    query = {"fieldManager": "mofang-test", "force": "true"}
    content_type = "application/apply-patch+yaml"
    assert server.asked == [
        ("PATCH", f"{PATH}/train-1", query, content_type, JOB),
    ]


async def test_what_happens_once_is_created(objects, server):
    server.status = 201

    assert await objects.create(JOB) == server.body

    query = {"fieldManager": "mofang-test"}
    assert server.asked == [("POST", PATH, query, "application/json", JOB)]


async def test_a_change_is_a_merge_patch(objects, server):
    change = {"status": {"phase": None}}

    assert await objects.merge(JOB, change, subresource="status") == server.body

    ((verb, path, _, content_type, body),) = server.asked
    assert (verb, path, body) == ("PATCH", f"{PATH}/train-1/status", change)
    assert content_type == "application/merge-patch+json"


async def test_a_deletion_takes_what_the_object_owns(objects, server):
    await objects.delete(JOB, grace_seconds=0)

    query = {"propagationPolicy": "Background", "gracePeriodSeconds": "0"}
    ((verb, path, asked, *_),) = server.asked
    assert (verb, path, asked) == ("DELETE", f"{PATH}/train-1", query)


async def test_what_is_listed_names_its_kind(objects, server):
    """The API server leaves that out of the items of a list."""
    server.body = {"items": [{"metadata": {"name": "a"}}]}

    found = await objects.list_objects("v1", "Pod", namespace="x", selector="a=b")

    assert found == [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}]
    ((_, path, query, *_),) = server.asked
    assert (path, query) == ("/api/v1/namespaces/x/pods", {"labelSelector": "a=b"})


@pytest.mark.parametrize("resource", [e for each in ENGINES for e in each.resources])
def test_every_resource_of_an_engine_is_where_the_engine_says(resource):
    manifest = {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {"name": "x"},
    }
    assert object_path(manifest) == f"{resource.api_path}/x"


# -- what is made of answers


@pytest.mark.parametrize(
    ("status", "kind", "permanent"),
    [
        pytest.param(403, ClusterError, True, id="no right"),
        pytest.param(404, NotFoundError, False, id="not there"),
        pytest.param(409, ConflictError, False, id="taken or changed"),
        pytest.param(422, ClusterError, True, id="invalid"),
        pytest.param(429, ClusterError, False, id="too many requests"),
        pytest.param(500, ClusterError, False, id="broken"),
    ],
)
async def test_a_refusal_names_the_object(objects, server, status, kind, permanent):
    server.status, server.body = status, {"message": "because"}
    writes = [
        objects.apply(JOB),
        objects.create(JOB),
        objects.merge(JOB, {}),
        objects.replace(JOB),
    ]
    for write in writes:
        with pytest.raises(kind, match="PyTorchJob train-1: because") as caught:
            await write
        assert is_permanent(caught.value) is permanent
    assert len(server.asked) == len(writes)


async def test_people_are_told_their_own_words(objects, server):
    server.status, server.body = 500, {"message": "because"}
    with pytest.raises(MofangError, match="Could not cancel job train-1: because"):
        await objects.merge(JOB, {}, verb="cancel", noun="job")


async def test_a_full_quota_is_told_apart(objects, server):
    server.status, server.body = 403, {"message": "exceeded quota: mofang"}
    with pytest.raises(QuotaError):
        await objects.create(JOB)


async def test_what_is_gone_is_found_read_listed_and_deleted_as_nothing(
    objects, server
):
    server.status, server.body = 404, {"message": "not found"}
    assert await objects.find(JOB) is None
    assert await objects.list_objects("ray.io/v1", "RayJob") == []
    await objects.delete(JOB)


async def test_the_only_object_that_is_meant_is_deleted(objects, server):
    """Another of its name may have been made meanwhile."""
    await objects.delete(JOB, uid="uid-1")
    assert server.asked[0][-1] == {"preconditions": {"uid": "uid-1"}}

    server.status, server.body = 409, {"message": "the UID does not match"}
    with pytest.raises(ConflictError):
        await objects.delete(JOB, uid="uid-1")


async def test_what_is_there_is_not_created_again(objects, server):
    server.status, server.body = 409, {"message": "already exists"}
    await objects.create_if_absent(JOB)


@pytest.mark.parametrize("write", ["apply", "create"])
async def test_a_request_that_was_cut_is_not_sent_again(objects, server, write):
    """It may have been carried out; who asked decides."""
    server.cuts = True
    with pytest.raises(KubernetesUnavailableError, match="does not answer"):
        await getattr(objects, write)(JOB)
    assert len(server.asked) == 1


async def test_an_api_server_that_is_away_is_told():
    configuration = Configuration(host=f"http://127.0.0.1:{free_port()}")
    async with ApiClient(configuration) as api, asyncio.timeout(30):
        with pytest.raises(KubernetesUnavailableError):
            await ObjectStorage(api, field_manager="mofang-test").create(JOB)
