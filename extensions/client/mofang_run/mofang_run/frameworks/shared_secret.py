"""The secret by which the replicas of one attempt know each other.

The head makes it before it listens. It lies in the rendezvous directory, in a home that
only its owner's containers mount, and goes with the head; no variable and no object of
the job holds it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mofang_run.job.replica import ReplicaContext
from mofang_run.mpi_ssh.rendezvous_dir import RendezvousDir
from mofang_run.process.exit_codes import WRONG_SETTINGS, RefusalError
from mofang_run.process.files import write_whole
from mofang_run.process.waiting import LONGER, Wait, wait_until

FILE = "secret"
_BYTES = 32

LIMIT_SECONDS = 120.0
"""A file system may take a while to show a worker what the head wrote."""


@contextmanager
def created_secret(replica: ReplicaContext) -> Iterator[Path]:
    """Make the secret, and remove it with its directory at the end.

    What a head before us left stays, so that its workers may go on.

    Raises:
        RefusalError: The directory is not named, or cannot be used.
    """
    directory = _directory(replica)
    path = directory.path / FILE
    try:
        if not path.exists():
            write_whole(path, secrets.token_hex(_BYTES).encode(), mode=0o600)
        yield path
    finally:
        directory.remove()


def await_secret(replica: ReplicaContext, head: str) -> Path:
    """Return where the secret is, once the head has made it.

    Args:
        replica: This one.
        head: Role of the replica that makes it.

    Raises:
        RefusalError: The directory is not named, or cannot be used.
        PeerNotFoundError: The head did not make it in time.
        StoppedError: We were told to end meanwhile.
    """
    path = _directory(replica).path / FILE
    wait = Wait(
        what=lambda: f"{head}-0 to share the secret of the job",
        advice=f"Look at the state and the log of {head}-0. {LONGER}",
        limit_seconds=replica.settings.wait_limit(LIMIT_SECONDS),
    )
    wait_until(path.exists, wait, replica.signals, replica.output)
    return path


def _directory(replica: ReplicaContext) -> RendezvousDir:
    path = replica.settings.run_directory
    if path is None:
        raise RefusalError(
            "MOFANG_RENDEZVOUS_DIRECTORY must name the directory where the replicas "
            "find each other.",
            WRONG_SETTINGS,
        )
    return RendezvousDir(Path(path))
