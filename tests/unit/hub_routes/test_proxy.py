"""Routes while Kubernetes refuses or does not answer."""

import pytest

from mofang_hub.routes.proxy import IstioProxy
from mofang_kube.errors import ClusterError, KubernetesUnavailableError

SPEC = "/user/ada/vision-base/"
AWAY = KubernetesUnavailableError("Kubernetes does not answer.")


class FakeObjects:
    """Fails as often as it is told to."""

    def __init__(self):
        self.failures = []
        self.deleted = []

    async def delete(self, manifest):
        if self.failures:
            raise self.failures.pop()
        self.deleted.append(manifest["kind"])

    async def apply(self, manifest):
        raise self.failures.pop()

    async def list_objects(self, *_, **__):
        return []


@pytest.fixture
def objects():
    return FakeObjects()


@pytest.fixture
async def proxy(objects):
    made = IstioProxy(objects=objects, live_timeout_seconds=10)
    yield made
    await made.close()


async def test_a_route_is_removed_as_soon_as_kubernetes_answers(proxy, objects):
    """The server that it leads to has ended already."""
    objects.failures = [AWAY, AWAY]

    await proxy.delete_route(SPEC)

    assert objects.deleted == ["VirtualService"]
    assert not proxy.is_uncertain


async def test_a_route_that_cannot_be_removed_is_looked_for_later(proxy, objects):
    objects.failures = [AWAY] * 20
    proxy.live_timeout_seconds = 0.1

    with pytest.raises(KubernetesUnavailableError):
        await proxy.delete_route(SPEC)

    assert proxy.is_uncertain


async def test_a_route_that_may_have_been_made_is_looked_for_later(proxy, objects):
    objects.failures = [AWAY] * 20
    proxy.live_timeout_seconds = 0.1
    target = "http://s.mofang-project-vision.svc:8888"

    with pytest.raises(ClusterError):
        await proxy.add_route(SPEC, target, {"user": "ada"})

    assert proxy.is_uncertain
