"""What containers may write to their nodes' disks."""

import pytest
from pydantic import ValidationError

from mofang_kube.ephemeral_storage import EphemeralStorage


def test_the_limit_has_room_for_the_scratch_disk_too():
    """The kubelet counts it with everything else that a pod writes."""
    storage = EphemeralStorage(limit="10Gi")

    assert storage.limit_bytes("5Gi") == 15 * 1024**3
    assert storage.limit_bytes("1G") == 10 * 1024**3 + 1000**3


@pytest.mark.parametrize("name", ["request", "tmp"])
def test_no_part_is_more_than_the_limit(name):
    with pytest.raises(ValidationError, match=f"{name} .11Gi. is more than"):
        EphemeralStorage.model_validate({"limit": "10Gi", name: "11Gi"})


@pytest.mark.parametrize("amount", ["ten", "-1Gi", "500m", ""])
def test_what_is_no_amount_of_bytes_is_refused(amount):
    with pytest.raises(ValidationError):
        EphemeralStorage(limit=amount)
