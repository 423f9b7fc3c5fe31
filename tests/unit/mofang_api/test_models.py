import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mofang_api.errors import field_messages
from mofang_api.models import MAX_SPEC_BYTES, Job, JobList, JobSpec, JobState, Resources
from mofang_api.quantities import format_bytes, parse_quantity, read_quantity
from mofang_api.secret_detection import is_secret, is_secret_value

LEAST = {"name": "digits", "image": "docker.io/mofang/pytorch:1", "script": "train.py"}


def messages(body) -> dict[str, str]:
    """Return what is said about a specification; nothing if it passes."""
    try:
        JobSpec.model_validate({**LEAST, **body})
    except ValidationError as error:
        return field_messages(error)
    return {}


def refusals(**changes) -> dict[str, str]:
    """Return what is said about a specification that must not pass."""
    with pytest.raises(ValidationError) as caught:
        JobSpec.model_validate({**LEAST, **changes})
    return field_messages(caught.value)


def test_the_least_specification_has_the_defaults_of_the_contract():
    assert json.loads(JobSpec(**LEAST).model_dump_json()) == {
        **LEAST,
        "framework": "pytorch",
        "engine": None,
        "command": [],
        "arguments": [],
        "hyperparameters": {},
        "flags": [],
        "working_directory": "/home/jovyan",
        "code": None,
        "requirements": None,
        "inputs": [],
        "outputs": [],
        "replicas": 1,
        "resources": {"cpu": "500m", "memory": "1Gi", "gpu": 0},
        "roles": {},
        "processes_per_replica": None,
        "env": {},
        "secrets": {},
        "run_as_user": 1000,
        "priority": "normal",
        "restart": None,
        "hang_policy": "notify",
        "hold_on_failure_minutes": 0,
        "environment": None,
        "rerun_of": None,
    }


def test_an_environment_stands_for_its_image():
    spec = JobSpec(name="train", script="train.py", environment="pytorch")
    assert (spec.image, spec.environment) == ("", "pytorch")


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        pytest.param({"name": ""}, "name", "1 to 63", id="no name"),
        pytest.param({"name": "  "}, "name", "1 to 63", id="a blank name"),
        pytest.param({"name": "x" * 64}, "name", "1 to 63", id="a long name"),
        pytest.param({"name": "a\nb"}, "name", "printable", id="a line break"),
        pytest.param({"script": ""}, "script", "either a script", id="no script"),
        pytest.param({"script": "-m"}, "script", "path of a file", id="an option"),
        pytest.param({"script": "a/"}, "script", "path of a file", id="a folder"),
        pytest.param({"script": "a\0b"}, "script", "control", id="a NUL in a path"),
        pytest.param(
            {"working_directory": "here"},
            "working_directory",
            "absolute",
            id="a relative directory",
        ),
        pytest.param(
            {"image": "Not An Image"}, "image", "registry/name", id="no image"
        ),
        pytest.param({"replicas": 0}, "replicas", "greater than", id="no replica"),
        pytest.param({"replicas": 65}, "replicas", "less than", id="65 replicas"),
        pytest.param({"replicas": 1.5}, "replicas", "integer", id="half a replica"),
        pytest.param({"framework": "cobol"}, "framework", "pytorch", id="a framework"),
        pytest.param(
            {"arguments": ["x"] * 257}, "arguments", "256", id="257 arguments"
        ),
        pytest.param({"arguments": ["a\0"]}, "arguments", "NUL", id="a NUL"),
        pytest.param({"arguments": ["\ud800"]}, "arguments", "Unicode", id="surrogate"),
        pytest.param(
            {"hyperparameters": {"a": float("inf")}},
            "hyperparameters",
            'text "inf"',
            id="no number in JSON",
        ),
        pytest.param({"flags": ["a b"]}, "flags", "'a b'", id="a flag with a space"),
        pytest.param(
            {"flags": ["amp"], "hyperparameters": {"amp": "O2"}},
            "flags",
            "Keep one",
            id="a flag with a value",
        ),
        pytest.param(
            {"flags": ["out"], "outputs": [{"name": "out", "path": "/projects/a/b"}]},
            "flags",
            "Keep one",
            id="a flag with the name of an output",
        ),
        pytest.param({"resources": {"gpu": 17}}, "resources.gpu", "16", id="17 GPUs"),
        pytest.param({"resources": {"cpu": "9m"}}, "resources.cpu", "10m", id="9m"),
        pytest.param(
            {"resources": {"cpu": "lots"}}, "resources.cpu", "500m", id="lots"
        ),
        pytest.param({"resources": {"memory": 2}}, "resources.memory", "2Gi", id="2 B"),
        pytest.param(
            {"resources": {"disk": 1}}, "resources.disk", "no such", id="disk"
        ),
        pytest.param({"gpu": 1}, "gpu", "no such field", id="an unknown field"),
        pytest.param({"environment": "A"}, "environment", "such as", id="env"),
        pytest.param({"image": ""}, "environment", "Name the", id="nothing to run"),
    ],
)
def test_what_is_wrong_is_said_of_the_field_that_is_wrong(changes, field, says):
    said = refusals(**changes)
    assert list(said) == [field]
    assert says in said[field]
    assert said[field].endswith(".")


@pytest.mark.parametrize("name", ["1ST", "A-B", "A B", "", "Ä", "A=B", "x" * 257])
def test_only_names_of_variables_are_names_of_variables(name):
    assert "not the name of a variable" in refusals(env={name: "x"})["env"]


@pytest.mark.parametrize("name", ["MOFANG_X", "JUPYTERHUB_USER", "kubernetes_port"])
def test_the_platforms_variables_cannot_be_set(name):
    assert "belong to the platform" in refusals(env={name: "x"})["env"]


def test_how_long_replicas_wait_is_the_jobs_to_set():
    asked = {"MOFANG_PEER_TIMEOUT_SECONDS": "1800"}
    spec = JobSpec.model_validate({**LEAST, "env": asked})
    assert spec.env == asked


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("HF_TOKEN", "abc", True),
        ("GITHUBTOKEN", "abc", True),
        ("DB_PASSWORD", "abc", True),
        ("AWS_SECRET_ACCESS_KEY", "abc", True),
        ("OPENAI_API_KEY", "abc", True),
        ("WANDB_APIKEY", "abc", True),
        ("X", "AKIA0123456789ABCDEF", True),
        ("X", "prefix ghp_" + "a" * 36, True),
        ("X", "-----BEGIN RSA PRIVATE KEY-----", True),
        ("X", "postgres://ada:pw@db/x", True),
        ("X", "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.SflKxwRJSMeKKF2QT4", True),
        ("X", "x=eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.SflKxwRJSMeKKF2QT4", True),
        ("X", "a.b.key-eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.SflKxwRJSM-KF", True),
        ("X", "xeyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.SflKxwRJSMeKKF2QT4", False),
        ("X", "eyJhbGciOiJIUzI1.eyJzdWIi OiIxMjM0.SflKxwRJSMeKKF2QT4", False),
        ("X", "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0", False),
        ("HF_TOKEN", "hf_" + "a" * 34, True),
        ("pad_token", "hf_" + "a" * 34, True),
        ("WANDB_API_KEY", "0123456789abcdef", True),
        ("DB_PASSWORD", "hunter2", True),
        ("DB_PASSWORD", "123456", True),
        ("auth_token", "s3cr3t", True),
        ("BOT_TOKEN", "123456:AAF", True),
        ("client_secret", "x1", True),
        ("pad_token", "<pad>", False),
        ("pad_token", "PAD", False),
        ("special_token", "<|endoftext|>", False),
        ("separator_token", "[SEP]", False),
        ("eos_token_id", "2", False),
        ("image_token_index", "32000", False),
        ("mask_token", "[MASK]", False),
        ("max_token", "512", False),
        ("loss_per_token", "true", False),
        ("dropout_token", "0.25", False),
        ("password_column", "pw", False),
        ("TOKEN_LIMIT", "5", False),
        ("SECRET_LENGTH", "32", False),
        ("TOKENIZERS_PARALLELISM", "abc", False),
        ("MAX_TOKENS", "4096", False),
        ("HF_TOKEN_PATH", "/home/jovyan/.token", False),
        ("DB_PASSWORD_FILE", "/home/jovyan/.pw", False),
        ("USE_AUTH_TOKEN", "false", False),
        ("KEYBOARD", "de", False),
        ("X", "http://proxy:3128/a@b", False),
        ("X", "sk-short", False),
    ],
)
def test_secrets_are_told_from_settings(name, value, secret):
    assert is_secret(name, value) is secret


KEYS = (
    "-----BEGIN RSA PRIVATE KEY-----",
    *(f"{start}{'A' * 16}" for start in ("AKIA", "ASIA")),
    "AIza" + "a" * 35,
    *(f"gh{kind}_{'a' * 30}" for kind in "pousr"),
    "github_pat_" + "a" * 30,
    "glpat-" + "a" * 20,
    "hf_" + "a" * 30,
    "sk-" + "a" * 20,
    *(f"xox{kind}-{'a' * 10}" for kind in "abprs"),
    "pypi-" + "a" * 50,
    "npm_" + "a" * 36,
    "://ada:pw@",
)


@given(
    st.text(alphabet="-Aghfxosknp_:/ \n", max_size=30),
    st.sampled_from(KEYS),
    st.text(alphabet="-Aghfxosknp_:/ \n", max_size=30),
)
def test_keys_are_found_wherever_they_stand_in_a_text(before, key, after):
    assert is_secret_value(f"{before} {key} {after}")


@pytest.mark.parametrize("key", KEYS[1:-1])
def test_what_goes_on_as_a_word_is_no_key(key):
    assert not is_secret_value(f"x{key}")


def test_a_secret_is_refused_with_the_way_out_and_never_repeated():
    key = "hf_" + "Q" * 34
    for changes in ({"env": {"X": key}}, {"arguments": ["--key", key]}):
        said = str(refusals(**changes))
        assert "mode 0600" in said
        assert key not in said
        with pytest.raises(ValidationError) as caught:
            JobSpec.model_validate({**LEAST, **changes})
        assert key not in str(caught.value)


def test_a_specification_fits_the_annotation_it_is_kept_in():
    said = refusals(arguments=["x" * 7000] * 5, env={"SMALL": "y" * 500})
    assert set(said) == {"arguments"}
    assert "of which arguments takes 34.21 KiB" in said["arguments"]
    assert "at most 32 KiB" in said["arguments"]
    assert len(JobSpec(**LEAST, arguments=["x" * 7900] * 4).model_dump_json()) <= (
        MAX_SPEC_BYTES
    )


@given(st.text(max_size=80))
def test_any_text_as_a_name_passes_or_is_refused_in_a_sentence(text):
    passes = 1 <= len(text) <= 63 and text.isprintable() and text.strip()
    assert set(messages({"name": text})) == (set() if passes else {"name"})


@given(
    st.dictionaries(st.text(max_size=9), st.one_of(st.text(), st.integers(), st.none()))
)
def test_any_body_passes_or_is_refused_in_sentences(body):
    assert all(message.endswith(".") for message in messages(body).values())


@given(
    st.dictionaries(
        st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,9}\Z"), st.text(max_size=20)
    )
)
def test_accepted_variables_survive_the_wire(environment):
    try:
        spec = JobSpec.model_validate({**LEAST, "env": environment})
    except ValidationError:
        return
    assert JobSpec.model_validate_json(spec.model_dump_json()) == spec
    assert spec.env == environment


@given(st.integers(1, 10**6), st.sampled_from(["", "m", "k", "Ki", "Mi", "Gi", "G"]))
def test_quantities_count_exactly(number, unit):
    factor = {"": 1, "m": Decimal("0.001"), "k": 1000, "G": 10**9}.get(unit) or {
        "Ki": 2**10,
        "Mi": 2**20,
        "Gi": 2**30,
    }[unit]
    assert parse_quantity(f"{number}{unit}") == number * factor


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1Ei", 2**60),
        ("1E", 10**18),
        ("1e3", 1000),
        ("1E-2", Decimal("0.01")),
        ("5u", Decimal("0.000005")),
        ("7n", Decimal("0.000000007")),
        ("500m", Decimal("0.5")),
        ("-2Gi", -(2**31)),
        ("3", 3),
    ],
)
def test_what_kubernetes_writes_is_read(text, number):
    """It turns 1024Pi into 1Ei."""
    assert read_quantity(text) == number


@pytest.mark.parametrize("text", ["", "E", "1gi", "1e", "1e999", "NaN", "1 Gi"])
def test_what_kubernetes_never_writes_is_refused(text):
    with pytest.raises(ValueError, match="is not a quantity of Kubernetes"):
        read_quantity(text)


@given(st.text(max_size=12))
def test_any_text_is_a_quantity_or_a_sentence(text):
    said = messages({"resources": {"cpu": text}})
    try:
        parse_quantity(text)
    except ValueError as error:
        assert said == {"resources.cpu": str(error)}  # noqa: PT017 - most texts raise


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 bytes"), (1536, "1.5 KiB"), (2**31, "2 GiB"), (2**60, "1 EiB")],
)
def test_sizes_are_shown_as_people_read_them(size, shown):
    assert format_bytes(size) == shown


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("1.2Gi", "1288490189"),
        ("1.5Gi", "1.5Gi"),
        ("0.7Ti", "769658139444"),
        ("0.1G", "0.1G"),
        ("67108864.5", "67108865"),
        (67108864.0, "67108864.0"),
    ],
)
def test_memory_is_rounded_up_to_whole_bytes(asked, kept):
    assert Resources(memory=asked).memory == kept
    assert Resources(memory=kept).memory == kept, "once is enough"


def test_numbers_are_accepted_as_quantities():
    assert Resources(cpu=2, memory="2Gi").cpu == "2"
    assert Resources(cpu=0.5).cpu == "0.5"


def test_an_older_client_reads_what_a_newer_service_says():
    """Answers are open: a field that we do not know is passed over."""
    job = {
        "id": "digits-abc123",
        "project": "vision",
        "owner": "ada",
        "spec": {**LEAST, "priority": "high"},
        "state": "Queued",
        "created": "2026-01-02T03:04:05Z",
        "place": {"position": 3},
    }
    page = JobList.model_validate({"jobs": [job], "next": None, "total": 1})
    assert page.jobs[0].spec.name == "digits"


def test_what_has_ended_says_so():
    final = {state for state in JobState if state.is_final}
    assert final == {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED}
    assert Job.model_fields["reason"].default is None
