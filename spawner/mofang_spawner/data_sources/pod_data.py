"""What a pod has of data sources: volumes, mounts, variables and annotations. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mofang_kube.names import (
    AWS_CONFIG_ANNOTATION,
    AWS_CREDENTIALS_ANNOTATION,
    HADOOP_CORE_SITE_ANNOTATION,
    HADOOP_HDFS_SITE_ANNOTATION,
)
from mofang_spawner.data_sources.hadoop import HdfsSettings
from mofang_spawner.data_sources.models import DataSource
from mofang_spawner.data_sources.s3_config import (
    KEY_FILE,
    SECRET_FILE,
    SECRETS_FOLDER,
    Sources,
    render_config,
    render_credentials,
    s3_sources,
    shared_endpoint,
)

Manifest = dict[str, Any]

FOLDER = "/etc/mofang/data"
"""Where a container has the files of clients, and the keys of its S3 sources."""

_VOLUME = "mofang-data"
_AWS_FOLDER = f"{FOLDER}/aws"
_HADOOP_FOLDER = f"{FOLDER}/hadoop"
_HADOOP_ANNOTATIONS = {
    "core-site.xml": HADOOP_CORE_SITE_ANNOTATION,
    "hdfs-site.xml": HADOOP_HDFS_SITE_ANNOTATION,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PodData:
    """The sources of one pod, settled before the pod is built."""

    sources: tuple[DataSource, ...] = ()
    """Those of S3 are only the ones whose keys its owner may use."""

    hdfs: HdfsSettings = field(default_factory=HdfsSettings)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of the Secrets that it mounts."""
        return tuple(dict.fromkeys(source.secret_name for _, source in self._s3))

    @property
    def variables(self) -> dict[str, str]:
        """What programs look for; whoever sets these otherwise may."""
        found = {}
        if self._s3:
            found["AWS_CONFIG_FILE"] = f"{_AWS_FOLDER}/config"
            found["AWS_SHARED_CREDENTIALS_FILE"] = f"{_AWS_FOLDER}/credentials"
            if endpoint := shared_endpoint(self._s3):
                found["AWS_ENDPOINT_URL"] = endpoint
        if self.hdfs.files:
            found["HADOOP_CONF_DIR"] = _HADOOP_FOLDER
        return found

    @property
    def annotations(self) -> dict[str, str]:
        """The texts of files, which the pod mounts from its own annotations.

        So no object is made for them, and nothing more can be written by who makes the
        pod.
        """
        found = {
            _HADOOP_ANNOTATIONS[name]: text for name, text in self.hdfs.files.items()
        }
        if self._s3:
            found[AWS_CONFIG_ANNOTATION] = render_config(self._s3)
            found[AWS_CREDENTIALS_ANNOTATION] = render_credentials(self._s3, FOLDER)
        return found

    @property
    def volumes(self) -> list[Manifest]:
        """The pod's volumes, in Kubernetes' form."""
        found: list[Manifest] = [
            {
                "name": _volume(source),
                "persistentVolumeClaim": {"claimName": source.claim},
            }
            for source in self.sources
            if source.claim
        ]
        projected = [*self._files(), *self._keys()]
        if projected:
            found.append(
                {
                    "name": _VOLUME,
                    "projected": {"defaultMode": 0o444, "sources": projected},
                }
            )
        return found

    @property
    def mounts(self) -> list[Manifest]:
        """A container's mounts, in Kubernetes' form."""
        found = [_mount(source) for source in self.sources if source.claim]
        if self._s3 or self.hdfs.files:
            found.append({"name": _VOLUME, "mountPath": FOLDER, "readOnly": True})
        return found

    @property
    def _s3(self) -> Sources:
        return s3_sources(self.sources)

    def _files(self) -> list[Manifest]:
        paths = {
            _HADOOP_ANNOTATIONS[name]: f"hadoop/{name}" for name in self.hdfs.files
        }
        if self._s3:
            paths[AWS_CONFIG_ANNOTATION] = "aws/config"
            paths[AWS_CREDENTIALS_ANNOTATION] = "aws/credentials"
        if not paths:
            return []
        items = [
            {
                "path": path,
                "fieldRef": {"fieldPath": f"metadata.annotations['{annotation}']"},
            }
            for annotation, path in paths.items()
        ]
        return [{"downwardAPI": {"items": items}}]

    def _keys(self) -> list[Manifest]:
        return [
            {
                "secret": {
                    "name": source.secret_name,
                    # Without it the pod starts, and programs say which file they miss.
                    "optional": True,
                    "items": [
                        {"key": key, "path": f"{SECRETS_FOLDER}/{name}/{key}"}
                        for key in (KEY_FILE, SECRET_FILE)
                    ],
                }
            }
            for name, source in self._s3
        ]


def _volume(source: DataSource) -> str:
    return f"{_VOLUME}-{source.name}"


def _mount(source: DataSource) -> Manifest:
    mount: Manifest = {"name": _volume(source), "mountPath": source.mount_path}
    if source.sub_path:
        mount["subPath"] = source.sub_path
    if source.read_only:
        mount["readOnly"] = True
    return mount
