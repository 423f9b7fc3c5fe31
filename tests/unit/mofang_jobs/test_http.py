"""The service over HTTP, on pretended seams."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from unit.mofang_jobs.world import IMAGE, PREFIX, World, running_world

from mofang_jobs.adapters import hub_identity as identity
from mofang_jobs.api import service_handler as requests
from mofang_jobs.engines.kubeflow_v1 import XGBOOST_JOB
from mofang_spawner.environments.availability import Unavailable

SPEC = {"name": "train", "image": IMAGE, "script": "train.py"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as found:
        yield found


async def test_a_submitted_job_is_in_the_next_list(world: World) -> None:
    job = await world.submit(replicas=2)

    listed = (await world.call("GET")).json()

    assert [each["id"] for each in listed["jobs"]] == [job["id"]]
    assert job["owner"] == "ada"
    assert job["state"] == "Submitted"
    assert [each["index"] for each in job["replicas"]] == [0, 1]


async def test_a_job_s_cache_has_the_size_of_its_environment(world: World) -> None:
    job = await world.submit()

    template = world.cluster.jobs[job["id"]]["spec"]["pytorchReplicaSpecs"]["Worker"]
    volumes = {each["name"]: each for each in template["template"]["spec"]["volumes"]}
    assert volumes["cache"]["emptyDir"] == {"sizeLimit": "7Gi"}


async def test_pages_follow_each_other_without_gaps(world: World) -> None:
    made = [(await world.submit(name=f"n{number}"))["id"] for number in range(5)]
    seen: list[str] = []
    after = None

    while True:
        query = {"limit": 2} | ({"after": after} if after else {})
        page = (await world.call("GET", params=query)).json()
        seen += [each["id"] for each in page["jobs"]]
        after = page["next"]
        if after is None:
            break

    assert seen == made[::-1]


@pytest.mark.parametrize(
    ("user", "verb", "path", "status"),
    [
        pytest.param("nobody", "GET", "", 401, id="not known to the hub"),
        pytest.param("stranger", "GET", "", 404, id="outsiders see no project"),
        pytest.param("reader", "GET", "", 200, id="a group's viewers look on"),
        pytest.param("eve", "POST", "", 403, id="viewers submit nothing"),
        pytest.param("service", "GET", "", 403, id="services have no projects"),
        pytest.param("eve", "POST", "{job}/cancel", 403, id="viewers cancel nothing"),
        pytest.param("ben", "POST", "{job}/cancel", 403, id="members cancel no others"),
        pytest.param("root", "POST", "{job}/cancel", 200, id="admins cancel others"),
        pytest.param("ben", "DELETE", "{job}", 403, id="members delete no others"),
        pytest.param("root", "DELETE", "{job}", 204, id="admins delete others"),
        pytest.param("stranger", "DELETE", "{job}", 404, id="outsiders delete nothing"),
        pytest.param(
            "ada-without-custom:mofang:jobs:write",
            "POST",
            "",
            403,
            id="a reading token writes nothing",
        ),
        pytest.param(
            "ada-without-custom:mofang:jobs:read",
            "GET",
            "",
            403,
            id="a writing token reads nothing",
        ),
        pytest.param("ada", "GET", "absent-abc123", 404, id="no such job"),
    ],
)
async def test_who_may(
    world: World, user: str, verb: str, path: str, status: int
) -> None:
    job = await world.submit()
    body = {"json": SPEC} if path == "" and verb == "POST" else {}

    answer = await world.call(verb, path.format(job=job["id"]), user=user, **body)

    assert answer.status_code == status, answer.text
    if status >= 400:
        assert set(answer.json()) == {"error", "message", "fields"}
        assert answer.json()["message"].endswith((".", "?"))
        assert job["id"] in world.cluster.jobs
        assert len(world.cluster.jobs) == 1


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        pytest.param({**SPEC, "surprise": 1}, 422, "surprise", id="a field too many"),
        pytest.param({"name": "x"}, 422, "script", id="fields missing"),
        pytest.param({**SPEC, "replicas": 0}, 422, "replicas", id="no replicas"),
        pytest.param(
            {**SPEC, "script": "/etc/passwd"}, 422, "script", id="a path outside"
        ),
        pytest.param({**SPEC, "image": "evil:1"}, 422, "image", id="nobody's image"),
        pytest.param({**SPEC, "replicas": 30}, 403, "replicas", id="over the quota"),
        pytest.param(
            {**SPEC, "environment": {"API_TOKEN": "abc"}},
            422,
            "environment",
            id="a secret",
        ),
    ],
)
async def test_a_bad_form_names_the_field_and_makes_nothing(
    world: World, body: dict[str, Any], status: int, field: str
) -> None:
    answer = await world.call("POST", json=body)

    assert answer.status_code == status, answer.text
    assert field in answer.json()["fields"]
    assert world.cluster.jobs == {}


@pytest.mark.parametrize(
    ("content", "status"),
    [
        pytest.param(b"", 422, id="nothing"),
        pytest.param(b"[]", 422, id="no object"),
        pytest.param(b"[" * 100_000, 422, id="too deep"),
        pytest.param(b'{"name": "\xff"}', 422, id="no UTF-8"),
        pytest.param(b'"' + b"x" * 131_070 + b'"', 422, id="as large as may be"),
        pytest.param(b'"' + b"x" * 131_071 + b'"', 413, id="too large"),
    ],
)
async def test_a_body_that_is_no_job(world: World, content: bytes, status: int) -> None:
    answer = await world.call("POST", content=content)

    assert answer.status_code == status
    assert answer.json()["message"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/services/training/api/projects/vision/jobs/../../secrets",
        "/services/training/nothing",
        "/",
        "/services/training/api/projects/VISION/jobs",
        "/services/training/api/projects/a%2Fb/jobs",
        "/services/training/api/projects/vision/jobs/x%00y",
    ],
)
async def test_unknown_paths_are_not_found_in_json(world: World, path: str) -> None:
    answer = await world.call("GET", path)

    assert answer.status_code == 404
    assert answer.json()["error"] == "not_found"


async def test_a_project_that_is_not_ready_takes_no_jobs(world: World) -> None:
    project = world.catalog.projects["vision"]
    world.catalog.projects["vision"] = project.model_copy(update={"phase": "Pending"})

    assert (await world.call("POST", json=SPEC)).status_code == 409


async def test_the_environment_is_known_by_its_image(world: World) -> None:
    """Later attempts have the same packages, and know the job alone."""
    assert (await world.submit())["spec"]["environment_name"] == "pytorch"


async def test_an_environment_s_name_stands_for_its_image(world: World) -> None:
    job = await world.submit(image="", environment_name="pytorch")

    assert job["spec"]["image"] == IMAGE
    [body] = world.cluster.jobs.values()
    assert IMAGE in str(body["spec"])
    unknown = {**SPEC, "image": "", "environment_name": "gone"}
    refusal = await world.call("POST", json=unknown)
    assert refusal.status_code == 422
    assert list(refusal.json()["fields"]) == ["environment_name"]
    preview = (await world.call("POST", "preview", json=unknown)).json()
    assert preview["fields"] == refusal.json()["fields"]


async def test_who_submits_without_ever_having_had_a_server_gets_a_home(
    world: World,
) -> None:
    """The kubelet would make it as root's."""
    users = world.storage / "users"
    users.mkdir()

    await world.call("POST", "preview", json=SPEC)
    assert not list(users.iterdir()), "a preview makes nothing"

    answer = await world.call("POST", json=SPEC)

    assert answer.status_code == 201
    assert [each.name for each in users.iterdir()] == ["ada"]


async def test_the_preview_of_a_refused_job_has_the_environment_s_image(
    world: World,
) -> None:
    large = {**SPEC, "image": "", "environment_name": "pytorch", "replicas": 50}
    preview = (await world.call("POST", "preview", json=large)).json()

    assert list(preview["fields"]) == ["resources.cpu", "resources.memory", "replicas"]
    assert f"image: {IMAGE}" in preview["manifest"]


async def test_who_may_see_a_project_sees_its_environments(world: World) -> None:
    path = f"{PREFIX}/api/projects/vision/environments"
    answer = await world.call("GET", path, user="eve")

    assert answer.status_code == 200
    assert answer.json()["allow_any_image"] is False
    [found] = answer.json()["environments"]
    assert (found["name"], found["image"]) == ("pytorch", IMAGE)
    assert found["unavailable_reason"] is None
    for user, status in (("mallory", 404), ("nobody", 401), ("service", 403)):
        assert (await world.call("GET", path, user=user)).status_code == status


async def test_the_image_of_the_own_running_server_may_be_used(world: World) -> None:
    """After a release no environment names it any more, but the server runs."""
    world.cluster.servers = {"docker.io/mofang/pytorch:old"}

    job = await world.submit(image="docker.io/mofang/pytorch:old")

    assert job["spec"]["image"] == "docker.io/mofang/pytorch:old"


async def test_cancelling_twice_keeps_the_first_name(world: World) -> None:
    job = await world.submit()
    world.cluster.conflicts = 2

    first = await world.call("POST", f"{job['id']}/cancel")
    second = await world.call("POST", f"{job['id']}/cancel", user="root")

    assert first.json()["reason"] == second.json()["reason"] == "Cancelled by ada."
    assert first.json()["state"] == "Cancelling"


async def test_deleting_takes_the_logs_along(world: World) -> None:
    job = await world.submit()
    log = world.log_file(job)
    log.write_text("x")

    answer = await world.call("DELETE", job["id"])

    assert answer.status_code == 204
    assert not log.parent.exists()
    assert (await world.call("GET", job["id"])).status_code == 404


async def test_why_a_job_waits_comes_from_its_events(world: World) -> None:
    world.cluster.said = [
        (
            "FailedCreatePod",
            (
                "exceeded quota: mofang, requested: pods=1, used: pods=10, "
                "limited: pods=10"
            ),
        )
    ]

    job = await world.submit()
    seen = (await world.call("GET", job["id"])).json()

    assert "quota" in seen["reason"]


async def test_a_job_of_another_copy_of_the_service_is_found(world: World) -> None:
    job = await world.submit()
    world.cache.drop(world.cache.find_object("vision", job["id"]))

    assert (await world.call("GET", job["id"])).status_code == 200


async def test_the_hub_is_asked_once_for_many_requests(world: World) -> None:
    for _ in range(5):
        await world.call("GET")

    assert world.hub.asked == 1


async def test_a_hub_that_is_away_is_not_a_wrong_token(world: World) -> None:
    world.hub.is_away = True

    answer = await world.call("GET")

    assert answer.status_code == 503
    assert answer.json()["error"] == "hub_unavailable"


async def test_without_a_token_only_health_answers(world: World) -> None:
    base = f"{world.url}/services/training"

    assert (await world.http.get(f"{base}/api/health")).status_code == 200
    assert (await world.http.get(f"{base}/metrics")).status_code == 401
    listed = await world.http.get(f"{base}/api/projects/vision/jobs")
    assert listed.status_code == 401


async def test_metrics_are_for_those_with_the_scope(world: World) -> None:
    job = await world.submit()

    refused = await world.call("GET", "/services/training/metrics")
    answer = await world.call("GET", "/services/training/metrics", user="prometheus")

    assert refused.status_code == 403
    assert "mofang_jobs_submitted_total 1.0" in answer.text
    assert "ada" not in answer.text
    assert job["id"] not in answer.text


@pytest.mark.parametrize("loss", ["the token", "a group"])
async def test_a_stream_is_cut_when_its_token_stands_for_less(
    world: World, monkeypatch: pytest.MonkeyPatch, loss: str
) -> None:
    monkeypatch.setattr(identity, "KEEP_SECONDS", 0.0)
    monkeypatch.setattr(requests, "RECOGNISE_SECONDS", 0.1)
    world.hub.groups["eve"] = ["readers"]
    address = f"{world.url}/services/training/api/projects/vision/jobs/watch"
    headers = {"Authorization": "token eve"}

    async with world.http.stream("GET", address, headers=headers) as answer:
        lines = answer.aiter_lines()
        assert (await anext(lines)).startswith(":")
        world.hub.is_away = True
        await asyncio.sleep(0.3)
        world.hub.is_away = False
        if loss == "the token":
            world.hub.revoked.add("eve")
        else:
            world.hub.groups["eve"] = []
        with pytest.raises(httpx.RemoteProtocolError):
            await asyncio.wait_for(_read_out(lines), 5)


async def _read_out(lines: AsyncIterator[str]) -> None:
    async for _ in lines:
        pass


async def test_the_watch_tells_what_happens(world: World) -> None:
    old = await world.submit(name="old")
    events: asyncio.Queue[Any] = asyncio.Queue()

    async def listen() -> None:
        address = f"{world.url}/services/training/api/projects/vision/jobs/watch"
        headers = {"Authorization": "token eve"}
        async with world.http.stream("GET", address, headers=headers) as answer:
            async for line in answer.aiter_lines():
                if line.startswith(":"):
                    events.put_nowait(None)
                if line.startswith("data: "):
                    events.put_nowait(json.loads(line[6:]))

    listening = asyncio.create_task(listen())
    try:
        assert await events.get() is None
        new = await world.submit(name="new")
        added = await events.get()
        world.run_pod(new)
        async with asyncio.timeout(30):
            while (modified := await events.get())["job"]["state"] != "Running":
                assert modified["job"]["id"] == new["id"]
        await world.call("DELETE", old["id"])
        deleted = await events.get()
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    assert (added["type"], added["job"]["id"]) == ("added", new["id"])
    assert modified["type"] == "modified"
    assert modified["job"]["replicas"][0]["shell_allowed"] is False
    assert (deleted["type"], deleted["job"]["id"]) == ("deleted", old["id"])


async def test_a_cross_site_form_cannot_submit(world: World) -> None:
    """Only a header is believed, never a cookie that a browser adds by itself."""
    address = f"{world.url}/services/training/api/projects/vision/jobs?token=ada"
    cookies = {"Cookie": "jupyterhub-services-training=ada; token=ada"}

    answer = await world.http.post(address, json=SPEC, headers=cookies)

    assert answer.status_code == 401


async def test_a_job_can_be_looked_into_from_a_notebook(world: World) -> None:
    job = await world.submit()

    told = (await world.call("GET", f"{job['id']}/debug", user="ada")).json()

    assert told["server"].startswith("vision-debug-")
    assert told["path"] == (
        f"spawn/ada/{told['server']}?project=vision&environment=pytorch&job={job['id']}"
    )
    assert told["note"] is None
    viewer = await world.call("GET", f"{job['id']}/debug", user="eve")
    assert viewer.status_code == 403, "a viewer starts no servers"


async def test_a_colleagues_job_is_looked_into_without_what_they_wrote(
    world: World,
) -> None:
    job = await world.submit()

    told = (await world.call("GET", f"{job['id']}/debug", user="ben")).json()

    assert told["path"].startswith(f"spawn/ben/{told['server']}?")
    assert told["note"] == (
        "The job is ada's: its variables and its command are left out."
    )


async def test_a_preview_makes_nothing_and_tells_all(world: World) -> None:
    spec = {"name": "x", "image": IMAGE, "script": "train.py", "replicas": 3}

    good = (await world.call("POST", "preview", json=spec)).json()
    bad = {**spec, "script": "/etc/passwd", "replicas": 30}
    faulty = (await world.call("POST", "preview", json=bad)).json()

    assert good["workload_kind"] == "PyTorchJob"
    assert "kind: PyTorchJob" in good["manifest"]
    assert good["fields"] == {}
    asked = {each["resource"]: each["requested"] for each in good["cost"]}
    assert asked == {"cpu": 1.5, "memory": 3 * 1024**3, "gpu": 0, "pods": 3}
    assert "script" in faulty["fields"]
    assert "kind: PyTorchJob" in faulty["manifest"], "shown although it is refused"
    assert not world.cluster.jobs


async def test_an_engine_that_is_not_there_is_refused_by_name(world: World) -> None:
    spec = {"name": "x", "image": IMAGE, "script": "train.py"}
    answer = await world.call("POST", json={**spec, "engine": "ray-operator"})
    assert answer.status_code == 422
    assert "ray-operator" in answer.json()["fields"]["engine"]


@pytest.mark.parametrize(
    ("engine", "says"),
    [
        pytest.param("trainer-v2", "is not installed on this cluster", id="not there"),
        pytest.param("ray-operator", "does not run pytorch jobs", id="not for these"),
        pytest.param(None, "Nothing that runs pytorch jobs", id="none at all"),
    ],
)
async def test_a_missing_engine_may_still_be_installing(
    tmp_path: Path, engine: str | None, says: str
) -> None:
    """Operators may follow minutes after the platform itself."""
    async with running_world(tmp_path, kinds=[XGBOOST_JOB]) as world:
        answer = await world.call("POST", json={**SPEC, "engine": engine})

    assert answer.status_code == 422
    message = answer.json()["message"]
    assert says in message
    assert ("may still be installing: try again" in message) is (
        engine != "ray-operator"
    )


async def test_a_job_whose_image_is_not_there_yet_is_refused(world: World) -> None:
    """It would wait for an image that nobody can pull."""
    (environment,) = world.catalog.environments
    unavailable = Unavailable(reason="Building", message="3 of 9 are ready.")
    world.catalog.environments = [
        environment.model_copy(update={"unavailable": unavailable})
    ]

    preview = (await world.call("POST", "preview", json=SPEC)).json()
    answer = await world.call("POST", json=SPEC)

    assert answer.status_code == 422
    refusal = answer.json()
    assert "PyTorch is not available yet. 3 of 9 are ready." in refusal["message"]
    assert preview["fields"] == refusal["fields"] == {"image": refusal["message"]}
    assert not world.cluster.jobs

    world.catalog.environments = [environment]
    assert (await world.call("POST", json=SPEC)).status_code == 201


async def test_a_list_is_filtered_and_counted(world: World) -> None:
    for name in ("alpha", "beta", "gamma"):
        await world.submit(name=name, user="ben" if name == "beta" else "ada")

    async def names(**query: Any) -> list[str]:
        found = (await world.call("GET", params=query)).json()
        return [job["spec"]["name"] for job in found["jobs"]]

    assert await names(search="AMMA") == ["gamma"]
    assert await names(owner="ben") == ["beta"]
    assert await names(framework="ray") == []
    assert await names(state=["Failed", "Succeeded"]) == []
    page = (await world.call("GET", params={"limit": 1, "owner": "ada"})).json()
    assert (page["total"], len(page["jobs"])) == (2, 1)
    wrong = await world.call("GET", params={"state": "Weird"})
    assert wrong.status_code == 422
    assert "state" in wrong.json()["fields"]


async def test_a_job_has_the_variables_of_its_environment(world: World) -> None:
    """Its own come first, and nobody's pose as the platform's."""
    (environment,) = world.catalog.environments
    env = {"LEVEL": "1", "MODE": "fast", "MOFANG_ROLE": "evil"}
    world.catalog.environments = [environment.model_copy(update={"env": env})]

    job = await world.submit(environment={"MODE": "slow"})

    template = world.cluster.jobs[job["id"]]["spec"]["pytorchReplicaSpecs"]["Worker"]
    container = template["template"]["spec"]["containers"][0]
    found = {each["name"]: each.get("value") for each in container["env"]}
    assert (found["LEVEL"], found["MODE"]) == ("1", "slow")
    assert found["MOFANG_ROLE"] == "worker"
