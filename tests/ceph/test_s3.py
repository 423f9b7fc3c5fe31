"""Buckets of a real radosgw, read and written by the files that a pod gets.

Libraries run beside the cluster first: what they are given is a folder as a pod has it
at ``/etc/mofang/data``, with the keys as the kubelet writes them of a Secret. Then a
job has all of that by its project's data source.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from cluster.test_jobs_world import World, eventually
from kubernetes_asyncio import client

from mofang_api.models import JobState
from mofang_local.ceph.cluster import CephCluster
from mofang_local.ceph.settings import S3_PORT
from mofang_spawner.data_sources.models import DataSource
from mofang_spawner.data_sources.s3_config import KEY_FILE, SECRET_FILE, s3_sources
from support.ceph import SETTINGS, forwarded_s3
from support.data_files import write_data_files

pytest_plugins = ["cluster.test_jobs_world"]

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


BROWSED = """
import os, pathlib
from mofang_files import buckets
from mofang_files.data_sources import BucketSource, DataSources
from mofang_files.errors import FilesError
sources = DataSources(config=pathlib.Path(os.environ["AWS_CONFIG_FILE"]))
source, reader = sources.bucket("lake"), buckets.BucketReader()
for key in ("a/1", "b/2", "c", "/d", "ä ö+%25"):
    body = f"of {key}".encode()
    reader._client(source).put_object(Bucket=NAME, Key=f"seen/{key}", Body=body)
listing = reader.list(source, "seen/")
print(listing.directories, [each.name for each in listing.objects])
print([each.name for each in reader.list(source, "seen/", starts="c").objects])
print(reader.read(source, "seen/ä ö+%25")[0].decode())
buckets.PAGE, names, after = 2, [], ""
while after is not None:
    page = reader.list(source, "seen/", after=after)
    assert len(page.directories) + len(page.objects) <= 2
    names += page.directories + [each.name for each in page.objects]
    after = page.next
print(sorted(names))
for bucket, key in (("others", ""), ("none", ""), (NAME, "a" * 1100)):
    try:
        asked = BucketSource(name="lake", bucket=bucket, prefix="")
        reader.read(asked, key) if key else reader.list(asked, "")
    except FilesError as refusal:
        print(refusal.code)
"""

JOB = """
import argparse, os, fsspec
parser = argparse.ArgumentParser()
parser.add_argument("--data_url")
parser.add_argument("--train_url")
urls = parser.parse_args()
with fsspec.open(f"{urls.data_url}/words.txt") as file:
    words = file.read().decode()
with fsspec.open(f"{urls.train_url}/result.txt", "wb") as file:
    file.write(words.upper().encode())
print(urls.data_url, sorted(name for name in os.environ if "SECRET" in name))
"""

WRITE = """
import boto3
client = boto3.client("s3")
client.create_bucket(Bucket=NAME)
client.put_object(Bucket=NAME, Key="vision/in/words.txt", Body=b"read by a job")
"""

READ = """
import boto3
client = boto3.client("s3")
found = client.get_object(Bucket=NAME, Key="vision/runs/1/result.txt")
print(found["Body"].read().decode())
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
def keys(ceph: CephCluster) -> dict[str, Keys]:
    return {name: make_user(ceph, name) for name in ("lake", "other")}


@pytest.fixture(scope="module")
def run(
    keys: dict[str, Keys], endpoint: str, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    folder = tmp_path_factory.mktemp("data")
    bodies = [
        {"name": name, "s3": {"bucket": name, "secret": name, "endpoint": endpoint}}
        for name in keys
    ]
    sources = s3_sources([DataSource.model_validate(each) for each in bodies])
    files = write_data_files(
        folder,
        sources,
        {name: (each.access, each.secret) for name, each in keys.items()},
    )
    variables = {
        name: value for name, value in os.environ.items() if not name.startswith("AWS_")
    }
    # Neither a home's files nor a proxy are to count.
    variables |= files | {"HOME": str(folder), "NO_PROXY": "127.0.0.1"}

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


def test_the_panel_of_jupyterlab_lists_and_reads_a_bucket(run: Run) -> None:
    """After the tests above, which made both buckets."""
    names = ["c", "ä ö+%25"]
    listed, found, text, paged, *refused = run(BROWSED, NAME="lake")
    assert listed == f"{['', 'a', 'b']} {names}"
    assert (found, text) == ("['c']", "of ä ö+%25")
    assert paged == str(["", "a", "b", *names])
    assert refused == ["denied", "not_found", "bad_request"]


@pytest_asyncio.fixture(loop_scope="module")
async def project(world: World, keys: dict[str, Keys]) -> World:
    """The module's project, with a bucket that its pods reach."""
    core, objects = client.CoreV1Api(world.api), client.CustomObjectsApi(world.api)
    secret = client.V1Secret(
        metadata=client.V1ObjectMeta(name="mofang-secret-lake"),
        string_data={KEY_FILE: keys["lake"].access, SECRET_FILE: keys["lake"].secret},
    )
    await core.create_namespaced_secret(world.namespace, secret)
    await client.NetworkingV1Api(world.api).create_namespaced_network_policy(
        world.namespace, EGRESS
    )
    source = {
        "name": "lake",
        "readOnly": False,
        "s3": {
            "endpoint": f"http://rgw.{SETTINGS.namespace}.svc:{S3_PORT}",
            "bucket": "jobs",
            "prefix": "vision",
            "secret": "lake",
        },
    }
    where = ("mofang.dev", "v1alpha1", "projects", world.project)
    await objects.patch_cluster_custom_object(
        *where,
        {"spec": {"dataSources": [source]}},
        _content_type="application/merge-patch+json",
    )

    async def is_ready() -> bool:
        found = await objects.get_cluster_custom_object(*where)
        return {"key": "lake", "ready": True} in found["status"].get("dataSources", [])

    await eventually(is_ready)
    return world


EGRESS = {
    "metadata": {"name": "to-s3"},
    "spec": {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "egress": [
            {
                "to": [
                    {
                        "namespaceSelector": {
                            "matchLabels": {
                                "kubernetes.io/metadata.name": SETTINGS.namespace
                            }
                        }
                    }
                ],
                "ports": [{"port": S3_PORT}],
            }
        ],
    },
}
"""As an administrator opens it by ``egress.extraCidrs``, for one project alone."""


@pytest.mark.asyncio(loop_scope="module")
async def test_a_job_reads_and_writes_the_bucket_of_its_project(
    project: World, run: Run
) -> None:
    await asyncio.to_thread(run, WRITE, NAME="jobs")

    job = await project.submit(
        framework="single",
        script=project.write("shout.py", JOB),
        inputs=[{"name": "data_url", "path": "source://lake/in"}],
        outputs=[{"name": "train_url", "path": "source://lake/runs/1"}],
    )
    await project.until(job, JobState.SUCCEEDED, within=180)

    assert await asyncio.to_thread(run, READ, NAME="jobs") == ["READ BY A JOB"]
    log = (await project.call("GET", f"/{job.id}/logs/worker/0")).text
    assert "s3://jobs/vision/in []" in log
