"""Known causes of a failure: patterns of its last words, and signals. Pure.

The patterns are one table, read from the top; the first that is found in a replica's
last words counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class FailurePattern:
    """One known cause."""

    name: str
    pattern: re.Pattern[str]
    advice: str
    """One or two sentences: what it means, what to do. A group of the pattern of this
    name stands for it, where it was found."""

    platform_failure: bool = False
    """Whether the script could not help it, so that another try is worth while."""

    is_secondary: bool = False
    """Whether it is what one replica says when another has failed."""


def _cause(name: str, pattern: str, advice: str, **more: bool) -> FailurePattern:
    compiled = re.compile(pattern, re.MULTILINE)
    return FailurePattern(name=name, pattern=compiled, advice=advice, **more)


# Gaps are bounded, so that a pattern takes time in proportion to the words.
FAILURE_PATTERNS = (
    _cause(
        "broken GPU",
        r"uncorrectable ECC|fallen off the bus|CUDA error: hardware|"
        r"NVML.{0,100}Driver/library version mismatch",
        "The GPU or its driver failed. Tell an administrator which node it was.",
        platform_failure=True,
    ),
    _cause(
        "GPU program",
        r"CUDA error: (?:device-side assert|unspecified launch failure|"
        r"an illegal memory access)",
        "What the script computes on the GPU failed there, mostly for a label or an "
        "index out of range. Run it once with CUDA_LAUNCH_BLOCKING=1 to see where.",
    ),
    _cause(
        "GPU memory",
        r"CUDA out of memory|OutOfMemoryError: CUDA|CUDNN_STATUS_ALLOC_FAILED|"
        r"RESOURCE_EXHAUSTED: .{0,500}GPU",
        "The GPU's memory is too small for it. Use smaller batches, or more GPUs.",
    ),
    _cause(
        "lost replicas",
        r"ncclRemoteError|ncclSystemError|NCCL (?:communicator|timeout|watchdog)|"
        r"[Cc]ollective operation timeout|Watchdog caught collective|"
        r"gloo/transport.{0,200}(?:Connection (?:closed|reset)|[Tt]imed? ?out)|"
        r"Connection closed by peer|RendezvousTimeoutError|Socket Timeout|"
        r"ORTE (?:has lost|was unable to reliably)|HorovodInternalError",
        "Its replicas lost each other: the network failed, or another replica ended or "
        "stood still. Look at the other replicas' logs for what came first.",
        platform_failure=True,
        is_secondary=True,
    ),
    _cause(
        "disk full",
        r"No space left on device|Errno 28\b|ENOSPC|Disk quota exceeded|Errno 122\b",
        "A disk is full. Write large files to /cache and remove what is not needed, or "
        "ask for a larger quota.",
    ),
    _cause(
        "own module",
        # The wrapper sees the files beside the script, and says so.
        r"^\[Mofang\] (?:\S{1,40} )?"
        r"(?P<advice>Python does not (?:look for|know) .{1,2000})$",
        "",
    ),
    _cause(
        "script of a package",
        r"^ImportError: attempted relative import with no known parent package",
        "The script belongs to a package and was run as a file. Run it as a module: "
        "`python -m package.module`, with the directory above the package as the "
        "working directory.",
    ),
    _cause(
        "lost library of Python",
        r"^ModuleNotFoundError: No module named 'encodings'",
        "The variable PYTHONHOME leads Python away from its own modules. Remove it "
        "from the job's variables.",
    ),
    _cause(
        "missing package",
        r"^(?:ModuleNotFoundError|ImportError): ",
        "List the package in the job's requirements file, or choose an image that has "
        "it.",
    ),
    _cause(
        "missing file",
        r"^FileNotFoundError: |No such file or directory",
        "Jobs see your home, the project's directory and /global, and nothing else of "
        "the notebook.",
    ),
    _cause(
        "no rights",
        r"^PermissionError: |Permission denied",
        "The job runs as its user id and may write to your home and the project's "
        "directory; /global is for its editors.",
    ),
    _cause(
        "out of memory",
        r"^MemoryError|Cannot allocate memory|DefaultCPUAllocator: can't allocate|"
        r"std::bad_alloc",
        "Memory ran out. Ask for more, or use smaller batches.",
    ),
    _cause(
        "no network",
        r"Temporary failure in name resolution|Name or service not known|"
        r"Network is unreachable|Max retries exceeded with url",
        "An address could not be reached from the job. Ask an administrator which "
        "networks jobs may call.",
    ),
)


_RANK = re.compile(r"^\[rank\d{1,9}\]: ?", re.MULTILINE)
"""What PyTorch puts before the lines of a traceback."""


def find_failure_pattern(output: str) -> FailurePattern | None:
    """Return the known cause that a replica's last words tell of; None if none."""
    untagged = _RANK.sub("", output)
    for each in FAILURE_PATTERNS:
        match = each.pattern.search(untagged)
        if match:
            advice = match.groupdict().get("advice")
            return replace(each, advice=advice) if advice else each
    return None


SIGNALLED = 128
"""What is added to a signal's number to make an exit code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitSignal:
    """An end by a signal."""

    signal: str
    verb: str
    """What happened to the process: ``crashed with a segmentation fault``."""

    advice: str = ""
    """A sentence for when nothing else is known."""


_NATIVE = "Look for a native library that does not fit the others."

_EXIT_SIGNALS = {
    1: ExitSignal(signal="SIGHUP", verb="was hung up"),
    2: ExitSignal(signal="SIGINT", verb="was interrupted"),
    3: ExitSignal(signal="SIGQUIT", verb="was asked to quit"),
    4: ExitSignal(
        signal="SIGILL",
        verb="crashed with an illegal instruction",
        advice="Look for a library that was built for another CPU.",
    ),
    5: ExitSignal(signal="SIGTRAP", verb="was ended by a trap", advice=_NATIVE),
    6: ExitSignal(
        signal="SIGABRT",
        verb="was aborted",
        advice="Native code aborted; see its log.",
    ),
    7: ExitSignal(
        signal="SIGBUS",
        verb="crashed with a bus error",
        advice="Its shared memory may be full, or a mapped file was cut short.",
    ),
    8: ExitSignal(signal="SIGFPE", verb="crashed with an arithmetic error"),
    9: ExitSignal(signal="SIGKILL", verb="was killed"),
    11: ExitSignal(
        signal="SIGSEGV", verb="crashed with a segmentation fault", advice=_NATIVE
    ),
    13: ExitSignal(signal="SIGPIPE", verb="was ended by a broken pipe"),
    14: ExitSignal(signal="SIGALRM", verb="was ended by an alarm"),
    15: ExitSignal(signal="SIGTERM", verb="was terminated"),
    24: ExitSignal(signal="SIGXCPU", verb="exceeded its limit of CPU time"),
    25: ExitSignal(signal="SIGXFSZ", verb="exceeded its limit of a file's size"),
    31: ExitSignal(signal="SIGSYS", verb="was ended for a forbidden system call"),
}


def find_exit_signal(exit_code: int) -> ExitSignal | None:
    """Return the signal that an exit code tells of; None if it tells of none."""
    return _EXIT_SIGNALS.get(exit_code - SIGNALLED)
