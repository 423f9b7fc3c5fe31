"""Whether a job uses the packages of the person whose job it is."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from mofang_run.environments.activation import activate, without_user_site
from mofang_run.environments.changes import KINDS, has_changes, list_changes
from mofang_run.environments.directory import (
    Directory,
    Manifest,
    PackagesError,
    find_directory,
)
from mofang_run.environments.image import Image
from mofang_run.environments.saved_unpacked import base_image


class JobPackages(NamedTuple):
    """What a job's processes run with."""

    prefix: Path | None
    """The person's directory, or the saved environment; None for the image alone."""

    message: str
    """Which Python that is and why; empty off the platform."""

    is_saved: bool = False
    """Whether it is the saved environment without anything of the person's own."""


def choose(environment: Mapping[str, str]) -> JobPackages:
    """Choose by the state that the directory has now.

    Raises:
        PackagesError: The job's environment is a saved one that cannot be used.
    """
    directory = find_directory(environment)
    if directory is None:
        return JobPackages(None, "")
    image = base_image(environment)
    try:
        reason, manifest = _reason_against(directory, image)
        if manifest is not None and not reason and has_changes(directory, manifest):
            return JobPackages(directory.path, _describe(directory, manifest))
    except OSError as error:
        reason = f"your own in {directory.path} cannot be read: {error.strerror}"
    because = f"; {reason}" if reason else ""
    if image.overlay is not None:
        python = image.overlay / "bin" / "python"
        return JobPackages(
            image.overlay,
            f"Python is {python}, with the packages of the saved environment "
            f"{directory.name}{because}.",
            is_saved=True,
        )
    return JobPackages(
        None, f"Python is {sys.executable}, with the image's packages{because}."
    )


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a shell or a program beside a job's processes.

    Where the job's environment cannot be used, which its log tells, the image's.
    """
    try:
        prefix = choose(environment).prefix
    except PackagesError:
        prefix = None
    if prefix is None:
        return without_user_site(environment)
    return activate(environment, prefix)


def _reason_against(directory: Directory, image: Image) -> tuple[str, Manifest | None]:
    if not directory.path.is_dir():
        return "", None
    if directory.path.stat().st_uid != os.getuid():
        return f"your own belong to another user than {os.getuid()}", None
    manifest = directory.read_manifest()
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
