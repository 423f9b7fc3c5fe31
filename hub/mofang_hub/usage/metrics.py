"""What is reserved now, for Prometheus: totals by server and job alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

from mofang_hub.usage.intervals import OpenInterval, WorkloadType
from mofang_kube.errors import KubernetesUnavailableError

_MILLI = 1000


class HeldSource(Protocol):
    """Where what is reserved is read."""

    @property
    def held(self) -> list[OpenInterval]:
        """What is reserved now; raises ``KubernetesUnavailableError`` at first."""

    @property
    def written(self) -> float | None:
        """Unix time at which the ledger was last written; None if it never was."""


class UsageCollector(Collector):
    """Reads the ledger of one hub when it is scraped; says nothing without one."""

    def __init__(self) -> None:
        self._source: HeldSource | None = None

    def follow(self, source: HeldSource | None) -> None:
        """Report this ledger from now on; None for none."""
        self._source = source

    @override
    def collect(self) -> Iterator[Metric]:
        cores = GaugeMetricFamily(
            "mofang_reserved_cores",
            "Cores that pods of servers and jobs reserve",
            labels=["kind"],
        )
        memory = GaugeMetricFamily(
            "mofang_reserved_memory_bytes",
            "Memory that pods of servers and jobs reserve",
            labels=["kind"],
        )
        gpus = GaugeMetricFamily(
            "mofang_reserved_gpus",
            "GPUs that pods of servers and jobs reserve",
            labels=["kind"],
        )
        written = GaugeMetricFamily(
            "mofang_ledger_written_timestamp_seconds",
            "Unix time at which the usage ledger was last written, twice a minute",
        )
        for each in WorkloadType:
            found = [one.allocation for one in self._held(each)]
            millicores = sum(one.cpu_millicores for one in found)
            cores.add_metric([each.value], millicores / _MILLI)
            memory.add_metric([each.value], sum(one.memory_bytes for one in found))
            gpus.add_metric([each.value], sum(one.gpus for one in found))
        if self._source is not None and self._source.written is not None:
            written.add_metric([], self._source.written)
        yield from (cores, memory, gpus, written)

    def _held(self, workload_type: WorkloadType) -> list[OpenInterval]:
        if self._source is None:
            return []
        try:
            held = self._source.held
        except KubernetesUnavailableError:
            return []
        return [each for each in held if each.allocation.workload_type is workload_type]
