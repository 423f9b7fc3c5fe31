"""What a link, a refused form or an earlier start has chosen already. Pure.

A link only fills in the page; what it says is checked when the form is sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

_PREFIX = "opt-"
"""JupyterHub's mark of a user option among the arguments of an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Values for the fields of one card's form, as text; empty for none."""

    project: str = ""
    environment: str = ""
    cpu: str = ""
    memory: str = ""
    gpu: str = ""
    job: str = ""
    """Id of the training job to look into."""
    safe_mode: str = ""
    """``true`` where the person is to start without the files of their own."""
    repository: str = ""
    """Address of a git repository to clone."""
    branch: str = ""
    path: str = ""
    """Of what to open: in the repository, or else as JupyterLab knows it."""

    @classmethod
    def parse(cls, arguments: Mapping[str, Sequence[bytes]]) -> Self:
        """Read the arguments of an address or of a form; others are passed over."""
        return cls._of(
            {
                name.removeprefix(_PREFIX): values[0].decode(errors="replace").strip()
                for name, values in arguments.items()
                if values
            }
        )

    @classmethod
    def of_options(cls, options: Mapping[str, Any] | None) -> Self:
        """Read the options that a server was last started with."""
        return cls._of(
            {
                name: str(value)
                for name, value in (options or {}).items()
                if value is not None
            }
        )

    @classmethod
    def _of(cls, values: Mapping[str, str]) -> Self:
        known = {field.name for field in fields(cls)}
        return cls(**{name: text for name, text in values.items() if name in known})

    @property
    def names_environment(self) -> bool:
        """Whether it says which card is meant."""
        return bool(self.project and self.environment)
