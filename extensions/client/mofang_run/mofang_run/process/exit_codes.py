"""Exit codes of the wrapper, and the errors that end it before the command starts.

RefusalError            2, 124, 126, 127: the command cannot be run
└── PeerNotFoundError   124: another replica was not ready in time
StoppedError            128 + n: signal n arrived during setup or while waiting
"""

from __future__ import annotations

WRONG_SETTINGS = 2
TIMED_OUT = 124
CANNOT_EXECUTE = 126
NOT_FOUND = 127
SIGNALLED = 128


class RefusalError(Exception):
    """The command cannot be run.

    Args:
        message: The reason, for the log and the termination message.
        exit_code: With which the wrapper ends.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class PeerNotFoundError(RefusalError):
    """Another replica was not ready in time."""

    def __init__(self, message: str) -> None:
        super().__init__(message, TIMED_OUT)


class StoppedError(Exception):
    """A signal arrived before the command was started."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
