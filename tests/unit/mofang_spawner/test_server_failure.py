"""Why a server failed, read from its pod, its state and its start."""

import pytest

from mofang_kube.errors import QuotaError
from mofang_spawner.failures import refusal, start_failed, timed_out
from mofang_spawner.pod_phase import StartFailed
from mofang_spawner.server_failure import ServerFailure
from mofang_spawner.server_start import SpawnFailedError

KILLED = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}


def pod(status=None, **container):
    statuses = [{"name": "sidecar", "state": KILLED}, {"name": "notebook", **container}]
    return {
        "metadata": {"name": "p"},
        "spec": {"nodeName": "gpu-1"},
        "status": {"containerStatuses": statuses, **(status or {})},
    }


def evicted(message):
    return pod({"phase": "Failed", "reason": "Evicted", "message": message}, state={})


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        pytest.param(pod(state=KILLED), "memory", id="out of memory"),
        pytest.param(
            evicted('Usage of EmptyDir volume "cache" exceeds the limit "5Gi". '),
            "cache",
            id="its /cache was full",
        ),
        pytest.param(
            evicted("The node was low on resource: memory. "), "evicted", id="its node"
        ),
        pytest.param(evicted("something new"), "evicted", id="not understood"),
    ],
)
def test_how_a_pod_ended(found, reason):
    failure = ServerFailure.of_pod(found)

    assert failure.reason == reason
    assert failure.message.endswith((".", "new"))
    assert ServerFailure.of_state({"failure": failure.as_state()}) == failure


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(pod(state={"running": {}}), id="it runs"),
        pytest.param(
            pod(state={"terminated": {"exitCode": 0}}), id="it ended by itself"
        ),
        pytest.param({"metadata": {}, "spec": {}, "status": {}}, id="new"),
    ],
)
def test_what_is_no_failure(found):
    assert ServerFailure.of_pod(found) is None
    assert ServerFailure.of_restart(found) is None


def test_a_restart_for_memory_is_told_while_it_runs_again():
    found = pod(state={"running": {}}, lastState=KILLED)

    assert ServerFailure.of_pod(found) is None
    assert "was restarted" in ServerFailure.of_restart(found).message


@pytest.mark.parametrize("state", [None, {}, {"failure": "text"}, {"pod_name": "x"}])
def test_a_state_without_a_failure(state):
    assert ServerFailure.of_state(state) is None


def test_what_an_earlier_version_kept_is_read():
    found = ServerFailure.of_state({"eviction": "The server filled /cache."})

    assert (found.reason, found.message) == ("evicted", "The server filled /cache.")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (refusal(QuotaError("The quota is used up.")), "quota_exceeded"),
        (timed_out(60, has_run=False), "timeout"),
        (
            start_failed(SpawnFailedError(StartFailed(reason="image", message="No."))),
            "image",
        ),
        (RuntimeError("secret detail"), ""),
    ],
)
def test_why_a_start_failed(error, reason):
    found = ServerFailure.of_error(error)

    assert found.reason == reason
    assert found.message
    assert "secret detail" not in found.message


@pytest.mark.parametrize(
    "error",
    [
        refusal(QuotaError("<b>full</b>")),
        timed_out(60, has_run=True),
        start_failed(
            SpawnFailedError(StartFailed(reason="image", message="<b>full</b>"))
        ),
    ],
)
def test_pages_find_the_reason_and_no_markup_of_others(error):
    assert f'<p data-failure="{error.reason}">' in error.message_html
    assert "<b>" not in error.message_html
