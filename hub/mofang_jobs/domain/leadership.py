"""Whether this process acts without being asked, or another copy of it does.

Both answer requests, and both judge: who waits for what, who hangs. Only the leader
lets jobs in, restarts and removes them. It asks before each such act.
"""

from __future__ import annotations

from collections.abc import Callable

Leads = Callable[[], bool]
"""Says whether this process may act now."""


def always() -> bool:
    """Say that this process may act: there is no other."""
    return True
