"""JupyterHub, with our pages before its own, and a home for each of its users."""

import asyncio
from pathlib import Path
from typing import Any

from jupyterhub.app import JupyterHub
from traitlets import default
from typing_extensions import override

from mofang_hub.audit import RequestAudit
from mofang_hub.auth.admin import restrict_admins
from mofang_hub.auth.homes import with_homes
from mofang_hub.pages import handlers, log_in_page, servers
from mofang_hub.pages.audit import audit_handlers
from mofang_hub.pages.client import client_handlers
from mofang_hub.pages.user_host import user_host_handlers
from mofang_spawner.spawner import MofangSpawner
from mofang_spawner.trait_validation import TraitsRefusedError, validate_traits
from mofang_spawner.volumes.homes import close_homes


class Hub(JupyterHub):  # type: ignore[misc] # JupyterHub has no types
    """The hub's application; reads the settings of ``JupyterHub``."""

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
        kind = with_homes(self.authenticator_class, self._homes)
        return kind(parent=self, _deprecated_db_session=self.db)

    @property
    def _homes(self) -> Path | None:
        """Where the homes of all users are; None where they cannot be seen."""
        context = self.config.MofangSpawner.get("context")
        return context().homes if context else None

    @override
    async def init_users(self) -> None:
        # Beside everything else: there may be thousands, on a storage that hangs.
        self._closing_homes = asyncio.create_task(
            asyncio.to_thread(close_homes, self._homes)
        )
        await super().init_users()
        self.authenticator.makes_homes = True

    @override
    async def init_role_creation(self) -> None:
        await super().init_role_creation()
        restrict_admins(self.db, self.custom_scopes)

    @override
    def init_tornado_settings(self) -> None:
        super().init_tornado_settings()
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
            *audit_handlers(self.tornado_settings.get("mofang_audit")),
            *client_handlers(),
            *user_host_handlers(self.public_url),
        ]
        self.handlers[:0] = self.add_url_prefix(self.hub_prefix, ours)
