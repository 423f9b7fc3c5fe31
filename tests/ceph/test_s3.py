"""Buckets of a real radosgw, read and written by the files that a pod gets.

The libraries run beside the cluster: what they are given is a folder as a pod has it at
``/etc/mofang/data``, with the keys as the kubelet writes them of a Secret.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mofang_local.ceph.cluster import CephCluster
from mofang_spawner.data_sources.models import DataSource
from mofang_spawner.data_sources.s3_config import (
    KEY_FILE,
    SECRET_FILE,
    render_config,
    render_credentials,
    s3_sources,
)
from support.ceph import forwarded_s3

BUCKETS = """
import boto3
client = boto3.client("s3")
client.create_bucket(Bucket=NAME)
client.put_object(Bucket=NAME, Key="vision/one.txt", Body=b"of boto3")
print(client.get_object(Bucket=NAME, Key="vision/one.txt")["Body"].read().decode())
"""

LARGE = """
import boto3, io
client = boto3.client("s3")
# In parts, as what has more than 8 MB is sent.
client.upload_fileobj(io.BytesIO(bytes(20_000_000)), NAME, "vision/large")
print(client.head_object(Bucket=NAME, Key="vision/large")["ContentLength"])
"""

FILES = """
import s3fs
files = s3fs.S3FileSystem()
with files.open(f"s3://{NAME}/vision/two.txt", "w") as file:
    file.write("of s3fs")
print(files.cat(f"s3://{NAME}/vision/two.txt").decode())
print(sorted(files.ls(f"s3://{NAME}/vision")))
"""

FRAMES = """
import pandas
pandas.DataFrame({"a": [1, 2]}).to_csv(f"s3://{NAME}/vision/t.csv", index=False)
print(int(pandas.read_csv(f"s3://{NAME}/vision/t.csv")["a"].sum()))
"""

CHECKPOINT = """
# What torch's checkpoints and datasets open URLs by.
import fsspec
with fsspec.open(f"s3://{NAME}/vision/model.bin", "wb") as file:
    file.write(b"weights")
with fsspec.open(f"s3://{NAME}/vision/model.bin", "rb") as file:
    print(file.read().decode())
"""

FOREIGN = """
import boto3, botocore
try:
    boto3.Session(profile_name=PROFILE).client("s3").list_objects_v2(Bucket=NAME)
    print("allowed")
except botocore.exceptions.ClientError as error:
    print(error.response["Error"]["Code"])
"""


@dataclass(frozen=True, slots=True)
class Keys:
    """One user of radosgw."""

    access: str
    secret: str


Run = Callable[..., list[str]]
"""Runs a program that sees two sources; returns the lines it printed."""


@pytest.fixture(scope="module")
def endpoint(ceph: CephCluster) -> Iterator[str]:
    with forwarded_s3() as url:
        yield url


def make_user(ceph: CephCluster, name: str) -> Keys:
    said = ceph.run(
        *("radosgw-admin", "user", "create", f"--uid={name}", f"--display-name={name}"),
        "--format=json",
    )
    [keys] = json.loads(said[said.index("{") :])["keys"]
    return Keys(keys["access_key"], keys["secret_key"])


@pytest.fixture(scope="module")
def run(
    ceph: CephCluster, endpoint: str, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    folder = tmp_path_factory.mktemp("data")
    bodies = [
        {"name": name, "s3": {"bucket": name, "secret": name, "endpoint": endpoint}}
        for name in ("lake", "other")
    ]
    sources = s3_sources([DataSource.model_validate(each) for each in bodies])
    for name, _ in sources:
        write_keys(folder / "secrets" / name, make_user(ceph, name))
    aws = folder / "aws"
    aws.mkdir()
    (aws / "config").write_text(render_config(sources))
    (aws / "credentials").write_text(render_credentials(sources, str(folder)))
    variables = {
        name: value for name, value in os.environ.items() if not name.startswith("AWS_")
    } | {
        "AWS_CONFIG_FILE": str(aws / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(aws / "credentials"),
        # Neither a home's files nor a proxy are to count.
        "HOME": str(folder),
        "NO_PROXY": "127.0.0.1",
    }

    def program(text: str, **names: str) -> list[str]:
        head = "".join(f"{key} = {value!r}\n" for key, value in names.items())
        more = {"AWS_PROFILE": names["AS"]} if "AS" in names else {}
        done = subprocess.run(
            [sys.executable, "-c", head + text],
            env=variables | more,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return program


def write_keys(folder: Path, keys: Keys) -> None:
    folder.mkdir(parents=True)
    (folder / KEY_FILE).write_text(keys.access)
    (folder / SECRET_FILE).write_text(keys.secret)


def test_programs_read_and_write_a_bucket_without_a_line_of_configuration(
    run: Run,
) -> None:
    assert run(BUCKETS, NAME="lake") == ["of boto3"]
    assert run(LARGE, NAME="lake") == ["20000000"]
    words, listed = run(FILES, NAME="lake")
    assert words == "of s3fs"
    assert "lake/vision/one.txt" in listed
    assert "lake/vision/two.txt" in listed
    assert run(FRAMES, NAME="lake") == ["3"]
    assert run(CHECKPOINT, NAME="lake") == ["weights"]


def test_each_source_has_keys_of_its_own(run: Run) -> None:
    """What one profile wrote, the keys of another do not read."""
    assert run(BUCKETS, NAME="others", AS="other") == ["of boto3"]
    assert run(FOREIGN, NAME="others", PROFILE="default") == ["AccessDenied"]
    assert run(FOREIGN, NAME="others", PROFILE="lake") == ["AccessDenied"]
    assert run(FOREIGN, NAME="others", PROFILE="other") == ["allowed"]
