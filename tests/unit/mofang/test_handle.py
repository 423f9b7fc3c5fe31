from datetime import timedelta

import pytest
from unit.mofang.fake_service import BORN, a_job

import mofang
from mofang.display import format_seconds, job_html, jobs_html
from mofang.errors import InvalidError, JobFailedError
from mofang.handle import JobHandle
from mofang_api.models import JobState, Replica


def test_a_script_is_submitted_followed_and_removed_by_its_handle(
    client, service, clock
):
    job = mofang.submit("train.py", "--epochs", "3", client=client, replicas=2)
    assert job.state is JobState.SUBMITTED
    assert job.job.spec.arguments == ["--epochs", "3"]
    service.steps = [JobState.RUNNING, JobState.SUCCEEDED]
    service.logs["worker-1"] = "épochs\nend".encode()
    assert job.refresh().state is JobState.RUNNING
    assert job.wait().state is JobState.SUCCEEDED
    assert job.logs(index=1) == "épochs\nend"
    assert list(job.logs(index=1, follow=True)) == ["épochs\n", "end"]
    assert mofang.job(job.id, client=client).id == job.id
    assert job.cancel().state is JobState.CANCELLING
    job.delete()
    assert mofang.jobs(client=client) == []


def test_a_job_runs_in_an_environment_that_was_listed(client, service):
    [ray] = [
        e for e in mofang.list_environments(client=client) if "ray" in e.frameworks
    ]
    job = mofang.submit("train.py", client=client, environment=ray.name)
    assert (job.job.spec.image, job.job.spec.environment) == ("", "ray")


def test_a_job_is_run_again_with_changes(client, service):
    settings = {"lr": 0.1, "epochs": 3}
    first = mofang.submit("train.py", client=client, hyperparameters=settings)
    second = mofang.rerun(first.id, client=client, hyperparameters={"lr": 0.2})
    assert second.job.spec.hyperparameters == {"lr": 0.2, "epochs": 3}
    assert second.job.spec.rerun_of == first.id
    third = second.rerun(replicas=2)
    assert third.job.spec.rerun_of == second.id
    assert third.job.spec.replicas == 2


def test_two_jobs_are_compared_in_settings_and_results(client, service):
    options = {
        "hyperparameters": {"lr": 0.1},
        "flags": ["amp"],
        "outputs": {"run": "/projects/vision/1"},
    }
    first = mofang.submit("train.py", client=client, **options)
    second = first.rerun(
        hyperparameters={"lr": 0.2, "decay": 1},
        flags=["verbose"],
        outputs={"run": "/projects/vision/2"},
        memory="2Gi",
    )
    service.results[second.id] = {"accuracy": 0.9, "loss": {"train": 1}}
    found = mofang.compare(first.id, second, client=client)
    assert (found.left, found.right) == (first.id, second.id)
    assert {each.name: (each.left, each.right) for each in found.settings} == {
        "hyperparameters.lr": ("0.1", "0.2"),
        "hyperparameters.decay": ("", "1"),
        "flags.verbose": ("", "true"),
        "outputs.run.path": ("/projects/vision/1", "/projects/vision/2"),
        "resources.memory": ("1Gi", "2Gi"),
    }
    outcomes = {each.name: each.right for each in found.outcomes}
    assert outcomes["state"] == "Submitted"
    assert outcomes["result.accuracy"] == "0.9"
    assert outcomes["result.loss.train"] == "1"
    html = found._repr_html_()
    assert "hyperparameters.lr" in html
    assert "resources.cpu" not in html


def test_what_scripts_report_cannot_become_html(client, service):
    job = service.add(a_job())
    service.results[job.id] = {"<script>x": "<script>alert(1)"}
    assert "<script" not in mofang.compare(job.id, job.id, client=client)._repr_html_()


@pytest.mark.parametrize(
    ("framework", "roles", "leading"),
    [
        ("pytorch", {}, "worker"),
        ("horovod", {}, "launcher"),
        ("tensorflow", {}, "worker"),
        ("tensorflow", {"ps": 1}, "chief"),
        ("ray", {}, "head"),
    ],
)
def test_the_log_that_tells_the_most_is_the_leading_roles(
    client, service, framework, roles, leading
):
    job = mofang.submit("train.py", client=client, framework=framework, roles=roles)
    service.logs[f"{leading}-0"] = b"hello"
    assert job.logs() == "hello"


def test_a_refused_job_says_all_that_must_change(client, service):
    with pytest.raises(InvalidError, match="must change") as caught:
        mofang.submit("train.py", client=client, replicas=99, cpu="x")
    assert set(caught.value.fields) == {"replicas", "resources.cpu"}
    assert service.requests == []


def test_a_wait_that_checks_raises_the_jobs_own_reason(client, service, clock):
    reason = "worker-1 used more memory than 1Gi."
    job = service.add(a_job(state=JobState.FAILED, reason=reason))
    handle = JobHandle(client, job)
    assert handle.wait().state is JobState.FAILED
    with pytest.raises(JobFailedError, match="used more memory"):
        handle.wait(check=True)


def test_a_long_log_is_read_whole(client, service):
    job = service.add(a_job())
    service.logs["worker-0"] = b"0123456789" * 250_000
    assert JobHandle(client, job).logs() == "0123456789" * 250_000
    assert len(service.requests) == 3


def test_characters_cut_between_pieces_are_put_together(client, service):
    job = service.add(a_job(state=JobState.SUCCEEDED))
    service.logs["worker-0"] = "魔方\n".encode()
    service.streams = [[bytes([byte]) for byte in "魔方\n".encode()]]
    assert list(JobHandle(client, job).logs(follow=True)) == ["魔方\n"]


def test_what_others_wrote_cannot_become_html(client):
    """Names and reasons come from other people of the project."""
    evil = "<script>alert(1)</script>"
    job = a_job(reason=evil, owner=evil)
    job = job.model_copy(
        update={
            "spec": job.spec.model_copy(update={"name": evil}),
            "replicas": [Replica(role="worker", index=0, node=evil, reason=evil)],
        }
    )
    for html in (job_html(job, log=evil, note=evil), jobs_html([job])):
        assert "<script" not in html
        assert "&lt;script&gt;" in html


def test_a_handle_shows_itself(client):
    handle = JobHandle(client, a_job(reason="It waits for a GPU."))
    assert repr(handle).startswith("<JobHandle digits-000001: Running, ")
    html = handle._repr_html_()
    assert "It waits for a GPU." in html
    assert "worker-0 Running on cpu-1" in html


def test_a_list_of_jobs_shows_itself_as_a_table(client, service):
    assert "No jobs" in mofang.jobs(client=client)._repr_html_()
    service.add(a_job(1))
    service.add(a_job(2, finished=BORN + timedelta(minutes=7)))
    html = mofang.jobs(client=client)._repr_html_()
    assert html.index("digits-000002") < html.index("digits-000001")
    assert "5 min 00 s" in html


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-3, "0 s"),
        (59.9, "59 s"),
        (60, "1 min 00 s"),
        (3660, "1 h 01 min"),
        (90000, "1 d 01 h"),
    ],
)
def test_durations_have_the_two_units_that_matter(seconds, shown):
    assert format_seconds(seconds) == shown
