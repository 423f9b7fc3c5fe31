from dataclasses import replace
from pathlib import Path

import pytest
from unit.mofang.fake_service import GIVEN, TOKEN, a_job

from mofang.archives import archive_of
from mofang.errors import ConfigurationError, InvalidError
from mofang.options import SubmitOptions
from mofang.settings import SHARED_DIRECTORIES, ClientSettings
from mofang.submission import build_spec, change_spec, rerun_spec
from mofang_api.models import JobSpec

OUTSIDE = ClientSettings(**{**GIVEN, "token": TOKEN})


@pytest.fixture
def home(tmp_path, monkeypatch):
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    (home / "digits").mkdir(parents=True)
    (home / "digits" / "train.py").touch()
    return home


@pytest.fixture
def inside(home):
    return replace(OUTSIDE, environment="pytorch", shared_directories=(str(home),))


def test_a_script_in_a_notebook_is_found_from_where_one_is(home, inside):
    spec = build_spec("digits/train.py", ["--epochs", "3"], {}, inside, home)
    assert spec.script == f"{home}/digits/train.py"
    assert spec.working_directory == str(home)
    assert spec.arguments == ["--epochs", "3"]
    assert spec.name == "train"
    assert spec.image == GIVEN["image"]
    assert spec.environment == "pytorch"


def test_a_script_is_found_from_the_working_directory_too(home, inside):
    options = {"working_directory": "digits"}
    spec = build_spec("train.py", [], options, inside, home)
    assert spec.script == f"{home}/digits/train.py"
    assert spec.working_directory == f"{home}/digits"


def test_a_removed_current_directory_is_refused(home, inside, monkeypatch):
    (home / "gone").mkdir()
    monkeypatch.chdir(home / "gone")
    (home / "gone").rmdir()
    with pytest.raises(InvalidError, match="directory you are in was removed"):
        build_spec("train.py", [], {}, inside)


def test_a_script_that_is_not_there_is_refused_before_it_is_sent(home, inside):
    with pytest.raises(InvalidError) as caught:
        build_spec("absent.py", [], {}, inside, home)
    assert "There is no file absent.py" in caught.value.fields["script"]


def test_a_script_that_jobs_cannot_see_is_refused_with_a_better_place(
    home, inside, tmp_path
):
    (tmp_path / "train.py").touch()
    with pytest.raises(InvalidError) as caught:
        build_spec("../train.py", [], {}, inside, home)
    assert "exists for this notebook only" in caught.value.fields["script"]


@pytest.mark.parametrize("name", ["/opt/tools/train.py", "train.py"])
def test_a_program_of_the_image_runs_in_the_home(home, inside, monkeypatch, name):
    monkeypatch.setattr(Path, "is_file", lambda path: path.is_relative_to("/opt/tools"))
    spec = build_spec(name, [], {}, inside, Path("/opt/tools"))
    assert spec.script == "/opt/tools/train.py"
    assert spec.working_directory == str(home)


def test_a_working_directory_that_jobs_cannot_see_is_refused(home, inside):
    options = {"working_directory": "/tmp"}
    with pytest.raises(InvalidError) as caught:
        build_spec(home / "digits" / "train.py", [], options, inside, home)
    assert list(caught.value.fields) == ["working_directory"]


def test_outside_paths_are_those_of_the_container():
    spec = build_spec("digits/train.py", [], {}, OUTSIDE)
    assert spec.script == "digits/train.py"
    assert spec.working_directory == "/home/jovyan"
    assert spec.environment is None


TILDES: SubmitOptions = {
    "working_directory": "~",
    "requirements": "~/digits/wanted.txt",
    "inputs": {"data_url": "~/digits"},
    "outputs": {"train_url": "~/run,staged"},
}


def paths(spec):
    places = [*spec.inputs, *spec.outputs]
    return [
        *(spec.script, spec.working_directory, spec.requirements),
        *(place.path for place in places),
    ]


def test_a_tilde_is_the_home(home, inside):
    (home / "digits" / "wanted.txt").touch()
    spec = build_spec("~/digits/train.py", [], TILDES, inside, home / "digits")
    assert paths(spec) == [
        f"{home}/digits/train.py",
        str(home),
        *(f"{home}/digits/wanted.txt", f"{home}/digits", f"{home}/run"),
    ]
    assert spec.outputs[0].staged


def test_outside_a_tilde_is_the_home_of_the_container():
    assert paths(build_spec("~/digits/train.py", [], TILDES, OUTSIDE)) == [
        "/home/jovyan/digits/train.py",
        "/home/jovyan",
        "/home/jovyan/digits/wanted.txt",
        "/home/jovyan/digits",
        "/home/jovyan/run",
    ]


def test_a_tilde_means_the_home_for_a_snapshot_too(home, inside):
    spec = build_spec("digits/train.py", [], {"snapshot": "~/digits"}, inside, home)
    assert spec.code.directory == f"{home}/digits"


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"working_directory": "~ben/x"}, "working_directory"),
        ({"inputs": {"data_url": "~ben"}}, "inputs.0.path"),
    ],
)
def test_the_home_of_another_is_refused(options, field):
    with pytest.raises(InvalidError) as caught:
        build_spec("train.py", [], options, OUTSIDE)
    assert "~ben is nobody's home in a job" in caught.value.fields[field]


def test_everything_that_was_said_is_in_the_specification():
    spec = build_spec(
        Path("/projects/vision/train.py"),
        [],
        {
            "name": "Digits, again",
            "replicas": 4,
            "cpu": 2,
            "memory": "4Gi",
            "gpu": 1,
            "env": {"SEED": "7"},
            "image": "docker.io/mofang/pytorch:2",
            "working_directory": "/projects/vision",
            "framework": "pytorch",
        },
        OUTSIDE,
    )
    assert spec.name == "Digits, again"
    assert spec.replicas == 4
    assert spec.resources.model_dump() == {"cpu": "2", "memory": "4Gi", "gpu": 1}
    assert spec.env == {"SEED": "7"}
    assert spec.image == "docker.io/mofang/pytorch:2"
    assert spec.working_directory == "/projects/vision"


def test_another_image_is_not_said_to_be_the_notebooks_environment(home, inside):
    options = {"image": "docker.io/library/python:3.11"}
    spec = build_spec("digits/train.py", [], options, inside, home)
    assert spec.environment is None


def test_without_an_image_one_is_asked_for():
    with pytest.raises(ConfigurationError, match="--environment or environment"):
        build_spec("train.py", [], {}, replace(OUTSIDE, image=None))


OWN, OTHER = GIVEN["image"], "docker.io/mofang/ray:1"


@pytest.mark.parametrize(
    ("options", "image", "name"),
    [
        pytest.param({}, OWN, "pytorch", id="the notebook's own"),
        pytest.param({"environment": "ray"}, "", "ray", id="an environment"),
        pytest.param({"environment": "pytorch"}, "", "pytorch", id="as it is now"),
        pytest.param({"image": OTHER}, OTHER, None, id="an image"),
        pytest.param({"image": OWN}, OWN, "pytorch", id="the notebook's image"),
        pytest.param({"environment": "ray", "image": OTHER}, OTHER, "ray", id="both"),
    ],
)
def test_a_job_runs_an_environment_an_image_or_the_notebook_s_own(
    home, inside, options, image, name
):
    spec = build_spec("digits/train.py", [], options, inside, home)
    assert (spec.image, spec.environment) == (image, name)


def test_outside_an_environment_goes_before_the_usual_image():
    for settings in (OUTSIDE, replace(OUTSIDE, image=None)):
        options = {"environment": "ray"}
        spec = build_spec("train.py", [], options, settings)
        assert (spec.image, spec.environment) == ("", "ray")


def test_a_file_may_name_the_environment(home, inside):
    base = {"script": "digits/train.py", "environment": "ray"}
    spec = change_spec(base, {}, inside, home)
    assert (spec.image, spec.environment) == ("", "ray")
    spec = change_spec(base, {"image": OTHER}, inside, home)
    assert (spec.image, spec.environment) == (OTHER, None)


@pytest.mark.parametrize(
    ("earlier", "options", "image", "name"),
    [
        pytest.param((OTHER, "ray"), {}, "", "ray", id="as the environment is now"),
        pytest.param((OTHER, None), {}, OTHER, None, id="of no environment"),
        pytest.param((OWN, "pytorch"), {}, OWN, "pytorch", id="the notebook's own"),
        pytest.param((OWN, "gpu"), {}, OWN, "gpu", id="another's with the same image"),
        pytest.param((OTHER, "ray"), {"environment": "base"}, "", "base", id="another"),
        pytest.param((OTHER, "ray"), {"image": OTHER}, OTHER, None, id="an image"),
    ],
)
def test_a_rerun_keeps_its_environment(home, inside, earlier, options, image, name):
    spec = JobSpec(
        name="digits",
        script=f"{home}/digits/train.py",
        working_directory=str(home),
        image=earlier[0],
        environment=earlier[1],
    )
    job = a_job().model_copy(update={"spec": spec})
    again = rerun_spec(job, options, inside, home)
    assert (again.image, again.environment) == (image, name)


def test_outside_no_image_is_known_to_be_there_still():
    fields = {"image": OWN, "environment": "pytorch"}
    job = a_job()
    job = job.model_copy(update={"spec": job.spec.model_copy(update=fields)})
    again = rerun_spec(job, {}, OUTSIDE)
    assert (again.image, again.environment) == ("", "pytorch")


def test_what_the_models_refuse_is_told_by_field():
    with pytest.raises(InvalidError) as caught:
        build_spec("train.py", [], {"replicas": 0, "cpu": "lots"}, OUTSIDE)
    assert set(caught.value.fields) == {"replicas", "resources.cpu"}


FULL = {
    "framework": "tensorflow",
    "engine": "kubeflow-v1",
    "requirements": "/projects/vision/requirements.txt",
    "hyperparameters": {"lr": 0.1, "epochs": 3, "nesterov": True, "name": "adam"},
    "flags": ["no-cuda"],
    "inputs": {"data_url": "/projects/vision/digits"},
    "outputs": {"train_url": "/projects/vision/run1,staged,preload,env"},
    "replicas": 2,
    "roles": {"ps": 1, "chief": {"replicas": 1, "cpu": 1, "memory": "2Gi"}},
    "processes": 4,
    "secrets": {"WANDB_API_KEY": "wandb:key"},
    "run_as_user": 2000,
    "priority": "high",
    "restart": "5,script-failures",
    "hang_policy": "restart",
    "hold_on_failure": "2h",
}


def test_a_job_can_say_all_that_the_form_can():
    spec = build_spec("train.py", [], FULL, OUTSIDE)
    assert [(r.name, r.replicas) for r in spec.resolved_roles()] == [
        ("chief", 1),
        ("worker", 2),
        ("ps", 1),
    ]
    assert spec.roles["chief"].resources.memory == "2Gi"
    assert spec.parameter_arguments() == [
        "--lr=0.1",
        "--epochs=3",
        "--nesterov=true",
        "--name=adam",
        "--no-cuda",
    ]
    assert spec.inputs[0].path == "/projects/vision/digits"
    [output] = spec.outputs
    assert (output.staged, output.preload, output.pass_as) == (
        True,
        True,
        "environment",
    )
    assert spec.secrets["WANDB_API_KEY"].secret == "wandb"
    assert (spec.restart.limit, spec.restart.include_script_failures) == (5, True)
    assert spec.hold_on_failure_minutes == 120
    assert spec.processes_per_replica == 4
    assert (spec.engine, spec.priority, spec.hang_policy) == (
        "kubeflow-v1",
        "high",
        "restart",
    )
    assert spec.run_as_user == 2000


@pytest.mark.parametrize(
    ("changes", "flags", "hyperparameters"),
    [
        pytest.param({}, ["amp"], {"lr": 0.1}, id="nothing"),
        pytest.param({"flags": ["x", "amp"]}, ["x", "amp"], {"lr": 0.1}, id="one more"),
        pytest.param(
            {"hyperparameters": {"amp": None}}, [], {"lr": 0.1}, id="one removed"
        ),
        pytest.param(
            {"hyperparameters": {"amp": "O2"}},
            [],
            {"lr": 0.1, "amp": "O2"},
            id="one gets a value",
        ),
        pytest.param({"flags": ["lr"]}, ["amp", "lr"], {}, id="one loses its value"),
    ],
)
def test_a_name_is_a_flag_or_has_a_value_as_was_said_last(
    changes, flags, hyperparameters
):
    spec = build_spec(
        "train.py", [], {"hyperparameters": {"lr": 0.1}, "flags": ["amp"]}, OUTSIDE
    )
    again = rerun_spec(a_job().model_copy(update={"spec": spec}), changes, OUTSIDE)
    assert (again.flags, again.hyperparameters) == (flags, hyperparameters)


def test_options_cover_every_field_of_a_job():
    """What the form offers, Python, the command line and the magic offer too."""
    said_otherwise = {
        "script": "the first argument",
        "arguments": "the rest",
        "resources": "cpu, memory, gpu",
        "code": "snapshot",
        "hold_on_failure_minutes": "hold_on_failure",
        "processes_per_replica": "processes",
        "rerun_of": "rerun",
    }
    assert set(JobSpec.model_fields) - set(said_otherwise) <= set(
        SubmitOptions.__annotations__
    )


def test_a_command_takes_the_place_of_a_script():
    options = {"command": "python -m trainer 'a b'", "framework": "single"}
    spec = build_spec(None, ["--epochs", 3], options, OUTSIDE)
    assert spec.command == ["python", "-m", "trainer", "a b"]
    assert spec.arguments == ["--epochs", "3"]
    assert (spec.script, spec.name) == ("", "python")
    with pytest.raises(InvalidError, match="Name one"):
        build_spec("train.py", [], options, OUTSIDE)
    with pytest.raises(InvalidError, match="Name one"):
        build_spec(None, [], {}, OUTSIDE)


@pytest.mark.parametrize(
    ("options", "framework"),
    [
        ({}, "single"),
        ({"replicas": 2}, "pytorch"),
        ({"framework": "pytorch"}, "pytorch"),
    ],
)
def test_one_notebook_is_a_job_of_a_single_process(options, framework):
    assert build_spec("train.ipynb", [], options, OUTSIDE).framework == framework


def test_relative_places_are_those_of_the_notebook(home, inside):
    (home / "digits" / "requirements.txt").touch()
    options = {
        "inputs": {"data_url": "digits"},
        "outputs": {"train_url": Path("runs/1")},
        "requirements": "digits/requirements.txt",
    }
    spec = build_spec("digits/train.py", [], options, inside, home)
    assert spec.inputs[0].path == f"{home}/digits"
    assert spec.outputs[0].path == f"{home}/runs/1"
    assert spec.requirements == f"{home}/digits/requirements.txt"


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"inputs": {"data_url": "/tmp/data"}}, "inputs.0.path"),
        ({"outputs": {"run": "/cache/run"}}, "outputs.0.path"),
        ({"requirements": "absent.txt"}, "requirements"),
        ({"roles": {"boss": 1}}, "roles"),
        ({"restart": 1000}, "restart.limit"),
        ({"restart": "often"}, "restart"),
        ({"priority": "urgent"}, "priority"),
        ({"run_as_user": 0}, "run_as_user"),
        ({"hyperparameters": {"hf_token": "abc"}}, "hyperparameters"),
        ({"secrets": {"KEY": "the-secret-itself"}}, "secrets"),
    ],
)
def test_each_refusal_names_its_field(home, inside, options, field):
    with pytest.raises(InvalidError) as caught:
        build_spec("digits/train.py", [], options, inside, home)
    assert list(caught.value.fields) == [field]
    assert len(caught.value.fields[field]) > 10


def test_a_snapshot_is_of_the_working_directory(home, inside):
    spec = build_spec("train.py", [], {"snapshot": True}, inside, home / "digits")
    assert spec.code.directory == f"{home}/digits"
    assert archive_of(spec.code.snapshot, home).is_file()


def test_a_snapshot_may_be_of_another_directory(home, inside):
    options = {"snapshot": "digits"}
    spec = build_spec("digits/train.py", [], options, inside, home)
    assert spec.code.directory == f"{home}/digits"
    assert spec.working_directory == str(home)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"snapshot": "other"}, "script"),
        ({"snapshot": True, "run_as_user": 7}, "run_as_user"),
        ({"snapshot": True, "replicas": 0}, "replicas"),
    ],
)
def test_nothing_is_copied_for_a_job_that_is_refused(home, inside, options, field):
    (home / "other").mkdir()
    with pytest.raises(InvalidError) as caught:
        build_spec("digits/train.py", [], options, inside, home)
    assert list(caught.value.fields) == [field]
    assert not (home / ".mofang").exists()


def test_outside_no_code_can_be_copied_and_how_to_bring_it_is_said():
    with pytest.raises(InvalidError, match=r"git clone.*mofang ssh-config"):
        build_spec("train.py", [], {"snapshot": True}, OUTSIDE)


def test_a_file_may_say_it_all_in_short_forms_and_options_change_it():
    base = {"script": "train.py", "roles": {"ps": 1}, "framework": "tensorflow"}
    options = {"roles": {"ps": "cpu=1", "chief": 1}, "name": "again"}
    spec = change_spec(base, options, OUTSIDE)
    assert spec.roles["ps"].replicas == 1
    assert spec.roles["ps"].resources.cpu == "1"
    assert spec.name == "again"


def test_a_rerun_is_the_same_job_but_for_its_changes():
    first = build_spec("train.py", ["--quiet"], FULL, OUTSIDE)
    job = a_job(spec=first)
    same = rerun_spec(job, {}, OUTSIDE)
    assert same.rerun_of == job.id
    assert same.model_copy(update={"rerun_of": None}) == first
    options = {
        "hyperparameters": {"lr": 0.2, "nesterov": None},
        "outputs": {"train_url": "/projects/vision/run2"},
        "memory": "4Gi",
        "restart": False,
    }
    other = rerun_spec(job, options, OUTSIDE)
    assert other.hyperparameters == {"lr": 0.2, "epochs": 3, "name": "adam"}
    assert [place.path for place in other.outputs] == ["/projects/vision/run2"]
    assert other.resources.memory == "4Gi"
    assert other.restart is None
    assert other.inputs == first.inputs


def test_a_rerun_may_run_a_command_in_place_of_the_script():
    spec = rerun_spec(a_job(), {"command": "nvidia-smi"}, OUTSIDE)
    assert (spec.script, spec.command) == ("", ["nvidia-smi"])


def test_a_rerun_runs_the_code_that_was_submitted(home, inside):
    first = build_spec("train.py", [], {"snapshot": True}, inside, home / "digits")
    (home / "digits" / "train.py").unlink()
    job = a_job(spec=first)
    assert rerun_spec(job, {}, inside, home).code == first.code
    archive_of(first.code.snapshot, home).unlink()
    with pytest.raises(InvalidError, match="not kept in your home"):
        rerun_spec(job, {}, inside, home)


def test_a_rerun_may_take_the_code_as_it_is_now(home, inside):
    first = build_spec("train.py", [], {"snapshot": True}, inside, home / "digits")
    job = a_job(spec=first)
    (home / "digits" / "train.py").write_text("changed")
    assert rerun_spec(job, {"snapshot": False}, inside, home).code is None
    new = rerun_spec(job, {"snapshot": True}, inside, home).code
    assert new.directory == first.code.directory
    assert new.snapshot != first.code.snapshot


def test_places_in_data_sources_are_no_paths_of_the_notebook(home, inside):
    options: SubmitOptions = {
        "inputs": {"data_url": "source://scans/train", "more": "s3://lake/raw"},
        "outputs": {"train_url": "source://models/run1,staged"},
    }
    spec = build_spec("digits/train.py", [], options, inside, home)

    assert [each.path for each in spec.inputs] == [
        "source://scans/train",
        "s3://lake/raw",
    ]
    assert spec.outputs[0].path == "source://models/run1"
    assert spec.outputs[0].staged


def test_a_mounted_source_is_seen_by_jobs(home, inside):
    there = replace(inside, shared_directories=(*SHARED_DIRECTORIES, str(home)))
    options: SubmitOptions = {"inputs": {"data_url": "/data/scans/train"}}
    spec = build_spec("digits/train.py", [], options, there, home)

    assert spec.inputs[0].path == "/data/scans/train"


@pytest.mark.parametrize("path", ["data", "source://", "s3://", "http://host/data"])
def test_a_place_that_is_none_is_refused_with_the_ways_to_write_it(path):
    with pytest.raises(InvalidError) as caught:
        build_spec("train.py", [], {"inputs": {"data_url": path}}, OUTSIDE)
    assert "source://imagenet/train" in caught.value.fields["inputs.0.path"]
