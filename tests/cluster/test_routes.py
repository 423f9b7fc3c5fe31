"""Routes on a real Istio: made, moved, removed, and seen through the gateway."""

import asyncio
import time
import uuid

import aiohttp
import pytest
from jupyterhub.proxy import Proxy
from kubernetes_asyncio import client, config
from yarl import URL

from mofang_hub.routes.models import (
    BadRouteError,
    OverlappingRouteError,
    RouteNotLiveError,
)
from mofang_hub.routes.proxy import IstioProxy
from mofang_kube.objects import ObjectStorage
from support.platform import Platform

# Something that answers /metrics in every cluster of ours, and 404 elsewhere.
BACKEND = "http://training-operator.kubeflow.svc:8080"
HUB = "http://hub.mofang.svc:8081"
HOST = "routes.test"
ISTIO = "networking.istio.io/v1"


@pytest.fixture(scope="module")
def platform():
    return Platform()


@pytest.fixture
async def objects(platform):
    configuration = client.Configuration()
    await config.load_kube_config(
        config_file=platform.kubeconfig, client_configuration=configuration
    )
    async with client.ApiClient(configuration) as api:
        yield ObjectStorage(api, field_manager="mofang-tests")


@pytest.fixture(scope="module")
def namespace(platform):
    """A namespace with a Gateway of its own, for a domain that nobody else uses.

    One for all tests: the gateway is static in the platform as well, and Envoy
    takes seconds to open and close a listener.
    """
    name = f"routes-{uuid.uuid4().hex[:8]}"
    metadata = {"name": "mofang", "namespace": name}
    port = {"number": 80, "name": "http", "protocol": "HTTP"}
    spec = {
        "selector": {"istio": "ingressgateway"},
        "servers": [{"port": port, "hosts": [HOST, f"*.{HOST}"]}],
    }
    platform.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    )
    platform.apply(
        {"apiVersion": ISTIO, "kind": "Gateway", "metadata": metadata, "spec": spec}
    )
    yield name
    platform.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
async def no_routes(objects, namespace):
    """Begin each test with an empty table."""
    for each in await objects.list_objects(
        ISTIO, "VirtualService", namespace=namespace
    ):
        await objects.delete(each | {"apiVersion": ISTIO, "kind": "VirtualService"})


@pytest.fixture
async def proxy_for(platform, objects, namespace, no_routes):
    """Make proxies as a hub does when it starts."""
    made = []

    def make(**traits) -> IstioProxy:
        proxy = IstioProxy(
            objects=objects,
            namespace=namespace,
            hosts=[HOST],
            **{"probe_url": platform.url} | traits,
        )
        made.append(proxy)
        return proxy

    yield make
    for proxy in made:
        await proxy.close()


@pytest.fixture
def proxy(proxy_for) -> IstioProxy:
    return proxy_for()


@pytest.fixture
async def answer_of(platform):
    """Ask the gateway; return the status and where it redirects to."""
    async with aiohttp.ClientSession() as session:

        async def ask(path: str, host: str = HOST) -> tuple[int, str | None]:
            url = URL(platform.url + path, encoded=True)
            async with session.get(
                url, headers={"Host": host}, allow_redirects=False
            ) as answer:
                return answer.status, answer.headers.get("Location")

        yield ask


@pytest.fixture
def status_of(answer_of):
    """Ask the gateway, as a browser of the domain would."""

    async def ask(path: str, host: str = HOST) -> int:
        status, _ = await answer_of(path, host)
        return status

    return ask


async def ends(ask, path: str, within: float = 30) -> None:
    """Wait until nobody of this domain answers; the platform's hub may."""
    deadline = time.monotonic() + within
    while await ask(path) == 200:
        assert time.monotonic() < deadline, f"{path} still answers"
        await asyncio.sleep(0.02)


async def test_an_added_route_answers_at_once(proxy, status_of):
    """``add_route`` returns when a request gets through, not before."""
    await proxy.add_route("/metrics/", BACKEND, {"user": "ada", "server_name": "a"})

    assert await status_of("/metrics") == 200


async def test_a_removed_route_stops_answering(proxy, status_of):
    await proxy.add_route("/metrics/", BACKEND, {})

    await proxy.delete_route("/metrics/")

    await ends(status_of, "/metrics")
    assert await proxy.get_all_routes() == {}


async def test_removing_what_is_not_there_is_fine(proxy):
    await proxy.delete_route("/user/nobody/there/")


async def test_routes_outlive_the_hub(proxy, proxy_for, status_of):
    """A new hub finds what the last one made, and the gateway never asked."""
    data = {"user": "ada", "server_name": "vision-pytorch"}
    await proxy.add_route("/metrics/", BACKEND, data)

    assert await proxy_for().get_all_routes() == {
        "/metrics/": {"routespec": "/metrics/", "target": BACKEND, "data": data}
    }
    assert await status_of("/metrics") == 200


async def test_adding_again_moves_the_route(proxy, status_of):
    """The proof names the target, so an old configuration cannot pass for new."""
    await proxy.add_route("/metrics/", "http://nobody.kubeflow.svc:1", {})
    assert await status_of("/metrics") == 503

    await proxy.add_route("/metrics/", BACKEND, {})

    assert await status_of("/metrics") == 200
    assert (await proxy.get_all_routes())["/metrics/"]["target"] == BACKEND


async def test_the_hub_takes_what_no_other_route_does(proxy, status_of):
    """Whichever was made first, ``/`` comes last."""
    nobody = "http://nobody.kubeflow.svc:1"
    await proxy.add_route("/", BACKEND, {"hub": True})
    await proxy.add_route("/user/ada/lab/", nobody, {"user": "ada"})

    assert await status_of("/metrics") == 200
    assert await status_of("/user/ada/lab/tree") == 503
    assert await status_of("/user/ada/lab") == 503
    assert await status_of("/user/ada/lab2/") == 404


async def test_a_user_may_have_a_domain(proxy_for, status_of):
    proxy = proxy_for(host_routing=True, hub_url=HUB)
    await proxy.add_route(f"ada.{HOST}/metrics/", BACKEND, {"user": "ada"})

    assert await status_of("/metrics", host=f"ada.{HOST}") == 200
    assert await status_of("/metrics", host=f"ben.{HOST}") != 200


async def test_other_paths_of_a_users_host_lead_to_the_hub(
    proxy_for, answer_of, platform
):
    """Envoy takes no other host's route for them, and no page of the hub is there."""
    proxy = proxy_for(host_routing=True, hub_url=HUB)
    for server in ("a", "b"):
        await proxy.add_route(f"ada.{HOST}/user/ada/{server}/", BACKEND, {"user": "a"})

    for path in ("/", "/hub/login?next=%2Fhub%2F", "/user/ada/c/lab"):
        status, location = await answer_of(path, host=f"ada.{HOST}")
        assert (status, location) == (302, f"{platform.url}{path}")
    # JupyterLab's requests could not follow that.
    status, _ = await answer_of("/user/ada/c/api/contents", host=f"ada.{HOST}")
    assert status == 424
    # A browser names the port, which a host in Istio has not.
    status, _ = await answer_of("/user/ada/b/tree", host=f"ada.{HOST}:8080")
    assert status == 404


async def test_every_spelling_of_a_name_leads_to_its_server(proxy, status_of):
    """Nothing listens behind the route: 503 is Envoy's, 404 would be no route."""
    nobody = "http://nobody.kubeflow.svc:1"
    await proxy.add_route("/user/a@x.org/lab/", nobody, {"user": "a@x.org"})
    await proxy.add_route("/user/%C3%A7/lab/", nobody, {"user": "ç"})

    for path in (
        "/user/a@x.org/lab/tree",
        "/user/a%40x.org/lab/tree?reset",
        "/user/a%40x%2eorg/lab",
        "/user/%61@x.org/lab",
        "/user/%c3%a7/lab/tree",
        "/user/%C3%A7/lab",
    ):
        assert await status_of(path) == 503, path
    assert await status_of("/user/a%40x.orgs/lab/") == 404


async def test_a_path_is_handed_on_in_the_hubs_spelling(proxy, objects):
    """A Jupyter server compares bytes too, and its own prefix is the hub's."""
    await proxy.add_route("/metrics@/", BACKEND, {"user": "ada"})

    (made,) = await objects.list_objects(
        ISTIO, "VirtualService", namespace=proxy.namespace
    )
    change = made["spec"]["http"][2]["rewrite"]["uriRegexRewrite"]
    assert change["rewrite"] == "/metrics@"


async def test_what_was_changed_by_hand_is_listed_as_out_of_date(proxy, objects):
    """The hub's check then makes it anew."""
    await proxy.add_route("/metrics/", BACKEND, {"user": "ada"})
    (made,) = await objects.list_objects(
        ISTIO, "VirtualService", namespace=proxy.namespace
    )
    assert (await proxy.get_all_routes())["/metrics/"]["target"] == BACKEND

    made["spec"]["http"].pop(0)
    await objects.apply(
        {
            "apiVersion": ISTIO,
            "kind": "VirtualService",
            "metadata": {
                key: made["metadata"][key]
                for key in ("name", "namespace", "annotations", "labels")
            },
            "spec": made["spec"],
        }
    )

    assert (await proxy.get_all_routes())["/metrics/"]["target"] == ""


async def test_of_two_overlapping_routes_at_once_one_is_refused(proxy):
    results = await asyncio.gather(
        proxy.add_route("/user/ada/", BACKEND, {"user": "ada"}),
        proxy.add_route("/user/ada/lab/", BACKEND, {"user": "ada"}),
        return_exceptions=True,
    )

    (refusal,) = filter(None, results)
    assert isinstance(refusal, OverlappingRouteError)
    assert len(await proxy.get_all_routes()) == 1


async def test_a_new_hub_knows_what_the_last_one_made(proxy, proxy_for):
    await proxy.add_route("/user/ada/lab/", BACKEND, {"user": "ada"})

    with pytest.raises(OverlappingRouteError):
        await proxy_for().add_route("/user/ada/", BACKEND, {"user": "ada"})


async def test_escaped_names_are_routed_as_the_hub_escapes_them(proxy):
    """The proof is asked for under the very prefix, byte for byte."""
    await proxy.add_route("/user/a%2Bb@c%C3%A9/x/", BACKEND, {"user": "a+b@cé"})

    assert list(await proxy.get_all_routes()) == ["/user/a%2Bb@c%C3%A9/x/"]


async def test_overlapping_routes_are_refused(proxy):
    await proxy.add_route("/user/ada/lab/", BACKEND, {"user": "ada"})

    with pytest.raises(OverlappingRouteError, match="named servers only"):
        await proxy.add_route("/user/ada/", BACKEND, {"user": "ada"})

    assert list(await proxy.get_all_routes()) == ["/user/ada/lab/"]


async def test_a_pod_address_is_refused_with_the_reason(proxy):
    with pytest.raises(BadRouteError, match="Services only"):
        await proxy.add_route("/user/ada/lab/", "http://10.244.0.9:8888", {})

    assert await proxy.get_all_routes() == {}


async def test_a_gateway_that_is_away_is_told_in_time(proxy_for):
    """The server's start fails with a sentence; nothing is left behind."""
    proxy = proxy_for(probe_url="http://127.0.0.1:9", live_timeout_seconds=0.5)

    began = time.monotonic()
    with pytest.raises(RouteNotLiveError, match="does not serve it"):
        await proxy.add_route("/user/ada/lab/", BACKEND, {"user": "ada"})

    assert time.monotonic() - began < 5
    assert await proxy.get_all_routes() == {}


async def test_the_hub_starts_without_a_gateway(proxy_for, monkeypatch):
    """Its route is there when the gateway comes back."""
    proxy = proxy_for(probe_url="http://127.0.0.1:9", live_timeout_seconds=0.5)

    async def only_the_hub(self, *_):
        await self.add_route("/", BACKEND, {"hub": True})

    monkeypatch.setattr(Proxy, "check_routes", only_the_hub)
    await proxy.check_routes({}, {})

    assert list(await proxy.get_all_routes()) == ["/"]


async def test_fifty_routes_at_once_are_all_live(proxy):
    """Servers start in bursts, when a course begins."""
    specs = [f"/user/u{number}/lab/" for number in range(50)]

    began = time.monotonic()
    await asyncio.gather(
        *(proxy.add_route(spec, BACKEND, {"user": spec}) for spec in specs)
    )

    assert time.monotonic() - began < 60
    assert sorted(await proxy.get_all_routes()) == sorted(specs)
