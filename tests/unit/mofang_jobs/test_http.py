"""The service over HTTP, on pretended seams."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from unit.mofang_jobs.world import IMAGE, World, running_world

from mofang_jobs.engines.kubeflow_v1 import XGBOOST_JOB

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
            {**SPEC, "env": {"API_TOKEN": "abc"}},
            422,
            "env",
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
    ],
)
async def test_unknown_paths_are_not_found_in_json(world: World, path: str) -> None:
    answer = await world.call("GET", path)

    assert answer.status_code == 404
    assert answer.json()["error"] == "not_found"


async def test_a_nul_in_a_path_is_refused(world: World) -> None:
    answer = await world.call(
        "GET", "/services/training/api/projects/vision/jobs/x%00y"
    )

    assert answer.status_code == 400
    assert "NUL" in answer.text


async def test_a_project_that_is_not_ready_takes_no_jobs(world: World) -> None:
    project = world.catalog.projects["vision"]
    world.catalog.projects["vision"] = project.model_copy(update={"phase": "Pending"})

    assert (await world.call("POST", json=SPEC)).status_code == 409


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
    await world.admit(job)
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
    assert asked == {
        "cpu": 1.5,
        "memory": 3 * 1024**3,
        "gpu": 0,
        # 10 GiB, and the environment's /cache of 7 GiB.
        "ephemeral_storage": 3 * 17 * 1024**3,
        "pods": 3,
    }
    assert good["cache_bytes"] == {"worker": int(0.9 * 7 * 1024**3)}
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
