"""Who may do what in the cluster: a list that a reviewer has read.

After a change of rights, read the difference and write the file anew with
MOFANG_WRITE_GOLDEN=1.
"""

import os
from pathlib import Path

import yaml
from chart.conftest import CHART

from mofang_jobs.engines.rbac import render_template
from mofang_jobs.engines.registry import KINDS

GOLDEN = Path(__file__).parent / "golden" / "rights.yaml"
GOLDEN_ADDED = GOLDEN.with_name("rights-added.yaml")
"""What is allowed besides, where everything is switched on that asks for rights."""


def rights(chart) -> dict[str, list[str]]:
    """One line per rule, under the role's name."""
    return {
        f"{role['kind']} {role['metadata']['name']}": [line(r) for r in role["rules"]]
        for role in chart.of_kind("Role", "ClusterRole")
    }


def line(rule) -> str:
    groups = ",".join(group or "core" for group in rule["apiGroups"])
    named = rule.get("resourceNames")
    only = f" named {','.join(named)}" if named else ""
    return f"{','.join(rule['verbs'])} {groups}: {','.join(rule['resources'])}{only}"


def test_rights_are_those_reviewed(chart):
    found = rights(chart)
    if os.environ.get("MOFANG_WRITE_GOLDEN"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(yaml.safe_dump(found, width=200))
    assert found == yaml.safe_load(GOLDEN.read_text())


def test_what_is_switched_on_gets_the_rights_reviewed(render, minimal, chart):
    rendered = render(
        minimal,
        {
            "imagePullSecrets": [{"name": "registry"}],
            "prePuller": {"hook": {"enabled": True}, "continuous": {"enabled": True}},
            "metrics": {"serviceMonitor": {"enabled": True}},
        },
    )
    usual = rights(chart)
    added = {
        name: [each for each in lines if each not in usual.get(name, [])]
        for name, lines in rights(rendered).items()
        if lines != usual.get(name)
    }
    if os.environ.get("MOFANG_WRITE_GOLDEN"):
        GOLDEN_ADDED.write_text(yaml.safe_dump(added, width=200))
    assert added == yaml.safe_load(GOLDEN_ADDED.read_text())


def test_no_rule_has_a_wildcard(chart):
    for role in chart.of_kind("Role", "ClusterRole"):
        for rule in role["rules"]:
            for part in ("apiGroups", "resources", "verbs"):
                assert "*" not in rule[part], role["metadata"]["name"]


def test_nobody_may_give_away_rights_but_two_roles(chart):
    """``bind`` without names, ``escalate`` or ``impersonate`` is the whole cluster."""
    found = [
        (role["metadata"]["name"], rule)
        for role in chart.of_kind("Role", "ClusterRole")
        for rule in role["rules"]
        if {"bind", "escalate", "impersonate"} & set(rule["verbs"])
    ]
    [(name, rule)] = found
    assert name == "mofang-reconciler"
    assert rule["verbs"] == ["bind"]
    assert rule["resourceNames"] == ["mofang-hub-project", "mofang-training-project"]


def test_the_reconciler_sees_jobs_of_every_engine(chart):
    """A project is removed only when none of them runs in it."""
    (role,) = (
        each
        for each in chart.of_kind("ClusterRole")
        if each["metadata"]["name"] == "mofang-reconciler"
    )
    listed = {
        (group, resource)
        for rule in role["rules"]
        if "list" in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    assert {(kind.group, kind.plural) for kind in KINDS} <= listed


def test_the_rules_for_jobs_are_those_the_engines_declare():
    """Run ``make rights`` after a change of an engine's resources."""
    template = CHART / "templates" / "_engines.tpl"
    assert template.read_text() == render_template()


def test_nobody_reads_secrets_of_the_whole_cluster(chart):
    bound = {each["roleRef"]["name"] for each in chart.of_kind("ClusterRoleBinding")}
    for role in chart.of_kind("ClusterRole"):
        if role["metadata"]["name"] in bound:
            for rule in role["rules"]:
                assert not {"secrets", "pods/exec", "nodes/proxy"} & set(
                    rule["resources"]
                )


def test_roles_for_projects_are_bound_by_the_reconciler_alone(chart):
    bound = {
        each["roleRef"]["name"]
        for each in chart.of_kind("ClusterRoleBinding", "RoleBinding")
    }
    assert not {"mofang-hub-project", "mofang-training-project"} & bound


def test_only_allowed_pods_reach_the_platform(chart):
    assert chart.names("NetworkPolicy") == ["hub", "reconciler", "static", "training"]
    for policy in chart.of_kind("NetworkPolicy"):
        assert policy["spec"]["policyTypes"] == ["Ingress"]
    assert "ingress" not in chart.get("NetworkPolicy", "reconciler")["spec"]
