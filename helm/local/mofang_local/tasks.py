"""A graph of tasks: each starts when those it needs are done and its lane is free."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from mofang_local.errors import LauncherError
from mofang_local.progress import Progress, Step

Work = Callable[[Step], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One piece of work of a graph."""

    name: str
    work: Work
    depends_on: tuple[str, ...] = ()
    lane: str = ""
    """Tasks of one lane run one after the other, in the graph's order; the empty lane
    has no limit."""
    seconds: float | None = 0.0
    """Expected duration on this machine; None if nothing is known of it."""


@dataclass(slots=True)
class _Run:
    ready: threading.Condition = field(default_factory=threading.Condition)
    waiting: dict[str, Task] = field(default_factory=dict)
    running: dict[str, Task] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    failed: dict[str, LauncherError] = field(default_factory=dict)
    crash: BaseException | None = None


class Graph:
    """Tasks in order of importance.

    A task that fails takes down those that need it; the others go on. ``essential``
    names a task without which the run is of no use: when it can no longer be reached,
    the run ends at once.
    """

    def __init__(
        self, tasks: Iterable[Task], progress: Progress, *, essential: str = ""
    ) -> None:
        self._tasks = {task.name: task for task in tasks}
        for task in self._tasks.values():
            if unknown := set(task.depends_on) - self._tasks.keys():
                raise ValueError(f"{task.name} needs {unknown}, which are not tasks")
        self._progress = progress
        self._essential = essential
        self._run = _Run(waiting=dict(self._tasks))

    def needed_for(self, name: str) -> set[str]:
        """A task and everything it needs, by name."""
        found: set[str] = set()
        open_names = [name]
        while open_names:
            each = open_names.pop()
            if each in self._tasks and each not in found:
                found.add(each)
                open_names += self._tasks[each].depends_on
        return found

    def remaining_seconds(self, name: str) -> float:
        """Expected time until a task is done: its longest lane, then its own chain.

        Tasks of unknown duration do not count: see ``is_estimated``.
        """
        steps = {step.name: step for step in self._progress.snapshot()}
        lanes: dict[str, float] = {}
        chain = 0.0
        for each in self.needed_for(name):
            if each in self._run.done:
                continue
            task = self._tasks[each]
            spent = steps[each].seconds() if each in steps else 0.0
            left = max((task.seconds or 0.0) - spent, 0.0)
            if task.lane:
                lanes[task.lane] = lanes.get(task.lane, 0.0) + left
            else:
                chain += left
        return max(lanes.values(), default=0.0) + chain

    def is_estimated(self, name: str) -> bool:
        """Whether the duration of all that is left until a task is done is known."""
        left = self.needed_for(name) - self._run.done
        return all(self._tasks[each].seconds is not None for each in left)

    def run(self) -> None:
        """Run every task.

        Raises:
            LauncherError: Of the essential task's failure at once; of the first other
                failure after everything else has ended.
        """
        run = self._run
        with run.ready:
            while run.waiting or run.running:
                self._drop_unreachable()
                self._raise_if_useless()
                for task in self._startable():
                    run.running[task.name] = run.waiting.pop(task.name)
                    threading.Thread(
                        target=self._execute, args=(task,), daemon=True
                    ).start()
                if run.running:
                    run.ready.wait()
        self._raise_if_useless()
        if run.failed:
            raise next(iter(run.failed.values()))

    def _raise_if_useless(self) -> None:
        run = self._run
        if run.crash is not None:
            raise run.crash
        failures = self.needed_for(self._essential) & run.failed.keys()
        for name, failure in run.failed.items():
            if name in failures:
                raise failure

    def _drop_unreachable(self) -> None:
        run = self._run
        for name in list(run.waiting):
            if run.failed.keys() & self.needed_for(name):
                del run.waiting[name]

    def _startable(self) -> list[Task]:
        run = self._run
        busy = {task.lane for task in run.running.values() if task.lane}
        found = []
        for task in run.waiting.values():
            if task.lane in busy or not run.done.issuperset(task.depends_on):
                continue
            found.append(task)
            if task.lane:
                busy.add(task.lane)
        return found

    def _execute(self, task: Task) -> None:
        run = self._run
        failure: LauncherError | None = None
        crash: BaseException | None = None
        try:
            with self._progress.step(task.name) as step:
                task.work(step)
        except LauncherError as error:
            failure = error
            self._progress.say(str(error))
        except BaseException as error:  # noqa: BLE001 - raised again by run()
            crash = error
        with run.ready:
            del run.running[task.name]
            if failure is not None:
                run.failed[task.name] = failure
            elif crash is not None:
                run.crash = crash
            else:
                run.done.add(task.name)
            run.ready.notify_all()
