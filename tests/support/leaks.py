"""Report what a test leaves open as an error of that test.

After each test, once its fixtures have ended, the garbage that it made is collected. A
socket, a file, a process or an event loop that was never closed warns there, in the
test that made it and not in a later one. What lives longer than a test is looked at
after the last one of each module: to look at all of it each time took a fifth of a
run. Threads and child processes are counted at the end of the run, with the test after
which each was first seen.
"""

from __future__ import annotations

import gc
import logging
import sys
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_ATTEMPTS = 100

_YOUNG, _ALL = 1, 2
"""Generations of the garbage collector: what the test made, and everything."""

_YOUNG_COLLECTIONS = 1000
"""As many of the youngest generation come before one that makes objects old: what a
test makes stays young until the test has ended."""

_REMAINS = pytest.StashKey["Remains"]()
_LEFT = pytest.StashKey[list[str]]()


class LeakError(AssertionError):
    """A test left something open."""


class _AsyncioErrors(logging.Handler):
    """Take what asyncio logs of tasks and connections that are collected."""

    def __init__(self, found: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        self._found.append(self.format(record))


@contextmanager
def _recorded() -> Iterator[list[str]]:
    """Collect what is said by objects that are destroyed in the block."""
    found: list[str] = []

    def record(unraisable: Any) -> None:
        kind = unraisable.exc_type.__name__
        found.append(f"{kind}: {unraisable.exc_value} ({unraisable.object!r:.200})")

    logger, handler = logging.getLogger("asyncio"), _AsyncioErrors(found)
    before, sys.unraisablehook = sys.unraisablehook, record
    logger.addHandler(handler)
    try:
        yield found
    finally:
        logger.removeHandler(handler)
        sys.unraisablehook = before


class Remains:
    """Threads and child processes, and the test after which each was first seen."""

    def __init__(self) -> None:
        self._first_test: dict[tuple[str, int], str] = {}
        self._before = set(_alive())

    def note(self, test: str) -> None:
        """Look for new ones after a test."""
        alive = _alive()
        for key in alive.keys() - self._before:
            self._first_test.setdefault(key, test)
        for key in self._first_test.keys() - alive.keys():
            del self._first_test[key]

    def messages(self) -> list[str]:
        """Say which of them are left, and since which test.

        What was told to end gets a moment: a thread or a process that is on its way out
        is not left behind.
        """
        for _ in range(_ATTEMPTS):
            alive = _alive()
            if not alive.keys() - self._before:
                break
            time.sleep(0.05)
        return sorted(
            f"{alive[key]}, first seen after {self._first_test.get(key, 'all tests')}"
            for key in alive.keys() - self._before
        )


def _alive() -> dict[tuple[str, int], str]:
    threads = {
        ("thread", each.ident): f"thread {each.name}"
        for each in threading.enumerate()
        # Daemon threads end with the process; nobody can wait for them.
        if each.ident and not each.daemon
    }
    return threads | {("process", pid): _describe(pid) for pid in _children()}


def _children() -> set[int]:
    found: set[int] = set()
    for path in Path("/proc/self/task").glob("*/children"):
        try:
            found |= {int(pid) for pid in path.read_text().split()}
        except (FileNotFoundError, ProcessLookupError):
            continue  # The thread has just ended.
    return found


def _describe(pid: int) -> str:
    # A program that has just begun has no command line for a moment.
    for _ in range(_ATTEMPTS):
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return f"process {pid} (ended)"
        if state == "Z":
            return f"process {pid} (ended, but not waited for)"
        if arguments:
            return f"process {pid} ({arguments.decode(errors='replace').strip():.200})"
        time.sleep(0.01)
    return f"process {pid}"


def _open_hub_clients() -> Iterator[str]:
    """JupyterHub's HTTP clients that are open though their event loop is closed.

    JupyterHub keeps one per loop and for ever: garbage collection would only find it
    once another test makes a hub. What was reported is forgotten.
    """
    module = sys.modules.get("jupyterhub.httpclient")
    if module is None:
        return
    clients = module.JupyterHubHTTPClient
    shared = clients.instance() if clients.initialized() else None
    for client in [*clients._loop_instances.values(), *filter(None, [shared])]:
        if client._has_session and client._loop.is_closed():
            yield f"{client!r} of an event loop that is closed"
            clients._loop_instances.pop(client._loop, None)
            if client is shared:
                clients.clear_instance()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_REMAINS] = Remains()
    config.stash[_LEFT] = []


def pytest_collection_finish() -> None:
    """What is there before the first test is never looked at again: it takes long."""
    gc.collect()
    gc.freeze()
    youngest, _, old = gc.get_threshold()
    gc.set_threshold(youngest, _YOUNG_COLLECTIONS, old)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, None, None]:
    try:
        yield
    finally:
        with _recorded() as found:
            # pytest keeps the values of fixtures for a moment longer.
            getattr(item, "funcargs", {}).clear()
            is_last = nextitem is None or nextitem.path != item.path
            gc.collect(_ALL if is_last else _YOUNG)
            found.extend(_open_hub_clients())
        item.config.stash[_REMAINS].note(item.nodeid)
        if found:
            raise LeakError("This test left open:\n" + "\n".join(found))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a process of pytest-xdist says of itself."""
    node.config.stash[_LEFT] += getattr(node, "workeroutput", {}).get("left", [])


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    left = config.stash[_LEFT]
    # Processes that pytest-xdist starts run tests; the one that starts them runs none.
    if config.getoption("dist", "no") == "no":
        left += config.stash[_REMAINS].messages()
    if hasattr(config, "workeroutput"):
        config.workeroutput["left"] = left
    if left and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    left = terminalreporter.config.stash[_LEFT]
    if left:
        terminalreporter.section("left running at the end", red=True)
        for message in left:
            terminalreporter.line(message)
