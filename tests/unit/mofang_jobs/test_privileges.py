"""What of a job only some members of a project may ask for."""

from __future__ import annotations

from typing import Any

import pytest
from unit.mofang_jobs.conftest import make_spec

from mofang_jobs.domain.models import MemberRole
from mofang_jobs.domain.privileges import check_privileges
from mofang_spawner.environments.models import Project

MEMBER, ADMIN = MemberRole.MEMBER, MemberRole.ADMIN
SECRETS = {"KEY": {"secret": "wandb", "key": "key"}}


def faults(role: MemberRole, rules: Any) -> dict[str, str]:
    project = Project(name="vision", display_name="Vision", secrets=rules)
    return check_privileges(make_spec(secrets=SECRETS), project, "ada", role)


@pytest.mark.parametrize(
    ("opened", "role", "is_refused"),
    [
        pytest.param("admin", MEMBER, True, id="members may not"),
        pytest.param("admin", ADMIN, False, id="admins may"),
        pytest.param("member", MEMBER, False, id="members may where it is open"),
    ],
)
def test_high_priority_is_for_whom_the_project_says(
    opened: str, role: MemberRole, is_refused: bool
) -> None:
    project = Project(name="vision", display_name="Vision", high_priority=opened)

    found = check_privileges(make_spec(priority="high"), project, "ada", role)

    assert set(found) == ({"priority"} if is_refused else set())
    assert not check_privileges(make_spec(priority="normal"), project, "ada", role)


@pytest.mark.parametrize(
    ("rule", "role", "is_refused"),
    [
        pytest.param(None, MEMBER, False, id="one that is not listed is everybody's"),
        pytest.param({"owner": "ada"}, MEMBER, False, id="its owner may"),
        pytest.param({"owner": "ben"}, MEMBER, True, id="others may not"),
        pytest.param({"owner": "ben"}, ADMIN, True, id="not even admins"),
        pytest.param({"roles": ["admin"]}, MEMBER, True, id="not for members"),
        pytest.param({"roles": ["admin"]}, ADMIN, False, id="for admins"),
        pytest.param({}, ADMIN, True, id="listed for nobody"),
    ],
)
def test_a_secret_is_used_by_its_owner_and_roles(
    rule: dict[str, Any] | None, role: MemberRole, is_refused: bool
) -> None:
    rules = [] if rule is None else [{"name": "wandb", **rule}]

    found = faults(role, rules)

    assert set(found) == ({"secrets.KEY"} if is_refused else set())


def test_the_refusal_says_who_may() -> None:
    rules = [{"name": "wandb", "owner": "ben", "roles": ["admin"]}]
    assert (
        "open to ben and admins of the project only"
        in faults(MEMBER, rules)["secrets.KEY"]
    )
