"""Save what is installed as an environment: written into the home, stored by the hub.

One run at a time. It goes on when the page is closed; whoever opens it again sees how
far it is.
"""

# mypy: disable-error-code="misc, untyped-decorator"
# jupyter_server counts as untyped, so its classes and decorators are Any.

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from logging import Logger
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlencode

from jupyter_server.auth.decorator import authorized
from tornado import web
from typing_extensions import override

from mofang_run.environments.saved_draft import remove_draft
from mofang_training.forwarding import TrainingHandler
from mofang_training.hub_request import HubRefusalError, ask_hub
from mofang_training.packages import ProgramError, run_program

RUN = "mofang_saving"
_POLL_SECONDS = 1.0
_POLLS = 900
_ANSWER_SECONDS = 30.0
_STILL_STORING = (
    "The packages are still being stored. The gallery shows when the environment can "
    "be started."
)
_FIELDS = {"name", "title", "notes", "visibility"}
_WRONG = f"Send a JSON object with texts of these names: {', '.join(sorted(_FIELDS))}."
_BUSY = "An environment is being saved already. Wait until that is done."
OFF_PLATFORM = (
    "This server was not started by Mofang, so there is nowhere to save environments."
)


@dataclass
class SavingState:
    """How far it is."""

    state: str = "idle"
    """``idle``, ``packing``, ``storing``, ``saved`` or ``failed``."""

    done: int = 0
    """Packages that are packed."""

    all: int = 0
    message: str = ""
    """Why it failed."""

    name: str = ""
    version: int = 0

    @property
    def is_running(self) -> bool:
        """Whether somebody must wait."""
        return self.state in {"packing", "storing"}


@dataclass(kw_only=True)
class SavingRun:
    """Saves environments of one server, one after the other."""

    url: str
    """Of saved environments in the hub's API."""

    token: str = field(repr=False)
    project: str
    environment: str
    log: Logger
    home: Path = field(default_factory=Path.home)
    state: SavingState = field(default_factory=SavingState)
    _task: asyncio.Task[None] | None = None

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str], log: Logger
    ) -> Self | None:
        """Return that of a server that the platform has started, else None."""
        names = (
            *("JUPYTERHUB_API_URL", "JUPYTERHUB_API_TOKEN"),
            *("MOFANG_PROJECT", "MOFANG_ENVIRONMENT"),
        )
        api, token, project, name = (environment.get(each, "") for each in names)
        if not (api and token and project and name):
            return None
        return cls(
            url=f"{api.rstrip('/')}/mofang/environments",
            token=token,
            project=project,
            environment=name,
            log=log,
        )

    async def list_own(self) -> list[dict[str, Any]]:
        """Return the saved environments of the project that the person may see.

        Raises:
            HubRefusalError: The hub does not tell.
        """
        query = urlencode({"project": self.project})
        answer = json.loads(await self._ask(f"{self.url}?{query}"))
        found: list[dict[str, Any]] = answer["environments"]
        return found

    def begin(self, wanted: Mapping[str, str]) -> None:
        """Begin to save; ``state`` tells the rest.

        Args:
            wanted: Title or name, notes and visibility.
        """
        self.state = SavingState(state="packing")
        self._task = asyncio.create_task(self._save(self.state, dict(wanted)))

    async def stop(self) -> None:
        """End with the server; what is in the home then is removed another time."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _save(self, state: SavingState, wanted: dict[str, str]) -> None:
        try:
            digest = await self._pack(state)
            state.state = "storing"
            await self._store(state, digest, wanted)
        except (ProgramError, HubRefusalError) as err:
            state.message = str(err)
        except Exception:
            self.log.exception("An environment could not be saved")
            state.message = "Something went wrong in this server. See its log."
        state.state = "failed" if state.message else "saved"

    async def _pack(self, state: SavingState) -> str:
        def report(line: bytes) -> None:
            told = json.loads(line)
            state.done = told.get("done", state.done)
            state.all = told.get("all", state.all)

        *_, last = (await run_program("save", "--json", on_line=report)).splitlines()
        digest: str = json.loads(last)["digest"]
        return digest

    async def _store(
        self, state: SavingState, digest: str, wanted: dict[str, str]
    ) -> None:
        request = {
            **wanted,
            "digest": digest,
            "project": self.project,
            "environment": self.environment,
        }
        kept = json.loads(
            await self._ask(self.url, method="POST", body=json.dumps(request))
        )
        state.name = kept["name"]
        state.version = max(each["version"] for each in kept["versions"])
        for _ in range(_POLLS):
            if await self._is_stored(state):
                break
            await asyncio.sleep(_POLL_SECONDS)
        else:
            state.message = _STILL_STORING
            return
        await asyncio.to_thread(remove_draft, self.home, digest)

    async def _is_stored(self, state: SavingState) -> bool:
        try:
            answer = await self._ask(f"{self.url}/{quote(state.name, safe='')}")
        except HubRefusalError:
            # It is being stored, whether the hub answers now or not.
            return False
        kept = json.loads(answer)
        own = [each for each in kept["versions"] if each["version"] == state.version]
        if own and own[0]["phase"] == "Failed":
            state.message = own[0]["message"]
        return bool(own) and own[0]["phase"] != "Storing"

    async def _ask(
        self, url: str, *, method: str = "GET", body: str | None = None
    ) -> bytes:
        return await ask_hub(
            url, self.token, method=method, body=body, seconds=_ANSWER_SECONDS
        )


class SavingHandler(TrainingHandler):
    """What would be saved; saving it; how far that is."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Tell how far it is."""
        if (run := self._run()) is not None:
            self.finish(json.dumps(asdict(run.state)))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Begin to save."""
        if (run := self._run()) is None:
            return
        wanted = _texts(self.request.body)
        if wanted is None:
            self.refuse(HTTPStatus.BAD_REQUEST, "invalid", _WRONG)
        elif run.state.is_running:
            self.refuse(HTTPStatus.CONFLICT, "busy", _BUSY)
        else:
            run.begin(wanted)
            self.set_status(HTTPStatus.ACCEPTED)
            self.finish(json.dumps(asdict(run.state)))

    def _run(self) -> SavingRun | None:
        """Return what saves; answer where nothing does."""
        run: SavingRun | None = self.settings.get(RUN)
        if run is None:
            status = HTTPStatus.SERVICE_UNAVAILABLE
            self.refuse(status, "not_on_platform", OFF_PLATFORM)
        return run


class SavingPreviewHandler(SavingHandler):
    """What would be saved, and the environments that it can be a version of."""

    @web.authenticated
    @authorized
    @override
    async def get(self) -> None:
        """Tell packages, what cannot be saved, and what is saved already."""
        if (run := self._run()) is None:
            return
        try:
            found = json.loads(await run_program("preview", "--json"))
            found["environments"] = await run.list_own()
        except (ProgramError, HubRefusalError) as err:
            self.refuse(HTTPStatus.CONFLICT, "preview", str(err))
            return
        self.finish(json.dumps({**found, "environment": run.environment}))


def _texts(body: bytes) -> dict[str, str] | None:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return None
    is_object = isinstance(given, dict) and not given.keys() - _FIELDS
    if not is_object or not all(isinstance(each, str) for each in given.values()):
        return None
    return {name: text for name, text in given.items() if text}


HANDLERS = [
    ("/mofang/training/api/packages/saving", SavingHandler),
    ("/mofang/training/api/packages/preview", SavingPreviewHandler),
]
