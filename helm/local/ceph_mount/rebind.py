"""Give running containers the new mount in place of one whose process is gone.

A container sees a sub-path by a mount of its own, which stays with the file system that
it was made of. When ceph-fuse has been started anew, that is another file system: every
container would answer *transport endpoint is not connected* until it is made anew. So
each of those mounts is replaced by the same directory of the new one, below the old one
and before that one goes: at no moment is the container's own disk seen there.
"""

import ctypes
import errno
import os
from collections.abc import Iterable
from pathlib import Path

from ceph_mount.mounts import Mount, affected, namespaces

_AT_FDCWD = -100
_AT_EMPTY_PATH = 0x1000
_OPEN_TREE = 428
_MOVE_MOUNT = 429
_MOUNT_SETATTR = 442
_OPEN_TREE_CLONE = 1
_OPEN_TREE_CLOEXEC = os.O_CLOEXEC
_FROM_EMPTY_PATH = 0x4
_BENEATH = 0x200
_ATTRIBUTES = {"ro": 0x1, "nosuid": 0x2, "nodev": 0x4, "noexec": 0x8}
_PRIVATE = 1 << 18
_MNT_DETACH = 2
_REPLACED, _LIVES = "replaced", "lives"
_libc = ctypes.CDLL(None, use_errno=True)


class _Attributes(ctypes.Structure):
    _fields_ = (
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


def rebind(target: Path, devices: frozenset[str]) -> tuple[int, list[str]]:
    """Replace mounts of the old file systems in every mount namespace.

    Args:
        target: Where the new one is mounted.
        devices: Numbers of the old ones.

    Returns:
        How many were replaced, and why others were not.
    """
    replaced, failures = 0, []
    for process in namespaces():
        try:
            text = Path(f"/proc/{process}/mountinfo").read_text()
        except OSError:
            continue
        for mount in affected(text, devices):
            said = _in_child(target, process, mount)
            if said == _REPLACED:
                replaced += 1
            elif said != _LIVES:
                failures.append(f"{mount.point} of process {process}: {said}")
    return replaced, failures


def _in_child(target: Path, process: int, mount: Mount) -> str:
    """Replace one, in a process that may leave this mount namespace."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, _replace(target, process, mount).encode())
        except BaseException as error:  # noqa: BLE001 - nobody else would hear of it
            os.write(writer, repr(error).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        said = stream.read()
    os.waitpid(child, 0)
    return said


def _is_dead(point: str) -> bool:
    try:
        # Unlike a file's attributes, this is never answered from a cache.
        os.statvfs(point)
    except OSError as error:
        return error.errno == errno.ENOTCONN
    return False


def _replace(target: Path, process: int, mount: Mount) -> str:
    source = f"{target}{mount.root}".rstrip("/")
    tree = _call(
        _OPEN_TREE,
        _AT_FDCWD,
        source.encode(),
        _OPEN_TREE_CLONE | _OPEN_TREE_CLOEXEC,
    )
    _set_attributes(tree, mount.options)
    namespace = os.open(f"/proc/{process}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    if _libc.setns(namespace, 0):
        _raise("setns")
    if not _is_dead(mount.point):
        return _LIVES
    point = mount.point.encode()
    _call(_MOVE_MOUNT, tree, b"", _AT_FDCWD, point, _FROM_EMPTY_PATH | _BENEATH)
    if _libc.umount2(point, _MNT_DETACH):
        _raise("umount2")
    return _REPLACED


def _set_attributes(tree: int, options: Iterable[str]) -> None:
    wanted = sum(flag for name, flag in _ATTRIBUTES.items() if name in options)
    attributes = _Attributes(attr_set=wanted, propagation=_PRIVATE)
    _call(
        _MOUNT_SETATTR,
        tree,
        b"",
        _AT_EMPTY_PATH,
        ctypes.byref(attributes),
        ctypes.sizeof(attributes),
    )


def _call(number: int, *arguments: object) -> int:
    found = _libc.syscall(number, *arguments)
    if found < 0:
        _raise(str(number))
    return int(found)


def _raise(what: str) -> None:
    code = ctypes.get_errno()
    raise OSError(code, f"{what}: {os.strerror(code)}")
