"""The reconciler killed at each of its writes, while it makes and removes.

A project and a home are made, and removed, by one that is killed over and over: before
and after each write to Kubernetes and to the file system.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import shutil
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
import yaml
from cluster.test_jobs_world import STORAGE, eventually, the_configuration
from kubernetes_asyncio import client

from mofang_kube.names import UID
from support.api_proxy import running_proxy
from support.locked_out import locked_out
from support.platform import Platform
from support.reconciler_kills import ReconcilerKiller, lock_out_reconciler, probe
from support.reconciler_process import ReconcilerProcess
from support.service_kills import Moment, Write
from support.trees import facts, make_tree

pytestmark = pytest.mark.asyncio(loop_scope="module")

GROUP = ("mofang.dev", "v1alpha1")
WITHIN_SECONDS = 120
MOMENTS: tuple[Moment, ...] = ("before", "after")
Part = Literal["kubernetes", "file system"]
Writes = tuple[list[tuple[Part, str]], list[tuple[Part, str]]]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kill:
    """One write, and when the reconciler dies."""

    part: Part
    what: str
    moment: Moment


@dataclass(kw_only=True)
class Case:
    """A reconciler of the test's own, and what it makes."""

    project: str
    home: str
    root: Path
    reconciler: ReconcilerProcess
    killer: ReconcilerKiller
    api: client.ApiClient
    foreign: dict[str, Any] = field(default_factory=dict)
    """What others have on the file system."""

    home_quota: dict[str, Any] = field(default_factory=dict)
    """What was asked for last."""

    @property
    def objects(self) -> client.CustomObjectsApi:
        return client.CustomObjectsApi(self.api)

    @property
    def core(self) -> client.CoreV1Api:
        return client.CoreV1Api(self.api)

    @property
    def own(self) -> set[str]:
        """Directories of the project and of the home."""
        return {
            f"projects/{self.project}",
            f"logs/{self.project}",
            f"users/{self.home}",
        }

    async def ask(self) -> None:
        """Ask for the project and for the home."""
        for plural, kind, name, spec in (
            ("projects", "Project", self.project, {"displayName": "Killed"}),
            ("homes", "Home", self.home, {"user": self.home}),
        ):
            body = {
                "apiVersion": "/".join(GROUP),
                "kind": kind,
                "metadata": {"name": name},
                "spec": spec,
            }
            await self.objects.create_cluster_custom_object(*GROUP, plural, body)

    async def ask_again(self, number: int) -> None:
        """Change both, so that there is something to do for whoever comes next."""
        self.home_quota = {"files": number + 1}
        for plural, name, spec in (
            ("projects", self.project, {"displayName": f"Killed {number}"}),
            ("homes", self.home, {"quota": self.home_quota}),
        ):
            await self.objects.patch_cluster_custom_object(
                *GROUP,
                plural,
                name,
                {"spec": spec},
                _content_type="application/merge-patch+json",
            )

    async def ask_removal(self) -> None:
        for plural, name in (("projects", self.project), ("homes", self.home)):
            await self.objects.delete_cluster_custom_object(*GROUP, plural, name)

    async def is_made(self) -> bool:
        """Whether both say that they are ready."""
        for plural, name in (("projects", self.project), ("homes", self.home)):
            found = await self.objects.get_cluster_custom_object(*GROUP, plural, name)
            status = found.get("status", {})
            if status.get("phase") != "Ready":
                return False
            if status["observedGeneration"] != found["metadata"]["generation"]:
                return False
        return True

    async def left(self) -> list[str]:
        """What is there of project and home."""
        found = []
        for plural, name in (("projects", self.project), ("homes", self.home)):
            listed = await self.objects.list_cluster_custom_object(
                *GROUP, plural, field_selector=f"metadata.name={name}"
            )
            found += [f"{plural} {name}" for _ in listed["items"]]
        namespaces = await self.core.list_namespace(
            field_selector=f"metadata.name={self.killer.namespace}"
        )
        found += [each.metadata.name for each in namespaces.items]
        volumes = await self.core.list_persistent_volume()
        return found + [
            each.metadata.name
            for each in volumes.items
            if each.metadata.name.startswith(f"mofang-{self.project}-")
        ]

    async def is_removed(self) -> bool:
        return not await self.left()

    async def claims(self) -> dict[str, str]:
        """Phase of each claim of the project."""
        found = await self.core.list_namespaced_persistent_volume_claim(
            self.killer.namespace
        )
        return {each.metadata.name: each.status.phase for each in found.items}

    async def record(self, act: Any, until: Any) -> list[tuple[Part, str]]:
        """Let it do something undisturbed; return its writes, each of them once."""
        self.killer.arm()
        files = len(self.reconciler.file_writes)
        await act()
        await self.wait(until)
        writes: list[tuple[Part, str]] = [
            ("kubernetes", each.what) for each in self.killer.writes
        ]
        writes += [
            ("file system", each) for each in self.reconciler.file_writes[files:]
        ]
        return list(dict.fromkeys(writes))

    async def wait(self, until: Any) -> None:
        try:
            await eventually(until, within=WITHIN_SECONDS)
        except TimeoutError:
            left = await self.left()
            raise AssertionError(
                f"{until.__name__}: {left}\n{self.reconciler.said}"
            ) from None

    async def survive(self, kills: list[Kill], until: Any) -> list[Kill]:
        """Start it for each kill in turn, and at last let it finish.

        Returns:
            Those that it died of. A write that was made is not always made again.
        """
        died = []
        for number, each in enumerate(kills):
            self.killer.arm()
            if until == self.is_made:
                await self.ask_again(number)
            if each.part == "kubernetes":
                self.killer.arm(Write(what=each.what), each.moment)
                self.reconciler.start()
            else:
                self.reconciler.start(each.what, each.moment)

            async def is_over() -> bool:
                return not self.reconciler.is_alive or bool(await until())

            await eventually(is_over, within=WITHIN_SECONDS)
            if not self.reconciler.is_alive:
                died.append(each)
            self.reconciler.kill()
        self.killer.arm()
        self.reconciler.start()
        await self.wait(until)
        return died

    def forget_files(self) -> None:
        """Remove what removing a project leaves, so that it is made anew."""
        for each in self.own:
            (self.root / each).rmdir()

    async def check_made(self) -> None:
        """Everything is there, once, and nobody else has noticed."""
        claims = await self.claims()
        assert set(claims) >= {
            "mofang-users",
            "mofang-project",
            "mofang-global",
            "mofang-logs",
            "mofang-environments",
        }
        for name in self.own:
            state = (self.root / name).stat()
            assert state.st_uid == UID, name
            assert state.st_mode & 0o7777 in {0o770, 0o711}, name
        self.check_files()

    def check_files(self) -> None:
        """Nothing but the three directories has come, and nothing is changed."""
        now = facts(self.root)
        # Directories above change their times.
        shared = {
            *(".", "users", "projects", "logs", "global", "data", "audit"),
            "environments",
        }
        come = now.keys() - self.foreign.keys() - shared
        assert come <= self.own
        for name in self.foreign.keys() - shared:
            assert now[name] == self.foreign[name], name


@asynccontextmanager
async def removed_afterwards(
    api: client.ApiClient, project: str, home: str
) -> AsyncIterator[None]:
    """Have the platform's own reconciler remove what a test that failed has left."""
    objects = client.CustomObjectsApi(api)
    try:
        yield
    finally:
        for plural, name in (("projects", project), ("homes", home)):
            with suppress(client.ApiException):
                await objects.delete_cluster_custom_object(*GROUP, plural, name)
        for folder in (f"projects/{project}", f"logs/{project}", f"users/{home}"):
            shutil.rmtree(STORAGE / folder, ignore_errors=True)


def rendered_settings(root: Path, storage: dict[str, Any]) -> dict[str, Any]:
    """The running platform's settings, with a storage of the test's own.

    Args:
        root: Of the storage.
        storage: What its settings say otherwise.
    """
    found = Platform().get("configmap", "mofang-reconciler", "-n", "mofang")
    settings: dict[str, Any] = yaml.safe_load(found["data"]["reconciler.yaml"])
    settings["storageRoot"] = str(root)
    settings["storage"] |= storage
    return settings


def make_foreign(root: Path) -> None:
    """Make the home of somebody else, and another project's directory."""
    make_tree(root)
    (root / "projects" / "foreign").mkdir(parents=True)
    (root / "projects" / "foreign" / "model.pt").write_text("weights")


@asynccontextmanager
async def running_case(
    root: Path, folder: Path, storage: dict[str, Any], kind: type[Case] = Case
) -> AsyncIterator[Case]:
    """Have a reconciler that a test may kill, with a project and a home to itself.

    Args:
        root: Of its storage, with what others have.
        folder: For its settings and its log.
        storage: What its settings of the storage say otherwise.
        kind: What is made of it.
    """
    project = f"rk-{secrets.token_hex(3)}"
    home = f"{project}-ada"
    configuration = await the_configuration()
    async with (
        client.ApiClient(configuration) as api,
        removed_afterwards(api, project, home),
        locked_out(
            lock_out_reconciler(f"test-killed-{project}", project, home),
            probe(f"mofang-project-{project}"),
            said="has the project to itself",
        ),
        running_proxy(configuration) as proxy,
    ):
        reconciler = ReconcilerProcess(
            folder,
            api_server=proxy.url,
            settings=await asyncio.to_thread(rendered_settings, root, storage),
        )
        killer = ReconcilerKiller(reconciler, proxy, project, home)
        made = kind(
            project=project,
            home=home,
            root=root,
            reconciler=reconciler,
            killer=killer,
            api=api,
            foreign=facts(root),
        )
        try:
            yield made
            assert not killer.strays
        finally:
            reconciler.kill()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def case(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Case]:
    root = tmp_path_factory.mktemp("storage")
    make_foreign(root)
    async with running_case(root, tmp_path_factory.mktemp("reconciler"), {}) as made:
        yield made


LAST_KILLS = [
    Kill("kubernetes", "DELETE namespaces *", "after"),
    Kill("kubernetes", "DELETE persistentvolumes mofang-*-users", "before"),
]


def first_kills(case: Case) -> list[Kill]:
    return [
        Kill("kubernetes", "PATCH namespaces *", "after"),
        Kill("file system", f"mkdir {case.project}", "after"),
        Kill("file system", f"mkdir {case.home}", "after"),
    ]


async def made_once(case: Case) -> Writes:
    """Make and remove undisturbed; return the writes of both."""
    case.reconciler.start()
    making = await case.record(case.ask, case.is_made)
    await case.check_made()
    removing = await case.record(case.ask_removal, case.is_removed)
    case.reconciler.kill()
    case.check_files()
    case.forget_files()
    return making, removing


async def made_with_kills(case: Case, making: list[Kill], removing: list[Kill]) -> int:
    """Make and remove, killed at each of these; return how often it died."""
    await case.ask()
    died = await case.survive(making, case.is_made)
    await case.check_made()
    case.reconciler.kill()
    await case.ask_removal()
    died += await case.survive(removing, case.is_removed)
    case.reconciler.kill()
    case.check_files()
    case.forget_files()
    return len(died)


async def test_these_are_the_writes(case: Case) -> None:
    """Where most is half done is among what the long tests kill at."""
    making, removing = await made_once(case)

    assert {(each.part, each.what) for each in first_kills(case)} <= set(making)
    assert {(each.part, each.what) for each in LAST_KILLS} <= set(removing)


@pytest.mark.long
async def test_what_was_begun_is_finished(case: Case) -> None:
    first = first_kills(case)

    assert await made_with_kills(case, first, LAST_KILLS) == len(first + LAST_KILLS)


async def killed_at_every_write(case: Case, parts: Collection[Part]) -> None:
    """Make and remove undisturbed, and again with a kill before and after each write.

    Args:
        case: What is made.
        parts: Which writes.
    """
    making, removing = await made_once(case)

    kills = [
        [
            Kill(part, what, moment)
            for part, what in writes
            if part in parts
            for moment in MOMENTS
        ]
        for writes in (making, removing)
    ]
    died = await made_with_kills(case, *kills)

    log.info("died %d times at %d kills", died, sum(map(len, kills)))
    # What was made before is not made again, so not every kill comes to pass.
    assert died > len(kills[0]) // len(MOMENTS)


@pytest.mark.long
async def test_a_reconciler_killed_at_any_write(case: Case) -> None:
    await killed_at_every_write(case, {"kubernetes", "file system"})
