import json

import httpx
import pytest
from click.testing import CliRunner
from unit.mofang.fake_service import TOKEN, a_job, refuse

from mofang.cli import app
from mofang_api.models import JobEvent, JobState, Replica


def test_submit_prints_the_id_alone_so_that_scripts_can_use_it(mofang, service):
    result = mofang(
        *("submit", "train.py", "--replicas", "2", "--cpu", "500m"),
        *("--memory", "2Gi", "--gpu", "1", "--name", "Digits", "--env", "A=b=c"),
        *("--workdir", "/projects/vision", "--", "--epochs", "3"),
    )
    assert result.exit_code == 0, result.output
    assert result.stdout == "digits-000001\n"
    assert "mofang logs digits-000001 --follow" in result.stderr
    spec = service.jobs["digits-000001"].spec
    assert spec.resources.model_dump() == {"cpu": "500m", "memory": "2Gi", "gpu": 1}
    assert spec.env == {"A": "b=c"}
    assert spec.arguments == ["--epochs", "3"]
    assert (spec.name, spec.replicas) == ("Digits", 2)


@pytest.mark.parametrize(
    ("end", "code"),
    [
        pytest.param(JobState.SUCCEEDED, 0, id="success"),
        pytest.param(JobState.FAILED, 1, id="failure"),
        pytest.param(JobState.CANCELLED, 1, id="cancelled by somebody"),
    ],
)
def test_a_followed_submission_ends_as_its_job(mofang, service, clock, end, code):
    service.logs["worker-0"] = b"epoch 1\n"
    clock.when_paused = lambda: service.become("digits-000001", end)
    result = mofang("submit", "train.py", "--follow")
    assert result.exit_code == code
    assert result.stdout == "digits-000001\nepoch 1\n"
    assert f"digits-000001: {end}" in result.stderr


def test_a_job_that_never_had_a_log_still_ends_with_its_reason(mofang, service, clock):
    service.add(a_job(state=JobState.FAILED, reason="The image cannot be pulled."))
    result = mofang("logs", "digits-000001", "--follow")
    assert result.exit_code == 1
    assert "The image cannot be pulled." in result.stderr


def test_an_interrupted_follower_leaves_the_job_alone(mofang, service, clock):
    def interrupt() -> None:
        raise KeyboardInterrupt

    clock.when_paused = interrupt
    result = mofang("submit", "train.py", "--follow")
    assert result.exit_code == 130
    assert "The job goes on" in result.stderr
    assert service.jobs["digits-000001"].state is JobState.SUBMITTED


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["submit", "train.py", "--replicas", "99"], "replicas: "),
        (["submit", "train.py", "--env", "HF_TOKEN=x"], "looks like a secret"),
        (["submit", "train.py", "--env", "HF_TOKEN"], "NAME=VALUE"),
        (["submit"], "Name one of the two"),
        (["status", "digits-000009"], "There is no job digits-000009"),
        (["status", "../x"], "is not the id of a job"),
        (["logs", "digits-000001", "--replica", "first"], "worker-0"),
        (["--project", "speech", "jobs"], "no project speech"),
        (["completion", "tcsh"], "is not one of"),
        (["explode"], "No such command"),
    ],
)
def test_what_is_refused_is_one_sentence_and_exit_code_2(mofang, arguments, says):
    result = mofang(*arguments)
    assert result.exit_code == 2
    assert says in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    "answer",
    [httpx.ConnectError("refused"), refuse(503, "starting", "The service starts.")],
)
def test_a_platform_that_is_away_is_exit_code_3(mofang, service, answer):
    service.answers = [answer]
    assert mofang("jobs").exit_code == 3


def test_without_settings_the_way_to_give_them_is_told():
    result = CliRunner().invoke(app, ["jobs"])
    assert result.exit_code == 2
    assert "MOFANG_API_URL" in result.stderr


def test_jobs_are_a_table_for_people(mofang, service):
    assert "No jobs" in mofang("jobs").stderr
    service.add(a_job(1))
    service.add(a_job(2, JobState.QUEUED, reason="It waits for a GPU."))
    result = mofang("jobs", "--limit", "2")
    first, second, third = result.stdout.splitlines()
    assert first.split()[:3] == ["JOB", "NAME", "STATE"]
    assert second.startswith("digits-000002")
    assert "It waits for a GPU." in second
    assert third.startswith("digits-000001")


def test_jobs_are_json_for_programs(mofang, service):
    service.add(a_job(1))
    [job] = json.loads(mofang("jobs", "--output", "json").stdout)["jobs"]
    assert job["id"] == "digits-000001"


def test_status_shows_the_job_and_its_replicas(mofang, service):
    replica = Replica(role="worker", index=1, exit_code=137, reason="Out of memory.")
    service.add(a_job(replicas=[replica]))
    output = mofang("status", "digits-000001").stdout
    for text in ("ada in vision", "worker-1", "137", "Out of memory.", "memory 1Gi"):
        assert text in output
    data = json.loads(mofang("status", "digits-000001", "--output", "json").stdout)
    assert data["replicas"][0]["exit_code"] == 137


def test_what_others_wrote_cannot_command_the_terminal(mofang, service):
    service.add(a_job(reason="\x1b]0;owned\x07\x1b[31mred [bold]x[/bold]"))
    for arguments in (["jobs"], ["status", "digits-000001"]):
        output = mofang(*arguments).stdout
        assert "\x1b" not in output
        assert "[bold]x[/bold]" in output


def test_logs_do_nothing_to_a_terminal(mofang, service):
    service.add(a_job())
    service.logs["worker-1"] = b"loss \x1b[31m0.5\x1b[0m\x1b]0;pwned\x07\n"
    result = mofang("logs", "digits-000001", "--replica", "worker-1")
    assert result.stdout_bytes == b"loss 0.5\n"


def test_logs_are_printed_byte_by_byte(mofang, service):
    service.add(a_job())
    service.logs["worker-1"] = b"\xff\x00\r half"
    result = mofang("logs", "digits-000001", "--replica", "worker-1", "--raw")
    assert result.stdout_bytes == b"\xff\x00\r half"


def test_a_job_that_has_not_started_has_no_log_yet(mofang, service):
    service.add(a_job(state=JobState.QUEUED))
    result = mofang("logs", "digits-000001")
    assert result.exit_code == 0
    assert "no log yet" in result.stderr
    service.become("digits-000001", JobState.FAILED)
    assert mofang("logs", "digits-000001").exit_code == 2


def test_cancel_tells_the_state(mofang, service):
    service.add(a_job())
    assert mofang("cancel", "digits-000001").stdout == "digits-000001: Cancelling\n"


def test_delete_asks_first(mofang, service):
    service.add(a_job())
    assert mofang("delete", "digits-000001", input="n\n").exit_code == 1
    assert service.jobs
    assert mofang("delete", "digits-000001", "--yes").exit_code == 0
    assert not service.jobs


def test_a_watched_list_shows_each_change_until_it_is_ended(mofang, service, clock):
    service.add(a_job(1))
    changes = [
        JobEvent(type="added", job=a_job(2)),
        JobEvent(type="modified", job=a_job(2, JobState.SUCCEEDED)),
        JobEvent(type="deleted", job=a_job(1)),
    ]
    text = "".join(f"event: job\ndata: {e.model_dump_json()}\n\n" for e in changes)
    service.events = [text.encode()]

    def interrupt() -> None:
        raise KeyboardInterrupt

    clock.when_paused = interrupt
    result = mofang("jobs", "--watch")
    assert result.exit_code == 0
    assert "digits-000002" in result.stdout
    assert "Succeeded" in result.stdout


def test_a_watch_bears_a_restart_of_the_service_and_lists_again(mofang, service, clock):
    service.answers = [httpx.ConnectError("refused")] * 3
    service.add(a_job(1))

    def interrupt_later() -> None:
        if len(clock.pauses) > 3:
            raise KeyboardInterrupt

    clock.when_paused = interrupt_later
    assert "digits-000001" in mofang("jobs", "--watch").stdout


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_completion_is_a_script_of_the_shell(mofang, shell):
    result = mofang("completion", shell)
    assert result.exit_code == 0
    assert "_MOFANG_COMPLETE" in result.stdout


def test_no_output_shows_the_token(mofang, service):
    service.add(a_job())
    service.logs["worker-0"] = b""
    for arguments in (["jobs"], ["status", "digits-000001"], ["logs", "digits-000001"]):
        assert TOKEN not in mofang(*arguments).output
