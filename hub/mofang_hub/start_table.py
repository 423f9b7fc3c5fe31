"""The hub's table of starts: what ``StartHistory`` knows after a restart of the hub.

A table of our own in JupyterHub's database, made where it is missing: JupyterHub's
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


def keep_starts(history: StartHistory, db: Any) -> None:
    """Load what earlier hubs have seen, and keep each start from now on.

    Args:
        history: Of this hub.
        db: JupyterHub's open session.
    """
    _METADATA.create_all(db.get_bind())
    rows = db.execute(
        select(STARTS.c.environment, STARTS.c.seconds).order_by(STARTS.c.id)
    )
    history.load([(str(name), float(seconds)) for name, seconds in rows])
    db.commit()

    def write(environment: str, seconds: float) -> None:
        try:
            _write(db, environment, seconds)
            db.commit()
        except SQLAlchemyError as err:
            db.rollback()
            # A server that runs must not fail for it.
            log.warning("A start is missing in the history: %s", err)

    history.on_add = write


def _write(db: Any, environment: str, seconds: float) -> None:
    db.execute(insert(STARTS).values(environment=environment, seconds=seconds))
    own = STARTS.c.environment == environment
    newest = select(STARTS.c.id).where(own).order_by(STARTS.c.id.desc()).limit(KEPT)
    # By the smallest id that stays: some databases refuse a limit inside IN.
    first = db.execute(select(func.min(newest.subquery().c.id))).scalar_one()
    db.execute(delete(STARTS).where(own, STARTS.c.id < first))
