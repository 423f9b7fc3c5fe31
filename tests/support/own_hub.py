"""A hub of a test's own beside the platform's: the real program, killed at will.

It is a child process in the network of a node, where pods, Services and the cluster's
names are reached as from a pod. It has the platform's configuration but for names, a
database of its own, the rights of the platform's hub, and one project whose servers are
its alone. It reaches the API server by a proxy that the test scripts.
"""

import asyncio
import os
import secrets
import signal
import ssl
import subprocess
import sys
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from types import MappingProxyType
from typing import Any

import httpx
import yaml
from kubernetes_asyncio import client, config

from mofang_kube.names import (
    ENVIRONMENT_LABEL,
    ROUTE_LABEL,
    ROUTESPEC_ANNOTATION,
    project_namespace,
)
from mofang_local.network import CPU_NODE, DNS_ADDRESS, HOST_ADDRESS
from support.api_proxy import ApiProxy, running_proxy
from support.eventually import eventually
from support.hub import HubSession
from support.platform import Login, Platform
from support.ports import free_port

_HUB_PORT = 8081
_PASSWORD = "of-a-test-and-no-other-use"
_PROGRAM = Path(sys.executable).parent / "mofang-hub"
_ISTIO = "networking.istio.io/v1"

Manifest = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Objects:
    """What there is of servers: names of objects, by kind."""

    pods: set[str]
    services: set[str]
    secrets: set[str]
    routes: set[str]
    """Routespecs."""

    def __bool__(self) -> bool:
        return bool(self.pods or self.services or self.secrets or self.routes)


class OwnHub(Platform):
    """The hub, as ``HubSession`` sees a platform.

    Args:
        name: Of the hub's host, namespace and project.
        folder: For its settings, database and log.
        users: Who may log in; all are members of the project.
        settings: Keys of its settings that are others than the platform's.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        users: tuple[str, ...],
        settings: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        super().__init__()
        self._settings = settings
        self.name = name
        self.users = users
        self.namespace = name
        self.project = name
        self.project_namespace = project_namespace(name)
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._log = folder / "hub.log"
        self.proxy: ApiProxy
        self.api: httpx.Client
        """The API server, as its administrator sees it."""

    @property
    def url(self) -> str:
        scheme, _, host = super().url.partition("://")
        return f"{scheme}://{self.name}.{host}"

    def login(self, name: str) -> Login:
        return Login(name=name, password=_PASSWORD)

    def session(self, user: str) -> HubSession:
        return HubSession(self, self.login(user))

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def write_settings(self, token: str) -> None:
        """Write what the chart's ConfigMap and Secret are to the platform's hub."""
        mofang = self._folder / "etc" / "mofang"
        for each in (mofang / "secrets", self._folder / "audit", self._folder / "run"):
            each.mkdir(parents=True)
        given = self.get("configmap", "mofang-settings", "-n", "mofang")
        settings = yaml.safe_load(given["data"]["settings.yaml"])
        host = httpx.URL(self.url).host
        settings |= {
            "platformNamespace": self.namespace,
            "publicUrl": self.url,
            **self._settings,
        }
        settings["gateway"]["hosts"] = [host]
        settings["auth"] |= {"allowedUsers": list(self.users), "adminUsers": []}
        settings["audit"]["folder"] = str(self._folder / "audit")
        database = f"sqlite:///{self._folder}/run/jupyterhub.sqlite"
        settings["database"] = {"type": "sqlite", "url": database}
        (mofang / "settings.yaml").write_text(yaml.safe_dump(settings))
        secret = self.get("secret", "mofang-hub", "-n", "mofang")["data"]
        values = {name: b64decode(each).decode() for name, each in secret.items()}
        values |= {"user-password": _PASSWORD, "cookie-secret": secrets.token_hex(32)}
        for name, value in values.items():
            (mofang / "secrets" / name).write_text(value)
        (self._folder / "etc" / "resolv.conf").write_text(
            f"nameserver {DNS_ADDRESS}\n"
            "search svc.cluster.local cluster.local\noptions ndots:5\n"
        )
        named = {"name": "proxy"}
        kubeconfig = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "proxy",
            "contexts": [{**named, "context": {"cluster": "proxy", "user": "proxy"}}],
            "clusters": [{**named, "cluster": {"server": self.proxy.url}}],
            "users": [{**named, "user": {"token": token}}],
        }
        (self._folder / "kubeconfig").write_text(yaml.safe_dump(kubeconfig))

    def start(self) -> None:
        """Start the process; it answers a little later."""
        inside = (
            f"mount -t overlay overlay -o lowerdir={self._folder}/etc:/etc /etc && "
            f"exec {_PROGRAM} --JupyterHub.hub_bind_url=http://0.0.0.0:{self.port}"
        )
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    "nsenter",
                    f"--net=/run/netns/{CPU_NODE.namespace}",
                    # It does not outlive a killed test run.
                    *("setpriv", "--pdeathsig", "KILL"),
                    *("unshare", "--mount", "--propagation", "private"),
                    *("sh", "-c", inside),
                ],
                cwd=self._folder / "run",
                env={
                    **os.environ,
                    "KUBECONFIG": str(self._folder / "kubeconfig"),
                    "NO_PROXY": "*",
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        """End it without a word of warning, as a lost machine would."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    @property
    def is_dead(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def wait_up(self, *, within: float = 60) -> None:
        """Wait until it answers by the gateway."""

        def answers() -> bool:
            if self.is_dead:
                raise AssertionError(f"the hub ended:\n{self.log[-3000:]}")
            with suppress(httpx.TransportError):
                answer = httpx.get(f"{self.url}/hub/health", trust_env=False)
                return answer.status_code == 200
            return False

        eventually(answers, within=within, what="the hub answers", every=0.05)

    @property
    def direct_url(self) -> str:
        """Where the hub itself listens; the API answers there, but no page."""
        return f"http://{CPU_NODE.address}:{self.port}"

    def list_objects(self, kind: str) -> list[Manifest]:
        """List objects of servers, as the API server has them.

        Args:
            kind: Plural name, of the group without a name.
        """
        path = f"/api/v1/namespaces/{self.project_namespace}/{kind}"
        return self._list(path, ENVIRONMENT_LABEL)

    def list_routes(self) -> list[Manifest]:
        """List the VirtualServices to servers, as the API server has them."""
        path = f"/apis/{_ISTIO}/namespaces/{self.namespace}/virtualservices"
        found = self._list(path, f"{ROUTE_LABEL}=true")
        return [each for each in found if _routespec(each) != "/"]

    def _list(self, path: str, selector: str) -> list[Manifest]:
        answer = self.api.get(path, params={"labelSelector": selector})
        answer.raise_for_status()
        return list(answer.json()["items"])

    def objects(self) -> Objects:
        """List what there is of servers."""
        pods, services, secrets_ = (
            {each["metadata"]["name"] for each in self.list_objects(kind)}
            for kind in ("pods", "services", "secrets")
        )
        routes = {_routespec(each) for each in self.list_routes()}
        return Objects(pods=pods, services=services, secrets=secrets_, routes=routes)


def _routespec(route: Manifest) -> str:
    return str(route["metadata"]["annotations"][ROUTESPEC_ANNOTATION])


def _identity(hub: OwnHub) -> Iterator[Manifest]:
    """Yield a namespace with rights on routes, and the hub's address as a Service."""
    name, namespace = {"name": "hub"}, {"namespace": hub.namespace}
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": hub.namespace}}
    rules = [
        {
            "apiGroups": ["networking.istio.io"],
            "resources": ["virtualservices"],
            "verbs": ["get", "list", "watch", "create", "patch", "delete"],
        }
    ]
    rbac = "rbac.authorization.k8s.io"
    made = {"apiVersion": f"{rbac}/v1", "metadata": {**name, **namespace}}
    yield {**made, "kind": "Role", "rules": rules}
    account = {"kind": "ServiceAccount", "name": "hub", "namespace": "mofang"}
    role = {"apiGroup": rbac, "kind": "Role", "name": "hub"}
    yield {**made, "kind": "RoleBinding", "roleRef": role, "subjects": [account]}
    port = {"name": "http", "port": _HUB_PORT}
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {**name, **namespace},
        "spec": {"ports": [{**port, "targetPort": hub.port}]},
    }
    yield {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            **name,
            **namespace,
            "labels": {"kubernetes.io/service-name": "hub"},
        },
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": hub.port}],
        "endpoints": [{"addresses": [CPU_NODE.address]}],
    }


def _project(hub: OwnHub, pool: str) -> Manifest:
    return {
        "apiVersion": "mofang.dev/v1alpha1",
        "kind": "Project",
        "metadata": {"name": hub.project},
        "spec": {
            "displayName": "A test",
            "members": [{"user": user, "role": "member"} for user in hub.users],
            "pool": pool,
        },
    }


def _policy(hub: OwnHub) -> Manifest:
    """Let the project's pods and the hub, which is no pod, reach each other."""
    peer = [{"ipBlock": {"cidr": f"{CPU_NODE.address}/32"}}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "own-hub", "namespace": hub.project_namespace},
        "spec": {
            "podSelector": {},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": peer}],
            "egress": [{"to": peer}],
        },
    }


@contextmanager
def _world(hub: OwnHub, pool: str) -> Iterator[None]:
    """Have the hub's namespace and project as long as the block lasts."""
    try:
        for manifest in _identity(hub):
            hub.apply(manifest)
        hub.apply(_project(hub, pool))

        def ready() -> bool:
            status = hub.get("project", hub.project).get("status", {})
            return bool(status.get("phase") == "Ready")

        eventually(ready, within=90, what="the project is ready")
        hub.apply(_policy(hub))
        yield
    finally:
        left = ("--ignore-not-found", "--wait=false")
        with suppress(RuntimeError):
            hub.kubectl(
                *("delete", "pods", "-n", hub.project_namespace, "--all"),
                *("--grace-period=0", "--force", "--wait=false"),
            )
        hub.kubectl("delete", "homes.mofang.dev", *hub.users, *left)
        hub.kubectl("delete", "project", hub.project, *left)
        hub.kubectl("delete", "namespace", hub.namespace, *left)
        for folder in ("projects", "logs"):
            rmtree(hub.storage / folder / hub.project, ignore_errors=True)


@asynccontextmanager
async def own_hub(
    folder: Path,
    *,
    users: tuple[str, ...],
    pool: str = "",
    settings: Mapping[str, Any] = MappingProxyType({}),
    proxy_host: str = HOST_ADDRESS,
) -> AsyncIterator[OwnHub]:
    """Have a hub that answers, and nothing of it afterwards.

    Args:
        folder: Of the test.
        users: Who may log in.
        pool: Of the project's servers.
        settings: Keys of its settings that are others than the platform's.
        proxy_host: Address of the network that the test runs in, which the hub reaches.
    """
    hub = OwnHub(f"own{secrets.token_hex(3)}", folder, users, settings)
    configuration = client.Configuration()
    await config.load_kube_config(hub.kubeconfig, client_configuration=configuration)
    trusted = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
    trusted.load_cert_chain(configuration.cert_file, configuration.key_file)
    # The hub shows a token of its own, and the proxy no certificate beside it.
    configuration.cert_file = configuration.key_file = None
    token = await asyncio.to_thread(
        hub.kubectl, "create", "token", "hub", "-n", "mofang", "--duration=2h"
    )
    with (
        httpx.Client(
            base_url=configuration.host, verify=trusted, timeout=30, trust_env=False
        ) as hub.api,
        _world(hub, pool),
    ):
        async with running_proxy(configuration, host=proxy_host) as hub.proxy:
            hub.write_settings(token.strip())
            hub.start()
            try:
                await asyncio.to_thread(hub.wait_up)
                yield hub
            except BaseException:
                print(f"The hub's last words:\n{hub.log[-6000:]}")
                raise
            finally:
                hub.kill()
