"""The configuration of the one-machine platform's nodes."""

import yaml

from mofang_local import nodes
from mofang_local.local_paths import LocalPaths
from mofang_local.network import NODES


def test_a_fork_bomb_stops_in_its_own_pod(tmp_path):
    paths = LocalPaths(
        repository=tmp_path, cache=tmp_path / "c", state=tmp_path / "state"
    )
    for node in NODES:
        config = yaml.safe_load(nodes.kubelet_config(paths, node))

        assert 1000 <= config["podPidsLimit"] <= 16_384
