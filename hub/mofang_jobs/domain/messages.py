"""Say in a sentence why a replica waits or how it ended. Pure."""

from __future__ import annotations

import re

from mofang_api.models import JobSpec, Resources
from mofang_api.quantities import format_bytes
from mofang_jobs.domain.failure_patterns import (
    SIGNALLED,
    ExitSignal,
    find_exit_signal,
    find_failure_pattern,
)
from mofang_jobs.domain.models import ObservedPod
from mofang_jobs.domain.termination_message import (
    find_error,
    last_error,
    shortened,
    torchrun_exit_code,
)
from mofang_kube import evictions
from mofang_kube.evictions import EvictionCause

_SIGKILL = SIGNALLED + 9
_ENDED_BY_PLATFORM = {SIGNALLED + 15, SIGNALLED + 9}

_PULL_REASONS = {
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "RegistryUnavailable",
}

_NODES = re.compile(r"^0/(\d+) nodes are available: (.*)$", re.DOTALL)
_SCHEDULING_PARTS = (
    (re.compile(r"(\d{1,9}) Insufficient nvidia\.com/gpu"), "too few free GPUs"),
    (re.compile(r"(\d{1,9}) Insufficient cpu"), "too little free CPU"),
    (re.compile(r"(\d{1,9}) Insufficient memory"), "too little free memory"),
    (
        re.compile(r"(\d{1,9}) Insufficient ephemeral-storage"),
        "too little free local disk",
    ),
    (re.compile(r"(\d{1,9}) (?:Insufficient|Too many) pods"), "too many pods"),
    (
        re.compile(
            r"(\d{1,9}) node\(s\) (?:didn't match Pod's node affinity/selector|"
            r"had untolerated taint)"
        ),
        "match its node affinity or tolerations",
    ),
    (re.compile(r"(\d{1,9}) node\(s\) were unschedulable"), "cordoned"),
)


def resources_of(spec: JobSpec, role: str) -> Resources:
    """Return what a replica of a role gets."""
    found = (each.resources for each in spec.resolved_roles() if each.name == role)
    return next(found, spec.resources)


def pending_reason(pod: ObservedPod) -> str | None:
    """Return why a pod does not run yet; None if that is nothing special."""
    if pod.waiting_reason in _PULL_REASONS:
        return (
            f"The image {pod.image} cannot be pulled for {pod.label}: "
            f"{_pull_cause(pod.waiting_message)} Cancel the job and submit it with an "
            "image that exists."
        )
    if pod.waiting_reason in {"CreateContainerConfigError", "CreateContainerError"}:
        return f"{pod.label} cannot be started: {shortened(pod.waiting_message)}"
    if pod.unschedulable:
        return f"{pod.label} cannot be scheduled: {_scheduling(pod.unschedulable)}"
    if pod.waiting_reason == "RunContainerError":
        return f"{pod.label} cannot be started: {shortened(pod.waiting_message)}"
    return None


def _pull_cause(message: str) -> str:
    text = message.lower()
    if "not found" in text or "manifest unknown" in text:
        return "the image does not exist."
    if "unauthorized" in text or "denied" in text or "forbidden" in text:
        return "the registry denied access; check the image pull secrets."
    if "no such host" in text or "i/o timeout" in text or "dial tcp" in text:
        return "the registry cannot be reached."
    return shortened(message) if message else "Kubernetes gives no cause."


def _scheduling(message: str) -> str:
    match = _NODES.match(message)
    if match is None:
        return shortened(message)
    causes = [
        f"{found[1]} {cause}"
        for pattern, cause in _SCHEDULING_PARTS
        if (found := pattern.search(match[2]))
    ]
    if not causes:
        return shortened(match[2].partition(" preemption:")[0])
    nodes = "node" if match[1] == "1" else "nodes"
    return f"of {match[1]} {nodes}, {', '.join(_has(each) for each in causes)}."


def _has(cause: str) -> str:
    count, _, what = cause.partition(" ")
    verb = "has" if count == "1" else "have"
    if what.startswith("match"):
        verb, what = ("does" if count == "1" else "do"), f"not {what}"
    if what == "cordoned":
        verb = "is" if count == "1" else "are"
    return f"{count} {verb} {what}"


def failure_reason(pod: ObservedPod, resources: Resources) -> str:
    """Return how a failed pod came to its end."""
    if pod.status_reason == evictions.REASON:
        return _eviction(pod)
    if pod.exit_code is None:
        cause = pod.status_message or pod.status_reason or "Kubernetes gives no cause."
        return f"{pod.label} was terminated by node {pod.node}: {shortened(cause)}"
    if pod.exit_reason == "OOMKilled":
        return (
            f"{pod.label} ran out of memory: it may use {_memory(resources)}. Ask for "
            "more, or use smaller batches."
        )
    if pod.exit_reason in {"ContainerCannotRun", "StartError"}:
        cause = shortened(pod.termination_message) or "See its log."
        return f"{pod.label} ended with exit code {pod.exit_code}: {cause}"
    return exit_message(
        pod.label, pod.exit_code, pod.termination_message, memory=_memory(resources)
    )


_EVICTION_ADVICE = {
    EvictionCause.CACHE: (
        "Delete what the script no longer needs there, write large results to an "
        "output, or choose resources or an environment with a larger /cache."
    ),
    # A job's /tmp is on the container's own disk.
    EvictionCause.TMP: "Write large files to /cache or to an output.",
    EvictionCause.DISK: "Write large files to /cache or to an output.",
    EvictionCause.NODE: "Submit the job again; if that recurs, ask an administrator.",
}


def _eviction(pod: ObservedPod) -> str:
    found = evictions.read_eviction(pod.status_reason, pod.status_message)
    if found is None:
        return (
            f"{pod.label} was evicted from node {pod.node}: "
            f"{shortened(pod.status_message)} Ask for more, or write less to the "
            "container's own disk."
        )
    what = found.describe(pod.label, pod.node or "of the pod")
    return f"{what} {_EVICTION_ADVICE[found.cause]}"


def exit_message(label: str, code: int, output: str, *, memory: str = "") -> str:
    """Return how a replica's program ended.

    Args:
        label: The replica.
        code: Its exit code.
        output: The end of its output.
        memory: What it may use; empty where that is not known.
    """
    crash = find_exit_signal(code)
    if crash is not None:
        start = f"{label} {crash.verb} ({crash.signal}, exit code {code})"
        if code == _SIGKILL and memory and not find_error(output):
            return f"{start}. It probably ran out of memory: it may use {memory}."
        return start + _detail(output, crash)
    ended = f"{label} ended with exit code {code}"
    cause = _cause(code, output)
    if cause:
        return f"{ended}: {cause}"
    # What the platform itself says there tells nothing of it.
    return f"{ended}." if output else f"{ended}. See its log."


def _cause(code: int, output: str) -> str:
    """Return what a program died of by its own account; may be empty."""
    inner = torchrun_exit_code(output)
    crash = (
        find_exit_signal(SIGNALLED - inner) if inner is not None and inner < 0 else None
    )
    if crash is not None:
        return f"its script {crash.verb} ({crash.signal}){_detail(output, crash)}"
    error = last_error(output)
    if not error and inner is not None and inner != code:
        return f"its script ended with exit code {inner}."
    return _advised(error, output)


def _detail(output: str, crash: ExitSignal) -> str:
    error = find_error(output)
    if error:
        return f": {_advised(error, output)}"
    return f". {crash.advice}" if crash.advice else "."


def _advised(error: str, output: str) -> str:
    known = find_failure_pattern(output)
    return f"{error} {known.advice}" if error and known else error


def _memory(resources: Resources) -> str:
    text = resources.memory
    return format_bytes(int(text)) if text.isdecimal() else text


def was_terminated(pod: ObservedPod) -> bool:
    """Say whether a pod failed only because it was terminated."""
    return pod.is_terminating or pod.exit_code in _ENDED_BY_PLATFORM
