"""Homes on the running platform: its own reconciler makes their directories."""

import json
import os
import shutil
import stat
import time
import uuid

import pytest

from mofang_kube.names import API_VERSION, SNAPSHOT_REQUEST_ANNOTATION, UID
from support import gangs
from support.eventually import eventually
from support.platform import Platform


@pytest.fixture(scope="module")
def platform():
    return Platform()


@pytest.fixture
def home(platform):
    """A home of a person that nobody is; removed with its directory."""
    name = f"t{uuid.uuid4().hex[:8]}"
    platform.apply(
        {
            "apiVersion": "mofang.dev/v1alpha1",
            "kind": "Home",
            "metadata": {"name": name},
            "spec": {"user": name},
        }
    )
    yield name
    platform.kubectl("delete", "home", name, "--ignore-not-found")
    shutil.rmtree(platform.storage / "users" / name, ignore_errors=True)


def status_of(platform, name, what, is_reached):
    def reached():
        status = platform.get("home", name).get("status", {})
        return status if is_reached(status) else None

    return eventually(reached, within=60, what=f"home {name} {what}")


def change_home(platform, name, change):
    platform.kubectl("patch", "home", name, "--type=merge", f"--patch={change}")


def test_a_home_is_made_for_its_users_containers_alone(platform, home):
    status = status_of(
        platform, home, "is ready", lambda found: found.get("phase") == "Ready"
    )

    found = (platform.storage / "users" / home).stat()
    assert stat.S_IMODE(found.st_mode) == 0o770
    assert (found.st_uid, found.st_gid) == (UID, UID)
    assert status["usage"]["files"] == 0


def test_a_quota_reaches_the_status_and_leaves_it(platform, home):
    change_home(platform, home, '{"spec": {"quota": {"storage": "1Gi", "files": 5}}}')
    status_of(
        platform,
        home,
        "has its quota",
        lambda found: (found.get("quota") or {}).get("bytes") == 2**30,
    )

    change_home(platform, home, '{"spec": {"quota": {"storage": null}}}')

    status_of(
        platform,
        home,
        "has no limit of bytes",
        lambda found: "bytes" not in found["quota"] and found["quota"]["files"] == 5,
    )


def test_a_request_for_a_snapshot_is_answered_while_somebody_waits(platform, home):
    """And not when the usage is counted the next time, a minute later."""
    status_of(platform, home, "is ready", lambda found: found.get("phase") == "Ready")
    for request in ("first", "second"):
        annotations = {SNAPSHOT_REQUEST_ANNOTATION: request}
        change = json.dumps({"metadata": {"annotations": annotations}})
        change_home(platform, home, change)
        began = time.monotonic()
        status_of(
            platform,
            home,
            "answers",
            lambda found, request=request: (
                found["requestedSnapshot"].get("request") == request
            ),
        )
        assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ('{"spec": {"user": "ben"}}', "a home stays its user's"),
        ('{"spec": {"quota": {"storage": "-1"}}}', "spec.quota.storage"),
        ('{"spec": {"quota": {"files": 0}}}', "spec.quota.files"),
    ],
)
def test_what_no_home_can_be_is_refused(platform, home, change, says):
    with pytest.raises(RuntimeError, match=says):
        change_home(platform, home, change)


def test_a_home_that_is_deleted_keeps_its_files(platform, home):
    status_of(platform, home, "is ready", lambda found: found.get("phase") == "Ready")
    notes = platform.storage / "users" / home / "notes"
    notes.write_text("mine")
    os.chown(notes, UID, UID)

    platform.kubectl("delete", "home", home)

    assert notes.read_text() == "mine"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param({"spec": {"quota": {"storage": "9Ti"}}}, 403, id="a quota"),
        pytest.param(
            {"metadata": {"annotations": {SNAPSHOT_REQUEST_ANNOTATION: "x"}}},
            200,
            id="a request for a snapshot",
        ),
    ],
)
async def test_the_hub_asks_for_snapshots_and_sets_no_quota(home, change, status):
    headers = {
        "Impersonate-User": "system:serviceaccount:mofang:hub",
        "Content-Type": "application/merge-patch+json",
    }
    async with gangs.api_server() as http:
        answer = await http.patch(
            f"/apis/{API_VERSION}/homes/{home}",
            params={"dryRun": "All"},
            content=json.dumps(change),
            headers=headers,
        )

    assert answer.status_code == status, answer.text
    if answer.is_error:
        assert "the hub may not set the quota" in answer.json()["message"]
