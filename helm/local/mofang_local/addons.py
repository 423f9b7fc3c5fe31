"""What the cluster has besides Kubernetes: namespaces, DNS, Istio.

Pure: manifests and values. ``cluster`` applies them.
"""

import yaml

from mofang_local.network import DNS_ADDRESS
from mofang_local.objects import (
    RESTRICTED,
    Manifest,
    build_binding,
    build_field,
    build_namespace,
    build_object,
)

NODE_PORT = 30080
TLS_NODE_PORT = 30443
_COREFILE = """\
.:53 {
    errors
    health :8080
    ready :8181
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        ttl 2
    }
    template ANY ANY . {
        rcode NXDOMAIN
    }
}
"""


def _rule(groups: str, resources: list[str]) -> Manifest:
    return {"apiGroups": [groups], "resources": resources, "verbs": ["list", "watch"]}


def _deployment(
    name: str, namespace: str, labels: dict[str, str], pod: Manifest
) -> Manifest:
    return build_object(
        "Deployment",
        name,
        namespace,
        spec={
            "replicas": 1,
            "strategy": {"type": "RollingUpdate"},
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    )


def namespaces() -> list[Manifest]:
    return [build_namespace(name) for name in ("istio-system", "kubeflow", "mofang")]


def coredns(image: str) -> list[Manifest]:
    """DNS of the cluster alone; every other name does not exist."""
    system, labels = "kube-system", {"k8s-app": "kube-dns"}
    container = {
        "name": "coredns",
        "image": image,
        "args": ["-conf", "/etc/coredns/Corefile"],
        "ports": [
            {"name": "dns", "containerPort": 53, "protocol": "UDP"},
            {"name": "dns-tcp", "containerPort": 53, "protocol": "TCP"},
        ],
        "readinessProbe": {
            "httpGet": {"path": "/ready", "port": 8181},
            "periodSeconds": 2,
        },
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}},
        "securityContext": RESTRICTED,
        "volumeMounts": [{"name": "config", "mountPath": "/etc/coredns"}],
    }
    pod = {
        "serviceAccountName": "coredns",
        "priorityClassName": "system-cluster-critical",
        "dnsPolicy": "Default",
        "containers": [container],
        "volumes": [{"name": "config", "configMap": {"name": "coredns"}}],
    }
    ports = [
        {"name": name, "port": 53, "targetPort": 53, "protocol": protocol}
        for name, protocol in (("dns", "UDP"), ("dns-tcp", "TCP"))
    ]
    role = build_object(
        "ClusterRole",
        "mofang-local:coredns",
        rules=[
            _rule("", ["endpoints", "services", "pods", "namespaces"]),
            _rule("discovery.k8s.io", ["endpointslices"]),
        ],
    )
    subject = {"kind": "ServiceAccount", "name": "coredns", "namespace": system}
    return [
        build_object("ServiceAccount", "coredns", system),
        build_object("ConfigMap", "coredns", system, data={"Corefile": _COREFILE}),
        role,
        build_binding(role, subject),
        _deployment("coredns", system, labels, pod),
        build_object(
            "Service",
            "kube-dns",
            system,
            spec={"clusterIP": DNS_ADDRESS, "selector": labels, "ports": ports},
        ),
    ]


def istiod_values(image: str) -> Manifest:
    """Values of Istio's own chart, for an Envoy without Istio's filters."""
    return {
        "image": image,
        "autoscaleEnabled": False,
        "resources": {"requests": {"cpu": "20m", "memory": "128Mi"}},
        "telemetry": {"enabled": False},
        "env": {
            "PILOT_ENABLE_METADATA_EXCHANGE": "false",
            "PILOT_ENABLE_ALPN_FILTER": "false",
            # A route is live after this; the default of 100 ms is felt.
            "PILOT_DEBOUNCE_AFTER": "10ms",
        },
        "meshConfig": {
            "enableAutoMtls": False,
            "defaultProviders": {"metrics": [], "tracing": [], "accessLogging": []},
        },
        "global": {"imagePullPolicy": "IfNotPresent"},
    }


_ACCOUNT_FOLDER = "/var/run/secrets/tokens"
_ROOT_FOLDER = "/var/run/secrets/istio"
_FILE_CREDENTIALS = "envoy.grpc_credentials.file_based_metadata"
_XDS = {
    "target_uri": "istiod.istio-system.svc:15012",
    "stat_prefix": "xds",
    "channel_credentials": {
        "ssl_credentials": {"root_certs": {"filename": f"{_ROOT_FOLDER}/root-cert.pem"}}
    },
    "credentials_factory_name": _FILE_CREDENTIALS,
    "call_credentials": [
        {
            "from_plugin": {
                "name": _FILE_CREDENTIALS,
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.config.grpc_credential.v3"
                    ".FileBasedMetadataConfig",
                    "secret_data": {"filename": f"{_ACCOUNT_FOLDER}/istio-token"},
                    "header_key": "authorization",
                    "header_prefix": "Bearer ",
                },
            }
        }
    ],
    "channel_args": {"args": {"grpc.keepalive_time_ms": {"int_value": 30000}}},
}
"""istiod gives certificates of Gateways to those only whose token it has verified."""

_BOOTSTRAP = {
    "node": {
        "metadata": {
            "CLUSTER_ID": "Kubernetes",
            "NAMESPACE": "istio-system",
            "LABELS": {"istio": "ingressgateway", "app": "istio-ingressgateway"},
        }
    },
    "admin": {
        "address": {"socket_address": {"address": "0.0.0.0", "port_value": 15000}}
    },
    "dynamic_resources": {
        "lds_config": {"ads": {}, "resource_api_version": "V3"},
        "cds_config": {"ads": {}, "resource_api_version": "V3"},
        "ads_config": {
            "api_type": "DELTA_GRPC",
            "transport_api_version": "V3",
            "grpc_services": [{"google_grpc": _XDS}],
        },
    },
}


def gateway(image: str) -> list[Manifest]:
    """Envoy as Istio's ingress gateway behind a NodePort."""
    namespace = "istio-system"
    name = "istio-ingressgateway"
    labels = {"istio": "ingressgateway", "app": name}
    container = {
        "name": "istio-proxy",
        "image": image,
        "args": [
            "--config-path",
            "/etc/envoy/bootstrap.yaml",
            "--service-cluster",
            f"{name}.{namespace}",
            "--service-node",
            f"router~$(POD_IP)~$(POD_NAME).{namespace}~{namespace}.svc.cluster.local",
            "--concurrency",
            "2",
            "--drain-time-s",
            "5",
            # Envoy warns of each route's deprecated field at every push.
            "--component-log-level",
            "misc:error",
        ],
        "env": [
            build_field("POD_IP", "status.podIP"),
            build_field("POD_NAME", "metadata.name"),
        ],
        "ports": [{"name": "http", "containerPort": 8080}],
        "readinessProbe": {
            "httpGet": {"path": "/ready", "port": 15000},
            "periodSeconds": 1,
        },
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}},
        "securityContext": RESTRICTED,
        "volumeMounts": [
            {"name": "bootstrap", "mountPath": "/etc/envoy"},
            {"name": "token", "mountPath": _ACCOUNT_FOLDER},
            {"name": "root", "mountPath": _ROOT_FOLDER},
        ],
    }
    token = {"audience": "istio-ca", "expirationSeconds": 43200, "path": "istio-token"}
    pod = {
        "serviceAccountName": name,
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 5,
        "containers": [container],
        "volumes": [
            {"name": "bootstrap", "configMap": {"name": name}},
            {
                "name": "token",
                "projected": {"sources": [{"serviceAccountToken": token}]},
            },
            {"name": "root", "configMap": {"name": "istio-ca-root-cert"}},
        ],
    }
    ports = [
        {"name": "http", "port": 80, "targetPort": 8080, "nodePort": NODE_PORT},
        {"name": "https", "port": 443, "targetPort": 8443, "nodePort": TLS_NODE_PORT},
    ]
    role = build_object("Role", name, namespace, rules=[_rule("", ["secrets"])])
    subject = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
    return [
        build_object("ServiceAccount", name, namespace),
        role,
        build_binding(role, subject),
        build_object(
            "ConfigMap",
            name,
            namespace,
            data={"bootstrap.yaml": yaml.safe_dump(_BOOTSTRAP)},
        ),
        _deployment(name, namespace, labels, pod),
        build_object(
            "Service",
            name,
            namespace,
            spec={"type": "NodePort", "selector": labels, "ports": ports},
        ),
    ]
