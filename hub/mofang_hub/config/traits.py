"""Traits of JupyterHub that the administrator's configuration must not change.

Each with the sentence that the refusal ends in: why, and what to use instead.
The site shows them to administrators (``docs/administrators/z2jh.md``, and of the
spawner ``docs/administrators/kubespawner.md``).
"""

from collections.abc import Mapping

_ROUTES = "Routes are made by IstioProxy as the chart's gateway values say."
_ORIGIN = "Which origin a server has follows from publicUrl and acceptSharedOrigin."
_SECRET = "It is read from the hub's Secret; see hub.existingSecret."  # noqa: S105
_CHOICE = "Project and environment of each server decide it."
_SECURITY = "Every server runs with the rights that Pod Security restricted allows."
_ADDRESS = "Policies and routes of Mofang rely on it."
_CATALOG = "Users choose from the catalogue of environments."

_SPAWNER: Mapping[str, str] = {
    # Who a server is, and what it may do.
    "namespace": "Each project has a namespace of its own.",
    "enable_user_namespaces": "Each project has a namespace of its own.",
    "user_namespace_template": "Each project has a namespace of its own.",
    "service_account": "Servers get no token of Kubernetes.",
    "automount_service_account_token": "Servers get no token of Kubernetes.",
    "image_pull_secrets": "The projects operator copies imagePullSecrets.",
    "env_keep": "Nothing of the hub's environment reaches a server.",
    "server_token_scopes": "A server's token has the scopes that its extensions need.",
    "context": "It is the connection of all servers to Kubernetes.",
    "uid": _SECURITY,
    "gid": _SECURITY,
    "fs_gid": _SECURITY,
    "supplemental_gids": _SECURITY,
    "privileged": _SECURITY,
    "allow_privilege_escalation": _SECURITY,
    "container_security_context": _SECURITY,
    "pod_security_context": _SECURITY,
    # What follows from the choice in the gallery.
    "image": _CHOICE,
    "volumes": _CHOICE,
    "volume_mounts": _CHOICE,
    "cpu_guarantee": _CHOICE,
    "cpu_limit": _CHOICE,
    "mem_guarantee": _CHOICE,
    "mem_limit": _CHOICE,
    "extra_resource_guarantees": _CHOICE,
    "extra_resource_limits": _CHOICE,
    "node_affinity_preferred": _CHOICE,
    "node_affinity_required": _CHOICE,
    "pod_affinity_preferred": _CHOICE,
    "pod_affinity_required": _CHOICE,
    "pod_anti_affinity_preferred": _CHOICE,
    "pod_anti_affinity_required": _CHOICE,
    "storage_pvc_ensure": _CHOICE,
    "profile_list": _CATALOG,
    "options_form": _CATALOG,
    "options_from_form": _CATALOG,
    "apply_user_options": _CATALOG,
    "cmd": "Servers start by mofang-start, which every image of the catalogue has.",
    # How a server is found.
    "port": _ADDRESS,
    "dns_name_template": _ADDRESS,
    "component_label": _ADDRESS,
    "pod_name_template": _ADDRESS,
    "services_enabled": _ADDRESS,
}

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
            "hub_public_url",
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
