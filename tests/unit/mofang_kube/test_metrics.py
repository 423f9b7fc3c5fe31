"""Watches as Prometheus sees them."""

from prometheus_client import Counter
from prometheus_client.exposition import generate_latest

from mofang_kube.metrics import CompactRegistry, WatchCollector
from mofang_kube.watcher import Watcher

LAST = "mofang_watch_last_event_timestamp_seconds"
RELISTS = "mofang_watch_relists_total"


def watcher(path, last, relists=0):
    made = Watcher(None, path)
    made.last_event, made.relists = last, relists
    return made


def registry(*watchers):
    found, collector = CompactRegistry(), WatchCollector()
    collector.follow(lambda: watchers)
    found.register(collector)
    return found


def test_of_several_watches_of_a_resource_the_silent_one_counts():
    found = registry(
        watcher("/api/v1/pods", 200.0, 1),
        watcher("/api/v1/namespaces/a/pods", 100.0, 2),
        watcher("/api/v1/nodes", 300.0),
    )

    assert found.get_sample_value(LAST, {"resource": "pods"}) == 100
    assert found.get_sample_value(RELISTS, {"resource": "pods"}) == 3
    assert found.get_sample_value(LAST, {"resource": "nodes"}) == 300


def test_a_watch_that_heard_nothing_yet_has_no_time():
    """Zero would be an age of half a century."""
    found = registry(watcher("/api/v1/pods", None))

    assert found.get_sample_value(LAST, {"resource": "pods"}) is None
    assert found.get_sample_value(RELISTS, {"resource": "pods"}) == 0


def test_watches_may_be_added_later():
    watchers = []
    collector, found = WatchCollector(), CompactRegistry()
    found.register(collector)
    collector.follow(lambda: watchers)
    watchers.append(watcher("/api/v1/pods", 1.0))

    assert found.get_sample_value(LAST, {"resource": "pods"}) == 1


def test_a_compact_registry_leaves_out_when_series_began():
    found = CompactRegistry()
    Counter("x", "X", ["code"], registry=found).labels(code="200").inc()

    text = generate_latest(found).decode()

    assert 'x_total{code="200"} 1.0' in text
    assert "_created" not in text
