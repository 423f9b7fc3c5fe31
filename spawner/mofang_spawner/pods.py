"""The pod of a server: KubeSpawner's, completed by what its plan decides.

Pure. Works on plain dictionaries, after every template of KubeSpawner has been
expanded, so that no user's text is ever read as one. What an administrator configured
is kept and comes first; three things are always the platform's: who the container runs
as, the image and the amounts of CPU, memory and GPUs. ``kubespawner_traits`` lists what
holds for each trait.
"""

from collections.abc import Iterable
from typing import Any

from mofang_kube import names
from mofang_kube.ephemeral_storage import (
    CACHE_PATH,
    CACHE_VOLUME,
    RESOURCE,
    EphemeralStorage,
)
from mofang_kube.placement import (
    Node,
    PlacementRequest,
    build_placement,
    merge_affinity,
    merge_tolerations,
)
from mofang_spawner import safe_mode
from mofang_spawner.plan import SpawnPlan
from mofang_spawner.server_objects import SCRIPT_KEY, label_pod
from mofang_spawner.variables import SCRIPT_FOLDER, build_variables
from mofang_spawner.volumes.grants import mounts, volumes
from mofang_spawner.volumes.merging import (
    confine_mounts,
    merge_mounts,
    merge_volumes,
)

Manifest = dict[str, Any]

START_SCRIPT = "mofang-start"
"""First word of a server's command, in every user image."""
DEBUG_PROGRAM = "mofang-debug"

POD_SECURITY: Manifest = {
    "runAsNonRoot": True,
    "runAsUser": names.UID,
    "runAsGroup": names.UID,
    "seccompProfile": {"type": "RuntimeDefault"},
}
CONTAINER_SECURITY: Manifest = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    **POD_SECURITY,
}
_DEFAULT_STORAGE = EphemeralStorage()
_AMOUNTS = ("cpu", "memory", names.GPU_RESOURCE)
_OWN_MOUNTS: tuple[Manifest, ...] = (
    {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - in the pod
    {"name": "shared-memory", "mountPath": "/dev/shm"},  # noqa: S108 - likewise
)


def apply_plan(
    pod: Manifest,
    plan: SpawnPlan,
    *,
    secret_name: str,
    api_url: str,
    hub: str = "",
    nodes: Iterable[Node] = (),
    ephemeral_storage: EphemeralStorage = _DEFAULT_STORAGE,
) -> Manifest:
    """Complete KubeSpawner's pod in place, and return it.

    Args:
        pod: The pod in Kubernetes' form; the server's container comes first.
        plan: The start.
        secret_name: Name of the server's Secret.
        api_url: The training service's address.
        hub: The platform namespace of the hub; empty where there is no hub.
        nodes: All nodes of the cluster; empty if they are not known.
        ephemeral_storage: What it may write to its node's disk.
    """
    label_pod(pod, plan, hub)
    if annotations := plan.data.annotations:
        given = pod["metadata"].get("annotations") or {}
        pod["metadata"]["annotations"] = {**given, **annotations}
    spec = pod["spec"]
    spec["automountServiceAccountToken"] = False
    spec.setdefault("enableServiceLinks", False)
    spec["securityContext"] = dict(POD_SECURITY)
    _add_placement(spec, plan, nodes)
    spec["volumes"] = merge_volumes(
        spec.get("volumes") or [], _volumes(plan, secret_name, ephemeral_storage)
    )
    server, *sidecars = spec["containers"]
    server["resources"] = resources(
        plan, server.get("resources") or {}, ephemeral_storage
    )
    _patch_container(server, plan, secret_name, api_url)
    for each in [*(spec.get("initContainers") or []), *sidecars]:
        _complete_sidecar(each, plan)
    return pod


def _add_placement(spec: Manifest, plan: SpawnPlan, nodes: Iterable[Node]) -> None:
    request = PlacementRequest(requests_gpu=plan.sizes.gpu > 0, pool=plan.project.pool)
    placement = build_placement(request, nodes)
    if affinity := merge_affinity(spec.get("affinity") or {}, placement.affinity):
        spec["affinity"] = affinity
    given = spec.get("tolerations") or []
    if tolerations := merge_tolerations(given, placement.tolerations):
        spec["tolerations"] = tolerations


def _volumes(
    plan: SpawnPlan, secret_name: str, storage: EphemeralStorage
) -> list[Manifest]:
    found = [
        *volumes(plan.grants),
        *plan.data.volumes,
        *(plan.environment.packages.volumes if plan.environment.packages else ()),
        {"name": "tmp", "emptyDir": {"sizeLimit": storage.tmp}},
        # What is in it counts as the container's memory, and may be all of that.
        {
            "name": "shared-memory",
            "emptyDir": {"medium": "Memory", "sizeLimit": plan.sizes.memory},
        },
    ]
    if plan.sizes.cache:
        limit = {"sizeLimit": plan.sizes.cache}
        found.append({"name": CACHE_VOLUME, "emptyDir": limit})
    if plan.environment.startup_script:
        found.append({"name": "server", "secret": {"secretName": secret_name}})
    return found


def _mounts(plan: SpawnPlan) -> list[Manifest]:
    found = [
        *mounts(plan.grants),
        *plan.data.mounts,
        *(plan.environment.packages.mounts if plan.environment.packages else ()),
        *(dict(each) for each in _OWN_MOUNTS),
    ]
    if plan.sizes.cache:
        found.append({"name": CACHE_VOLUME, "mountPath": CACHE_PATH})
    if plan.environment.startup_script:
        found.append(
            {
                "name": "server",
                "mountPath": f"{SCRIPT_FOLDER}/{SCRIPT_KEY}",
                "subPath": SCRIPT_KEY,
                "readOnly": True,
            }
        )
    return found


def resources(
    plan: SpawnPlan, given: Manifest, storage: EphemeralStorage = _DEFAULT_STORAGE
) -> Manifest:
    """Requests and limits; memory's are equal, CPU may borrow up to its limit.

    Args:
        plan: The start.
        given: What is configured; CPU, memory and GPUs in it do not count.
        storage: What the server may write to its node's disk, unless configured.
    """
    sizes = plan.sizes
    requests = {"cpu": sizes.cpu, "memory": sizes.memory}
    limits = {"cpu": sizes.cpu_limit, "memory": sizes.memory}
    if sizes.gpu:
        requests[names.GPU_RESOURCE] = limits[names.GPU_RESOURCE] = str(sizes.gpu)
    packages = plan.environment.packages
    disk = storage.disk(sizes.cache, packages.disk_bytes if packages else 0)
    requested, limited = {RESOURCE: str(disk.request)}, {RESOURCE: str(disk.limit)}
    return {
        **given,
        "requests": requested | _other_amounts(given, "requests") | requests,
        "limits": limited | _other_amounts(given, "limits") | limits,
    }


def _other_amounts(given: Manifest, kind: str) -> Manifest:
    amounts: Manifest = given.get(kind) or {}
    return {name: each for name, each in amounts.items() if name not in _AMOUNTS}


def _patch_container(
    container: Manifest, plan: SpawnPlan, secret_name: str, api_url: str
) -> None:
    container["image"] = plan.environment.image
    container["env"] = build_variables(
        container.get("env") or [],
        plan,
        resources=container["resources"],
        secret_name=secret_name,
        api_url=api_url,
    )
    if plan.job:
        # Between the start-up script and the server: loads the job's settings.
        words = list(container.get("args") or [])
        position = words.index(START_SCRIPT) + 1 if START_SCRIPT in words else 0
        container["args"] = [*words[:position], DEBUG_PROGRAM, *words[position:]]
    if plan.safe_mode:
        safe_mode.apply(container)
    container["securityContext"] = dict(CONTAINER_SECURITY)
    container.setdefault("terminationMessagePolicy", "FallbackToLogsOnError")
    confine_mounts(container, plan.grants)
    container["volumeMounts"] = merge_mounts(
        container.get("volumeMounts") or [], _mounts(plan), plan.grants
    )


def _complete_sidecar(container: Manifest, plan: SpawnPlan) -> None:
    """Give an administrator's container what Pod Security *restricted* asks for."""
    container["securityContext"] = {
        **CONTAINER_SECURITY,
        **(container.get("securityContext") or {}),
    }
    confine_mounts(container, plan.grants)
