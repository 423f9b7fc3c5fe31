import pytest
from unit.mofang_spawner.conftest import a_project, an_environment

from mofang_kube.errors import ForbiddenError, NotFoundError
from mofang_spawner.environments.policy import (
    can_start,
    can_use,
    project_role,
    validate_environment,
    validate_project,
)

VIEWER = {"user": "ada", "role": "viewer"}
MEMBER = {"user": "ada", "role": "member"}
ADMIN = {"user": "ada", "role": "admin"}
TEAM = {"group": "team", "role": "member"}


@pytest.mark.parametrize(
    ("members", "groups", "role", "starts"),
    [
        pytest.param([], set(), None, False, id="outsiders start nothing"),
        pytest.param([VIEWER], set(), "viewer", False, id="viewers look on"),
        pytest.param([MEMBER], set(), "member", True, id="members start"),
        pytest.param([ADMIN], set(), "admin", True, id="admins start"),
        pytest.param([TEAM], {"team"}, "member", True, id="a group's role counts"),
        pytest.param([TEAM], {"other"}, None, False, id="other groups do not"),
        pytest.param([VIEWER, TEAM], {"team"}, "member", True, id="the strongest wins"),
        pytest.param([ADMIN, VIEWER], set(), "admin", True, id="in any order"),
        pytest.param(
            [{"user": "ada", "role": "owner"}, VIEWER],
            set(),
            "viewer",
            False,
            id="an unknown role is the weakest",
        ),
        pytest.param(
            [{"user": "ada", "role": "owner"}],
            set(),
            "owner",
            False,
            id="an unknown role starts nothing",
        ),
        pytest.param(
            [{"group": "ada", "role": "admin"}],
            set(),
            None,
            False,
            id="a group named like the user is none",
        ),
        pytest.param(
            [{"user": "team", "role": "admin"}],
            {"team"},
            None,
            False,
            id="a user named like the group is none",
        ),
        pytest.param(
            [{"user": "ADA", "role": "admin"}],
            set(),
            None,
            False,
            id="letter by letter",
        ),
        pytest.param([{"role": "admin"}], {""}, None, False, id="nobody in particular"),
    ],
)
def test_roles_in_a_project(members, groups, role, starts):
    project = a_project(members=members)

    assert project_role(project, "ada", groups) == role
    assert can_start(project, "ada", groups) is starts


@pytest.mark.parametrize(
    ("access", "groups", "allowed"),
    [
        pytest.param({"everyone": True}, set(), True, id="everyone"),
        pytest.param({}, set(), False, id="nobody by default"),
        pytest.param({"projects": ["vision"]}, set(), True, id="this project"),
        pytest.param({"projects": ["speech"]}, set(), False, id="another project"),
        pytest.param({"groups": ["team"]}, {"team", "x"}, True, id="one of the groups"),
        pytest.param({"groups": ["team"]}, {"x"}, False, id="none of the groups"),
        pytest.param(
            {"projects": ["speech"], "groups": ["x"]}, {"x"}, True, id="either suffices"
        ),
    ],
)
def test_access_to_an_environment(access, groups, allowed):
    environment = an_environment(access=access)

    assert can_use(environment, a_project(), groups, "ada") is allowed


def test_an_unknown_project_and_anothers_are_refused_alike():
    """Whoever asks around learns no names."""
    with pytest.raises(NotFoundError) as unknown:
        validate_project(None, "secret", "ada", set())
    with pytest.raises(NotFoundError) as foreign:
        validate_project(a_project("secret", members=[]), "secret", "ada", set())

    assert unknown.value.message == foreign.value.message
    assert unknown.value.fields == foreign.value.fields


def test_a_viewer_is_told_whom_to_ask():
    with pytest.raises(ForbiddenError, match="Ask its administrator"):
        validate_project(a_project(members=[VIEWER]), "vision", "ada", set())


@pytest.mark.parametrize(
    ("status", "says"),
    [
        pytest.param({}, "its namespace is being made", id="not looked at yet"),
        pytest.param({"phase": "Pending"}, "its namespace is being made", id="pending"),
        pytest.param(
            {"phase": "Failed", "message": "no room"}, "not ready: no room", id="failed"
        ),
    ],
)
def test_a_project_that_is_not_ready_says_why(status, says):
    with pytest.raises(ForbiddenError, match=says):
        validate_project(a_project(status=status), "vision", "ada", set())


def test_an_environment_that_is_not_ones_own_is_as_unknown():
    with pytest.raises(NotFoundError) as unknown:
        validate_environment(None, "x", a_project(), set(), "ada")
    with pytest.raises(NotFoundError) as foreign:
        validate_environment(
            an_environment("x", access={}), "x", a_project(), set(), "ada"
        )

    assert unknown.value.message == foreign.value.message
