"""The options of Open MPI's mpirun, which differ between its versions."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence

FIRST_WITH_PRRTE = 5
"""Since then another program starts the processes, whose settings have other names."""


def mpirun_options(agent: str, interface: str, version: int) -> Sequence[str]:
    """Return how mpirun starts its processes, and how these call each other.

    Args:
        agent: Command that runs another on the machine of a name.
        interface: Of the network between the replicas.
        version: Open MPI's, as ``find_version`` tells it.
    """
    start = _by_prrte if version >= FIRST_WITH_PRRTE else _by_orte
    return [
        *("--bind-to", "none"),
        *start(agent, interface),
        *("--mca", "pml", "ob1"),
        *("--mca", "btl_tcp_if_include", interface),
    ]


def find_version(mpirun: str) -> int:
    """Return the first number of mpirun's version; 0 when it does not say."""
    # The program is the one that is run next.
    said = subprocess.run(  # noqa: S603
        [mpirun, "--version"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    ).stdout.decode("utf-8", "replace")
    return parse_version(said)


def parse_version(said: str) -> int:
    """Read what ``mpirun --version`` says."""
    found = re.search(r"\((?:Open MPI|OpenRTE)\)\s+(\d+)\.", said)
    return int(found[1]) if found else 0


# Workers hold no key, so none of them can start others: no tree. A daemon that leaves
# its session can die unseen, and mpirun waits for ever: it stays attached.


def _by_orte(agent: str, interface: str) -> list[str]:
    return [
        *("--mca", "plm_rsh_agent", agent),
        *("--mca", "plm_rsh_no_tree_spawn", "1"),
        *("--mca", "orte_leave_session_attached", "1"),
        *("--mca", "oob_tcp_if_include", interface),
        *("--mca", "btl", "self,tcp,vader"),
    ]


def _by_prrte(agent: str, interface: str) -> list[str]:
    return [
        *("--prtemca", "plm_ssh_agent", agent),
        *("--prtemca", "plm_ssh_no_tree_spawn", "true"),
        "--leave-session-attached",
        *("--prtemca", "prte_if_include", interface),
        *("--mca", "btl", "self,tcp,sm"),
    ]
