import json
from datetime import timedelta

import httpx
import pytest
import yaml
from unit.mofang.fake_service import BORN, a_job

from mofang.cli.tables import sparkline
from mofang_api.models import (
    JobEvent,
    JobMetrics,
    JobState,
    QueuePosition,
    ReplicaMetrics,
    RestartRecord,
    Series,
)


@pytest.fixture
def troubled(service):
    """A job that was restarted, waits in the queue, and seemed to hang before."""
    return service.add(
        a_job(
            state=JobState.RESTARTING,
            attempt=2,
            queue=QueuePosition(position=2, length=5),
            alert="No replica has done anything for 10 minutes.",
            workload_kind="PyTorchJob",
            restarts=[
                RestartRecord(
                    attempt=1,
                    at=BORN,
                    cause="The machine gpu-1 was lost.",
                    replica="worker-1",
                    node="gpu-1",
                    node_excluded=True,
                )
            ],
        )
    )


def events(*changes: JobEvent) -> list[bytes]:
    return [f"event: job\ndata: {e.model_dump_json()}\n\n".encode() for e in changes]


def fields_of(result) -> list[tuple[str, str, str]]:
    found = [JobEvent.model_validate_json(line) for line in result.stdout.splitlines()]
    return [(each.type, each.job.id, each.job.state.value) for each in found]


def interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        (["--state", "running"], ["digits-000003"]),
        (
            ["--state", "Failed", "--state", "Queued"],
            ["digits-000002", "digits-000001"],
        ),
        (["--owner", "ben"], ["digits-000002"]),
        (["--mine"], ["digits-000003", "digits-000001"]),
        (["--framework", "ray"], []),
        (["--search", "dig", "--limit", "1"], ["digits-000003"]),
    ],
)
def test_jobs_are_found_by_what_they_are(mofang, service, monkeypatch, arguments, ids):
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    service.add(a_job(1, JobState.FAILED))
    service.add(a_job(2, JobState.QUEUED, owner="ben"))
    service.add(a_job(3))
    result = mofang("jobs", "--output", "name", *arguments)
    assert result.exit_code == 0, result.output
    assert result.stdout.split() == ids


def test_environments_are_listed_with_what_they_run(mofang, service):
    lines = mofang("environments").stdout.splitlines()
    assert lines[0].split() == ["ENVIRONMENT", "TITLE", "FRAMEWORKS", "REMARKS"]
    assert lines[2].split() == ["pytorch", "Pytorch", "pytorch,", "single", *_HAS]
    assert lines[3].endswith("Its image is being built.")
    names = mofang("environments", "--output", "name").stdout.split()
    assert names == ["base", "pytorch", "ray"]
    listed = json.loads(mofang("environments", "-o", "json").stdout)
    assert listed["environments"][1]["image"] == "docker.io/mofang/pytorch:1"
    service.environments = []
    result = mofang("environments")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "No environments in this project" in result.stderr


_HAS = ("Has", "pytorch.")


def test_whose_jobs_are_mine_must_be_known(mofang):
    result = mofang("jobs", "--mine")
    assert result.exit_code == 2
    assert "JUPYTERHUB_USER" in result.stderr


def test_a_list_says_when_there_is_more(mofang, service):
    for number in range(3):
        service.add(a_job(number))
    assert "newest 2 of 3" in mofang("jobs", "--limit", "2").stderr
    assert "No such jobs" in mofang("jobs", "--search", "absent").stderr


def test_a_list_shows_place_attempt_and_alert(mofang, troubled):
    line = mofang("jobs").stdout.splitlines()[1]
    assert "Restarting" in line
    assert "No replica has done anything" in line
    assert "Place 2 of 5 in the queue. Attempt 2." in line


@pytest.mark.parametrize("command", ["get", "show", "status"])
def test_all_about_a_job_is_shown(mofang, troubled, command):
    output = mofang(command, "digits-000001").stdout
    for text in (
        *("place 2 of 5", "No replica has done anything", "gpu-1", "worker-1"),
        *("The machine gpu-1 was lost.", "PyTorchJob", "2 worker"),
    ):
        assert text in output


def test_what_each_role_may_use_of_its_cache_is_shown(mofang, service):
    service.add(a_job(1, cache_bytes={"worker": 9 * 2**29}))
    assert "gpu 0, 4.5 GiB usable in /cache" in mofang("get", "digits-000001").stdout
    service.add(a_job(2))
    assert "/cache" not in mofang("get", "digits-000002").stdout


def test_a_job_is_printed_for_programs(mofang, troubled):
    job = yaml.safe_load(mofang("get", "digits-000001", "-o", "yaml").stdout)
    assert job["queue"] == {"position": 2, "length": 5}
    assert json.loads(mofang("get", "digits-000001", "-o", "json").stdout) == job
    assert mofang("get", "digits-000001", "-o", "name").stdout == "digits-000001\n"


def test_lists_are_yaml_too(mofang, service):
    service.add(a_job(1))
    [job] = yaml.safe_load(mofang("jobs", "-o", "yaml").stdout)["jobs"]
    assert job["state"] == "Running"


def test_a_watched_job_is_shown_until_it_ends(mofang, service, clock):
    service.add(a_job(1))
    service.steps = [JobState.QUEUED, JobState.QUEUED, JobState.RUNNING]
    service.steps += [JobState.SUCCEEDED]
    result = mofang("get", "digits-000001", "--watch", "-o", "json")
    states = [json.loads(line)["state"] for line in result.stdout.splitlines()]
    assert states == ["Queued", "Running", "Succeeded"]
    service.steps = [JobState.RUNNING, JobState.FAILED]
    assert "Failed" in mofang("get", "digits-000001", "--watch").stdout


def test_a_watched_job_bears_a_restart_of_the_service(mofang, service, clock):
    service.add(a_job(1, JobState.SUCCEEDED))
    service.answers = [httpx.ConnectError("refused")] * 3
    result = mofang("get", "digits-000001", "--watch", "-o", "name")
    assert (result.exit_code, result.stdout) == (0, "digits-000001\n")
    service.answers = [httpx.ConnectError("refused")] * 99
    assert mofang("get", "digits-000001", "--watch").exit_code == 3
    assert clock.seconds > 1180


def test_a_watched_list_holds_only_what_is_wanted(mofang, service, clock):
    service.add(a_job(1))
    service.events = events(
        JobEvent(type="added", job=a_job(2)),
        JobEvent(type="added", job=a_job(3, owner="ben")),
        JobEvent(type="modified", job=a_job(1, JobState.FAILED)),
    )
    wanted = ("--state", "Running", "--owner", "ada", "--search", "DIG")
    clock.when_paused = interrupt
    result = mofang("jobs", "--watch", "-o", "name", *wanted)
    assert result.stdout.split() == ["digits-000001", "digits-000002"]
    output = mofang("jobs", "--watch", *wanted).stdout
    assert "digits-000002" in output
    assert "digits-000001" not in output
    assert "digits-000003" not in output


def test_a_watch_for_programs_starts_with_what_exists(mofang, service, clock):
    service.add(a_job(1))
    service.add(a_job(2))
    service.events = events(
        JobEvent(type="modified", job=a_job(2)),
        JobEvent(type="modified", job=a_job(1, JobState.SUCCEEDED)),
        JobEvent(type="deleted", job=a_job(2)),
    )
    clock.when_paused = interrupt
    result = mofang("jobs", "--watch", "-o", "json")
    assert result.exit_code == 130
    assert fields_of(result) == [
        ("added", "digits-000001", "Running"),
        ("added", "digits-000002", "Running"),
        ("modified", "digits-000001", "Succeeded"),
        ("deleted", "digits-000002", "Running"),
    ]


def test_a_watch_for_programs_tells_what_it_missed(mofang, service, clock):
    for number in (1, 2, 3, 4):
        service.add(a_job(number))
    changes = iter(range(9))

    def when_paused() -> None:
        match next(changes):
            case 0:
                service.answers = [httpx.ConnectError("refused")] * 2
                service.become("digits-000001", JobState.FAILED)
                service.become("digits-000002", JobState.QUEUED)
                del service.jobs["digits-000003"]
                service.add(a_job(5))
            case 5:
                raise KeyboardInterrupt

    clock.when_paused = when_paused
    wanted = ("--state", "Running", "--state", "Queued")
    result = mofang("jobs", "--watch", "-o", "json", *wanted)
    assert result.exit_code == 130
    assert fields_of(result)[4:] == [
        ("modified", "digits-000002", "Queued"),
        ("added", "digits-000005", "Running"),
        ("deleted", "digits-000003", "Running"),
    ]


def test_a_watch_for_programs_ends_when_the_platform_stays_away(mofang, service, clock):
    service.answers = [httpx.ConnectError("refused")] * 99
    assert mofang("jobs", "--watch", "-o", "name").exit_code == 3
    assert clock.seconds > 1180


@pytest.mark.parametrize(
    "command",
    [["jobs"], ["get", "digits-000001"], ["metrics", "digits-000001"]],
    ids=" ".join,
)
def test_each_watch_is_printed_alike(mofang, measured, service, clock, command):
    """A line of JSON for each change, or a document of YAML."""
    clock.when_paused = interrupt
    lines = mofang(*command, "--watch", "-o", "json").stdout.splitlines()
    assert [type(json.loads(line)) for line in lines] == [dict]
    text = mofang(*command, "--watch", "-o", "yaml").stdout
    assert text.startswith("---\n")
    assert list(yaml.safe_load_all(text)) == [json.loads(line) for line in lines]


def test_an_interrupted_watch_is_neither_a_failed_job_nor_a_refusal(
    mofang, service, clock
):
    service.add(a_job(1))
    clock.when_paused = interrupt
    assert mofang("get", "digits-000001", "--watch", "-o", "name").exit_code == 130


@pytest.fixture
def measured(service):
    service.add(a_job(1, JobState.SUCCEEDED))
    service.metrics = JobMetrics(
        replicas=[
            ReplicaMetrics(
                role="worker",
                index=0,
                times=[BORN + timedelta(seconds=n) for n in range(4)],
                series=[
                    Series(name="cpu", values=[0, 1, None, 2], limit=2),
                    Series(name="memory", values=[2**30, 2**30, 2**31, 2**29]),
                    Series(name="read", values=[None, None, None, None]),
                ],
            ),
            ReplicaMetrics(role="worker", index=1, note="It has not started."),
        ]
    )


def test_what_was_used_is_a_table_with_curves(mofang, service, measured):
    result = mofang("metrics", "digits-000001", "--points", "4")
    _, cpu, memory, _, note = result.stdout.splitlines()
    assert cpu.split() == ["worker-0", "cpu", "2", "2", "2", "▁▅", "█"]
    assert memory.split()[:6] == ["worker-0", "memory", "512", "MiB", "2", "GiB"]
    assert note.split(maxsplit=1) == ["worker-1", "It has not started."]
    assert service.requests[-1].url.params["points"] == "4"


def test_what_was_used_is_printed_for_programs_and_watched(mofang, measured, clock):
    found = json.loads(mofang("metrics", "digits-000001", "-o", "json").stdout)
    assert found["replicas"][0]["series"][0]["values"] == [0, 1, None, 2]
    names = mofang("metrics", "digits-000001", "-o", "name", "--watch").stdout
    assert names.split() == ["worker-0", "worker-1"]
    assert "cpu" in mofang("metrics", "digits-000001", "--watch").stdout


@pytest.mark.parametrize(
    ("values", "limit", "line"),
    [
        ([], None, ""),
        ([None, None], None, "  "),
        ([0, 0], None, "▁▁"),
        ([1, 2, 4], None, "▃▅█"),
        ([1, 2, 4], 8, "▂▃▅"),
        ([9], 8, "█"),
    ],
)
def test_curves_fit_into_a_line(values, limit, line):
    assert sparkline(values, limit) == line
    assert len(sparkline([1.0] * 1000)) <= 30


def test_two_jobs_are_compared(mofang, service):
    mofang("submit", "train.py", "--set", "lr=0.1")
    mofang("rerun", "digits-000001", "--set", "lr=0.2")
    service.results["digits-000002"] = {"accuracy": 0.9}
    pair = ("digits-000001", "digits-000002")
    lines = [line.split() for line in mofang("compare", *pair).stdout.splitlines()]
    assert ["SETTING", *pair] in lines
    assert ["hyperparameters.lr", "0.1", "0.2"] in lines
    assert ["result.accuracy", "0.9"] in lines
    assert mofang("compare", *pair, "-o", "name").stdout == "hyperparameters.lr\n"
    found = json.loads(mofang("compare", *pair, "-o", "json").stdout)
    assert found["settings"] == [
        {"name": "hyperparameters.lr", "left": "0.1", "right": "0.2"}
    ]
