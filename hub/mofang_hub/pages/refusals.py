"""What is told of a start that cannot be now, and what is left of a refused one."""

import logging
from http import HTTPStatus
from typing import Any

from tornado import web
from typing_extensions import override

from mofang_hub.pages.user_servers import Server, ServerState
from mofang_kube.errors import ConflictError
from mofang_spawner.failures import StartError


class RefusalFilter(logging.Filter):
    """Drops what JupyterHub logs with a traceback of a start that was refused.

    The line after it has the refusal as a sentence.
    """

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not (isinstance(error, StartError) and error.is_refusal)


REFUSAL_FILTER = RefusalFilter()


def validate_startable(server: Server) -> None:
    """Refuse to start a server that runs, starts or stops.

    Raises:
        ConflictError: Says what it does, and what to do.
    """
    match server.state:
        case ServerState.RUNNING:
            raise ConflictError(
                f"{server.name} is already running. Open it, or stop it first."
            )
        case ServerState.STARTING:
            raise ConflictError(
                f"{server.name} is already starting. Wait for it, or stop it first."
            )
        case ServerState.STOPPING:
            raise ConflictError(
                f"{server.name} is still stopping. Start it again in a few seconds."
            )
        case ServerState.STOPPED:
            pass


def reword(error: Exception, server: Server) -> None:
    """Replace JupyterHub's words for a start that it refused, where ours say more.

    Args:
        error: What it raised; its status stays.
        server: As it is now.
    """
    message = _message(error, server)
    if message:
        error.jupyterhub_message = message  # type: ignore[attr-defined] # JupyterHub's
    elif isinstance(error, web.HTTPError) and not hasattr(error, "jupyterhub_message"):
        # Without it, pages show status and class of the exception.
        error.jupyterhub_message = error.get_message()  # type: ignore[attr-defined]


def _message(error: Exception, server: Server) -> str:
    status = getattr(error, "status_code", None)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "Too many servers are starting now. Try again in a minute."
    # What it raises for a server that is pending or running.
    if not isinstance(error, RuntimeError) and status != HTTPStatus.BAD_REQUEST:
        return ""
    try:
        validate_startable(server)
    except ConflictError as conflict:
        return conflict.message
    return ""


def forget_refused(user: Any, name: str, db: Any) -> None:
    """Remove the row of a server that JupyterHub made for a start and then refused.

    Where a start was begun, its row tells why it failed, and with which options.

    Args:
        user: JupyterHub's ``User``.
        name: Name of the server.
        db: JupyterHub's open session.
    """
    row = user.orm_spawners.get(name) if name else None
    spawner = user.spawners.get(name)
    if row is None or (spawner is not None and not _was_refused(spawner)):
        return
    user.spawners.pop(name, None)
    db.delete(row)
    db.commit()


def _was_refused(spawner: Any) -> bool:
    if spawner.active or spawner.pending:
        return False
    start = spawner._spawn_future  # noqa: SLF001 - the only place that keeps it
    if start is None:
        return True
    error = start.exception() if start.done() and not start.cancelled() else None
    return bool(getattr(error, "is_refusal", False))
