"""The shells that are open in this server, by the name of their terminal."""

from __future__ import annotations

from typing import Protocol


class Endable(Protocol):
    """One open shell."""

    def end(self, message: str) -> None:
        """End it and say why in its terminal."""


class OpenShells:
    """Remembers open shells so that they can be ended by name.

    One name may be open several times, in two browser windows say: ending the
    name ends all of them.
    """

    def __init__(self) -> None:
        self._shells: dict[str, list[Endable]] = {}

    def add(self, name: str, shell: Endable) -> None:
        """Remember a shell that was opened."""
        self._shells.setdefault(name, []).append(shell)

    def discard(self, name: str, shell: Endable) -> None:
        """Forget a shell; one that is not there is fine."""
        shells = self._shells.get(name, [])
        if shell in shells:
            shells.remove(shell)
        if not shells:
            self._shells.pop(name, None)

    def end(self, name: str) -> bool:
        """End all shells of that name; False where there is none."""
        shells = list(self._shells.get(name, []))
        for shell in shells:
            shell.end("The shell was ended.")
        return bool(shells)

    def end_all(self) -> None:
        """End everything, because the server ends."""
        for shells in list(self._shells.values()):
            for shell in list(shells):
                shell.end("Your Jupyter server is stopping.")
