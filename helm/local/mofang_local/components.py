"""Programs built from pinned Go modules, cached by what they are made from.

Components whose sources compile with the same Kubernetes libraries share one Go module,
so that Go compiles each package once for all of them.
"""

import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from mofang_local import gomodules
from mofang_local.errors import BuildError, last_lines
from mofang_local.local_paths import LocalPaths

KUBERNETES_VERSION = "v1.37.2"
KUBERNETES_PROGRAMS = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "kubectl",
)
SHARED_MODULE = "shared"
"""The folder of the Go module that most components share."""

_VERSION = "k8s.io/component-base/version"
_LINKER_FLAGS = (
    f"-s -w -X {_VERSION}.gitVersion={KUBERNETES_VERSION}"
    f" -X {_VERSION}.gitMajor=1 -X {_VERSION}.gitMinor=37"
)
_PACKAGE = re.compile(r"[\w.~+/-]+")
"""A line of ``go build -v`` that names a package; its other lines have blanks."""


class Phase(StrEnum):
    """When a program is needed."""

    PLATFORM = "platform"
    """For the log-in page and the first notebook."""
    JOBS = "jobs"
    """For jobs; follows once the platform runs."""
    TESTS = "tests"
    """By tests alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """Programs that are built together."""

    name: str
    packages: dict[str, str]
    """Program → Go package of the module."""
    phase: Phase
    module: str = SHARED_MODULE
    """Folder of the Go module, in ``components/``."""
    links: tuple[str, ...] = ()
    """Names under which the first program is found besides its own."""


def _own(name: str, phase: Phase, links: tuple[str, ...] = ()) -> Component:
    """A program whose main package lies in the shared module."""
    return Component(name=name, packages={name: f"./{name}"}, phase=phase, links=links)


COMPONENTS = (
    _own("kubernetes", Phase.PLATFORM, links=KUBERNETES_PROGRAMS),
    # It makes the certificates.
    Component(
        name="kubeadm",
        packages={"kubeadm": "k8s.io/kubernetes/cmd/kubeadm"},
        phase=Phase.PLATFORM,
    ),
    Component(
        name="containerd",
        packages={
            program: f"github.com/containerd/containerd/v2/cmd/{program}"
            for program in ("containerd", "containerd-shim-runc-v2", "ctr")
        },
        phase=Phase.PLATFORM,
    ),
    _own("pause", Phase.PLATFORM),
    _own("coredns", Phase.PLATFORM),
    Component(
        name="istio",
        packages={"pilot-discovery": "istio.io/istio/pilot/cmd/pilot-discovery"},
        phase=Phase.PLATFORM,
    ),
    Component(
        name="helm",
        packages={"helm": "helm.sh/helm/v4/cmd/helm"},
        phase=Phase.PLATFORM,
    ),
    _own("await-name", Phase.JOBS),
    Component(
        name="training-operator",
        packages={
            "training-operator": (
                "github.com/kubeflow/training-operator/cmd/training-operator.v1"
            )
        },
        phase=Phase.JOBS,
        module="training-operator",
    ),
    Component(
        name="kubectl-delivery",
        packages={
            "kubectl-delivery": "./kubectl-delivery",
            "kubectl-alone": "./kubectl-delivery/kubectl",
        },
        phase=Phase.JOBS,
    ),
    # The webhooks of both are written for an older controller-runtime, and the Training
    # Operator's watches for one that is older still.
    Component(
        name="jobset",
        packages={"jobset": "sigs.k8s.io/jobset"},
        phase=Phase.JOBS,
        module="controllers",
    ),
    Component(
        name="trainer",
        packages={
            "trainer": "github.com/kubeflow/trainer/v2/cmd/trainer-controller-manager"
        },
        phase=Phase.JOBS,
        module="controllers",
    ),
    # Its webhooks are written for a controller-runtime older than the shared one.
    Component(
        name="kuberay-operator",
        packages={"kuberay-operator": "github.com/ray-project/kuberay/ray-operator"},
        phase=Phase.JOBS,
        module="kuberay",
    ),
    # Runs the fake nodes of tests.
    Component(
        name="kwok", packages={"kwok": "sigs.k8s.io/kwok/cmd/kwok"}, phase=Phase.TESTS
    ),
)

REQUIRED_COMPONENTS = tuple(
    each for each in COMPONENTS if each.phase is not Phase.TESTS
)
"""All that `make up` builds."""


def key(component: Component, folder: Path, go_version: str) -> str:
    """A hash of everything the component's programs are made from.

    Args:
        component: Which.
        folder: Its Go module. Of the module's own packages only the component's count.
        go_version: As Go prints it.
    """
    made_from = f"{component!r}\n{go_version}\n{gomodules.TAGS}\n{_LINKER_FLAGS}\n"
    digest = hashlib.sha256(made_from.encode())
    own = [folder / package for package in component.packages.values()]
    files = [folder / "go.mod", folder / "go.sum"]
    files += [file for each in own if each.is_dir() for file in each.rglob("*")]
    for path in sorted({each for each in files if each.is_file()}):
        digest.update(f"{path.relative_to(folder)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


class Builder:
    """Builds what is stale and links it into the programs' folder."""

    def __init__(self, paths: LocalPaths) -> None:
        self._paths = paths
        self._go_version = ""

    def _folder(self, component: Component) -> Path:
        return gomodules.module_path(self._paths, component.module)

    def _output(self, component: Component) -> Path:
        folder = self._folder(component)
        self._go_version = self._go_version or gomodules.version(folder)
        name = key(component, folder, self._go_version)
        return self._paths.cache / "programs" / f"{component.name}-{name}"

    def is_built(self, component: Component) -> bool:
        return (self._output(component) / ".complete").exists()

    def build(
        self,
        component: Component,
        on_package: Callable[[str], object] = lambda _: None,
    ) -> None:
        """Build unless built, then link the programs.

        Args:
            component: Which.
            on_package: Called with each Go package that is compiled.

        Raises:
            BuildError: Go refused; the log's end is in the text.
        """
        output = self._output(component)
        if not self.is_built(component):
            shutil.rmtree(output, ignore_errors=True)
            output.mkdir(parents=True)
            self._compile(component, output, on_package)
            (output / ".complete").touch()
            for old in output.parent.glob(f"{component.name}-*"):
                if old != output and old.name.count("-") == output.name.count("-"):
                    shutil.rmtree(old)
        self._link(component, output)

    def package_count(self, component: Component) -> int:
        """How many Go packages are still to be compiled: those that build() calls with.

        Raises:
            BuildError: Go cannot tell, for want of a module, say.
        """
        if self.is_built(component):
            return 0
        packages = component.packages.values()
        folder = self._folder(component)
        return len(gomodules.stale_packages(self._paths, folder, packages))

    def download(self, components: Iterable[Component]) -> None:
        """Bring the sources of some components onto this machine.

        Raises:
            BuildError: A module could not be had.
        """
        for module in dict.fromkeys(each.module for each in components):
            gomodules.download(self._paths, gomodules.module_path(self._paths, module))

    def _compile(
        self, component: Component, output: Path, on_package: Callable[[str], object]
    ) -> None:
        log = self._paths.build_logs / f"{component.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w") as out:
            built = all(
                self._go_build(component, output / program, package, out, on_package)
                for program, package in component.packages.items()
            )
        if not built:
            raise BuildError(
                f"{component.name} could not be built; the log is {log}:\n"
                + last_lines(log.read_text(errors="replace"))
            )

    def _go_build(
        self,
        component: Component,
        program: Path,
        package: str,
        log: TextIO,
        on_package: Callable[[str], object],
    ) -> bool:
        command = ["go", "build", "-v", "-o", str(program)]
        command += ["-tags", gomodules.TAGS, "-ldflags", _LINKER_FLAGS, package]
        with subprocess.Popen(  # noqa: S603 - the command is ours
            command,
            cwd=self._folder(component),
            env=gomodules.environment(self._paths),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as build:
            for line in build.stdout or ():
                log.write(line)
                if _PACKAGE.fullmatch(line.strip()):
                    on_package(line.strip())
        return build.returncode == 0

    def _link(self, component: Component, output: Path) -> None:
        self._paths.programs.mkdir(parents=True, exist_ok=True)
        first = next(iter(component.packages))
        targets = {name: output / name for name in component.packages}
        targets |= dict.fromkeys(component.links, output / first)
        for name, target in targets.items():
            link = self._paths.programs / name
            if link.is_symlink() and link.readlink() == target:
                continue
            temporary = link.with_name(f".{name}.new")
            temporary.unlink(missing_ok=True)
            temporary.symlink_to(target)
            temporary.replace(link)

    def forget_go_cache(self) -> None:
        """Give back the gigabytes that Go keeps beside what it built."""
        shutil.rmtree(gomodules.cache_path(self._paths), ignore_errors=True)

    def tidy(self) -> None:
        """Forget Go's cache once everything that the platform needs is built.

        What only tests need is one small program: it compiles its part again.
        """
        if all(map(self.is_built, REQUIRED_COMPONENTS)):
            self.forget_go_cache()
