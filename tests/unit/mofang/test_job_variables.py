"""Which variables of a job a notebook gets, and how they reach it."""

import subprocess
from pathlib import Path

import pytest

from mofang.job_variables import (
    SCRATCH,
    is_allowed,
    job_variables,
    read_variables,
    variables_file,
    write_variables,
)
from mofang_api.models import JobSpec

REPOSITORY = Path(__file__).resolve().parents[3]
JOB = "train-abc123"
ENVIRONMENT = {"MOFANG_DEBUG_JOB": JOB}
VALUES = {
    "EMPTY": "",
    "HOSTILE": "a b'; echo $(id) \"`id`\\\n\r\n#",
    "EQUALS": "a=b=c",
    "WIDE": "größe",
}


def make_spec(**asked: object) -> JobSpec:
    basis = {"name": "train", "image": "mofang/base:1", "script": "train.py"}
    return JobSpec.model_validate({**basis, **asked})


@pytest.mark.parametrize(
    "name",
    [
        *("LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH", "GLIBC_TUNABLES"),
        *("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONINSPECT"),
        *("JUPYTER_CONFIG_DIR", "JUPYTER_PATH", "JUPYTERHUB_API_TOKEN", "IPYTHONDIR"),
        *("BASH_ENV", "ENV", "PROMPT_COMMAND", "PS4", "BASH_FUNC_ls%%"),
        *("PATH", "HOME", "SHELL", "VIRTUAL_ENV"),
        *("HTTPS_PROXY", "https_proxy", "No_Proxy", "ALL_PROXY"),
        *("GIT_SSH_COMMAND", "SSH_ASKPASS", "OPENSSL_CONF", "SSL_CERT_FILE"),
        *("SSLKEYLOGFILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "XDG_CONFIG_HOME"),
        *("PIP_INDEX_URL", "UV_INDEX_URL", "NODE_OPTIONS", "PERL5OPT", "RUBYOPT"),
        *("MOFANG_API_URL", "MOFANG_DEBUG_JOB", "KUBERNETES_SERVICE_HOST"),
        *("", "1ST", "with-dash", "with space", "A=B", "LEVEL\n", "GRÖSSE"),
    ],
)
def test_what_other_programs_read_is_never_taken_over(name: str) -> None:
    assert not is_allowed(name)


@pytest.mark.parametrize(
    "name",
    [
        "LEVEL",
        "data_path",
        "_X",
        "NCCL_DEBUG",
        "OMP_NUM_THREADS",
        "CUDA_VISIBLE_DEVICES",
    ],
)
def test_the_jobs_own_are_taken_over(name: str) -> None:
    assert is_allowed(name)


def test_places_may_be_variables_and_count_as_such() -> None:
    spec = make_spec(
        env={"LEVEL": "1"},
        inputs=[
            {"name": "data_url", "path": "/global/d", "pass_as": "environment"},
            {"name": "ld_preload", "path": "/projects/x", "pass_as": "environment"},
        ],
    )
    assert job_variables(spec) == {
        "LEVEL": "1",
        "DATA_URL": "/global/d",
        "LD_PRELOAD": "/projects/x",
    }


@pytest.fixture
def written(tmp_path: Path) -> Path:
    spec = make_spec(
        env={**VALUES, "PYTHONPATH": "/projects/vision/.x"},
        inputs=[
            {"name": "ld_preload", "path": "/projects/x", "pass_as": "environment"}
        ],
    )
    write_variables(spec, variables_file(JOB, tmp_path))
    return tmp_path


def test_a_kernel_gets_the_allowed_ones_byte_for_byte(written: Path) -> None:
    assert read_variables(ENVIRONMENT, written) == VALUES


def test_a_shell_gets_the_same(written: Path) -> None:
    script = f'. "{variables_file(JOB, written)}"; env -0'
    done = subprocess.run(
        ["bash", "-c", script],
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
    )
    found = dict(
        pair.split("=", 1) for pair in done.stdout.decode().split("\0") if pair
    )

    assert found.items() >= VALUES.items()
    assert not {"PYTHONPATH", "LD_PRELOAD"} & set(found)


def test_the_file_is_its_owners_alone(written: Path) -> None:
    assert variables_file(JOB, written).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({}, id="a server like any other"),
        pytest.param({"MOFANG_DEBUG_JOB": "other-abc123"}, id="a colleague's job"),
    ],
)
def test_without_a_file_there_are_none(
    written: Path, environment: dict[str, str]
) -> None:
    assert read_variables(environment, written) == {}


@pytest.mark.parametrize("text", [b"export A='", b"\xff"])
def test_a_file_that_was_spoilt_does_not_keep_kernels_from_starting(
    tmp_path: Path, text: bytes
) -> None:
    variables_file(JOB, tmp_path).write_bytes(text)
    assert read_variables(ENVIRONMENT, tmp_path) == {}


def test_what_was_added_by_hand_is_looked_at_too(tmp_path: Path) -> None:
    variables_file(JOB, tmp_path).write_text("export A=1\nLD_PRELOAD=/x # why\n")
    assert read_variables(ENVIRONMENT, tmp_path) == {"A": "1"}


def test_terminals_read_the_same_file(tmp_path: Path) -> None:
    """Where the server has no /cache, the platform names another directory."""
    script = REPOSITORY / "images" / "ours" / "job-variables.sh"
    variables_file(JOB, tmp_path).write_text("export LEVEL='of the job'\n")
    command = ["bash", "-c", f'. {script}; printf %s "$LEVEL"']
    given = {"MOFANG_DEBUG_JOB": JOB, "MOFANG_CACHE_DIRECTORY": str(tmp_path)}

    found = subprocess.run(command, env=given, capture_output=True, check=True)

    assert found.stdout == b"of the job"
    assert f"${{MOFANG_CACHE_DIRECTORY:-{SCRATCH}}}" in script.read_text()
