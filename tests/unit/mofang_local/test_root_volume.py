"""The volume of the storage's root follows the files, although volumes never change."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from mofang_local import storage
from mofang_local.local_paths import LocalPaths
from mofang_local.platform import ROOT_VOLUME, Platform
from mofang_local.storage import StorageKind


class Recorder:
    """kubectl and helm: which commands they ran, in order."""

    def __init__(self, path: str) -> None:
        self.commands: list[tuple[str, ...]] = []
        claim = {"name": "mofang-storage-root", "namespace": "mofang"}
        self._volumes = [
            {
                "metadata": {"name": ROOT_VOLUME},
                "spec": {"hostPath": {"path": path}, "claimRef": claim},
            },
            {"metadata": {"name": "other"}, "spec": {"csi": {}}},
        ]

    def get(self, kind: str, *_: str) -> dict[str, Any]:
        return {"items": self._volumes if kind == "persistentvolumes" else []}

    def run(self, *arguments: str) -> str:
        self.commands.append(arguments[:3])
        return ""

    def install(self, *_: str) -> None:
        self.commands.append(("helm",))


@pytest.fixture
def paths(tmp_path: Path) -> LocalPaths:
    return LocalPaths(
        repository=Path(__file__).parents[3],
        cache=tmp_path / "cache",
        state=tmp_path / "state",
    )


def install(paths: LocalPaths, path: Path) -> tuple[Recorder, dict[str, Any]]:
    """Install the chart beside a volume that begins at a path."""
    recorder = Recorder(str(path))
    cluster = SimpleNamespace(paths=paths, kubectl=recorder, helm=recorder)
    Platform(cluster, 8080).install({})  # type: ignore[arg-type] # what it asks of one
    values = yaml.safe_load((paths.state / "values.yaml").read_text())["storage"]
    return recorder, values


@pytest.mark.parametrize(
    ("kind", "is_called"),
    [(StorageKind.LOCAL, "plain"), (StorageKind.CEPH, "cephfs")],
)
def test_a_volume_of_another_kind_is_made_anew(
    paths: LocalPaths, kind: StorageKind, is_called: str
) -> None:
    storage.record_kind(paths, kind)

    recorder, values = install(paths, Path("/elsewhere"))

    assert values["type"] == is_called
    root = values["root"]["persistentVolume"]["hostPath"]["path"]
    assert root == str(storage.root(paths))
    assert [each[:2] for each in recorder.commands] == [
        ("scale", "-n"),
        ("delete", "persistentvolumeclaim"),
        ("delete", "persistentvolume"),
        ("apply", "--server-side"),
        ("helm",),
    ]


def test_the_same_volume_stays(paths: LocalPaths) -> None:
    storage.record_kind(paths, StorageKind.LOCAL)

    recorder, _ = install(paths, paths.storage)

    assert [each[0] for each in recorder.commands] == ["apply", "helm"]
