from dataclasses import replace
from pathlib import Path

import pytest
from unit.mofang.fake_service import GIVEN, TOKEN

from mofang.errors import ConfigurationError, InvalidError
from mofang.settings import ClientSettings
from mofang.submission import build_spec

OUTSIDE = ClientSettings(**{**GIVEN, "token": TOKEN})


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "home"
    (home / "digits").mkdir(parents=True)
    (home / "digits" / "train.py").touch()
    return home


@pytest.fixture
def inside(home):
    return replace(OUTSIDE, environment_name="pytorch", shared_directories=(str(home),))


def test_a_script_in_a_notebook_is_found_from_where_one_is(home, inside):
    spec = build_spec("digits/train.py", ["--epochs", "3"], {}, inside, home)
    assert spec.script == f"{home}/digits/train.py"
    assert spec.working_directory == str(home)
    assert spec.arguments == ["--epochs", "3"]
    assert spec.name == "train"
    assert spec.image == GIVEN["image"]
    assert spec.environment_name == "pytorch"


def test_a_script_is_found_from_the_working_directory_too(home, inside):
    options = {"working_directory": "digits"}
    spec = build_spec("train.py", [], options, inside, home)
    assert spec.script == f"{home}/digits/train.py"
    assert spec.working_directory == f"{home}/digits"


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
    assert "seen by this notebook only" in caught.value.fields["script"]


def test_a_working_directory_that_jobs_cannot_see_is_refused(home, inside):
    options = {"working_directory": "/tmp"}
    with pytest.raises(InvalidError) as caught:
        build_spec(home / "digits" / "train.py", [], options, inside, home)
    assert list(caught.value.fields) == ["working_directory"]


def test_outside_paths_are_those_of_the_container():
    spec = build_spec("digits/train.py", [], {}, OUTSIDE)
    assert spec.script == "digits/train.py"
    assert spec.working_directory == "/home/jovyan"
    assert spec.environment_name is None


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
            "environment": {"SEED": "7"},
            "image": "docker.io/mofang/pytorch:2",
            "working_directory": "/projects/vision",
            "framework": "pytorch",
        },
        OUTSIDE,
    )
    assert spec.name == "Digits, again"
    assert spec.replicas == 4
    assert spec.resources.model_dump() == {"cpu": "2", "memory": "4Gi", "gpu": 1}
    assert spec.environment == {"SEED": "7"}
    assert spec.image == "docker.io/mofang/pytorch:2"
    assert spec.working_directory == "/projects/vision"


def test_another_image_is_not_said_to_be_the_notebooks_environment(home, inside):
    options = {"image": "docker.io/library/python:3.11"}
    spec = build_spec("digits/train.py", [], options, inside, home)
    assert spec.environment_name is None


def test_without_an_image_one_is_asked_for():
    with pytest.raises(ConfigurationError, match="Which image"):
        build_spec("train.py", [], {}, replace(OUTSIDE, image=None))


def test_what_the_models_refuse_is_told_by_field():
    with pytest.raises(InvalidError) as caught:
        build_spec("train.py", [], {"replicas": 0, "cpu": "lots"}, OUTSIDE)
    assert set(caught.value.fields) == {"replicas", "resources.cpu"}
