"""What culling frees, or would free, for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter

CULLED = Counter(
    "mofang_servers_culled_total",
    "Servers that were stopped because nothing happened in them; with dry_run=true, "
    "that would have been",
    ["dry_run"],
)
DRY_RUN_SECONDS = Counter(
    "mofang_culling_dry_run_seconds_total",
    "Seconds for which servers, and GPUs that they hold, would have been free, had "
    "culling been no dry run",
    ["resource"],
)
DOZING_CPU_SECONDS = Counter(
    "mofang_dozing_cpu_seconds_total",
    "Seconds times cores that idle servers have given back while they ran on; with "
    "dry_run=true, that they would have",
    ["dry_run"],
)
for _dry_run in ("true", "false"):
    CULLED.labels(dry_run=_dry_run)
    DOZING_CPU_SECONDS.labels(dry_run=_dry_run)
for _resource in ("server", "gpu"):
    DRY_RUN_SECONDS.labels(resource=_resource)
