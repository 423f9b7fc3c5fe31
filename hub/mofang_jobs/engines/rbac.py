"""The chart's rules for objects of jobs, made from what the engines declare. Pure.

``python -m mofang_jobs.engines.rbac`` prints ``helm/mofang/templates/_engines.tpl``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from mofang_jobs.domain.models import Manifest
from mofang_jobs.engines.base import Resource
from mofang_jobs.engines.registry import ENGINES

WATCH = ("list", "watch")
MANAGE = ("get", "create", "patch", "delete")
LIST = ("list",)

_HEADER = """\
{{- /* Rules for the objects of jobs. Written by `make rights` from what
hub/mofang_jobs/engines declares; do not edit. */ -}}
"""


def watch_rules() -> list[Manifest]:
    """Return what the training service may do in the whole cluster."""
    return [_rule(engine.resources, WATCH) for engine in ENGINES]


def project_rules() -> list[Manifest]:
    """Return what the training service may do in the namespaces of projects."""
    return [_rule(engine.resources, MANAGE) for engine in ENGINES]


def reconciler_rules() -> list[Manifest]:
    """Return what the operator of projects may do: see which jobs have not ended."""
    return [_rule(engine.kinds, LIST) for engine in ENGINES]


def render_template() -> str:
    """Return the chart's template, one definition per role."""
    parts = {
        "watch": watch_rules(),
        "project": project_rules(),
        "reconciler": reconciler_rules(),
    }
    return _HEADER + "".join(
        f'{{{{- define "mofang.engines.{name}" -}}}}\n{_text(rules)}{{{{- end }}}}\n'
        for name, rules in parts.items()
    )


def _rule(resources: Iterable[Resource], verbs: Iterable[str]) -> Manifest:
    # An engine's resources may be of several groups; a verb on a resource that a group
    # does not have gives nothing.
    found = tuple(resources)
    return {
        "apiGroups": list(dict.fromkeys(each.group for each in found)),
        "resources": [each.plural for each in found],
        "verbs": list(verbs),
    }


def _text(rules: Iterable[Manifest]) -> str:
    lines = []
    for rule in rules:
        fields = [f"{key}: [{', '.join(values)}]" for key, values in rule.items()]
        lines += [f"- {fields[0]}", *(f"  {each}" for each in fields[1:])]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render_template())
