"""What the metrics of all programs have in common: their watches, and a registry."""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

from mofang_kube.watcher import Watcher


class CompactRegistry(CollectorRegistry):
    """A registry without the time at which each counter and histogram began.

    Nobody asks for those series, and there is one for each combination of labels.
    """

    @override
    def collect(self) -> Iterator[Metric]:
        for family in super().collect():
            family.samples = [
                each for each in family.samples if not each.name.endswith("_created")
            ]
            yield family


def _none() -> Iterable[Watcher]:
    return ()


class WatchCollector(Collector):
    """Reads the watches of one program when it is scraped.

    Watches of the same resource, such as of two groups of pods, are one series: the
    one that was silent for longest counts.
    """

    def __init__(self) -> None:
        self._watchers: Callable[[], Iterable[Watcher]] = _none

    def follow(self, watchers: Callable[[], Iterable[Watcher]]) -> None:
        """Report these from now on.

        Args:
            watchers: Returns them; asked at each scrape, as watches may be added.
        """
        self._watchers = watchers

    @override
    def collect(self) -> Iterator[Metric]:
        last: dict[str, float] = {}
        relists: dict[str, int] = {}
        for each in self._watchers():
            name = each.resource
            relists[name] = relists.get(name, 0) + each.relists
            if each.last_event is not None:
                last[name] = min(each.last_event, last.get(name, each.last_event))
        events = GaugeMetricFamily(
            "mofang_watch_last_event_timestamp_seconds",
            "Unix time of the last event or bookmark of a watch. The API server sends "
            "a bookmark each minute",
            labels=["resource"],
        )
        for name, seconds in sorted(last.items()):
            events.add_metric([name], seconds)
        yield events
        lists = CounterMetricFamily(
            "mofang_watch_relists",
            "Full lists after the first, because the API server had forgotten the "
            "version that a watch had reached",
            labels=["resource"],
        )
        for name, count in sorted(relists.items()):
            lists.add_metric([name], count)
        yield lists
