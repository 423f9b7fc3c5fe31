"""Bringing the cluster up and down."""

import datetime
import tempfile
from pathlib import Path

import yaml

from mofang_local import (
    addons,
    cgroups,
    cleanup,
    control_plane,
    loading,
    mount_namespaces,
    network,
    network_policies,
    nodes,
    operators,
    storage,
)
from mofang_local.components import COMPONENTS, SHARED_MODULE
from mofang_local.gomodules import module_folder, module_path
from mofang_local.helm import Helm
from mofang_local.images import Image
from mofang_local.kubernetes import (
    Kubectl,
    advertise_fake_gpus,
    api_is_ready,
    nodes_ready,
    wait,
)
from mofang_local.local_paths import LocalPaths
from mofang_local.log_migration import make_shared_directories
from mofang_local.network import NODES, Node
from mofang_local.pki import Certificates
from mofang_local.processes import Program, Supervisor
from mofang_local.progress import Progress
from mofang_local.storage import StorageKind


class Host:
    """What the cluster stands on: programs, their network, and how all of it ends."""

    nodes: tuple[Node, ...] = NODES

    def control_plane(self, paths: LocalPaths) -> tuple[Program, ...]:
        return control_plane.programs(paths)

    def network_policies(self, paths: LocalPaths) -> tuple[Program, ...]:
        return network_policies.programs(paths)

    def filter_bridges(self) -> None:
        network_policies.filter_bridges()

    def remove_policy_rules(self) -> None:
        network_policies.remove_rules()

    def is_up(self, paths: LocalPaths) -> bool:
        """Whether the network is there, and the API server answers."""
        return network.exists() and api_is_ready(paths)

    def clear(self, paths: LocalPaths, supervisor: Supervisor) -> None:
        """End everything; what people keep stays."""
        cleanup.stop_everything(paths, supervisor)


class Cluster:
    """One machine's Kubernetes with Istio and the controllers of jobs."""

    def __init__(
        self,
        paths: LocalPaths,
        progress: Progress,
        host: Host | None = None,
        kubectl: Kubectl | None = None,
    ) -> None:
        self._host = host or Host()
        self.paths = paths
        self.progress = progress
        self.supervisor = Supervisor(paths.run, paths.logs)
        self.kubectl = kubectl or Kubectl(paths)
        self.helm = Helm(paths, self.kubectl)
        self.certificates = Certificates(paths)

    def programs(self) -> list[Program]:
        """Everything that runs beside the pods, but the way in."""
        found = [*self._host.control_plane(self.paths)]
        for node in self._host.nodes:
            found += mount_namespaces.programs(node)
            found += nodes.programs(self.paths, node)
        return found

    def is_running(self) -> bool:
        """Whether every program lives and the API server answers."""
        alive = all(self.supervisor.pid(each.name) for each in self.programs())
        return alive and self._host.is_up(self.paths)

    def stale(self) -> list[Program]:
        """Which programs are not those that would be started today."""
        return [
            each for each in self.programs() if not self.supervisor.is_current(each)
        ]

    def start(self, own: dict[str, Image]) -> None:
        """Start control plane and nodes unless they run as they are built.

        Pods go on if no more than the control plane changed.

        Raises:
            StartError: A part did not come up.
        """
        if self.is_running() and self.certificates.are_current():
            stale = self.stale()
            if {each.name for each in stale} <= control_plane.REPLACEABLE:
                self._make_directories()
                self._replace(stale)
                self._advertise_fake_gpus()
                self._enforce_policies()
                return
        with self.progress.step("clear what an earlier run left"):
            self._host.clear(self.paths, self.supervisor)
        with self.progress.step("network, certificates, configuration"):
            self._prepare(own["pause"].reference)
        with self.progress.step("control plane"):
            for program in self._host.control_plane(self.paths):
                self.supervisor.start(program)
            for node in self._host.nodes:
                self.supervisor.start(nodes.programs(self.paths, node)[0])
            self._wait_for_api()
            self.kubectl.apply([control_plane.kubelet_access()])
        with self.progress.step("nodes"):
            # Before the first pod, so that none is ever open.
            self._enforce_policies()
            self._start_nodes(own)

    def _enforce_policies(self) -> None:
        """Start what enforces NetworkPolicies, or end it if that was switched off."""
        wanted = self._host.network_policies(self.paths)
        changed = [each for each in wanted if not self.supervisor.is_current(each)]
        known = set(self.supervisor.names()).intersection(network_policies.NAMES)
        for name in known:
            if not wanted or name in {each.name for each in changed}:
                self.supervisor.stop(name)
        if known and not wanted:
            self._host.remove_policy_rules()
        if changed:
            self._host.filter_bridges()
            self.kubectl.apply(network_policies.rights())
        for program in changed:
            self.supervisor.start(program)

    def _replace(self, stale: list[Program]) -> None:
        if not stale:
            return
        names = ", ".join(each.name for each in stale)
        with self.progress.step(f"start anew what changed: {names}"):
            for program in reversed(stale):
                self.supervisor.stop(program.name)
            for program in stale:
                self.supervisor.start(program)
            self._wait_for_api()

    def _prepare(self, pause: str) -> None:
        network.create()
        self.certificates.make()
        cgroups.create(cgroups.SYSTEM)
        for node in self._host.nodes:
            cgroups.create(node.cgroup)
            mount_namespaces.create(self.supervisor, node)
            nodes.write(self.paths, node, pause)
        (self.paths.state / "etcd").mkdir(mode=0o700, exist_ok=True)
        self._make_directories()

    def _make_directories(self) -> None:
        """Make what pods mount; a newer version may know more of them."""
        own = [self.paths.hub]
        if storage.kind_of(self.paths) is StorageKind.LOCAL:
            make_shared_directories(self.paths.storage)
            own.append(self.paths.storage / "audit")
        for folder in own:
            storage.make_private_directory(folder)

    def _wait_for_api(self) -> None:
        def is_ready() -> bool:
            for program in self._host.control_plane(self.paths):
                self.supervisor.ensure_alive(program)
            return self._host.is_up(self.paths)

        wait(is_ready, what="the API server", seconds=180)

    def _start_nodes(self, own: dict[str, Image]) -> None:
        began = datetime.datetime.now(datetime.UTC)
        for node in self._host.nodes:
            socket = nodes.socket(self.paths, node)
            wait(socket.exists, what=f"containerd on {node.name}", seconds=30)
            loading.load(self.paths, node, {"pause": own["pause"]})
            for program in nodes.programs(self.paths, node)[1:]:
                self.supervisor.start(program)
        names = {node.name for node in self._host.nodes}

        def is_ready() -> bool:
            for program in (*self.programs(), *self._host.network_policies(self.paths)):
                self.supervisor.ensure_alive(program)
            return nodes_ready(self.kubectl.get("nodes")["items"], began) >= names

        wait(is_ready, what="a Ready node", seconds=180)
        self._advertise_fake_gpus()

    def _advertise_fake_gpus(self) -> None:
        for node in self._host.nodes:
            if node.fake_gpus:
                advertise_fake_gpus(self.kubectl, node)

    def create_namespaces(self) -> None:
        self.kubectl.apply(addons.namespaces())

    def install_dns(self, own: dict[str, Image]) -> None:
        self.kubectl.apply(addons.coredns(own["coredns"].reference))

    def install_istio(self, own: dict[str, Image]) -> None:
        """Istio's charts, then Envoy as its gateway."""
        sources = module_folder(
            module_path(self.paths, SHARED_MODULE), "istio.io/istio"
        )
        charts = sources / "manifests" / "charts"
        discovery = charts / "istio-control" / "istio-discovery"
        self.helm.install("istio-base", str(charts / "base"), "istio-system")
        with tempfile.TemporaryDirectory() as folder:
            values = Path(folder) / "values.yaml"
            values.write_text(
                yaml.safe_dump(addons.istiod_values(own["istiod"].reference))
            )
            self.helm.install(
                "istiod", str(discovery), "istio-system", "--values", str(values)
            )
        self.kubectl.apply(addons.gateway(own["envoy"].reference))

    def install_operator(
        self, operator: operators.Operator, own: dict[str, Image]
    ) -> None:
        """A controller of jobs, unless it is installed as it is built."""
        component = next(each for each in COMPONENTS if each.name == operator.name)
        module = module_folder(
            module_path(self.paths, component.module), operator.module
        )
        references = {name: image.reference for name, image in own.items()}
        mark = operators.mark(operator, module, references)
        marks = self.kubectl.get("configmaps", "-n", operator.namespace)
        if any(each.get("data") == mark["data"] for each in marks["items"]):
            return
        rendered = self._render(operator, module)
        manifests = operators.manifests(operator, rendered, references)
        self.kubectl.apply(manifests[:1])
        self.kubectl.apply(manifests[1:])
        self.kubectl.apply([mark])

    def _render(self, operator: operators.Operator, module: Path) -> str:
        with tempfile.TemporaryDirectory() as name:
            # kustomize compares paths without their links.
            folder = Path(name).resolve()
            wanted = operators.kustomization(operator, module.resolve(), folder)
            (folder / "kustomization.yaml").write_text(yaml.safe_dump(wanted))
            return self.kubectl.run("kustomize", str(folder))

    def stop(self) -> None:
        """End everything; etcd, images and people's data stay."""
        self._host.clear(self.paths, self.supervisor)
