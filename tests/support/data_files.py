"""The files of S3 sources, as a pod has them at ``/etc/mofang/data``."""

from collections.abc import Mapping
from pathlib import Path

from mofang_spawner.data_sources.s3_config import (
    KEY_FILE,
    SECRET_FILE,
    SECRETS_FOLDER,
    Sources,
    render_config,
    render_credentials,
)


def write_data_files(
    folder: Path, sources: Sources, keys: Mapping[str, tuple[str, str]]
) -> dict[str, str]:
    """Write them into a folder; return the variables that name them.

    Args:
        folder: In place of the pod's.
        sources: What the pod has.
        keys: Key and secret by the name of a source, as the kubelet writes them.
    """
    aws = folder / "aws"
    aws.mkdir(exist_ok=True)
    (aws / "config").write_text(render_config(sources))
    (aws / "credentials").write_text(render_credentials(sources, str(folder)))
    for name, (key, secret) in keys.items():
        where = folder / SECRETS_FOLDER / name
        where.mkdir(parents=True, exist_ok=True)
        (where / KEY_FILE).write_text(key)
        (where / SECRET_FILE).write_text(secret)
    return {
        "AWS_CONFIG_FILE": str(aws / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(aws / "credentials"),
    }
