"""Jobs that go wrong, are cancelled or deleted: the state says why."""

from collections.abc import Iterator

import pytest

from support.eventually import eventually
from support.hub import HubSession
from support.jobs import api, pytorch_image, submit, wait_for_state

SERVER = "vision-pytorch"


@pytest.fixture(scope="module")
def ada() -> Iterator[HubSession]:
    from support.platform import Platform  # noqa: PLC0415

    platform = Platform()
    with HubSession(platform, platform.login("ada")) as session:
        if not session.server(SERVER):
            session.start(SERVER, {"project": "vision", "environment": "pytorch"})
        session.wait_ready(SERVER)
        yield session
        session.stop(SERVER)


def log_of(ada: HubSession, job_id: str, replica: str = "worker/0") -> str:
    return api(ada, SERVER, "GET", f"jobs/{job_id}/logs/{replica}").text


def test_a_script_that_fails_is_failed_with_cause_and_last_lines(
    ada: HubSession,
) -> None:
    job = submit(
        ada,
        SERVER,
        name="fails",
        script="/home/jovyan/fails.py",
        text="print('before the end')\nraise ValueError('the learning rate is -1')\n",
    )

    failed = wait_for_state(ada, SERVER, job["id"], "Failed")

    assert "1" in failed["reason"]
    assert "the learning rate is -1" in log_of(ada, job["id"])
    api(ada, SERVER, "DELETE", f"jobs/{job['id']}")


def test_a_missing_script_is_failed_with_its_name(ada: HubSession) -> None:
    job = submit(ada, SERVER, name="gone", script="/home/jovyan/there.py")
    api(ada, SERVER, "DELETE", f"jobs/{job['id']}")
    spec = {**job["spec"], "script": "/home/jovyan/not-there.py"}

    answer = api(ada, SERVER, "POST", "jobs", json=spec)
    assert answer.status_code == 201, answer.text
    failed = wait_for_state(ada, SERVER, answer.json()["id"], "Failed")

    assert "not-there.py" in failed["reason"] + log_of(ada, failed["id"])
    api(ada, SERVER, "DELETE", f"jobs/{failed['id']}")


def test_cancelled_keeps_its_log_and_deleted_goes(ada: HubSession) -> None:
    job = submit(ada, SERVER, name="stops", script="/home/jovyan/sleep.py")
    wait_for_state(ada, SERVER, job["id"], "Running")
    eventually(
        lambda: "asleep" in log_of(ada, job["id"]), within=60, what="the script runs"
    )

    twice = [
        api(ada, SERVER, "POST", f"jobs/{job['id']}/cancel").status_code
        for _ in range(2)
    ]
    cancelled = wait_for_state(ada, SERVER, job["id"], "Cancelled")

    assert twice == [200, 200]
    assert "ada" in cancelled["reason"]
    assert "asleep" in log_of(ada, job["id"])
    assert api(ada, SERVER, "DELETE", f"jobs/{job['id']}").status_code == 204
    assert api(ada, SERVER, "GET", f"jobs/{job['id']}").status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"replicas": 1000}, "replicas", id="too many replicas"),
        pytest.param({"script": "/etc/passwd"}, "script", id="outside the shares"),
        pytest.param({"surprise": 1}, "surprise", id="an unknown field"),
        pytest.param(
            {"env": {"AWS_SECRET_ACCESS_KEY": "abc"}},
            "env",
            id="a secret as plain text",
        ),
    ],
)
def test_a_bad_form_names_the_field(
    ada: HubSession, change: dict[str, object], field: str
) -> None:
    spec = {
        "name": "bad",
        "framework": "pytorch",
        "image": pytorch_image(ada.platform),
        "script": "/home/jovyan/sleep.py",
        "replicas": 1,
        "resources": {"cpu": "0.1", "memory": "512Mi", "gpu": 0},
        **change,
    }

    answer = api(ada, SERVER, "POST", "jobs", json=spec)

    assert 400 <= answer.status_code < 500
    assert field in str(answer.json()["fields"])


def test_gpu_workers_run_on_the_gpu_machine_and_others_do_not(
    ada: HubSession,
) -> None:
    paths = {}
    for gpus, machine in ((0, "cpu-1"), (1, "gpu-1")):
        job = submit(
            ada,
            SERVER,
            name=f"gpu-{gpus}",
            script="/home/jovyan/sleep.py",
            resources={"cpu": "0.1", "memory": "512Mi", "gpu": gpus},
        )
        running = wait_for_state(ada, SERVER, job["id"], "Running")
        paths[machine] = running["replicas"][0]["node"]
        api(ada, SERVER, "DELETE", f"jobs/{job['id']}")

    assert paths == {"cpu-1": "cpu-1", "gpu-1": "gpu-1"}
