"""What Prometheus and Grafana get."""

import base64
import json
import re

import jupyterhub.metrics
import pytest
import yaml
from chart.conftest import CHART
from prometheus_client import REGISTRY

from mofang_hub.config.extension import Extension
from mofang_hub.metrics import WATCHES
from mofang_hub.routes.proxy import ROUTE_LIVE_SECONDS
from mofang_jobs.adapters.service_metrics import ServiceMetrics
from mofang_projects.metrics import METRICS_PORT, OperatorMetrics

MONITORED = {"metrics": {"serviceMonitor": {"enabled": True}}}
RULES = {"metrics": {"prometheusRule": {"enabled": True}}}
DASHBOARDS = {"metrics": {"dashboards": {"enabled": True}}}
BOARDS = sorted((CHART / "dashboards").glob("*.json"))
METRIC = re.compile(r"\b((?:jupyterhub|mofang)_[a-z_]+)(?=[{\[])")
SUFFIX = re.compile(r"_(bucket|count|sum|total)$")


def names(registry):
    """Names of all series of a registry, and of their families.

    Families without a series yet have their names alone; counters without suffix.
    """
    found = set()
    for family in registry.collect():
        found |= {family.name, *(sample.name for sample in family.samples)}
    return found


@pytest.fixture(scope="module")
def known():
    assert jupyterhub.metrics  # Registers JupyterHub's in the default registry.
    assert WATCHES
    assert ROUTE_LIVE_SECONDS
    registries = (REGISTRY, ServiceMetrics().registry, OperatorMetrics().registry)
    return set().union(*map(names, registries))


def expressions():
    for rule in yaml.safe_load((CHART / "alerts.yaml").read_text()):
        yield rule["expr"]
    for path in BOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                yield target["expr"]


def test_by_default_there_is_nothing_of_it(chart):
    assert not chart.of_kind("ServiceMonitor", "PrometheusRule")
    assert chart.names("ConfigMap") == ["mofang-reconciler", "mofang-settings"]


def test_every_metric_that_is_asked_for_exists(known):
    asked = {name for each in expressions() for name in METRIC.findall(each)}

    assert len(asked) >= 10
    missing = {each for each in asked if not {each, SUFFIX.sub("", each)} & known}
    assert not missing


def test_all_programs_are_scraped(render, minimal):
    rendered = render(minimal, MONITORED)
    for name, path in {
        "hub": "/hub/metrics",
        "training": "/services/training/metrics",
        "reconciler": "/metrics",
    }.items():
        spec = rendered.get("ServiceMonitor", name)["spec"]
        service = rendered.get("Service", name)
        selected = spec["selector"]["matchLabels"]
        assert selected.items() <= service["metadata"]["labels"].items()
        [endpoint] = spec["endpoints"]
        assert endpoint["path"] == path
        assert endpoint["port"] in {each["name"] for each in service["spec"]["ports"]}
        # The rules know the services by this.
        label = service["metadata"]["labels"][spec["jobLabel"]]
        assert label == name


def test_the_reconcilers_metrics_are_where_it_serves_them(render, minimal):
    rendered = render(minimal, MONITORED)
    [port] = rendered.get("Service", "reconciler")["spec"]["ports"]
    pod = rendered.get("Deployment", "reconciler")["spec"]["template"]["spec"]
    ports = {each["name"]: each for each in pod["containers"][0]["ports"]}

    assert ports[port["targetPort"]]["containerPort"] == METRICS_PORT
    [endpoint] = rendered.get("ServiceMonitor", "reconciler")["spec"]["endpoints"]
    assert "authorization" not in endpoint
    assert "reconciler" not in render(minimal).names("Service")


def test_services_are_asked_with_a_token_for_nothing_else(render, minimal):
    rendered = render(minimal, MONITORED)
    for name in ("hub", "training"):
        [endpoint] = rendered.get("ServiceMonitor", name)["spec"]["endpoints"]
        credentials = endpoint["authorization"]["credentials"]
        assert credentials == {"name": "mofang-hub", "key": "prometheus-token"}
    data = rendered.get("Secret", "mofang-hub")["data"]
    assert len(base64.b64decode(data["prometheus-token"])) == 48
    text = rendered.get("Secret", "mofang-hub-extension")["stringData"]
    extension = Extension.model_validate(yaml.safe_load(text["extension.yaml"]))
    assert extension.services == {"prometheus": {"display": False}}
    assert extension.load_roles == {
        "prometheus": {"scopes": ["read:metrics"], "services": ["prometheus"]}
    }


def test_prometheus_may_come_in_where_it_is_named(render, minimal):
    peer = {"namespaceSelector": {"matchLabels": {"team": "monitoring"}}}
    rendered = render(minimal, {"metrics": {"from": [peer]}})
    for name, port in {"hub": 8081, "training": 8080, "reconciler": 8091}.items():
        rules = rendered.get("NetworkPolicy", name)["spec"]["ingress"]
        assert {"ports": [{"port": port, "protocol": "TCP"}], "from": [peer]} in rules


def test_alerts_are_about_this_release(render, minimal):
    [found] = render(minimal, RULES).of_kind("PrometheusRule")
    [group] = found["spec"]["groups"]

    assert "$NAMESPACE" not in json.dumps(found)
    own = [each for each in group["rules"] if "kube_" not in each["expr"]]
    assert len(own) >= 7
    for rule in group["rules"]:
        assert 'namespace="mofang"' in rule["expr"], rule["alert"]
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert set(rule["annotations"]) == {"summary", "description"}
        # Prometheus' own templates are left to it.
    assert any("{{ $labels.pod }}" in json.dumps(each) for each in group["rules"])


def test_rules_of_ones_own_are_added(render, minimal):
    rule = {"alert": "Ours", "expr": "vector(1)"}
    [found] = render(
        minimal, RULES, {"metrics": {"prometheusRule": {"extraRules": [rule]}}}
    ).of_kind("PrometheusRule")
    assert found["spec"]["groups"][0]["rules"][-1] == rule


def test_parentheses_of_expressions_are_closed():
    for each in expressions():
        for pair in ("()", "{}", "[]"):
            assert each.count(pair[0]) == each.count(pair[1]), each


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.stem)
def test_dashboards_are_found_by_grafana(render, minimal, path):
    rendered = render(minimal, DASHBOARDS)
    found = rendered.get("ConfigMap", f"mofang-dashboard-{path.stem}")

    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    [text] = found["data"].values()
    board = json.loads(text)
    assert board == json.loads(path.read_text())
    assert board["uid"]
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    paths = {(p["gridPos"]["x"], p["gridPos"]["y"]) for p in board["panels"]}
    assert len(paths) == len(board["panels"])


def test_they_are_found_by_the_labels_of_the_site(render, minimal):
    labels = {"release": "prometheus"}
    values = {
        kind: {"enabled": True, "labels": labels}
        for kind in ("serviceMonitor", "prometheusRule", "dashboards")
    }
    rendered = render(minimal, {"metrics": values})
    for each in [
        *rendered.of_kind("ServiceMonitor", "PrometheusRule"),
        rendered.get("ConfigMap", "mofang-dashboard-hub"),
    ]:
        assert each["metadata"]["labels"]["release"] == "prometheus"


def test_an_interval_has_a_unit(refusal, minimal):
    bad = {"metrics": {"serviceMonitor": {"interval": "30"}}}
    assert "interval" in refusal(minimal, bad)
