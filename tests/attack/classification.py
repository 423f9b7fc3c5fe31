"""What an answer means: refused, a success of the attacker, or a fault."""

import re
from dataclasses import dataclass
from enum import StrEnum

from attack.exchange import Answer
from attack.request import Request
from attack.scene import Caller, Scene

SLOW_SECONDS = 15.0
"""Longer than bodies and headers may take, which are refused after 10 s."""

_INTERNALS = re.compile(
    rb"Traceback \(most recent call last\)"
    rb"|\b[A-Za-z_]+(?:\.[A-Za-z_]+)*(?:Error|Exception)\b(?!\w)(?=[:(])"
)
"""A traceback, or the name of an exception's class before what it says."""

_SCRIPT = re.compile(rb"<script\b.*?</script>", re.DOTALL | re.IGNORECASE)
"""A page's own, which may raise what it likes."""


class Outcome(StrEnum):
    REFUSED = "refused"
    ALLOWED = "allowed"
    """Answered, and the caller may have that answer."""
    SUCCESS = "success"
    FAULT = "fault"
    UPSTREAM = "upstream"
    """A fault of JupyterHub, Jupyter Server or Envoy that is known and listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    outcome: Outcome
    why: str = ""


def classify(
    request: Request, answer: Answer, caller: Caller, scene: Scene
) -> Classification:
    """Classify an answer by what holds for all kinds of attacks.

    Args:
        request: What was sent.
        answer: What came back.
        caller: Who sent it.
        scene: Whom it was aimed at.
    """
    if taken := find_taken(request, answer, caller, scene):
        return Classification(outcome=Outcome.SUCCESS, why=taken)
    if fault := find_fault(request, answer):
        return Classification(outcome=Outcome.FAULT, why=fault)
    if 200 <= answer.status < 300:
        return Classification(outcome=Outcome.ALLOWED)
    return Classification(outcome=Outcome.REFUSED)


def find_taken(
    request: Request, answer: Answer, caller: Caller, scene: Scene
) -> str | None:
    """Say what the caller got and may not have; None for nothing."""
    head = "\n".join(f"{name}: {text}" for name, text in answer.headers).encode()
    for canary in scene.canaries:
        if caller.role in canary.readers:
            continue
        if canary.text in answer.body or canary.text in head:
            return f"{canary.what} is in the answer"
    if request.must_be_refused and (answer.status == 101 or 200 <= answer.status < 300):
        return f"answered {answer.status}"
    if away := leads_away(answer.header("location"), scene.host):
        return f"redirected to {away}"
    return None


def leads_away(location: str, host: str) -> str | None:
    """Return a redirect's address if a browser leaves the platform by it."""
    # Browsers read backslashes as slashes, and drop tabs and line feeds.
    text = re.sub(r"[\t\r\n]", "", location).replace("\\", "/").strip()
    found = re.match(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?//+([^/?#]*)", text)
    if not found:
        return None
    name = found[1].rpartition("@")[2].lower()
    bare, mine = name.partition(":")[0], host.partition(":")[0].lower()
    is_ours = bare == mine or bare.endswith(f".{mine}")
    return None if is_ours else location


def find_fault(request: Request, answer: Answer) -> str | None:
    """Say what is wrong with an answer, whoever asked; None for nothing."""
    if answer.end == "unreachable":
        return "no connection"
    if answer.end == "late" and not (request.is_stream and answer.status):
        return f"no end of the answer within {SLOW_SECONDS:.0f} s"
    if answer.end == "closed" and not request.may_close:
        return "the answer is cut off" if answer.status else "closed without an answer"
    if answer.status >= 500:
        return f"status {answer.status}"
    if found := _INTERNALS.search(_SCRIPT.sub(b"", answer.body)):
        return f"the answer says {found[0].decode('latin-1')!r}"
    return None
