import pytest
from unit.mofang_spawner.conftest import a_project

from mofang_kube.names import user_slug
from mofang_spawner.volumes.grants import VolumeScope, grants, mounts, volumes


def test_a_member_gets_home_project_and_the_global_directory():
    found = grants(a_project(), "ada")

    assert volumes(found) == [
        {"name": name, "persistentVolumeClaim": {"claimName": name}}
        for name in ("mofang-users", "mofang-project", "mofang-global")
    ]
    assert mounts(found) == [
        {"name": "mofang-users", "mountPath": "/home/jovyan", "subPath": "ada"},
        {
            "name": "mofang-project",
            "mountPath": "/projects/vision",
            "subPath": "vision",
        },
        {"name": "mofang-global", "mountPath": "/global", "readOnly": True},
    ]


@pytest.mark.parametrize(
    ("editors", "read_only"),
    [
        pytest.param([], True, id="nobody writes by default"),
        pytest.param(["ben"], True, id="another's right is not mine"),
        pytest.param(["Ada"], True, id="letter by letter"),
        pytest.param(["ben", "ada"], False, id="an editor writes"),
    ],
)
def test_who_writes_to_the_global_directory(editors, read_only):
    (found,) = (
        grant
        for grant in grants(a_project(globalEditors=editors), "ada")
        if grant.scope is VolumeScope.GLOBAL
    )

    assert found.read_only is read_only


@pytest.mark.parametrize("username", ["../ben", "ada/ben", "Ada", ".", "ben\n", "é"])
def test_a_directory_is_never_the_users_own_words(username):
    """A sub-path with ``..`` would lead into another person's home."""
    home = mounts(grants(a_project(), username))[0]

    assert home["subPath"] == user_slug(username) != username
    assert "/" not in home["subPath"]
    assert ".." not in home["subPath"]
