"""Policies of admission: to what they apply, and that they refuse."""

import pytest

POLICIES = [
    "mofang-hub-environments",
    "mofang-hub-homes",
    "mofang-hub-projects",
    "mofang-hub-servers",
    "mofang-project-pods",
    "mofang-project-roles",
    "mofang-reconciler",
    "mofang-reconciler-environments",
    "mofang-reconciler-volumes",
]
OF_PROJECTS = {
    "matchExpressions": [{"key": "mofang.dev/project", "operator": "Exists"}]
}


def policy(rendered, name):
    return rendered.get("ValidatingAdmissionPolicy", f"mofang-{name}")["spec"]


def expressions(spec):
    return "\n".join(each["expression"] for each in spec["validations"])


def test_each_policy_is_bound_and_denies(chart):
    assert chart.names("ValidatingAdmissionPolicy") == POLICIES
    bindings = chart.of_kind("ValidatingAdmissionPolicyBinding")
    assert sorted(each["spec"]["policyName"] for each in bindings) == POLICIES
    for each in bindings:
        assert each["spec"]["validationActions"] == ["Deny"]
        # Without matchResources a binding has no exceptions.
        assert set(each["spec"]) == {"policyName", "validationActions"}


def test_an_expression_that_fails_refuses(chart):
    for each in chart.of_kind("ValidatingAdmissionPolicy"):
        assert each["spec"]["failurePolicy"] == "Fail"


def test_each_refusal_names_what_was_refused(chart):
    for each in chart.of_kind("ValidatingAdmissionPolicy"):
        for validation in each["spec"]["validations"]:
            assert "name" in validation["messageExpression"]


def test_pods_of_other_namespaces_are_not_looked_at(chart):
    """Nothing is evaluated there: admission of other teams' pods costs nothing."""
    for name in ("project-pods", "hub-servers"):
        constraints = policy(chart, name)["matchConstraints"]
        assert constraints["namespaceSelector"] == OF_PROJECTS


def test_what_concerns_an_account_is_evaluated_for_it_alone(render, minimal):
    account = {"serviceAccount": {"create": False, "name": "ours"}}
    rendered = render(minimal, {"hub": account, "reconciler": account})
    for name in ("hub-servers", "reconciler", "reconciler-volumes"):
        [condition] = policy(rendered, name)["matchConditions"]
        assert condition["expression"] == (
            'request.userInfo.username == "system:serviceaccount:mofang:ours"'
        )


def test_volumes_have_the_source_of_the_values(render, minimal):
    csi = {
        "driver": "rook-ceph.cephfs.csi.ceph.com",
        "volumeAttributes": {"fsName": "mofang", "rootPath": "/$(category)"},
        "nodeStageSecretRef": {"name": "node", "namespace": "rook-ceph"},
        "readOnly": False,
    }
    storage = minimal["storage"] | {"persistentVolume": {"csi": csi}}
    rendered = render({**minimal, "storage": storage})
    found = expressions(policy(rendered, "reconciler-volumes"))

    assert 'object.spec.csi.driver == "rook-ceph.cephfs.csi.ceph.com"' in found
    assert 'object.spec.csi.nodeStageSecretRef.namespace == "rook-ceph"' in found
    assert "object.spec.csi.readOnly == false" in found
    assert (
        'object.spec.csi.volumeAttributes.rootPath == "/$(category)"'
        '.replace("$(category)", variables.directory)' in found
    )
    assert "hostPath" not in found


def test_what_an_administrator_adds_is_admitted(render, minimal):
    allowed = {
        "allowedSecrets": ["our-proxy"],
        "allowedServiceAccounts": ["our-account"],
        "allowedCsiDrivers": ["secrets-store.csi.k8s.io"],
        "allowedClaims": ["our-cache"],
    }
    found = expressions(
        policy(render(minimal, {"admissionPolicies": allowed}), "project-pods")
    )
    assert 'e.valueFrom.secretKeyRef.name in ["our-proxy"]' in found
    assert '["default","mofang-launcher","our-account"]' in found
    assert 'v.csi.driver in ["secrets-store.csi.k8s.io"]' in found


def test_claims_of_pods_are_the_platforms_or_data_sources(render, minimal):
    spec = policy(
        render(minimal, {"admissionPolicies": {"allowedClaims": ["our-cache"]}}),
        "project-pods",
    )
    [claims] = [each for each in spec["variables"] if each["name"] == "dataClaims"]
    assert (
        '["mofang-users","mofang-project","mofang-global","mofang-logs","our-cache"]'
        in claims["expression"]
    )


def test_an_nfs_source_is_never_the_platforms_storage(render, minimal):
    nfs = {"server": "nas", "path": "/exports/mofang/$(category)"}
    storage = minimal["storage"] | {"persistentVolume": {"nfs": nfs}}
    found = expressions(
        policy(render({**minimal, "storage": storage}), "reconciler-volumes")
    )
    assert 'object.spec.nfs.server == "nas"' in found
    assert '.startsWith("/exports/mofang/")' in found


@pytest.mark.parametrize("kind", ["Policy", "PolicyBinding"])
def test_an_administrator_can_leave_them_out(kind, render, minimal):
    rendered = render(minimal, {"admissionPolicies": {"enabled": False}})
    assert not rendered.of_kind(f"ValidatingAdmission{kind}")
