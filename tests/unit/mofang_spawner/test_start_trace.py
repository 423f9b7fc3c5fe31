"""A start says where its time went."""

from prometheus_client import REGISTRY

from mofang_spawner.start_trace import Phase, StartTrace


def counted(phase: Phase) -> float:
    name = "mofang_server_start_seconds_count"
    return REGISTRY.get_sample_value(name, {"phase": phase.value}) or 0.0


def test_each_phase_begins_where_the_last_one_ended() -> None:
    times = iter([10.0, 10.2, 11.2, 11.5])
    before = {phase: counted(phase) for phase in Phase}
    trace = StartTrace(lambda: next(times))

    trace.end(Phase.OBJECTS)
    trace.end(Phase.SCHEDULING)
    trace.end(Phase.SCHEDULING)
    trace.end(Phase.CONTAINERS)

    assert trace.text() == (
        "Time taken: objects 0.20 s, scheduling 1.00 s, containers 0.30 s."
    )
    after = {phase: counted(phase) - before[phase] for phase in Phase}
    assert list(after.values()) == [1, 1, 1, 0]


def test_a_phase_that_nothing_reached_yet_is_a_series_already() -> None:
    for phase in Phase:
        name = "mofang_server_start_seconds_count"
        assert REGISTRY.get_sample_value(name, {"phase": phase.value}) is not None
