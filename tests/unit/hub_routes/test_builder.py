"""The VirtualService of a route, as a reviewer has read it."""

import pytest

from mofang_hub.routes.builder import VirtualServiceBuilder, read_route
from mofang_hub.routes.models import BadRouteError, Route


@pytest.fixture
def builder():
    return VirtualServiceBuilder(
        namespace="mofang", gateway="mofang/mofang", gateway_namespace="istio-system"
    )


@pytest.fixture
def route():
    return Route(
        routespec="/user/ada/vision-pytorch/",
        target="http://jupyter-ada.mofang-project-vision.svc:8888",
        data={"user": "ada", "server_name": "vision-pytorch"},
    )


def test_a_route_is_one_object(builder, route):
    made = builder.build(route)

    assert made["metadata"]["namespace"] == "mofang"
    assert made["metadata"]["labels"]["mofang.dev/route"] == "true"
    spec = made["spec"]
    assert spec["hosts"] == ["*"]
    assert spec["gateways"] == ["mofang/mofang"]
    assert spec["exportTo"] == ["istio-system"]
    proof, forward = spec["http"]
    assert proof == {
        "name": "proof",
        "match": [{"uri": {"exact": route.proof_path}}],
        "directResponse": {"status": 200, "body": {"string": route.digest}},
    }
    assert forward["match"] == [
        {"uri": {"prefix": "/user/ada/vision-pytorch/"}},
        {"uri": {"exact": "/user/ada/vision-pytorch"}},
    ]
    host = "jupyter-ada.mofang-project-vision.svc.cluster.local"
    assert forward["route"] == [
        {"destination": {"host": host, "port": {"number": 8888}}}
    ]


def test_nothing_cuts_an_idle_websocket(builder, route):
    """Envoy sets no limit where a VirtualService names no ``timeout``."""
    assert all("timeout" not in rule for rule in builder.build(route)["spec"]["http"])


def test_the_hub_takes_everything_else(builder):
    hub = Route(routespec="/", target="http://hub.mofang.svc:8081", data={"hub": True})
    _, forward = builder.build(hub)["spec"]["http"]
    assert forward["match"] == [{"uri": {"prefix": "/"}}]


def test_a_route_reads_back_as_it_was(builder, route):
    assert read_route(builder.build(route)) == route


def test_a_domain_of_its_own_is_the_only_host(builder):
    route = Route(routespec="ada.x.org/user/ada/a/", target="http://a.b.svc:1")
    assert builder.build(route)["spec"]["hosts"] == ["ada.x.org"]


def test_a_pod_address_makes_no_object(builder):
    with pytest.raises(BadRouteError, match="Services only"):
        builder.build(Route(routespec="/a/", target="http://10.0.0.1:8888"))


@pytest.mark.parametrize(
    "annotations",
    [None, {}, {"mofang.dev/routespec": "/a/"}, {"mofang.dev/data": "{"}],
    ids=str,
)
def test_an_object_that_is_not_ours_is_no_route(annotations):
    assert read_route({"metadata": {"annotations": annotations}}) is None
