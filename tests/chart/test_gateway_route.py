"""An HTTPRoute to Istio's gateway, for sites with another Gateway in front."""

import pytest

ROUTE = {"httpRoute": {"enabled": True, "parentRefs": [{"name": "outer"}]}}
PUBLIC = {"publicUrl": "https://hub.example.org"}


def test_by_default_there_is_none(chart):
    assert not chart.of_kind("HTTPRoute", "ReferenceGrant")


def test_all_hosts_are_sent_on_to_istios_gateway(render, minimal):
    rendered = render(minimal, PUBLIC, ROUTE)
    [route] = rendered.of_kind("HTTPRoute")

    assert route["spec"]["parentRefs"] == [{"name": "outer"}]
    assert route["spec"]["hostnames"] == ["hub.example.org", "*.hub.example.org"]
    [rule] = route["spec"]["rules"]
    assert rule == {
        "backendRefs": [
            {
                "kind": "Service",
                "name": "istio-ingressgateway",
                "namespace": "istio-system",
                "port": 80,
            }
        ]
    }
    # Istio's Gateway still takes them.
    [server] = rendered.get("Gateway", "mofang")["spec"]["servers"]
    assert server["hosts"] == route["spec"]["hostnames"]


def test_the_route_may_refer_to_another_namespace(render, minimal):
    [grant] = render(minimal, PUBLIC, ROUTE).of_kind("ReferenceGrant")

    assert grant["metadata"]["namespace"] == "istio-system"
    [allowed] = grant["spec"]["from"]
    assert (allowed["kind"], allowed["namespace"]) == ("HTTPRoute", "mofang")
    [target] = grant["spec"]["to"]
    assert (target["kind"], target["name"]) == ("Service", "istio-ingressgateway")


def test_hosts_and_backend_may_be_others(render, minimal):
    own = {
        "hostnames": ["ml.example.org"],
        "backend": {"name": "gateway", "port": 8080},
        "annotations": {"example.org/a": "b"},
    }
    [route] = render(minimal, ROUTE, {"httpRoute": own}).of_kind("HTTPRoute")

    assert route["spec"]["hostnames"] == ["ml.example.org"]
    [backend] = route["spec"]["rules"][0]["backendRefs"]
    assert (backend["name"], backend["port"]) == ("gateway", 8080)
    assert route["metadata"]["annotations"] == {"example.org/a": "b"}


def test_without_a_name_of_ones_own_any_host_is_taken(render, minimal):
    [route] = render(minimal, ROUTE).of_kind("HTTPRoute")
    assert "hostnames" not in route["spec"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param(
            {"httpRoute": {"parentRefs": []}},
            "name the Gateways that the route attaches to in httpRoute.parentRefs",
            id="attached to nothing",
        ),
        pytest.param(
            {"gateway": {"tls": {"secretName": "hub-tls"}}},
            "which Istio's gateway would redirect without end",
            id="redirected for ever",
        ),
        pytest.param({"httpRoute": {"hosts": []}}, "hosts", id="an unknown value"),
    ],
)
def test_what_cannot_work_is_refused(refusal, minimal, values, said):
    assert said in refusal(minimal, PUBLIC, ROUTE, values)
