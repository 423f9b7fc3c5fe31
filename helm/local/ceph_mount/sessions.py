"""End the session of a mount whose process is gone.

The metadata server keeps a client that fell silent for a minute, with all that it had
locked, and whoever comes next waits for that long. The monitor's blocklist ends the
session at once, and what is left of the old process can write no more.
"""

import json
from pathlib import Path
from typing import Any

EXPIRE_SECONDS = 3600.0
"""By then every trace of the old process is gone."""

CONNECT_SECONDS = 10


def remember(record: Path, status: dict[str, Any]) -> None:
    """Write down the address of a session, for whoever must end it."""
    temporary = record.with_name(f".{record.name}.new")
    temporary.write_text(json.dumps({"address": status["addr_str"]}))
    temporary.replace(record)


def end_recorded(record: Path, client: str, keyring: Path) -> str | None:
    """End the session that was written down last; return its address, if any was.

    Args:
        record: Where ``remember`` wrote it.
        client: Name of the client without its kind.
        keyring: File of its key.
    """
    try:
        address = json.loads(record.read_text())["address"]
    except (FileNotFoundError, ValueError):
        return None
    _blocklist(address, client, keyring)
    record.unlink()
    return str(address)


def _blocklist(address: str, client: str, keyring: Path) -> None:
    import rados  # noqa: PLC0415 - in the image alone

    settings = {"keyring": str(keyring), "client_mount_timeout": str(CONNECT_SECONDS)}
    cluster = rados.Rados(
        name=f"client.{client}", conffile="/etc/ceph/ceph.conf", conf=settings
    )
    with cluster:
        command = {
            "prefix": "osd blocklist",
            "blocklistop": "add",
            "addr": address,
            "expire": EXPIRE_SECONDS,
        }
        code, _, said = cluster.mon_command(
            json.dumps(command), b"", timeout=CONNECT_SECONDS
        )
    if code:
        raise OSError(-code, f"The monitor did not end the session {address}: {said}")
