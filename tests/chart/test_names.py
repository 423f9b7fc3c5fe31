"""Names of objects and hosts."""

import json

import pytest

from mofang_hub.settings import Settings
from mofang_projects.settings import NamespaceSettings

CLUSTER_WIDE = {
    "ClusterRole",
    "ClusterRoleBinding",
    "PersistentVolume",
    "PriorityClass",
    "Environment",
    "Project",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
}
EVERYTHING = {
    "publicUrl": "https://hub.example.org",
    "imagePullSecrets": [{"name": "registry"}],
    "httpRoute": {"enabled": True, "parentRefs": [{"name": "outer"}]},
    "prePuller": {"hook": {"enabled": True}, "continuous": {"enabled": True}},
    "metrics": {
        "serviceMonitor": {"enabled": True},
        "prometheusRule": {"enabled": True},
        "dashboards": {"enabled": True},
    },
    **{
        name: {"pdb": {"enabled": True}}
        for name in ("hub", "training", "reconciler", "static")
    },
}


@pytest.fixture
def renamed(render, minimal):
    return render(minimal, EVERYTHING, {"fullnameOverride": "ml"})


def test_all_names_of_the_namespace_begin_as_asked(renamed):
    for each in renamed.manifests:
        if each["kind"] not in CLUSTER_WIDE:
            name = each["metadata"]["name"]
            assert name == "ml" or name.startswith("ml-"), (each["kind"], name)


_REFERENCES = {
    "configMap": ("ConfigMap", "name"),
    "secret": ("Secret", "secretName"),
    "persistentVolumeClaim": ("PersistentVolumeClaim", "claimName"),
    "secretKeyRef": ("Secret", "name"),
}


def references(part):
    """Kind and name of what a pod's spec refers to, at any depth."""
    if isinstance(part, list):
        part = dict(enumerate(part))
    if not isinstance(part, dict):
        return
    for name, value in part.items():
        if name in _REFERENCES and isinstance(value, dict):
            kind, key = _REFERENCES[name]
            yield kind, value[key]
        yield from references(value)


def test_what_is_referred_to_is_there(renamed):
    """Secrets, ConfigMaps, claims and accounts by their new names."""
    there = {(each["kind"], each["metadata"]["name"]) for each in renamed.manifests}

    for each in renamed.of_kind("Deployment", "Job"):
        spec = each["spec"]["template"]["spec"]
        assert set(references(spec)) <= there
        assert ("ServiceAccount", spec["serviceAccountName"]) in there
    for each in renamed.of_kind("RoleBinding", "ClusterRoleBinding"):
        assert (each["roleRef"]["kind"], each["roleRef"]["name"]) in there
        for subject in each["subjects"]:
            assert (subject["kind"], subject["name"]) in there
    for each in renamed.of_kind("VirtualService"):
        assert each["spec"]["gateways"] == ["mofang/ml"]


def test_the_programs_know_the_new_names(renamed):
    settings = Settings.model_validate(renamed.file("ml-settings", "settings.yaml"))
    assert settings.hub_service == "ml-hub"
    assert settings.training_service == "ml-training"
    assert settings.gateway.name == "mofang/ml"
    operator = NamespaceSettings.model_validate(
        renamed.file("ml-reconciler", "reconciler.yaml")
    )
    assert operator.hub_service_account == "ml-hub"
    assert operator.training_service_account == "ml-training"
    assert operator.operator_service_account == "ml-reconciler"
    pod = renamed.get("Deployment", "ml-training")["spec"]["template"]["spec"]
    env = {each["name"]: each.get("value") for each in pod["containers"][0]["env"]}
    assert env["JUPYTERHUB_API_URL"] == "http://ml-hub.mofang.svc:8081/hub/api"


def test_another_name_is_in_every_label_and_selector(render, minimal):
    rendered = render(minimal, EVERYTHING, {"nameOverride": "ml"})
    text = json.dumps(rendered.manifests)

    assert '"app.kubernetes.io/name": "mofang"' not in text
    for each in rendered.of_kind("Deployment", "DaemonSet"):
        labels = each["spec"]["template"]["metadata"]["labels"]
        selector = each["spec"]["selector"]["matchLabels"]
        assert selector["app.kubernetes.io/name"] == "ml"
        assert selector.items() <= labels.items()


def test_the_clusters_domain_is_everywhere(render, minimal):
    rendered = render(minimal, {"clusterDomain": "k8s.example.org"})

    assert "cluster.local" not in json.dumps(rendered.manifests)
    settings = Settings.model_validate(
        rendered.file("mofang-settings", "settings.yaml")
    )
    assert settings.cluster_domain == "k8s.example.org"
    probe = "http://istio-ingressgateway.istio-system.svc.k8s.example.org"
    assert settings.gateway.probe_url == probe
    *_, rule = rendered.get("VirtualService", "training")["spec"]["http"]
    host = rule["route"][0]["destination"]["host"]
    assert host == "training.mofang.svc.k8s.example.org"


@pytest.mark.parametrize(
    "values",
    [{"fullnameOverride": "Ours!"}, {"nameOverride": "-"}, {"clusterDomain": ""}],
    ids=str,
)
def test_names_that_kubernetes_has_not_are_refused(refusal, minimal, values):
    [name] = values
    assert name in refusal(minimal, values)


def test_whatever_is_switched_on_the_chart_is_sound(lint, minimal):
    assert "0 chart(s) failed" in lint(minimal, EVERYTHING)
