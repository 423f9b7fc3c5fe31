"""Traits of JupyterHub that the administrator's configuration must not change.

Each with the sentence that the refusal ends in: why, and what to use instead.
The site shows them to administrators (``docs/administrators/z2jh.md``, and of the
spawner ``docs/administrators/kubespawner.md``).
"""

from collections.abc import Mapping

_ROUTES = "Routes are made by IstioProxy as the chart's gateway values say."
_ORIGIN = "Which origin a server has follows from publicUrl and acceptSharedOrigin."
_SECRET = "It is read from the hub's Secret; see hub.existingSecret."  # noqa: S105
_ADDRESS = "Policies and routes of Mofang rely on it."

_SPAWNER: Mapping[str, str] = {
    "env_keep": "Nothing of the hub's environment reaches a server.",
    "server_token_scopes": "A server's token has the scopes that its extensions need.",
    "context": "It is the connection of all servers to Kubernetes.",
}
"""Beside what ``mofang_spawner.kubespawner_traits`` refuses or sets."""

PROTECTED_TRAITS: Mapping[str, Mapping[str, str]] = {
    "JupyterHub": {
        "proxy_class": _ROUTES,
        "spawner_class": "Servers are started by MofangSpawner.",
        "authenticator_class": "Use auth.method and auth.oauth.className.",
        "base_url": _ROUTES,
        "ip": _ADDRESS,
        "port": _ADDRESS,
        "bind_url": _ADDRESS,
        "hub_bind_url": _ADDRESS,
        "hub_connect_url": _ADDRESS,
        "public_url": _ORIGIN,
        "subdomain_host": _ORIGIN,
        "subdomain_hook": _ORIGIN,
        "cookie_host_prefix_enabled": _ORIGIN,
        "cookie_secret": _SECRET,
        "db_url": "Use hub.db.",
        "cleanup_servers": "Servers outlive the hub.",
        "allow_named_servers": "All servers of Mofang are named ones.",
        "custom_scopes": "Mofang's own scopes are among them.",
        "services": "Use hub.services, or append in hub.extraConfig.",
        "load_roles": "Use hub.loadRoles, or append in hub.extraConfig.",
    },
    "CryptKeeper": {"keys": _SECRET},
    "IstioProxy": dict.fromkeys(
        (
            "namespace",
            "gateway",
            "gateway_namespace",
            "hosts",
            "hub_url",
            "cluster_domain",
            "probe_url",
        ),
        _ROUTES,
    ),
    # traitlets takes the value of the class that is nearest to MofangSpawner.
    "Spawner": _SPAWNER,
    "KubeSpawner": _SPAWNER,
    "MofangSpawner": _SPAWNER,
}
