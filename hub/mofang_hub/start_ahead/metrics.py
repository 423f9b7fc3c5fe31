"""How often a server that was started ahead was the right one, for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter

STARTED = Counter(
    "mofang_servers_started_ahead_total",
    "Servers that were started before anybody asked for them",
)
ENDED = Counter(
    "mofang_servers_started_ahead_ended_total",
    "What became of servers that were started ahead: used by somebody, expired, "
    "stopped as their room was needed (yielded), or failed before they were ready",
    ["outcome"],
)
USED, EXPIRED, YIELDED, FAILED = "used", "expired", "yielded", "failed"
for _outcome in (USED, EXPIRED, YIELDED, FAILED):
    ENDED.labels(outcome=_outcome)
