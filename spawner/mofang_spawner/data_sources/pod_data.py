"""What a pod has of data sources: volumes, mounts, variables and annotations. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
_AWS, _HADOOP = "aws", "hadoop"
_HADOOP_ANNOTATIONS = {
    "core-site.xml": HADOOP_CORE_SITE_ANNOTATION,
    "hdfs-site.xml": HADOOP_HDFS_SITE_ANNOTATION,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PodData:
    """The sources of one pod, as its definition has them."""

    sources: tuple[DataSource, ...] = ()
    secrets: tuple[str, ...] = ()
    """Names of the Secrets that it mounts."""

    volumes: tuple[Manifest, ...] = ()
    mounts: tuple[Manifest, ...] = ()
    """Of each container."""

    variables: Mapping[str, str] = field(default_factory=dict)
    """What programs look for; whoever sets these otherwise may."""

    annotations: Mapping[str, str] = field(default_factory=dict)
    """The texts of files, which the pod mounts from its own annotations. So no object
    is made for them, and nothing more can be written by who makes the pod."""


def build_pod_data(
    sources: Sequence[DataSource], hdfs: HdfsSettings | None = None
) -> PodData:
    """Settle what a pod has before it is built.

    Args:
        sources: Those of S3 are only the ones whose keys its owner may use.
        hdfs: What clients of HDFS read; None for nothing.
    """
    hadoop_files = hdfs.files if hdfs else {}
    claims = [each for each in sources if each.claim]
    s3 = s3_sources(sources)
    texts = {
        f"{_HADOOP}/{name}": (_HADOOP_ANNOTATIONS[name], text)
        for name, text in hadoop_files.items()
    } | _aws_files(s3)
    volumes = [_claim_volume(each) for each in claims]
    mounts = [_mount(each) for each in claims]
    if texts:
        names = {path: annotation for path, (annotation, _) in texts.items()}
        volumes.append(_files_volume(names, s3))
        mounts.append({"name": _VOLUME, "mountPath": FOLDER, "readOnly": True})
    return PodData(
        sources=tuple(sources),
        secrets=tuple(dict.fromkeys(source.secret_name for _, source in s3)),
        volumes=tuple(volumes),
        mounts=tuple(mounts),
        variables=_variables(s3, has_hadoop=bool(hadoop_files)),
        annotations=dict(texts.values()),
    )


def _variables(s3: Sources, *, has_hadoop: bool) -> dict[str, str]:
    found = {}
    if s3:
        found["AWS_CONFIG_FILE"] = f"{FOLDER}/{_AWS}/config"
        found["AWS_SHARED_CREDENTIALS_FILE"] = f"{FOLDER}/{_AWS}/credentials"
        if endpoint := shared_endpoint(s3):
            found["AWS_ENDPOINT_URL"] = endpoint
    if has_hadoop:
        found["HADOOP_CONF_DIR"] = f"{FOLDER}/{_HADOOP}"
    return found


def _aws_files(s3: Sources) -> dict[str, tuple[str, str]]:
    """Return annotation and text of each file, by its path; none without sources."""
    if not s3:
        return {}
    credentials = render_credentials(s3, FOLDER)
    return {
        f"{_AWS}/config": (AWS_CONFIG_ANNOTATION, render_config(s3)),
        f"{_AWS}/credentials": (AWS_CREDENTIALS_ANNOTATION, credentials),
    }


def _files_volume(annotations: Mapping[str, str], s3: Sources) -> Manifest:
    items = [
        {
            "path": path,
            "fieldRef": {"fieldPath": f"metadata.annotations['{annotation}']"},
        }
        for path, annotation in annotations.items()
    ]
    projected = [{"downwardAPI": {"items": items}}, *_keys(s3)]
    return {
        "name": _VOLUME,
        "projected": {"defaultMode": 0o444, "sources": projected},
    }


def _keys(s3: Sources) -> Iterable[Manifest]:
    for name, source in s3:
        yield {
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


def _claim_volume(source: DataSource) -> Manifest:
    return {
        "name": f"{_VOLUME}-{source.name}",
        "persistentVolumeClaim": {"claimName": source.claim},
    }


def _mount(source: DataSource) -> Manifest:
    mount: Manifest = {
        "name": f"{_VOLUME}-{source.name}",
        "mountPath": source.mount_path,
    }
    if source.sub_path:
        mount["subPath"] = source.sub_path
    if source.read_only:
        mount["readOnly"] = True
    return mount
