"""Which roles a job has, and how many replicas of each, by its framework's rules."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

from pydantic import Field

from mofang_api.base import RequestModel
from mofang_api.declarations import MAX_REPLICAS, RoleRule
from mofang_api.errors import FieldError
from mofang_api.models.enums import Framework
from mofang_api.models.resources import Resources


class RoleSpec(RequestModel):
    """What a job asks for one of its roles, where it differs from the rest."""

    replicas: Annotated[int, Field(ge=0, le=MAX_REPLICAS)] | None = None
    """None for as many as the framework's rule says."""

    resources: Resources | None = None
    """None for the job's own, without GPUs where the role takes none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One role of a job with everything settled."""

    name: str
    replicas: int
    resources: Resources


def role_rules(framework: Framework) -> tuple[RoleRule, ...]:
    """Return the roles of a framework's jobs, in the order in which people see them."""
    return framework.declaration.roles


def resolve_roles(
    framework: Framework,
    replicas: int,
    resources: Resources,
    wanted: dict[str, RoleSpec],
) -> tuple[Role, ...]:
    """Return each role that has replicas, with what it gets.

    A role that another one requires (parameter servers need somebody who coordinates
    them) is there where that one is, unless the job says otherwise. Nothing is
    refused, since jobs that were admitted under other rules have roles too;
    ``check_roles`` is for new ones.

    Args:
        framework: Decides which roles there are.
        replicas: Of the main role; None for its default.
        resources: Of roles that say nothing else.
        wanted: What the specification says per role.
    """
    return _resolved(framework, replicas, resources, tuple(wanted.items()))


# Of each job it is asked for again and again, and most jobs ask for the same.
@lru_cache(maxsize=1024)
def _resolved(
    framework: Framework,
    replicas: int,
    resources: Resources,
    named: tuple[tuple[str, RoleSpec], ...],
) -> tuple[Role, ...]:
    wanted = dict(named)
    rules = {rule.name: rule for rule in role_rules(framework)}
    rules |= {name: _added(name) for name in wanted if name not in rules}
    counts = {name: _count(rule, replicas, wanted) for name, rule in rules.items()}
    for rule in rules.values():
        asked = wanted.get(rule.name)
        if counts.get(rule.required_by) and (asked is None or asked.replicas is None):
            counts[rule.name] = max(rule.default_replicas, 1)
    return tuple(
        Role(
            name=name,
            replicas=counts[name],
            resources=_resources(rule, resources, wanted.get(name)),
        )
        for name, rule in rules.items()
        if counts[name] > 0
    )


def check_roles(
    framework: Framework, replicas: int, wanted: dict[str, RoleSpec]
) -> None:
    """Refuse roles that do not fit together.

    Args:
        framework: Decides which roles there are.
        replicas: Of the main role; None for its default.
        wanted: What the specification says per role.

    Raises:
        FieldError: A role is unknown, or has too few, too many, or GPUs it may not.
    """
    rules = {rule.name: rule for rule in role_rules(framework)}
    for name in wanted:
        if name not in rules:
            raise FieldError(
                "roles",
                f"{framework} jobs have no role {name[:40]!r}; they have "
                f"{', '.join(rules)}.",
            )
    for rule in rules.values():
        _check_count(rule, replicas, wanted)
        _check_requirement(rule, rules, replicas, wanted)
    for name, role in wanted.items():
        if role.resources and role.resources.gpu and not rules[name].gpu_allowed:
            raise FieldError(
                f"roles.{name}.resources.gpu",
                f"Replicas of the role {name} compute on no GPU. Ask for 0 GPUs there.",
            )


def _added(name: str) -> RoleRule:
    return RoleRule(name=name, min_replicas=0, max_replicas=MAX_REPLICAS)


def _count(rule: RoleRule, replicas: int, wanted: dict[str, RoleSpec]) -> int:
    asked = wanted[rule.name].replicas if rule.name in wanted else None
    if asked is None:
        return replicas if rule.primary else rule.default_replicas
    return asked


def _check_count(rule: RoleRule, replicas: int, wanted: dict[str, RoleSpec]) -> None:
    asked = _count(rule, replicas, wanted)
    if not rule.min_replicas <= asked <= rule.max_replicas:
        bounds = (
            f"exactly {rule.min_replicas}"
            if rule.min_replicas == rule.max_replicas
            else f"from {rule.min_replicas} to {rule.max_replicas}"
        )
        is_named = rule.name in wanted and wanted[rule.name].replicas is not None
        raise FieldError(
            f"roles.{rule.name}.replicas" if is_named else "replicas",
            f"The role {rule.name} has {bounds} replicas here, not {asked}.",
        )


def _check_requirement(
    rule: RoleRule,
    rules: dict[str, RoleRule],
    replicas: int,
    wanted: dict[str, RoleSpec],
) -> None:
    dependent = rules.get(rule.required_by)
    if dependent is None or not _count(dependent, replicas, wanted):
        return
    asked = wanted.get(rule.name)
    if asked is not None and asked.replicas == 0:
        raise FieldError(
            f"roles.{rule.name}.replicas",
            f"A job with {dependent.plural or dependent.name} needs a {rule.name}. "
            "Ask for one.",
        )


def _resources(
    rule: RoleRule, resources: Resources, wanted: RoleSpec | None
) -> Resources:
    own = wanted.resources if wanted else None
    if own is None:
        return resources if rule.gpu_allowed else resources.without_gpu()
    return own
