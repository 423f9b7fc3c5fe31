"""What directories cost on a CephFS, beside the same act on a local directory.

The Ceph is one of its own, beside whatever the platform stores on. Servers and jobs see
its mount on a node as it is here: a sub-path of a volume is a bind mount of it.
"""

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.servers import PROJECT, USER, Servers
from bench.table import Row, in_turn
from mofang_files.snapshots import opened_snapshots
from mofang_files.versions import list_versions
from mofang_kube.names import UID, user_slug
from mofang_projects.directories import TOP, home_directory, project_directory
from mofang_projects.settings import VolumeCategory
from mofang_storage.base import Quota, Storage
from mofang_storage.cephfs import CephFsStorage
from mofang_storage.plain import PlainStorage
from mofang_storage.snapshot_names import SnapshotReason, snapshot_name
from support.ceph import directories_on, mount_on, running_ceph
from support.platform import Platform

SMALL_FILES = 5_000
MANY_FILES = (10_000, 100_000)
GIGABYTE = 1_000_000_000
CHUNK = bytes(4_000_000)
SNAPSHOTS = 40
QUOTA = Quota(bytes=50 * GIGABYTE, files=1_000_000)


def timed(act: Callable[..., object], *arguments: object) -> float:
    """Return how long it took, in seconds."""
    began = time.perf_counter()
    act(*arguments)
    return time.perf_counter() - began


def write_small(folder: Path) -> None:
    for number in range(SMALL_FILES):
        below = folder / f"d{number // 100}"
        below.mkdir(parents=True, exist_ok=True)
        (below / f"f{number}").write_bytes(b"x" * 2_000)


def read_small(folder: Path) -> None:
    for each in folder.rglob("f*"):
        each.read_bytes()


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")
    command = ["git", "-C", str(folder), *identity, *arguments]
    subprocess.run(command, check=True, capture_output=True)


def write_large(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        for _ in range(GIGABYTE // len(CHUNK)):
            file.write(CHUNK)
        os.fsync(file.fileno())


def read_large(path: Path) -> None:
    with path.open("rb", buffering=0) as file:
        while file.read(len(CHUNK)):
            pass


def small_files(ours: Path, local: Path) -> Iterator[Row]:
    """Many small files: what an environment or a repository is."""
    for what, act in (
        ("written", write_small),
        ("read", read_small),
        ("removed", shutil.rmtree),
    ):
        yield row(
            f"{SMALL_FILES} small files {what}",
            [timed(act, ours / "small")],
            [timed(act, local / "small")],
        )
    for each in (ours / "tree", local / "tree"):
        write_small(each)
        git(each, "init", "-q")
        git(each, "add", ".")
        git(each, "commit", "-qm", "all")
    yield row(
        f"git status of {SMALL_FILES} files",
        *in_turn(
            3,
            lambda: timed(git, ours / "tree", "status"),
            lambda: timed(git, local / "tree", "status"),
        ),
    )


def large_file(ours: Path, other: Path, local: Path) -> Iterator[Row]:
    """One gigabyte; it is read where nothing of it is cached."""
    yield row(
        "1 GB written",
        [timed(write_large, ours / "large")],
        [timed(write_large, local / "large")],
    )
    descriptor = os.open(local / "large", os.O_RDONLY)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)
    yield row(
        "1 GB read",
        [timed(read_large, other / "large")],
        [timed(read_large, local / "large")],
    )


def directories(ceph: CephFsStorage, local: PlainStorage, top: Path) -> Iterator[Row]:
    """What the reconciler does for a person."""

    def made(storage: CephFsStorage | PlainStorage) -> Callable[[], float]:
        return lambda: timed(
            storage.ensure, home_directory(secrets.token_hex(4)), QUOTA
        )

    samples = in_turn(10, made(ceph), made(local))
    yield row("directory and quota of a person", *samples, unit="ms")
    home = home_directory("bench")
    ceph.ensure(home, QUOTA)
    there = 0
    for count in MANY_FILES:
        make_empty(top / str(home), there, count)
        there = count
        taken = datetime.now(UTC)
        name = snapshot_name(SnapshotReason.REQUESTED, taken)
        yield row(
            f"usage at {count} files",
            [timed(ceph.usage, home) for _ in range(20)],
            [timed(count_entries, top / str(home))],
            "a walk",
            unit="ms",
        )
        samples = [timed(ceph.snapshot, home, name)]
        yield row(f"snapshot at {count} files", samples, unit="ms")
        ceph.remove(home, name)


def make_empty(folder: Path, first: int, end: int) -> None:
    def make(start: int) -> None:
        below = folder / f"e{start}"
        below.mkdir()
        for number in range(start, start + 500):
            (below / str(number)).touch()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make, range(first, end, 500)))


def count_entries(folder: Path) -> None:
    subprocess.run(["du", "-s", str(folder)], check=True, capture_output=True)


def versions(ceph: CephFsStorage, top: Path, mounted: Path) -> Iterator[Row]:
    """Previous versions of a file that changed before each snapshot."""
    home = home_directory("versions")
    ceph.ensure(home)
    began = datetime(2026, 1, 1, tzinfo=UTC)
    taken = [began + timedelta(hours=hour) for hour in range(SNAPSHOTS)]
    names = [snapshot_name(SnapshotReason.HOURLY, each) for each in taken]
    files = [f"file-{number}" for number in range(10)]
    for number, name in enumerate(names):
        for each in files:
            (top / str(home) / each).write_text(str(number))
        ceph.snapshot(home, name)

    def listed(name: str) -> None:
        folder = mounted / str(home)
        with opened_snapshots(folder) as snapshots:
            assert snapshots is not None
            assert len(list_versions(snapshots, name)) == SNAPSHOTS

    yield row(
        f"versions of a file at {SNAPSHOTS} snapshots, first look",
        [timed(listed, each) for each in files],
        unit="ms",
    )
    for name in names:
        ceph.remove(home, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """Of a storage that a server's directories may be on."""

    storage: Storage
    of_node: Callable[[str], Path]
    """Where a node has it, by the node's name."""


def server_start(
    platform: Platform, servers: Servers, ours: Root, local: Root, rounds: int
) -> Iterator[Row]:
    """Until a server is ready whose home and project are on the one or the other.

    Args:
        platform: The running one.
        servers: Starts and stops it.
        ours: Ceph's.
        local: Of a local directory.
        rounds: How often.
    """
    directories = (home_directory(user_slug(USER)), project_directory(PROJECT))

    def started(root: Root) -> Callable[[], float]:
        for each in (TOP[VolumeCategory.PROJECT], *directories):
            root.storage.ensure(each)
        names = [str(each) for each in directories]

        def start() -> float:
            with directories_on(root.of_node, platform.storage, names):
                return servers.ours()

        return start

    subjects = started(ours), started(local)
    # What JupyterLab makes in a home at its first start.
    in_turn(1, *subjects)
    yield row("start → server ready", *in_turn(rounds, *subjects))


def row(
    name: str,
    ours: list[float],
    baseline: list[float] | None = None,
    baseline_name: str = "local",
    *,
    unit: str = "s",
) -> Row:
    """Return a row of samples in seconds, in its unit, ``s`` or ``ms``."""
    factor = 1000 if unit == "ms" else 1
    return Row(
        name=f"Ceph: {name}",
        unit=unit,
        ours=[each * factor for each in ours],
        baseline=[each * factor for each in baseline or []],
        baseline_name=baseline_name if baseline else "",
    )


def rows(platform: Platform, servers: Servers, rounds: int) -> Iterator[Row]:
    """Figures of a Ceph that is started for them."""
    with running_ceph() as cluster, tempfile.TemporaryDirectory() as folder:
        local = Path(folder)
        top, mounted = cluster.settings.operator_mount, mount_on("cpu-1")
        for each in (top, local):
            (each / "bench").mkdir()
        yield from small_files(mounted / "bench", local / "bench")
        other = mount_on("gpu-1")
        yield from large_file(mounted / "bench", other / "bench", local / "bench")
        ceph, plain = CephFsStorage(top, UID), PlainStorage(local, UID)
        for each in (ceph, plain):
            each.ensure(TOP[VolumeCategory.USERS])
        yield from server_start(
            platform,
            servers,
            Root(storage=ceph, of_node=cluster.settings.mount),
            Root(storage=plain, of_node=lambda _: local),
            rounds,
        )
        yield from directories(ceph, plain, top)
        yield from versions(ceph, top, mounted)
