"""End the session of a mount whose process is gone.

The metadata server keeps a client that fell silent for a minute, with all that it had
locked, and whoever comes next waits for that long. The monitor's blocklist ends the
session at once, and what is left of the old process can write no more.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

EXPIRE_SECONDS = 3600.0
"""By then every trace of the old process is gone."""

CONNECT_SECONDS = 10


class KeyRefusedError(OSError):
    """The cluster has another key for a client, or none."""

    def __init__(self, client: str) -> None:
        super().__init__(
            f"The cluster refuses the key of client.{client}. It was rotated or "
            f"removed there. `make up` gives the cluster the platform's key again; of "
            f"a cluster of your own, put what `ceph auth get-key client.{client}` "
            f"prints into the Secret. This goes on by itself then."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What whoever comes next finds on the node of the mounts before."""

    address: str
    """Of the client, as the cluster knows it; empty once the session was ended."""

    devices: tuple[str, ...]
    """Numbers of file systems, as in ``mountinfo``, that containers may still see."""


def write(record: Path, session: Session) -> None:
    """Write a session down, for whoever comes after this process."""
    temporary = record.with_name(f".{record.name}.new")
    temporary.write_text(json.dumps(asdict(session)))
    temporary.replace(record)


def read(record: Path) -> Session | None:
    """Return the session that was written down last; None if there is none."""
    try:
        found = json.loads(record.read_text())
        return Session(address=found["address"], devices=tuple(found["devices"]))
    except (FileNotFoundError, ValueError, KeyError):
        return None


def end(session: Session, client: str, keyring: Path) -> None:
    """End a session at once.

    Args:
        session: Which.
        client: Name of the client without its kind.
        keyring: File of its key.

    Raises:
        KeyRefusedError: The cluster does not know the key.
        OSError: The monitor did not do it, or does not answer.
    """
    command = {
        "prefix": "osd blocklist",
        "blocklistop": "add",
        "addr": session.address,
        "expire": EXPIRE_SECONDS,
    }
    with _connected(client, keyring) as cluster:
        code, _, said = cluster.mon_command(
            json.dumps(command), b"", timeout=CONNECT_SECONDS
        )
    if code:
        raise OSError(-code, f"The monitor did not end {session.address}: {said}")


def check_key(client: str, keyring: Path) -> None:
    """Ask the monitor whether it takes a key.

    Args:
        client: Name of the client without its kind.
        keyring: File of its key.

    Raises:
        KeyRefusedError: It does not.
        OSError: It does not answer.
    """
    with _connected(client, keyring):
        pass


@contextmanager
def _connected(client: str, keyring: Path) -> Iterator[Any]:
    import rados  # noqa: PLC0415 - in the image alone

    settings = {"keyring": str(keyring), "client_mount_timeout": str(CONNECT_SECONDS)}
    cluster = rados.Rados(
        name=f"client.{client}", conffile="/etc/ceph/ceph.conf", conf=settings
    )
    try:
        cluster.connect()
        yield cluster
    except (rados.PermissionError, rados.PermissionDeniedError) as error:
        raise KeyRefusedError(client) from error
    except rados.Error as error:
        raise OSError(f"The monitor does not answer: {error}") from error
    finally:
        cluster.shutdown()
