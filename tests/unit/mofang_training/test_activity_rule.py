"""When a server is idle: what counts as activity, and that what is unknown does."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mofang_run.metrics.gpu import GpuReading
from mofang_training.activity.gpu_work import is_working
from mofang_training.activity.rule import ActivityState, Thresholds, classify_activity
from mofang_training.activity.samples import ActivitySample

MEBIBYTE = 1024**2
EMPTY = GpuReading(0, 0.0, 4 * MEBIBYTE, 143771 * MEBIBYTE, 30.0, 76.0, 700.0)
CONTEXT = EMPTY._replace(used_bytes=530 * MEBIBYTE, watts=118.0)
WORKING = CONTEXT._replace(percent=97.0, used_bytes=60000 * MEBIBYTE, watts=640.0)
STEP = 30.0

QUIET = ActivitySample(
    at=0.0,
    events=frozenset({("kernel", "09:00")}),
    cpu_seconds=0.0,
    io_bytes=0,
    received_bytes=0,
)


def after(before, **change):
    """A sample one step later."""
    return replace(before, at=before.at + STEP, **change)


def classified(samples):
    """The answers from the first sample on, as a server gives them."""
    found, activity = [], ActivityState()
    for index in range(len(samples)):
        activity = classify_activity(samples[: index + 1], before=activity)
        found.append(activity)
    return found


def test_a_server_in_which_nothing_happens_is_idle_since_its_first_sample():
    samples = [QUIET]
    for _ in range(5):
        samples.append(after(samples[-1]))

    activities = classified(samples)

    assert activities[0].is_active
    assert [each.idle_since for each in activities[1:]] == [0.0] * 5
    assert activities[-1].idle_seconds(samples[-1].at) == 5 * STEP


DOES_SOMETHING = [
    pytest.param({"busy_kernels": ("a.ipynb",)}, "a.ipynb", id="a kernel executes"),
    pytest.param({"foreground": ("rsync",)}, "rsync", id="a program in a terminal"),
    pytest.param(
        {"events": frozenset({("kernel", "09:01")})}, "printed", id="a kernel printed"
    ),
    pytest.param({"requests": 1}, "changed", id="a file is saved"),
    pytest.param({"cpu_seconds": 30.0}, "compute", id="a thread trains"),
    pytest.param({"cpu_seconds": None}, "compute", id="CPU is unknown"),
    pytest.param({"io_bytes": 10 * MEBIBYTE}, "read or write", id="a file is copied"),
    pytest.param(
        {"received_bytes": 10 * MEBIBYTE}, "received", id="a download into memory"
    ),
    pytest.param({"gpus": None}, "do not answer", id="the GPUs do not answer"),
    pytest.param(
        {"gpus": (WORKING,), "gpu_processes": 1}, "GPU 0 works", id="a GPU works"
    ),
    pytest.param(
        {"gpus": (WORKING,), "gpu_processes": None},
        "GPU 0 works",
        id="nobody knows who uses the GPU",
    ),
]


@pytest.mark.parametrize(("change", "reason"), DOES_SOMETHING)
def test_each_kind_of_activity_counts_and_says_what_it_is(change, reason):
    quiet = [QUIET, after(QUIET)]
    samples = [*quiet, after(quiet[-1], **change)]

    activity = classified(samples)[-1]

    assert activity.is_active
    assert reason in " ".join(activity.reasons)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"events": frozenset()}, id="a kernel is shut down"),
        pytest.param({"cpu_seconds": 0.5}, id="a heartbeat"),
        pytest.param({"io_bytes": 40_000}, id="a log line"),
        pytest.param({"received_bytes": 60_000}, id="an open page"),
        pytest.param(
            {"gpus": (CONTEXT,), "gpu_processes": 1}, id="a context in a kernel"
        ),
        pytest.param({"gpus": (EMPTY,), "gpu_processes": 0}, id="an empty GPU"),
        pytest.param({"received_bytes": None}, id="no network"),
    ],
)
def test_what_is_no_work_does_not_count(change):
    constant = {key: change[key] for key in change if key.startswith("gpu")}
    if change.get("received_bytes", 0) is None:
        constant["received_bytes"] = None
    quiet = replace(QUIET, **constant)
    samples = [quiet, after(quiet)]

    activity = classified([*samples, after(samples[-1], **change)])[-1]

    assert activity.idle_since == 0.0


def test_a_short_burst_within_minutes_of_rest_is_no_work():
    """Rates are means over minutes."""
    samples = [QUIET]
    for _ in range(6):
        samples.append(after(samples[-1]))
    burst = after(samples[-1], cpu_seconds=3.0)

    assert not classified([*samples, burst])[-1].is_active


def test_the_time_since_begins_where_activity_was_last_observed():
    busy = after(QUIET, busy_kernels=("a.ipynb",))
    rest = after(busy, busy_kernels=())
    quiet = after(rest)

    activities = classified([QUIET, busy, rest, quiet, after(quiet)])

    assert activities[2].is_active, "it was busy for some of the time"
    assert [each.idle_since for each in activities[3:]] == [rest.at, rest.at]
    assert activities[-1].reasons == ("a kernel is busy: a.ipynb",)


@pytest.mark.parametrize("seconds", [-3600.0, 0.0, 121.0, 86_400.0])
def test_of_a_gap_nothing_is_known(seconds):
    """As after a machine slept, or while the server was blocked."""
    quiet = [QUIET, after(QUIET)]
    late = replace(quiet[-1], at=quiet[-1].at + seconds)

    assert classified([*quiet, late])[-1].is_active


@pytest.mark.parametrize(
    ("now", "processes", "works"),
    [
        pytest.param(WORKING, 1, True, id="training"),
        pytest.param(WORKING, 0, False, id="training of another pod, on a shared GPU"),
        pytest.param(CONTEXT, 1, False, id="a context that nothing runs in"),
        pytest.param(
            EMPTY._replace(percent=100.0), 1, False, id="it says 100 %, empty and cool"
        ),
        pytest.param(
            EMPTY._replace(percent=100.0, watts=None), 1, True, id="100 %, no power"
        ),
        pytest.param(
            CONTEXT._replace(percent=2.0), 1, True, id="a small model, now and then"
        ),
        pytest.param(
            WORKING._replace(percent=0.0), 1, True, id="between two kernels, but hot"
        ),
        pytest.param(WORKING._replace(percent=None), 1, True, id="divided, at work"),
        pytest.param(CONTEXT._replace(percent=None), 1, False, id="divided, at rest"),
        pytest.param(
            CONTEXT._replace(percent=None, watts=None), 1, True, id="says nothing"
        ),
        pytest.param(
            EMPTY._replace(percent=None, watts=None), 1, False, id="empty, no more"
        ),
    ],
)
def test_a_gpu_works_by_processes_memory_power_and_utilisation(now, processes, works):
    assert is_working(now, now, processes) is works


def test_memory_that_changes_is_work():
    before = CONTEXT._replace(used_bytes=400 * MEBIBYTE)

    assert is_working(before, CONTEXT, 1)
    assert not is_working(None, CONTEXT, 1)


# -- for all servers

counters = st.floats(0, 200) | st.none()
readings = st.builds(
    GpuReading,
    st.just(0),
    st.none() | st.floats(0, 100),
    st.none() | st.integers(0, 10**11),
    st.none(),
    st.none(),
    st.none() | st.floats(0, 700),
    st.none() | st.floats(0, 700),
)
changes = st.fixed_dictionaries(
    {
        "busy_kernels": st.sampled_from([(), (), ("a.ipynb",)]),
        "foreground": st.sampled_from([(), (), ("vim",)]),
        "cpu_seconds": counters,
        "io_bytes": st.integers(0, 10**6) | st.none(),
        "received_bytes": st.integers(0, 10**6) | st.none(),
        "gpus": st.none() | st.lists(readings, max_size=1).map(tuple),
        "gpu_processes": st.none() | st.integers(0, 2),
        "step": st.floats(0.1, 400),
    }
)


@st.composite
def servers(draw):
    samples = [QUIET]
    for change in draw(st.lists(changes, min_size=1, max_size=12)):
        fields = {name: value for name, value in change.items() if name != "step"}
        samples.append(
            replace(samples[-1], at=samples[-1].at + change["step"], **fields)
        )
    return samples


@given(servers())
def test_a_busy_kernel_is_never_idle(samples):
    for sample, activity in zip(samples, classified(samples), strict=True):
        if sample.busy_kernels or sample.foreground or sample.gpus is None:
            assert activity.is_active


@given(servers())
def test_the_time_since_never_falls_and_is_never_ahead(samples):
    last = 0.0
    for sample, activity in zip(samples, classified(samples), strict=True):
        since = sample.at if activity.idle_since is None else activity.idle_since
        assert last <= since <= sample.at
        last = since


@given(servers(), st.integers(0, 11))
def test_more_activity_makes_nothing_more_idle(samples, index):
    index = min(index, len(samples) - 1)
    busier = [*samples]
    busier[index] = replace(busier[index], busy_kernels=("b.ipynb",))
    pairs = zip(samples, classified(samples), classified(busier), strict=True)

    for sample, less, more in pairs:
        assert more.idle_seconds(sample.at) <= less.idle_seconds(sample.at)


@given(servers())
def test_a_window_of_minutes_is_enough(samples):
    """A server that keeps only the last samples gives the same answers."""
    thresholds = Thresholds()
    activity = ActivityState()
    for index in range(len(samples)):
        at = samples[index].at
        window = [
            each
            for position, each in enumerate(samples[: index + 1])
            if at - each.at <= thresholds.window_seconds or position >= index - 1
        ]
        activity = classify_activity(window, thresholds, activity)
    assert activity == classified(samples)[-1]
