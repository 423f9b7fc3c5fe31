"""What becomes of each configurable trait of KubeSpawner. One table, no logic.

``trait_validation`` refuses the hub's start by it, and the site shows it to
administrators (``docs/administrators/kubespawner.md``); a test compares it with the
pinned KubeSpawner.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Rule(StrEnum):
    """What Mofang does with a configured value."""

    MERGED = "merged"
    """It has the effect that KubeSpawner documents, beside what Mofang adds."""

    SET = "set by Mofang"
    """Mofang decides; another value refuses the hub's start."""

    REFUSED = "refused"
    """Any value but KubeSpawner's default refuses the hub's start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraitRule:
    """The rule for one trait."""

    rule: Rule
    note: str = ""
    """Of a merged trait: how. Of the others: what to use instead, as a sentence."""

    accepts: tuple[Any, ...] = ()
    """Values that are what Mofang does anyway; KubeSpawner's default if empty."""


def _merged(note: str = "") -> TraitRule:
    return TraitRule(rule=Rule.MERGED, note=note)


def _set(note: str, *accepts: Any) -> TraitRule:
    return TraitRule(rule=Rule.SET, note=note, accepts=accepts)


def _refused(note: str, *accepts: Any) -> TraitRule:
    return TraitRule(rule=Rule.REFUSED, note=note, accepts=accepts)


_PLAIN = _merged("As in KubeSpawner.")
_BEFORE = _merged("The configured ones come first, then Mofang's.")
_USER = (
    "Servers and jobs of all users share directories as user and group 1000: leave it "
    "out, and give files to that user or group."
)
_SECURITY = (
    "Project namespaces enforce the Pod Security Standard restricted, and Mofang sets "
    "the security context: leave it out."
)
_SIZES = "Set spec.resources of the Environment, from which users choose."
_NAMESPACE = "A server runs in the namespace of its project: create a Project."
_PROFILES = "Create an Environment for each profile; the gallery shows them."
_FORM = (
    "The gallery is the only form, and its fields are validated alike for the form and "
    "for REST: create Environments."
)
_STORAGE = (
    "Homes are directories of the shared storage, and the reconciler creates a "
    "project's claims: set storage in the chart, or declare claims of your own as "
    "dataSources of projects."
)
_TLS = "Traffic to servers is encrypted by Istio: enable its mutual TLS."
_CLIENT = (
    "The hub connects to Kubernetes by its ServiceAccount or KUBECONFIG: leave it out."
)
_TARGET = (
    "The gateway routes to Services, and each server has one: leave it out, or set "
    "dns_name_template."
)
_SLOW = "The page of a start shows each step as it happens: leave it out."

TRAITS: Mapping[str, TraitRule] = {
    # -- who the server runs as
    "uid": _refused(_USER, 1000),
    "gid": _refused(_USER, 1000),
    "fs_gid": _refused(_USER),
    "supplemental_gids": _refused(_USER),
    "privileged": _refused(_SECURITY),
    "allow_privilege_escalation": _refused(_SECURITY),
    "container_security_context": _refused(_SECURITY),
    "pod_security_context": _refused(_SECURITY),
    "automount_service_account_token": _set(
        "Servers have no token of the cluster: project the token you need by volumes.",
        False,
    ),
    "service_account": _merged(
        "Its token is not mounted; image pull secrets and workload identity work."
    ),
    # -- where the server runs
    "namespace": _set(_NAMESPACE),
    "enable_user_namespaces": _refused(_NAMESPACE),
    "user_namespace_template": _refused(_NAMESPACE),
    "user_namespace_labels": _refused(_NAMESPACE),
    "user_namespace_annotations": _refused(_NAMESPACE),
    "node_selector": _PLAIN,
    "tolerations": _BEFORE,
    "node_affinity_preferred": _BEFORE,
    "node_affinity_required": _merged(
        "Each configured term also gets Mofang's demands: the project's pool, and GPU "
        "nodes or not."
    ),
    "pod_affinity_preferred": _BEFORE,
    "pod_affinity_required": _BEFORE,
    "pod_anti_affinity_preferred": _BEFORE,
    "pod_anti_affinity_required": _BEFORE,
    "scheduler_name": _PLAIN,
    "priority_class_name": _PLAIN,
    # -- how large it is
    "mem_limit": _set(_SIZES),
    "mem_guarantee": _set(_SIZES),
    "cpu_limit": _set(_SIZES),
    "cpu_guarantee": _set(_SIZES),
    "extra_resource_limits": _merged("Not CPU, memory and GPUs, which users choose."),
    "extra_resource_guarantees": _merged(
        "Not CPU, memory and GPUs, which users choose."
    ),
    # -- what runs
    "image": _set("Set spec.image of the Environment."),
    "image_pull_policy": _PLAIN,
    "image_pull_secrets": _PLAIN,
    "cmd": _merged(
        "Begin it with mofang-start, without which start-up scripts and users' "
        "packages have no effect. It must not be empty."
    ),
    "args": _PLAIN,
    "environment": _merged(
        "Below spec.env of the Environment. Names with MOFANG_ are refused."
    ),
    "env_keep": _PLAIN,
    "working_dir": _merged("In safe mode it is /tmp."),
    "notebook_dir": _PLAIN,
    "default_url": _merged("The chart sets /lab."),
    "debug": _PLAIN,
    "disable_user_config": _PLAIN,
    "lifecycle_hooks": _PLAIN,
    "init_containers": _merged(
        "A mount of mofang-users, mofang-project or mofang-global sees the user's part "
        "of it. A missing security context is completed."
    ),
    "extra_containers": _merged("As init_containers."),
    "extra_container_config": _merged(
        "Not securityContext and image, nor CPU, memory and GPUs in resources."
    ),
    "extra_pod_config": _merged(
        "Not securityContext, automountServiceAccountToken, nodeName, host namespaces "
        "and containers."
    ),
    # -- files
    "volumes": _merged(
        "The configured ones come first. Not hostPath, not the platform's claims and "
        "names; other claims need admissionPolicies.allowedClaims."
    ),
    "volume_mounts": _merged(
        "The configured ones come first, and take the place of /cache, /tmp and "
        "/dev/shm. Not /home/jovyan, /global and /projects themselves."
    ),
    "storage_pvc_ensure": _refused(_STORAGE),
    "storage_capacity": _refused(_STORAGE),
    "storage_class": _refused(_STORAGE),
    "storage_access_modes": _refused(_STORAGE),
    "storage_selector": _refused(_STORAGE),
    "storage_extra_labels": _refused(_STORAGE),
    "storage_extra_annotations": _refused(_STORAGE),
    "pvc_name_template": _refused(_STORAGE),
    "delete_pvc": _refused(_STORAGE),
    "handle_legacy_names": _refused(_STORAGE),
    "remember_pvc_name": _refused(_STORAGE),
    # -- names and labels
    "component_label": _PLAIN,
    "common_labels": _merged("Not labels with mofang.dev/."),
    "extra_labels": _merged("Not labels with mofang.dev/."),
    "extra_annotations": _merged("Not annotations with mofang.dev/."),
    "pod_name_template": _merged(
        "Must contain {user_server}, or a name of the user and one of the server."
    ),
    "slug_scheme": _refused(
        "Names of the scheme escape can collide: keep the scheme safe."
    ),
    # -- addresses
    "services_enabled": _set(_TARGET, True),
    "dns_name_template": _merged("Must begin with {name}.{namespace}.svc."),
    "pod_connect_ip": _refused(_TARGET),
    "get_pod_url": _refused(_TARGET),
    "ip": _PLAIN,
    "port": _set(
        "NetworkPolicies of projects let the gateway reach port 8888.", 8888, 0
    ),
    "hub_connect_ip": _PLAIN,
    "hub_connect_port": _PLAIN,
    "hub_connect_url": _PLAIN,
    "secret_name_template": _refused(_TLS),
    "secret_mount_path": _refused(_TLS),
    "ssl_alt_names": _refused(_TLS),
    "ssl_alt_names_include_local": _refused(_TLS),
    # -- what users choose
    "profile_list": _refused(_PROFILES),
    "profile_form_template": _refused(_PROFILES),
    "additional_profile_form_template_paths": _refused(_PROFILES),
    "options_form": _refused(_FORM),
    "options_from_form": _set(_FORM),
    "apply_user_options": _set(_FORM),
    "group_overrides": _merged("Each overridden trait by the rules of this table."),
    # -- hooks
    "modify_pod_hook": _merged(
        "Gets the complete pod; Mofang's labels are set again afterwards."
    ),
    "after_pod_created_hook": _PLAIN,
    "pre_spawn_hook": _PLAIN,
    "post_stop_hook": _PLAIN,
    "auth_state_hook": _PLAIN,
    "progress_ready_hook": _PLAIN,
    # -- how long, how often
    "start_timeout": _merged(
        "singleuser.startTimeout of the chart and singleuser.queueTimeout, together."
    ),
    "http_timeout": _PLAIN,
    "poll_interval": _PLAIN,
    "poll_jitter": _PLAIN,
    "consecutive_failure_limit": _merged("The chart sets 0, for none."),
    "delete_grace_period": _PLAIN,
    "delete_stopped_pods": _PLAIN,
    "slow_spawn_message": _refused(_SLOW),
    "slow_spawn_message_threshold": _refused(_SLOW),
    "slow_spawn_message_frequency": _refused(_SLOW),
    "events_enabled": _set(
        "Events are read per pod while somebody waits for its start.", False
    ),
    # -- access
    "server_token_scopes": _merged("Keep the scopes that Mofang sets in the list."),
    "oauth_client_allowed_scopes": _PLAIN,
    "oauth_roles": _PLAIN,
    "k8s_api_host": _refused(_CLIENT),
    "k8s_api_ssl_ca_cert": _refused(_CLIENT),
    "k8s_api_verify_ssl": _refused(_CLIENT),
    "k8s_api_threadpool_workers": _refused("It has no effect since KubeSpawner 3."),
    "k8s_api_request_timeout": _merged("When a server is stopped."),
    "k8s_api_request_retry_timeout": _merged("When a server is stopped."),
}
