"""The server extension: settings from the environment, handlers, clean end."""

# mypy: disable-error-code="misc, untyped-decorator"
# jupyter_server counts as untyped, so its classes and decorators are Any.

from __future__ import annotations

import os
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from traitlets import Unicode, default

from mofang_training import log_in, meter, saving
from mofang_training.activity import handlers as activity_handlers
from mofang_training.activity.changes import count_changes
from mofang_training.activity.hub import ActivityClient
from mofang_training.activity.reporter import ActivityReporter
from mofang_training.activity.sampler import ActivitySampler
from mofang_training.handlers import HANDLERS
from mofang_training.hub_outage import bridge_outages
from mofang_training.safe_mode import add_page_config
from mofang_training.server_size import handlers as size_handlers
from mofang_training.server_size.monitor import ResourceMonitor
from mofang_training.server_size.resizer import Resizer, SizeClient
from mofang_training.service import TrainingServiceClient
from mofang_training.static_files import use_common_address


class TrainingExtension(ExtensionApp):
    """Forwards training requests of the browser to the training service."""

    name = "mofang_training"

    _reporter: ActivityReporter | None = None
    _saving: saving.SavingRun | None = None
    _monitor: ResourceMonitor | None = None
    _resizer: Resizer | None = None

    api_url = Unicode(
        help="""
        Address of the training service, as ``http://host:port/services/training``.

        The platform sets it by MOFANG_API_URL; set it by hand only to develop.
        """
    ).tag(config=True)

    project = Unicode(
        help="""
        The project this server belongs to, and the only one it asks about.

        The platform sets it by MOFANG_PROJECT.
        """
    ).tag(config=True)

    @default("api_url")
    def _default_api_url(self) -> str:
        return os.environ.get("MOFANG_API_URL", "")

    @default("project")
    def _default_project(self) -> str:
        return os.environ.get("MOFANG_PROJECT", "")

    def initialize_settings(self) -> None:
        """Make the service reachable for the handlers, and tell JupyterLab's page."""
        bridge_outages(self.serverapp.identity_provider)
        add_page_config(self.settings, os.environ)
        self.settings["mofang_training_service"] = TrainingServiceClient(
            url=self.api_url,
            project=self.project,
            token=os.environ.get("JUPYTERHUB_API_TOKEN", ""),
        )

    def initialize_handlers(self) -> None:
        """Serve ``mofang/training``."""
        self.handlers.extend(HANDLERS)
        self.handlers.extend(log_in.HANDLERS)
        self.handlers.extend(meter.HANDLERS)
        self.handlers.extend(activity_handlers.HANDLERS)
        self.handlers.extend(saving.HANDLERS)
        self.handlers.extend(size_handlers.HANDLERS)

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        """Change what other extensions have set by now, and begin to report."""
        settings = serverapp.web_app.settings
        use_common_address(settings, os.environ)
        self._saving = saving.SavingRun.from_environment(os.environ, self.log)
        if self._saving is not None:
            settings[saving.RUN] = self._saving
        changes = count_changes(settings)
        if (client := ActivityClient.from_environment(os.environ)) is not None:
            sampler = ActivitySampler(serverapp, lambda: changes.count)
            self._monitor = monitor = ResourceMonitor(self.log)
            monitor.start()
            reporter = ActivityReporter(sampler, client, self.log, monitor=monitor)
            settings[activity_handlers.REPORTER] = self._reporter = reporter
            reporter.start()
            if (size_client := SizeClient.from_environment(os.environ)) is not None:
                self._resizer = Resizer(size_client, monitor)
                settings[size_handlers.RESIZER] = self._resizer

    async def stop_extension(self) -> None:
        """End the reports, and the streams that are still open."""
        if self._reporter is not None:
            await self._reporter.stop()
        if self._saving is not None:
            await self._saving.stop()
        if self._resizer is not None:
            await self._resizer.stop()
        if self._monitor is not None:
            await self._monitor.stop()
        await self.settings["mofang_training_service"].close()
