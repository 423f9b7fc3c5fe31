"""The server of static files is beside the hub and has no rights."""

import pytest

from mofang_hub.settings import Settings


@pytest.fixture
def settings(render, minimal):
    def of(*values):
        rendered = render(minimal, *values)
        return Settings.model_validate(
            rendered.file("mofang-settings", "settings.yaml")
        )

    return of


def test_it_answers_on_the_hubs_host_alone(render, minimal):
    rendered = render(minimal, {"publicUrl": "https://mofang.example.org"})
    route = rendered.get("VirtualService", "static")["spec"]

    assert route["hosts"] == ["mofang.example.org"]
    [rule] = route["http"]
    assert rule["match"] == [{"uri": {"prefix": "/static/"}}]
    assert rule["headers"] == {"request": {"remove": ["cookie", "authorization"]}}
    destination = rule["route"][0]["destination"]
    service = rendered.get("Service", "static")
    assert destination["host"] == "static.mofang.svc.cluster.local"
    assert destination["port"]["number"] == service["spec"]["ports"][0]["port"]


def test_it_has_no_rights_no_secrets_and_nothing_it_could_write_to(chart):
    spec = chart.get("Deployment", "static")["spec"]["template"]["spec"]

    assert spec["automountServiceAccountToken"] is False
    assert spec["volumes"] == [{"name": "scratch", "emptyDir": {"sizeLimit": "16Mi"}}]
    [container] = spec["containers"]
    assert "env" not in container
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    for binding in chart.of_kind("RoleBinding", "ClusterRoleBinding"):
        assert "static" not in {each["name"] for each in binding["subjects"]}


def test_only_the_gateway_reaches_it(chart):
    policy = chart.get("NetworkPolicy", "static")["spec"]
    [rule] = policy["ingress"]
    [peer] = rule["from"]

    assert peer["podSelector"]["matchLabels"] == {"istio": "ingressgateway"}
    assert peer["namespaceSelector"]["matchLabels"] == {
        "kubernetes.io/metadata.name": "istio-system"
    }


@pytest.mark.parametrize(
    ("values", "url"),
    [
        (
            {"publicUrl": "https://mofang.example.org"},
            "https://mofang.example.org/static",
        ),
        (
            {"publicUrl": "https://mofang.example.org", "acceptSharedOrigin": True},
            "/static",
        ),
        ({"publicUrl": "http://10.0.0.1:30080"}, "/static"),
        ({}, "/static"),
    ],
    ids=["a host per user", "one origin", "an IP address", "any host"],
)
def test_servers_name_the_hubs_host_where_theirs_is_another(settings, values, url):
    assert settings(values).static_url == url


def test_one_may_do_without(render, minimal, settings):
    values = {"static": {"enabled": False, "pdb": {"enabled": True}}}
    rendered = render(minimal, values)

    named = {
        (each["kind"], each["metadata"]["name"])
        for each in rendered.manifests
        if each["metadata"]["name"].endswith("static")
    }
    assert named == set()
    assert settings(values).static_url == ""
