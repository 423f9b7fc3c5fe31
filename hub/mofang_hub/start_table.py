"""The hub's tables of starts: what is known of them after a restart of the hub.

Tables of our own in JupyterHub's database, made where they are missing: JupyterHub's
migrations leave tables alone that it does not know.
"""

import logging
from typing import Any

from sqlalchemy import (
    Column,
    Float,
    Integer,
    MetaData,
    Table,
    Unicode,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.exc import SQLAlchemyError

from mofang_spawner.start_choices import KEPT_CHOICES, StartChoices
from mofang_spawner.start_history import KEPT, StartHistory

log = logging.getLogger(__name__)

_METADATA = MetaData()

STARTS = Table(
    "mofang_starts",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("environment", Unicode(63), nullable=False, index=True),
    Column("seconds", Float, nullable=False),
)

CHOICES = Table(
    "mofang_start_choices",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("username", Unicode(255), nullable=False, index=True),
    Column("server", Unicode(255), nullable=False),
)


def keep_choices(choices: StartChoices, db: Any) -> None:
    """Load which servers people started, and keep each start from now on.

    Args:
        choices: Of this hub.
        db: JupyterHub's open session.
    """
    rows = _load(db, CHOICES.c.username, CHOICES.c.server)
    choices.load([(str(user), str(server)) for user, server in rows])

    def write(user: str, server: str) -> None:
        row = {"username": user, "server": server}
        _try_write(db, CHOICES, row, own="username", kept=KEPT_CHOICES)

    choices.on_add = write


def keep_starts(history: StartHistory, db: Any) -> None:
    """Load what earlier hubs have seen, and keep each start from now on.

    Args:
        history: Of this hub.
        db: JupyterHub's open session.
    """
    rows = _load(db, STARTS.c.environment, STARTS.c.seconds)
    history.load([(str(name), float(seconds)) for name, seconds in rows])

    def write(environment: str, seconds: float) -> None:
        row = {"environment": environment, "seconds": seconds}
        _try_write(db, STARTS, row, own="environment", kept=KEPT)

    history.on_add = write


def _load(db: Any, *columns: Column[Any]) -> list[Any]:
    """Return the rows of a table, the oldest first; make the table if it is missing."""
    _METADATA.create_all(db.get_bind())
    rows = db.execute(select(*columns).order_by(columns[0].table.c.id)).all()
    db.commit()
    return list(rows)


def _try_write(
    db: Any, table: Table, row: dict[str, Any], *, own: str, kept: int
) -> None:
    try:
        _write(db, table, row, own=own, kept=kept)
        db.commit()
    except SQLAlchemyError as err:
        db.rollback()
        # A server that runs must not fail for it.
        log.warning("A start is missing in the history: %s", err)


def _write(db: Any, table: Table, row: dict[str, Any], *, own: str, kept: int) -> None:
    """Add a row, and remove all but the newest that have the same in a column."""
    db.execute(insert(table).values(**row))
    same = table.c[own] == row[own]
    newest = select(table.c.id).where(same).order_by(table.c.id.desc()).limit(kept)
    # By the smallest id that stays: some databases refuse a limit inside IN.
    first = db.execute(select(func.min(newest.subquery().c.id))).scalar_one()
    db.execute(delete(table).where(same, table.c.id < first))
