"""JupyterHub, with our pages before its own, and a home for each of its users."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from jupyterhub import orm
from jupyterhub.app import JupyterHub
from tornado.ioloop import PeriodicCallback
from traitlets import default
from typing_extensions import override

from mofang_hub.audit import RequestAudit
from mofang_hub.auth.admin import restrict_admins
from mofang_hub.auth.homes import create_homes, with_homes
from mofang_hub.auth.log_out import replace_log_out
from mofang_hub.auth.log_secrets import keep_secrets_out_of_log
from mofang_hub.culling.culler import Culler
from mofang_hub.culling.policy import CullingSettings
from mofang_hub.garbage import COLLECT_SECONDS, GarbageCollector, server_pods
from mofang_hub.metrics import USAGE, WATCHES
from mofang_hub.notices.delivery import NoticeDelivery
from mofang_hub.pages import (
    activity,
    confirmed_links,
    handlers,
    home_snapshots,
    log_in_page,
    project_snapshots,
    resize,
    saved_environments,
    server_actions,
    servers,
    start_ahead,
)
from mofang_hub.pages.api_checks import with_checks
from mofang_hub.pages.audit import audit_handlers
from mofang_hub.pages.client import client_handlers
from mofang_hub.pages.confirmed_links import ConfirmedLinks
from mofang_hub.pages.jobs import jobs_handlers
from mofang_hub.pages.refusals import REFUSAL_FILTER
from mofang_hub.pages.server_use import BUDGETS, OBSERVER, RATES
from mofang_hub.pages.usage import UsageSources, usage_handlers
from mofang_hub.pages.user_host import user_host_handlers
from mofang_hub.sizing.correction import SizeCorrector
from mofang_hub.sizing.observer import ResourceObserver
from mofang_hub.sizing.samples import SampleTable
from mofang_hub.sizing.settings import SizingSettings
from mofang_hub.start_ahead.policy import StartAheadSettings
from mofang_hub.start_ahead.service import CHECK_SECONDS, StartAhead
from mofang_hub.start_table import keep_choices, keep_starts
from mofang_hub.usage.budgets import BudgetReader
from mofang_hub.usage.rates import UsageRates
from mofang_hub.usage.service import UsageService
from mofang_spawner.spawner import MofangSpawner
from mofang_spawner.trait_validation import TraitsRefusedError, validate_traits

_KEEP_DAYS = 92
"""For how long is kept what servers used, where no usage is recorded."""


class Hub(JupyterHub):  # type: ignore[misc] # JupyterHub has no types
    """The hub's application; reads the settings of ``JupyterHub``."""

    usage_service: UsageService | None = None
    """Keeps the ledger of usage; None where none is kept."""

    _sending: asyncio.Task[None] | None = None
    """Sends notices of idle servers."""

    @override
    def load_config_file(self, *args: Any, **options: Any) -> None:
        """Read the configuration; exit where the spawner cannot be as it says."""
        super().load_config_file(*args, **options)
        if not issubclass(self.spawner_class, MofangSpawner):
            return
        try:
            validate_traits(self.config)
        except TraitsRefusedError as err:
            self.exit(str(err))

    @default("authenticator")  # type: ignore[untyped-decorator] # traitlets'
    def _authenticator_default(self) -> Any:
        kind = with_homes(self.authenticator_class, self._spawn_context)
        return kind(parent=self, _deprecated_db_session=self.db)

    @property
    def _spawn_context(self) -> Callable[[], Any] | None:
        """Returns the context of our spawners; None where there is none."""
        return self.config.MofangSpawner.get("context") or None

    @override
    async def init_users(self) -> None:
        await super().init_users()
        self.authenticator.makes_homes = True
        if self._spawn_context is not None:
            keep_starts(self._spawn_context().starts, self.db)
            keep_choices(self._spawn_context().choices, self.db)
            # Beside everything else: there may be thousands, and Kubernetes be away.
            names = [user.name for user in self.db.query(orm.User)]
            self._creating_homes = asyncio.create_task(
                create_homes(self._spawn_context, names)
            )

    @override
    async def start(self) -> None:
        """Start, and from then on remove what no server of the database has."""
        await super().start()
        self._sending = asyncio.create_task(self._notices.run())
        context = self._spawn_context
        if context is None or self.subapp or self.generate_config:
            return
        if (usage := self.usage_service) is not None:
            WATCHES.follow(lambda: [*context().watchers, *usage.watchers])
            USAGE.follow(usage.book)
            usage.start()
        collector = GarbageCollector(context(), lambda: server_pods(self.users))

        async def collect() -> None:
            await collector.collect()
            if self.proxy.is_uncertain:
                await self.proxy.check_routes(self.users, self._service_map)

        ahead: StartAhead = self.tornado_settings[start_ahead.START_AHEAD]
        context().make_room = ahead.make_room
        for name, work, seconds in (
            ("garbage", collect, COLLECT_SECONDS),
            ("start ahead", ahead.check, CHECK_SECONDS),
        ):
            periodic = PeriodicCallback(work, timedelta(seconds=seconds))
            self._periodic_callbacks[name] = periodic
            periodic.start()

    @override
    async def cleanup(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)
        if self.usage_service is not None:
            await self.usage_service.stop()
        await super().cleanup()

    def _observe_use(self) -> ResourceObserver:
        usage = self.tornado_settings.get("mofang_usage")
        table = SampleTable(self.db, usage.retention_days if usage else _KEEP_DAYS)
        settings = self.tornado_settings.get("mofang_sizing") or SizingSettings()
        observer = ResourceObserver(table, settings)
        if settings.enforce and self._spawn_context is not None:
            self._spawn_context().correct_sizes = SizeCorrector(observer.suggest)
        return observer

    def _usage_sources(self) -> UsageSources | None:
        settings = self.tornado_settings.get("mofang_usage")
        if settings is None or self._spawn_context is None:
            return None
        self.usage_service = UsageService(
            self._spawn_context(),
            self.db_url,
            keep_days=settings.retention_days,
            engine_options=self.db_kwargs,
        )
        book = self.usage_service.book
        rates = UsageRates(prices=settings.prices, emissions=settings.emissions)
        budgets = BudgetReader(book, settings.budgets, rates)
        self.tornado_settings |= {BUDGETS: budgets, RATES: rates}
        return UsageSources(
            book=book,
            rates=rates,
            list_nodes=self.usage_service.list_nodes,
            budgets=budgets,
        )

    @override
    async def init_role_creation(self) -> None:
        await super().init_role_creation()
        restrict_admins(self.db, self.custom_scopes)

    @override
    def init_tornado_settings(self) -> None:
        keep_secrets_out_of_log()
        self.log.addFilter(REFUSAL_FILTER)
        super().init_tornado_settings()
        culling = self.tornado_settings.get("mofang_culling") or CullingSettings()
        self.tornado_settings[activity.CULLER] = Culler(culling)
        self.tornado_settings[start_ahead.START_AHEAD] = StartAhead(
            self.tornado_settings.get("mofang_start_ahead") or StartAheadSettings(),
            self.users,
            active_limit=self.active_server_limit,
        )
        self.tornado_settings[OBSERVER] = self._observe_use()
        senders = self.tornado_settings.get("mofang_idle_senders") or ()
        self._notices = NoticeDelivery(senders)
        self.tornado_settings[activity.NOTICES] = self._notices
        hosts = self.tornado_settings.get("mofang_link_hosts") or ()
        self.tornado_settings[confirmed_links.LINKS] = ConfirmedLinks(hosts)
        settings = self.tornado_settings.get("mofang_audit")
        if settings is None:
            return
        audit = RequestAudit(self.eventlog, settings, self.hub_prefix)
        log_request = self.tornado_settings["log_function"]

        def log_function(handler: Any) -> None:
            log_request(handler)
            try:
                audit.record(handler)
            except Exception:
                # The request was answered; its log must not cut the connection.
                self.log.exception("An event of the audit log could not be made")

        self.tornado_settings["log_function"] = log_function

    @override
    def init_handlers(self) -> None:
        super().init_handlers()
        # The first that fits a path answers; settings can only add to the end.
        ours = [
            *log_in_page.HANDLERS,
            *handlers.HANDLERS,
            *servers.HANDLERS,
            *server_actions.HANDLERS,
            *resize.HANDLERS,
            *home_snapshots.HANDLERS,
            *project_snapshots.HANDLERS,
            *saved_environments.HANDLERS,
            *activity.HANDLERS,
            *start_ahead.HANDLERS,
            *confirmed_links.HANDLERS,
            *audit_handlers(self.tornado_settings.get("mofang_audit")),
            *client_handlers(),
            *jobs_handlers(self.tornado_settings.get("mofang_training_url")),
            *usage_handlers(self._usage_sources()),
            *user_host_handlers(self.public_url),
        ]
        found = [
            *self.add_url_prefix(self.hub_prefix, ours),
            *replace_log_out(self.handlers),
        ]
        self.handlers[:] = with_checks(found)
