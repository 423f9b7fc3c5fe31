"""The ledger's tables."""

import sqlalchemy as sa
from unit.hub_usage.allocations import a_pod, all_of, an_interval

from mofang_hub.usage.intervals import DAY, EndSource
from mofang_hub.usage.ledger import Ledger, LedgerChanges
from mofang_hub.usage.storage import LedgerStorage, ledger_url


def test_it_is_a_file_of_its_own_beside_jupyterhubs():
    found = ledger_url("sqlite:////srv/mofang/hub/jupyterhub.sqlite")
    assert str(found) == "sqlite:////srv/mofang/hub/usage.sqlite"
    assert str(ledger_url("sqlite:///jupyterhub.sqlite")) == "sqlite:///usage.sqlite"


def test_it_is_in_jupyterhubs_database_where_that_is_a_server():
    url = "postgresql+psycopg://hub@db:5432/hub"
    assert ledger_url(url).render_as_string(hide_password=False) == url


def test_another_process_goes_on_where_one_ended(tmp_path):
    url = f"sqlite:///{tmp_path}/usage.sqlite"
    storage, ledger = LedgerStorage(url), Ledger()
    storage.create()
    ledger.observe(a_pod("a", started=100), now=100)
    ledger.observe(a_pod("b", started=100), now=100)
    ledger.observe(a_pod("b", started=100, has_ended=True, finished=200), now=201)
    ledger.advance(250)
    storage.write(ledger.changes())
    storage.close()

    storage = LedgerStorage(url)
    storage.create()
    found = storage.load(present={"a", "b"})

    assert [each.allocation for each in found.open_intervals] == [a_pod("a").allocation]
    assert found.last_observed == 250
    found.observe(a_pod("b", started=100, has_ended=True, finished=200), now=300)
    assert not found.unwritten
    storage.close()


def test_an_interval_has_a_row_for_each_day(tmp_path):
    storage = LedgerStorage(f"sqlite:///{tmp_path}/usage.sqlite")
    storage.create()
    storage.write(LedgerChanges(closed=(an_interval(DAY - 10, 3 * DAY + 5),)))

    rows = storage.intervals(all_of(0, 9))

    assert [each.day for each in rows] == [0, 1, 2, 3]
    assert [each.seconds for each in rows] == [10, DAY, DAY, 5]
    assert {each.end_source for each in rows} == {EndSource.STATUS}
    storage.close()


def test_days_that_are_over_for_long_are_removed(tmp_path):
    storage = LedgerStorage(f"sqlite:///{tmp_path}/usage.sqlite")
    storage.create()
    days = [an_interval(day * DAY, day * DAY + 9, uid=str(day)) for day in range(5)]
    storage.write(LedgerChanges(closed=tuple(days)))

    assert storage.remove_before(3) == 3

    assert [each.day for each in storage.intervals(all_of(0, 9))] == [3, 4]
    storage.close()


def test_a_write_that_fails_changes_nothing(tmp_path):
    url = f"sqlite:///{tmp_path}/usage.sqlite"
    storage, ledger = LedgerStorage(url, connect_args={"timeout": 0.01}), Ledger()
    storage.create()
    ledger.observe(a_pod("a", started=100), now=100)
    storage.write(ledger.changes())
    ledger.observe(a_pod("a", started=100, has_ended=True, finished=200), now=201)
    other = sa.create_engine(url)
    with other.connect() as locked:
        locked.exec_driver_sql("BEGIN EXCLUSIVE")
        try:
            storage.write(ledger.changes())
        except sa.exc.OperationalError:
            pass
        else:
            raise AssertionError("the database was not locked")
        locked.rollback()
    other.dispose()

    assert not storage.intervals(all_of(0, 0))
    assert len(storage.load(present={"a"}).open_intervals) == 1
    storage.write(ledger.changes())
    assert [each.seconds for each in storage.intervals(all_of(0, 0))] == [100]
    storage.close()
