"""Whether a job uses the packages of the person whose job it is."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from mofang_run.environments.activation import activate, without_user_site
from mofang_run.environments.changes import KINDS, has_changes, list_changes
from mofang_run.environments.directory import Directory, Manifest, find_directory
from mofang_run.environments.image import Image


class JobPackages(NamedTuple):
    """What a job's processes run with."""

    prefix: Path | None
    """The person's directory; None for the image's packages alone."""

    message: str
    """Which Python that is and why; empty off the platform."""


def choose(environment: Mapping[str, str]) -> JobPackages:
    """Choose by the state that the directory has now."""
    directory = find_directory(environment)
    if directory is None:
        return JobPackages(None, "")
    try:
        reason, manifest = _reason_against(directory)
        if manifest is not None and not reason and has_changes(directory, manifest):
            return JobPackages(directory.path, _describe(directory, manifest))
    except OSError as error:
        reason = f"your own in {directory.path} cannot be read: {error.strerror}"
    because = f"; {reason}" if reason else ""
    return JobPackages(
        None, f"Python is {sys.executable}, with the image's packages{because}."
    )


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a shell or a program beside a job's processes."""
    prefix = choose(environment).prefix
    if prefix is None:
        return without_user_site(environment)
    return activate(environment, prefix)


def _reason_against(directory: Directory) -> tuple[str, Manifest | None]:
    if not directory.path.is_dir():
        return "", None
    if directory.path.stat().st_uid != os.getuid():
        return f"your own belong to another user than {os.getuid()}", None
    manifest, image = directory.read_manifest(), Image.running()
    fits = manifest is not None and manifest.identity == image.identity
    if not fits or not directory.is_usable(image.version):
        return (
            f"your own of the environment {directory.name} were made for another "
            "image, and a server of the environment brings them up to date when it "
            "starts"
        ), None
    return "", manifest


def _describe(directory: Directory, manifest: Manifest) -> str:
    kinds = [change.kind for change in list_changes(directory, manifest)]
    counts = [f"{kinds.count(kind)} {kind}" for kind in KINDS if kinds.count(kind)]
    note = f" ({', '.join(counts)})" if counts else ""
    return (
        f"Python is {directory.python}, with your packages of the environment "
        f"{directory.name}{note}."
    )
