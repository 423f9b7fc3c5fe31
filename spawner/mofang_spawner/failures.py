"""Why a server does not start, in the form that JupyterHub shows.

A *refusal* comes before anything is made; a *failed* start was begun.
Where a file of the user's own may be the cause, the user is offered safe mode: in the
text for REST, and by a paragraph that the hub's pages put their button to.
"""

import html
from typing import Any

from jupyterhub.spawner import SpawnException

from mofang_kube.errors import MofangError
from mofang_spawner.pod_phase import QUEUE_TIMED_OUT
from mofang_spawner.safe_mode import OFFER
from mofang_spawner.server_start import SpawnFailedError

_ADMINISTRATOR = "Safe mode did not help. Show this to an administrator."


class StartError(SpawnException):  # type: ignore[misc] # JupyterHub has no types
    """Why a server does not start, as JupyterHub's pages and streams show it.

    Where these attributes are missing, some show the exception's own text with status
    and class.
    """

    def __init__(
        self,
        message: str,
        *,
        html_message: str = "",
        is_refusal: bool = False,
        cause: str = "",
        **given: Any,
    ) -> None:
        super().__init__(message, message_html=html_message, **given)
        self.jupyterhub_message = message
        self.jupyterhub_html_message = html_message
        self.is_refusal = is_refusal
        """Whether the platform would not, and nothing of the server was ever there."""
        self.cause = cause
        """Why a start that was begun failed, without advice; empty for a refusal."""


def refusal(error: MofangError) -> StartError:
    """JupyterHub's form of a refusal: shown as it is, not counted as a fault."""
    return StartError(
        error.message,
        html_message=_paragraph(error.message, error.code),
        reason=error.code,
        status_code=error.status,
        is_refusal=True,
    )


def start_failed(error: SpawnFailedError, *, safe_mode: bool = False) -> StartError:
    """A failed start, with the container's last lines.

    Args:
        error: What the pod said.
        safe_mode: Whether it was a start without the user's files.
    """
    advice = _advice(safe_mode=safe_mode) if error.failure.may_be_users else ""
    return _failed(
        error.failure.message,
        advice,
        error.log.strip(),
        reason=error.failure.reason,
        status_code=424,
    )


def timed_out(seconds: int, *, has_run: bool, safe_mode: bool = False) -> StartError:
    """A start that took longer than it may.

    Args:
        seconds: How long it may take.
        has_run: Whether the container ran, so that only its answer was missing.
        safe_mode: Whether it was a start without the user's files.
    """
    again = "Try again; if nodes are full, request less or wait until others end."
    return _failed(
        f"The server did not answer within {seconds} seconds.",
        _advice(safe_mode=safe_mode) if has_run else again,
        "",
        reason="timeout",
        status_code=504,
    )


def waited_too_long() -> StartError:
    """A start that has waited for its project's quota as long as it may."""
    return start_failed(SpawnFailedError(QUEUE_TIMED_OUT))


def describe_failure(
    err: BaseException, *, seconds: int, has_run: bool, safe_mode: bool
) -> StartError | None:
    """JupyterHub's form of a failed start; None for a fault of the platform's own.

    Args:
        err: What ended the start.
        seconds: How long it may take.
        has_run: Whether the container ran.
        safe_mode: Whether it was a start without the user's files.
    """
    match err:
        case SpawnFailedError():
            return start_failed(err, safe_mode=safe_mode)
        case MofangError():
            return refusal(err)
        case TimeoutError():
            return timed_out(seconds, has_run=has_run, safe_mode=safe_mode)
        case _:
            return None


def _advice(*, safe_mode: bool) -> str:
    return _ADMINISTRATOR if safe_mode else OFFER


def _failed(text: str, advice: str, lines: str, **given: Any) -> StartError:
    """Tell it twice: as text, and as a page whose last lines are set apart."""
    page = _paragraph(text, str(given["reason"]))
    message = text
    cause = f"{text}\n{lines}".strip()
    if lines:
        page += f"<pre>{html.escape(lines)}</pre>"
    if advice:
        # Pages look for the mark, to show the button that goes with it.
        mark = " data-safe-mode" if advice == OFFER else ""
        page += f"<p{mark}>{html.escape(advice)}</p>"
        message += f" {advice}"
    if lines:
        message += f" Its last lines were:\n{lines}"
    return StartError(message, html_message=page, cause=cause, **given)


def _paragraph(text: str, reason: str) -> str:
    # Pages look for the reason, to show the button that helps after it.
    return f'<p data-failure="{html.escape(reason)}">{html.escape(text)}</p>'
