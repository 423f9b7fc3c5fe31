"""End the session of a mount whose process is gone.

The metadata server keeps a client that fell silent for a minute, with all that it had
locked, and whoever comes next waits for that long. The monitor's blocklist ends the
session at once, and what is left of the old process can write no more.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

EXPIRE_SECONDS = 3600.0
"""By then every trace of the old process is gone."""

CONNECT_SECONDS = 10


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
        OSError: The monitor did not do it, or does not answer.
    """
    import rados  # noqa: PLC0415 - in the image alone

    settings = {"keyring": str(keyring), "client_mount_timeout": str(CONNECT_SECONDS)}
    cluster = rados.Rados(
        name=f"client.{client}", conffile="/etc/ceph/ceph.conf", conf=settings
    )
    try:
        cluster.connect()
        command = {
            "prefix": "osd blocklist",
            "blocklistop": "add",
            "addr": session.address,
            "expire": EXPIRE_SECONDS,
        }
        code, _, said = cluster.mon_command(
            json.dumps(command), b"", timeout=CONNECT_SECONDS
        )
    except rados.Error as error:
        raise OSError(f"The monitor does not answer: {error}") from error
    finally:
        cluster.shutdown()
    if code:
        raise OSError(-code, f"The monitor did not end {session.address}: {said}")
