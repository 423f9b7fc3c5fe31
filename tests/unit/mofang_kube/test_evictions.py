"""What kubelets say of pods that they evict."""

import pytest

from mofang_kube.evictions import Eviction, EvictionCause, read_eviction

CACHE = 'Usage of EmptyDir volume "cache" exceeds the limit "5Gi". '


@pytest.mark.parametrize(
    ("message", "found"),
    [
        pytest.param(
            CACHE, Eviction(cause=EvictionCause.CACHE, limit="5Gi"), id="/cache"
        ),
        pytest.param(
            'Usage of EmptyDir volume "tmp" exceeds the limit "2Gi". ',
            Eviction(cause=EvictionCause.TMP, limit="2Gi"),
            id="/tmp of a server",
        ),
        pytest.param(
            'Usage of EmptyDir volume "theirs" exceeds the limit "1Gi". ',
            Eviction(cause=EvictionCause.DISK, limit="1Gi"),
            id="a volume of an administrator",
        ),
        pytest.param(
            'Container pytorch exceeded its local ephemeral storage limit "10Gi". ',
            Eviction(cause=EvictionCause.DISK, limit="10Gi"),
            id="a container's own disk",
        ),
        pytest.param(
            "Pod ephemeral local storage usage exceeds the total limit of containers "
            "15Gi. ",
            Eviction(cause=EvictionCause.DISK, limit="15Gi"),
            id="all of the pod's disks",
        ),
        pytest.param(
            "The node was low on resource: ephemeral-storage. Threshold quantity: 1Gi, "
            "available: 912Mi. Container pytorch was using 6Gi, request is 5Gi, has "
            "larger consumption of ephemeral-storage. ",
            Eviction(cause=EvictionCause.NODE, resource="ephemeral-storage"),
            id="the node's disk",
        ),
        pytest.param(
            "The node had condition: [MemoryPressure]. ",
            Eviction(cause=EvictionCause.NODE, resource="MemoryPressure"),
            id="a pod that came to a node under pressure",
        ),
        pytest.param("Pod was evicted by somebody.", None, id="another cause"),
        pytest.param(
            'Usage of EmptyDir volume "cache" exceeds the limit "5e9". ',
            None,
            id="an amount in a form that is not ours",
        ),
    ],
)
def test_the_kubelet_s_messages(message, found):
    assert read_eviction("Evicted", message) == found


def test_only_an_eviction_is_one():
    assert read_eviction("Terminated", CACHE) is None


@pytest.mark.parametrize(
    ("eviction", "message"),
    [
        pytest.param(
            Eviction(cause=EvictionCause.CACHE, limit="10737418240"),
            "worker-1 filled /cache and was evicted: 9.0 GiB of its 10.0 GiB are "
            "usable, and it wrote more than that size.",
            id="/cache",
        ),
        pytest.param(
            Eviction(cause=EvictionCause.TMP, limit="5Gi"),
            "worker-1 filled /tmp and was evicted: it may write 5.0 GiB there.",
            id="/tmp",
        ),
        pytest.param(
            Eviction(cause=EvictionCause.DISK, limit="10Gi"),
            "worker-1 was evicted: it wrote more than 10.0 GiB to the container's own "
            "disk.",
            id="disk",
        ),
        pytest.param(
            Eviction(cause=EvictionCause.NODE, resource="DiskPressure"),
            "worker-1 was evicted: node n1 ran low on disk.",
            id="node",
        ),
        pytest.param(
            Eviction(cause=EvictionCause.NODE, resource="example.org-thing"),
            "worker-1 was evicted: node n1 ran low on example.org-thing.",
            id="something new",
        ),
    ],
)
def test_each_is_told_in_a_message(eviction, message):
    assert eviction.describe("worker-1", "n1") == message
    assert eviction.is_own == (eviction.cause is not EvictionCause.NODE)
