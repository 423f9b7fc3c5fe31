"""What a notice is, and who sends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Notice(Protocol):
    """One thing to tell one person. No text of a program's is in it."""

    @property
    def event(self) -> str:
        """What has happened, in a word."""

    @property
    def project(self) -> str:
        """Name of the project."""

    @property
    def owner(self) -> str:
        """Name of the person, as in the hub."""

    @property
    def subject(self) -> Mapping[str, str]:
        """Kind and name of what it is about."""

    @property
    def message(self) -> str:
        """What people read, with a full stop."""

    @property
    def path(self) -> str:
        """A page, below the platform's address."""


class NoticeError(Exception):
    """A notice was not taken; its text is for the log, and names no address."""

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final
        """Whether trying again is of no use."""


class NoticeSender(Protocol):
    """Sends notices in one way to one address."""

    name: str

    def accepts(self, notice: Notice) -> bool:
        """Say whether it is for this address."""

    async def send(self, notice: Notice) -> None:
        """Send it.

        Raises:
            NoticeError: It was not taken.
        """
