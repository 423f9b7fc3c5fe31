"""Who may do what: one table for roles and owners, one for tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupyterhub.services.auth import check_scopes  # noqa: TID251 - ours agrees with it

from mofang_jobs.domain.access import (
    Action,
    check_access,
    check_project,
    has_scope,
    may_open_shell,
)
from mofang_jobs.domain.models import Caller, MemberRole
from mofang_kube.errors import ForbiddenError, NotFoundError

ALL = frozenset(
    {
        "access:services!service=training",
        "custom:mofang:jobs:read",
        "custom:mofang:jobs:write",
        "custom:mofang:shell",
    }
)
VIEWER, MEMBER, ADMIN = MemberRole.VIEWER, MemberRole.MEMBER, MemberRole.ADMIN
READ, SUBMIT, STOP, SHELL = Action.READ, Action.SUBMIT, Action.STOP, Action.SHELL


def verdict(
    action: Action,
    role: MemberRole | None,
    owner: str | None,
    scopes: frozenset[str] = ALL,
    *,
    is_person: bool = True,
) -> str:
    caller = Caller(name="ada", scopes=scopes, is_person=is_person)
    try:
        check_access(action, caller, project="vision", role=role, owner=owner)
    except NotFoundError:
        return "not there"
    except ForbiddenError:
        return "no"
    return "yes"


@pytest.mark.parametrize(
    ("action", "role", "owner", "expected"),
    [
        pytest.param(READ, None, "ada", "not there", id="outsiders see no project"),
        pytest.param(READ, VIEWER, "ben", "yes", id="viewers see jobs of others"),
        pytest.param(SUBMIT, VIEWER, None, "no", id="viewers submit nothing"),
        pytest.param(SUBMIT, MEMBER, None, "yes", id="members submit"),
        pytest.param(SUBMIT, None, None, "not there", id="outsiders submit nothing"),
        pytest.param(STOP, VIEWER, "ada", "no", id="viewers stop nothing"),
        pytest.param(STOP, MEMBER, "ada", "yes", id="members stop their own"),
        pytest.param(STOP, MEMBER, "ben", "no", id="members stop no others"),
        pytest.param(STOP, ADMIN, "ben", "yes", id="admins stop those of others"),
        pytest.param(STOP, None, "ada", "not there", id="who left stops nothing"),
        pytest.param(SHELL, VIEWER, "ada", "no", id="viewers open no shell"),
        pytest.param(SHELL, MEMBER, "ada", "yes", id="members open their own"),
        pytest.param(SHELL, MEMBER, "ben", "no", id="members open no others"),
        pytest.param(SHELL, ADMIN, "ben", "no", id="admins open no others either"),
        pytest.param(SHELL, ADMIN, "ada", "yes", id="admins open their own"),
    ],
)
def test_role_and_owner(
    action: Action, role: MemberRole | None, owner: str | None, expected: str
) -> None:
    assert verdict(action, role, owner) == expected


@pytest.mark.parametrize(
    ("action", "missing"),
    [
        pytest.param(READ, "custom:mofang:jobs:read", id="reading"),
        pytest.param(SUBMIT, "custom:mofang:jobs:write", id="submitting"),
        pytest.param(STOP, "custom:mofang:jobs:write", id="stopping"),
        pytest.param(SHELL, "custom:mofang:shell", id="opening shells"),
        pytest.param(READ, "access:services!service=training", id="any use of it"),
    ],
)
def test_a_token_needs_the_scope_of(action: Action, missing: str) -> None:
    assert verdict(action, ADMIN, "ada", ALL) == "yes"
    assert verdict(action, ADMIN, "ada", ALL - {missing}) == "no"


def test_a_wider_scope_of_the_hub_suffices() -> None:
    scopes = ALL - {"access:services!service=training"} | {"access:services"}

    assert verdict(READ, MEMBER, None, scopes) == "yes"


BASES = ("access:services", "custom:mofang:jobs:read", "read:metrics")
FILTERS = ("", "!service=training", "!service=other", "!server=ada/x", "!user=ada")
HELD = st.sampled_from([base + each for base in BASES for each in FILTERS])
NEEDED = st.sampled_from(["access:services!service=training", *BASES])


@given(NEEDED, st.frozensets(HELD))
def test_scopes_suffice_where_they_do_for_jupyterhub(
    needed: str, held: frozenset[str]
) -> None:
    assert has_scope(needed, held) == bool(check_scopes(needed, held))


def test_tokens_of_services_own_no_jobs() -> None:
    assert verdict(SUBMIT, ADMIN, None, is_person=False) == "no"


def test_shells_are_offered_to_those_who_may_open_them() -> None:
    caller = Caller(name="ada", scopes=ALL)

    assert may_open_shell(caller, MEMBER, "ada")
    assert not may_open_shell(caller, MEMBER, "ben")
    assert not may_open_shell(caller, None, "ada")


@pytest.mark.parametrize(
    ("projects", "said"),
    [
        pytest.param(None, None, id="a person's own token"),
        pytest.param({"vision"}, None, id="of a server of the project"),
        pytest.param(
            {"speech"},
            "a server of speech, and good for nothing in vision. Use a server of",
            id="of a server of another",
        ),
        pytest.param(set(), "Stop the server and start it", id="of a server unknown"),
    ],
)
def test_a_server_s_token_is_good_for_its_own_project(
    projects: set[str] | None, said: str | None
) -> None:
    bound = None if projects is None else frozenset(projects)
    caller = Caller(name="ada", scopes=ALL, projects=bound)
    if said is None:
        check_project(caller, "vision")
        return
    with pytest.raises(ForbiddenError, match=said):
        check_project(caller, "vision")
