"""The ledger in the database: intervals that have ended, one row a day, and open ones.

Rows of ``mofang_usage_interval`` are added, never changed, and removed when they are
older than they are kept. An interval over several days has a row for each, so that a
report of whole days sums rows without cutting them.

Where JupyterHub's database is a file, the ledger is another file beside it: who reads
or writes an SQLite database locks all of it, and JupyterHub would wait for a report.

Blocking: callers run it in threads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa

from mofang_hub.usage.intervals import (
    Allocation,
    EndSource,
    Interval,
    OpenInterval,
    WorkloadType,
)
from mofang_hub.usage.ledger import Ledger, LedgerChanges
from mofang_hub.usage.query import UsageKey, UsageQuery
from mofang_hub.usage.totals import UsageRecord

FILE = "usage.sqlite"
_ASKED_AT_ONCE = 500
"""Databases bound how many values a statement may have."""

_LAST_OBSERVED = "last_observed"

_METADATA = sa.MetaData()


def _allocation_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("project", sa.String(63), nullable=False),
        sa.Column("owner", sa.String(63), nullable=False),
        sa.Column("workload_type", sa.String(16), nullable=False),
        sa.Column("workload", sa.String(253), nullable=False),
        sa.Column("replica", sa.String(80), nullable=False),
        sa.Column("environment", sa.String(63), nullable=False),
        sa.Column("framework", sa.String(63), nullable=False),
        sa.Column("node", sa.String(253), nullable=False),
        sa.Column("gpu_model", sa.String(63), nullable=False),
        sa.Column("cpu_millicores", sa.BigInteger, nullable=False),
        sa.Column("memory_bytes", sa.BigInteger, nullable=False),
        sa.Column("gpus", sa.Integer, nullable=False),
    ]


_INTERVAL = sa.Table(
    "mofang_usage_interval",
    _METADATA,
    sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("pod_uid", sa.String(64), primary_key=True),
    sa.Column("started", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("ended", sa.BigInteger, nullable=False),
    sa.Column("end_source", sa.String(16), nullable=False),
    *_allocation_columns(),
    sa.Index("mofang_usage_interval_pod", "pod_uid"),
    # The day comes first in the key: a report reads rows that lie together.
    sqlite_with_rowid=False,
)

_OPEN = sa.Table(
    "mofang_usage_open",
    _METADATA,
    sa.Column("pod_uid", sa.String(64), primary_key=True),
    sa.Column("started", sa.BigInteger, nullable=False),
    *_allocation_columns(),
)

_STATE = sa.Table(
    "mofang_usage_state",
    _METADATA,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

_COLUMNS = {
    UsageKey.PERIOD: _INTERVAL.c.day,
    UsageKey.OWNER: _INTERVAL.c.owner,
    UsageKey.WORKLOAD_TYPE: _INTERVAL.c.workload_type,
}
_ALWAYS = (_INTERVAL.c.project, _INTERVAL.c.gpu_model)

_SECONDS = _INTERVAL.c.ended - _INTERVAL.c.started
_SPLIT = 1 << 20
"""A sum of bytes times seconds is longer than 64 bits: MiB and what is left of them are
summed apart."""

_SUMS = (
    sa.func.sum(_INTERVAL.c.cpu_millicores * _SECONDS).label("cpu"),
    sa.func.sum(_INTERVAL.c.memory_bytes // _SPLIT * _SECONDS).label("mebibytes"),
    sa.func.sum(_INTERVAL.c.memory_bytes % _SPLIT * _SECONDS).label("bytes"),
    sa.func.sum(_INTERVAL.c.gpus * _SECONDS).label("gpus"),
)


def ledger_url(hub_url: str) -> sa.URL:
    """Return where the ledger is, by where JupyterHub's database is."""
    url = sa.make_url(hub_url)
    if url.get_backend_name() == "sqlite" and url.database not in {
        None,
        "",
        ":memory:",
    }:
        folder, _, _ = str(url.database).rpartition("/")
        return url.set(database=f"{folder}/{FILE}" if folder else FILE)
    return url


class LedgerStorage:
    """Reads and writes the tables.

    Args:
        url: Of the database.
        options: Of SQLAlchemy's engine.
    """

    def __init__(self, url: sa.URL | str, **options: Any) -> None:
        self._engine = sa.create_engine(url, **{"pool_pre_ping": True, **options})

    def create(self) -> None:
        """Make the tables that are not there."""
        _METADATA.create_all(self._engine)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def load(self, present: Collection[str]) -> Ledger:
        """Return the ledger as it was written.

        Args:
            present: UIDs of the pods that there are.
        """
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(_OPEN)).mappings()
            open_intervals = [
                OpenInterval(allocation=_allocation(row), started=row["started"])
                for row in rows
            ]
            recorded = set(_recorded(connection, present))
            observed = connection.scalar(
                sa.select(_STATE.c.value).where(_STATE.c.name == _LAST_OBSERVED)
            )
        return Ledger(open_intervals, recorded, observed or 0)

    def write(self, changes: LedgerChanges) -> None:
        """Write changes, all or none; what was written before stays as it is.

        Who does not know whether changes were written writes them again.
        """
        gone = [*changes.ended, *changes.opened]
        with self._engine.begin() as connection:
            for some in _batches(gone):
                connection.execute(sa.delete(_OPEN).where(_OPEN.c.pod_uid.in_(some)))
            if changes.opened:
                connection.execute(
                    sa.insert(_OPEN),
                    [
                        {"started": each.started, **_columns(each.allocation)}
                        for each in changes.opened.values()
                    ],
                )
            if rows := list(_new_rows(connection, changes.closed)):
                connection.execute(sa.insert(_INTERVAL), rows)
            _put_state(connection, _LAST_OBSERVED, changes.last_observed)

    def remove_before(self, day: int) -> int:
        """Remove what is older than a day; return how many rows that were."""
        with self._engine.begin() as connection:
            done = connection.execute(sa.delete(_INTERVAL).where(_INTERVAL.c.day < day))
            return done.rowcount

    def records(self, query: UsageQuery, *keys: UsageKey) -> list[UsageRecord]:
        """Return what has ended.

        Args:
            query: Which of it.
            keys: What is kept apart.
        """
        columns = [*_ALWAYS, *(_COLUMNS[each] for each in keys)]
        statement = (
            sa.select(*columns, *_SUMS).where(*_conditions(query)).group_by(*columns)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(statement).mappings()
            return [_record(row) for row in rows]

    def intervals(self, query: UsageQuery) -> list[Interval]:
        """Return what has ended, cut at the borders of days.

        Args:
            query: Which of it.
        """
        statement = sa.select(_INTERVAL).where(*_conditions(query))
        with self._engine.connect() as connection:
            return [
                Interval(
                    allocation=_allocation(row),
                    started=row["started"],
                    ended=row["ended"],
                    end_source=EndSource(row["end_source"]),
                )
                for row in connection.execute(statement).mappings()
            ]


def _conditions(query: UsageQuery) -> Iterator[sa.ColumnElement[bool]]:
    viewer = query.viewer
    yield _INTERVAL.c.day.between(query.first, query.last)
    yield _INTERVAL.c.ended > _INTERVAL.c.started
    if query.project:
        yield _INTERVAL.c.project == query.project
    if not viewer.sees_all:
        is_own = sa.and_(_INTERVAL.c.owner == viewer.owner, _INTERVAL.c.owner != "")
        yield sa.or_(is_own, _INTERVAL.c.project.in_(sorted(viewer.administered)))


def _record(row: sa.RowMapping) -> UsageRecord:
    workload_type = row.get("workload_type")
    # PostgreSQL sums to decimals.
    return UsageRecord(
        project=row["project"],
        gpu_model=row["gpu_model"],
        period=row.get("day"),
        owner=row.get("owner", ""),
        workload_type=WorkloadType(workload_type) if workload_type else None,
        cpu_millicore_seconds=int(row["cpu"]),
        memory_byte_seconds=int(row["mebibytes"]) * _SPLIT + int(row["bytes"]),
        gpu_seconds=int(row["gpus"]),
    )


def _batches(values: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(values)
    while some := list(islice(rest, _ASKED_AT_ONCE)):
        yield some


def _recorded(connection: sa.Connection, pods: Collection[str]) -> Iterator[str]:
    """Yield those of the pods that have rows."""
    for some in _batches(pods):
        query = sa.select(_INTERVAL.c.pod_uid).where(_INTERVAL.c.pod_uid.in_(some))
        yield from connection.scalars(query.distinct())


def _new_rows(
    connection: sa.Connection, intervals: Iterable[Interval]
) -> Iterator[dict[str, Any]]:
    """Yield the rows of intervals that are not there yet."""
    rows = {
        (part.day, part.allocation.pod_uid, part.started): {
            "day": part.day,
            "started": part.started,
            "ended": part.ended,
            "end_source": part.end_source.value,
            **_columns(part.allocation),
        }
        for each in intervals
        for part in each.split()
    }
    pods = {uid for _, uid, _ in rows}
    key = (_INTERVAL.c.day, _INTERVAL.c.pod_uid, _INTERVAL.c.started)
    there: set[tuple[int, str, int]] = set()
    for some in _batches(pods):
        query = sa.select(*key).where(_INTERVAL.c.pod_uid.in_(some))
        there.update((row[0], row[1], row[2]) for row in connection.execute(query))
    for name, row in rows.items():
        if name not in there:
            yield row


def _put_state(connection: sa.Connection, name: str, value: int) -> None:
    is_named = _STATE.c.name == name
    connection.execute(sa.delete(_STATE).where(is_named))
    connection.execute(sa.insert(_STATE).values(name=name, value=value))


_NAMES = tuple(each.name for each in _allocation_columns())


def _columns(allocation: Allocation) -> dict[str, Any]:
    return {
        **{name: getattr(allocation, name) for name in _NAMES},
        "pod_uid": allocation.pod_uid,
        "workload_type": allocation.workload_type.value,
    }


def _allocation(row: sa.RowMapping) -> Allocation:
    return Allocation(
        **{
            **{name: row[name] for name in _NAMES},
            "pod_uid": row["pod_uid"],
            "workload_type": WorkloadType(row["workload_type"]),
        }
    )
