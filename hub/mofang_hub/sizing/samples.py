"""What servers used, in the hub's database: a row for each start and day.

A table of our own in JupyterHub's database, made where it is missing: JupyterHub's
migrations leave tables alone that it does not know. A row is added to with each report,
and removed when it is older than it is kept.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from mofang_api.models.activity import ResourceUse
from mofang_hub.sizing.recommender import StartPeaks

DAY = 86_400
"""Seconds."""

_SHORTEST_SECONDS = 300
"""A start that was measured for less says nothing of what it takes."""

_METADATA = sa.MetaData()

SAMPLES = sa.Table(
    "mofang_server_use",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("owner", sa.String(63), nullable=False),
    sa.Column("server", sa.String(255), nullable=False),
    sa.Column("started", sa.BigInteger, nullable=False),
    sa.Column("day", sa.Integer, nullable=False, index=True),
    sa.Column("project", sa.String(63), nullable=False),
    sa.Column("environment", sa.String(63), nullable=False),
    sa.Column("cpu_request_cores", sa.Float, nullable=False),
    sa.Column("memory_request_bytes", sa.BigInteger, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("cpu_seconds", sa.Float, nullable=False),
    sa.Column("memory_byte_seconds", sa.Float, nullable=False),
    sa.Column("cpu_peak_cores", sa.Float, nullable=False),
    sa.Column("memory_peak_bytes", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("owner", "server", "started", "day"),
    sa.Index("mofang_server_use_of", "owner", "environment", "started"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRun:
    """One start of a server, and what it reserves."""

    owner: str
    """The person's slug."""

    server: str
    started: int
    """Seconds since 1970."""

    project: str
    environment: str
    cpu_request_cores: float
    memory_request_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedRecord:
    """What a person's servers of an environment used, and reserved meanwhile."""

    project: str
    owner: str
    """The person's slug."""

    environment: str
    day: int | None = None
    """Since 1970; None for all together."""

    seconds: float
    """For which it was measured."""

    cpu_seconds: float
    cpu_reserved_seconds: float
    memory_byte_seconds: float
    memory_reserved_byte_seconds: float

    @property
    def cpu_percent(self) -> int:
        """How much of the CPU that was reserved was used; may be above 100."""
        return _percent(self.cpu_seconds, self.cpu_reserved_seconds)

    @property
    def memory_percent(self) -> int:
        """Likewise of memory."""
        return _percent(self.memory_byte_seconds, self.memory_reserved_byte_seconds)

    @property
    def unused_cpu_seconds(self) -> float:
        """Reserved and not used: cores times seconds."""
        return max(self.cpu_reserved_seconds - self.cpu_seconds, 0.0)

    @property
    def unused_memory_byte_seconds(self) -> float:
        """Likewise of memory."""
        return max(self.memory_reserved_byte_seconds - self.memory_byte_seconds, 0.0)


def _percent(part: float, whole: float) -> int:
    return round(100 * part / whole) if whole else 0


class SampleTable:
    """Rows of what servers used.

    Args:
        db: JupyterHub's open session.
        keep_days: For how many days rows stay.
    """

    def __init__(self, db: Any, keep_days: int) -> None:
        self._db = db
        self._keep_days = keep_days
        self._pruned = 0
        _METADATA.create_all(db.get_bind())

    def add(self, run: ServerRun, use: ResourceUse, now: float) -> None:
        """Add a report to what is known of a start.

        Args:
            run: The start.
            use: What it used since the report before.
            now: The time, in seconds since 1970.

        Raises:
            SQLAlchemyError: It was not written.
        """
        day = int(now) // DAY
        try:
            self._write(run, use, day)
            if day != self._pruned:
                old = SAMPLES.c.day < day - self._keep_days
                self._db.execute(sa.delete(SAMPLES).where(old))
                self._pruned = day
            self._db.commit()
        except sa.exc.SQLAlchemyError:
            self._db.rollback()
            raise

    def find_peaks(self, owner: str, environment: str, count: int) -> list[StartPeaks]:
        """Return what a person's starts of an environment used, the newest first.

        Args:
            owner: The person's slug.
            environment: Its name.
            count: Starts to look at.
        """
        of_start = (SAMPLES.c.server, SAMPLES.c.started)
        rows = self._db.execute(
            sa.select(
                sa.func.max(SAMPLES.c.memory_peak_bytes),
                sa.func.max(SAMPLES.c.cpu_peak_cores),
                sa.func.max(SAMPLES.c.memory_request_bytes),
            )
            .where(SAMPLES.c.owner == owner, SAMPLES.c.environment == environment)
            .group_by(*of_start)
            .having(sa.func.sum(SAMPLES.c.seconds) >= _SHORTEST_SECONDS)
            .order_by(SAMPLES.c.started.desc())
            .limit(count)
        )
        return [
            StartPeaks(
                memory_bytes=int(memory),
                cpu_cores=float(cpu),
                memory_limit_bytes=int(limit),
            )
            for memory, cpu, limit in rows
        ]

    def sum_used(
        self, first_day: int, last_day: int, *, by_day: bool = False
    ) -> list[UsedRecord]:
        """Return what people's servers used: a record per person and environment.

        Args:
            first_day: Number of a day since 1970.
            last_day: Likewise; included.
            by_day: Whether each day has records of its own.
        """
        of_row = [SAMPLES.c.project, SAMPLES.c.owner, SAMPLES.c.environment]
        if by_day:
            of_row.append(SAMPLES.c.day)
        sums = [
            sa.func.sum(SAMPLES.c[name]).label(name)
            for name in ("seconds", "cpu_seconds", "memory_byte_seconds")
        ]
        reserved = [
            sa.func.sum(SAMPLES.c.cpu_request_cores * SAMPLES.c.seconds).label(
                "cpu_reserved_seconds"
            ),
            sa.func.sum(SAMPLES.c.memory_request_bytes * SAMPLES.c.seconds).label(
                "memory_reserved_byte_seconds"
            ),
        ]
        rows = self._db.execute(
            sa.select(*of_row, *sums, *reserved)
            .where(SAMPLES.c.day >= first_day, SAMPLES.c.day <= last_day)
            .group_by(*of_row)
            .order_by(*of_row)
        )
        return [UsedRecord(**row) for row in rows.mappings()]

    def _write(self, run: ServerRun, use: ResourceUse, day: int) -> None:
        cores = use.cpu_seconds / use.seconds
        row = {
            **asdict(run),
            "day": day,
            "seconds": use.seconds,
            "cpu_seconds": use.cpu_seconds,
            "memory_byte_seconds": use.memory_mean_bytes * use.seconds,
            "cpu_peak_cores": cores,
            "memory_peak_bytes": use.memory_peak_bytes,
        }
        key = ("owner", "server", "started", "day")
        mine = [SAMPLES.c[name] == row[name] for name in key]
        known = self._db.execute(sa.select(SAMPLES).where(*mine)).mappings().first()
        if known is None:
            self._db.execute(sa.insert(SAMPLES).values(row))
            return
        sums = ("seconds", "cpu_seconds", "memory_byte_seconds")
        peaks = (
            "cpu_peak_cores",
            "memory_peak_bytes",
            # It may have been resized.
            "cpu_request_cores",
            "memory_request_bytes",
        )
        change = {name: known[name] + row[name] for name in sums}
        change |= {name: max(known[name], row[name]) for name in peaks}
        self._db.execute(sa.update(SAMPLES).where(*mine).values(change))
