"""The pod of a server: KubeSpawner's, with what a plan decides put in.

Pure. Works on plain dictionaries, after every template of KubeSpawner has been
expanded, so that no user's or administrator's text is ever read as one.
"""

from typing import Any

from mofang_kube import names
from mofang_spawner import safe_mode
from mofang_spawner.plan import SpawnPlan
from mofang_spawner.volumes.mounts import mounts, volumes

Manifest = dict[str, Any]

SECRET_ENVIRONMENT = ("JUPYTERHUB_API_TOKEN", "JPY_API_TOKEN")
"""Variables that the pod reads from its Secret, never from its definition."""
SERVER_LABEL = "mofang.dev/server"
"""The pod's own name, which its Service selects."""
START_SCRIPT = "mofang-start"
"""First word of a server's command, in every user image."""
DEBUG_PROGRAM = "mofang-debug"
_SCRIPT_KEY = "startup.sh"
_TOKEN_KEY = "api-token"  # noqa: S105 - the name of a key
_SCRIPT_FOLDER = "/etc/mofang"

CONTAINER_SECURITY: Manifest = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "runAsUser": names.UID,
    "runAsGroup": names.UID,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def labels(plan: SpawnPlan) -> dict[str, str]:
    """What every object of the server carries."""
    return {
        names.PROJECT_LABEL: plan.project.name,
        names.ENVIRONMENT_LABEL: plan.environment.name,
        names.OWNER_LABEL: names.user_slug(plan.username),
    }


def secret(name: str, plan: SpawnPlan, token: str) -> Manifest:
    """The server's Secret: its hub token and its start-up script."""
    data = {_TOKEN_KEY: token}
    if plan.environment.startup_script:
        data[_SCRIPT_KEY] = plan.environment.startup_script
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "labels": labels(plan)},
        "type": "Opaque",
        "stringData": data,
    }


def service(name: str, plan: SpawnPlan, owner: Manifest, port: int) -> Manifest:
    """The server's Service, which its route leads to; gone with the pod."""
    selector = {**labels(plan), SERVER_LABEL: owner["name"]}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "labels": labels(plan),
            "ownerReferences": [owner],
        },
        "spec": {
            "type": "ClusterIP",
            "selector": selector,
            "publishNotReadyAddresses": True,
            "ports": [{"name": "http", "port": port, "targetPort": port}],
        },
    }


def owner_reference(pod: Manifest) -> Manifest:
    """What makes an object go when the pod goes."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "name": pod["metadata"]["name"],
        "uid": pod["metadata"]["uid"],
        "blockOwnerDeletion": True,
        "controller": False,
    }


def affinity(plan: SpawnPlan) -> Manifest:
    """Which machines may run it: the project's pool, GPU machines only for GPUs."""
    required: list[Manifest] = []
    if plan.project.pool:
        required.append(_expression(names.POOL_LABEL, "In", plan.project.pool))
    if plan.sizes.gpu:
        required.append(_expression(names.MACHINE_LABEL, "In", "gpu"))
    found: Manifest = {}
    if required:
        found["requiredDuringSchedulingIgnoredDuringExecution"] = {
            "nodeSelectorTerms": [{"matchExpressions": required}]
        }
    if not plan.sizes.gpu:
        # GPU machines repel it by their taint, too; where they are not tainted
        # a machine without GPUs is taken as long as there is one.
        found["preferredDuringSchedulingIgnoredDuringExecution"] = [
            {
                "weight": 100,
                "preference": {
                    "matchExpressions": [
                        _expression(names.MACHINE_LABEL, "NotIn", "gpu")
                    ]
                },
            }
        ]
    return {"nodeAffinity": found}


def _expression(key: str, operator: str, value: str) -> Manifest:
    return {"key": key, "operator": operator, "values": [value]}


def resources(plan: SpawnPlan) -> Manifest:
    """Requests and limits; memory's are equal, CPU may borrow up to its limit."""
    sizes = plan.sizes
    requests = {
        "cpu": sizes.cpu,
        "memory": sizes.memory,
        "ephemeral-storage": "100Mi",
    }
    limits: Manifest = {"cpu": sizes.cpu_limit, "memory": sizes.memory}
    if sizes.gpu:
        requests[names.GPU_RESOURCE] = str(sizes.gpu)
        limits[names.GPU_RESOURCE] = str(sizes.gpu)
    return {"requests": requests, "limits": limits}


def tolerations(plan: SpawnPlan) -> list[Manifest]:
    """Which machines that keep others off let the server in."""
    found: list[Manifest] = []
    if plan.sizes.gpu:
        found.append(
            {"key": names.GPU_RESOURCE, "operator": "Exists", "effect": "NoSchedule"}
        )
    if plan.project.pool:
        found.append(
            {
                "key": names.POOL_LABEL,
                "operator": "Equal",
                "value": plan.project.pool,
                "effect": "NoSchedule",
            }
        )
    return found


def environment(plan: SpawnPlan, api_url: str) -> list[Manifest]:
    """Variables of the contract, then the environment's own."""
    fixed = {
        "MOFANG_PROJECT": plan.project.name,
        "MOFANG_ENVIRONMENT": plan.environment.name,
        "MOFANG_FRAMEWORKS": ",".join(plan.environment.frameworks),
        "MOFANG_IMAGE": plan.environment.image,
        "MOFANG_API_URL": api_url,
        "MOFANG_CACHE_BYTES": str(plan.sizes.cache_usable_bytes),
    }
    if plan.safe_mode:
        # Without the start-up script, too: it works with the user's packages.
        fixed |= safe_mode.variables(plan.last_failure)
    elif plan.environment.startup_script:
        fixed["MOFANG_STARTUP_SCRIPT"] = f"{_SCRIPT_FOLDER}/{_SCRIPT_KEY}"
    if plan.job:
        fixed["MOFANG_DEBUG_JOB"] = plan.job
    own = {
        name: value
        for name, value in plan.environment.env.items()
        if not name.startswith(("MOFANG_", "JUPYTERHUB_", "JPY_"))
    }
    return [{"name": name, "value": value} for name, value in (own | fixed).items()]


def apply_plan(pod: Manifest, plan: SpawnPlan, secret_name: str, url: str) -> Manifest:
    """KubeSpawner's pod, completed; ``url`` is the training service's address."""
    metadata, spec = pod["metadata"], pod["spec"]
    metadata.setdefault("labels", {}).update(labels(plan))
    metadata["labels"][SERVER_LABEL] = metadata["name"]
    metadata.setdefault("annotations", {})[names.OWNER_NAME_ANNOTATION] = plan.username
    spec["automountServiceAccountToken"] = False
    spec["enableServiceLinks"] = False
    spec["securityContext"] = {
        "runAsNonRoot": True,
        "runAsUser": names.UID,
        "runAsGroup": names.UID,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    spec["affinity"] = affinity(plan)
    if tolerated := tolerations(plan):
        spec["tolerations"] = tolerated
    spec["volumes"] = volumes(plan.grants)
    spec["volumes"] += [
        {"name": "cache", "emptyDir": {"sizeLimit": plan.sizes.cache}},
        {"name": "tmp", "emptyDir": {}},
        # What is in it counts as the container's memory, and may be all of that.
        {
            "name": "shared-memory",
            "emptyDir": {"medium": "Memory", "sizeLimit": plan.sizes.memory},
        },
    ]
    if plan.environment.startup_script:
        spec["volumes"].append(
            {"name": "server", "secret": {"secretName": secret_name}}
        )
    _patch_container(spec["containers"][0], plan, secret_name, url)
    return pod


def _patch_container(
    container: Manifest, plan: SpawnPlan, secret_name: str, url: str
) -> None:
    kept = [
        each
        for each in container.get("env", [])
        if each["name"] not in SECRET_ENVIRONMENT
    ]
    reference = {"secretKeyRef": {"name": secret_name, "key": _TOKEN_KEY}}
    hidden = [{"name": name, "valueFrom": reference} for name in SECRET_ENVIRONMENT]
    container["env"] = kept + hidden + environment(plan, url)
    container["image"] = plan.environment.image
    if plan.job:
        # Between the start-up script and the server: brings in the job's settings.
        words = list(container["args"])
        words.insert(words.index(START_SCRIPT) + 1, DEBUG_PROGRAM)
        container["args"] = words
    if plan.safe_mode:
        safe_mode.apply(container)
    container["resources"] = resources(plan)
    container["securityContext"] = dict(CONTAINER_SECURITY)
    container["terminationMessagePolicy"] = "FallbackToLogsOnError"
    container["volumeMounts"] = [
        *mounts(plan.grants),
        {"name": "cache", "mountPath": "/cache"},
        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - in the pod
        {"name": "shared-memory", "mountPath": "/dev/shm"},  # noqa: S108 - likewise
    ]
    if plan.environment.startup_script:
        container["volumeMounts"].append(
            {
                "name": "server",
                "mountPath": f"{_SCRIPT_FOLDER}/{_SCRIPT_KEY}",
                "subPath": _SCRIPT_KEY,
                "readOnly": True,
            }
        )
