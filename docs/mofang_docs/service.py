"""What the services' code says: frameworks, engines, causes, metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prometheus_client.registry import Collector

from mofang_api.frameworks import FRAMEWORKS
from mofang_api.models import Framework, role_rules
from mofang_docs.tables import code, table
from mofang_hub.culling.metrics import CULLED, DRY_RUN_SECONDS
from mofang_hub.routes.proxy import ROUTE_LIVE_SECONDS
from mofang_hub.start_ahead.metrics import ENDED, STARTED
from mofang_hub.usage.metrics import UsageCollector
from mofang_jobs.adapters.service_metrics import ServiceMetrics
from mofang_jobs.domain.failure_patterns import FAILURE_PATTERNS
from mofang_jobs.engines.registry import KINDS
from mofang_kube.metrics import WatchCollector
from mofang_projects.metrics import OperatorMetrics
from mofang_spawner.start_trace import START_PHASE_SECONDS


def frameworks() -> str:
    """Return the roles of each framework."""
    rows = [
        [
            code(framework),
            code(rule.name) + (" (main)" if rule.primary else ""),
            _count(rule.min_replicas, rule.max_replicas),
            str(rule.default_replicas),
            "yes" if rule.gpu_allowed else "no",
            rule.description,
        ]
        for framework in Framework
        for rule in role_rules(framework)
    ]
    titles = ["framework", "role", "replicas", "default", "may have GPUs", "what it is"]
    return table(titles, rows)


def framework_starts() -> str:
    """Return what is started in the replicas of each framework."""
    rows = [
        [code(each.name), each.title, each.description] for each in FRAMEWORKS.values()
    ]
    untold = [each.title for each in FRAMEWORKS.values() if not each.sets_threads]
    return (
        f"{table(['framework', 'title', 'what is started'], rows)}\n"
        "`OMP_NUM_THREADS` is set to the replica's cores divided by its processes, "
        f"except for {' and '.join(untold)}; a variable of the job's replaces it.\n"
    )


def framework_examples() -> str:
    """Return the commands that submit the examples."""
    lines = [
        f"$ mofang submit {each.script} --framework {declaration.name} "
        f"--environment {declaration.environment} {each.options}".rstrip()
        for declaration in FRAMEWORKS.values()
        for each in declaration.examples
    ]
    return "\n".join(["```console", "$ cd /opt/mofang/examples", *lines, "```", ""])


def _count(minimum: int, maximum: int) -> str:
    return str(minimum) if minimum == maximum else f"{minimum} to {maximum}"


def engines() -> str:
    """Return which resource runs which framework, the preferred first."""
    rows = [
        [
            code(kind.engine),
            f"{kind.kind} ({code(f'{kind.group}/{kind.version}')})",
            ", ".join(map(code, kind.roles)),
        ]
        for kind in KINDS
    ]
    return table(["engine", "resource", "frameworks"], rows)


def causes() -> str:
    """Return what is said of known causes of a script's end."""
    rows = [
        [each.name, each.advice, "platform" if each.platform_failure else "script"]
        for each in FAILURE_PATTERNS
        if each.advice
    ]
    return table(["cause", "what Mofang says", "counts as a failure of"], rows)


def metrics() -> str:
    """Return the metrics of all programs, but for JupyterHub's own."""
    rows = [
        [code(_exported(each)), program, each.type, each.documentation]
        for program, collectors in _PROGRAMS.items()
        for collector in collectors
        for each in collector.collect()
    ]
    return table(["metric", "of", "type", "meaning"], rows)


_PROGRAMS: Mapping[str, Sequence[Collector]] = {
    "training": [ServiceMetrics().registry],
    "hub": [
        ROUTE_LIVE_SECONDS,
        START_PHASE_SECONDS,
        CULLED,
        DRY_RUN_SECONDS,
        STARTED,
        ENDED,
        WatchCollector(),
        UsageCollector(),
    ],
    "reconciler": [OperatorMetrics().registry],
}
"""Component of the chart → what is scraped of it."""


def _exported(metric: object) -> str:
    name, kind = getattr(metric, "name", ""), getattr(metric, "type", "")
    return f"{name}_total" if kind == "counter" else str(name)
