"""What was admitted once is read, whatever the rules for requests are now."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from mofang_api.models import Framework, Job, JobSpec, Priority, read_spec
from mofang_api.models.stored import StoredSpec

LEAST = {"name": "digits", "image": "docker.io/mofang/pytorch:1", "script": "train.py"}
WHOLE = {
    **LEAST,
    "framework": "tensorflow",
    "engine": "jobset",
    "arguments": ["--fast", "é"],
    "hyperparameters": {"lr": 0.1, "epochs": 3, "amp": True, "optimizer": "adam"},
    "flags": ["no-cuda"],
    "code": {"directory": "/home/jovyan/x", "snapshot": "0" * 64},
    "requirements": "requirements.txt",
    "inputs": [{"name": "data", "path": "/projects/vision/data"}],
    "outputs": [{"name": "out", "path": "/projects/vision/out", "staged": True}],
    "replicas": 2,
    "resources": {"cpu": "2", "memory": "4Gi", "gpu": 1},
    "roles": {"ps": {"replicas": 1, "resources": {"cpu": "500m"}}, "chief": {}},
    "processes_per_replica": 2,
    "env": {"LEVEL": "1"},
    "secrets": {"WANDB_API_KEY": {"secret": "wandb", "key": "key"}},
    "priority": "high",
    "restart": {"limit": 5},
    "hang_policy": "restart",
    "hold_on_failure_minutes": 5,
    "environment": "tensorflow",
    "rerun_of": "digits-abc123",
}


def read(**changes) -> StoredSpec:
    written = json.loads(JobSpec.model_validate(WHOLE).model_dump_json())
    return read_spec({**written, **changes})


@pytest.mark.parametrize("content", [LEAST, WHOLE])
def test_what_was_written_is_read_as_it_was(content):
    asked = JobSpec.model_validate(content)

    stored = read_spec(json.loads(asked.model_dump_json()))

    assert stored == StoredSpec(spec=asked)
    assert stored.is_understood
    assert read_spec(content).spec.model_fields_set == asked.model_fields_set


def test_each_field_that_must_be_there_is_a_text():
    """So that an empty one can stand for one that is missing."""
    stored = read_spec({"inputs": [{}], "code": {}, "secrets": {"X": {}}})

    assert stored.spec.name == stored.spec.image == ""
    assert stored.spec.code.directory == stored.spec.inputs[0].path == ""
    required = [f for f in JobSpec.model_fields.values() if f.is_required()]
    assert {field.annotation for field in required} == {str}


def test_unknown_fields_are_passed_over():
    stored = read(later=1, resources={"cpu": "1", "memory": "1Gi", "tpu": 8})

    assert stored.is_understood
    assert stored.spec.resources.cpu == "1"


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"replicas": 5000}, id="more replicas than may be now"),
        pytest.param({"name": "x" * 500}, id="a longer name"),
        pytest.param({"env": {"MOFANG_X": "1"}}, id="a reserved variable"),
        pytest.param({"env": {"HF_TOKEN": "abc"}}, id="a secret"),
        pytest.param({"arguments": ["x" * 200_000]}, id="a longer specification"),
        pytest.param(
            {"restart": {"limit": 999, "include_script_failures": False}}, id="restarts"
        ),
        pytest.param({"script": "", "command": []}, id="no program"),
        pytest.param({"image": "such an image"}, id="an image"),
    ],
)
def test_what_is_no_longer_allowed_is_kept(values):
    stored = read(**values)

    kept = stored.spec.model_dump(mode="json", include=set(values))
    assert stored.is_understood
    assert kept == values
    with pytest.raises(ValidationError):
        JobSpec.model_validate(stored.spec.model_dump(mode="json"))


def test_choices_of_newer_versions_are_kept_and_told():
    newer = {
        "framework": "abacus",
        "engine": "v9",
        "priority": "urgent",
        "hang_policy": "page",
    }

    stored = read(**newer)

    assert stored.spec.model_dump(mode="json", include=set(newer)) == newer
    assert set(stored.unknown) == newer.keys()
    assert isinstance(stored.spec.framework, Framework)
    assert not stored.spec.framework.is_known
    assert stored.spec.priority.rank == Priority.NORMAL.rank
    with pytest.raises(ValidationError):
        JobSpec.model_validate({**LEAST, "framework": "abacus"})


def test_a_choice_inside_a_list_is_told_too():
    place = {"name": "data", "path": "/global/data", "pass_as": "socket"}

    stored = read(inputs=[place])

    assert stored.unknown == ("pass_as",)
    assert stored.spec.inputs[0].model_dump(mode="json") == place


@pytest.mark.parametrize("text", ["1.0", "-0.0", "1e-05", "12345678901234567890", "1"])
def test_numbers_stay_what_they_were(text):
    """From the body of a request to a later request: seeds and rates do not change."""
    asked = (
        f'{{"name":"t","image":"i:1","script":"t.py","hyperparameters":{{"n":{text}}}}}'
    )
    stored = JobSpec.model_validate_json(asked).model_dump_json()
    told = read_spec(json.loads(stored)).spec.model_dump_json()
    assert JobSpec.model_validate_json(told).parameter_arguments() == [f"--n={text}"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("replicas", "many"),
        ("replicas", True),
        ("arguments", "--fast"),
        ("arguments", [1]),
        ("hyperparameters", {"lr": [1]}),
        ("resources", 7),
        ("framework", 7),
        ("name", None),
        ("restart", "often"),
    ],
)
def test_a_value_of_another_shape_gives_way_to_the_default(field, value):
    stored = read(**{field: value})

    default = JobSpec.model_construct(name="")
    assert stored.unknown == (field,)
    assert getattr(stored.spec, field) == getattr(default, field)


def test_an_amount_that_cannot_be_counted_gives_way_to_the_default():
    stored = read(resources={"cpu": "2", "memory": "2 lots", "gpu": 1})

    assert stored.unknown == ("memory",)
    assert stored.spec.resources.memory == "1Gi"


@pytest.mark.parametrize(
    ("changes", "roles"),
    [
        ({"framework": "abacus"}, {"worker": 2, "ps": 1, "chief": 1}),
        ({"framework": "single", "roles": {}, "replicas": 70}, {"worker": 70}),
        (
            {"roles": {"chief": {"replicas": 0}, "ps": {"replicas": 1}}},
            {"worker": 2, "ps": 1},
        ),
        ({"roles": {"evaluator": {"replicas": 3}}}, {"worker": 2, "evaluator": 3}),
    ],
)
def test_roles_under_other_rules_are_counted_as_asked(changes, roles):
    spec = read(**changes).spec

    counted = {role.name: role.replicas for role in spec.resolved_roles()}
    assert counted == roles


def test_a_client_reads_and_shows_jobs_of_a_newer_service():
    spec = {**LEAST, "framework": "abacus", "replicas": 5000, "later": {"x": 1}}
    job = {
        "id": "digits-abc123",
        "project": "vision",
        "owner": "ada",
        "spec": spec,
        "state": "Running",
        "created": datetime(2026, 11, 23, tzinfo=UTC).isoformat(),
    }

    found = Job.model_validate_json(json.dumps(job))

    assert found.spec.replicas == 5000
    assert json.loads(found.model_dump_json())["spec"]["framework"] == "abacus"
    with pytest.raises(ValidationError):
        Job.model_validate({**job, "spec": "train.py"})
