"""The pod of a server: KubeSpawner's, with what a choice decides put in.

Pure. Works on plain dictionaries, after every template of KubeSpawner has been
expanded, so that no user's or administrator's text is ever read as one.
"""

from typing import Any

from mofang_kube import names
from mofang_spawner import safe_mode
from mofang_spawner.choice import Choice
from mofang_spawner.volumes.mounts import mounts, volumes

Manifest = dict[str, Any]

SECRET_ENVIRONMENT = ("JUPYTERHUB_API_TOKEN", "JPY_API_TOKEN")
"""Variables that the pod reads from its Secret, never from its definition."""
SERVER_LABEL = "mofang.dev/server"
"""The pod's own name, which its Service selects."""
CONTAINER = "notebook"
"""KubeSpawner's name of the server's own container, beside which others may run."""
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


def labels(choice: Choice) -> dict[str, str]:
    """What every object of the server carries."""
    return {
        names.PROJECT_LABEL: choice.project.name,
        names.ENVIRONMENT_LABEL: choice.environment.name,
        names.OWNER_LABEL: names.user_slug(choice.username),
    }


def secret(name: str, choice: Choice, token: str) -> Manifest:
    """The server's Secret: its hub token and its start-up script."""
    data = {_TOKEN_KEY: token}
    if choice.environment.startup_script:
        data[_SCRIPT_KEY] = choice.environment.startup_script
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "labels": labels(choice)},
        "type": "Opaque",
        "stringData": data,
    }


def service(name: str, choice: Choice, owner: Manifest, port: int) -> Manifest:
    """The server's Service, which its route leads to; gone with the pod."""
    selector = {**labels(choice), SERVER_LABEL: owner["name"]}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "labels": labels(choice),
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


def affinity(choice: Choice) -> Manifest:
    """Which machines may run it: the project's pool, GPU machines only for GPUs."""
    required: list[Manifest] = []
    if choice.project.pool:
        required.append(_expression(names.POOL_LABEL, "In", choice.project.pool))
    if choice.sizes.gpu:
        required.append(_expression(names.MACHINE_LABEL, "In", "gpu"))
    found: Manifest = {}
    if required:
        found["requiredDuringSchedulingIgnoredDuringExecution"] = {
            "nodeSelectorTerms": [{"matchExpressions": required}]
        }
    if not choice.sizes.gpu:
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


def resources(choice: Choice) -> Manifest:
    """Requests and limits; memory's are equal, CPU may borrow up to its limit."""
    sizes = choice.sizes
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


def tolerations(choice: Choice) -> list[Manifest]:
    """Which machines that keep others off let the server in."""
    found: list[Manifest] = []
    if choice.sizes.gpu:
        found.append(
            {"key": names.GPU_RESOURCE, "operator": "Exists", "effect": "NoSchedule"}
        )
    if choice.project.pool:
        found.append(
            {
                "key": names.POOL_LABEL,
                "operator": "Equal",
                "value": choice.project.pool,
                "effect": "NoSchedule",
            }
        )
    return found


def environment(choice: Choice, api_url: str) -> list[Manifest]:
    """Variables of the contract, then the environment's own."""
    fixed = {
        "MOFANG_PROJECT": choice.project.name,
        "MOFANG_ENVIRONMENT": choice.environment.name,
        "MOFANG_FRAMEWORKS": ",".join(choice.environment.frameworks),
        "MOFANG_IMAGE": choice.environment.image,
        "MOFANG_API_URL": api_url,
        "MOFANG_CACHE_BYTES": str(choice.sizes.cache_usable_bytes),
    }
    if choice.safe_mode:
        # Without the start-up script, too: it works with the user's packages.
        fixed |= safe_mode.variables(choice.last_failure)
    elif choice.environment.startup_script:
        fixed["MOFANG_STARTUP_SCRIPT"] = f"{_SCRIPT_FOLDER}/{_SCRIPT_KEY}"
    if choice.job:
        fixed["MOFANG_DEBUG_JOB"] = choice.job
    own = {
        name: value
        for name, value in choice.environment.env.items()
        if not name.startswith(("MOFANG_", "JUPYTERHUB_", "JPY_"))
    }
    return [{"name": name, "value": value} for name, value in (own | fixed).items()]


def apply_choice(pod: Manifest, choice: Choice, secret_name: str, url: str) -> Manifest:
    """KubeSpawner's pod, completed; ``url`` is the training service's address."""
    metadata, spec = pod["metadata"], pod["spec"]
    metadata.setdefault("labels", {}).update(labels(choice))
    metadata["labels"][SERVER_LABEL] = metadata["name"]
    metadata.setdefault("annotations", {})[names.OWNER_NAME_ANNOTATION] = (
        choice.username
    )
    spec["automountServiceAccountToken"] = False
    spec["enableServiceLinks"] = False
    spec["securityContext"] = {
        "runAsNonRoot": True,
        "runAsUser": names.UID,
        "runAsGroup": names.UID,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    spec["affinity"] = affinity(choice)
    if tolerated := [*spec.get("tolerations", []), *tolerations(choice)]:
        spec["tolerations"] = tolerated
    spec["volumes"] = volumes(choice.grants)
    spec["volumes"] += [
        {"name": "cache", "emptyDir": {"sizeLimit": choice.sizes.cache}},
        {"name": "tmp", "emptyDir": {}},
        # What is in it counts as the container's memory, and may be all of that.
        {
            "name": "shared-memory",
            "emptyDir": {"medium": "Memory", "sizeLimit": choice.sizes.memory},
        },
    ]
    if choice.environment.startup_script:
        spec["volumes"].append(
            {"name": "server", "secret": {"secretName": secret_name}}
        )
    _complete(spec["containers"][0], choice, secret_name, url)
    for beside in (*spec.get("initContainers", []), *spec["containers"][1:]):
        # The administrator's. Pod Security would refuse the pod without these.
        beside["securityContext"] = CONTAINER_SECURITY | (
            beside.get("securityContext") or {}
        )
    return pod


def _complete(container: Manifest, choice: Choice, secret_name: str, url: str) -> None:
    kept = [
        each
        for each in container.get("env", [])
        if each["name"] not in SECRET_ENVIRONMENT
    ]
    reference = {"secretKeyRef": {"name": secret_name, "key": _TOKEN_KEY}}
    hidden = [{"name": name, "valueFrom": reference} for name in SECRET_ENVIRONMENT]
    container["env"] = kept + hidden + environment(choice, url)
    container["image"] = choice.environment.image
    if choice.job:
        # Between the start-up script and the server: brings in the job's settings.
        words = list(container["args"])
        words.insert(words.index(START_SCRIPT) + 1, DEBUG_PROGRAM)
        container["args"] = words
    if choice.safe_mode:
        safe_mode.apply(container)
    container["resources"] = resources(choice)
    container["securityContext"] = dict(CONTAINER_SECURITY)
    container["terminationMessagePolicy"] = "FallbackToLogsOnError"
    container["volumeMounts"] = [
        *mounts(choice.grants),
        {"name": "cache", "mountPath": "/cache"},
        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - in the pod
        {"name": "shared-memory", "mountPath": "/dev/shm"},  # noqa: S108 - likewise
    ]
    if choice.environment.startup_script:
        container["volumeMounts"].append(
            {
                "name": "server",
                "mountPath": f"{_SCRIPT_FOLDER}/{_SCRIPT_KEY}",
                "subPath": _SCRIPT_KEY,
                "readOnly": True,
            }
        )
