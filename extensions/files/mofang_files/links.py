"""Make a link by which others open what one has open."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from mofang_files.repositories import ask_git

_BY_SSH = re.compile(r"(ssh://)?[\w.-]+@(?P<host>[\w.-]+)(:\d+/|[:/])(?P<path>.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkParts:
    """What a link says, and what its maker should know."""

    arguments: dict[str, str]
    """Of the hub's page of a start."""
    note: str
    """Why others may not find what it leads to; empty where they do."""


def describe_link(
    file: Path, browser_path: str, environment: Mapping[str, str]
) -> LinkParts:
    """Return a link to a file, through its repository if it is in one.

    Args:
        file: Absolute path.
        browser_path: The same, as the file browser has it.
        environment: Variables of this server.
    """
    place = {
        "project": environment.get("MOFANG_PROJECT", ""),
        "environment": environment.get("MOFANG_ENVIRONMENT", ""),
    }
    top = ask_git(file.parent, "rev-parse", "--show-toplevel")
    origin = https_address(ask_git(file.parent, "config", "--get", "remote.origin.url"))
    if top and origin:
        branch = ask_git(file.parent, "symbolic-ref", "--short", "--quiet", "HEAD")
        arguments = {
            **place,
            "repository": origin,
            "branch": branch,
            "path": file.resolve().relative_to(Path(top).resolve()).as_posix(),
        }
        return LinkParts(
            arguments={name: text for name, text in arguments.items() if text},
            note=_git_note(file),
        )
    note = (
        ""
        if browser_path.startswith(("projects/", "global/"))
        else (
            "The file is in your home, where others have none of it. For them, put it "
            "into the project's directory or into a git repository first."
        )
    )
    return LinkParts(arguments={**place, "path": browser_path}, note=note)


def https_address(remote: str) -> str:
    """Return the address by which anybody clones a remote; empty where there is none.

    Names and tokens in it are left out.
    """
    if found := _BY_SSH.fullmatch(remote):
        return f"https://{found['host']}/{found['path'].lstrip('/')}"
    try:
        parts = urlsplit(remote)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if parts.scheme != "https" or not parts.hostname:
        return ""
    return f"https://{parts.hostname}{port}{parts.path}"


def _git_note(file: Path) -> str:
    if not ask_git(file.parent, "ls-files", "--", file.name):
        return "The file is not committed, so that others do not get it by the link."
    if ask_git(file.parent, "status", "--porcelain", "--", file.name):
        return "What you have changed in the file since its last commit, others miss."
    if ask_git(file.parent, "log", "--oneline", "-1", "@{upstream}..", "--", file.name):
        return "Your last commits are not pushed, so that others do not get them."
    return ""
