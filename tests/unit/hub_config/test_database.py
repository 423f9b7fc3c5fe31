"""The hub's database: its address, and JupyterHub on Debian's real PostgreSQL."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from jupyterhub import dbutil, orm
from sqlalchemy import create_engine, inspect, text
from unit.hub_usage.allocations import all_of, an_interval

from mofang_hub.config.database import DatabaseError, database_url
from mofang_hub.settings import DatabaseSettings, Secrets
from mofang_hub.usage.intervals import DAY
from mofang_hub.usage.ledger import LedgerChanges
from mofang_hub.usage.query import UsageKey
from mofang_hub.usage.storage import LedgerStorage, ledger_url
from mofang_hub.usage.totals import total
from support.ports import free_port

TESTS = Path(__file__).parents[2]
PASSWORD = "p%40ss: w/ord'%"
"""Of the kind that breaks URLs and configuration files."""


def of(secrets, **given):
    return database_url(DatabaseSettings(**given), secrets)


def test_sqlite_is_where_the_volume_is(secrets):
    assert of(secrets) == "sqlite:////srv/mofang/hub/jupyterhub.sqlite"


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgres_is_reached_by_the_driver_that_the_image_has(secrets, scheme):
    url = of(secrets, type="postgres", url=f"{scheme}://hub@db.example.org/hub")
    assert url == "postgresql+psycopg://hub@db.example.org/hub"


def test_any_other_address_is_a_secret(tmp_path):
    (tmp_path / "db-url").write_text("mysql+pymysql://hub:secret@db/hub\n")
    url = of(Secrets(tmp_path), type="url", url="")
    assert url == "mysql+pymysql://hub:secret@db/hub"


def test_a_missing_address_is_told(tmp_path):
    with pytest.raises(DatabaseError, match="no key db-url"):
        of(Secrets(tmp_path), type="url", url="")


# -- the real one


def _programs() -> Path:
    """Debian keeps the server's programs apart for each version."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"))


@pytest.fixture(scope="module")
def server():
    """An own server of this test, as the user that Debian made for it.

    PostgreSQL refuses to run as root.
    """
    with tempfile.TemporaryDirectory() as folder:
        yield from _serve(Path(folder))


def _serve(folder):
    programs, port = _programs(), free_port()
    as_user = []
    if os.geteuid() == 0:
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        shutil.chown(folder, "postgres", "postgres")
    password = folder / "password"
    password.write_text(PASSWORD)
    password.chmod(0o644)
    data = folder / "data"
    subprocess.run(
        [
            *as_user,
            str(programs / "initdb"),
            f"--pgdata={data}",
            "--auth=scram-sha-256",
            "--username=hub",
            f"--pwfile={password}",
            "--no-sync",
        ],
        check=True,
        cwd="/",
        env={"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]},
        stdout=subprocess.DEVNULL,
    )
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [
                *as_user,
                str(programs / "postgres"),
                *("-D", str(data), "-p", str(port), "-h", "127.0.0.1"),
                *("-c", "fsync=off", "-c", "unix_socket_directories="),
            ],
            cwd="/",
            stdout=log,
            stderr=log,
        )
    try:
        _wait_for(port, process, folder / "log")
        yield port
    finally:
        # Ends connections that are still open; SIGTERM would wait for them.
        process.send_signal(signal.SIGINT)
        process.wait(30)


def _wait_for(port, process, log):
    deadline = time.monotonic() + 60
    ready = [str(_programs() / "pg_isready"), "-h", "127.0.0.1", "-p", str(port)]
    while subprocess.run(ready, check=False, stdout=subprocess.DEVNULL).returncode:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


@pytest.fixture
def url(server, request, monkeypatch):
    """A database of this test's own; the password as the chart hands it over."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    name = request.node.name.replace("-", "_")
    admin = create_engine(f"postgresql+psycopg://hub@127.0.0.1:{server}/postgres")
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    admin.dispose()
    return f"postgresql://hub@127.0.0.1:{server}/{name}"


def run_hub(url, tmp_path):
    """Let JupyterHub open this database as it does when it starts."""
    config = tmp_path / "config.py"
    config.write_text(
        f"""
from mofang_hub.config.database import database_url
from mofang_hub.settings import DatabaseSettings, Secrets
from support.ports import free_port

c.JupyterHub.db_url = database_url(
    DatabaseSettings(type="postgres", url={url!r}), Secrets()
)
c.JupyterHub.upgrade_db = True
"""
    )
    program = (
        "import sys; from jupyterhub.app import JupyterHub; "
        "app = JupyterHub.instance(); "
        "app.load_config_file(sys.argv[1]); "
        "app.init_logging(); app.init_db()"
    )
    return subprocess.run(
        [sys.executable, "-c", program, str(config)],
        cwd=tmp_path,
        # JupyterHub calls the program alembic.
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.defpath}",
            "PYTHONPATH": str(TESTS),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_jupyterhub_makes_its_tables_in_postgres(url, tmp_path):
    done = run_hub(url, tmp_path)

    assert done.returncode == 0, done.stderr
    found = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    tables = set(inspect(found).get_table_names())
    assert {"users", "spawners", "api_tokens", "alembic_version"} <= tables
    orm.check_db_revision(found)
    found.dispose()
    assert PASSWORD not in done.stdout + done.stderr


def test_a_database_of_an_older_jupyterhub_is_upgraded(url, tmp_path):
    """JupyterHub's own migrations run on PostgreSQL, and rows stay."""
    real = url.replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(real)
    orm.Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO users (name, admin, cookie_id) VALUES ('ada', true, 'x')")
        )
    engine.dispose()
    with dbutil._temp_alembic_ini(real) as ini:
        # One revision back, as if the hub before had been older.
        program = (
            "import sys; from alembic.config import main; "
            "main(['-c', sys.argv[1], 'stamp', 'head']); "
            "main(['-c', sys.argv[1], 'downgrade', '-1'])"
        )
        subprocess.run([sys.executable, "-c", program, ini], check=True)
    engine = create_engine(real)
    with pytest.raises(orm.DatabaseSchemaMismatch):
        orm.check_db_revision(engine)
    engine.dispose()

    done = run_hub(url, tmp_path)

    assert done.returncode == 0, done.stderr
    assert "Upgrading" in done.stderr
    engine = create_engine(real)
    orm.check_db_revision(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT name FROM users")).scalar() == "ada"
    engine.dispose()


def test_the_usage_ledger_is_in_postgres(url):
    """Beside JupyterHub's tables; sums of many bytes are as exact as in a file."""
    storage = LedgerStorage(
        ledger_url(url.replace("postgresql:", "postgresql+psycopg:"))
    )
    storage.create()
    storage.create()
    huge = an_interval(0, 3 * DAY, memory_bytes=48 * 1024**4 + 1)
    changes = LedgerChanges(closed=(huge,), last_observed=7)
    storage.write(changes)
    storage.write(changes)

    records = storage.records(all_of(0, 9), *UsageKey)

    assert [each.period for each in sorted(records, key=lambda each: each.period)] == [
        0,
        1,
        2,
    ]
    assert total(records).memory_byte_seconds == (48 * 1024**4 + 1) * 3 * DAY
    assert storage.load(present={"a"}).last_observed == 7
    assert storage.remove_before(2) == 2
    storage.close()
