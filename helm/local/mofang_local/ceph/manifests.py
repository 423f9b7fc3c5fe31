"""The daemons of one Ceph as Kubernetes' objects, each pod a restricted one.

Pure. Addresses are as Rook has them: the monitor's is that of its Service and never
changes; those of the other daemons are their pods', which may.
"""

from typing import Any

from mofang_local.ceph import configuration, keys
from mofang_local.ceph.configuration import MON_DATA, OSD_DATA, RUN
from mofang_local.ceph.settings import MON_PORT, S3_PORT, UID, CephSettings
from mofang_local.network import NODES
from mofang_local.nodes import NODE_TYPE_LABEL
from mofang_local.objects import (
    RESTRICTED,
    Manifest,
    build_field,
    build_namespace,
    build_object,
    restart_on_change,
)

CONFIGURATION = "ceph-configuration"
CLAIM = "ceph-data"
DAEMONS = ("mon", "mgr", "osd", "mds", "rgw")
_LABEL = "app.kubernetes.io/name"
_MEMORY = {
    "mon": ("64Mi", "512Mi"),
    "mgr": ("256Mi", "1Gi"),
    "osd": ("128Mi", "2Gi"),
    "mds": ("64Mi", "1Gi"),
    "rgw": ("64Mi", "512Mi"),
}


def namespace(settings: CephSettings) -> Manifest:
    return build_namespace(settings.namespace, "restricted")


def daemons(
    settings: CephSettings, image: str, known: dict[str, str]
) -> list[Manifest]:
    """Everything in the daemons' namespace.

    Args:
        settings: Which Ceph.
        image: Reference of the image.
        known: Key of each entity.
    """
    texts = _texts(settings)
    files = _object(settings, "ConfigMap", CONFIGURATION, data=texts)
    secrets = [
        _secret(settings, daemon, content)
        for daemon, content in _key_files(known).items()
    ]
    deployments = [_deployment(settings, image, each) for each in _pods(settings)]
    for deployment, secret in zip(deployments, secrets, strict=True):
        restart_on_change(deployment, texts, secret["stringData"])
    return [
        *_volume(settings),
        files,
        *secrets,
        *_services(settings),
        *_network_policies(settings),
        *deployments,
    ]


def _texts(settings: CephSettings) -> dict[str, str]:
    return {
        "ceph.conf": configuration.configuration(settings),
        "mon-bootstrap": configuration.mon_bootstrap(settings),
        "osd-bootstrap": configuration.osd_bootstrap(settings),
        "setup": configuration.setup(),
    }


def _key_files(known: dict[str, str]) -> dict[str, dict[str, str]]:
    """Return the files of keys by daemon, each with what it needs and no more."""
    return {
        "mon": {
            "keyring": keys.keyring(known, (keys.ADMIN,)),
            "initial.keyring": keys.initial_keyring(known),
        },
        "mgr": {"keyring": keys.keyring(known, (keys.MGR,))},
        "osd": {
            "keyring": keys.keyring(known, (keys.OSD,)),
            "bootstrap.keyring": keys.keyring(known, (keys.BOOTSTRAP_OSD,)),
        },
        "mds": {"keyring": keys.keyring(known, (keys.MDS,))},
        "rgw": {"keyring": keys.keyring(known, (keys.RGW,))},
    }


def _pods(settings: CephSettings) -> list[Manifest]:
    """Return what differs between the daemons' pods, in the order of ``DAEMONS``."""
    keyring = "--keyring=/etc/ceph/keys/keyring"
    mon = [
        "ceph-mon",
        *("-f", "-i", "a"),
        f"--public-addr={settings.mon_address}",
        "--public-bind-addr=$(POD_IP)",
    ]
    return [
        {
            "name": "mon",
            "command": mon,
            "bootstrap": "mon-bootstrap",
            "keeps": {"mon": str(_parent(MON_DATA))},
            "ports": [MON_PORT],
        },
        {"name": "mgr", "command": ["ceph-mgr", "-f", "-i", "a", keyring]},
        {
            "name": "osd",
            "command": ["ceph-osd", "-f", "-i", "0"],
            "bootstrap": "osd-bootstrap",
            "keeps": {"osd": str(_parent(OSD_DATA))},
        },
        {"name": "mds", "command": ["ceph-mds", "-f", "-i", "a", keyring]},
        {
            "name": "rgw",
            "command": ["radosgw", "-f", "-n", keys.RGW, keyring],
            "ports": [S3_PORT],
        },
    ]


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _deployment(settings: CephSettings, image: str, pod: Manifest) -> Manifest:
    name = pod["name"]
    labels = {_LABEL: "ceph", "ceph-daemon": name}
    request, limit = _MEMORY[name]
    mounts = [
        {
            "name": "configuration",
            "mountPath": "/etc/ceph/ceph.conf",
            "subPath": "ceph.conf",
        },
        {"name": "configuration", "mountPath": "/opt/ceph"},
        {"name": "keys", "mountPath": "/etc/ceph/keys", "readOnly": True},
        {"name": "run", "mountPath": RUN},
        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - in the pod
        {"name": "state", "mountPath": f"/var/lib/ceph/{name}"},
    ]
    for folder, target in pod.get("keeps", {}).items():
        mounts[-1] = {"name": "data", "mountPath": target, "subPath": folder}
    container: Manifest = {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": pod["command"],
        "env": [
            build_field("POD_IP", "status.podIP"),
            # The program's own command line, in whichever pod it is.
            {"name": "CEPH_KEYRING", "value": "/etc/ceph/keys/keyring"},
        ],
        "resources": {
            "requests": {"cpu": "10m", "memory": request},
            "limits": {"memory": limit},
        },
        "securityContext": RESTRICTED | {"readOnlyRootFilesystem": True},
        "volumeMounts": mounts,
    }
    initial = []
    if "bootstrap" in pod:
        script = f"/opt/ceph/{pod['bootstrap']}"
        initial = [container | {"name": "bootstrap", "command": ["sh", script]}]
    if ports := pod.get("ports"):
        container["ports"] = [{"containerPort": each} for each in ports]
        container["readinessProbe"] = {
            "tcpSocket": {"port": ports[0]},
            "periodSeconds": 2,
        }
    return _object(
        settings,
        "Deployment",
        name,
        spec={
            "replicas": 1,
            # Two daemons of one name would fight over what they keep.
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "automountServiceAccountToken": False,
                    "enableServiceLinks": False,
                    "nodeSelector": {NODE_TYPE_LABEL: "cpu"},
                    "securityContext": {
                        "runAsUser": UID,
                        "runAsGroup": UID,
                        "fsGroup": UID,
                        "fsGroupChangePolicy": "OnRootMismatch",
                    },
                    "terminationGracePeriodSeconds": 30,
                    "initContainers": initial,
                    "containers": [container],
                    "volumes": [
                        {"name": "configuration", "configMap": {"name": CONFIGURATION}},
                        {"name": "keys", "secret": {"secretName": f"ceph-{name}"}},
                        {"name": "run", "emptyDir": {}},
                        {"name": "tmp", "emptyDir": {}},
                        {"name": "state", "emptyDir": {}},
                        {
                            "name": "data",
                            "persistentVolumeClaim": {"claimName": CLAIM},
                        },
                    ],
                },
            },
        },
    )


def _volume(settings: CephSettings) -> list[Manifest]:
    """Return volume and claim of what the daemons keep on this machine."""
    size = {"storage": str(settings.size_bytes)}
    name = f"{settings.namespace}-data"
    common = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "",
        "volumeMode": "Filesystem",
    }
    volume = build_object(
        "PersistentVolume",
        name,
        spec=common
        | {
            "capacity": size,
            "persistentVolumeReclaimPolicy": "Retain",
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "name": CLAIM,
                "namespace": settings.namespace,
            },
            "hostPath": {"path": str(settings.data), "type": "Directory"},
        },
    )
    claim = common | {"volumeName": name, "resources": {"requests": size}}
    return [volume, _object(settings, "PersistentVolumeClaim", CLAIM, spec=claim)]


def _services(settings: CephSettings) -> list[Manifest]:
    mon = _service(settings, "mon", MON_PORT)
    mon["spec"] |= {
        "clusterIP": settings.mon_address,
        # The monitor speaks to itself by it before it is ready.
        "publishNotReadyAddresses": True,
    }
    return [mon, _service(settings, "rgw", S3_PORT)]


def _service(settings: CephSettings, daemon: str, port: int) -> Manifest:
    return _object(
        settings,
        "Service",
        daemon,
        spec={
            "selector": {_LABEL: "ceph", "ceph-daemon": daemon},
            "ports": [{"port": port, "targetPort": port}],
        },
    )


def _network_policies(settings: CephSettings) -> list[Manifest]:
    """Daemons hear each other and the nodes; S3 everybody whose own policy permits."""
    nodes = [{"ipBlock": {"cidr": f"{node.address}/32"}} for node in NODES]
    return [
        _object(
            settings,
            "NetworkPolicy",
            "daemons",
            spec={
                "podSelector": {},
                "policyTypes": ["Ingress"],
                "ingress": [{"from": [{"podSelector": {}}, *nodes]}],
            },
        ),
        _object(
            settings,
            "NetworkPolicy",
            "s3",
            spec={
                "podSelector": {"matchLabels": {"ceph-daemon": "rgw"}},
                "policyTypes": ["Ingress"],
                "ingress": [
                    {
                        "from": [{"namespaceSelector": {}}],
                        "ports": [{"port": S3_PORT}],
                    }
                ],
            },
        ),
    ]


def _secret(settings: CephSettings, daemon: str, content: dict[str, str]) -> Manifest:
    return _object(settings, "Secret", f"ceph-{daemon}", stringData=content)


def _object(settings: CephSettings, kind: str, name: str, **rest: Any) -> Manifest:
    return build_object(kind, name, settings.namespace, **rest)
