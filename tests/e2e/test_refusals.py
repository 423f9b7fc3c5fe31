"""Starts that cannot be: told in a sentence, nothing created, nobody punished."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from support.hub import HubSession
from support.platform import Platform

PYTORCH = {"project": "vision", "environment": "pytorch"}


def pods_of(platform: Platform, user: str) -> set[str]:
    items = platform.get("pods", "-A", "-l", f"mofang.dev/owner={user}")["items"]
    return {item["metadata"]["uid"] for item in items}


@pytest.mark.parametrize(
    ("server", "options", "status", "says"),
    [
        pytest.param(
            "vision-nothing",
            {"project": "vision", "environment": "nothing"},
            404,
            "nothing",
            id="an unknown environment",
        ),
        pytest.param(
            "nowhere-pytorch",
            {"project": "nowhere", "environment": "pytorch"},
            404,
            "nowhere",
            id="an unknown project",
        ),
        pytest.param(
            "speech-pytorch",
            {"project": "speech", "environment": "pytorch"},
            404,
            "speech",
            id="somebody else's project",
        ),
        pytest.param(
            "vision-pytorch-gpu",
            {"project": "vision", "environment": "pytorch-gpu", "gpu": 400},
            422,
            "400",
            id="more than the template allows",
        ),
        pytest.param(
            "vision-pytorch",
            {**PYTORCH, "privileged": True},
            422,
            "privileged",
            id="a field too many",
        ),
        pytest.param(
            "another-name",
            PYTORCH,
            422,
            "vision-pytorch",
            id="a server name that does not belong to the choice",
        ),
        pytest.param(
            "vision-pytorch",
            {**PYTORCH, "project": "../../etc"},
            422,
            "project",
            id="a path for a name",
        ),
    ],
)
def test_refused_by_rest(
    platform: Platform,
    hub_of: Callable[[str], HubSession],
    server: str,
    options: dict[str, Any],
    status: int,
    says: str,
) -> None:
    session = hub_of("ada")
    if session.server("vision-pytorch"):
        session.stop("vision-pytorch")
    before = pods_of(platform, "ada")

    answer = session.start(server, options)

    assert answer.status_code == status
    assert says in answer.json()["message"]
    assert not session.server(server)
    # Pods of earlier tests may leave meanwhile.
    assert pods_of(platform, "ada") <= before


def test_refused_by_the_form(hub_of: Callable[[str], HubSession]) -> None:
    """The form's path is checked by the same rules as REST."""
    session = hub_of("ada")

    answer = session.http.post(
        "/hub/spawn/ada/speech-pytorch",
        params={"_xsrf": session.xsrf},
        data={"project": "speech", "environment": "pytorch"},
    )

    assert "speech" in answer.text
    assert "Traceback" not in answer.text
    assert not session.server("speech-pytorch")


def test_refusals_never_stop_the_hub(
    platform: Platform, hub_of: Callable[[str], HubSession]
) -> None:
    """JupyterHub can exit after failures in a row; a refusal is not one."""
    session = hub_of("ada")
    before = hub_starts(platform)

    for _ in range(12):
        session.start("vision-nothing", {"project": "vision", "environment": "nothing"})

    assert httpx.get(f"{platform.url}/hub/health", trust_env=False).status_code == 200
    assert hub_starts(platform) == before


def hub_starts(platform: Platform) -> list[tuple[str, int]]:
    pods = platform.get(
        "pods", "-n", "mofang", "-l", "app.kubernetes.io/component=hub"
    )["items"]
    return [
        (pod["metadata"]["uid"], pod["status"]["containerStatuses"][0]["restartCount"])
        for pod in pods
    ]


def test_an_image_that_cannot_be_pulled_is_told_within_20_seconds(
    platform: Platform, hub_of: Callable[[str], HubSession]
) -> None:
    platform.apply(
        {
            "apiVersion": "mofang.dev/v1alpha1",
            "kind": "Environment",
            "metadata": {"name": "unpullable"},
            "spec": {
                "displayName": "Unpullable",
                "description": "Its image is nowhere.",
                "image": "registry.invalid/mofang/nowhere:1",
                "frameworks": [],
                "access": {"everyone": True},
                "resources": {
                    "cpu": {"default": "0.1", "min": "0.1", "max": "1"},
                    "memory": {"default": "256Mi", "min": "256Mi", "max": "1Gi"},
                },
            },
        }
    )
    session = hub_of("ada")
    try:
        began = time.monotonic()
        options = {"project": "vision", "environment": "unpullable"}
        while (
            answer := session.start("vision-unpullable", options)
        ).status_code == 404 and time.monotonic() < began + 5:
            time.sleep(0.1)
        began = time.monotonic()
        assert answer.status_code in (201, 202), answer.text
        last = session.follow_start("vision-unpullable")[-1]
    finally:
        platform.kubectl("delete", "environment.mofang.dev", "unpullable")

    assert last["failed"]
    assert "registry.invalid/mofang/nowhere:1" in last["message"]
    assert last["seen"] - began < 20
    left = platform.get(
        "pods,services",
        "-n",
        "mofang-project-vision",
        "-l",
        "mofang.dev/environment=unpullable",
    )["items"]
    assert [each for each in left if "deletionTimestamp" not in each["metadata"]] == []
