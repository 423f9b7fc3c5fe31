"""Make what attacks are aimed at, and remove it: projects, servers, a job, canaries."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from shutil import rmtree
from typing import Any

import httpx

from attack.people import COLLEAGUES, NEIGHBOUR, OUTSIDERS, VIEWERS, People
from attack.scene import MEMBERS, SERVER, Caller, Canary, Scene
from mofang_kube.names import server_name
from support.eventually import eventually
from support.platform import Platform

VICTIM = "ada"

_FURTHER = {
    "inputs": [{"name": "data_url", "path": "/global/data"}],
    "outputs": [{"name": "train_url", "path": "/home/jovyan/out", "staged": True}],
    "arguments": ["a"],
    "hyperparameters": {"lr": 0.1, "name": "text"},
    "flags": ["fast"],
    "secrets": {"KEY": {"secret": "wandb", "key": "api-key"}},
    "roles": {"worker": {"replicas": 1, "resources": {"cpu": "0.1"}}},
}
JOB_KINDS = (
    "pytorchjobs.kubeflow.org,tfjobs.kubeflow.org,mpijobs.kubeflow.org,"
    "xgboostjobs.kubeflow.org,jobsets.jobset.x-k8s.io,rayjobs.ray.io,"
    "trainjobs.trainer.kubeflow.org"
)
_QUOTA = {"cpu": "4", "memory": "8Gi", "pods": 10}


def namespace(project: str) -> str:
    return f"mofang-project-{project}"


@contextmanager
def set_up(platform: Platform) -> Iterator[tuple[Scene, People]]:
    """Yield the scene and its people; nothing of either is left afterwards."""
    suffix = secrets.token_hex(3)
    project, other = f"prey-{suffix}", f"hunter-{suffix}"
    people = People(platform)
    try:
        _make_project(platform, project, _members())
        outsiders = (*OUTSIDERS, NEIGHBOUR)
        _make_project(
            platform, other, [{"user": each, "role": "member"} for each in outsiders]
        )
        yield _fill(platform, people, project, other), people
    finally:
        _tidy(platform, people, project, other)


def _members() -> list[dict[str, str]]:
    members = [{"user": each, "role": "member"} for each in (VICTIM, *COLLEAGUES)]
    return members + [{"user": each, "role": "viewer"} for each in VIEWERS]


def _make_project(platform: Platform, name: str, members: list[dict[str, str]]) -> None:
    platform.apply(
        {
            "apiVersion": "mofang.dev/v1alpha1",
            "kind": "Project",
            "metadata": {"name": name},
            "spec": {
                "displayName": f"Attack {name}",
                "members": members,
                "quota": _QUOTA,
            },
        }
    )


def _fill(platform: Platform, people: People, project: str, other: str) -> Scene:
    for each in (project, other):
        _wait_for_project(platform, each)
    servers = {VICTIM: project, NEIGHBOUR: other}
    names = {user: _server_name(each) for user, each in servers.items()}
    for user, each in servers.items():
        answer = people[user].start(names[user], _options(each))
        assert answer.status_code in (201, 202), answer.text
    for user in servers:
        people[user].wait_ready(names[user])
    neighbour = Caller(
        role=SERVER, user=NEIGHBOUR, token=token_of(platform, other, NEIGHBOUR)
    )
    canaries = _canaries(platform, people, project)
    spec = _spec(canaries[0])
    job = _submit(people, project, spec)
    # Requests have more fields than the job needs.
    spec = {**spec, **_FURTHER}
    return Scene(
        host=platform.url.partition("://")[2],
        victim=VICTIM,
        project=project,
        other_project=other,
        job=job["id"],
        role=job["replicas"][0]["role"],
        server=names[VICTIM],
        spec=spec,
        callers={**people.callers(), SERVER: (neighbour,)},
        canaries=canaries,
    )


def _options(project: str) -> dict[str, Any]:
    return {"project": project, "environment": "base", "cpu": 0.5, "memory": "1Gi"}


def _server_name(project: str) -> str:
    return server_name(project, "base")


def _wait_for_project(platform: Platform, name: str) -> None:
    def is_ready() -> bool:
        project = platform.get("project.mofang.dev", name)
        return project.get("status", {}).get("phase") == "Ready"

    eventually(is_ready, within=60, what=f"project {name} is ready")


def _canaries(platform: Platform, people: People, project: str) -> tuple[Canary, ...]:
    """Make texts that only some may see; the first is what the job's log says."""

    def text() -> bytes:
        return f"canary-{secrets.token_hex(8)}".encode()

    home, readers = text(), frozenset(MEMBERS)
    file = platform.storage / "users" / VICTIM / "canary.txt"
    file.write_bytes(home)
    os.chown(file, 1000, 1000)
    token = people[VICTIM].token.encode()
    server_token = token_of(platform, project, VICTIM).encode()
    return (
        Canary(text=text(), what="the log of Ada's job", readers=readers),
        Canary(text=home, what="a file of Ada's home"),
        Canary(text=token, what="Ada's token"),
        Canary(text=server_token, what="the token of Ada's server"),
    )


def token_of(platform: Platform, project: str, owner: str) -> str:
    """Return the token of a person's running server, as its programs have it."""
    # The marker keeps it from being any other line that a shell may print.
    printed = exec_in(
        platform, project, owner, "sh", "-c", "echo ${JUPYTERHUB_API_TOKEN}"
    )
    return printed.strip().splitlines()[-1]


def pod_of(platform: Platform, project: str, owner: str) -> str:
    """Return the name of the pod of a person's running server."""
    selector = f"mofang.dev/owner={owner},mofang.dev/environment=base"
    pods = platform.get("pods", "-n", namespace(project), "-l", selector)["items"]
    live = [each for each in pods if "deletionTimestamp" not in each["metadata"]]
    return str(live[0]["metadata"]["name"])


def exec_in(platform: Platform, project: str, owner: str, *command: str) -> str:
    """Run a command in a person's server."""
    pod = pod_of(platform, project, owner)
    return platform.kubectl("exec", "-n", namespace(project), pod, "--", *command)


def _spec(log: Canary) -> dict[str, Any]:
    line = f"echo {log.text.decode()}; exec sleep 7200"
    return {
        "name": "victim",
        "framework": "single",
        "environment": "base",
        "command": ["sh", "-c", line],
        "env": {"MODE": "slow"},
        "working_directory": "/home/jovyan",
        "replicas": 1,
        "resources": {"cpu": "0.1", "memory": "64Mi", "gpu": 0},
        "restart": {"limit": 1},
        "hang_policy": "off",
        "priority": "normal",
        "run_as_user": 1000,
        "hold_on_failure_minutes": 0,
    }


def _submit(people: People, project: str, spec: dict[str, Any]) -> dict[str, Any]:
    jobs = f"/services/training/api/projects/{project}/jobs"
    headers = {"Authorization": f"token {people[VICTIM].token}"}
    http = people[VICTIM].http
    answer = http.post(jobs, json=spec, headers=headers)
    assert answer.status_code == 201, answer.text
    job = answer.json()

    def running() -> dict[str, Any] | None:
        found = http.get(f"{jobs}/{job['id']}", headers=headers).json()
        return dict(found) if found["state"] == "Running" else None

    return eventually(running, within=120, what="the job runs")


def _tidy(platform: Platform, people: People, project: str, other: str) -> None:
    for user, each in ((VICTIM, project), (NEIGHBOUR, other)):
        with suppress(httpx.HTTPError, AssertionError):
            people[user].remove(_server_name(each))
    (platform.storage / "users" / VICTIM / "canary.txt").unlink(missing_ok=True)
    for each in (project, other):
        with suppress(RuntimeError):
            # A project stays as long as jobs run in it.
            platform.kubectl("delete", JOB_KINDS, "-n", namespace(each), "--all")
        with suppress(RuntimeError):
            platform.kubectl("delete", "project.mofang.dev", each, "--wait=false")
    for each in (project, other):
        _wait_until_gone(platform, each)
        for folder in ("projects", "logs"):
            rmtree(platform.storage / folder / each, ignore_errors=True)
    # Last: a kubelet that mounts a home for a pod would make its directory anew.
    people.close()


def _wait_until_gone(platform: Platform, project: str) -> None:
    def is_gone() -> bool:
        found = platform.get("namespaces")["items"]
        return namespace(project) not in {each["metadata"]["name"] for each in found}

    eventually(is_gone, within=180, what=f"{namespace(project)} is gone", every=1)
