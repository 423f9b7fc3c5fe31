"""The VirtualService of a route, as a reviewer has read it."""

import dataclasses
import json
import re

import pytest

from mofang_hub.routes.builder import VirtualServiceBuilder, read_route
from mofang_hub.routes.models import BadRouteError, Route


@pytest.fixture
def builder():
    return VirtualServiceBuilder(
        namespace="mofang",
        gateway="mofang/mofang",
        gateway_namespace="istio-system",
        hub_url="http://hub.mofang.svc:8081",
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
        "match": [{"uri": {"exact": route.readiness_probe_path}}],
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


HUB = Route(routespec="/", target="http://hub.mofang.svc:8081", data={})


def test_what_is_far_too_long_for_the_hub_is_refused_at_the_gateway(builder):
    builder = dataclasses.replace(builder, hub_body_bytes=256 * 1024)

    _, refusal, forward = builder.build(HUB)["spec"]["http"]

    assert refusal["directResponse"]["status"] == 413
    said = json.loads(refusal["directResponse"]["body"]["string"])
    assert said["message"] == "The request has more than 256 KiB. Split it."
    [match] = refusal["match"]
    assert match["uri"] == forward["match"][0]["uri"]
    longer = re.compile(match["headers"]["content-length"]["regex"])
    assert longer.fullmatch("1000000")
    assert longer.fullmatch("104857600")
    for length in ("0", "262144", "999999"):
        assert not longer.fullmatch(length), "the hub itself counts to the byte"


def test_users_servers_take_uploads_of_any_length(builder, route):
    builder = dataclasses.replace(builder, hub_body_bytes=256 * 1024)

    assert "headers" not in json.dumps(builder.build(route)["spec"])


def test_nothing_cuts_an_idle_websocket(builder, route):
    """Envoy sets no limit where a VirtualService names no ``timeout``."""
    assert all("timeout" not in rule for rule in builder.build(route)["spec"]["http"])


def test_the_hub_takes_everything_else(builder):
    hub = Route(routespec="/", target="http://hub.mofang.svc:8081", data={"hub": True})
    _, forward = builder.build(hub)["spec"]["http"]
    assert forward["match"] == [{"uri": {"prefix": "/"}}]


def test_a_route_reads_back_as_it_was(builder, route):
    assert read_route(builder.build(route)) == route


def test_on_a_host_of_its_own_the_hub_answers_everything_else(builder):
    """Envoy looks at no wildcard once it knows a host; no page of the hub is there."""
    route = Route(routespec="ada.x.org/user/ada/a/", target="http://a.b.svc:1")

    spec = builder.build(route)["spec"]

    assert spec["hosts"] == ["ada.x.org"]
    host = "hub.mofang.svc.cluster.local"
    assert spec["http"][-1] == {
        "name": "hub",
        "match": [{"uri": {"prefix": "/"}}],
        "rewrite": {"uri": "/hub/user-host/"},
        "route": [{"destination": {"host": host, "port": {"number": 8081}}}],
    }


def test_a_host_of_its_own_needs_to_know_where_the_hub_is():
    builder = VirtualServiceBuilder(namespace="a", gateway="a/b", gateway_namespace="c")
    with pytest.raises(BadRouteError, match="hub_url"):
        builder.build(Route(routespec="a.x.org/user/a/", target="http://a.b.svc:1"))


@pytest.mark.parametrize(
    "path",
    ["/user/a@b/x", "/user/a%40b/x/tree", "/user/a%40b/x/", "/user/a@b/x/api?y=@"],
)
def test_every_spelling_of_a_name_reaches_its_server(builder, path):
    """Envoy compares bytes; ``encodeURIComponent`` writes ``%40``, the hub ``@``."""
    route = Route(routespec="/user/a@b/x/", target="http://a.b.svc:1")

    rule = builder.build(route)["spec"]["http"][2]

    pattern = rule["match"][0]["uri"]["regex"]
    without_query = path.partition("?")[0]
    assert re.fullmatch(pattern, without_query)
    change = rule["rewrite"]["uriRegexRewrite"]
    changed = re.sub(change["match"], change["rewrite"], without_query)
    assert changed.startswith("/user/a@b/x")
    assert not re.fullmatch(pattern, "/user/a@b/xy")


@pytest.mark.parametrize("name", ["%C3%A9", "%c3%a9", "%C3%a9"])
def test_hexadecimal_digits_are_matched_in_either_case(builder, name):
    route = Route(routespec="/user/%C3%A9/x/", target="http://a.b.svc:1")
    pattern = builder.build(route)["spec"]["http"][2]["match"][0]["uri"]["regex"]
    assert re.fullmatch(pattern, f"/user/{name}/x/lab")


def test_what_was_changed_by_hand_is_known(builder, route):
    made = builder.build(route)
    assert builder.is_current(made, route)
    made["spec"]["hosts"] = ["elsewhere.org"]
    assert not builder.is_current(made, route)


def test_a_copy_under_another_name_is_no_route(builder, route):
    made = builder.build(route)
    made["metadata"]["name"] = "copy"
    assert read_route(made) is None


@pytest.mark.parametrize("data", [None, [1], "x"])
def test_data_that_is_no_mapping_is_no_route(builder, route, data):
    made = builder.build(route)
    made["metadata"]["annotations"]["mofang.dev/data"] = json.dumps(data)
    assert read_route(made) is None


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
