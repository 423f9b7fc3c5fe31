"""Refuse at the hub's start what a configuration cannot have. Pure.

A trait that had no effect would be found out by a user, and one that weakens isolation
by an attacker. Everything that is wrong is told at once, a sentence for each.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from traitlets import Undefined
from traitlets.config import Config
from traitlets.config.loader import LazyConfigValue

from mofang_kube import names
from mofang_spawner.kubespawner_traits import TRAITS, Rule
from mofang_spawner.spawner import MofangSpawner
from mofang_spawner.volumes.grants import HOME
from mofang_spawner.volumes.merging import is_reserved

_DEPRECATED: Mapping[str, tuple[str, str]] = getattr(
    MofangSpawner, "_deprecated_traits", {}
)
"""Old names of traits → new name and version, as KubeSpawner converts them."""
_AMOUNTS = {"cpu", "memory", names.GPU_RESOURCE}
_POD_FIELDS = {
    "securityContext",
    "automountServiceAccountToken",
    "nodeName",
    "hostNetwork",
    "hostPID",
    "hostIPC",
    "hostUsers",
    "shareProcessNamespace",
    "containers",
    "ephemeralContainers",
}
_CONTAINER_FIELDS = {"securityContext", "image"}
_PATHS = {HOME, "/global", "/projects"}


class TraitsRefusedError(Exception):
    """The configuration has traits that Mofang cannot honour; one line for each."""


def validate_traits(config: Config) -> None:
    """Check the configuration of the spawner.

    Args:
        config: The hub's, complete.

    Raises:
        TraitsRefusedError: With one sentence for each trait to change.
    """
    messages = []
    hub = config.get("JupyterHub", {})
    if hub.get("internal_ssl"):
        messages.append(f"JupyterHub.internal_ssl: {TRAITS['secret_mount_path'].note}")
    for section in MofangSpawner.section_names():
        for name, value in config.get(section, {}).items():
            found = _messages(name, value)
            messages += [f"{section}.{each}" for each in found]
    if messages:
        raise TraitsRefusedError(
            "The spawner's configuration is refused. Correct it and start the hub "
            "again:\n" + "\n".join(f"- {each}" for each in messages)
        )


def _messages(name: str, value: Any) -> Iterator[str]:
    new_name = _DEPRECATED.get(name, (name,))[0]
    rule = TRAITS.get(new_name)
    if rule is None:
        return
    trait = MofangSpawner.class_traits()[new_name]
    if isinstance(value, LazyConfigValue):
        # What is added to a default, such as by c.KubeSpawner.volumes.append(…).
        is_mapping = "update" in value.to_dict()
        value = value.get_value({} if is_mapping else [])
    if rule.rule is Rule.MERGED:
        # What a callable returns is known at a start only.
        if (check := _CHECKS.get(new_name)) and not callable(value):
            yield from (f"{name}: {each}" for each in check(value))
    elif not _is_neutral(value, rule.accepts or (trait.default(),)):
        yield f"{name}: {rule.note}"


def _is_neutral(value: Any, accepted: Iterable[Any]) -> bool:
    """Whether a value is an accepted one, or an empty one."""
    if value is None or value is Undefined or value in ("", [], {}, ()):
        return True
    return any(type(each) is type(value) and each == value for each in accepted)


def _check_command(value: Any) -> Iterator[str]:
    if not value:
        yield "It must not be empty: the image's own command gets no arguments."


def _check_environment(value: Any) -> Iterator[str]:
    yield from _names(value, "MOFANG_", "variables")


def _check_metadata(value: Any) -> Iterator[str]:
    yield from _names(value, f"{names.GROUP}/", "names")


def _check_amounts(value: Any) -> Iterator[str]:
    if wrong := sorted(_AMOUNTS.intersection(value or ())):
        yield f"Leave out {_list(wrong)}: {TRAITS['mem_limit'].note}"


def _check_pod_config(value: Any) -> Iterator[str]:
    yield from _fields(value, _POD_FIELDS)
    yield from _check_volumes(_field(value, "volumes"))
    yield from _check_containers(_field(value, "initContainers"))


def _check_container_config(value: Any) -> Iterator[str]:
    yield from _fields(value, _CONTAINER_FIELDS)
    yield from _check_mounts(_field(value, "volumeMounts"))
    for amounts in (_field(value, "resources") or {}).values():
        yield from _check_amounts(amounts)


def _check_pod_name(value: Any) -> Iterator[str]:
    users = ("username}", "userid}")
    has_both = any(each in value for each in users) and "servername}" in value
    if not (has_both or "user_server}" in value):
        yield "Two servers would have one pod: use {user_server} in it."


def _check_dns_name(value: Any) -> Iterator[str]:
    start = "{name}.{namespace}.svc"
    if not value.startswith(start):
        yield f"The gateway routes to Services: begin it with {start}."


def _names(value: Any, prefix: str, what: str) -> Iterator[str]:
    if wrong := sorted(name for name in value if name.startswith(prefix)):
        yield f"Leave out {_list(wrong)}: {what} with {prefix} are the platform's."


def _fields(value: Any, refused: set[str]) -> Iterator[str]:
    if wrong := sorted(refused.intersection(map(_camel, value))):
        yield f"Leave out {_list(wrong)}: Mofang sets them to keep users apart."


def _check_volumes(value: Any) -> Iterator[str]:
    for each in _entries(value):
        name = each.get("name", "")
        claim = _field(each, "persistentVolumeClaim") or {}
        if _field(each, "hostPath"):
            yield f"The volume {name} is a hostPath, which project namespaces forbid."
        if any(map(is_reserved, (str(name), str(_field(claim, "claimName"))))):
            yield (
                f"The volume {name} has a name or a claim of the platform's: give it "
                "another name. Containers may mount the platform's volumes without it."
            )


def _check_mounts(value: Any) -> Iterator[str]:
    for each in _entries(value):
        path = str(_field(each, "mountPath") or "").rstrip("/")
        if path in _PATHS:
            yield f"{path} is the platform's: mount below it or elsewhere."


def _check_containers(value: Any) -> Iterator[str]:
    for each in _entries(value):
        security = _field(each, "securityContext") or {}
        if not isinstance(security, Mapping):
            continue
        capabilities = security.get("capabilities") or {}
        is_root = _field(security, "runAsUser") == 0
        is_open = _field(security, "allowPrivilegeEscalation") is True
        if security.get("privileged") or is_root or is_open or capabilities.get("add"):
            yield (
                f"The container {each.get('name', '')} asks for rights that project "
                "namespaces forbid: leave out its securityContext."
            )


def _check_overrides(value: Mapping[str, Any]) -> Iterator[str]:
    for group, override in value.items():
        traits = override.get("spawner_override") or {}
        for name, each in traits.items():
            yield from (f"{group}: {found}" for found in _messages(name, each))


def _entries(value: Any) -> list[Mapping[str, Any]]:
    """The dictionaries of a list, or of a dictionary by which it is sorted."""
    found = value.values() if isinstance(value, Mapping) else value or []
    return [each for each in found if isinstance(each, Mapping)]


def _field(value: Any, name: str) -> Any:
    """A field by Kubernetes' name or by that of its Python client."""
    if not isinstance(value, Mapping):
        return None
    return next((each for key, each in value.items() if _camel(key) == name), None)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    found = first + "".join(each.capitalize() for each in others)
    return {"hostPid": "hostPID", "hostIpc": "hostIPC"}.get(found, found)


def _list(names_: Iterable[str]) -> str:
    return ", ".join(names_)


_CHECKS: Mapping[str, Callable[[Any], Iterator[str]]] = {
    "cmd": _check_command,
    "environment": _check_environment,
    "common_labels": _check_metadata,
    "extra_labels": _check_metadata,
    "extra_annotations": _check_metadata,
    "extra_resource_limits": _check_amounts,
    "extra_resource_guarantees": _check_amounts,
    "extra_pod_config": _check_pod_config,
    "extra_container_config": _check_container_config,
    "volumes": _check_volumes,
    "volume_mounts": _check_mounts,
    "init_containers": _check_containers,
    "extra_containers": _check_containers,
    "pod_name_template": _check_pod_name,
    "dns_name_template": _check_dns_name,
    "group_overrides": _check_overrides,
}
"""What is wrong with a merged trait's value, a sentence for each fault."""
