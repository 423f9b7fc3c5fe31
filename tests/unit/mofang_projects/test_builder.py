"""What a project's namespace holds."""

import pytest

from mofang_projects.builder import build_namespace_objects
from mofang_projects.models import BadProjectError, Project
from mofang_projects.pull_secrets import BadPullSecretError, build_pull_secret
from mofang_projects.settings import NamespaceSettings


def settings(**changes) -> NamespaceSettings:
    source = {
        "csi": {
            "driver": "cephfs",
            "volumeHandle": "mofang-$(project)-$(category)",
            "volumeAttributes": {"rootPath": "/volumes/$(category)", "static": True},
        }
    }
    return NamespaceSettings.model_validate(
        {
            "platformNamespace": "mofang",
            "gatewayNamespace": "istio-system",
            "gatewayLabels": {"istio": "ingressgateway"},
            "storage": {"persistentVolume": source, "mountOptions": ["noatime"]},
        }
        | changes
    )


def project(**spec) -> Project:
    body = {
        "metadata": {"name": "vision", "uid": "1", "generation": 3},
        "spec": {"displayName": "Vision"} | spec,
    }
    return Project.parse(body)


@pytest.fixture
def built():
    quota = {"cpu": 8, "memory": "16Gi", "gpu": 4, "pods": 50}
    quota["ephemeralStorage"] = "1Ti"
    return build_namespace_objects(project(quota=quota), settings())


def of_kind(objects, kind):
    return {each["metadata"]["name"]: each for each in objects if each["kind"] == kind}


def test_everything_is_labelled_and_in_the_projects_namespace(built):
    for each in built:
        assert each["metadata"]["labels"]["mofang.dev/project"] == "vision"
        if each["kind"] not in {"Namespace", "PersistentVolume"}:
            assert each["metadata"]["namespace"] == "mofang-project-vision"


def test_the_namespace_comes_first_and_admits_restricted_pods_only(built):
    namespace = built[0]
    assert namespace["kind"] == "Namespace"
    assert namespace["metadata"]["name"] == "mofang-project-vision"
    labels = namespace["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_pods_get_no_token_of_kubernetes(built):
    accounts = of_kind(built, "ServiceAccount")
    assert set(accounts) == {"default", "mofang-launcher"}
    for account in accounts.values():
        assert account["automountServiceAccountToken"] is False


def test_pods_pull_images_with_the_copies_of_the_platforms_secrets():
    built = build_namespace_objects(
        project(), settings(imagePullSecrets=["registry", "mirror"])
    )

    for account in of_kind(built, "ServiceAccount").values():
        assert account["imagePullSecrets"] == [
            {"name": "mofang-pull-registry"},
            {"name": "mofang-pull-mirror"},
        ]
    # The copies are written by a right that exists in this namespace only.
    [subject] = of_kind(built, "RoleBinding")["mofang-reconciler-project"]["subjects"]
    assert subject["name"] == "reconciler"


def test_without_pull_secrets_the_operator_gets_no_right_on_secrets(built):
    assert "imagePullSecrets" not in of_kind(built, "ServiceAccount")["default"]
    assert "mofang-reconciler-project" not in of_kind(built, "RoleBinding")


def test_a_copy_holds_what_its_source_holds():
    source = {
        "metadata": {"name": "registry", "namespace": "mofang", "uid": "1"},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": "e30="},
    }
    copy = build_pull_secret(project(), source)

    assert copy["metadata"]["name"] == "mofang-pull-registry"
    assert copy["metadata"]["namespace"] == "mofang-project-vision"
    assert copy["metadata"]["labels"]["mofang.dev/project"] == "vision"
    assert copy["type"] == source["type"]
    assert copy["data"] == source["data"]


def test_other_secrets_are_not_copied_into_projects():
    """A slip of the pen must not hand the hub's keys to everybody."""
    source = {"metadata": {"name": "mofang-hub"}, "type": "Opaque", "data": {}}
    with pytest.raises(BadPullSecretError, match="mofang-hub of imagePullSecrets has"):
        build_pull_secret(project(), source)


def test_the_quota_is_what_the_project_names(built):
    assert of_kind(built, "ResourceQuota")["mofang"]["spec"]["hard"] == {
        "requests.cpu": "8",
        "requests.memory": "16Gi",
        "limits.memory": "16Gi",
        "requests.nvidia.com/gpu": "4",
        "pods": "50",
        "limits.ephemeral-storage": "1Ti",
        "services.loadbalancers": "0",
        "services.nodeports": "0",
    }


def test_what_a_quota_leaves_out_is_not_limited():
    quota = of_kind(build_namespace_objects(project(), settings()), "ResourceQuota")
    assert set(quota["mofang"]["spec"]["hard"]) == {
        "services.loadbalancers",
        "services.nodeports",
    }


def test_containers_that_say_nothing_of_their_disk_are_bounded(built):
    """And are not refused by a quota, as operators add some."""
    [limit] = of_kind(built, "LimitRange")["mofang"]["spec"]["limits"]

    assert limit["default"]["ephemeral-storage"] == "1Gi"
    assert limit["defaultRequest"]["ephemeral-storage"] == "50Mi"


def test_five_claims_are_bound_to_five_static_volumes(built):
    volumes = of_kind(built, "PersistentVolume")
    claims = of_kind(built, "PersistentVolumeClaim")
    directories = {
        "users": "users",
        "project": "projects",
        "global": "global",
        "logs": "logs",
        "environments": "environments",
    }
    assert len(volumes) == len(claims) == 5
    for category, directory in directories.items():
        volume = volumes[f"mofang-vision-{category}"]["spec"]
        claim = claims[f"mofang-{category}"]["spec"]
        assert claim["volumeName"] == f"mofang-vision-{category}"
        assert volume["claimRef"]["name"] == f"mofang-{category}"
        assert volume["claimRef"]["namespace"] == "mofang-project-vision"
        assert volume["persistentVolumeReclaimPolicy"] == "Retain"
        assert volume["mountOptions"] == ["noatime"]
        assert volume["csi"] == {
            "driver": "cephfs",
            "volumeHandle": f"mofang-vision-{directory}",
            "volumeAttributes": {"rootPath": f"/volumes/{directory}", "static": True},
        }


def test_hub_and_training_get_their_own_role_each(built):
    bindings = of_kind(built, "RoleBinding")
    subjects = {
        name: (each["roleRef"]["name"], each["subjects"][0]["name"])
        for name, each in bindings.items()
    }
    assert subjects == {
        "mofang-hub-project": ("mofang-hub-project", "hub"),
        "mofang-training-project": ("mofang-training-project", "training"),
    }


def test_policies_are_these(built):
    assert sorted(of_kind(built, "NetworkPolicy")) == [
        "all-pods-to-dns",
        "all-pods-to-hub",
        "all-pods-to-internet",
        "all-pods-to-training",
        "deny-all",
        "gateway-to-notebooks",
        "hub-to-notebooks",
        "ray-operator-to-job-pods",
    ]


def test_only_the_gateway_and_the_hub_reach_notebooks(built):
    policies = of_kind(built, "NetworkPolicy")
    del policies["ray-operator-to-job-pods"]
    sources = []
    for each in policies.values():
        for rule in each["spec"].get("ingress", []):
            sources += [
                peer.get("namespaceSelector", {}).get("matchLabels")
                for peer in rule["from"]
            ]
    name = "kubernetes.io/metadata.name"
    assert sources == [{name: "istio-system"}, {name: "mofang"}]


def test_kuberay_reaches_the_dashboard_of_ray_jobs_and_nothing_else(built):
    """By it KubeRay submits the script; nothing in a project may pass for KubeRay."""
    policy = of_kind(built, "NetworkPolicy")["ray-operator-to-job-pods"]["spec"]
    [chosen] = policy["podSelector"]["matchExpressions"]
    assert chosen == {
        "key": "mofang.dev/framework",
        "operator": "In",
        "values": ["ray"],
    }
    [rule] = policy["ingress"]
    [peer] = rule["from"]
    [outside] = peer["namespaceSelector"]["matchExpressions"]
    assert outside == {"key": "mofang.dev/project", "operator": "DoesNotExist"}
    assert peer["podSelector"]["matchLabels"]
    assert [port["port"] for port in rule["ports"]] == [8265]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        pytest.param({"colour": "red"}, "colour", id="an unknown field"),
        pytest.param({"quota": {"cpu": "lots"}}, "quota.cpu", id="not a quantity"),
        pytest.param(
            {"members": [{"role": "member"}]},
            "either a user or a group",
            id="nobody named",
        ),
        pytest.param({"displayName": None}, "displayName", id="no name to read"),
    ],
)
def test_a_bad_spec_is_told_by_field(spec, said):
    with pytest.raises(BadProjectError, match=said):
        project(**spec)


@pytest.mark.parametrize("name", ["", "a" * 21, "-a", "a-", "A", "a.b", "a/b"])
def test_a_bad_name_is_refused(name):
    body = {"metadata": {"name": name}, "spec": {"displayName": "x"}}
    with pytest.raises(BadProjectError, match="not usable"):
        Project.parse(body)
