"""Usual times of starts survive the hub."""

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import sessionmaker

from mofang_hub.start_table import CHOICES, STARTS, keep_choices, keep_starts
from mofang_spawner.start_choices import KEPT_CHOICES, StartChoices
from mofang_spawner.start_history import KEPT, StartHistory


@pytest.fixture
def session(tmp_path):
    """Opens a session of the hub's database, as each hub does."""
    opened = []

    def session():
        engine = create_engine(f"sqlite:///{tmp_path / 'hub.sqlite'}")
        opened.append(sessionmaker(bind=engine)())
        return opened[-1]

    yield session
    for each in opened:
        each.close()
        each.get_bind().dispose()


def a_hub(db):
    history = StartHistory()
    keep_starts(history, db)
    return history


def test_a_hub_knows_what_the_one_before_has_seen(session):
    before = a_hub(session())
    for seconds in (1.0, 2.0, 4.0):
        before.add("pytorch", seconds)

    usual = a_hub(session()).usual("pytorch")

    assert (usual.median, usual.count) == (2.0, 3)


def test_the_table_stays_small_and_keeps_the_newest(session):
    db = session()
    history = a_hub(db)
    history.add("base", 7.0)
    for number in range(KEPT + 10):
        history.add("pytorch", float(number))

    count = select(STARTS.c.environment, func.count()).group_by(STARTS.c.environment)
    assert dict(db.execute(count).all()) == {"base": 1, "pytorch": KEPT}
    oldest = select(func.min(STARTS.c.seconds)).where(STARTS.c.environment == "pytorch")
    assert db.execute(oldest).scalar_one() == 10.0


def test_a_database_that_refuses_fails_no_start(session, caplog):
    db = session()
    history = a_hub(db)

    STARTS.drop(db.get_bind())
    history.add("pytorch", 1.0)
    STARTS.create(db.get_bind())
    history.add("pytorch", 2.0)

    assert "missing in the history" in caplog.text
    assert db.execute(select(func.count()).select_from(STARTS)).scalar_one() == 1


def test_which_servers_people_started_survives_too(session):
    for number in range(3):
        choices = StartChoices()
        keep_choices(choices, session())
        choices.add("ada", f"server-{number}")
        choices.add("ben", "another")

    assert {each.name for each in choices.likely("ada")} == {
        f"server-{number}" for number in range(3)
    }
    assert choices.likely("ben")[0].starts == 3


def test_the_table_of_choices_stays_small(session):
    db, choices = session(), StartChoices()
    keep_choices(choices, db)
    choices.add("ben", "another")
    for number in range(KEPT_CHOICES + 5):
        choices.add("ada", f"server-{number}")

    count = select(CHOICES.c.username, func.count()).group_by(CHOICES.c.username)
    assert dict(db.execute(count).all()) == {"ada": KEPT_CHOICES, "ben": 1}
