"""The page of usage, its file for spreadsheets, and the same for programs.

Everybody sees what is theirs, admins of a project what is its, and who holds the scope
for it, such as admins of the hub, what is anybody's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Any, TypeVar

from jupyterhub import orm
from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.handlers.base import BaseHandler
from jupyterhub.user import User
from sqlalchemy.exc import SQLAlchemyError
from tornado import web
from typing_extensions import override

from mofang_hub.auth.scopes import USAGE_ALL, USAGE_READ
from mofang_hub.pages.server_use import OBSERVER
from mofang_hub.pages.usage_numbers import NUMBERS
from mofang_hub.sizing.observer import ResourceObserver
from mofang_hub.sizing.samples import UsedRecord
from mofang_hub.usage.book import UsageBook
from mofang_hub.usage.budgets import BudgetReader, visible_budgets
from mofang_hub.usage.csv_file import write_csv, write_used
from mofang_hub.usage.held import held_by, held_nodes
from mofang_hub.usage.intervals import DAY, HOUR
from mofang_hub.usage.periods import (
    Period,
    PeriodLength,
    day_number,
    day_of_number,
)
from mofang_hub.usage.plot import UsageMeasure, UsagePlot, build_plot
from mofang_hub.usage.query import UsageKey, UsageQuery, UsageViewer
from mofang_hub.usage.rates import UsageRates
from mofang_hub.usage.report import UsageReport
from mofang_hub.usage.totals import UsageRecord
from mofang_kube.errors import InvalidError, MofangError
from mofang_kube.names import user_slug
from mofang_spawner.environments.policy import project_role

T = TypeVar("T")

_ANSWERS = asyncio.Semaphore(2)
"""A report reads for up to a second, in threads that others need too."""

UNREADABLE = (
    "The usage ledger cannot be read: the database does not answer. Nothing of it is "
    "lost. Try again in a minute."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageSources:
    """From where the handlers have what they show."""

    book: UsageBook
    rates: UsageRates
    list_nodes: Callable[[], Sequence[dict[str, Any]]]
    """Returns the nodes of the cluster as the hub knows them."""
    budgets: BudgetReader


class _UsageHandler(BaseHandler):  # type: ignore[misc] # JupyterHub has no types
    """What the page, the file and the API have in common."""

    @override
    def initialize(self, sources: UsageSources) -> None:
        self.sources = sources

    @property
    def _today(self) -> date:
        return datetime.fromtimestamp(self.sources.book.now, UTC).date()

    def _period(self) -> Period:
        """Return the period that is asked for.

        Raises:
            InvalidError: There is none such.
        """
        return Period.parse(
            self.get_argument("period", "").strip(),
            self.get_argument("date", "").strip(),
            self._today,
        )

    async def _viewer(self) -> UsageViewer:
        """Return who asks, with what they may see.

        Raises:
            HTTPError: Their token is not good for it, or Kubernetes does not answer.
        """
        # JupyterHub's decorator knows no custom scopes when modules are loaded.
        sees_all = USAGE_ALL in self.expanded_scopes
        if not sees_all and USAGE_READ not in self.expanded_scopes:
            raise web.HTTPError(
                HTTPStatus.FORBIDDEN,
                "This token may not read usage. Make one with the scope %s, or %s "
                "for that of all people.",
                USAGE_READ,
                USAGE_ALL,
            )
        user = self.current_user
        if not isinstance(user, User):
            return UsageViewer(owner="", sees_all=sees_all)
        context = user.spawner.context()
        groups = {group.name for group in user.groups}
        try:
            await context.ready()
        except MofangError as err:
            raise web.HTTPError(err.status, "%s", err.message) from err
        projects = context.catalog.list_visible_projects(user.name, groups)
        return UsageViewer(
            owner=user_slug(user.name),
            projects=frozenset(each.name for each in projects),
            administered=frozenset(
                each.name
                for each in projects
                if project_role(each, user.name, groups) == "admin"
            ),
            sees_all=sees_all,
        )

    def _query(self, period: Period, viewer: UsageViewer) -> UsageQuery:
        return UsageQuery(
            first=day_number(period.first),
            last=day_number(period.last),
            viewer=viewer,
            project=self.get_argument("project", "").strip(),
        )

    async def _read(self, reading: Awaitable[list[T]]) -> list[T]:
        """Return records of the ledger.

        Raises:
            HTTPError: They cannot be read.
        """
        async with _ANSWERS:
            try:
                return await reading
            except MofangError as err:
                raise web.HTTPError(err.status, "%s", err.message) from err
            except SQLAlchemyError as err:
                self.log.warning("The usage ledger cannot be read: %s", err)
                raise web.HTTPError(HTTPStatus.SERVICE_UNAVAILABLE, UNREADABLE) from err

    async def _asked_for(self, *keys: UsageKey) -> tuple[Period, list[UsageRecord]]:
        """Return the records of the period that is asked for.

        Raises:
            HTTPError: There is none such, or it cannot be read.
        """
        viewer = await self._viewer()
        try:
            period = self._period()
        except InvalidError as err:
            raise web.HTTPError(err.status, "%s", err.message) from err
        query = self._query(period, viewer)
        return period, await self._read(self.sources.book.records(query, *keys))

    def _send_file(self, name: str, content: str) -> None:
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        self.finish(content)

    def _used(self, query: UsageQuery, *, by_day: bool = False) -> list[UsedRecord]:
        """Return what servers used of what they reserved.

        Raises:
            HTTPError: It cannot be read.
        """
        observer: ResourceObserver = self.settings[OBSERVER]
        try:
            found = observer.used(query.first, query.last, by_day=by_day)
        except SQLAlchemyError as err:
            self.log.warning("What servers used cannot be read: %s", err)
            raise web.HTTPError(HTTPStatus.SERVICE_UNAVAILABLE, UNREADABLE) from err
        return [each for each in found if query.includes(each.project, each.owner)]

    def _names(self) -> Callable[[str], str]:
        """Return what says a person's name by their slug."""
        names = {user_slug(name): name for (name,) in self.db.query(orm.User.name)}
        return lambda slug: names.get(slug, slug)


class UsagePageHandler(_UsageHandler):
    """What is held now, and what was in a period."""

    @web.authenticated
    async def get(self) -> None:
        viewer = await self._viewer()
        faults: dict[str, str] = {}
        try:
            period = self._period()
        except InvalidError as err:
            faults = dict(err.fields or {})
            period = Period.around(PeriodLength.MONTH, self._today)
        asked = self.get_argument("measure", "").strip()
        if asked and asked not in list(UsageMeasure):
            faults["measure"] = "Choose one of the list."
            asked = ""
        query, book = self._query(period, viewer), self.sources.book
        report = UsageReport.of_records(
            await self._read(book.records(query, UsageKey.OWNER))
        )
        measure = UsageMeasure(asked) if asked else _suitable(report)
        held = book.held
        mine = held_by(held, viewer)
        projects = {each.project for each in report.projects}
        projects |= {each.project for each in mine}
        self.finish(
            await self.render_template(
                "usage.html",
                **NUMBERS,
                given={
                    "period": period.length.value,
                    "date": self.get_argument("date", "").strip(),
                    "project": query.project,
                    "measure": measure.value,
                },
                faults=faults,
                period=period,
                has_after=period.after <= self._today,
                lengths=[each.value for each in PeriodLength],
                measures=list(UsageMeasure),
                projects=sorted(projects | viewer.projects),
                is_all=viewer.sees_all,
                administered=sorted(viewer.administered),
                nodes=held_nodes(self.sources.list_nodes(), held, viewer),
                held=[
                    each for each in mine if query.includes(each.project, each.owner)
                ],
                report=report,
                plot=await self._plot(period, query, measure),
                rates=self.sources.rates,
                name_of=self._names(),
                used=self._used(query),
                budgets=visible_budgets(
                    await self._read(self.sources.budgets.states()), viewer
                ),
            )
        )

    async def _plot(
        self, period: Period, query: UsageQuery, measure: UsageMeasure
    ) -> UsagePlot:
        book = self.sources.book
        if period.length is PeriodLength.DAY:
            hours = DAY // HOUR
            labels = {
                query.first * hours + hour: f"{hour:02}:00" for hour in range(hours)
            }
            return build_plot(await self._read(book.hourly(query)), labels, measure)
        labels = {
            number: f"{day_of_number(number):%d %b}"
            for number in range(query.first, query.last + 1)
        }
        records = await self._read(book.records(query, UsageKey.PERIOD))
        return build_plot(records, labels, measure)


class UsageFileHandler(_UsageHandler):
    """A period as a file for spreadsheets."""

    @web.authenticated
    async def get(self) -> None:
        period, records = await self._asked_for(
            UsageKey.PERIOD, UsageKey.OWNER, UsageKey.WORKLOAD_TYPE
        )
        # A month of many people has hundreds of thousands of rows.
        content = await asyncio.to_thread(
            write_csv, records, self.sources.rates, self._names()
        )
        self._send_file(f"usage-{period.first}-{period.last}.csv", content)


class UsedFileHandler(_UsageHandler):
    """What servers used in a period, as a file for spreadsheets."""

    @web.authenticated
    async def get(self) -> None:
        viewer = await self._viewer()
        try:
            period = self._period()
        except InvalidError as err:
            raise web.HTTPError(err.status, "%s", err.message) from err
        used = self._used(self._query(period, viewer), by_day=True)
        self._send_file(
            f"used-{period.first}-{period.last}.csv", write_used(used, self._names())
        )


class UsageApiHandler(_UsageHandler, APIHandler):  # type: ignore[misc] # likewise
    """A period for programs, in whole numbers."""

    async def get(self) -> None:
        period, records = await self._asked_for(UsageKey.OWNER)
        report = UsageReport.of_records(records)
        name_of = self._names()
        self.finish(
            {
                "first": str(period.first),
                "last": str(period.last),
                "usage": [
                    {
                        "project": each.project,
                        "person": name_of(each.owner),
                        "cpu_millicore_seconds": each.totals.cpu_millicore_seconds,
                        "memory_byte_seconds": each.totals.memory_byte_seconds,
                        "gpu_seconds": each.totals.gpu_seconds,
                    }
                    for each in report.people
                ],
            }
        )


class HeldApiHandler(_UsageHandler, APIHandler):  # type: ignore[misc] # likewise
    """What is held now, pod by pod, for programs."""

    async def get(self) -> None:
        viewer = await self._viewer()
        try:
            held = self.sources.book.held
        except MofangError as err:
            raise web.HTTPError(err.status, "%s", err.message) from err
        name_of = self._names()
        visible = [
            each
            for each in held
            if viewer.may_see(each.allocation.project, each.allocation.owner)
        ]
        self.finish(
            {
                "held": [
                    {
                        "project": each.allocation.project,
                        "person": name_of(each.allocation.owner),
                        "type": each.allocation.workload_type.value,
                        "workload": each.allocation.workload,
                        "replica": each.allocation.replica,
                        "environment": each.allocation.environment,
                        "framework": each.allocation.framework,
                        "node": each.allocation.node,
                        "gpu_model": each.allocation.gpu_model,
                        "cpu_millicores": each.allocation.cpu_millicores,
                        "memory_bytes": each.allocation.memory_bytes,
                        "gpus": each.allocation.gpus,
                        "since": _time(each.started),
                    }
                    for each in visible
                ]
            }
        )


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _suitable(report: UsageReport) -> UsageMeasure:
    """Return what is worth a plot: GPUs where any were held."""
    return UsageMeasure.GPU if report.totals.gpu_seconds else UsageMeasure.CPU


def usage_handlers(sources: UsageSources | None) -> list[Any]:
    """Return the handlers; none where no ledger is kept."""
    if sources is None:
        return []
    basis = {"sources": sources}
    return [
        (r"/usage", UsagePageHandler, basis),
        (r"/usage\.csv", UsageFileHandler, basis),
        (r"/used\.csv", UsedFileHandler, basis),
        (r"/api/mofang/usage", UsageApiHandler, basis),
        (r"/api/mofang/usage/held", HeldApiHandler, basis),
    ]
