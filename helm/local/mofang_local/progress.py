"""Steps with state, counts and times, shown as a live table or as plain lines."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.live import Live
from rich.table import Table

State = Literal["running", "done", "failed"]
REPORT_SECONDS = 20.0
"""Without a terminal, running steps are printed this often."""

_MARKS: dict[State, str] = {"running": "…", "done": "✓", "failed": "✗"}
_STYLES: dict[State, str] = {"running": "cyan", "done": "green", "failed": "red"}


def duration(seconds: float) -> str:
    """A time as people say it: ``45 s``, ``12 min``."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"  # noqa: PLR2004


@dataclass(slots=True)
class Step:
    """One named piece of work, as it is shown."""

    name: str
    state: State
    began: float
    ended: float = 0.0
    done: int = 0
    total: int = 0
    unit: str = ""
    note: str = ""
    """What it is doing, for a step that does not count."""

    def seconds(self) -> float:
        return (self.ended or time.monotonic()) - self.began

    def set_note(self, text: str) -> None:
        """Say what it is doing, as whoever does it tells."""
        self.note = text

    def count(self) -> str:
        """``812 of 2310 packages``, or the note of a step that does not count."""
        return f"{self.done} of {self.total} {self.unit}" if self.total else self.note


class Progress:
    """Shows what runs, how far it is and how long it took; safe to use from threads."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._lock = threading.Lock()
        self._steps: dict[str, Step] = {}
        self._live: Live | None = None
        self._ended = threading.Event()
        self.remaining: Callable[[], str] = str
        """Returns a message on the time left, or an empty one."""

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the steps while the block runs."""
        if sys.stderr.isatty():
            with Live(
                get_renderable=self._table, console=self._console, refresh_per_second=4
            ) as live:
                self._live = live
                try:
                    yield
                finally:
                    self._live = None
                    self._ended.set()
            return
        self._report()
        try:
            yield
        finally:
            self._ended.set()

    def detach(self) -> None:
        """Stop drawing on the terminal; later steps are printed as lines."""
        drawn = self._live
        self._console = Console(stderr=True, highlight=False, force_terminal=False)
        if drawn is not None:
            drawn.stop()
            self._live = None
            self._report()

    def snapshot(self) -> list[Step]:
        """The steps so far, oldest first."""
        with self._lock:
            return list(self._steps.values())

    def _report(self) -> None:
        """Print from now on, now and then, how far running steps are."""

        def report() -> None:
            while not self._ended.wait(REPORT_SECONDS):
                for step in self.snapshot():
                    if step.state == "running":
                        self._print(step)
                if remaining := self.remaining():
                    self.say(remaining)

        threading.Thread(target=report, daemon=True).start()

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for step in self.snapshot():
            mark = f"[{_STYLES[step.state]}]{_MARKS[step.state]}[/]"
            count = step.count() if step.state == "running" else ""
            table.add_row(mark, step.name, f"{step.seconds():6.1f} s", count)
        if remaining := self.remaining():
            table.add_row("", remaining)
        return table

    def _print(self, step: Step) -> None:
        if self._live is not None:
            return
        began = step.state == "running" and not step.count() and step.seconds() < 1
        parts = [step.count()] if step.state == "running" else []
        parts += [] if began else [f"{step.seconds():.1f} s"]
        details = ", ".join(part for part in parts if part)
        self.say(
            f"{_MARKS[step.state]} {step.name}" + (f" ({details})" if details else "")
        )

    def _end(self, name: str, state: State) -> None:
        with self._lock:
            step = self._steps[name]
            step.state, step.ended = state, time.monotonic()
        self._print(step)

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """One named step; failed when the block raises."""
        step = Step(name=name, state="running", began=time.monotonic())
        with self._lock:
            self._steps[name] = step
        self._print(step)
        try:
            yield step
        except BaseException:
            self._end(name, "failed")
            raise
        self._end(name, "done")

    def say(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)
