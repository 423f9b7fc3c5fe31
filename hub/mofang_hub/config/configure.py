"""JupyterHub's configuration, from our settings.

One function per part of the hub; each takes the configuration object and
writes traits of classes that exist upstream or in ``mofang_spawner``.
"""

import os
from typing import Any

from mofang_http.client import session_options
from mofang_hub.auth.authenticator import configure_authenticator
from mofang_hub.auth.scopes import CUSTOM_SCOPES, load_roles, server_token_scopes
from mofang_hub.config.database import database_url
from mofang_hub.metrics import WATCHES
from mofang_hub.notices.idle import build_idle_senders
from mofang_hub.pages.configure import configure_pages
from mofang_hub.server_answers import ServerAnswer
from mofang_hub.settings import (
    NOTICES_FOLDER,
    Secrets,
    Settings,
    SingleuserSettings,
)
from mofang_spawner.context import SpawnContext
from mofang_spawner.spawner import MofangSpawner

HUB_PORT = 8081
_ANSWER_SECONDS = 10.0
_TRAINING_PREFIX = "/services/training"


def configure(c: Any, settings: Settings, secrets: Secrets) -> None:
    """Configure a hub.

    Args:
        c: traitlets' configuration object.
        settings: What the chart says.
        secrets: What the chart's Secret holds.
    """
    _hub(c, settings, secrets)
    _proxy(c, settings)
    _spawner(c, settings)
    _services(c, secrets)
    configure_authenticator(c, settings, secrets)
    configure_pages(
        c,
        static_url=settings.static_url,
        has_usage=settings.usage.enabled,
        starts_ahead=settings.start_ahead.enabled,
    )


def training_url(settings: Settings) -> str:
    """Return the address of the training service in the cluster."""
    host = f"{settings.training_service}.{settings.platform_namespace}.svc"
    return f"http://{host}:8080{_TRAINING_PREFIX}"


def _hub(c: Any, settings: Settings, secrets: Secrets) -> None:
    namespace = settings.platform_namespace
    c.JupyterHub.ip = "0.0.0.0"
    c.JupyterHub.hub_bind_url = f"http://0.0.0.0:{HUB_PORT}"
    host = f"{settings.hub_service}.{namespace}.svc"
    c.JupyterHub.hub_connect_url = f"http://{host}:{HUB_PORT}"
    c.JupyterHub.db_url = database_url(settings.database, secrets)
    # JupyterHub copies an SQLite database before it migrates it.
    c.JupyterHub.upgrade_db = True
    cookie_secret = secrets.get("cookie-secret")
    if cookie_secret:
        c.JupyterHub.cookie_secret = bytes.fromhex(cookie_secret)
    if settings.public_url:
        c.JupyterHub.public_url = f"{settings.public_url}/"
    if settings.host_per_user:
        c.JupyterHub.subdomain_host = settings.public_url
        # A user's server could set cookies for the hub's host, but none of this prefix.
        # Browsers take those by TLS only.
        c.JupyterHub.cookie_host_prefix_enabled = settings.public_url.startswith(
            "https:"
        )
    # Servers outlive the hub: it may be restarted at any time.
    c.JupyterHub.cleanup_servers = False
    c.JupyterHub.allow_named_servers = True
    # A refusal is answered within this; a start that takes longer shows its page.
    c.JupyterHub.tornado_settings = {
        "slow_spawn_timeout": 0.7,
        "mofang_audit": settings.audit if settings.audit.enabled else None,
        "mofang_culling": settings.culling,
        "mofang_start_ahead": settings.start_ahead,
        "mofang_sizing": settings.sizing,
        "mofang_idle_senders": build_idle_senders(
            settings.culling.notices,
            settings.jobs.notices,
            Secrets(NOTICES_FOLDER),
            public_url=settings.public_url,
        ),
        "mofang_link_hosts": settings.links.repository_hosts,
        "mofang_training_url": training_url(settings),
        "mofang_usage": settings.usage if settings.usage.enabled else None,
    }
    c.JupyterHub.init_spawners_timeout = 1
    c.JupyterHub.activity_resolution = 300
    c.JupyterHub.last_activity_interval = 300
    # JupyterHub asks users' servers with it, which answer what their users like.
    c.JupyterHubHTTPClient.session_options = {
        **session_options(_ANSWER_SECONDS),
        "response_class": ServerAnswer,
    }
    # The gateway leads everybody to /hub/metrics: it asks for the scope read:metrics.
    c.JupyterHub.authenticate_prometheus = True
    c.JupyterHub.concurrent_spawn_limit = settings.concurrent_spawn_limit
    c.JupyterHub.active_server_limit = settings.active_server_limit
    if settings.debug:
        c.JupyterHub.log_level = "DEBUG"
        c.Spawner.debug = True
    # A hub that exits after failures in a row punishes everybody for one fault.
    c.Spawner.consecutive_failure_limit = 0


def _proxy(c: Any, settings: Settings) -> None:
    c.JupyterHub.proxy_class = "mofang_hub.routes.proxy.IstioProxy"
    c.IstioProxy.namespace = settings.platform_namespace
    c.IstioProxy.gateway = settings.gateway.name
    c.IstioProxy.gateway_namespace = settings.gateway.namespace
    c.IstioProxy.hosts = list(settings.gateway.hosts)
    c.IstioProxy.hub_url = c.JupyterHub.hub_connect_url
    c.IstioProxy.probe_url = settings.gateway.probe_url
    c.IstioProxy.cluster_domain = settings.cluster_domain
    c.IstioProxy.hub_body_bytes = settings.limits.hub_server_limits().body_bytes


def _spawner(c: Any, settings: Settings) -> None:
    singleuser = settings.singleuser
    context = SpawnContext(
        training_url=training_url(settings),
        images=settings.image_references,
        hub=settings.platform_namespace,
        limit_per_user=singleuser.limit_per_user,
        ephemeral_storage=singleuser.ephemeral_storage,
        hdfs=singleuser.hdfs,
        static_url=settings.static_url,
    )
    WATCHES.follow(lambda: context.watchers)
    c.JupyterHub.spawner_class = MofangSpawner
    c.MofangSpawner.context = lambda: context
    # JupyterHub's clock cannot be stopped: it has the time in the queue in it.
    c.MofangSpawner.start_timeout = singleuser.start_timeout + singleuser.queue_timeout
    c.MofangSpawner.queue_timeout = singleuser.queue_timeout
    c.MofangSpawner.http_timeout = 60
    c.MofangSpawner.delete_grace_period = 2
    c.MofangSpawner.default_url = singleuser.default_url
    c.MofangSpawner.dns_name_template = (
        f"{{name}}.{{namespace}}.svc.{settings.cluster_domain}"
    )
    c.MofangSpawner.server_token_scopes = server_token_scopes()
    c.MofangSpawner.env_keep = []
    c.MofangSpawner.environment = {
        **singleuser.extra_env,
        "JUPYTERHUB_ACTIVITY_INTERVAL": "300",
    }
    _server_defaults(c, singleuser)


def _server_defaults(c: Any, singleuser: SingleuserSettings) -> None:
    """Traits of KubeSpawner; ``mofang_spawner.pods`` merges them with a choice's."""
    c.MofangSpawner.extra_labels = dict(singleuser.extra_labels)
    c.MofangSpawner.extra_annotations = dict(singleuser.extra_annotations)
    c.MofangSpawner.node_selector = dict(singleuser.node_selector)
    c.MofangSpawner.tolerations = list(singleuser.extra_tolerations)
    c.MofangSpawner.init_containers = list(singleuser.init_containers)
    c.MofangSpawner.extra_containers = list(singleuser.extra_containers)
    c.MofangSpawner.lifecycle_hooks = dict(singleuser.lifecycle_hooks)
    if singleuser.priority_class_name:
        c.MofangSpawner.priority_class_name = singleuser.priority_class_name


def _services(c: Any, secrets: Secrets) -> None:
    c.JupyterHub.custom_scopes = CUSTOM_SCOPES
    c.JupyterHub.load_roles = load_roles()
    token = secrets.get("training-token") or os.environ.get("MOFANG_TRAINING_TOKEN", "")
    if token:
        # Without a URL: its route is the chart's, and the hub waits for nobody.
        c.JupyterHub.services = [
            {"name": "training", "api_token": token, "display": False}
        ]
