"""Keys of cephx: who holds which, and what each may do.

- ``client.mounts`` is the nodes': it reads and writes, and sets neither quotas, layouts
  nor snapshots. It mounts the one file system that every pod sees through a sub-path.
- ``client.operator`` is the operator's of projects alone: quotas and snapshots besides.
- ``client.admin`` stays with the monitor, and is used through it.

The limit of a key to a path is the metadata server's alone: with such a key one still
reads the whole pool as objects. So no key is ever in a pod of a user.
"""

import base64
import json
import os
import struct
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from mofang_local.ceph.settings import FILE_SYSTEM
from mofang_local.files import is_written, write_private

MON, ADMIN = "mon.", "client.admin"
MGR, OSD, MDS, RGW = "mgr.a", "osd.0", "mds.a", "client.rgw.a"
BOOTSTRAP_OSD = "client.bootstrap-osd"
MOUNTS, OPERATOR = "client.mounts", "client.operator"

_BLOCKLIST = "allow command 'osd blocklist' with blocklistop=add"
"""By which a mount ends the session of the one before it."""

_MON_OF_CLIENTS = f"allow r fsname={FILE_SYSTEM}, {_BLOCKLIST}"
_OSD_OF_CLIENTS = f"allow rw tag cephfs data={FILE_SYSTEM}"

CAPABILITIES: Mapping[str, Mapping[str, str]] = {
    MON: {"mon": "allow *"},
    ADMIN: {"mon": "allow *", "mgr": "allow *", "osd": "allow *", "mds": "allow *"},
    MGR: {"mon": "allow profile mgr", "osd": "allow *", "mds": "allow *"},
    OSD: {
        "mon": "allow profile osd",
        "mgr": "allow profile osd",
        "osd": "allow *",
    },
    MDS: {
        "mon": "allow profile mds",
        "mgr": "allow profile mds",
        "osd": "allow rw tag cephfs *=*",
        "mds": "allow *",
    },
    RGW: {"mon": "allow rw", "mgr": "allow rw", "osd": "allow rwx"},
    BOOTSTRAP_OSD: {"mon": "allow profile bootstrap-osd"},
    MOUNTS: {
        "mon": _MON_OF_CLIENTS,
        "osd": _OSD_OF_CLIENTS,
        "mds": f"allow rw fsname={FILE_SYSTEM}",
    },
    OPERATOR: {
        "mon": _MON_OF_CLIENTS,
        "osd": _OSD_OF_CLIENTS,
        "mds": f"allow rwps fsname={FILE_SYSTEM}",
    },
}
"""Entity → what it may do, by the kind of daemon that it asks."""


def new_key() -> str:
    """Make a secret as Ceph writes it: kind, time and length, then 16 bytes."""
    secret = os.urandom(16)
    head = struct.pack("<HIIH", 1, int(time.time()), 0, len(secret))
    return base64.b64encode(head + secret).decode()


def keys(path: Path) -> dict[str, str]:
    """Return the key of each entity, from a private file that is made once."""
    found = dict(json.loads(path.read_text())) if is_written(path) else {}
    missing = CAPABILITIES.keys() - found.keys()
    if missing:
        found |= {entity: new_key() for entity in sorted(missing)}
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private(path, json.dumps(found))
    return found


def keyring(known: Mapping[str, str], entities: Iterable[str]) -> str:
    """Write some entities' keys as the programs of Ceph read them.

    Args:
        known: Key of each entity.
        entities: Those that are to be in it.
    """
    return "".join(f"[{each}]\n\tkey = {known[each]}\n" for each in entities)


def initial_keyring(known: Mapping[str, str]) -> str:
    """Write what the first monitor begins with: every key and what it may do."""
    parts = []
    for entity, capabilities in CAPABILITIES.items():
        lines = [f"\tkey = {known[entity]}"]
        lines += [
            f'\tcaps {kind} = "{allowed}"' for kind, allowed in capabilities.items()
        ]
        parts.append("\n".join([f"[{entity}]", *lines, ""]))
    return "\n".join(parts)
