"""The configuration of AWS' tools, so that programs read S3 sources without any. Pure.

botocore reads it, and so do boto3, s3fs, fsspec, pandas and the command line. Keys are
not in it: it says how a program reads them from files of the project's Secret.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from mofang_spawner.data_sources.models import DataSource, S3Source

KEY_FILE = "AWS_ACCESS_KEY_ID"
SECRET_FILE = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 - name of a file
"""Keys of the Secret, as Rook writes them for a bucket claim."""

SECRETS_FOLDER = "secrets"
"""Where a source's keys are, in a directory of its name below the one of the files."""

URL_SETTING = "mofang_url"
"""Of a source's own profile: what it holds, for the file browser in servers. AWS' tools
leave alone what they do not know."""

Sources = Sequence[tuple[str, S3Source]]
"""Names of profiles with their sources; the first is the default one as well."""


def s3_sources(sources: Sequence[DataSource]) -> Sources:
    """Return those of S3, by their names."""
    return [(source.name, source.s3) for source in sources if source.s3]


def render_config(sources: Sources) -> str:
    """Return the file that ``AWS_CONFIG_FILE`` names."""
    default = [_profile("default", source) for _, source in sources[:1]]
    named = [
        _profile(f"profile {name}", source, f"{URL_SETTING} = {source.url}")
        for name, source in sources
    ]
    return "\n".join([*default, *named])


def render_credentials(sources: Sources, folder: str) -> str:
    """Return the file that ``AWS_SHARED_CREDENTIALS_FILE`` names.

    Args:
        sources: Those whose keys the pod has.
        folder: Where the pod has the files.
    """
    titled = [("default", name) for name, _ in sources[:1]]
    titled += [(name, name) for name, _ in sources]
    return "\n".join(
        f"[{title}]\ncredential_process = "
        f"{_process(f'{folder}/{SECRETS_FOLDER}/{name}')}\n"
        for title, name in titled
    )


def shared_endpoint(sources: Sources) -> str:
    """Return the endpoint that all sources have; empty where they differ.

    Some libraries (Arrow, Polars) read the variable and not the file. To botocore it
    counts for all profiles.
    """
    endpoints = {source.endpoint for _, source in sources}
    return endpoints.pop() if len(endpoints) == 1 else ""


def _profile(title: str, source: S3Source, *more: str) -> str:
    lines = [f"[{title}]", f"region = {source.region}", *more]
    if source.endpoint:
        lines += [
            f"endpoint_url = {source.endpoint}",
            # Others than Amazon refuse the checksums that newer versions send.
            "request_checksum_calculation = when_required",
            "response_checksum_validation = when_required",
            # No names of buckets in DNS.
            "s3 =",
            "    addressing_style = path",
        ]
    return "\n".join([*lines, ""])


def _process(folder: str) -> str:
    # A key may have quotes and backslashes in it, of which JSON wants each marked.
    read = r"""v() { sed 's/["\\]/\\&/g' "$1"; }"""
    answer = r'{"Version":1,"AccessKeyId":"%s","SecretAccessKey":"%s"}'
    keys = f"k=$(v {folder}/{KEY_FILE}) && s=$(v {folder}/{SECRET_FILE})"
    script = f"""{read}; {keys} && printf '{answer}' "$k" "$s\""""
    return shlex.join(["sh", "-c", script])
