"""What containers may write to their nodes' disks."""

import pytest
from pydantic import ValidationError

from mofang_kube.ephemeral_storage import (
    ContainerDisk,
    EphemeralStorage,
    read_disks,
    write_disks,
)

GIB = 1024**3
BY_RESOURCES = EphemeralStorage.model_validate(
    {
        "cache": [
            {"gpu": 8, "size": "3T"},
            {"gpu": 1, "memory": "64Gi", "size": "800G"},
            {"cpu": 8, "size": "50G"},
            {"cpu": "500m", "size": 0},
        ]
    }
)


def test_request_and_limit_have_room_for_the_scratch_disk_too():
    """The kubelet counts it with all that a pod writes, the scheduler by requests."""
    storage = EphemeralStorage(request="1Gi", limit="10Gi")

    assert storage.disk("5Gi") == ContainerDisk(
        request=6 * GIB, limit=15 * GIB, cache=5 * GIB
    )
    assert storage.disk("1G").limit == 10 * GIB + 1000**3
    assert storage.disk("") == ContainerDisk(request=GIB, limit=10 * GIB)


@pytest.mark.parametrize(
    ("cpu", "memory", "gpu", "size"),
    [
        pytest.param("1", "1Gi", 8, "3T", id="the most GPUs"),
        pytest.param("1", "64Gi", 7, "800G", id="one GPU and the memory for it"),
        pytest.param("8", "63Gi", 7, "50G", id="less memory than that"),
        pytest.param("8000m", "1Gi", 0, "50G", id="many cores"),
        pytest.param("7.9", "1Gi", 0, "", id="too few cores"),
        pytest.param("100m", "1Gi", 0, "", id="less than each entry"),
    ],
)
def test_resources_decide_the_size_of_the_cache(cpu, memory, gpu, size):
    assert BY_RESOURCES.cache_size(cpu=cpu, memory=memory, gpu=gpu) == size


def test_the_size_of_an_environment_goes_before():
    assert BY_RESOURCES.cache_size(cpu="1", memory="1Gi", gpu=8, own="7Gi") == "7Gi"
    assert BY_RESOURCES.cache_size(cpu="1", memory="1Gi", gpu=8, own="0Gi") == ""


def test_an_entry_that_is_never_used_is_refused():
    flavours = [{"gpu": 1, "size": "1Gi"}, {"gpu": 8, "cpu": 4, "size": "2Gi"}]

    with pytest.raises(ValidationError, match=r"cache\[1\] is never used.*cache\[0\]"):
        EphemeralStorage.model_validate({"cache": flavours})


def test_what_a_job_s_object_says_of_disks_is_read_again():
    disks = {"worker": BY_RESOURCES.disk("800G"), "ps": BY_RESOURCES.disk("")}

    assert read_disks(write_disks(disks)) == disks
    assert read_disks("") == {}
    # Anybody with rights in the namespace may write there.
    assert read_disks('{"worker": {"limit": -1}}') == {}
    assert read_disks("16106127360") == {}


@pytest.mark.parametrize("name", ["request", "tmp"])
def test_no_part_is_more_than_the_limit(name):
    with pytest.raises(ValidationError, match=f"{name} .11Gi. is more than"):
        EphemeralStorage.model_validate({"limit": "10Gi", name: "11Gi"})


@pytest.mark.parametrize("amount", ["ten", "-1Gi", "5 Gi", "", True])
def test_what_is_no_amount_of_bytes_is_refused(amount):
    with pytest.raises(ValidationError):
        EphemeralStorage(limit=amount)
    with pytest.raises(ValidationError):
        EphemeralStorage.model_validate({"cache": [{"size": amount}]})
