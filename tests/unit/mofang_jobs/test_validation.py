"""What a job may ask for."""

from typing import Any

import pytest
from unit.mofang_jobs.conftest import PROJECT, make_spec

from mofang_jobs.domain.environments import role_disks
from mofang_jobs.domain.validation import check_paths, check_quota
from mofang_kube.ephemeral_storage import EphemeralStorage
from mofang_kube.names import is_job_id, name_slug, new_job_id


@pytest.mark.parametrize(
    ("paths", "refused"),
    [
        pytest.param({"script": "train.py"}, set(), id="relative to the home"),
        pytest.param({"script": "a/../train.py"}, set(), id="a detour that stays"),
        pytest.param({"script": "/home/jovyan/a.py"}, set(), id="in the home"),
        pytest.param({"script": "/projects/vision/a.py"}, set(), id="in the project"),
        pytest.param({"script": "/global/a.py"}, set(), id="in the global directory"),
        pytest.param({"script": "/etc/passwd"}, {"script"}, id="outside"),
        pytest.param({"script": "../a.py"}, {"script"}, id="out of the home"),
        pytest.param({"script": "/home/jovyan/../a.py"}, {"script"}, id="a detour out"),
        pytest.param({"script": "/home/jovyan-evil/a.py"}, {"script"}, id="a sibling"),
        pytest.param(
            {"script": "/projects/speech/a.py"}, {"script"}, id="another project"
        ),
        pytest.param(
            {"script": "/projects/vision2/a.py"}, {"script"}, id="its namesake"
        ),
        pytest.param({"script": "//etc/passwd"}, {"script"}, id="two slashes"),
        pytest.param(
            {"working_directory": "/"}, {"working_directory"}, id="works in /"
        ),
        pytest.param(
            {"working_directory": "/projects/vision/x"}, set(), id="works there"
        ),
        pytest.param(
            {"working_directory": "/tmp"}, {"working_directory"}, id="works in /tmp"
        ),
        pytest.param({"script": "/home/jovyan/."}, {"script"}, id="the home itself"),
    ],
)
def test_paths(paths: dict[str, str], refused: set[str]) -> None:
    assert set(check_paths(make_spec(**paths), "vision")) == refused


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        pytest.param({"replicas": 8}, set(), id="just fits"),
        pytest.param({"replicas": 9}, {"resources.cpu"}, id="too many cores"),
        pytest.param(
            {"replicas": 2, "resources": {"memory": "9Gi"}},
            {"resources.memory"},
            id="too much memory",
        ),
        pytest.param(
            {"replicas": 3, "resources": {"cpu": "100m", "gpu": 2}},
            {"resources.gpu"},
            id="too many GPUs",
        ),
        pytest.param(
            {"replicas": 9, "resources": {"memory": "9Gi"}},
            {"resources.cpu", "resources.memory"},
            id="too much of both",
        ),
        pytest.param(
            {"replicas": 11, "resources": {"cpu": "100m"}},
            {"replicas"},
            id="too many pods",
        ),
    ],
)
def test_quota(asked: dict[str, Any], refused: set[str]) -> None:
    assert set(check_quota(make_spec(**asked), PROJECT)) == refused


def test_a_job_whose_caches_the_quota_never_holds_is_refused() -> None:
    project = PROJECT.model_copy(update={"quota": {"ephemeralStorage": "40Gi"}})
    spec = make_spec(replicas=3)
    disks = role_disks(spec, None, EphemeralStorage())

    assert check_quota(make_spec(replicas=2), project, disks) == {}
    assert check_quota(spec, project, disks) == {
        "replicas": "The job needs 45 GiB of local disk, /cache included; the quota of "
        "Vision is 40 GiB of local disk. Ask for fewer replicas, or for a smaller "
        "/cache."
    }


def test_a_project_without_quota_refuses_nothing() -> None:
    project = PROJECT.model_copy(update={"quota": {}})

    assert check_quota(make_spec(replicas=64), project) == {}


@pytest.mark.parametrize("memory", ["1E", "1Ei"])
def test_a_quota_of_any_size_that_a_project_may_have_is_read(memory: str) -> None:
    project = PROJECT.model_copy(update={"quota": {"memory": memory}})

    assert check_quota(make_spec(), project) == {}


def test_the_quota_s_sentence_has_the_figures() -> None:
    message = check_quota(make_spec(replicas=9), PROJECT)["resources.cpu"]

    assert message.startswith("The job needs 9 cores; the quota of ")
    assert "is 8 cores. Ask for less, or for fewer replicas." in message


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Train ResNet-50!", "train-resnet-50"),
        ("éléphant", "elephant"),
        ("50 epochs", "epochs"),
        ("汉字", "job"),
        ("x" * 60, "x" * 20),
        ("a" * 19 + "-b", "a" * 19),
        ("../../etc", "etc"),
    ],
)
def test_ids_begin_with_what_fits_of_the_name(name: str, slug: str) -> None:
    assert name_slug(name) == slug
    assert new_job_id(name).startswith(f"{slug}-")
    assert is_job_id(new_job_id(name))


@pytest.mark.parametrize("text", ["..", "a/b-abc123", "A-abc123", "abc", "a-abc12\n"])
def test_what_is_no_id(text: str) -> None:
    assert not is_job_id(text)
