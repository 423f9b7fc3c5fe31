"""A server of S3 on loopback, which checks signatures and what keys may do (moto)."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import httpx
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer

from mofang_spawner.data_sources.models import DataSource
from mofang_spawner.data_sources.s3_config import s3_sources
from support.data_files import write_data_files

REGION = "us-east-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Server:
    """A running one; who administers it needs no keys until it is locked."""

    url: str
    keys: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Key and secret of each source."""

    def client(self, service: str = "s3") -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="administrator",
            aws_secret_access_key="administrator",
        )

    def make_bucket(self, name: str, objects: Mapping[str, bytes]) -> None:
        """Make a bucket, whose objects are put there without a request for each."""
        self.client().create_bucket(Bucket=name)
        backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
        for key, body in objects.items():
            backend.put_object(name, key, body)

    def make_user(self, name: str, buckets: Iterable[str]) -> None:
        """Make keys that read these buckets, and nothing else."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        what = [f"arn:aws:s3:::{each}{end}" for each in buckets for end in ("", "/*")]
        allowed = {
            "Effect": "Allow",
            "Action": ["s3:ListBucket", "s3:GetObject"],
            "Resource": what,
        }
        policy = {"Version": "2012-10-17", "Statement": [allowed]}
        iam.put_user_policy(
            UserName=name, PolicyName="reads", PolicyDocument=json.dumps(policy)
        )
        keys = iam.create_access_key(UserName=name)["AccessKey"]
        self.keys[name] = (keys["AccessKeyId"], keys["SecretAccessKey"])

    def lock(self) -> None:
        """Check each request from now on."""
        self._call("reset-auth", "0")

    def _call(self, path: str, text: str) -> None:
        httpx.post(
            f"{self.url}/moto-api/{path}", content=text, trust_env=False, timeout=60
        ).raise_for_status()

    def write_files(self, folder: Path, buckets: Mapping[str, str]) -> dict[str, str]:
        """Write what a pod has of these sources; return the variables it has.

        Args:
            folder: In place of ``/etc/mofang/data``.
            buckets: Bucket, perhaps with a prefix, by the name of a source.
        """
        sources = [
            DataSource.model_validate(
                {
                    "name": name,
                    "s3": {
                        "bucket": url.partition("/")[0],
                        "prefix": url.partition("/")[2],
                        "endpoint": self.url,
                        "secret": name,
                    },
                }
            )
            for name, url in buckets.items()
        ]
        return write_data_files(folder, s3_sources(sources), self.keys) | {
            "AWS_ENDPOINT_URL": self.url
        }


@contextmanager
def running_s3() -> Iterator[S3Server]:
    """Run a server without buckets; nothing of it stays."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    running = S3Server(url=f"http://{host}:{port}")
    try:
        # Another one of this process may have left its own.
        running._call("reset", "")
        yield running
    finally:
        running._call("reset-auth", "inf")
        server.stop()
