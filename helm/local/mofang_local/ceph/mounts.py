"""Pods that mount a Ceph on the nodes, as the node plugin of a CSI driver would.

They are privileged, since they mount for others, and so in a namespace of their own.
A client's key is in its pod and nowhere else.
"""

from pathlib import Path
from typing import Any

from mofang_local.ceph import configuration, keys
from mofang_local.ceph.configuration import RUN
from mofang_local.ceph.settings import FILE_SYSTEM, CephSettings
from mofang_local.nodes import NODE_TYPE_LABEL
from mofang_local.objects import (
    Manifest,
    build_field,
    build_namespace,
    build_object,
    restart_on_change,
)

PROGRAM = Path(__file__).resolve().parents[2] / "ceph_mount"
"""The package that runs in them."""

_LABEL = "app.kubernetes.io/name"


def manifests(
    settings: CephSettings, image: str, known: dict[str, str]
) -> list[Manifest]:
    """Everything in the namespace of the mounts.

    Args:
        settings: Which Ceph.
        image: Reference of the image.
        known: Key of each entity.
    """
    files = {
        "ceph.conf": configuration.configuration(settings),
        **{each.name: each.read_text() for each in sorted(PROGRAM.glob("*.py"))},
    }
    found = [
        build_namespace(settings.mounts_namespace, "privileged"),
        _object(settings, "ConfigMap", "ceph-mount", data=files),
    ]
    for entity, target, selector in (
        (keys.MOUNTS, f"/mounts/$(NODE_NAME)/{FILE_SYSTEM}", {}),
        (keys.OPERATOR, f"/mounts/operator/{FILE_SYSTEM}", {NODE_TYPE_LABEL: "cpu"}),
    ):
        client = entity.removeprefix("client.")
        keyring = {"keyring": keys.keyring(known, (entity,))}
        found.append(_object(settings, "Secret", client, stringData=keyring))
        pods = _daemon_set(settings, image, client, target)
        pods["spec"]["template"]["spec"]["nodeSelector"] = selector
        restart_on_change(pods, files, keyring)
        found.append(pods)
    return found


def _daemon_set(
    settings: CephSettings, image: str, client: str, target: str
) -> Manifest:
    labels = {_LABEL: "ceph-mount", "ceph-client": client}
    container: Manifest = {
        "name": "ceph-fuse",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-m", "ceph_mount"],
        "args": [
            f"--target={target}",
            f"--client={client}",
            f"--file-system={FILE_SYSTEM}",
            "--keyring=/etc/ceph/keys/keyring",
        ],
        "env": [
            build_field("NODE_NAME", "spec.nodeName"),
            {"name": "PYTHONPATH", "value": "/opt/ceph"},
        ],
        "resources": {
            "requests": {"cpu": "10m", "memory": "64Mi"},
            "limits": {"memory": "2Gi"},
        },
        "securityContext": {"privileged": True, "runAsUser": 0, "runAsGroup": 0},
        "volumeMounts": [
            {
                "name": "program",
                "mountPath": "/etc/ceph/ceph.conf",
                "subPath": "ceph.conf",
            },
            {"name": "program", "mountPath": "/opt/ceph/ceph_mount"},
            {"name": "keys", "mountPath": "/etc/ceph/keys", "readOnly": True},
            {"name": "run", "mountPath": RUN},
            {
                "name": "mounts",
                "mountPath": "/mounts",
                "mountPropagation": "Bidirectional",
            },
        ],
    }
    return _object(
        settings,
        "DaemonSet",
        client,
        spec={
            "selector": {"matchLabels": labels},
            "updateStrategy": {"type": "RollingUpdate"},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "automountServiceAccountToken": False,
                    "enableServiceLinks": False,
                    # Mounts of containers are replaced from here, and they live as
                    # long as the node's network does.
                    "hostPID": True,
                    "hostNetwork": True,
                    "priorityClassName": "system-node-critical",
                    "tolerations": [{"operator": "Exists"}],
                    "terminationGracePeriodSeconds": 30,
                    "containers": [container],
                    "volumes": [
                        {"name": "program", "configMap": {"name": "ceph-mount"}},
                        {"name": "keys", "secret": {"secretName": client}},
                        {"name": "run", "emptyDir": {}},
                        {
                            "name": "mounts",
                            "hostPath": {
                                "path": str(settings.mounts),
                                "type": "Directory",
                            },
                        },
                    ],
                },
            },
        },
    )


def _object(settings: CephSettings, kind: str, name: str, **rest: Any) -> Manifest:
    return build_object(kind, name, settings.mounts_namespace, **rest)
