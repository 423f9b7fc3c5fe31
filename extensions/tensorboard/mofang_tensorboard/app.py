"""The server extension: settings, handlers, clean end."""

# mypy: disable-error-code="misc, untyped-decorator"
# jupyter_server counts as untyped, so its classes and decorators are Any.

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from jupyter_server.extension.application import ExtensionApp
from traitlets import Float, Integer, List, TraitError, Unicode, default, validate

from mofang_tensorboard.allowed_roots import AllowedRoots
from mofang_tensorboard.handlers import (
    ALLOWED_ROOTS,
    INSTANCES,
    InstanceHandler,
    InstancesHandler,
)
from mofang_tensorboard.instances import Instances, Limits
from mofang_tensorboard.program import ProgramSettings
from mofang_tensorboard.view import ViewHandler

VIEW = "mofang/tensorboard/view"

_ID = r"([0-9a-f]{32})"


class TensorBoardExtension(ExtensionApp):
    """Serves TensorBoard on directories of the person's storage."""

    name = "mofang_tensorboard"

    roots = List(
        Unicode(),
        help="""
        Directories below which everything may be shown, as absolute paths.

        By default the home, /projects/<the project of MOFANG_PROJECT> and /global.
        """,
    ).tag(config=True)

    command = List(
        Unicode(),
        list(ProgramSettings.command),
        minlen=1,
        help="The program and its first arguments; change it to use another one.",
    ).tag(config=True)

    start_seconds = Float(
        ProgramSettings.start_seconds,
        help="""
        How long a TensorBoard may take until it serves.

        Raise it where programs are read from slow storage.
        """,
    ).tag(config=True)

    at_most = Integer(
        Limits.at_most,
        help="How many TensorBoards one server may run: each takes 200 MB or more.",
    ).tag(config=True)

    idle_seconds = Float(
        Limits.idle_seconds,
        help="A TensorBoard that nobody looked at for so long is ended.",
    ).tag(config=True)

    replace_seconds = Float(
        Limits.replace_seconds,
        help="""
        After so long without use a TensorBoard gives way where there are too many.

        A tab that is looked at asks every minute, so keep it above that.
        """,
    ).tag(config=True)

    poll_seconds = Float(
        Limits.poll_seconds, help="How often to check for idle ones."
    ).tag(config=True)

    @default("roots")
    def _default_roots(self) -> list[str]:
        project = os.environ.get("MOFANG_PROJECT", "")
        return [str(root) for root in AllowedRoots.of_project(project).roots]

    @validate("roots")
    def _validate_roots(self, proposal: Any) -> list[str]:
        roots: list[str] = proposal.value
        for root in roots:
            if not Path(root).is_absolute():
                raise TraitError(f"roots must be absolute paths, not {root!r}")
        return roots

    @validate("start_seconds", "at_most", "idle_seconds", "poll_seconds")
    def _validate_positive(self, proposal: Any) -> float:
        value: float = proposal.value
        if value <= 0:
            raise TraitError(f"{proposal.trait.name} must be above 0, not {value}")
        return value

    def initialize_settings(self) -> None:
        """Make the list of TensorBoards reachable for the handlers."""
        base = unquote(self.serverapp.base_url)
        self.settings[ALLOWED_ROOTS] = AllowedRoots(
            roots=tuple(Path(each) for each in self.roots)
        )
        self.settings[INSTANCES] = Instances(
            prefix_of=lambda instance_id: f"{base}{VIEW}/{instance_id}",
            programs=ProgramSettings(
                command=tuple(self.command), start_seconds=self.start_seconds
            ),
            limits=Limits(
                at_most=self.at_most,
                idle_seconds=self.idle_seconds,
                replace_seconds=self.replace_seconds,
                poll_seconds=self.poll_seconds,
            ),
        )

    def initialize_handlers(self) -> None:
        """Serve ``mofang/tensorboard``."""
        self.handlers.extend(HANDLERS)

    async def stop_extension(self) -> None:
        """End all TensorBoards."""
        await self.settings[INSTANCES].end_all()


HANDLERS = [
    ("/mofang/tensorboard/api/instances", InstancesHandler),
    (rf"/mofang/tensorboard/api/instances/{_ID}", InstanceHandler),
    (rf"/{VIEW}/{_ID}/(.*)", ViewHandler),
]
