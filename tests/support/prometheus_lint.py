"""Check a scrape against Prometheus' rules for names, units, help and labels.

The rules are those of https://prometheus.io/docs/practices/naming/ and of ``promtool
check metrics``, and one of ours: every label is known here, with the most values that
it may have.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

LABELS = {
    "cause": 10,
    "code": 70,
    "dry_run": 2,
    "outcome": 4,
    "engine": 10,
    "error": 60,
    "handler": 30,
    "kind": 5,
    "method": 8,
    "operation": 5,
    "phase": 10,
    "project": 1000,
    "reason": 20,
    "resource": 30,
    "state": 10,
}
"""Labels of ours, and the most values that each may have."""

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_RESERVED = ("_count", "_sum", "_bucket", "_created", "_info")
_OTHER_UNITS = re.compile(
    r"_(milliseconds|ms|microseconds|minutes|hours|days|kilobytes|kb|megabytes|mb|"
    r"percent|bits)(_|$)"
)
_TIMES = re.compile(r"duration|wait|age|elapsed|live")


def read_scrape(text: str, prefix: str = "mofang_") -> dict[str, Metric]:
    """Return the families of a scrape by the name that their TYPE line has."""
    found = {}
    for family in text_string_to_metric_families(text):
        # The parser cuts the suffix of counters.
        name = f"{family.name}_total" if family.type == "counter" else family.name
        if name.startswith(prefix):
            assert f"# TYPE {name} {family.type}\n" in text
            found[name] = family
    return found


def faults(families: dict[str, Metric]) -> list[str]:
    """Return what is wrong with the families, a sentence each."""
    return [
        f"{name}: {fault}"
        for name, family in families.items()
        for fault in (
            *_name_faults(name, family.type),
            *_help_faults(family.documentation),
            *_label_faults(family),
        )
    ]


def _name_faults(name: str, kind: str) -> Iterable[str]:
    if not _NAME.fullmatch(name):
        yield "small letters, digits and single underscores"
    if kind not in {"counter", "gauge", "histogram"}:
        yield f"a metric of the type {kind}"
    if kind == "counter" and not name.endswith("_total"):
        yield "a counter ends in _total"
    if kind != "counter" and name.endswith("_total"):
        yield "_total is for counters"
    if name.removesuffix("_total").endswith(_RESERVED):
        yield "its suffix belongs to the series of a histogram"
    if _OTHER_UNITS.search(name):
        yield "base units are seconds, bytes and ratios"
    if kind == "histogram" and not name.endswith(("_seconds", "_bytes")):
        yield "a histogram names its unit"
    if _TIMES.search(name) and "_seconds" not in name and kind != "counter":
        yield "a time is in seconds"
    if kind in name.split("_"):
        yield "its type stands in its name"


def _help_faults(text: str) -> Iterable[str]:
    if not text[:1].isupper():
        yield "help begins with a capital"
    if text.endswith("."):
        yield "help ends without a full stop"


def _label_faults(family: Metric) -> Iterable[str]:
    values = defaultdict(set)
    names = set()
    for sample in family.samples:
        own = {key: value for key, value in sample.labels.items() if key != "le"}
        names.add(tuple(sorted(own)))
        if "le" in sample.labels and family.type != "histogram":
            yield "le is for histograms"
        for key, value in own.items():
            values[key].add(value)
    if len(names) > 1:
        yield f"its series have different labels: {sorted(names)}"
    for key, found in values.items():
        if key not in LABELS:
            yield f"the label {key} is not known to have few values"
        elif len(found) > LABELS[key]:
            yield f"the label {key} has {len(found)} values"
        if key in family.name.split("_"):
            yield f"the label {key} stands in its name"
