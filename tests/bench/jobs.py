"""How long a submission takes beside creating the same resource by hand."""

import asyncio
import copy
import secrets
import time
from typing import Any

from kubernetes_asyncio.client import CustomObjectsApi

from bench.table import Row
from mofang_kube import clients
from support.hub import HubSession
from support.jobs import api, submit
from support.platform import Platform

SERVER = "vision-base"
_API = ("kubeflow.org", "v1", "mofang-project-vision", "pytorchjobs")


def rows(platform: Platform, session: HubSession, rounds: int) -> list[Row]:
    """Until the object is there: ours through the notebook's server, bare."""
    first = submit(session, SERVER, name="bench", script="/home/jovyan/sleep.py")
    spec, pattern = (
        first["spec"],
        platform.get("pytorchjob", first["id"], "-n", _API[2]),
    )
    api(session, SERVER, "DELETE", f"jobs/{first['id']}")
    ours = []
    for _ in range(rounds):
        began = time.monotonic()
        made = api(session, SERVER, "POST", "jobs", json=spec)
        ours.append((time.monotonic() - began) * 1000)
        assert made.status_code == 201, made.text
        api(session, SERVER, "DELETE", f"jobs/{made.json()['id']}")
    return [
        Row(
            name="submit → job object",
            unit="ms",
            ours=ours,
            baseline_name="bare create",
            baseline=asyncio.run(_bare(pattern, rounds)),
        )
    ]


async def _bare(pattern: dict[str, Any], rounds: int) -> list[float]:
    client = await clients.load()
    objects, found = CustomObjectsApi(client), []
    for _ in range(rounds):
        body = copy.deepcopy(pattern)
        name = f"bench-{secrets.token_hex(3)}"
        kept = ("labels", "annotations")
        metadata = {key: body["metadata"].get(key, {}) for key in kept}
        body["metadata"] = {"name": name, **metadata}
        body.pop("status", None)
        began = time.monotonic()
        await objects.create_namespaced_custom_object(*_API, body)
        found.append((time.monotonic() - began) * 1000)
        await objects.delete_namespaced_custom_object(*_API, name)
    await client.close()
    return found
