"""Snapshots of projects on the running platform: asked for by the hub, and no more."""

import json
import shutil
import uuid

import pytest

from mofang_kube.names import API_VERSION, SNAPSHOT_REQUEST_ANNOTATION
from support import gangs
from support.eventually import eventually
from support.platform import Platform

ASKED = {"metadata": {"annotations": {SNAPSHOT_REQUEST_ANNOTATION: "now"}}}


@pytest.fixture(scope="module")
def platform():
    return Platform()


@pytest.fixture(scope="module")
def project(platform):
    """A project of the reconciler's; removed with its directories."""
    name = f"t{uuid.uuid4().hex[:8]}"
    platform.apply(
        {
            "apiVersion": API_VERSION,
            "kind": "Project",
            "metadata": {"name": name, "annotations": {"example.org/team": "vision"}},
            "spec": {"displayName": "A test"},
        }
    )
    status_of(platform, name, "is ready", lambda found: found.get("phase") == "Ready")
    yield name
    platform.kubectl("delete", "project", name, "--ignore-not-found", "--wait=false")
    for folder in ("projects", "logs"):
        shutil.rmtree(platform.storage / folder / name, ignore_errors=True)


def status_of(platform, name, what, is_reached):
    def reached():
        status = platform.get("project", name).get("status", {})
        return status if is_reached(status) else None

    return eventually(reached, within=60, what=f"project {name} {what}")


def test_a_request_is_answered_while_somebody_waits(platform, project):
    change = json.dumps(ASKED)
    platform.kubectl("patch", "project", project, "--type=merge", f"--patch={change}")

    def is_answered(status):
        return status.get("requestedSnapshot", {}).get("request") == "now"

    status = status_of(platform, project, "answers", is_answered)

    answer = status["requestedSnapshot"]
    keeps_snapshots = status["storage"]["snapshots"]
    assert bool(answer["name"]) is keeps_snapshots
    assert ("has no snapshots" in answer["message"]) is not keeps_snapshots
    assert status["phase"] == "Ready"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param(ASKED, 200, id="a request for a snapshot"),
        pytest.param(
            {"spec": {"members": [{"user": "mallory", "role": "admin"}]}},
            403,
            id="a member",
        ),
        pytest.param({"spec": {"quota": {"storage": "9Ti"}}}, 403, id="a quota"),
        pytest.param({"metadata": {"labels": {"a": "b"}}}, 403, id="a label"),
        pytest.param({"metadata": {"finalizers": []}}, 403, id="the finalizer"),
        pytest.param(
            {"metadata": {"annotations": {"example.org/team": "speech"}}},
            403,
            id="another annotation",
        ),
        pytest.param(
            {"metadata": {"annotations": {"example.org/team": None}}},
            403,
            id="an annotation less",
        ),
    ],
)
async def test_the_hub_asks_for_snapshots_and_changes_nothing(project, change, status):
    headers = {
        "Impersonate-User": "system:serviceaccount:mofang:hub",
        "Content-Type": "application/merge-patch+json",
    }
    async with gangs.api_server() as http:
        answer = await http.patch(
            f"/apis/{API_VERSION}/projects/{project}",
            params={"dryRun": "All"},
            content=json.dumps(change),
            headers=headers,
        )

    assert answer.status_code == status, answer.text
    if answer.is_error:
        assert "the hub may not change projects/" in answer.json()["message"]
