"""JupyterHub, with our pages before its own."""

from typing import Any

from jupyterhub.app import JupyterHub
from typing_extensions import override

from mofang_hub.audit import RequestAudit
from mofang_hub.auth.admin import restrict_admins
from mofang_hub.pages import handlers, servers
from mofang_hub.pages.audit import audit_handlers
from mofang_hub.pages.client import client_handlers
from mofang_hub.pages.user_host import user_host_handlers
from mofang_spawner.spawner import MofangSpawner
from mofang_spawner.trait_validation import TraitsRefusedError, validate_traits


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
            *handlers.HANDLERS,
            *servers.HANDLERS,
            *audit_handlers(self.tornado_settings.get("mofang_audit")),
            *client_handlers(),
            *user_host_handlers(self.public_url),
        ]
        self.handlers[:0] = self.add_url_prefix(self.hub_prefix, ours)
