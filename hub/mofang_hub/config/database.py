"""The address of JupyterHub's database, as SQLAlchemy reads it."""

from mofang_hub.settings import DatabaseSettings, Secrets

_POSTGRES = ("postgresql://", "postgres://")


class DatabaseError(Exception):
    """The database's address is missing."""


def database_url(database: DatabaseSettings, secrets: Secrets) -> str:
    """Return the URL; libpq takes PostgreSQL's password from ``PGPASSWORD``.

    The password is not part of the URL: JupyterHub hands the URL to Alembic's
    configuration, where a percent sign has a meaning of its own.

    Raises:
        DatabaseError: The type is ``url``, and the Secret has none.
    """
    match database.type:
        case "sqlite":
            return database.url
        case "postgres":
            return _with_driver(database.url)
        case "url":
            url = secrets.get("db-url")
            if not url:
                raise DatabaseError(
                    "hub.db.type is url, and the hub's Secret has no key db-url: set "
                    "hub.db.url, or add the key to the Secret of hub.existingSecret."
                )
            return _with_driver(url)


def _with_driver(url: str) -> str:
    """Name psycopg 3, the driver in the hub's image; SQLAlchemy 2.0 means psycopg2."""
    for scheme in _POSTGRES:
        if url.startswith(scheme):
            return f"postgresql+psycopg://{url.removeprefix(scheme)}"
    return url
