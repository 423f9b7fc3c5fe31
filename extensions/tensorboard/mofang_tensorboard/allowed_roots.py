"""Which directories TensorBoard may show: existing ones of the person's storage.

Looks at the file system, so it is called in a thread: network storage may be slow.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mofang_tensorboard.errors import AbsentError, OutsideError, WrongRequestError


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedRoots:
    """The directories below which everything may be shown."""

    roots: tuple[Path, ...]

    @classmethod
    def of_project(cls, project: str) -> AllowedRoots:
        """Return those of a server: its home, its project's and the global ones."""
        own = (Path("/projects", project),) if project else ()
        return cls(roots=(Path.home(), *own, Path("/global")))

    def find(self, text: str, field: str) -> Path:
        """Return the directory a request means, without symbolic links.

        Args:
            text: An absolute path.
            field: Name of the request's field, for the refusal.

        Raises:
            TensorBoardError: It may not be shown; the text says why.
        """
        path = Path(text)
        if not path.is_absolute():
            raise WrongRequestError.of_field(
                field,
                f"{text!r} is not an absolute path. Write it from the first slash.",
            )
        try:
            # Also what does not exist is refused where it is not to be looked at.
            found = path.resolve()
        except (OSError, RuntimeError, ValueError) as err:
            raise WrongRequestError.of_field(
                field, f"{text!r} is not a path that can be followed."
            ) from err
        if not _is_below(found, self.roots):
            raise OutsideError.of_field(field, self._outside(text, found))
        return _existing(text, found, field)

    def _outside(self, text: str, found: Path) -> str:
        where = text if found == Path(text) else f"{text} (which leads to {found})"
        roots = " or ".join(str(root) for root in self.roots)
        return (
            f"{where} cannot be shown from this server. Choose a directory in {roots}."
        )


def _is_below(path: Path, roots: Sequence[Path]) -> bool:
    # A root may be a link itself, as a home often is.
    return any(path.is_relative_to(root.resolve()) for root in roots)


def _existing(text: str, found: Path, field: str) -> Path:
    try:
        is_there, is_directory = found.exists(), found.is_dir()
    except OSError as err:
        raise OutsideError.of_field(
            field, f"{text} cannot be looked at: {err.strerror}."
        ) from err
    if not is_there:
        raise AbsentError.of_field(
            field,
            f"There is no directory {text}. A job makes it with its first output: "
            "try again then, or choose another.",
        )
    if not is_directory:
        raise WrongRequestError.of_field(
            field, f"{text} is a file. Choose the directory it is in."
        )
    if not os.access(found, os.R_OK | os.X_OK):
        raise OutsideError.of_field(
            field, f"{text} cannot be read by you. Ask its owner to let you."
        )
    return found
