import json

import aiohttp
import pytest
from kubernetes_asyncio.client import ApiException

from mofang_kube.errors import (
    ClusterError,
    ConflictError,
    KubernetesUnavailableError,
    MofangError,
    NotFoundError,
    QuotaError,
    RefusedError,
    api_message,
    is_permanent,
    wrap_api_errors,
)


def answer(status, message="no reason", body=None):
    err = ApiException(status=status, reason="Reason")
    err.body = json.dumps({"message": message}) if body is None else body
    return err


QUOTA = 'pods "x" is forbidden: exceeded quota: mofang, requested: pods=1'


@pytest.mark.parametrize(
    ("cause", "kind", "status"),
    [
        pytest.param(answer(404), NotFoundError, 404, id="not there"),
        pytest.param(answer(409), ConflictError, 409, id="there already"),
        pytest.param(answer(403, QUOTA), QuotaError, 403, id="no room in the quota"),
        pytest.param(answer(403), ClusterError, 502, id="a right we lack"),
        pytest.param(answer(422), ClusterError, 502, id="an object we got wrong"),
        pytest.param(answer(500), ClusterError, 502, id="a fault of the cluster"),
        pytest.param(answer(None), ClusterError, 502, id="no status at all"),
        pytest.param(
            aiohttp.ServerDisconnectedError(),
            KubernetesUnavailableError,
            503,
            id="connection cut",
        ),
        pytest.param(
            TimeoutError(), KubernetesUnavailableError, 503, id="no answer in time"
        ),
    ],
)
def test_every_failure_becomes_one_of_ours(cause, kind, status):
    with (
        pytest.raises(MofangError) as caught,
        wrap_api_errors("start", "server", "ada"),
    ):
        raise cause

    assert type(caught.value) is kind
    assert caught.value.status == status
    assert caught.value.__cause__ is cause
    assert caught.value.message.startswith("Could not start server ada: ")


def test_a_lost_connection_says_what_to_do():
    with pytest.raises(KubernetesUnavailableError, match="Try again in a minute"):  # noqa: SIM117 - the block in hand
        with wrap_api_errors("start", "server", "ada"):
            raise aiohttp.ClientConnectionError


def test_what_the_caller_can_mend_is_told_apart():
    assert issubclass(QuotaError, RefusedError)
    assert not issubclass(ClusterError, RefusedError)


def test_our_own_errors_pass_unchanged():
    error = NotFoundError("There is no project.")
    with (
        pytest.raises(NotFoundError) as caught,
        wrap_api_errors("start", "server", "ada"),
    ):
        raise error
    assert caught.value is error


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param('{"message": "full"}', "full", id="a status object"),
        pytest.param("<html>", "Reason", id="a proxy's page"),
        pytest.param("[1]", "Reason", id="a list"),
        pytest.param("{}", "Reason", id="no message"),
        pytest.param("", "Reason", id="nothing"),
    ],
)
def test_kubernetes_own_sentence(body, message):
    assert api_message(answer(500, body=body)) == message


def test_a_full_database_is_named_and_passes():
    err = answer(500, "etcdserver: mvcc: database space exceeded")

    with (
        pytest.raises(KubernetesUnavailableError) as caught,
        wrap_api_errors("create", "job", "train"),
    ):
        raise err

    assert "the database of Kubernetes is full" in caught.value.message
    assert not is_permanent(caught.value)
