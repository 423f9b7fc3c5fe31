"""How a replica may end before its command: sentences with exit codes.

RefusalError    2, 124, 126, 127: it cannot go on
└── PeerNotFoundError   124
StoppedError    128 + n: a signal came while we prepared or waited
"""

from __future__ import annotations

WRONG_SETTINGS = 2
TIMED_OUT = 124
CANNOT_EXECUTE = 126
NOT_FOUND = 127
SIGNALLED = 128


class RefusalError(Exception):
    """The command cannot be run; says why, and with which exit code to end."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


class PeerNotFoundError(RefusalError):
    """Another replica was not there in time."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, TIMED_OUT)


class StoppedError(Exception):
    """A signal came before the command was started."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
