"""The order in which tasks of a graph run, and what a failure takes down."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mofang_local.durations import Durations
from mofang_local.errors import BuildError
from mofang_local.progress import Progress
from mofang_local.tasks import Graph, Task

WAIT_SECONDS = 30.0


class Recorder:
    """Notes which tasks ran, in order."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def task(self, name, *, depends_on=(), lane="", fails=False, waits_for=None):
        def work(_step):
            if waits_for is not None:
                assert waits_for.wait(WAIT_SECONDS)
            self.ran.append(name)
            if fails:
                raise BuildError(f"{name} could not be built")

        return Task(name=name, work=work, depends_on=depends_on, lane=lane)


@pytest.fixture
def record():
    return Recorder()


def test_a_task_runs_after_those_it_needs(record):
    tasks = [record.task("page", depends_on=("build",)), record.task("build")]
    Graph(tasks, Progress()).run()
    assert record.ran == ["build", "page"]


def test_tasks_of_one_lane_run_in_the_order_given(record):
    tasks = [record.task(name, lane="go") for name in ("a", "b", "c")]
    Graph(tasks, Progress()).run()
    assert record.ran == ["a", "b", "c"]


def test_lanes_run_side_by_side(record):
    """Each waits for the other's first step: in turn they would never end."""
    met = threading.Barrier(2)

    def work(_step):
        met.wait(WAIT_SECONDS)

    tasks = [Task(name=name, work=work, lane=name) for name in ("go", "images")]
    Graph(tasks, Progress()).run()


def test_a_failure_takes_down_what_needs_it_and_nothing_else(record):
    tasks = [
        record.task("horovod", fails=True),
        record.task("load horovod", depends_on=("horovod",)),
        record.task("ray"),
        record.task("load ray", depends_on=("ray",)),
    ]
    with pytest.raises(BuildError, match="horovod could not be built"):
        Graph(tasks, Progress()).run()
    assert "load horovod" not in record.ran
    assert "load ray" in record.ran


def test_the_failure_of_an_essential_task_ends_the_run_at_once(record):
    never = threading.Event()
    tasks = [
        record.task("build", fails=True),
        record.task("page", depends_on=("build",)),
        record.task("other", waits_for=never),
    ]
    try:
        with pytest.raises(BuildError):
            Graph(tasks, Progress(), essential="page").run()
        assert "other" not in record.ran
    finally:
        never.set()


def test_an_unexpected_error_is_raised_as_it_is():
    def work(_step):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Graph([Task(name="a", work=work)], Progress()).run()


def test_a_need_that_is_no_task_is_refused():
    with pytest.raises(ValueError, match="a needs"):
        Graph([Task(name="a", work=print, depends_on=("b",))], Progress())


def test_the_time_left_is_that_of_the_longest_lane_and_what_follows_it():
    tasks = [
        Task(name="kubernetes", work=print, lane="go", seconds=600),
        Task(name="helm", work=print, lane="go", seconds=60),
        Task(name="hub", work=print, lane="images", seconds=100),
        Task(name="ray", work=print, lane="images", seconds=1000),
        Task(
            name="page",
            work=print,
            depends_on=("helm", "kubernetes", "hub"),
            seconds=20,
        ),
    ]
    graph = Graph(tasks, Progress())
    assert graph.remaining_seconds("page") == 680
    assert graph.remaining_seconds("ray") == 1000


def test_nothing_is_guessed_of_what_was_never_timed(tmp_path: Path) -> None:
    assert Durations(tmp_path / "durations.json").expected("no such task") is None
    tasks = [
        Task(name="new", work=print, seconds=None),
        Task(name="old", work=print, seconds=10),
        Task(name="page", work=print, depends_on=("old",), seconds=20),
        Task(name="rest", work=print, depends_on=("new", "page"), seconds=5),
    ]
    graph = Graph(tasks, Progress())
    assert (graph.remaining_seconds("page"), graph.is_estimated("page")) == (30, True)
    assert (graph.remaining_seconds("rest"), graph.is_estimated("rest")) == (35, False)


def test_durations_are_kept_for_the_next_run(tmp_path):
    Durations(tmp_path / "durations.json").record("image hub", 42.04)
    assert Durations(tmp_path / "durations.json").expected("image hub") == 42.0


def test_tasks_that_end_at_the_same_time_are_all_recorded(tmp_path: Path) -> None:
    durations = Durations(tmp_path / "durations.json")
    names = [f"task {number}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: durations.record(name, 7), names))

    again = Durations(tmp_path / "durations.json")
    assert {again.expected(name) for name in names} == {7.0}
