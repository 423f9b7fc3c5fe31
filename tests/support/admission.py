"""What tests ask the API server for, to see whether admission lets it through."""

HUB = "system:serviceaccount:mofang:hub"
RECONCILER = "system:serviceaccount:mofang:reconciler"


class RefusedError(Exception):
    """The server's message."""


def server_pod(**changes):
    """A server of ada's as the hub makes it; ``changes`` are parts of the spec."""
    restricted = {
        "allowPrivilegeEscalation": False,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    name = "jupyter-ada--try"
    key = {"name": name, "key": "api-token"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "labels": {
                "mofang.dev/owner": "ada",
                "mofang.dev/environment": "pytorch",
                "mofang.dev/server": name,
            },
        },
        "spec": {
            "automountServiceAccountToken": False,
            "containers": [
                {
                    "name": "notebook",
                    "image": "docker.io/mofang/base:any",
                    "securityContext": restricted,
                    "resources": {"limits": {"memory": "16Mi", "cpu": "10m"}},
                    "env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": key}}],
                    "volumeMounts": [
                        {"name": "home", "mountPath": "/home/jovyan", "subPath": "ada"}
                    ],
                }
            ],
            "volumes": [claim("home", "mofang-users")],
        }
        | changes,
    }


def claim(volume, name):
    return {"name": volume, "persistentVolumeClaim": {"claimName": name}}
