from datetime import timedelta
from pathlib import Path

import pytest

from mofang.errors import InvalidError
from mofang.shorthand import normalize, read_setting
from mofang_api.models import Output, Restart, RoleSpec, SecretKey


@pytest.mark.parametrize(
    ("field", "short", "whole"),
    [
        ("command", "mpirun -n 'two words'", ["mpirun", "-n", "two words"]),
        ("command", ["python", 3], ["python", "3"]),
        ("arguments", ("--epochs", 3), ["--epochs", "3"]),
        ("roles", {"ps": 1}, {"ps": {"replicas": 1}}),
        ("roles", {"ps": "2"}, {"ps": {"replicas": "2"}}),
        (
            "roles",
            {"ps": "2,cpu=1,memory=4Gi"},
            {"ps": {"replicas": "2", "resources": {"cpu": "1", "memory": "4Gi"}}},
        ),
        ("roles", {"ps": "gpu=1"}, {"ps": {"resources": {"gpu": "1"}}}),
        (
            "roles",
            {"ps": {"replicas": 1, "cpu": 2}},
            {"ps": {"replicas": 1, "resources": {"cpu": 2}}},
        ),
        ("roles", {"ps": RoleSpec(replicas=3)}, {"ps": {"replicas": 3}}),
        ("inputs", {"data": "/d"}, [{"name": "data", "path": "/d"}]),
        ("inputs", {"data": Path("/d")}, [{"name": "data", "path": "/d"}]),
        (
            "outputs",
            {"run": "/a,b,staged,preload,env"},
            [
                {
                    "name": "run",
                    "path": "/a,b",
                    "staged": True,
                    "preload": True,
                    "pass_as": "environment",
                }
            ],
        ),
        (
            "outputs",
            {"run": {"path": "/a", "staged": True}},
            [{"name": "run", "path": "/a", "staged": True}],
        ),
        (
            "outputs",
            [Output(name="run", path="/a")],
            [
                {
                    "name": "run",
                    "path": "/a",
                    "pass_as": "parameter",
                    "staged": False,
                    "preload": False,
                }
            ],
        ),
        ("secrets", {"KEY": "wandb:key"}, {"KEY": {"secret": "wandb", "key": "key"}}),
        (
            "secrets",
            {"KEY": SecretKey(secret="a", key="b")},
            {"KEY": {"secret": "a", "key": "b"}},
        ),
        ("restart", 3, {"limit": 3}),
        ("restart", True, {}),
        ("restart", False, None),
        ("restart", 0, None),
        ("restart", "off", None),
        ("restart", "3", {"limit": 3, "include_script_failures": False}),
        ("restart", "5,script-failures", {"limit": 5, "include_script_failures": True}),
        ("restart", Restart(limit=2), {"limit": 2, "include_script_failures": False}),
        ("hold_on_failure_minutes", "30m", 30),
        ("hold_on_failure_minutes", "2h", 120),
        ("hold_on_failure_minutes", "1d", 1440),
        ("hold_on_failure_minutes", 45, 45),
        ("hold_on_failure_minutes", timedelta(hours=1.5), 90),
        ("env", {"SEED": 7, "AT": Path("/a")}, {"SEED": "7", "AT": "/a"}),
        ("hyperparameters", {"lr": 0.1, "at": Path("/a")}, {"lr": 0.1, "at": "/a"}),
        ("flags", "no-cuda fp16", ["no-cuda", "fp16"]),
        ("flags", ["--no-cuda"], ["no-cuda"]),
        ("name", "as it is", "as it is"),
        ("requirements", Path("r.txt"), "r.txt"),
    ],
)
def test_short_forms_are_made_whole(field, short, whole):
    assert normalize({field: short}) == {field: whole}


def test_numbers_of_other_libraries_become_pythons():
    class Scalar:
        def item(self) -> float:
            return 0.5

    assert normalize({"hyperparameters": {"lr": Scalar()}}) == {
        "hyperparameters": {"lr": 0.5}
    }


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("command", "echo 'x", "no partner"),
        ("command", 7, "Give a list"),
        ("arguments", {"lr": 1}, "Give a list"),
        ("roles", "ps=1", "a value for each name"),
        ("roles", {"ps": "many=1"}, "such as 2 or"),
        ("roles", {"ps": ""}, "such as 2 or"),
        ("roles", {"ps": "2,3"}, "such as 2 or"),
        ("roles", {"ps": "cpu=1,cpu=2"}, "such as 2 or"),
        ("inputs", "/data", "Give a list"),
        ("secrets", {"KEY": "sk-very-secret-value"}, "secret:key"),
        ("restart", "sometimes", "3,script-failures"),
        ("restart", "3,never", "3,script-failures"),
        ("hold_on_failure_minutes", "soon", "30m, 2h"),
        ("hyperparameters", {"lr": [1, 2]}, "a number, a text"),
        ("flags", {"no-cuda": True}, "a list"),
        ("hyperparameters", {"lr": float("nan")}, "NaN"),
        ("hyperparameters", {"lr": float("inf")}, "NaN"),
    ],
)
def test_what_cannot_be_read_says_how_it_is_written(field, value, says):
    with pytest.raises(InvalidError) as caught:
        normalize({field: value})
    assert says in caught.value.fields[field]
    assert "very-secret" not in str(caught.value)


def test_all_faults_are_told_at_once():
    with pytest.raises(InvalidError) as caught:
        normalize({"restart": "x", "command": "'", "name": "fine"})
    assert set(caught.value.fields) == {"restart", "command"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", 0.1),
        ("1e-4", 0.0001),
        ("3", 3),
        ("true", True),
        ("False", "False"),
        ("adam", "adam"),
        ('"007"', "007"),
        ("007", "007"),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("[1, 2]", "[1, 2]"),
        ("null", "null"),
        ("", ""),
        ("a=b", "a=b"),
    ],
)
def test_typed_settings_are_numbers_truths_or_texts(text, value):
    read = read_setting(text)
    assert read == value
    assert type(read) is type(value)


def test_a_name_among_the_variables_is_told_its_place():
    with pytest.raises(InvalidError) as caught:
        normalize({"env": "pytorch"})
    assert "named by environment" in caught.value.fields["env"]


def test_variables_in_place_of_an_environment_are_told_theirs():
    with pytest.raises(InvalidError) as caught:
        normalize({"environment": {"SEED": 7}})
    assert "given by env" in caught.value.fields["environment"]
