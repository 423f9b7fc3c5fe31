"""Home and project are cleaned up and put back by a real hub, reconciler and CephFS."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from cluster.test_jobs_world import eventually
from cluster.test_killed_reconciler import GROUP, Case, running_case
from kubernetes_asyncio import client
from unit.hub_pages.hub import running_hub

from mofang_files.cleaned_root import CleanedRoot
from mofang_files.cleanup import Cleaner
from mofang_files.hub import HubClient
from mofang_files.kinds import project_layout
from mofang_files.records import Mode
from mofang_hub.auth.scopes import (
    CLEAN_PROJECT,
    CUSTOM_SCOPES,
    SNAPSHOT_HOME,
    load_roles,
)
from mofang_kube.names import UID
from mofang_kube.objects import ObjectStorage
from mofang_kube.watcher import Watcher
from mofang_local.ceph.cluster import CephCluster
from mofang_spawner.environments.catalog import Catalog
from mofang_spawner.volumes.homes import HOMES_PATH, Homes, trim_home
from mofang_spawner.volumes.projects import ProjectDirectories
from support.ceph import mount_on

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOP = "cleaned"
COLLEAGUE = "ben"
WEIGHTS = "runs/checkpoint-5/model.safetensors"


@pytest.fixture(scope="module")
def root(ceph: CephCluster) -> Iterator[Path]:
    """A storage of the reconciler's, with the key that makes snapshots."""
    path = ceph.settings.operator_mount / TOP
    path.mkdir()
    yield path
    for folder in [*path.glob("*"), *path.glob("*/*")]:
        for each in (folder / ".snap").glob("mofang-*"):
            each.rmdir()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def case(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Case]:
    """A reconciler on it, with the home and the project that it made."""
    folder = tmp_path_factory.mktemp("reconciler")
    async with running_case(root, folder, {"type": "cephfs"}) as made:
        made.reconciler.start()
        await made.ask()
        await made.wait(made.is_made)
        roles = {made.home: "admin", COLLEAGUE: "member"}
        members = [{"user": user, "role": role} for user, role in roles.items()]
        await made.objects.patch_cluster_custom_object(
            *GROUP,
            "projects",
            made.project,
            {"spec": {"members": members}},
            _content_type="application/merge-patch+json",
        )
        yield made


@asynccontextmanager
async def hub_context(api: client.ApiClient) -> AsyncIterator[SimpleNamespace]:
    """What a hub's spawners share of this, on the running platform's API server."""
    objects = ObjectStorage(api, field_manager="mofang-hub")
    catalog, homes = (
        Catalog.of_cluster(api, {}),
        Watcher(api, HOMES_PATH, trim=trim_home),
    )

    async def ready() -> None:
        homes.start()
        await catalog.ready()
        await homes.has_synced.wait()

    try:
        yield SimpleNamespace(
            ready=ready,
            catalog=catalog,
            homes=Homes(objects, homes),
            project_directories=ProjectDirectories(objects, catalog.watchers[1]),
        )
    finally:
        await homes.stop()
        await catalog.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def clients(
    case: Case, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[str, HubClient]]:
    """What servers of two people ask a real hub with, by the names of these."""
    async with hub_context(case.api) as context:

        def change(c: Any) -> None:
            c.JupyterHub.custom_scopes = CUSTOM_SCOPES
            c.JupyterHub.load_roles = load_roles()
            # The training service's scope needs the service.
            c.JupyterHub.services = [{"name": "training", "api_token": "x" * 32}]
            c.JupyterHub.spawner_class.context = lambda spawner: context

        async with running_hub(tmp_path_factory.mktemp("hub"), change) as hub:
            found = {}
            for name in (case.home, COLLEAGUE):
                person = await hub.visit(name)
                scopes = [SNAPSHOT_HOME, CLEAN_PROJECT]
                tokens = f"users/{name}/tokens"
                answer = await person.call("POST", tokens, scopes=scopes)
                found[name] = HubClient(
                    url=f"{person.http.base_url.join('/hub/api')}",
                    token=answer.json()["token"],
                    answer_seconds=60,
                )
            yield found


def fill(folder: Path, *names: str) -> None:
    """Write files where those who share a directory may remove them."""
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(3_000_000))
    for each in [folder, *folder.rglob("*")]:
        os.chown(each, UID, UID)


async def ids_of(cleaner: Cleaner, *paths: str) -> list[str]:
    """Return the ids of items once the file system's own counts show them all."""

    async def listed() -> list[str]:
        found = (await cleaner.list_items())["items"]
        assert isinstance(found, list)
        ids = {each["path"]: each["id"] for each in found}
        return [ids[path] for path in paths] if ids.keys() >= set(paths) else []

    return await eventually(listed)


async def test_a_home_is_cleaned_up_and_put_back_through_the_hub(
    case: Case, clients: dict[str, HubClient]
) -> None:
    home = mount_on("cpu-1") / TOP / "users" / case.home
    await asyncio.to_thread(fill, home, ".cache/pip/http/wheel", "work/train.py")
    kept = (home / ".cache/pip/http/wheel").read_bytes()
    cleaner = Cleaner(
        CleanedRoot(path=home), clients[case.home].snapshot, find_unneeded=set
    )
    chosen = await ids_of(cleaner, ".cache/pip")
    assert cleaner.keeps_snapshots

    done = await cleaner.clean(chosen, Mode.SNAPSHOT)

    assert (done["removed"], done["skipped"]) == (1, [])
    assert not (home / ".cache/pip").exists()
    (snapshot,) = (home / ".snap").glob("mofang-requested-*")
    # What a later server knows of it is in the home.
    later = Cleaner(CleanedRoot(path=home), clients[case.home].snapshot)
    assert (await later.undo(str(done["undo"])))["restored"] == 1
    assert (home / ".cache/pip/http/wheel").read_bytes() == kept
    assert (snapshot / "work/train.py").exists()


async def test_a_project_is_cleaned_up_by_role_and_put_back_through_the_hub(
    case: Case, clients: dict[str, HubClient]
) -> None:
    folder = mount_on("cpu-1") / TOP / "projects" / case.project
    await asyncio.to_thread(fill, folder, "ben/.cache/pip/http/wheel", WEIGHTS)
    kept = (folder / WEIGHTS).read_bytes()

    def cleaner_of(name: str) -> Cleaner:
        hub = clients[name]
        return Cleaner(
            CleanedRoot(path=folder, layout=project_layout(UID)),
            partial(hub.project_snapshot, case.project),
            find_allowed=partial(hub.removable_kinds, case.project),
            find_unneeded=set,
        )

    admin, member = cleaner_of(case.home), cleaner_of(COLLEAGUE)
    chosen = await ids_of(admin, "ben/.cache/pip", "runs/checkpoint-5")
    answer = await member.list_items()
    assert answer["restricted"]
    assert [each["path"] for each in answer["items"]] == ["ben/.cache/pip"]

    done = await admin.clean(chosen, Mode.SNAPSHOT)

    assert (done["removed"], done["skipped"]) == (2, [])
    assert not (folder / WEIGHTS).exists()
    assert len(list((folder / ".snap").glob("mofang-requested-*"))) == 1
    assert (await admin.undo(str(done["undo"])))["restored"] == 2
    assert (folder / WEIGHTS).read_bytes() == kept
    await asyncio.to_thread(shutil.rmtree, folder / "runs")
