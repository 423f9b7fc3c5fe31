"""What a submission may say: the short names and forms that people write."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, TypedDict

from mofang_api.models import Input, Output, Restart, RoleSpec, SecretKey

PathText = str | os.PathLike[str]


class SubmitOptions(TypedDict, total=False):
    """What a submission may say beside script and arguments; None says nothing.

    The models of ``mofang_api.models`` are taken everywhere, too.
    """

    name: str | None
    """What people call the job; the script's name if not given."""

    framework: str | None
    """A name of ``mofang_api.frameworks``, such as ``tensorflow``; pytorch if not
    given, and single for one notebook."""

    engine: str | None
    environment: str | None
    """The environment whose image the replicas run, such as ``pytorch``; that of this
    notebook if not given. ``env`` are variables."""

    image: str | None
    """Full reference of an image, in place of an environment."""

    command: str | Sequence[str] | None
    """What to run in place of a script: words, or a line, cut as a shell does."""

    working_directory: PathText | None
    """Where the script starts; the current directory if not given."""

    snapshot: bool | PathText | None
    """True to run the working directory's code as it is now, or the directory to copy;
    else the code is read where it is when the job starts."""

    requirements: PathText | None
    hyperparameters: Mapping[str, Any] | None
    """``{"lr": 0.1}``; passed as ``--lr=0.1``."""

    flags: Sequence[str] | str | None
    """``["no-cuda"]``; passed as ``--no-cuda``, without a value."""

    inputs: Mapping[str, str | Mapping[str, Any]] | Sequence[Input] | None
    """``{"data_url": "/projects/vision/digits"}``; a path may end in ``,env``."""

    outputs: Mapping[str, str | Mapping[str, Any]] | Sequence[Output] | None
    """Likewise; a path may end in ``,staged``, ``,preload`` and ``,env``."""

    replicas: int | None
    roles: Mapping[str, int | str | Mapping[str, Any] | RoleSpec] | None
    """``{"ps": 1}``, or ``{"ps": {"replicas": 1, "cpu": 2, "memory": "4Gi"}}``."""

    processes: int | None
    """Processes of each replica; one for each GPU if not given."""

    cpu: str | float | None
    """Cores of each replica: ``2``, ``"500m"``."""

    memory: str | None
    """Memory of each replica: ``"2Gi"``."""

    gpu: int | None
    env: Mapping[str, Any] | None
    """Variables for the script; never a place for secrets."""

    secrets: Mapping[str, str | SecretKey] | None
    """``{"WANDB_API_KEY": "wandb:key"}``: variable, name of a Secret of the project
    and key in it."""

    run_as_user: int | None
    priority: str | None
    """``low``, ``normal`` or ``high`` among the project's waiting jobs."""

    restart: int | str | bool | Mapping[str, Any] | Restart | None
    """How often to start again after a failure of the platform: ``3``; of the script
    too: ``"3,script-failures"``; ``False`` for never, the default."""

    hang_policy: str | None
    """What to do about a job without progress: ``off``, ``notify``, ``restart``."""

    hold_on_failure: int | str | timedelta | None
    """How long a failed replica is held for debugging: minutes, ``"30m"``, ``"2h"``."""


class RerunOptions(SubmitOptions, total=False):
    """What may differ when a job is run again."""

    script: PathText | None
    arguments: Sequence[str] | str | None
