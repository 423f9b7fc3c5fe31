"""Say in a sentence why a replica waits or how it ended. Pure."""

from __future__ import annotations

import re

from mofang.models import JobSpec, Resources
from mofang_hub.jobs.causes import find_cause
from mofang_hub.jobs.models import PodSeen

SHOWN = 300
"""Longest piece of a foreign message that goes into a sentence."""

_SIGKILL = 128 + 9
_ENDED_BY_PLATFORM = {128 + 15, 128 + 9}

_CRASHES = {
    128 + 6: "it was aborted by native code. Its log tells more.",
    128 + 7: "it touched memory that is not there; /dev/shm may be full.",
    128 + 11: "it crashed in native code. Look for a library that does not fit.",
}

_PULL_REASONS = {
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "RegistryUnavailable",
}

_MARK = re.compile(r"^\[Mofang\] (?:\S+Z )?(?P<said>.*)$")
_ERROR_LINE = re.compile(
    r"^(?:\[\S+\]:)?(?P<said>[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit)\b.*)$"
)
_STARTED = re.compile(r" started on | was killed by ")
_ABOUT = ("Received ", "Ended processes", "Attempt ")
_TORCHRUN = ("torch.distributed.elastic.", "ChildFailedError")

_NODES = re.compile(r"^0/(\d+) nodes are available: (.*)$", re.DOTALL)
_SCHEDULING_PARTS = (
    (re.compile(r"(\d+) Insufficient nvidia\.com/gpu"), "too few free GPUs"),
    (re.compile(r"(\d+) Insufficient cpu"), "too little free CPU"),
    (re.compile(r"(\d+) Insufficient memory"), "too little free memory"),
    (re.compile(r"(\d+) Insufficient pods|(\d+) Too many pods"), "too many pods"),
    (
        re.compile(
            r"(\d+) node\(s\) (?:didn't match Pod's node affinity/selector|"
            r"had untolerated taint)"
        ),
        "another kind than the job may use",
    ),
    (re.compile(r"(\d+) node\(s\) were unschedulable"), "maintenance"),
)


def resources_of(spec: JobSpec, role: str) -> Resources:
    """Return what a replica of a role gets."""
    found = (each.resources for each in spec.settled_roles() if each.name == role)
    return next(found, spec.resources)


def waiting_sentence(pod: PodSeen) -> str | None:
    """Return why a pod does not run yet; None if that is nothing special."""
    if pod.waiting_reason in _PULL_REASONS:
        return (
            f"The image {pod.image} cannot be pulled for {pod.label}: "
            f"{_pull_cause(pod.waiting_message)} Cancel the job and submit it with an "
            "image that is there."
        )
    if pod.waiting_reason in {"CreateContainerConfigError", "CreateContainerError"}:
        return f"{pod.label} cannot be started: {shortened(pod.waiting_message)}"
    if pod.unschedulable:
        return f"{pod.label} waits for a machine: {_scheduling(pod.unschedulable)}"
    if pod.waiting_reason == "RunContainerError":
        return f"{pod.label} cannot be started: {shortened(pod.waiting_message)}"
    return None


def _pull_cause(message: str) -> str:
    text = message.lower()
    if "not found" in text or "manifest unknown" in text:
        return "there is no such image."
    if "unauthorized" in text or "denied" in text or "forbidden" in text:
        return "its registry asks for a log-in or refuses."
    if "no such host" in text or "i/o timeout" in text or "dial tcp" in text:
        return "its registry cannot be reached."
    return shortened(message) if message else "Kubernetes gives no cause."


def _scheduling(message: str) -> str:
    match = _NODES.match(message)
    if match is None:
        return shortened(message)
    causes = [
        f"{next(filter(None, found.groups()))} {cause}"
        for pattern, cause in _SCHEDULING_PARTS
        if (found := pattern.search(match[2]))
    ]
    if not causes:
        return shortened(match[2].partition(" preemption:")[0])
    return f"of {match[1]}, {', '.join(_has(each) for each in causes)}."


def _has(cause: str) -> str:
    count, _, what = cause.partition(" ")
    verb = "has" if count == "1" else "have"
    if what.startswith("another kind"):
        verb = "is of" if count == "1" else "are of"
    if what == "maintenance":
        verb = "is in" if count == "1" else "are in"
    return f"{count} {verb} {what}"


def ending_sentence(pod: PodSeen, resources: Resources) -> str:
    """Return how a failed pod came to its end."""
    if pod.status_reason == "Evicted":
        return (
            f"{pod.label} was evicted from {pod.node}: "
            f"{shortened(pod.status_message)} Ask for more, or write less to the "
            "container's own disk."
        )
    if pod.exit_code is None:
        cause = pod.status_message or pod.status_reason or "Kubernetes gives no cause."
        return f"{pod.label} was ended by its machine {pod.node}: {shortened(cause)}"
    if pod.exit_reason == "OOMKilled":
        return (
            f"{pod.label} ran out of memory: it may use {resources.memory}. Ask for "
            "more, or use smaller batches."
        )
    words = last_error(pod.last_words)
    if pod.exit_code == _SIGKILL and not words:
        return (
            f"{pod.label} was killed (exit code {pod.exit_code}). Most often it used "
            f"more memory than the {resources.memory} it may use."
        )
    if pod.exit_reason in {"ContainerCannotRun", "StartError"} or not words:
        words = words or shortened(pod.last_words)
    ended = f"{pod.label} ended with exit code {pod.exit_code}"
    if not words:
        crash = _CRASHES.get(pod.exit_code)
        return f"{ended}: {crash}" if crash else f"{ended}. Its log tells more."
    known = find_cause(pod.last_words)
    return f"{ended}: {words} {known.advice}" if known else f"{ended}: {words}"


def was_stopped(pod: PodSeen) -> bool:
    """Say whether a pod failed only because it was told to end."""
    return pod.is_leaving or pod.exit_code in _ENDED_BY_PLATFORM


def last_error(words: str) -> str:
    """Return the line of a replica's last words that tells most; may be empty."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    given_up = _given_up(lines)
    if given_up:
        return shortened(given_up)
    errors = [
        match["said"]
        for line in lines
        if (match := _ERROR_LINE.match(line)) and not line.startswith(_TORCHRUN)
    ]
    if errors:
        return shortened(errors[-1])
    own = [line for line in lines if not _MARK.match(line) and not _is_rule(line)]
    return shortened(own[-1]) if own else ""


def _given_up(lines: list[str]) -> str:
    """Return why the wrapper gave up by itself; empty if it did not.

    It says so right before it says with which code it ends; otherwise the script's own
    words stand there, or that it was started.
    """
    said = [match["said"] if (match := _MARK.match(line)) else None for line in lines]
    ends = [
        n for n, each in enumerate(said) if each and " ended with exit code " in each
    ]
    if not ends or not ends[-1]:
        return ""
    before = said[ends[-1] - 1]
    return (
        before
        if before and not before.startswith(_ABOUT) and not _STARTED.search(before)
        else ""
    )


def _is_rule(line: str) -> bool:
    return not any(character.isalnum() for character in line)


def shortened(text: str) -> str:
    """Return the text on one line, cut where it would fill a page."""
    line = " ".join(text.split())
    if len(line) > SHOWN:
        line = f"{line[:SHOWN].rstrip()}…"
    return line if line.endswith((".", "…", "!", "?")) or not line else f"{line}."
