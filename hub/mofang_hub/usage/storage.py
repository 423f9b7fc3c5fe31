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

_GROUP = (
    _INTERVAL.c.day,
    _INTERVAL.c.project,
    _INTERVAL.c.owner,
    _INTERVAL.c.workload_type,
    _INTERVAL.c.gpu_model,
    _INTERVAL.c.cpu_millicores,
    _INTERVAL.c.memory_bytes,
    _INTERVAL.c.gpus,
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

    def records(self, first: int, last: int) -> list[UsageRecord]:
        """Return what has ended, by day.

        Args:
            first: Number of the first day since 1970.
            last: Of the last one.
        """
        seconds = sa.func.sum(_INTERVAL.c.ended - _INTERVAL.c.started)
        query = (
            sa.select(*_GROUP, seconds.label("seconds"))
            .where(_INTERVAL.c.day.between(first, last))
            .group_by(*_GROUP)
        )
        with self._engine.connect() as connection:
            return [
                UsageRecord(
                    period=row.day,
                    project=row.project,
                    owner=row.owner,
                    workload_type=WorkloadType(row.workload_type),
                    gpu_model=row.gpu_model,
                    cpu_millicores=row.cpu_millicores,
                    memory_bytes=row.memory_bytes,
                    gpus=row.gpus,
                    # PostgreSQL sums to a decimal.
                    seconds=int(row.seconds),
                )
                for row in connection.execute(query)
            ]

    def intervals(self, first: int, last: int) -> list[Interval]:
        """Return what has ended, cut at the borders of days.

        Args:
            first: Number of the first day since 1970.
            last: Of the last one.
        """
        query = sa.select(_INTERVAL).where(_INTERVAL.c.day.between(first, last))
        with self._engine.connect() as connection:
            return [
                Interval(
                    allocation=_allocation(row),
                    started=row["started"],
                    ended=row["ended"],
                    end_source=EndSource(row["end_source"]),
                )
                for row in connection.execute(query).mappings()
            ]


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
