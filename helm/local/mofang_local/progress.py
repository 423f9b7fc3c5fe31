"""Steps with their states and times, as a live table or plain lines."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table

_MARKS = {"running": "…", "done": "✓", "failed": "✗"}
_STYLES = {"running": "cyan", "done": "green", "failed": "red"}


class Progress:
    """Shows what runs and how long each step took; safe to use from threads."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._lock = threading.Lock()
        self._steps: dict[str, tuple[str, float, float]] = {}
        self._live: Live | None = None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Keep the table on the terminal while the block runs."""
        if not sys.stderr.isatty():
            yield
            return
        with Live(
            get_renderable=self._table, console=self._console, refresh_per_second=4
        ) as live:
            self._live = live
            try:
                yield
            finally:
                self._live = None

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        with self._lock:
            steps = list(self._steps.items())
        for name, (state, began, ended) in steps:
            seconds = (ended or time.monotonic()) - began
            mark = f"[{_STYLES[state]}]{_MARKS[state]}[/]"
            table.add_row(mark, name, f"{seconds:6.1f} s")
        return table

    def _set(self, name: str, state: str) -> None:
        now = time.monotonic()
        with self._lock:
            began = self._steps[name][1] if state != "running" else now
            self._steps[name] = (state, began, 0.0 if state == "running" else now)
        if self._live is None:
            took = f" ({now - began:.1f} s)" if state != "running" else ""
            self._console.print(f"{_MARKS[state]} {name}{took}", markup=False)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One named step; failed when the block raises."""
        self._set(name, "running")
        try:
            yield
        except BaseException:
            self._set(name, "failed")
            raise
        self._set(name, "done")

    def run(self, name: str, work: Callable[[], object]) -> None:
        with self.step(name):
            work()

    def together(self, steps: dict[str, Callable[[], object]]) -> None:
        """Run steps side by side; the first failure is raised after all ended."""
        with ThreadPoolExecutor(max_workers=len(steps) or 1) as pool:
            futures = [pool.submit(self.run, *item) for item in steps.items()]
            wait(futures)
        for future in futures:
            future.result()

    def say(self, text: str) -> None:
        self._console.print(text, markup=False)
