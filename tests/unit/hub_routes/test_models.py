"""Which routes can be, and how they are named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mofang_hub.routes.models import (
    BadRouteError,
    OverlappingRouteError,
    Route,
    Target,
    route_name,
    validate_no_overlap,
)

TARGET = "http://hub.mofang.svc:8081"


def route(routespec: str, target: str = TARGET, **data) -> Route:
    return Route(routespec=routespec, target=target, data=data)


@pytest.mark.parametrize(
    ("url", "service", "namespace", "port"),
    [
        pytest.param(TARGET, "hub", "mofang", 8081, id="the hub"),
        pytest.param(
            "http://jupyter-ada--1.mofang-project-vision.svc.cluster.local:8888",
            "jupyter-ada--1",
            "mofang-project-vision",
            8888,
            id="a server by its full name",
        ),
        pytest.param("http://a.b.svc", "a", "b", 80, id="the port of http"),
        pytest.param("http://a.b.svc:80/", "a", "b", 80, id="a slash at the end"),
    ],
)
def test_services_are_targets(url, service, namespace, port):
    assert Target.parse(url) == Target(service=service, namespace=namespace, port=port)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://10.244.0.9:8888", id="a pod"),
        pytest.param("http://[fd00::1]:8888", id="a pod of IPv6"),
        pytest.param("https://hub.mofang.svc:8081", id="TLS inside the cluster"),
        pytest.param("http://example.org:80", id="outside the cluster"),
        pytest.param("http://hub:8081", id="a short name"),
        pytest.param("http://hub.mofang.svc:99999", id="no port"),
        pytest.param("", id="nothing"),
    ],
)
def test_anything_else_is_refused(url):
    with pytest.raises(BadRouteError):
        Target.parse(url)


def test_a_routespec_may_begin_with_a_domain():
    made = route("ada.example.org/user/ada/lab/")
    assert made.host == "ada.example.org"
    assert made.path == "/user/ada/lab/"
    assert route("/user/ada/lab/").host is None


@pytest.mark.parametrize(
    "routespec",
    [
        "",
        "user",
        "/user",
        "/user/../hub/",
        "/./",
        "/a b/",
        "/a//",
        "/é/",
        "/a\n/",
        "/{x}/",
    ],
)
def test_a_routespec_that_no_url_can_be_is_refused(routespec):
    with pytest.raises(BadRouteError):
        _ = route(routespec).path


def test_the_proof_tells_one_target_from_another():
    """A gateway with the old configuration cannot answer for the new one."""
    here, there = route("/a/"), route("/a/", "http://b.c.svc:1")
    assert here.readiness_probe_path != there.readiness_probe_path
    assert route_name(here.routespec) == route_name(there.routespec)


segment = st.text("abc-%~.@", min_size=1, max_size=6).filter(
    lambda text: text not in {".", ".."}
)
routespecs = st.lists(segment, max_size=4).map(
    lambda parts: "/" + "".join(f"{part}/" for part in parts)
)


@given(routespecs, routespecs)
def test_names_are_labels_and_no_two_routes_share_one(one, other):
    assert len(route_name(one)) <= 63
    assert (route_name(one) == route_name(other)) == (one == other)


@given(routespecs, routespecs)
def test_two_routes_that_pass_share_no_url(one, other):
    """But for ``/``, which the gateway asks last."""
    try:
        validate_no_overlap(one, [other])
    except OverlappingRouteError:
        assert one.startswith(other) or other.startswith(one)
    else:
        shared = one.startswith(other) or other.startswith(one)
        assert not shared or "/" in {one, other} or one == other


@pytest.mark.parametrize(
    ("routespec", "other"),
    [
        pytest.param("/user/ada/", "/user/ada/lab/", id="a default server, later"),
        pytest.param("/user/ada/lab/", "/user/ada/", id="a default server, earlier"),
    ],
)
def test_overlaps_are_refused(routespec, other):
    with pytest.raises(OverlappingRouteError, match="named servers"):
        validate_no_overlap(routespec, ["/", other])
