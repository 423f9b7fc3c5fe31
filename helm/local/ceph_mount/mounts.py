"""What the kernel says of mounts, in this and in other mount namespaces."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

KIND = "fuse.ceph-fuse"
_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One line of ``/proc/PID/mountinfo``."""

    identity: int
    parent: int
    device: str
    """Number of the file system, such as ``0:52``: another one for each mounting."""

    root: str
    """Directory of the file system that is seen here."""

    point: str
    options: frozenset[str]
    kind: str
    """Of file system, such as ``fuse.ceph-fuse``."""


def parse(text: str) -> list[Mount]:
    """Read the content of a ``mountinfo``."""
    found = []
    for line in text.splitlines():
        head, _, tail = line.partition(" - ")
        identity, parent, device, root, point, options = head.split()[:6]
        found.append(
            Mount(
                identity=int(identity),
                parent=int(parent),
                device=device,
                root=_plain(root),
                point=_plain(point),
                options=frozenset(options.split(",")),
                kind=tail.split()[0],
            )
        )
    return found


def device_at(target: Path) -> str | None:
    """Number of the file system mounted at a path; None if there is none."""
    mounts = parse(Path("/proc/self/mountinfo").read_text())
    return next((m.device for m in reversed(mounts) if m.point == str(target)), None)


def namespaces() -> Iterator[int]:
    """One process of each mount namespace of the machine, by its number."""
    known: set[str] = set()
    for entry in sorted(Path("/proc").glob("[0-9]*"), key=lambda path: int(path.name)):
        try:
            namespace = str((entry / "ns" / "mnt").readlink())
        except OSError:
            # It has ended, or is a thread of the kernel.
            continue
        if namespace not in known:
            known.add(namespace)
            yield int(entry.name)


def affected(text: str, devices: frozenset[str]) -> list[Mount]:
    """Mounts of file systems that may be gone, without those inside of another one.

    The kernel gives a number again, so each is looked at before it is replaced.
    """
    mounts = [
        each for each in parse(text) if each.device in devices and each.kind == KIND
    ]
    identities = {each.identity for each in mounts}
    return [each for each in mounts if each.parent not in identities]


def _plain(text: str) -> str:
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), text)
