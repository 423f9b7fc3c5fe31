"""What a kind of resource calls the roles of the frameworks it runs. Pure.

Which frameworks a kind runs follows from their roles, so a new framework needs no edit
of an engine.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from mofang_api.models import Framework

RoleNames = Mapping[str, str]
"""Role as people call it → as the kind calls it."""


def all_frameworks() -> dict[Framework, RoleNames]:
    """Return the names of a kind that takes any role and calls it as people do."""
    return {each: {name: name for name in _roles(each)} for each in Framework}


def frameworks_with(names: RoleNames) -> dict[Framework, RoleNames]:
    """Return the frameworks that have exactly a kind's roles, each with their names."""
    return {each: names for each in Framework if _roles(each) == set(names)}


def frameworks_led_by(
    leader: str, *, but_for: Collection[Mapping[Framework, RoleNames]]
) -> dict[Framework, RoleNames]:
    """Return the frameworks of workers and one role whose end is the job's.

    Args:
        leader: What the kind calls that role; workers are ``Worker``.
        but_for: Frameworks that other kinds run.
    """
    taken = {framework for others in but_for for framework in others}
    return {
        each: {role: leader, "worker": "Worker"}
        for each in Framework
        if each not in taken
        and (role := each.declaration.success_role)
        and _roles(each) == {role, "worker"}
    }


def _roles(framework: Framework) -> set[str]:
    return {rule.name for rule in framework.declaration.roles}
