"""What a link opens in a server: a repository, a file of it, or a file. Pure.

Nothing here clones or opens anything. What is not plainly a repository on an allowed
host, or a path below where it is cloned to, is refused: the texts come from a link that
anybody may have written, and git and JupyterLab are given them.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, urlencode, urlsplit

from mofang_kube.errors import InvalidError

LONGEST = 500
"""Characters of an address or a path."""

_ADDRESS = re.compile(r"[!-~]+")
_SEGMENT = re.compile(r"[A-Za-z0-9_~][A-Za-z0-9._~-]*")
_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}")
_NO_BRANCH = re.compile(r"\.\.|//|/\.|\.lock(/|$)|[./]$")
"""What git allows in no name of a branch, of what is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedContent:
    """What is opened, as it was checked."""

    repository: str = ""
    """HTTPS address of a git repository; empty for none."""
    branch: str = ""
    """Empty for the repository's default."""
    path: str = ""
    """Below the clone; without a repository, below the root of JupyterLab's files."""

    @classmethod
    def check(
        cls, repository: str, branch: str, path: str, hosts: Collection[str]
    ) -> Self:
        """Check what a link says.

        Args:
            repository: Address.
            branch: Name.
            path: Relative path.
            hosts: Those that repositories may be on.

        Raises:
            InvalidError: Says what cannot be, and what can.
        """
        if repository:
            _check_repository(repository, hosts)
        if branch and not repository:
            raise _refusal("branch", "A branch needs the repository that has it.")
        if branch and (not _BRANCH.fullmatch(branch) or _NO_BRANCH.search(branch)):
            raise _refusal("branch", "The branch is not a name that git allows.")
        if path:
            _check_path(path)
        return cls(repository=repository.rstrip("/"), branch=branch, path=path)

    def __bool__(self) -> bool:
        return bool(self.repository or self.path)

    @property
    def host(self) -> str:
        """Where the repository is."""
        return urlsplit(self.repository).netloc.lower()

    @property
    def directory(self) -> str:
        """Name of the clone in the home; empty without a repository."""
        return self.repository.rpartition("/")[2].removesuffix(".git")

    @property
    def shown_path(self) -> str:
        """The path as a person knows it."""
        home = "home/jovyan/"
        if self.path.startswith(home):
            return f"~/{self.path.removeprefix(home)}"
        return f"/{self.path}"

    @property
    def query(self) -> str:
        """The same as arguments of an address."""
        given = {
            "repository": self.repository,
            "branch": self.branch,
            "path": self.path,
        }
        return urlencode({name: text for name, text in given.items() if text})

    def lab_path(self) -> str:
        """Return what to open in a server, below its address."""
        if not self.repository:
            return f"lab/tree/{quote(self.path)}"
        given = {
            "mofang-repository": self.repository,
            "mofang-branch": self.branch,
            "mofang-path": self.path,
        }
        said = {name: text for name, text in given.items() if text}
        return f"lab?{urlencode(said)}"


def _check_repository(address: str, hosts: Collection[str]) -> None:
    try:
        # It drops some characters, without which another address were checked.
        parts = urlsplit(address if _ADDRESS.fullmatch(address) else "")
    except ValueError:
        parts = urlsplit("")
    if parts.scheme != "https" or not parts.netloc or len(address) > LONGEST:
        raise _refusal(
            "repository",
            "The repository is not an HTTPS address, such as "
            "https://github.com/jupyter/notebook.",
        )
    if parts.netloc.lower() not in hosts:
        allowed = ", ".join(sorted(hosts)) or "none"
        raise _refusal(
            "repository",
            "Repositories of this host are not cloned by a link. Allowed hosts: "
            f"{allowed}. Clone it in a terminal, or ask an administrator to allow it.",
        )
    segments = parts.path.strip("/").split("/")
    if (
        parts.query
        or parts.fragment
        or "?" in address
        or "#" in address
        or not all(_SEGMENT.fullmatch(each) for each in segments)
        or segments[-1] in {".git", "~"}
    ):
        raise _refusal(
            "repository",
            "The repository's address may have letters, digits, dots, dashes, "
            "underscores and slashes after the host.",
        )


def _check_path(path: str) -> None:
    parts = path.split("/")
    if (
        len(path) > LONGEST
        or not path.isprintable()
        or "\\" in path
        or any(each in {"", ".", ".."} for each in parts)
    ):
        raise _refusal(
            "path",
            "The path is not one below a directory, such as notebooks/start.ipynb.",
        )


def _refusal(field: str, message: str) -> InvalidError:
    return InvalidError(message, fields={field: message})
