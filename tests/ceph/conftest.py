"""Fixtures: ``ceph``, one for all tests of this folder."""

from collections.abc import Iterator

import pytest

from mofang_local.ceph.cluster import CephCluster
from support.ceph import running_ceph


@pytest.fixture(scope="session")
def ceph() -> Iterator[CephCluster]:
    with running_ceph() as cluster:
        yield cluster
