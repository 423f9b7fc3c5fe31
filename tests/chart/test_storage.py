"""Values of storage that the documentation shows, as the chart renders them.

CSI drivers are checked by what ceph-csi documents for static volumes of CephFS.
"""

import re

import pytest
import yaml
from chart.conftest import REPOSITORY

PAGE = REPOSITORY / "docs" / "administrators" / "storage.md"
REQUIRED = {"clusterID", "fsName", "staticVolume", "rootPath"}
OPTIONAL = {"mounter", "kernelMountOptions", "fuseMountOptions"}
"""Of the classes of the driver, which reads them from static volumes, too."""


@pytest.fixture(scope="module")
def shown():
    """The page's values by the kind of source."""
    blocks = re.findall(
        r'```yaml title="values.yaml"\n(.*?)```', PAGE.read_text(), re.DOTALL
    )
    found = [
        each
        for each in map(yaml.safe_load, blocks)
        if "persistentVolume" in each.get("storage", {})
    ]
    return {next(iter(each["storage"]["persistentVolume"])): each for each in found}


@pytest.fixture(scope="module")
def rendered(shown, render, minimal):
    def of(kind):
        values = {**minimal, "storage": {}}
        return render(values, shown[kind])

    return of


def sources(chart, kind):
    """Sources of the volumes of logs, of the root and of projects."""
    settings = chart.file("mofang-reconciler", "reconciler.yaml")
    return [
        chart.get("PersistentVolume", "mofang-logs")["spec"][kind],
        chart.get("PersistentVolume", "mofang-storage-root")["spec"][kind],
        settings["storage"]["persistentVolume"][kind],
    ]


def test_static_volumes_of_cephfs_have_what_the_driver_documents(rendered):
    for source in sources(rendered("csi"), "csi"):
        attributes = source["volumeAttributes"]
        assert REQUIRED <= attributes.keys() <= REQUIRED | OPTIONAL
        assert attributes["staticVolume"] == "true"
        assert attributes["mounter"] == "kernel"
        assert attributes["rootPath"].startswith("/")
        assert source["nodeStageSecretRef"].keys() == {"name", "namespace"}
        assert all(isinstance(each, str) for each in attributes.values())


def test_no_two_volumes_of_cephfs_have_one_handle(rendered):
    handles = [each["volumeHandle"] for each in sources(rendered("csi"), "csi")]

    assert len(set(handles)) == len(handles)
    assert "$(project)" in handles[-1]
    assert "$(category)" in handles[-1]


def test_only_the_root_has_the_key_that_sets_quotas(rendered):
    logs, root, projects = (
        each["nodeStageSecretRef"]["name"] for each in sources(rendered("csi"), "csi")
    )

    assert root == "mofang-cephfs-operator"
    assert logs == projects == "mofang-cephfs"


def test_volumes_of_nfs_begin_with_their_category(rendered):
    chart = rendered("nfs")

    paths = [each["path"] for each in sources(chart, "nfs")]
    assert paths == [
        "/export/mofang/logs",
        "/export/mofang",
        "/export/mofang/$(category)",
    ]
    volume = chart.get("PersistentVolume", "mofang-logs")["spec"]
    assert volume["mountOptions"] == ["nfsvers=4.2", "hard"]


def test_the_root_may_be_a_claim_of_a_class(render, minimal):
    storage = {"persistentVolume": None, "storageClassName": "shared"}
    chart = render(minimal, {"storage": {"root": storage}})

    claim = chart.get("PersistentVolumeClaim", "mofang-storage-root")["spec"]
    assert claim["storageClassName"] == "shared"
    assert claim["accessModes"] == ["ReadWriteMany"]
    assert "mofang-storage-root" not in chart.names("PersistentVolume")
